"""Load: many records through `ingest`, `cube` and `run`, with the memory and the seconds of each.

    cargo build --release
    python3 benches/load.py                      # 50,000,000 records: 7 GB of disk, and about ten minutes
    python3 benches/load.py --records 1000000    # a trial

The records are made up, with a person each. They are written in files of at most 5,000,000, which hold the same persons
in every second file: so half of the records repeat or contradict others, which is the hardest case for memory. Everything
is deleted at the end. The peak of memory is that of the largest process, and it must not grow with the records: compare
`--records 5000000` with `--records 50000000`.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "compare"))

from measure import PROGRAM, process  # noqa: E402

LARGEST = 5_000_000

RUN = """[release]
id = "load"
title = "Made-up records"
synthetic = true

[[input]]
path = "*.csv"
schema = "victim"

[tables]
packs = ["victims-by-form", "victims-by-profile", "victims-by-citizenship"]
"""


def records(folder, count):
    """Files of made-up records. The same seed makes the same persons, so a file of an even number repeats the one before."""
    files = []
    for number, start in enumerate(range(0, count, LARGEST)):
        size = min(LARGEST, count - start)
        path = os.path.join(folder, f"{number:04}.csv")
        made = ["generate", "records", "--records", str(size), "--seed", str(79 + number // 2), "--out", path, "-q"]
        _, usage = process([PROGRAM, *made])
        show(f"generate {size:,}", usage)
        if number % 2:
            # Another first byte, so that the file is not refused as one that was read already; the records are the same.
            with open(path, "ab") as file:
                file.write(b"\n")
        files.append(path)
    return files


def show(what, usage):
    print(f"| {what:28} | {usage['cpu']:8.1f} | {usage['wall']:8.1f} | {usage['memory']:8,d} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=50_000_000, help="how many: %(default)s")
    parser.add_argument("--folder", help="where the files are made; else in the folder for temporary files")
    asked = parser.parse_args()
    if not os.path.exists(PROGRAM):
        sys.exit("build the program first: cargo build --release")
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        need = asked.records * 140
        if shutil.disk_usage(folder).free < need:
            sys.exit(f"{need >> 30} GiB of free disk are needed: choose a folder with `--folder`, or fewer `--records`")
        # What is spilled goes to the same disk.
        os.environ["TMPDIR"] = folder
        print("|                              | CPU s    | wall s   | peak MiB |")
        print("|------------------------------|----------|----------|----------|")
        files = records(folder, asked.records)
        store, cube = os.path.join(folder, "store"), os.path.join(folder, "cube.parquet")
        quiet = ["-q", "--no-progress"]
        _, usage = process([PROGRAM, "ingest", *files, "--schema", "victim", "--out", store, *quiet])
        show("ingest", usage)
        # A release needs other columns too, so it reads the files itself.
        dims = "area,year,sex,age@group,form,citizenship,migratory_status"
        command = [PROGRAM, "cube", store, "--dims", dims, "--max-order", "3", "--memory", "512MB", "--out", cube, *quiet]
        show("cube", process(command)[1])
        shutil.rmtree(store)
        with open(os.path.join(folder, "tipstat.toml"), "w", encoding="utf-8") as file:
            file.write(RUN)
        out = os.path.join(folder, "out")
        command = [PROGRAM, "run", os.path.join(folder, "tipstat.toml"), "--out", out, *quiet]
        show("run", process(command)[1])
        subprocess.run([PROGRAM, "verify", os.path.join(out, "release"), "-q"], check=True)


if __name__ == "__main__":
    main()
