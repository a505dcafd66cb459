"""All tables of a store, counted by peers: each works as is quickest for it of the ways we tried.

Each has three parts: `load` reads the columns of the dimensions into memory, as types whose codes are known beforehand;
`count` makes every table; `write` makes one file of them. A part ends where its name is yielded; the first one begins
where nothing is yielded, once the library is loaded.
"""

from cube_tables import TOTAL, tables, title


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def grouped(columns, table):
    """The statement that counts one table."""
    by = f" GROUP BY {', '.join(table)}" if table else ""
    return f"SELECT {', '.join([*columns, 'count(*) AS count'])} FROM records{by}"


def duckdb_load(base, source, codes, wanted):
    # Cells have no order, and keeping one costs time.
    base.execute("SET preserve_insertion_order = false")
    types = {f"code_{name}": [*values, TOTAL] for name, values in codes.items()}
    types["title"] = [title(table) for table in wanted]
    for name, values in types.items():
        base.execute(f"CREATE TYPE {name} AS ENUM ({', '.join(map(quoted, values))})")
    columns = ", ".join(f"{name}::code_{name} AS {name}" for name in codes)
    base.execute(f"CREATE TABLE records AS SELECT {columns} FROM read_parquet({quoted(source)})")


def duckdb_columns(codes, table):
    """The columns of output before the count, of a table that lacks some dimensions."""
    dimensions = [name if name in table else f"'{TOTAL}'::code_{name} AS {name}" for name in codes]
    return [f'{quoted(title(table))}::title AS "table"', *dimensions]


def duckdb_write(base, query, target):
    base.execute(f"COPY ({query}) TO {quoted(target)} (FORMAT parquet, COMPRESSION uncompressed)")


def duckdb_tables(source, target, codes, order):
    import duckdb

    yield
    base, wanted = duckdb.connect(), tables(codes, int(order))
    duckdb_load(base, source, codes, wanted)
    yield "load"
    base.execute("BEGIN")
    for at, table in enumerate(wanted):
        base.execute(f"CREATE TEMP TABLE table_{at} AS {grouped(table, table)}")
    base.execute("COMMIT")
    yield "count"
    cells = [
        f"SELECT {', '.join(duckdb_columns(codes, table))}, count FROM table_{at}" for at, table in enumerate(wanted)
    ]
    duckdb_write(base, " UNION ALL ".join(cells), target)
    yield "write"


def duckdb_query(source, target, codes, order):
    """Counts and writes at once, so that counting has no time of its own: the quickest from end to end."""
    import duckdb

    yield
    base, wanted = duckdb.connect(), tables(codes, int(order))
    duckdb_load(base, source, codes, wanted)
    yield "load"
    cells = [grouped(duckdb_columns(codes, table), table) for table in wanted]
    duckdb_write(base, " UNION ALL ".join(cells), target)
    yield "write"


def duckdb_sets(source, target, codes, order):
    import duckdb

    yield
    base, wanted = duckdb.connect(), tables(codes, int(order))
    duckdb_load(base, source, codes, wanted)
    yield "load"
    sets = ", ".join(f"({', '.join(table)})" for table in wanted)
    names = ", ".join(codes)
    base.execute(
        f"CREATE TEMP TABLE cells AS SELECT {names}, grouping({names}) AS lacking, count(*) AS count "
        f"FROM records GROUP BY GROUPING SETS ({sets})"
    )
    yield "count"
    bits = {name: 1 << bit for bit, name in enumerate(reversed(codes))}
    lacking = [sum(bit for name, bit in bits.items() if name not in table) for table in wanted]
    listed = ", ".join(f"({number}, {quoted(title(table))}::title)" for number, table in zip(lacking, wanted))
    columns = ", ".join(f"coalesce({name}, '{TOTAL}') AS {name}" for name in codes)
    titles = f'(VALUES {listed}) AS titles(lacking, "table")'
    duckdb_write(base, f'SELECT "table", {columns}, count FROM cells JOIN {titles} USING (lacking)', target)
    yield "write"


def polars_tables(source, target, codes, order):
    import polars

    yield
    wanted = tables(codes, int(order))
    types = {name: polars.Enum([*values, TOTAL]) for name, values in codes.items()}
    titles = polars.Enum([title(table) for table in wanted])
    loaded = polars.scan_parquet(source).select(polars.col(name).cast(types[name]) for name in codes).collect()
    yield "load"

    def count(table):
        lazy = loaded.lazy()
        return lazy.group_by(table).len("count") if table else lazy.select(polars.len().alias("count"))

    # One plan of all tables is slower, and the engine in memory takes twice as long.
    batch, cells = 64, []
    for start in range(0, len(wanted), batch):
        cells += polars.collect_all(map(count, wanted[start : start + batch]), engine="streaming")
    yield "count"

    def long(table, frame):
        dimensions = [
            polars.col(name) if name in table else polars.lit(TOTAL, dtype=types[name]).alias(name) for name in codes
        ]
        named = polars.lit(title(table), dtype=titles).alias("table")
        return frame.select(named, *dimensions, polars.col("count").cast(polars.Int64))

    polars.concat(map(long, wanted, cells)).write_parquet(target, compression="uncompressed")
    yield "write"


def datafusion_tables(source, target, codes, order):
    import datafusion
    import pyarrow
    import pyarrow.parquet

    yield
    wanted = tables(codes, int(order))
    context = datafusion.SessionContext()
    context.register_parquet("stored", source)
    # Short strings lie within their views, and so take less time than codes of a dictionary.
    columns = ", ".join(f"arrow_cast({name}, 'Utf8View') AS {name}" for name in codes)
    context.register_table("records", context.sql(f"SELECT {columns} FROM stored").cache())
    yield "load"
    cells = [context.sql(grouped(table, table)).collect() for table in wanted]
    yield "count"
    text = pyarrow.string_view()
    schema = pyarrow.schema([(name, text) for name in ("table", *codes)] + [("count", pyarrow.int64())])

    def long(table, batches):
        counted = pyarrow.Table.from_batches(batches)
        same = {"table": title(table)} | {name: TOTAL for name in codes if name not in table}
        return pyarrow.table(
            [
                pyarrow.repeat(pyarrow.scalar(same[name], text), len(counted)) if name in same else counted[name]
                for name in schema.names
            ],
            schema=schema,
        )

    whole = pyarrow.concat_tables(map(long, wanted, cells))
    pyarrow.parquet.write_table(whole, target, compression="none")
    yield "write"


TASKS = {
    "cube/duckdb": duckdb_tables,
    "cube/duckdb-query": duckdb_query,
    "cube/duckdb-sets": duckdb_sets,
    "cube/polars": polars_tables,
    "cube/datafusion": datafusion_tables,
}
