"""One package for each kind of storage. They are strangers to each other; entry points name them."""

from functools import cache
from importlib.metadata import entry_points

from hubdrives.errors import NoConnection
from hubdrives.providers.base import Provider

ENTRY_POINTS = "hubdrives.providers"


@cache
def provider_names() -> tuple[str, ...]:
    """The names of all installed providers, sorted."""
    return tuple(sorted(point.name for point in entry_points(group=ENTRY_POINTS)))


@cache
def provider_class(name: str) -> type[Provider]:
    """The provider called `name`, imported when first asked for.

    Raises:
        NoConnection: no such provider is installed.
    """
    for point in entry_points(group=ENTRY_POINTS, name=name):
        try:
            loaded = point.load()
        except ImportError as error:
            raise NoConnection(f"The provider '{name}' can't be loaded: '{error.name}' is not installed.") from None
        if not (isinstance(loaded, type) and issubclass(loaded, Provider)):
            raise NoConnection(f"What is installed as provider '{name}' is none.")
        return loaded
    raise NoConnection(f"There is no provider '{name}'; installed: {', '.join(provider_names())}.")
