"""A large file whose upload was cut is gone on with by whoever sends it next, another process as well."""

import asyncio
from pathlib import Path

import pytest
from tests.providers.box.conftest import PART, Bench

from hubdrives.content import Bytes
from hubdrives.errors import HubdrivesError, Unavailable
from hubdrives.model import Entry
from hubdrives.providers.box import Box
from hubdrives.providers.sessions import Noted

DATA = bytes(range(256)) * (5 * PART // 256) + b"the end"
PARTS = 6
CUT = 3
"""Parts that arrive before the network goes."""


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    (tmp_path / "notes").mkdir()
    return tmp_path / "notes"


async def process(bench: Bench, notes: Path, *, who=None) -> Box:
    """Box as another process has it, with the same notes."""
    box = await bench.connect(who)
    box.remember(Noted(notes))
    return box


async def write(bench: Bench, box: Box, data: bytes = DATA, **options) -> Entry:
    return await box.write(bench.root, "large.bin", Bytes(data), **options)


async def cut(bench: Bench, box: Box, data: bytes = DATA) -> None:
    """Send a file until the network goes."""
    bench.fault("uploads.part", "error", reason="unavailable", after=CUT, times=None)
    with pytest.raises(Unavailable):
        await write(bench, box, data)
    await box.close()
    # What was on its way has come by the time that another question is answered.
    await (await bench.connect()).stat(bench.root)
    bench.box.faults.set([])
    bench.asked()


def history(bench: Bench, entry: Entry) -> list[bytes]:
    return bench.history(entry.id.partition("/")[2])


async def test_another_process_sends_the_rest(bench, notes):
    await cut(bench, await process(bench, notes))
    assert len(list(notes.iterdir())) == 1
    entry = await write(bench, await process(bench, notes))
    assert bench.asked() == {"uploads.status": 1, "uploads.parts": 1, "uploads.part": PARTS - CUT, "uploads.commit": 1}
    assert history(bench, entry) == [DATA]
    assert list(notes.iterdir()) == []


async def test_of_a_new_version_too(bench, notes):
    file = bench.file("large.bin", "old")
    await cut(bench, await process(bench, notes))
    await write(bench, await process(bench, notes))
    asked = bench.asked()
    # The first is refused, and tells of the file.
    assert (asked["uploads.create"], asked.get("uploads.create_version"), asked["uploads.part"]) == (1, None, 3)
    assert bench.history(file) == [DATA, b"old"]


async def test_a_process_that_shares_no_notes_begins_anew(bench, notes):
    await cut(bench, await process(bench, notes))
    await write(bench, await bench.connect())
    assert bench.asked()["uploads.part"] == PARTS


@pytest.mark.parametrize("changed", [DATA[::-1], b"x" + DATA[1:]], ids=["everything", "one byte"])
async def test_a_file_that_was_changed_is_sent_anew(bench, notes, changed):
    await cut(bench, await process(bench, notes))
    entry = await write(bench, await process(bench, notes), changed)
    assert bench.asked()["uploads.create"] == 1
    assert history(bench, entry) == [changed]
    assert list(notes.iterdir()) == []


async def test_a_file_of_another_size_does_not_touch_what_was_cut(bench, notes):
    await cut(bench, await process(bench, notes))
    await write(bench, await process(bench, notes), DATA + b"!")
    assert "uploads.status" not in bench.asked()


async def test_what_box_has_forgotten_is_sent_anew(bench, notes):
    await cut(bench, await process(bench, notes))
    bench.clock.now += 7 * 24 * 3600 + 1
    entry = await write(bench, await process(bench, notes))
    asked = bench.asked()
    assert (asked["uploads.status"], asked["uploads.create"], asked["uploads.part"]) == (1, 1, PARTS)
    assert history(bench, entry) == [DATA]


async def test_what_another_account_began_is_not_this_one_s_to_end(bench, notes):
    await cut(bench, await process(bench, notes))
    person = bench.box.add_user("ada@example.edu")
    bench.box.collaborate(bench.box.root, person.login, "editor")
    entry = await write(bench, await process(bench, notes, who=person))
    assert bench.asked()["uploads.part"] == PARTS
    assert history(bench, entry) == [DATA]


async def test_trouble_while_it_is_looked_up_what_arrived_loses_nothing(bench, notes):
    await cut(bench, await process(bench, notes))
    bench.fault("uploads.status", "error", reason="unavailable", times=None)
    with pytest.raises(Unavailable):
        await write(bench, await process(bench, notes))
    bench.box.faults.set([])
    bench.asked()
    await write(bench, await process(bench, notes))
    assert bench.asked()["uploads.part"] == PARTS - CUT


async def test_processes_that_send_one_file_at_the_same_time_keep_apart(bench, notes):
    await cut(bench, await process(bench, notes))
    boxes = [await process(bench, notes) for _ in range(3)]
    entries = await asyncio.gather(*(write(bench, box) for box in boxes))
    assert len({entry.id for entry in entries}) == 1
    assert history(bench, entries[0]) == [DATA] * 3
    assert list(notes.iterdir()) == []


async def test_what_is_refused_leaves_no_note(bench, notes):
    bench.fault("uploads.part", "error", reason="storage_limit_exceeded")
    with pytest.raises(HubdrivesError):
        await write(bench, await process(bench, notes))
    assert list(notes.iterdir()) == []


async def test_a_note_holds_no_token_and_no_address(bench, notes):
    await cut(bench, await process(bench, notes))
    (note,) = notes.iterdir()
    text = note.read_text()
    assert "http" not in text
    assert "large.bin" not in text
    assert not any(token.shown in text for token in bench.tokens)
