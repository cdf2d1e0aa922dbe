"""hubdrives: private content from other systems, one click away in a JupyterHub home."""

from hubdrives._version import __version__

__all__ = ["__version__"]
