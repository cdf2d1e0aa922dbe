"""An emulated Seafile server."""

from pathlib import Path

from hubdrives.testing.emulators.seafile.emulator import Seafile
from hubdrives.testing.emulators.seafile.libraries import Library
from hubdrives.testing.emulators.seafile.people import Group, LibraryToken, User
from hubdrives.testing.emulators.seafile.settings import LoginIssuer

__all__ = ["Group", "Library", "LibraryToken", "LoginIssuer", "Seafile", "User", "open_emulator"]


def open_emulator(directory: Path, *, latency: float) -> Seafile:
    """The emulator that serves a directory; every provider's package has this function."""
    return Seafile(directory, latency=latency)
