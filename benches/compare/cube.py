"""Counting all tables of up to so many of eleven dimensions: tipstat beside peers, and on more and more records."""

import contextlib
import functools
import glob
import json
import os
import tempfile

import plots
from cube_tables import DIMENSIONS, tables
from measure import RELEASE, best, peer, process, script, tipstat

KINDS = ["hard", "real"]
PEERS = ["duckdb", "duckdb-query", "duckdb-sets", "polars", "datafusion"]

# The most records that a peer counts unless it is asked to by name: it takes minutes beyond.
MOST = {"datafusion": 1_000_000}

QUIET = ["--force", "--no-progress", "-q"]


@functools.cache
def once(notice):
    """Prints a notice, the first time only."""
    print(f"\n{notice}")


def workplace(keep):
    """The folder for stores, which is removed in the end unless it is to be kept."""
    if not keep:
        return tempfile.TemporaryDirectory()
    os.makedirs(keep, exist_ok=True)
    return contextlib.nullcontext(keep)


def made(folder, kind, size):
    """A store of generated records, its file, and the list of the codes of each dimension."""
    place = os.path.join(folder, f"{kind}-{size}")
    file, codes = os.path.join(place, "store", "0001.parquet"), f"{place}.json"
    # The list is made last, so that a store without it is not a whole one.
    if not os.path.exists(codes):
        source = f"{place}.csv"
        script("records.py", kind, str(size), source)
        tipstat("ingest", source, "--schema", "victim", "--out", place, *QUIET)
        os.remove(source)
        script("codes.py", file, str(size), codes, *DIMENSIONS)
    return place, file, codes


def counting(store, order, rounds):
    """Counting alone, by the bench if it is built. On one thread its seconds are processor seconds."""
    programs = [path for path in glob.glob(os.path.join(RELEASE, "deps", "cube-*")) if os.access(path, os.X_OK)]
    # A test of the same name lies there too, and does not answer so.
    for program in sorted(programs, key=os.path.getmtime, reverse=True):
        arguments = [store, ",".join(DIMENSIONS), str(order), str(rounds)]
        printed, _ = process(["env", "RAYON_NUM_THREADS=1", program, *arguments])
        if printed.startswith("{"):
            told = json.loads(printed)
            return {name: told[name] for name in ("count", "pass", "rows", "cells")}
    once("Counting alone is left out: build it with `cargo bench --bench cube --no-run`.")
    return {}


def ours(store, order, out, rounds):
    command = ["cube", store, "--dims", ",".join(DIMENSIONS), "--max-order", str(order), "--out", out, *QUIET]
    return best(lambda: tipstat(*command), rounds) | counting(store, order, rounds)


def theirs(asked, size):
    """The peers for so many records."""
    if asked.peers:
        return asked.peers
    late = [name for name in PEERS if size > MOST.get(name, size)]
    for name in late:
        once(f"{name} is left out at {size:,} records; pass `--peers {name}` to have it.")
    return [name for name in PEERS if name not in late]


def wanted(order):
    return f"{len(tables(DIMENSIONS, order))} tables of up to {order} of {len(DIMENSIONS)} dimensions"


def compare(asked):
    groups = []
    with workplace(asked.keep) as folder:
        for size in asked.sizes:
            for kind in asked.kinds:
                store, file, codes = made(folder, kind, size)
                for order in asked.order:
                    results = beside(theirs(asked, size), store, file, codes, order, asked.rounds)
                    show(f"{wanted(order)}, {size:,} records, {kind}", results)
                    groups.append((f"{kind} {plots.short(size)}\nK = {order}", results))
    if asked.plot:
        plots.ratios(asked.plot, groups)


def beside(peers, store, file, codes, order, rounds):
    """What tipstat and its peers need for the same tables, in which all cells must be equal."""
    with tempfile.TemporaryDirectory() as folder:
        out, target = os.path.join(folder, "ours.parquet"), os.path.join(folder, "theirs.parquet")
        results = {"tipstat": ours(store, order, out, rounds)}
        for name in peers:
            results[name] = best(lambda name=name: peer(f"cube/{name}", file, target, codes, str(order)), rounds)
            printed, _ = script("check_cube.py", out, target, codes, str(order))
            results["tipstat"]["cells"] = int(printed)
    return results


def show(title, results):
    """A table of results: processor seconds of counting and from Parquet to Parquet; `whole` is with the start."""
    print(f"\n{title}\n")
    print("|              | count s | end to end s | wall s  | whole s |  MiB  | count ratio | end to end ratio |")
    print("|--------------|---------|--------------|---------|---------|-------|-------------|------------------|")
    mine = results["tipstat"]
    for name, result in results.items():
        count = f"{result['count']:7.3f}" if "count" in result else "      -"
        ratio = f"{result['count'] / mine['count']:10.2f}x" if "count" in result and "count" in mine else "          -"
        print(
            f"| {name:12} | {count} | {result['cpu']:12.3f} | {result['wall']:7.3f} | {result['whole']:7.3f} "
            f"| {result['memory']:5d} | {ratio} | {result['cpu'] / mine['cpu']:15.2f}x |"
        )
    if "cells" in mine:
        print(f"\nAll {mine['cells']:,} cells are equal." if len(results) > 1 else f"\n{mine['cells']:,} cells.")
    if "pass" in mine:
        passes = mine["count"] / mine["pass"]
        print(f"Counting takes as long as {passes:.1f} passes over all codes, each of {mine['pass']:.4f} s.")


def grow(asked):
    """tipstat on ever more records: counting should grow with them, and memory should not."""
    lines = {}
    with workplace(asked.keep) as folder, tempfile.TemporaryDirectory() as other:
        for kind in asked.kinds:
            for order in asked.order:
                results = {}
                for size in sorted(asked.sizes):
                    store, _, _ = made(folder, kind, size)
                    results[size] = ours(store, order, os.path.join(other, "ours.parquet"), asked.rounds)
                show_growth(f"{wanted(order)}, {kind}", results)
                lines[kind if len(asked.order) == 1 else f"{kind}, K = {order}"] = results
    if asked.plot:
        plots.growth(asked.plot, lines)


def show_growth(title, results):
    """A table of results: with `ns`, the nanoseconds that counting takes for each record."""
    print(f"\n{title}\n")
    print("| records     | cells      | count s | ns a record | passes | end to end s | wall s  |  MiB  |")
    print("|-------------|------------|---------|-------------|--------|--------------|---------|-------|")
    for size, result in results.items():
        alone = "          - |       - |           - |      -"
        if "count" in result:
            each, passes = result["count"] / size * 1e9, result["count"] / result["pass"]
            alone = f"{result['cells']:10,d} | {result['count']:7.3f} | {each:11.1f} | {passes:6.1f}"
        print(f"| {size:11,d} | {alone} | {result['cpu']:12.3f} | {result['wall']:7.3f} | {result['memory']:5d} |")
