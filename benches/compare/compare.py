"""tipstat beside other tools on the same machine, in one run.

    pip install -r benches/compare/requirements.txt
    cargo build --release
    cargo bench --bench cube --no-run
    python benches/compare/compare.py ingest
    python benches/compare/compare.py persons
    python benches/compare/compare.py cube --order 3 4 --plot
    python benches/compare/compare.py growth --plot

Machines differ and are shared, so ratios count and times do not. A peer's time is that of its work alone: neither the
start of Python nor the loading of the library is in it; the column `whole` has them. tipstat's time is that of the whole
program, its start and the loading of its schemas included. Peers read with the codes known beforehand and check nothing
else; tipstat validates every record, applies the rules across fields, and reports.
"""

import argparse
import os
import sys

import cube
import ingest
from measure import HERE, PROGRAM


def task(tasks, name, help, sizes, rounds):
    """A task, with the arguments that all of them have."""
    parser = tasks.add_parser(name, help=help)
    parser.add_argument("--sizes", type=int, nargs="+", default=sizes, help="numbers of records: %(default)s")
    parser.add_argument("--rounds", type=int, default=rounds, help="runs, of which the quickest counts: %(default)s")
    return parser


def stores(parser, plot):
    """The arguments of the tasks that count stores."""
    parser.add_argument("--kinds", nargs="+", choices=cube.KINDS, default=cube.KINDS, help="see records.py")
    parser.add_argument("--order", type=int, nargs="+", default=[3], help="the most dimensions of a table: %(default)s")
    parser.add_argument("--keep", metavar="FOLDER", help="keep stores here, and take those that are here already")
    parser.add_argument("--plot", metavar="FILE", nargs="?", const=os.path.join(HERE, plot), help="draw an SVG")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    tasks = parser.add_subparsers(dest="task", required=True)
    task(tasks, "ingest", "read CSV", [1_000_000, 10_000_000], 5)
    task(tasks, "persons", "read CSV with a person on every record", [1_000_000, 10_000_000], 5)
    counted = task(tasks, "cube", "count all tables", [1_000_000, 10_000_000], 3)
    stores(counted, "cube.svg")
    some = f"some of {', '.join(cube.PEERS)}; without it all that are quick enough"
    counted.add_argument("--peers", metavar="PEER", nargs="+", choices=cube.PEERS, help=some)
    grown = task(tasks, "growth", "count all tables of ever more records", [100_000, 1_000_000, 10_000_000], 3)
    stores(grown, "growth.svg")
    return parser.parse_args()


def main():
    asked = arguments()
    if not os.path.exists(PROGRAM):
        sys.exit("build the program first: cargo build --release")
    if asked.task == "ingest":
        ingest.compare(asked.sizes, asked.rounds)
    elif asked.task == "persons":
        ingest.compare(asked.sizes, asked.rounds, persons=True)
    elif asked.task == "cube":
        cube.compare(asked)
    else:
        cube.grow(asked)


if __name__ == "__main__":
    main()
