"""Whether two Parquet files hold the same cells of a cube, in any order: `check_cube.py OURS THEIRS CODES ORDER`.

A process of its own, as `check.py`. A cell becomes one number, of its table and its codes, so that files of many cells
are compared column by column in little memory.
"""

import json
import sys

import numpy
import polars

from cube_tables import TOTAL, tables, title


def keys(path, lists):
    """The number of each cell."""
    key = numpy.zeros(polars.scan_parquet(path).select(polars.len()).collect().item(), numpy.uint64)
    for name, values in lists.items():
        column = polars.read_parquet(path, columns=[name])[name].cast(polars.String)
        strange = column.filter(~column.is_in(values) | column.is_null())
        if len(strange):
            sys.exit(f"{path}: {len(strange)} cells have no known {name}, such as {strange[0]}")
        place = column.cast(polars.Enum(values)).to_physical().to_numpy()
        key = key * numpy.uint64(len(values)) + place.astype(numpy.uint64)
    return key


def cells(path, lists):
    """The numbers of all cells, ascending, and their counts."""
    key = keys(path, lists)
    count = polars.read_parquet(path, columns=["count"])["count"].cast(polars.Int64).to_numpy()
    order = numpy.argsort(key)
    key = key[order]
    twice = numpy.flatnonzero(key[1:] == key[:-1])
    if len(twice):
        sys.exit(f"{path}: {len(twice)} cells are there twice, such as {told(key[twice[0]], lists)}")
    return key, count[order]


def told(key, lists):
    """A cell as text: its table and its codes."""
    key, parts = int(key), []
    for values in reversed(lists.values()):
        key, place = divmod(key, len(values))
        parts.append(values[place])
    return ", ".join(reversed(parts))


def main():
    ours, theirs, codes, order = sys.argv[1:5]
    with open(codes, encoding="utf-8") as file:
        codes = json.load(file)
    lists = {"table": [title(table) for table in tables(codes, int(order))]}
    lists |= {name: [*values, TOTAL] for name, values in codes.items()}
    size = 1
    for values in lists.values():
        size *= len(values)
    assert size < 1 << 64, "cells do not fit into numbers"
    (our_keys, our_counts), (their_keys, their_counts) = cells(ours, lists), cells(theirs, lists)
    for missing, here, there in ((theirs, our_keys, their_keys), (ours, their_keys, our_keys)):
        lacking = here[~numpy.isin(here, there, assume_unique=True)]
        if len(lacking):
            sys.exit(f"{missing} lacks {len(lacking)} of {len(here)} cells, such as {told(lacking[0], lists)}")
    unequal = numpy.flatnonzero(our_counts != their_counts)
    if len(unequal):
        at = unequal[0]
        sys.exit(
            f"{len(unequal)} of {len(our_keys)} cells differ, such as {told(our_keys[at], lists)}: "
            f"{our_counts[at]} in {ours}, {their_counts[at]} in {theirs}"
        )
    print(len(our_keys))


if __name__ == "__main__":
    main()
