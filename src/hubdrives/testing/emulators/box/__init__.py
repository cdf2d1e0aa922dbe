"""An emulated Box."""

from pathlib import Path

from hubdrives.testing.emulators.box.emulator import Box
from hubdrives.testing.emulators.box.people import Group, User

__all__ = ["Box", "Group", "User", "open_emulator"]


def open_emulator(directory: Path, *, latency: float) -> Box:
    """The emulator that serves a directory; every provider's package has this function."""
    return Box(directory, latency=latency)
