"""What is special about folders of this machine: addresses, links, what may not be read."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from hubdrives.errors import BadConfig, BadPath, NotFound, NotGranted, Unreadable, UnsupportedLink, VersionGone
from hubdrives.http import Client
from hubdrives.model import Location, Snapshot
from hubdrives.providers import provider_class, provider_names
from hubdrives.providers.local import Local
from hubdrives.providers.local.urls import parse


@pytest.fixture
async def local() -> AsyncIterator[Local]:
    async with Local.open(Client(title=Local.title, errors=Local.errors)) as provider:
        yield provider


def at(path: Path) -> Location:
    location = parse(str(path))
    assert location is not None
    return location


def told(snapshot: Snapshot) -> dict[str, str]:
    return {item.path: item.code for item in snapshot.skipped}


def test_it_is_installed_under_its_name() -> None:
    assert provider_class("local") is Local
    assert {"local", "googledrive"} <= set(provider_names())


class TestAddresses:
    @pytest.mark.parametrize(
        ("text", "path"),
        [
            ("/srv/course", "srv/course"),
            ("/srv/course/", "srv/course"),
            ("/srv//course/./a", "srv/course/a"),
            ("/srv/old/../course", "srv/course"),
            ("//srv/course", "srv/course"),
            (" /srv/my course ", "srv/my course"),
            ("file:///srv/my%20course", "srv/my course"),
            ("file://localhost/srv/course", "srv/course"),
            ("FILE:///srv/course", "srv/course"),
            ("/", ""),
            ("/srv/a?b#c", "srv/a?b#c"),
        ],
    )
    def test_an_absolute_path_or_file_url_is_a_location(self, text: str, path: str) -> None:
        assert parse(text) == Location(provider="local", path=path)

    def test_what_is_below_a_location_equals_its_own_address(self) -> None:
        assert at(Path("/srv/course")).below("week 1/a.txt") == at(Path("/srv/course/week 1/a.txt"))

    @pytest.mark.parametrize("text", ["course", "./course", "~", "https://example.org/srv", "local:/x", ""])
    def test_anything_else_is_not(self, text: str) -> None:
        assert parse(text) is None

    @pytest.mark.parametrize("text", ["file://fileserver/share", "file:course", "file:"])
    def test_folders_of_other_machines_are_refused(self, text: str) -> None:
        with pytest.raises(UnsupportedLink):
            parse(text)

    @pytest.mark.parametrize("text", ["/srv/a\0b", "/" + "x" * 300])
    def test_names_that_no_file_can_have_are_refused(self, text: str) -> None:
        with pytest.raises(BadPath):
            parse(text)

    async def test_a_location_never_leads_up(self, local: Local, tmp_path: Path) -> None:
        with pytest.raises(BadPath):
            await local.stat(at(tmp_path).below("../../etc"))


class TestLinks:
    async def test_one_to_a_file_inside_is_that_file(self, local: Local, tmp_path: Path) -> None:
        (tmp_path / "real.txt").write_text("real")
        (tmp_path / "link.txt").symlink_to("real.txt")
        snapshot = await local.snapshot(at(tmp_path))
        assert {entry.path: entry.size for entry in snapshot.files} == {"real.txt": 4, "link.txt": 4}

    @pytest.mark.parametrize("target", ["/etc/passwd", "../private.txt", "/", "nowhere", "loop"])
    async def test_one_that_leads_out_or_nowhere_is_left_out(self, local: Local, tmp_path: Path, target: str) -> None:
        (tmp_path / "private.txt").write_text("private")
        folder = tmp_path / "course"
        folder.mkdir()
        (folder / "loop").symlink_to("loop")
        (folder / "link").symlink_to(target)
        snapshot = await local.snapshot(at(folder))
        assert snapshot.entries == ()
        assert set(told(snapshot)) == {"link", "loop"}

    async def test_one_to_a_folder_is_left_out(self, local: Local, tmp_path: Path) -> None:
        (tmp_path / "real").mkdir()
        (tmp_path / "real" / "a.txt").write_text("a")
        (tmp_path / "again").symlink_to("real")
        (tmp_path / "real" / "up").symlink_to(tmp_path)
        snapshot = await local.snapshot(at(tmp_path))
        assert [entry.path for entry in snapshot.files] == ["real/a.txt"]
        assert told(snapshot) == {"again": "skipped", "real/up": "skipped"}

    async def test_a_location_below_one_that_leads_out_is_refused_within_a_boundary(
        self, local: Local, tmp_path: Path
    ) -> None:
        (tmp_path / "private").mkdir()
        (tmp_path / "course").mkdir()
        (tmp_path / "course" / "out").symlink_to(tmp_path / "private")
        course = at(tmp_path / "course")
        assert not await local.contains(course, course.below("out"))
        with pytest.raises(NotGranted):
            await local.snapshot(course.below("out"), boundary=course)

    async def test_a_file_that_becomes_a_link_after_it_was_listed_is_gone(self, local: Local, tmp_path: Path) -> None:
        (tmp_path / "private.txt").write_text("private")
        file = tmp_path / "a.txt"
        file.write_text("a")
        entry = await local.stat(at(file))
        file.unlink()
        file.symlink_to("private.txt")
        with pytest.raises(VersionGone):
            [piece async for piece in local.read(entry)]


class TestLeftOut:
    async def test_private_folders_of_programs(self, local: Local, tmp_path: Path) -> None:
        for name in (".git", ".hubdrives", ".GIT", "sub/.git", ".github"):
            (tmp_path / name).mkdir(parents=True)
            (tmp_path / name / "x").write_text("x")
        snapshot = await local.snapshot(at(tmp_path))
        assert [entry.path for entry in snapshot.files] == [".github/x"]
        assert set(told(snapshot).values()) == {"skipped"}
        assert len(snapshot.skipped) == 4

    async def test_what_is_neither_file_nor_folder(self, local: Local, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        snapshot = await local.snapshot(at(tmp_path))
        assert (snapshot.entries, told(snapshot)) == ((), {"pipe": "unreadable"})
        with pytest.raises(Unreadable, match="pipe"):
            await local.stat(at(tmp_path / "pipe"))

    async def test_names_that_are_no_text(self, local: Local, tmp_path: Path) -> None:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt")).write_text("x")
        snapshot = await local.snapshot(at(tmp_path))
        assert snapshot.entries == ()
        assert list(told(snapshot).values()) == ["bad-path"]

    def test_what_may_not_be_read(self) -> None:
        """Root may read everything, so another user looks."""
        with TemporaryDirectory() as scratch:
            self._look_as_nobody(Path(scratch))

    def _look_as_nobody(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o755)
        (tmp_path / "open.txt").write_text("x")
        for name in ("file.txt", "folder"):
            place = tmp_path / name
            place.mkdir() if name == "folder" else place.write_text("x")
            place.chmod(0)
        code = (
            "import asyncio, concurrent.futures.thread, os, sys\n"
            "from hubdrives.http import Client\n"
            "from hubdrives.providers.local import Local\n"
            "async def look():\n"
            "    async with Local.open(Client(title='x', errors=Local.errors)) as local:\n"
            "        return await local.snapshot(Local.parse(sys.argv[1]))\n"
            "if os.geteuid() == 0:\n"
            "    os.setuid(65534)\n"
            "found = asyncio.run(look())\n"
            "print([entry.path for entry in found.entries], [(each.path, each.code) for each in found.skipped])\n"
        )
        ran = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
        (tmp_path / "folder").chmod(0o700)
        assert ran.stdout.strip() == "['open.txt'] [('file.txt', 'unreadable'), ('folder', 'unreadable')]", ran.stderr


class TestVersions:
    async def test_a_file_that_is_edited_in_place_while_it_is_read_is_gone(self, local: Local, tmp_path: Path) -> None:
        file = tmp_path / "big.bin"
        file.write_bytes(b"x" * (1 << 20))
        entry = await local.stat(at(file))
        pieces = local.read(entry)
        assert await anext(pieces)
        os.utime(file, ns=(1, 1))
        with pytest.raises(VersionGone):
            [piece async for piece in pieces]

    async def test_one_that_is_only_renamed_or_opened_to_others_keeps_it(self, local: Local, tmp_path: Path) -> None:
        file = tmp_path / "a.txt"
        file.write_text("a")
        before = (await local.stat(at(file))).version
        file.chmod(0o600)
        file.rename(tmp_path / "b.txt")
        assert (await local.stat(at(tmp_path / "b.txt"))).version == before


async def test_options_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="colour"):
        Local.open(Client(title="x", errors=Local.errors), options={"colour": "red"})


async def test_nothing_there_is_told_by_its_path(local: Local, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    for path in (tmp_path / "none", tmp_path / "a.txt" / "below"):
        with pytest.raises(NotFound, match=path.name):
            await local.snapshot(at(path))
