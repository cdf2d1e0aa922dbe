"""The end of what was opened: streams that were left half-way, and connections whose loop runs in another thread."""

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Final

from hubdrives.connections import Connections

_PATIENCE: Final = 5.0
"""Seconds that the end of the process waits for connections to be closed."""

_inherited: Final[list[Connections]] = []


def close(connections: Connections, loop: asyncio.AbstractEventLoop, process: int) -> None:
    """Close `connections` in `loop`, which runs in another thread.

    Args:
        connections: what nobody needs any more.
        loop: where they were opened.
        process: the id of the process that opened them.
    """
    if os.getpid() != process:
        # A fork: closing or collecting them here would disturb the sockets of the process that they belong to.
        _inherited.append(connections)
        return
    if not loop.is_running():
        return
    closing = asyncio.run_coroutine_threadsafe(connections.__aexit__(), loop)
    if not _is_running_here(loop):
        with contextlib.suppress(TimeoutError):
            closing.result(_PATIENCE)


def _is_running_here(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether this is the loop's own thread: the garbage collector works wherever it likes."""
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False


@contextlib.asynccontextmanager
async def streamed(stream: AsyncIterator[bytes]) -> AsyncIterator[AsyncIterator[bytes]]:
    """A provider's stream, closed at the end."""
    try:
        yield stream
    finally:
        if isinstance(stream, AsyncGenerator):
            await stream.aclose()
