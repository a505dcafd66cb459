"""Processes and what they cost, for all comparisons."""

import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
RELEASE = os.path.join(HERE, "..", "..", "target", "release")
PROGRAM = os.path.join(RELEASE, "tipstat")


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


def script(name, *arguments):
    """Runs one of the scripts of this folder."""
    return process([sys.executable, os.path.join(HERE, name), *arguments])


def tipstat(*arguments):
    _, usage = process([PROGRAM, *arguments])
    return usage | {"whole": usage["cpu"]}


def peer(task, *arguments):
    printed, usage = script("peers.py", task, *arguments)
    return json.loads(printed) | {"whole": usage["cpu"], "memory": usage["memory"]}


def best(measure, rounds):
    """The quickest of several runs: on a shared machine everything else is somebody else's work."""
    return quickest([measure() for _ in range(rounds)])


def in_turns(measures, rounds):
    """The same of several programs, each of which runs once in every round."""
    runs = [{name: measure() for name, measure in measures.items()} for _ in range(rounds)]
    return [(name, quickest([run[name] for run in runs])) for name in measures]


def quickest(runs):
    return {key: (max if key == "memory" else min)(run[key] for run in runs) for key in runs[0]}
