"""One task done by one peer in a process of its own, so that its processor time and memory are its own.

Prints one line of JSON: the wall and processor seconds of the work alone, without starting Python and loading the
library. A task yields once it has loaded the library, and the name of each part of the work that it has done, which then
has processor seconds of its own.
"""

import json
import os
import sys
import time

import cube_peers

# In the place of a column's codes: it has none, and each record its own text.
TEXT = None


def duckdb_ingest(source, target, codes):
    import duckdb

    yield
    base = duckdb.connect()
    for name, values in codes.items():
        if values is TEXT:
            continue
        listed = ", ".join("'" + value.replace("'", "''") + "'" for value in values)
        base.execute(f"CREATE TYPE code_{name} AS ENUM ({listed})")
    kinds = {name: "VARCHAR" if values is TEXT else f"code_{name}" for name, values in codes.items()}
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in kinds.items())
    rows = f"read_csv('{source}', header = true, auto_detect = false, delim = ',', columns = {{{columns}}})"
    base.execute(f"COPY (SELECT * FROM {rows}) TO '{target}' (FORMAT parquet)")


def polars_schema(codes):
    import polars

    return {name: polars.String if values is TEXT else polars.Enum(values) for name, values in codes.items()}


def polars_ingest(source, target, codes):
    import polars

    yield
    polars.scan_csv(source, schema=polars_schema(codes)).sink_parquet(target, compression="uncompressed")


def polars_unique_ingest(source, target, codes):
    """Leaves out records that repeat another in every column, the person included, as tipstat does."""
    import polars

    yield
    records = polars.scan_csv(source, schema=polars_schema(codes)).unique(maintain_order=True)
    records.sink_parquet(target, compression="uncompressed")


def polars_eager_ingest(source, target, codes):
    import polars

    yield
    polars.read_csv(source, schema=polars_schema(codes)).write_parquet(target, compression="uncompressed")


def pyarrow_ingest(source, target, codes):
    import pyarrow
    import pyarrow.csv
    import pyarrow.parquet

    yield
    coded = pyarrow.dictionary(pyarrow.int32(), pyarrow.string())
    types = {name: pyarrow.string() if values is TEXT else coded for name, values in codes.items()}
    table = pyarrow.csv.read_csv(source, convert_options=pyarrow.csv.ConvertOptions(column_types=types))
    pyarrow.parquet.write_table(table, target, compression="none")


TASKS = {
    "ingest/duckdb": duckdb_ingest,
    "ingest/polars": polars_ingest,
    "ingest/polars, eager": polars_eager_ingest,
    "ingest/polars, unique": polars_unique_ingest,
    "ingest/pyarrow": pyarrow_ingest,
    **cube_peers.TASKS,
}


def timed(work):
    wall, start = time.perf_counter(), time.process_time()
    parts, last = {}, start
    for part in work:
        now = time.process_time()
        parts[part], last = now - last, now
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - start, **parts}


def main():
    task, source, target, codes, *rest = sys.argv[1:]
    with open(codes, encoding="utf-8") as file:
        codes = json.load(file)
    work = TASKS[task](source, target, codes, *rest)
    next(work)
    print(json.dumps(timed(work) | {"bytes": os.path.getsize(target)}))


if __name__ == "__main__":
    main()
