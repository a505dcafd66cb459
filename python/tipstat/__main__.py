"""`python -m tipstat` is the program."""

import subprocess
import sys

from . import program

sys.exit(subprocess.run([str(program()), *sys.argv[1:]]).returncode)
