"""Reading CSV: tipstat beside libraries that read the same cells into the same codes."""

import csv
import json
import os
import tempfile

from measure import best, peer, script, tipstat

# Eleven dimensions, one code each: what the peers can read without a look-up of their own.
DIMENSIONS = [
    "area",
    "year",
    "sex",
    "age",
    "form",
    "citizenship",
    "migratory_status",
    "disability",
    "income",
    "location",
    "identification",
]


def records(folder, count):
    """Generated records of eleven dimensions, each cell a code, and the codes of each dimension."""
    whole, narrow = os.path.join(folder, "whole.csv"), os.path.join(folder, f"{count}.csv")
    tipstat("generate", "records", "--records", str(count), "--seed", "79", "--out", whole, "--force")
    codes = {name: set() for name in DIMENSIONS}
    with open(whole, encoding="utf-8", newline="") as source, open(narrow, "w", encoding="utf-8", newline="") as target:
        rows, out = csv.reader(source), csv.writer(target, lineterminator="\n")
        header = next(rows)
        at = [header.index(name) for name in DIMENSIONS]
        out.writerow(DIMENSIONS)
        for row in rows:
            cells = [row[index] for index in at]
            out.writerow(cells)
            for name, cell in zip(DIMENSIONS, cells):
                codes[name].add(cell)
    os.remove(whole)
    listed = os.path.join(folder, f"{count}.json")
    with open(listed, "w", encoding="utf-8") as file:
        json.dump({name: sorted(values) for name, values in codes.items()}, file)
    return narrow, listed


def compare(sizes, rounds):
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            source, codes = records(folder, size)
            store, target = os.path.join(folder, "store"), os.path.join(folder, "peer.parquet")
            results = {}
            command = ["ingest", source, "--schema", "victim", "--out", store, "--force", "--no-progress", "-q"]
            results["tipstat"] = best(lambda: tipstat(*command), rounds)
            for name in ("polars", "polars, eager", "duckdb", "pyarrow"):
                results[name] = best(lambda name=name: peer(f"ingest/{name}", source, target, codes), rounds)
                if name == "polars":
                    script("check.py", os.path.join(store, "store", "0001.parquet"), target, *DIMENSIONS)
            what = f"{size:,} records of {len(DIMENSIONS)} dimensions, {os.path.getsize(source) >> 20} MiB"
            show(f"CSV to Parquet, {what}", results)


def show(title, results):
    """A table of results: `CPU` and `wall` of the work, `whole` the processor seconds of the process around it."""
    print(f"\n{title}\n")
    print("|                 | CPU s  | wall s | whole s |  MiB  | CPU ratio | wall ratio |")
    print("|-----------------|--------|--------|---------|-------|-----------|------------|")
    ours = results["tipstat"]
    for name, result in results.items():
        cpu, wall = result["cpu"] / ours["cpu"], result["wall"] / ours["wall"]
        print(
            f"| {name:15} | {result['cpu']:6.3f} | {result['wall']:6.3f} | {result['whole']:7.3f} "
            f"| {result['memory']:5d} | {cpu:8.2f}x | {wall:9.2f}x |"
        )
