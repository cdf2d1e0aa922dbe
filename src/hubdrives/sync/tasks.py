"""Two small tools for code that mixes the event loop with threads."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")


async def in_thread(work: Callable[_P, _R], *args: _P.args, **options: _P.kwargs) -> _R:
    """As `asyncio.to_thread`, but who is cancelled waits until the thread is done.

    A thread can't be stopped; without this, one could still be writing when the lock has been given back.
    """
    running = asyncio.ensure_future(asyncio.to_thread(work, *args, **options))
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


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
