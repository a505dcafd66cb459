"""tipstat beside other tools on the same machine, in one run.

    pip install -r benches/compare/requirements.txt
    cargo build --release
    python benches/compare/compare.py ingest

Machines differ and are shared, so ratios count and times do not. A peer's time is that of its work alone: neither the
start of Python nor the loading of the library is in it; the column `whole` has them. tipstat's time is that of the whole
program, its start and the loading of its schemas included. Peers read with the codes known beforehand and check nothing
else; tipstat validates every record, applies the rules across fields, and reports.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.path.join(HERE, "..", "..", "target", "release", "tipstat")

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


def process(command):
    """Runs a command in a process of its own: what it printed, its wall and processor seconds and its memory in MiB."""
    script = (
        "import resource, subprocess, sys, time;"
        "start = time.perf_counter();"
        "code = subprocess.run(sys.argv[1:]).returncode;"
        "wall = time.perf_counter() - start;"
        "usage = resource.getrusage(resource.RUSAGE_CHILDREN);"
        "print(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024, code)"
    )
    # The memory of a child is known from a process that has this one child only.
    done = subprocess.run(
        [sys.executable, "-S", "-c", script, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    *printed, usage = done.stdout.splitlines() or ["1"]
    wall, processor, memory, code = usage.split() if " " in usage else ("0", "0", "0", "1")
    if code != "0":
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    return "\n".join(printed), {"wall": float(wall), "cpu": float(processor), "memory": int(memory)}


def tipstat(*arguments):
    _, usage = process([PROGRAM, *arguments])
    return usage | {"whole": usage["cpu"]}


def peer(task, *arguments):
    printed, usage = process([sys.executable, os.path.join(HERE, "peers.py"), task, *arguments])
    return json.loads(printed) | {"whole": usage["cpu"], "memory": usage["memory"]}


def best(measure, rounds):
    """The quickest of several runs: on a shared machine everything else is somebody else's work."""
    runs = [measure() for _ in range(rounds)]
    quickest = {key: min(run[key] for run in runs) for key in ("wall", "cpu", "whole")}
    return quickest | {"memory": max(run["memory"] for run in runs)}


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


def ingest(sizes, rounds):
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
                    ours = os.path.join(store, "store", "0001.parquet")
                    process([sys.executable, os.path.join(HERE, "check.py"), ours, target, *DIMENSIONS])
            show(f"CSV to Parquet, {size:,} records of {len(DIMENSIONS)} dimensions, {os.path.getsize(source) >> 20} MiB", results)


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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=["ingest"])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    if not os.path.exists(PROGRAM):
        sys.exit("build the program first: cargo build --release")
    ingest(arguments.sizes, arguments.rounds)


if __name__ == "__main__":
    main()
