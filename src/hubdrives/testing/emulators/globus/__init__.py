"""An emulated Globus."""

from pathlib import Path

from hubdrives.testing.emulators.globus.collections import AccessRule, Collection
from hubdrives.testing.emulators.globus.emulator import Globus
from hubdrives.testing.emulators.globus.people import Client, Identity

__all__ = ["AccessRule", "Client", "Collection", "Globus", "Identity", "open_emulator"]


def open_emulator(directory: Path, *, latency: float) -> Globus:
    """The emulator that serves a directory; every provider's package has this function."""
    return Globus(directory, latency=latency)
