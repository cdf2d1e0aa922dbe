"""Large files go up in parts."""

import asyncio
import hashlib

import pytest
from aiohttp import web

from hubdrives.content import Bytes
from hubdrives.errors import BadInput, Changed, Corrupt, HubdrivesError, Unavailable
from hubdrives.http import Client
from hubdrives.providers.abilities import NEW
from hubdrives.providers.box import Box
from hubdrives.providers.box.api import Hosts
from hubdrives.providers.box.options import Options

PART = 5 << 18
"""Bytes: what conftest sets."""
DATA = bytes(range(256)) * (5 * PART // 256) + b"the end"
PARTS = 6


class Watched:
    """Content that notes what is read of it, and lets something happen when its last part is."""

    def __init__(self, data: bytes, happen=lambda: None) -> None:
        self.size, self._data, self.read_from, self._happen = len(data), data, [], happen

    async def read(self, start=0, stop=None):
        self.read_from.append(start)
        if stop == self.size:
            self._happen()
            self._happen = lambda: None
        async for piece in Bytes(self._data).read(start, stop):
            yield piece


async def write(box, bench, content=None, **options):
    return await box.write(bench.root, "large.bin", content or Bytes(DATA), **options)


def node(entry):
    return entry.id.partition("/")[2]


async def test_a_large_file_costs_a_request_for_each_part_and_two(bench, box):
    entry = await write(box, bench)
    assert bench.asked() == {"uploads.create": 1, "uploads.part": PARTS, "uploads.commit": 1}
    assert bench.history(node(entry)) == [DATA]


async def test_a_large_version_is_known_to_be_one_before_a_byte_is_sent(bench, box):
    file = bench.file("large.bin", "old")
    await write(box, bench)
    asked = bench.asked()
    assert asked == {"uploads.create": 1, "uploads.create_version": 1, "uploads.part": PARTS, "uploads.commit": 1}
    assert bench.history(file) == [DATA, b"old"]
    with pytest.raises(Changed):
        await write(box, bench, if_version=NEW)
    assert bench.asked() == {"uploads.create": 1}


async def test_parts_go_up_at_the_same_time_but_not_all_of_them(bench, box):
    content = Watched(DATA)
    bench.fault("uploads.part", "delay", seconds=0.3, times=None)
    task = asyncio.create_task(write(box, bench, content))
    await asyncio.sleep(0.2)
    assert max(content.read_from) == 3 * PART
    await task


async def test_an_upload_that_was_cut_is_taken_up_where_it_stopped(bench, box):
    bench.fault("uploads.part", "error", reason="unavailable", after=4, times=None)
    with pytest.raises(Unavailable):
        await write(box, bench)
    bench.box.faults.set([])
    asked = bench.asked()
    assert asked["uploads.part"] > 4
    entry = await write(box, bench)
    asked = bench.asked()
    assert asked["uploads.parts"] == 1
    assert asked["uploads.part"] <= PARTS - 2
    assert "uploads.create" not in asked
    assert bench.history(node(entry)) == [DATA]


async def test_what_was_cut_is_not_continued_with_other_bytes(bench, box):
    bench.fault("uploads.part", "error", reason="unavailable", after=4, times=None)
    with pytest.raises(Unavailable):
        await write(box, bench)
    bench.box.faults.set([])
    other = bytes(reversed(DATA))
    entry = await write(box, bench, Bytes(other))
    assert bench.history(node(entry)) == [other]


async def test_an_upload_that_was_cancelled_is_taken_up_too(bench, box):
    bench.fault("uploads.part", "delay", seconds=30, after=2, times=None)
    task = asyncio.create_task(write(box, bench))
    while bench.box.requests.by_operation.get("uploads.part", 0) < 3:
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    bench.box.faults.set([])
    bench.asked()
    entry = await write(box, bench)
    assert "uploads.create" not in bench.asked()
    assert bench.history(node(entry)) == [DATA]


@pytest.mark.parametrize(
    ("operation", "fault"),
    [
        ("uploads.part", {"effect": "refuse_after_effect", "times": 2}),
        ("uploads.part", {"effect": "error", "reason": "unavailable", "times": 2}),
        ("uploads.part", {"effect": "session_expired", "after": 3}),
        ("uploads.commit", {"effect": "commit_later", "retry_after": 2, "times": 2}),
        ("uploads.commit", {"effect": "error", "reason": "parts_mismatch"}),
        ("uploads.commit", {"effect": "session_expired"}),
        ("uploads.commit", {"effect": "error", "reason": "unavailable"}),
        ("uploads.commit", {"effect": "refuse_after_effect"}),
        ("uploads.create", {"effect": "refuse_after_effect"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(map(str, value.values())),
)
async def test_troubles_on_the_way_are_mended_and_the_file_is_there_once(bench, box, operation, fault):
    bench.fault(operation, **fault)
    entry = await write(box, bench)
    assert bench.history(node(entry)) == [DATA]
    assert len(bench.box.tree.children(bench.box.root)) == 1


async def test_a_version_whose_end_was_not_answered_is_there_once(bench, box):
    file = bench.file("large.bin", "old")
    bench.fault("uploads.commit", "refuse_after_effect")
    await write(box, bench)
    assert bench.history(file) == [DATA, b"old"]


async def test_two_who_send_the_same_name_are_both_in_the_history(bench, box):
    contents = [DATA, DATA[::-1]]
    await asyncio.gather(*(write(box, bench, Bytes(data)) for data in contents))
    (there,) = bench.box.tree.children(bench.box.root)
    assert sorted(bench.history(there.id)) == sorted(contents)


async def test_who_is_overtaken_sends_no_part_twice(bench, box):
    file = bench.file("large.bin", "old")
    await write(box, bench, Watched(DATA, lambda: bench.replace(file, "a colleague's")))
    assert bench.history(file) == [DATA, b"a colleague's", b"old"]
    assert bench.asked()["uploads.part"] == PARTS


async def test_who_meant_another_version_is_told_if_overtaken(bench, box):
    file = bench.file("large.bin", "old")
    version = (await box.stat(bench.at(file))).version
    with pytest.raises(Changed):
        await write(box, bench, Watched(DATA, lambda: bench.replace(file, "a colleague's")), if_version=version)
    assert bench.history(file) == [b"a colleague's", b"old"]


@pytest.mark.parametrize(
    ("reason", "kind"), [("bad_digest", Corrupt), ("file_size_limit_exceeded", BadInput)], ids=["damaged", "too large"]
)
async def test_what_is_refused_is_not_there(bench, box, reason, kind):
    bench.fault("uploads.*", "error", reason=reason, times=None)
    with pytest.raises(kind):
        await write(box, bench)
    assert bench.box.tree.children(bench.box.root) == []


async def test_an_upload_that_is_given_up_is_cleared_away(bench, box):
    bench.fault("uploads.part", "error", reason="storage_limit_exceeded")
    with pytest.raises(HubdrivesError):
        await write(box, bench)
    assert bench.asked()["uploads.abort"] == 1


async def test_a_version_of_the_same_bytes_that_box_does_not_make_is_no_error(serve):
    sha1 = hashlib.sha1(DATA).hexdigest()
    item = {"type": "file", "id": "5", "name": "large.bin", "etag": "3", "sha1": sha1, "size": len(DATA)}
    base = ""

    async def answer(request):
        async for _piece in request.content.iter_chunked(PART):
            pass
        match request.method, request.path.rpartition("/")[2]:
            case "POST", "upload_sessions" if "/5/" not in request.path:
                told = {"code": "item_name_in_use", "context_info": {"conflicts": item}}
                return web.json_response(told, status=409)
            case "POST", "upload_sessions":
                places = dict.fromkeys(("upload_part", "commit", "abort", "list_parts"), f"{base}/session")
                return web.json_response({"id": "S", "part_size": len(DATA), "session_endpoints": places})
            case "PUT", "session":
                return web.json_response({"part": {"part_id": "P", "offset": 0, "size": len(DATA)}})
            case "POST", "session":
                return web.Response(status=202)
        return web.json_response(item)

    base = await serve(answer)
    client = Client(title="Box", errors=Box.errors)
    async with Box(client, hosts=Hosts.of(base), options=Options(), chunked_from=1) as box:
        folder = Box.parse("https://app.box.com/folder/1")
        assert (await box.write(folder, "large.bin", Bytes(DATA))).digest == f"sha1:{sha1}"
