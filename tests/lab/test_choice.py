"""What a link chooses of its source arrives at the pull, from the page and from the API."""

from pathlib import Path

import pytest
from playwright.async_api import expect
from tests.lab.asking import Client, asked, events, pulled, started
from tests.lab.conftest import Server, Visit


@pytest.fixture
def course(course: Path) -> Path:
    for name, size in {"Week 1/a.ipynb": 2, "Week 1/a.py": 2, "Week 1/large.csv": 5000, "Week 2/b.ipynb": 2}.items():
        (course / name).parent.mkdir(exist_ok=True)
        (course / name).write_bytes(b"{}" * (size // 2))
    return course


async def test_names_that_come_more_than_once_all_count(client: Client, course: Path, xsrf: dict[str, str]) -> None:
    choice = {"include": ["*.ipynb", "*.py"], "exclude": ["b.*"]}
    report = await pulled(client, xsrf, course, **choice)
    assert report["added"] == ["Week 1/a.ipynb", "Week 1/a.py"]


async def test_what_is_too_large_is_told_with_the_line_that_reads_it(
    client: Client, course: Path, xsrf: dict[str, str]
) -> None:
    report = await pulled(client, xsrf, course, maxfile="1kB")
    (skipped,) = report["skipped"]
    assert (skipped["path"], skipped["code"]) == ("Week 1/large.csv", "too-large")
    assert "hubdrives" in skipped["read"]


async def test_a_subfolder_names_the_working_folder_and_is_known_again(
    client: Client, server: Server, course: Path, xsrf: dict[str, str]
) -> None:
    for folder in server.home.glob("Week 1*"):
        folder.rename(folder.with_name(f"earlier {folder.name} {folder.stat().st_ino}"))
    report = await pulled(client, xsrf, course, subfolder="Week 1")
    assert sorted(report["added"]) == ["a.ipynb", "a.py", "large.csv", "notes.txt"]
    assert (server.home / "Week 1" / "notes.txt").read_text() == "one\n"
    _, again = await asked(client, "describe", source=str(course), subfolder="Week 1")
    assert (again["target"], again["known"], again["automatic"]) == ("Week 1", True, True)
    # Neither another subfolder nor the whole is what was pulled there.
    for other in ({"subfolder": "Week 2"}, {}):
        _, told = await asked(client, "describe", source=str(course), targetpath="Week 1", **other)
        assert told["known"] is False


async def test_a_link_that_puts_the_users_work_aside_asks_each_time(
    client: Client, course: Path, xsrf: dict[str, str]
) -> None:
    await pulled(client, xsrf, course)
    _, plain = await asked(client, "describe", source=str(course))
    _, theirs = await asked(client, "describe", source=str(course), conflicts="theirs")
    assert (plain["automatic"], theirs["automatic"]) == (True, False)
    assert theirs["known"] is True
    assert theirs["choice"]["conflicts"] == "theirs"


@pytest.mark.parametrize("query", [{"maxfile": "lots"}, {"conflicts": "nobody"}, {"subfolder": "../x"}])
async def test_a_choice_that_can_not_be_meant_is_refused(
    client: Client, course: Path, xsrf: dict[str, str], query: dict[str, str]
) -> None:
    for status, told in (
        await asked(client, "describe", source=str(course), **query),
        await started(client, xsrf, source=str(course), **query),
    ):
        assert status == 400
        assert told["message"]


async def test_the_page_says_what_is_chosen_and_brings_just_that(visit: Visit, server: Server, course: Path) -> None:
    visitor = await visit()
    link = f"{server.page(course)}&include=*.ipynb&include=*.csv&exclude=b.*&maxfile=1kB"
    page = await visitor.open(link)
    await expect(page.locator("#chosen li")).to_have_text(
        ["only *.ipynb, *.csv", "without b.*", "files over 1.0 kB stay at the source"]
    )
    await page.get_by_role("button", name="Get the files").click()
    await page.locator("summary", has_text="1 large file left at the source").click()
    await expect(page.locator("#summary code")).to_contain_text("hubdrives.open(")
    await expect(page.locator("#note")).to_be_hidden()
    here = server.home / course.name
    assert [path.name for path in sorted(here.rglob("*.*")) if path.is_file() and ".hubdrives" not in path.parts] == [
        "a.ipynb"
    ]


async def test_a_link_that_chooses_nothing_says_nothing_of_it(visit: Visit, server: Server, course: Path) -> None:
    visitor = await visit()
    page = await visitor.open(server.page(course))
    await expect(page.get_by_role("button", name="Get the files")).to_be_visible()
    await expect(page.locator("#chosen-fact")).to_be_hidden()


async def test_a_second_link_into_the_same_folder_with_another_subfolder_is_busy(
    client: Client, drive, xsrf: dict[str, str]
) -> None:
    drive.faults({"operation": "files.list", "effect": "delay", "seconds": 1})
    _, first = await started(client, xsrf, source=drive.location, targetpath="one at a time")
    status, told = await started(client, xsrf, source=drive.location, targetpath="one at a time", subfolder="x")
    assert (status, told["code"]) == (409, "busy")
    await events(client, first["id"])
