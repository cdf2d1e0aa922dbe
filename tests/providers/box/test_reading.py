import logging
import time
from dataclasses import replace

import pytest
from tests.providers.asking import read

from hubdrives.errors import Corrupt, HubdrivesError, Unreadable, VersionGone

DATA = bytes(range(256)) * 4096


@pytest.fixture
async def entry(bench, box):
    return await box.stat(bench.at(bench.file("data.bin", DATA)))


async def test_a_file_costs_one_request_to_box_and_one_to_where_the_bytes_are(bench, box, entry):
    bench.asked()
    assert await read(box, entry) == DATA
    assert bench.asked() == {"files.content": 1, "cdn.get": 1}


async def test_an_empty_file_needs_no_request(bench, box):
    empty = await box.stat(bench.at(bench.file("empty", b"")))
    bench.asked()
    assert await read(box, empty) == b""
    assert bench.asked() == {}


async def test_a_new_version_that_goes_up_meanwhile_does_not_change_what_is_read(bench, box, entry):
    bench.fault("files.content", "replace_content", times=1)
    assert await read(box, entry) == DATA
    assert await read(box, entry, start=1000, stop=2000) == DATA[1000:2000]


async def test_what_is_cut_is_resumed_with_a_new_address(bench, box, entry):
    bench.fault("cdn.get", "cut", bytes=300_000, times=2)
    bench.asked()
    assert await read(box, entry) == DATA
    assert bench.asked() == {"files.content": 3, "cdn.get": 3}


@pytest.mark.parametrize(
    ("operation", "fault"),
    [
        ("cdn.get", {"effect": "ignore_range"}),
        ("cdn.get", {"effect": "expired_address"}),
        ("cdn.get", {"effect": "slow", "rate": 100_000_000}),
        ("files.content", {"effect": "not_ready", "retry_after": 0}),
        ("files.content", {"effect": "expire_tokens"}),
        ("files.content", {"effect": "error", "reason": "unavailable"}),
        ("files.content", {"effect": "drop"}),
    ],
    ids=lambda value: value if isinstance(value, str) else value["effect"],
)
async def test_troubles_on_the_way_are_mended(bench, box, entry, operation, fault):
    bench.fault(operation, **fault)
    assert await read(box, entry, start=5, stop=300_000) == DATA[5:300_000]


async def test_a_file_that_is_not_put_away_yet_is_waited_for_as_long_as_box_says(bench, box, entry):
    bench.fault("files.content", "not_ready", retry_after=1, times=1)
    bench.asked()
    began = time.monotonic()
    assert await read(box, entry) == DATA
    assert time.monotonic() - began >= 1
    assert bench.asked() == {"files.content": 2, "cdn.get": 1}


@pytest.mark.parametrize("effect", ["wrong", "truncate"])
async def test_bytes_that_are_not_those_that_were_promised_are_noticed(bench, box, entry, effect):
    bench.fault("cdn.get", effect, bytes=1000, times=None)
    with pytest.raises(Corrupt):
        await read(box, entry)


async def test_a_file_that_was_trashed_is_gone(bench, box, entry):
    bench.box.tree.trash(entry.id.partition("/")[2])
    with pytest.raises(VersionGone):
        await read(box, entry)


async def test_a_version_that_box_keeps_no_more_is_gone(bench, box, entry):
    sha1, version = entry.version.split()
    with pytest.raises(VersionGone):
        await read(box, replace(entry, version=f"{sha1} {int(version) + 10**6}"))


async def test_what_a_policy_holds_back_is_unreadable(bench, box, entry):
    bench.fault("files.content", "malware", id=entry.id.partition("/")[2])
    with pytest.raises(Unreadable):
        await read(box, entry)


async def test_no_token_goes_where_the_bytes_are_and_no_signed_address_is_ever_told(bench, box, entry, caplog):
    caplog.set_level(logging.DEBUG)
    # The emulated host of the bytes refuses requests that carry a token.
    assert await read(box, entry) == DATA
    told = [caplog.text]
    for effect in ("cut", "wrong"):
        bench.fault("cdn.get", effect, times=None)
        with pytest.raises(HubdrivesError) as failed:
            await read(box, entry)
        told.append(f"{failed.value!r} {failed.value.hint}")
    assert bench.tokens[0].shown not in "".join(told)
    assert "/d/1/" not in "".join(told)


async def test_a_looker_may_not_read(bench):
    person = bench.box.add_user("looker@example.edu")
    folder = bench.folder("to look at")
    file = bench.file("b.txt", "b", folder)
    bench.box.collaborate(folder, person.login, "previewer")
    box = await bench.connect(person)
    for location in (bench.at(file), bench.at(folder).below("b.txt")):
        for look in (box.stat, box.snapshot):
            with pytest.raises(Unreadable, match="not download it"):
                await look(location)
