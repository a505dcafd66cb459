"""The codes of a store's columns as JSON: `codes.py PARQUET RECORDS OUT COLUMN...`; it must hold all records."""

import json
import sys

import polars


def main():
    path, records, out, *names = sys.argv[1:]
    stored = polars.scan_parquet(path)
    rows = stored.select(polars.len()).collect().item()
    if rows != int(records):
        sys.exit(f"{rows} of {records} records are in the store")
    # A column at a time needs less memory.
    codes = {
        name: stored.select(polars.col(name).cast(polars.String).unique()).collect(engine="streaming")[name].to_list()
        for name in names
    }
    lacking = [name for name, values in codes.items() if None in values]
    if lacking:
        sys.exit(f"some records have no {' and no '.join(lacking)}")
    with open(out, "w", encoding="utf-8") as file:
        json.dump({name: sorted(values) for name, values in codes.items()}, file)


if __name__ == "__main__":
    main()
