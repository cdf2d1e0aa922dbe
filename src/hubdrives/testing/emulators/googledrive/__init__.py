"""An emulated Google Drive."""

from pathlib import Path

from hubdrives.testing.emulators.googledrive.emulator import OWNER, ROBOT, GoogleDrive

__all__ = ["OWNER", "ROBOT", "GoogleDrive", "open_emulator"]


def open_emulator(directory: Path, *, latency: float) -> GoogleDrive:
    """The emulator that serves a directory; every provider's package has this function."""
    return GoogleDrive(directory, latency=latency)
