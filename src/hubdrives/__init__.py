"""hubdrives: private content from other systems, one click away in a JupyterHub home."""

from importlib import import_module
from typing import Any

from hubdrives._version import __version__

# Without `open`: whoever imports everything keeps the built-in one.
__all__ = ["__version__"]


def __getattr__(name: str) -> Any:
    """`hubdrives.open` is that of `hubdrives.fs`, which is loaded when somebody asks for it."""
    if name != "open":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module("hubdrives.fs").open
