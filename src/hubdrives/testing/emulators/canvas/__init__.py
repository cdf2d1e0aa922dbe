"""An emulated Canvas LMS."""

from pathlib import Path

from hubdrives.testing.emulators.canvas.emulator import Canvas
from hubdrives.testing.emulators.canvas.school import STUDENT, TEACHER

__all__ = ["STUDENT", "TEACHER", "Canvas", "open_emulator"]


def open_emulator(directory: Path, *, latency: float) -> Canvas:
    """The emulator that serves a directory; every provider's package has this function."""
    return Canvas(directory, latency=latency)
