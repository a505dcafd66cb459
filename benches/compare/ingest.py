"""Reading CSV: tipstat beside libraries that read the same cells into the same codes."""

import csv
import json
import os
import tempfile

from measure import in_turns, peer, script, tipstat

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


# Who each record is about, where the task has persons.
PERSON = "person_id"


def records(folder, count, persons=False):
    """Generated records of eleven dimensions, each cell a code, and the codes of each dimension; with `persons` also the
    pseudonym of each, which has no codes."""
    whole, narrow = os.path.join(folder, "whole.csv"), os.path.join(folder, f"{count}.csv")
    tipstat("generate", "records", "--records", str(count), "--seed", "79", "--out", whole, "--force")
    codes = {name: set() for name in DIMENSIONS}
    with open(whole, encoding="utf-8", newline="") as source, open(narrow, "w", encoding="utf-8", newline="") as target:
        rows, out = csv.reader(source), csv.writer(target, lineterminator="\n")
        header = next(rows)
        columns = [*DIMENSIONS, PERSON] if persons else DIMENSIONS
        at = [header.index(name) for name in columns]
        out.writerow(columns)
        for row in rows:
            cells = [row[index] for index in at]
            out.writerow(cells)
            for name, cell in zip(DIMENSIONS, cells):
                codes[name].add(cell)
    os.remove(whole)
    listed = os.path.join(folder, f"{count}.json")
    with open(listed, "w", encoding="utf-8") as file:
        json.dump({name: sorted(codes[name]) if name in codes else None for name in columns}, file)
    return narrow, listed


def compare(sizes, rounds, persons=False):
    """With `persons`, tipstat finds the records that repeat or contradict another of the same person. The peers read the
    pseudonyms as texts and compare nobody, but for `polars, unique`."""
    peers = ["polars", "polars, eager", "duckdb", "pyarrow"]
    if persons:
        peers.insert(1, "polars, unique")
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            source, codes = records(folder, size, persons)
            store, target = os.path.join(folder, "store"), os.path.join(folder, "peer.parquet")
            results = {}
            command = ["ingest", source, "--schema", "victim", "--out", store, "--force", "--no-progress", "-q"]
            runs = {"tipstat": lambda: tipstat(*command)}
            runs |= {name: lambda name=name: peer(f"ingest/{name}", source, target, codes) for name in peers}
            # In turns, because what else a shared machine does changes by the minute.
            for name, result in in_turns(runs, rounds):
                results[name] = result
            peer("ingest/polars", source, target, codes)
            script("check.py", os.path.join(store, "store", "0001.parquet"), target, *DIMENSIONS)
            what = f"{size:,} records of {len(DIMENSIONS)} dimensions, {os.path.getsize(source) >> 20} MiB"
            what += ", a person each" if persons else ""
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
