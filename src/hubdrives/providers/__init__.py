"""One package for each kind of storage. They are strangers to each other, and named here; entry points name others'."""

from collections.abc import Iterable
from functools import cache
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Final

from hubdrives.errors import NoConnection
from hubdrives.providers.base import Provider

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

ENTRY_POINTS: Final = "hubdrives.providers"
"""The group in which other distributions name theirs."""

_OURS: Final = {
    "box": "hubdrives.providers.box:Box",
    "canvas": "hubdrives.providers.canvas:Canvas",
    "gateway": "hubdrives.providers.gateway:Gateway",
    "globus": "hubdrives.providers.globus:Globus",
    "googledrive": "hubdrives.providers.googledrive:GoogleDrive",
    "local": "hubdrives.providers.local:Local",
    "seafile": "hubdrives.providers.seafile:Seafile",
}


@cache
def provider_names() -> tuple[str, ...]:
    """The names of all installed providers, sorted."""
    return tuple(sorted({*_OURS, *(point.name for point in _others())}))


@cache
def provider_class(name: str) -> type[Provider]:
    """The provider called `name`, imported when first asked for.

    Raises:
        NoConnection: no such provider is installed.
    """
    try:
        loaded = resolve_name(_OURS[name]) if name in _OURS else next((each.load() for each in _others(name)), None)
    except ImportError as error:
        raise NoConnection(f"The provider '{name}' can't be loaded: '{error.name}' is not installed.") from None
    if loaded is None:
        raise NoConnection(f"There is no provider '{name}'; installed: {', '.join(provider_names())}.")
    if not (isinstance(loaded, type) and issubclass(loaded, Provider)):
        raise NoConnection(f"What is installed as provider '{name}' is none.")
    return loaded


def _others(name: str | None = None) -> Iterable["EntryPoint"]:
    # It reads a file of each distribution that is installed, of which a hub's image has hundreds.
    from importlib.metadata import entry_points  # noqa: PLC0415

    return entry_points(group=ENTRY_POINTS) if name is None else entry_points(group=ENTRY_POINTS, name=name)
