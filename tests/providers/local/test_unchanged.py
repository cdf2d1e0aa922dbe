"""A folder that is as it was is told without listing it anew; whatever differs is seen."""

import os
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from tests.providers.local.test_local import at

from hubdrives.http import Client
from hubdrives.providers.local import Local


@pytest.fixture
async def local() -> AsyncIterator[Local]:
    async with Local.open(Client(title=Local.title, errors=Local.errors)) as provider:
        yield provider


@pytest.fixture
def course(tmp_path: Path) -> Path:
    folder = tmp_path / "course"
    (folder / "week 1/empty").mkdir(parents=True)
    (folder / ".git").mkdir()
    (folder / "week 1/a.txt").write_text("one")
    (folder / "b.txt").write_text("two")
    return folder


async def test_an_unchanged_folder_gives_the_very_entries_that_are_known(local: Local, course: Path) -> None:
    first = await local.snapshot(at(course))
    assert (await local.snapshot(at(course), known=first)).entries is first.entries
    assert (await local.snapshot(at(course))).entries is not first.entries


CHANGES: dict[str, Callable[[Path], object]] = {
    "content": lambda course: (course / "b.txt").write_text("three"),
    "same size": lambda course: os.utime(course / "b.txt", ns=(1, 1)),
    "new file": lambda course: (course / "week 1/new").write_text(""),
    "new folder": lambda course: (course / "week 1/new").mkdir(),
    "removed file": lambda course: (course / "b.txt").unlink(),
    "removed folder": lambda course: (course / "week 1/empty").rmdir(),
    "renamed": lambda course: (course / "b.txt").rename(course / "c.txt"),
    "file to folder": lambda course: ((course / "b.txt").unlink(), (course / "b.txt").mkdir()),
    "folder to file": lambda course: ((course / "week 1/empty").rmdir(), (course / "week 1/empty").write_text("")),
    "a link": lambda course: (course / "link").symlink_to("b.txt"),
    "file to link": lambda course: (
        (course / "week 1/a.txt").unlink(),
        (course / "week 1/a.txt").symlink_to("../b.txt"),
    ),
    "no .git any more": lambda course: shutil.rmtree(course / ".git"),
    "another private folder": lambda course: (course / "week 1/.git").mkdir(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_what_changed_is_seen(local: Local, course: Path, change: Callable[[Path], object]) -> None:
    first = await local.snapshot(at(course))
    change(course)
    assert await local.snapshot(at(course), known=first) == await local.snapshot(at(course)) != first


async def test_what_is_known_of_another_folder_is_of_no_use(local: Local, course: Path, tmp_path: Path) -> None:
    first = await local.snapshot(at(course))
    shutil.copytree(course, tmp_path / "copy")
    other = await local.snapshot(at(tmp_path / "copy"), known=first)
    assert other == await local.snapshot(at(tmp_path / "copy"))
    assert other.location == at(tmp_path / "copy")
