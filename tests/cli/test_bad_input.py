"""Whatever goes wrong is told in a sentence and a hint, never a traceback, and nothing of the user's is lost."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.cli.conftest import Done, Shell
from tests.gateway.bench import benched

from hubdrives.config import Grant
from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.googledrive import GoogleDrive
from hubdrives.testing.emulators.server import serving

MINE = "my own words\n"


@dataclass(frozen=True)
class Student:
    """Somebody at a shell, with a Google Drive connection and something of their own in the folder `course`."""

    shell: Shell
    drive: GoogleDrive
    env: dict[str, str]

    @property
    def folder(self) -> Path:
        return self.shell.folder / "course"

    async def pull(self, source: str | None = None, target: str = "course") -> Done:
        done = await self.shell.arun("pull", source or self.drive.location, target, "--json", env=self.env)
        assert "Traceback" not in done.err
        assert (self.folder / "mine.txt").read_text() == MINE
        assert not list(self.folder.glob(".hubdrives/tmp/*")), "half a file was left"
        return done

    async def refused(self, source: str | None = None, target: str = "course") -> str:
        """What a pull that fails says: one sentence, one hint."""
        before = tree(self.folder)
        done = await self.pull(source, target)
        assert (done.code, done.out) == (1, "")
        _progress, error, said = done.err.partition("error: ")
        assert error, done.err
        assert len(said.splitlines()) == 2, done.err
        assert tree(self.folder) == before
        return said


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".hubdrives" not in path.parts
    }


@pytest.fixture
async def student(shell: Shell, tmp_path: Path) -> AsyncIterator[Student]:
    async with serving(GoogleDrive()) as drive:
        drive.tree.add_file("notes.txt", "notes\n", parent=drive.root)
        week = drive.tree.add("week 1", parent=drive.root)
        drive.tree.add_file("rain.csv", "town,mm\n" * 40_000, parent=week.id)
        key = tmp_path / "key.json"
        key.touch(mode=0o600)
        key.write_text(json.dumps(drive.key_file()))
        config = tmp_path / "hubdrives.toml"
        config.write_text(
            f'[connections.drive]\nprovider = "googledrive"\nbase_url = "{drive.url}"\n'
            f'credential = {{ kind = "google_service_account", key_file = "{key}" }}\n'
        )
        (shell.folder / "course").mkdir()
        (shell.folder / "course" / "mine.txt").write_text(MINE)
        yield Student(shell, drive, {"HUBDRIVES_CONFIG": str(config)})


async def test_something_that_is_no_address(student):
    assert "neither a web address" in await student.refused("the course, please")


async def test_a_provider_that_nobody_configured(student):
    student.env["HUBDRIVES_CONFIG"] = os.devnull
    assert "no connection to Google Drive is configured" in await student.refused()


async def test_an_address_that_no_connection_knows(student):
    assert "No configured connection knows this address" in await student.refused("https://example.org/folder")


async def test_a_folder_that_is_not_shared_names_the_address_to_share_it_with(student):
    student.drive.access.unshare(student.drive.root)
    assert f"Share the folder with {student.drive.robot.email}" in await student.refused()


async def test_a_folder_in_the_bin(student):
    student.drive.tree.trash(student.drive.root)
    assert "bin" in await student.refused()


async def test_a_deleted_folder(student):
    student.drive.tree.delete(student.drive.root)
    assert "it is not there, or not shared" in await student.refused()


async def test_an_empty_folder_is_no_failure(student):
    empty = student.drive.tree.add("empty", parent=student.drive.root)
    done = await student.pull(f"https://drive.google.com/drive/folders/{empty.id}")
    assert done.code == 0
    assert not any(done.report[what] for what in ("added", "updated", "removed", "conflicts", "failed"))


@pytest.mark.parametrize("state", ["deleted", "disabled"])
async def test_a_revoked_key(student, state):
    student.drive.robot.state = state
    assert "administrators" in await student.refused()


async def test_the_key_of_another_account(student, tmp_path):
    stranger = GoogleDrive().key_file()
    key = student.drive.key_file() | {"private_key": stranger["private_key"]}
    (tmp_path / "key.json").write_text(json.dumps(key))
    said = await student.refused()
    assert "administrators" in said
    assert "PRIVATE KEY" not in said


async def test_a_key_file_that_is_none(student, tmp_path):
    (tmp_path / "key.json").write_text("{}")
    assert "key" in await student.refused()


async def test_a_clock_that_is_off(student):
    student.drive.faults.set([{"operation": "token", "effect": "skewed_clock", "times": None}])
    assert "clock" in await student.refused()


async def test_a_token_that_expires_in_the_middle_is_renewed_unnoticed(student):
    student.drive.faults.set([{"operation": "files.media", "effect": "expire_tokens", "times": 1}])
    done = await student.pull()
    assert done.code == 0
    assert sorted(done.report["added"]) == ["notes.txt", "week 1/rain.csv"]
    assert student.drive.requests.by_operation["token"] == 2


async def test_a_rate_limit_that_lasts_is_waited_out_and_said(student):
    # One that lasts for a minute is in the tests of retry, by a clock that only counts.
    limit = {
        "operation": "files.list",
        "effect": "error",
        "reason": "userRateLimitExceeded",
        "retry_after": 2,
        "times": 2,
    }
    student.drive.faults.set([limit])
    done = await student.pull()
    assert done.code == 0
    assert "Waiting for Google Drive" in done.err
    assert "429" not in done.err
    assert "403" not in done.err


@pytest.mark.parametrize(
    "fault",
    [
        {"effect": "cut", "bytes": 100_000},
        {"effect": "truncate", "bytes": 100_000},
        {"effect": "wrong", "bytes": 70_000},
        {"effect": "drop", "times": 2},
    ],
    ids=lambda fault: fault["effect"],
)
async def test_a_damaged_download_is_made_good(student, fault):
    student.drive.faults.set([{"operation": "files.media", "name": "rain.csv", **fault}])
    done = await student.pull()
    assert done.code == 0
    assert (student.folder / "week 1/rain.csv").read_text() == "town,mm\n" * 40_000


async def test_a_download_that_stays_damaged_is_3_and_the_rest_is_there(student):
    student.drive.faults.set(
        [{"operation": "files.media", "name": "rain.csv", "effect": "wrong", "bytes": 5, "times": None}]
    )
    done = await student.pull()
    assert done.code == 3
    assert [item["path"] for item in done.report["failed"]] == ["week 1/rain.csv"]
    assert not (student.folder / "week 1/rain.csv").exists()
    assert (student.folder / "notes.txt").read_text() == "notes\n"


async def test_a_file_that_changes_while_it_is_read(student):
    replaced = {"operation": "files.media", "name": "rain.csv", "effect": "replace_content", "text": "new\n"}
    student.drive.faults.set([replaced])
    first = await student.pull()
    assert first.code == 3
    assert [(item["path"], item["code"]) for item in first.report["failed"]] == [("week 1/rain.csv", "version-gone")]
    assert not (student.folder / "week 1/rain.csv").exists()
    assert (await student.pull()).code == 0
    assert (student.folder / "week 1/rain.csv").read_text() == "new\n"


async def test_a_disk_that_is_too_small_is_told_before_the_first_byte(student):
    huge = student.drive.tree.add_file("huge.bin", b"", parent=student.drive.root)
    student.drive.tree.replace(huge.id, Content.of(b"x"))
    await student.pull()
    student.drive.requests.reset()
    # More than any disk has: what the provider says counts, not what it would send.
    student.drive.tree.replace(huge.id, Content(size=1 << 60, data=b"y"))
    said = await student.refused()
    assert "free" in said
    assert "files.media" not in student.drive.requests.by_operation


async def test_a_target_that_is_a_file(student):
    (student.shell.folder / "taken").write_text("a file\n")
    await student.refused(target="taken")
    assert (student.shell.folder / "taken").read_text() == "a file\n"


async def test_a_folder_of_another_source(student):
    await student.pull()
    other = student.drive.tree.add("other", parent=student.drive.root)
    assert "pulled from" in await student.refused(f"https://drive.google.com/drive/folders/{other.id}")


async def test_names_that_no_file_system_takes(student):
    names = ["..", "a/b", "nul\0nul", "x" * 300, "trailing ", ".git", ".hubdrives", "-rf", "line\nbreak"]
    for name in names:
        student.drive.tree.add_file(name, f"{name} content", parent=student.drive.root)
    done = await student.pull()
    assert done.code == 0
    contents = set(tree(student.folder).values())
    assert {f"{name} content".encode() for name in names} <= contents
    outside = {path.name for path in student.shell.folder.iterdir()}
    assert outside <= {"course", ".cache", ".config"}


async def test_two_files_of_one_name(student):
    for content in ("first", "second"):
        student.drive.tree.add_file("same.txt", content, parent=student.drive.root)
    await student.pull()
    again = await student.pull()
    found = {path.read_text() for path in student.folder.glob("same*.txt")}
    assert found == {"first", "second"}
    assert not again.report["added"]


async def test_a_gateway_that_is_down(student, unused_tcp_port):
    env = {"HUBDRIVES_GATEWAY_URL": f"http://127.0.0.1:{unused_tcp_port}/", "JUPYTERHUB_API_TOKEN": "t"}
    student.env.clear()
    student.env.update(env)
    assert "gateway does not answer" in await student.refused()


async def test_a_gateway_that_is_restarted_in_the_middle(shell, tmp_path):
    async with benched(tmp_path) as bench:
        grant = Grant(connection="drive", everyone=True)
        await bench.start(grant)
        for number in range(40):
            bench.file(f"sheet {number}.txt", f"sheet {number}\n".encode())
        env = {"HUBDRIVES_GATEWAY_URL": bench.url, "JUPYTERHUB_API_TOKEN": bench.people.token("alice")}
        bench.drive.faults.set([{"operation": "files.media", "effect": "delay", "seconds": 0.2, "times": None}])
        mine = shell.folder / "course/mine.txt"
        mine.parent.mkdir()
        mine.write_text(MINE)
        pulling = asyncio.create_task(shell.arun("pull", bench.drive.location, "course", "--json", env=env))
        while bench.drive.requests.by_operation["files.media"] < 10:
            await asyncio.sleep(0.02)
        assert bench.server is not None
        port = bench.server.port
        await bench.server.close()
        await bench.start(grant, port=port)
        done = await pulling
        assert done.code == 0, done.err
        sheets = {f"sheet {number}.txt": f"sheet {number}\n".encode() for number in range(40)}
        assert tree(shell.folder / "course") == {**sheets, "mine.txt": MINE.encode()}
