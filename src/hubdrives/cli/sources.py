"""What a person writes as SOURCE, up to the live provider that reads it."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from yarl import URL

from hubdrives.connections import Connections
from hubdrives.links import PULL_PAGE, PullRequest
from hubdrives.model import Location
from hubdrives.providers.base import Provider


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A SOURCE that was understood."""

    connections: Connections
    provider: Provider
    location: Location


@asynccontextmanager
async def opened(text: str) -> AsyncIterator[Source]:
    """The source that `text` means, with its provider open.

    Raises:
        BadInput: it means nothing that is known here.
        BadConfig: the configuration can't be used.
    """
    async with Connections() as connections:
        found = connections.find(meant(text))
        provider = await connections.provider(found.connection)
        yield Source(connections=connections, provider=provider, location=found.location)


def meant(text: str) -> str:
    """`text` as `Connections.find` understands it: what a hub's pull link is for, and a folder's absolute path."""
    text = text.strip()
    if (request := _pull_link(text)) is not None:
        return request.source
    # Not Path.exists: a link's token is longer than any name, and that raises.
    if text and "://" not in text and os.path.exists(text):  # noqa: PTH110
        return str(Path(text).absolute())
    return text


def _pull_link(text: str) -> PullRequest | None:
    try:
        url = URL(text)
    except ValueError:
        return None
    is_one = url.scheme in {"http", "https"} and url.path.rstrip("/").endswith(f"/{PULL_PAGE}")
    return PullRequest.from_query(url.query) if is_one else None
