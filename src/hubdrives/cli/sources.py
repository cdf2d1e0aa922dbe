"""What a person writes as SOURCE, up to the live provider that reads it."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from hubdrives.choice import Choice
from hubdrives.connections import Connections
from hubdrives.links import PullRequest
from hubdrives.model import Location
from hubdrives.providers.base import Provider


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A SOURCE that was understood."""

    connections: Connections
    connection: str
    """The one that reaches it."""
    provider: Provider
    location: Location
    choice: Choice
    """What a hub's pull link asks for of it."""


@asynccontextmanager
async def opened(text: str) -> AsyncIterator[Source]:
    """The source that `text` means, with its provider open.

    Raises:
        BadInput: it means nothing that is known here.
        BadConfig: the configuration can't be used.
    """
    async with Connections() as connections:
        request = asked(text)
        found = connections.find(request.source)
        provider = await connections.provider(found.connection)
        yield Source(
            connections=connections,
            connection=found.connection,
            provider=provider,
            location=found.location,
            choice=request.choice,
        )


def asked(text: str) -> PullRequest:
    """What a hub's pull link asks for, else all of what `text` names: its source is one for `Connections.find`.

    Raises:
        BadLink, BadInput: it is a pull link that can't be meant.
    """
    text = text.strip()
    if (request := PullRequest.from_address(text)) is not None:
        return request
    # Not Path.exists: a link's token is longer than any name, and that raises.
    if text and "://" not in text and os.path.exists(text):  # noqa: PTH110
        text = str(Path(text).absolute())
    return PullRequest(source=text)
