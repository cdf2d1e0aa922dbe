"""Upstream's bytes for the commands on a working folder; nothing is connected to before they are asked for."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from hubdrives.connections import Connections
from hubdrives.errors import BadLink
from hubdrives.folder import Fetch
from hubdrives.model import Entry, Location


@asynccontextmanager
async def fetching(source: Location) -> AsyncIterator[Fetch]:
    """What reads entries of `source`. Calling it raises what `Connections.find` and a provider's `read` raise."""
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
