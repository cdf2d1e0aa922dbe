"""Small tools for code that mixes the event loop with threads, tasks and streams."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")
_T = TypeVar("_T")


async def in_thread(work: Callable[_P, _R], *args: _P.args, **options: _P.kwargs) -> _R:
    """As `asyncio.to_thread`, but who is cancelled waits until the thread is done.

    A thread can't be stopped; without this, one could still be writing when the lock has been given back.
    """
    return await _done(asyncio.ensure_future(asyncio.to_thread(work, *args, **options)))


class Beside:
    """Blocking work in a thread, one piece after the other, while its bringer goes on to fetch the next one.

    What fails is told when the next piece is brought, or by `done`, which must be the end in any case.
    """

    def __init__(self) -> None:
        self._running: asyncio.Future[None] | None = None

    async def bring(self, work: Callable[_P, None], *args: _P.args, **options: _P.kwargs) -> None:
        """Begin `work` as soon as the piece before it is done."""
        await self.done()
        self._running = asyncio.ensure_future(asyncio.to_thread(work, *args, **options))

    async def done(self) -> None:
        """Wait until nothing runs, also when cancelled."""
        running, self._running = self._running, None
        if running is not None:
            await _done(running)


@asynccontextmanager
async def group() -> AsyncIterator[asyncio.TaskGroup]:
    """A task group that raises the first error as it is, for people read errors, not groups of them."""
    try:
        async with asyncio.TaskGroup() as tasks:
            yield tasks
    except BaseExceptionGroup as errors:
        raise _first(errors) from None


@asynccontextmanager
async def running(tasks: asyncio.TaskGroup, work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Let `work` run in the background until the end."""
    task = tasks.create_task(work)
    try:
        yield
    finally:
        task.cancel()


@asynccontextmanager
async def closing(stream: AsyncIterator[_T]) -> AsyncIterator[AsyncIterator[_T]]:
    """Close a provider's stream at the end, also one that was left half-way."""
    try:
        yield stream
    finally:
        if isinstance(stream, AsyncGenerator):
            await stream.aclose()


async def _done(running: asyncio.Future[_R]) -> _R:
    cancelled: asyncio.CancelledError | None = None
    while not running.done():
        try:
            await asyncio.wait([running])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        running.exception()
        raise cancelled
    return running.result()


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
