"""`hubdrives put` of a large file, killed on its way and started again: what has arrived at Box is not sent again."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.cli.conftest import Shell

from hubdrives.testing.emulators.box import Box
from hubdrives.testing.emulators.server import serving

PART = 2 << 20
PARTS = 11
DATA = b"".join(bytes([number]) * PART for number in range(PARTS - 1)) + b"the end"
SOURCE = "team:/large.bin"


@pytest.fixture
async def box(shell: Shell) -> AsyncIterator[Box]:
    async with serving(Box(part_size=PART)) as emulator:
        (shell.folder / "hubdrives.toml").write_text(
            f"""
[connections.team]
provider = "box"
base_url = "{emulator.url}"
root = "{emulator.location}"
[connections.team.credential]
kind = "box_ccg"
client_id = "{emulator.app.client_id}"
enterprise_id = "{emulator.app.enterprise_id}"
client_secret_env = "BOX_CLIENT_SECRET"
"""
        )
        shell.env |= {
            "HUBDRIVES_CONFIG": str(shell.folder / "hubdrives.toml"),
            "BOX_CLIENT_SECRET": emulator.app.client_secret,
        }
        (shell.folder / "large.bin").write_bytes(DATA)
        yield emulator


def asked(box: Box) -> dict[str, int]:
    counted = dict(box.requests.by_operation)
    box.requests.reset()
    return counted


def notes(shell: Shell) -> list[Path]:
    return list((shell.folder / ".local" / "state" / "hubdrives" / "uploads").glob("*"))


@asynccontextmanager
async def half_way(shell: Shell, box: Box, *command: str) -> AsyncIterator[None]:
    """A process that has sent some parts and sends no more; at the end it is killed."""
    box.faults.set([{"operation": "uploads.part", "effect": "delay", "seconds": 60, "after": 6, "times": None}])
    with shell.started(*(command or ("put", "large.bin", SOURCE))) as process:
        # Six that are answered, and the four that go at the same time.
        while box.requests.by_operation.get("uploads.part", 0) < 10:
            assert process.poll() is None, process.stderr.read().decode()
            await asyncio.sleep(0.02)
        yield
        process.kill()
        await asyncio.to_thread(process.wait)
    box.faults.set([])


async def test_a_process_that_was_killed_is_followed_by_one_that_sends_the_rest(shell: Shell, box: Box):
    async with half_way(shell, box):
        (note,) = notes(shell)
        assert note.stat().st_mode & 0o777 == 0o600
    assert len(notes(shell)) == 1
    asked(box)
    done = await shell.arun("put", "large.bin", SOURCE, "--json")
    assert done.code == 0, done.err
    told = asked(box)
    assert "uploads.create" not in told
    assert told["uploads.part"] == PARTS - 6
    assert notes(shell) == []
    (file,) = box.tree.children(box.root)
    assert file.content.path.read_bytes() == DATA
    assert done.report["uploaded"][0]["size"] == len(DATA)


async def test_another_process_does_not_take_what_one_still_sends(shell: Shell, box: Box):
    async with half_way(shell, box):
        box.faults.set([])
        asked(box)
        done = await shell.arun("put", "large.bin", SOURCE, "--json")
        assert done.code == 0, done.err
        told = asked(box)
        assert (told["uploads.create"], told.get("uploads.status")) == (1, None)
        assert len(notes(shell)) == 1
    (file,) = box.tree.children(box.root)
    assert file.content.path.read_bytes() == DATA


async def test_after_a_kill_a_file_that_was_changed_is_sent_whole(shell: Shell, box: Box):
    async with half_way(shell, box):
        pass
    changed = b"x" + DATA[1:]
    (shell.folder / "large.bin").write_bytes(changed)
    done = await shell.arun("put", "large.bin", SOURCE, "--json")
    assert done.code == 0, done.err
    (file,) = box.tree.children(box.root)
    assert file.content.path.read_bytes() == changed
    assert notes(shell) == []


async def test_a_push_that_was_killed_sends_the_rest_too(shell: Shell, box: Box):
    (shell.folder / "large.bin").rename(shell.folder / "kept.bin")
    done = await shell.arun("pull", "team:/", "mine")
    assert done.code == 0, done.err
    (shell.folder / "kept.bin").rename(shell.folder / "mine" / "large.bin")
    async with half_way(shell, box, "push", "mine"):
        pass
    asked(box)
    done = await shell.arun("push", "mine", "--json")
    assert json.loads(done.out.splitlines()[-1])["uploaded"] == ["large.bin"]
    told = asked(box)
    assert "uploads.create" not in told
    assert told["uploads.part"] == PARTS - 6
