"""Makes releases with the program of this package, and reads them as frames.

    import tipstat
    folder = tipstat.run("tipstat.toml")
    tables = tipstat.read_release(folder)
    tables["victims-by-form"]

Detected victims measure detection by authorities and services. They do not measure prevalence.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

__all__ = ["Refused", "program", "read_release", "run"]


class Refused(RuntimeError):
    """The program refused, or failed. The text is its message; `code` is 1 for refused and 2 for failed."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def program() -> Path:
    """Returns the program that came with this package, or else one on the PATH."""
    name = "tipstat.exe" if sys.platform == "win32" else "tipstat"
    user = "nt_user" if sys.platform == "win32" else "posix_user"
    # With `pip install --target FOLDER` the program is in `FOLDER/bin`.
    target = Path(__file__).resolve().parent.parent / "bin"
    folders = [sysconfig.get_path("scripts"), sysconfig.get_path("scripts", scheme=user), target]
    for folder in folders:
        path = Path(folder) / name
        if path.is_file():
            return path
    found = shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"the program `{name}` is not installed; `pip install --force-reinstall tipstat` brings it")
    return Path(found)


def run(config: str | os.PathLike = "tipstat.toml", out: str | os.PathLike = "out", *, force: bool = False) -> Path:
    """Carries out a run file and returns the folder of the release.

    What the program reports is printed, in a notebook as well. With `force` a previous release is replaced.
    Raises `Refused` where it refuses or fails.
    """
    command = [str(program()), "run", os.fspath(config), "--out", os.fspath(out), "--no-progress"]
    done = subprocess.run(command + ["--force"] * force, capture_output=True, text=True, encoding="utf-8")
    print(done.stdout, end="")
    if done.returncode != 0:
        raise Refused(done.returncode, done.stderr.strip())
    return Path(out) / "release"


def read_release(folder: str | os.PathLike, engine: str = "pandas") -> dict:
    """Reads the tables of a release, each as a frame, by their names.

    A suppressed value is missing, and `LOWER_BOUND` and `UPPER_BOUND` say what a reader can infer of it. Codes and statuses are
    categories. `engine` is `pandas` or `polars`. Raises `FileNotFoundError` where the folder holds no release.
    """
    if engine == "pandas":
        from pandas import read_parquet
    elif engine == "polars":
        from polars import read_parquet
    else:
        raise ValueError(f"the engine is `pandas` or `polars`, and not `{engine}`")
    folder = Path(folder)
    manifest = folder / "manifest.json"
    if not manifest.is_file():
        raise FileNotFoundError(f"`{folder}` holds no release: there is no manifest.json")
    # What is not in the manifest does not belong to the release.
    files = json.loads(manifest.read_text(encoding="utf-8"))["files"]
    names = sorted(entry["path"] for entry in files)
    tables = (Path(name) for name in names if name.startswith("tables/") and name.endswith(".parquet"))
    return {table.stem: read_parquet(folder / table) for table in tables}
