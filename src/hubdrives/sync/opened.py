"""A working folder for as long as something is done to it: opened, its lock kept alive, closed in any case."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final

from hubdrives.errors import Busy
from hubdrives.sync import lock
from hubdrives.sync.disk import CALLS, Calls
from hubdrives.sync.tasks import group, in_thread, running
from hubdrives.sync.workspace import Workspace

_ASK_EVERY: Final = 0.5
"""Seconds."""


@contextlib.asynccontextmanager
async def opened(
    folder: Path,
    *,
    calls: Calls = CALLS,
    patience: float = 0.0,
    on_wait: Callable[[float], None] = lambda _left: None,
) -> AsyncIterator[Workspace]:
    """The working folder, locked.

    Args:
        folder: where.
        calls: the operating system.
        patience: seconds to wait for somebody else who works there.
        on_wait: told how many of them are left; 0 when the waiting is over.

    Raises:
        Busy: somebody else still works there, or took the lock over meanwhile.
        LocalFailure, DiskFull: as `Workspace.open`.
    """
    held: list[Workspace] = []

    def open_it() -> None:
        # So that it is closed even if who waits is cancelled while it is being opened.
        held.append(Workspace.open(folder, calls=calls))

    until = time.monotonic() + patience
    try:
        while not held:
            try:
                await in_thread(open_it)
            except Busy:
                left = until - time.monotonic()
                if left <= 0:
                    raise
                on_wait(left)
                await asyncio.sleep(_ASK_EVERY)
        on_wait(0)
        async with group() as background, running(background, _beat(held[0].lock)):
            yield held[0]
    finally:
        for workspace in held:
            await in_thread(workspace.close)


async def _beat(held: lock.Lock) -> None:
    while True:
        await asyncio.sleep(lock.BEAT_EVERY)
        await in_thread(held.beat)
