"""Where a working folder came from, for the commands on one."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from hubdrives.connections import Connections
from hubdrives.errors import BadLink
from hubdrives.folder import Fetch
from hubdrives.model import Entry, Location
from hubdrives.providers.base import Provider


@asynccontextmanager
async def fetching(source: Location) -> AsyncIterator[Fetch]:
    """What reads entries of `source`; nothing is connected to before it is called.

    Calling it raises what `Connections.find` and a provider's `read` raise.
    """
    async with AsyncExitStack() as stack:
        opened: Connections | None = None

        async def fetch(entry: Entry) -> AsyncIterator[bytes]:
            nonlocal opened
            if opened is None:
                opened = Connections()
                stack.push_async_exit(opened)
            found = opened.reaching(source)
            provider = await opened.provider(found.connection)
            try:
                async for piece in provider.read(entry):
                    yield piece
            except BadLink:
                # A link opens the folder to whoever has it, so it is not written into the folder.
                raise BadLink(
                    f"'{entry.name}' came by a link, and links are not kept: delete it and follow the link again.",
                    hint="What you delete comes back with the next pull.",
                ) from None

        yield fetch


@asynccontextmanager
async def reached(source: Location) -> AsyncIterator[tuple[Provider, Location]]:
    """The provider of what was written down as `source`, and where it is there. Raises what `Connections.find` does."""
    async with Connections() as connections:
        found = connections.reaching(source)
        # An address says nothing of a path below it.
        below = source.path if source.url else ""
        yield await connections.provider(found.connection), found.location.below(below)
