"""Whether two Parquet files hold the same codes, row by row: `check.py OURS THEIRS COLUMN...`.

A process of its own, so that what it holds in memory is not counted as that of the processes which are measured.
"""

import sys

import polars

# `27` is the code `Y27`, and a set is written in the order of its list.
SORTED = {"age", "form"}


def comparable(frame, name):
    column = polars.col(name).cast(polars.String).fill_null("_U").replace("", "_U")
    if name in SORTED:
        column = column.str.split(";").list.eval(polars.element().str.strip_prefix("Y").sort()).list.join(";")
    return frame.select(column)[name]


def main():
    ours, theirs = polars.read_parquet(sys.argv[1]), polars.read_parquet(sys.argv[2])
    if len(ours) != len(theirs):
        sys.exit(f"{len(ours)} rows are not {len(theirs)}")
    for name in sys.argv[3:]:
        unequal = (comparable(ours, name) != comparable(theirs, name)).sum()
        if unequal:
            sys.exit(f"{unequal} rows differ in {name}")


if __name__ == "__main__":
    main()
