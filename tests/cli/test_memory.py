"""A command's memory."""

import subprocess
import sys

PIECES = """
import resource
from hubdrives.cli.memory import looked_after

def taken():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(100):
        held = [bytearray(1 << 20) for _ in range(8)]
        del held
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

with looked_after():
    print(taken())
"""


def test_pieces_of_files_use_the_same_memory_again():
    done = subprocess.run((sys.executable, "-c", PIECES), capture_output=True, text=True, check=True)
    # A piece has 256 pages: those of eight are new once, not a hundred times.
    assert int(done.stdout) < 2 * 8 * 256
