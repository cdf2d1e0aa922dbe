"""Threads and groups."""

import asyncio
import os
import threading
from pathlib import Path

import pytest

from hubdrives.errors import Busy
from hubdrives.sync.tasks import Beside, group, in_thread


async def test_who_is_cancelled_waits_for_the_thread():
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        may_end.wait()
        ended.set()

    task = asyncio.create_task(in_thread(work))
    await asyncio.to_thread(begun.wait)
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0)
        assert not task.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()


async def test_what_the_thread_says_is_passed_on():
    assert await in_thread(int, "12", base=8) == 10
    with pytest.raises(ValueError, match="invalid literal"):
        await in_thread(int, "x")


async def test_work_beside_goes_on_in_order_while_its_bringer_does_too():
    may_end, done = threading.Event(), []

    def work(number: int) -> None:
        may_end.wait()
        done.append(number)

    beside = Beside()
    await beside.bring(work, 1)
    assert done == []
    asyncio.get_running_loop().call_soon(may_end.set)
    await beside.bring(work, 2)
    assert done[0] == 1
    await beside.done()
    assert done == [1, 2]


async def test_work_beside_that_fails_is_told_to_its_bringer_once(tmp_path: Path):
    beside = Beside()
    await beside.bring(os.remove, tmp_path / "missing")
    with pytest.raises(FileNotFoundError):
        await beside.done()
    await beside.done()


async def test_who_is_cancelled_waits_for_the_work_beside():
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        may_end.wait()
        ended.set()

    beside = Beside()
    await beside.bring(work)
    task = asyncio.create_task(beside.done())
    await asyncio.to_thread(begun.wait)
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()


async def test_a_group_raises_the_error_itself_and_cancels_the_others():
    async def fail() -> None:
        raise Busy("Wait.")

    async def work() -> None:
        async with group() as tasks:
            others.append(tasks.create_task(asyncio.sleep(1000)))
            tasks.create_task(fail())

    others: list[asyncio.Task] = []
    with pytest.raises(Busy):
        await asyncio.wait_for(work(), 5)
    assert others[0].cancelled()
