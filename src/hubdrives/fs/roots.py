"""Where a path of the file system leads: from a source that a person pasted, or from the names of connections."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from hubdrives import paths
from hubdrives.connections import Connections, Found
from hubdrives.errors import BadInput, BadPath, NoConnection, NotFound
from hubdrives.links import PullRequest
from hubdrives.providers import provider_class
from hubdrives.providers.base import Gates


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """Where paths begin. False if there is no source: then they begin with the name of a connection."""

    source: str = field(default="", repr=False)
    """As `Connections.find` understands it. May be a signed link, and so secret."""
    subfolder: str = ""

    def __bool__(self) -> bool:
        return bool(self.source)


def meant(source: str) -> Root:
    """What a person means by `source`; a pull link means what it is for, and of that the subfolder that it chooses.

    Raises:
        BadInput: a path that means another folder after the next change of directory, or a link without content.
    """
    text = source.strip()
    if text in {".", ".."} or text.startswith(("./", "../")):
        raise BadInput(f"'{text}' depends on the current directory.", hint="Write the whole path of the folder.")
    request = PullRequest.from_address(text)
    return Root(source=request.source, subfolder=request.choice.subfolder) if request else Root(source=text)


def find(connections: Connections, root: Root, path: str) -> Found:
    """Where `path` below `root` is. No I/O.

    Raises:
        BadInput: the source can't be meant.
        NotFound: `path` leads out, or its first part is no connection.
    """
    try:
        if root:
            top, below = connections.find(root.source), f"{root.subfolder}/{paths.relative(path)}"
        else:
            name, _, below = path.partition("/")
            top = _connection(connections, name)
        return Found(connection=top.connection, location=top.location.below(paths.relative(below.lstrip("/"))))
    except BadPath as error:
        raise NotFound(str(error), hint=error.hint) from error


async def names(connections: Connections) -> AsyncIterator[str]:
    """What a path without a source may begin with: connections that have a root, and those of the gateway."""
    for name, settings in connections.settings.items():
        if settings.root is not None:
            yield name
        elif issubclass(provider_class(settings.provider), Gates):
            gateway = await connections.provider(name)
            if isinstance(gateway, Gates):
                for document in await gateway.connections():
                    yield document.name


def _connection(connections: Connections, name: str) -> Found:
    try:
        return connections.find(f"{name}:/")
    except NoConnection as error:
        raise NotFound(str(error), hint=error.hint) from error
