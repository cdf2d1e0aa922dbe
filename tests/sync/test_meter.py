"""How far a pull is."""

import asyncio

from hubdrives.content import Bytes
from hubdrives.model import Progress, Waiting
from hubdrives.sync.meter import Counted, Meter


async def test_only_what_is_new_is_told_and_the_end_in_any_case():
    told: list[Progress] = []
    waits: list[Waiting | None] = [None]
    meter = Meter(told.append, waiting=lambda: waits[0])
    running = asyncio.create_task(meter.run())

    async def until(count: int) -> None:
        while len(told) < count:
            await asyncio.sleep(0.01)

    await until(1)
    meter.phase("downloading", files_total=2, bytes_total=10)
    for _ in range(100):
        meter.add(size=1)
    meter.add(size=-95)
    await until(2)
    waits[0] = Waiting(on="Memory", seconds=2)
    await until(3)
    running.cancel()
    await asyncio.wait([running])
    meter.add(files=2, size=5)
    meter.finish()
    assert told == [
        Progress(phase="listing"),
        Progress(phase="downloading", files_total=2, bytes_done=5, bytes_total=10),
        Progress(phase="downloading", files_total=2, bytes_done=5, bytes_total=10, waiting=waits[0]),
        Progress(phase="done", files_done=2, files_total=2, bytes_done=10, bytes_total=10),
    ]


async def test_what_is_sent_counts_once_however_often_it_is_read():
    meter = Meter(None, waiting=lambda: None)
    meter.phase("uploading", files_total=1, bytes_total=10)
    content = Counted(Bytes(b"0123456789"), meter)
    assert content.size == 10
    for _ in range(3):
        assert b"".join([piece async for piece in content.read(2)]) == b"23456789"
    assert meter.progress.bytes_done == 10
    content.settle(arrived=True)
    assert (meter.progress.files_done, meter.progress.bytes_done) == (1, 10)


async def test_what_did_not_arrive_does_not_count():
    meter = Meter(None, waiting=lambda: None)
    content = Counted(Bytes(b"0123456789"), meter)
    assert [piece async for piece in content.read(5)] == [b"56789"]
    content.settle(arrived=False)
    assert (meter.progress.files_done, meter.progress.bytes_done) == (1, 0)
