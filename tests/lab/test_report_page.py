"""The report as a person meets it, in a real browser at a real Jupyter Server."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.async_api import Page, expect
from tests.lab.asking import Client, pulled
from tests.lab.conftest import Server, Visit
from tests.lab.test_page import CONTRASTS
from tests.lab.test_sessions import kernel, notebook

MINUS = "\N{MINUS SIGN}"
NASTY = "<img src=x onerror=alert(1)> 'a' \"b\" & \u202ec.txt"


@dataclass(frozen=True, kw_only=True)
class Both:
    """A folder that was pulled; since then the user and the author changed the same files."""

    course: Path
    here: Path

    @property
    def target(self) -> str:
        return self.here.name

    def __call__(self, name: str) -> bytes:
        return (self.here / name).read_bytes()


@pytest.fixture
async def both(client: Client, server: Server, course: Path, xsrf: dict[str, str]) -> Both:
    (course / "rain.ipynb").write_text(notebook("import rain", "rain.mean()"))
    (course / "map.png").write_bytes(b"\0base")
    (course / NASTY).write_text("base\n")
    await pulled(client, xsrf, course, targetpath=course.name)
    here = server.home / course.name
    for folder, who in ((here, "mine"), (course, "theirs")):
        (folder / "rain.ipynb").write_text(notebook("import rain", f"rain.{who}()"))
        (folder / "README.md").write_text(f"# Course\n{who}\n")
        (folder / "map.png").write_bytes(b"\0" + who.encode())
        (folder / NASTY).write_text(f"{who}\n")
    (course / "new.txt").write_text("new\n")
    (course / "old.bin").write_bytes(b"\0")
    return Both(course=course, here=here)


@pytest.fixture
async def report(visit: Visit, server: Server, both: Both) -> Page:
    visitor = await visit()
    page = await visitor.open(server.page(both.course, targetpath=both.target))
    await expect(page.locator("#report")).to_be_visible()
    return page


def row(page: Page, path: str):
    return page.locator("#summary ul > li").filter(has=page.get_by_text(path, exact=True))


def named(page: Page, text: str, path: str):
    """The button of one file, as a screen reader calls it."""
    return page.get_by_role("button", name=f"{text} ({path})", exact=True)


async def test_a_conflict_is_shown_with_what_the_reader_may_do_about_it(report: Page, both: Both) -> None:
    await expect(report.locator("summary").first).to_have_text(
        "4 files changed by you and the author in the same place: yours stayed"
    )
    await expect(row(report, "rain.ipynb")).to_contain_text("cell 2")
    for text in ("See the author's version", "Use the author's"):
        await expect(named(report, text, "rain.ipynb")).to_be_visible()
    await expect(report.get_by_role("status")).to_contain_text("4 files changed by you and the author")


async def test_the_authors_version_is_shown_beside_the_readers(report: Page, both: Both) -> None:
    await named(report, "See the author's version", "rain.ipynb").click()
    dialog = report.get_by_role("dialog", name="rain.ipynb")
    await expect(dialog.locator(".row.theirs")).to_have_text(f"{MINUS}the author's: rain.theirs()")
    await expect(dialog.locator(".row.mine")).to_have_text("+yours: rain.mine()")
    await expect(dialog).to_contain_text("only in the author's version")
    await dialog.get_by_role("button", name="Close").click()
    await expect(dialog).to_be_hidden()
    await expect(named(report, "See the author's version", "rain.ipynb")).to_be_focused()
    assert b"rain.mine()" in both("rain.ipynb")


async def test_what_is_no_text_is_told_by_size_and_can_be_downloaded(report: Page, both: Both) -> None:
    await named(report, "See the author's version", "map.png").click()
    dialog = report.get_by_role("dialog", name="map.png")
    await expect(dialog.locator("dd")).to_have_text([re.compile("^5 bytes, "), re.compile("^7 bytes, ")])
    async with report.expect_download() as downloading:
        await dialog.get_by_role("button", name="Download the author's").click()
    download = await downloading.value
    assert download.suggested_filename == "map.png"
    assert (await download.path()).read_bytes() == b"\0theirs"
    await expect(dialog.locator(".row")).to_have_count(0)


async def test_use_the_authors_changes_the_file_keeps_the_old_and_undo_brings_it_back(report: Page, both: Both) -> None:
    await named(report, "Use the author's", "README.md").click()
    here = row(report, "README.md")
    await expect(here).to_contain_text("Yours is kept, and you can undo this.")
    assert both("README.md") == b"# Course\nmine\n"
    await here.get_by_role("button", name="Use the author's", exact=True).click()
    await expect(here).to_contain_text("You have the author's version now. Yours is kept.")
    assert both("README.md") == b"# Course\ntheirs\n"
    kept = [path.read_bytes() for path in (both.here / ".hubdrives/store").rglob("*") if path.is_file()]
    assert b"# Course\nmine\n" in kept
    await named(report, "Undo", "README.md").click()
    await expect(here).to_contain_text("Your version is back.")
    assert both("README.md") == b"# Course\nmine\n"


async def test_a_no_changes_nothing(report: Page, both: Both) -> None:
    here = row(report, "README.md")
    for leave in ("Cancel", "Escape"):
        await named(report, "Use the author's", "README.md").click()
        if leave == "Cancel":
            await here.get_by_role("button", name=leave).click()
        else:
            await report.keyboard.press(leave)
        await expect(named(report, "See the author's version", "README.md")).to_be_focused()
    assert both("README.md") == b"# Course\nmine\n"


async def test_only_the_last_change_can_be_undone(report: Page, both: Both) -> None:
    for path in ("README.md", "map.png"):
        await named(report, "Use the author's", path).click()
        await row(report, path).get_by_role("button", name="Use the author's", exact=True).click()
        await expect(named(report, "Undo", path)).to_be_focused()
    await expect(named(report, "Undo", "README.md")).to_have_count(0)
    await expect(report.get_by_role("button", name="Undo this pull")).to_have_count(0)
    await named(report, "Undo", "map.png").click()
    await expect(row(report, "map.png")).to_contain_text("Your version is back.")
    assert (both("README.md"), both("map.png")) == (b"# Course\ntheirs\n", b"\0mine")


async def test_a_whole_pull_is_undone_and_that_is_taken_back(report: Page, both: Both) -> None:
    assert both("new.txt") == b"new\n"
    await report.get_by_role("button", name="Undo this pull").click()
    await expect(report.locator("#taking-back")).to_contain_text("You can take that back.")
    await report.get_by_role("button", name="Undo this pull").click()
    await expect(report.get_by_role("heading", level=1)).to_have_text("Taken back")
    assert not (both.here / "new.txt").exists()
    await report.get_by_role("button", name="Take this back").click()
    await report.get_by_role("button", name="Take this back").click()
    await expect(report.locator("summary", has_text="2 files brought back")).to_be_visible()
    assert both("new.txt") == b"new\n"


async def test_all_of_it_works_by_keyboard_alone(report: Page, both: Both) -> None:
    async def tab_to(name: str) -> None:
        for _ in range(60):
            await report.keyboard.press("Shift+Tab")
            if await report.evaluate("document.activeElement.textContent") == name:
                assert await report.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
                return
        raise AssertionError(name)

    await expect(report.get_by_role("link", name="Open my files")).to_be_focused()
    await tab_to("See the author's version (README.md)")
    await expect(report.locator("#note")).to_be_hidden()
    await report.keyboard.press("Enter")
    await expect(report.locator("#compare-title")).to_be_focused()
    await expect(report.locator(".row.mine")).to_be_visible()
    await report.keyboard.press("Tab")
    await expect(report.get_by_role("region", name="What differs")).to_be_focused()
    await report.keyboard.press("Tab")
    await report.keyboard.press("Enter")
    await expect(row(report, "README.md").get_by_role("button", name="Use the author's", exact=True)).to_be_focused()
    await report.keyboard.press("Enter")
    await expect(named(report, "Undo", "README.md")).to_be_focused()
    assert both("README.md") == b"# Course\ntheirs\n"
    await report.keyboard.press("Enter")
    await expect(named(report, "See the author's version", "README.md")).to_be_focused()
    assert both("README.md") == b"# Course\nmine\n"


async def test_names_and_contents_from_outside_are_shown_as_text(report: Page, both: Both) -> None:
    shown = NASTY.replace("\u202e", "\ufffd")
    await expect(row(report, shown)).to_be_visible()
    await named(report, "See the author's version", shown).click()
    await expect(report.get_by_role("dialog").locator(".row.theirs")).to_have_text(f"{MINUS}the author's: theirs")
    assert await report.locator("img, main b").count() == 0
    await report.keyboard.press("Escape")
    await named(report, "Use the author's", shown).click()
    await row(report, shown).get_by_role("button", name="Use the author's", exact=True).click()
    await expect(row(report, shown)).to_contain_text("You have the author's version now.")
    assert both(NASTY) == b"theirs\n"


async def test_control_characters_in_a_file_turn_nothing_around(report: Page, both: Both, server: Server) -> None:
    (both.here / "README.md").write_text("# Course\n\u202eabc\x1b[31m\tend\n")
    await named(report, "See the author's version", "README.md").click()
    await expect(report.locator(".row.mine .code")).to_have_text("\ufffdabc\ufffd[31m\tend")


async def test_what_the_server_refuses_is_said_where_it_was_asked(report: Page, both: Both) -> None:
    await report.route("**/hubdrives/api/reset", lambda route: route.abort())
    await named(report, "Use the author's", "README.md").click()
    here = row(report, "README.md")
    await here.get_by_role("button", name="Use the author's", exact=True).click()
    await expect(here.get_by_role("alert")).to_contain_text("Your server can't be reached.")
    await report.unroute("**/hubdrives/api/reset")
    await here.get_by_role("button", name="Try again").click()
    await expect(here).to_contain_text("You have the author's version now.")


async def test_the_page_of_a_folder_shows_the_same_report_later(
    visit: Visit, server: Server, report: Page, both: Both
) -> None:
    await report.get_by_role("link", name="its own page").click()
    await expect(report.get_by_role("heading", level=1)).to_have_text(f"“{both.target}”")
    await expect(report.locator("#lead")).to_contain_text("Brought on ")
    await expect(report.locator("summary").first).to_contain_text("4 files changed by you and the author")
    await expect(report.get_by_role("link", name="Open my files")).to_have_attribute(
        "href", f"/user/ada/lab/tree/{both.target.replace(' ', '%20')}"
    )
    await named(report, "Use the author's", "README.md").click()
    await row(report, "README.md").get_by_role("button", name="Use the author's", exact=True).click()
    await expect(named(report, "Undo", "README.md")).to_be_visible()
    assert both("README.md") == b"# Course\ntheirs\n"


async def test_the_page_of_a_folder_that_was_never_pulled_says_so(visit: Visit, server: Server) -> None:
    visitor = await visit()
    page = await visitor.open(f"{server.url}hubdrives/report?{urlencode({'target': 'nothing here'})}")
    await expect(page.locator("main")).to_have_attribute("data-view", "error")
    await expect(page.get_by_role("link", name="Open my files anyway")).to_be_visible()


async def test_where_nothing_could_be_brought_that_is_what_the_page_says(
    visit: Visit, server: Server, tmp_path: Path
) -> None:
    source = tmp_path / "pipes"
    source.mkdir()
    os.mkfifo(source / "one")
    visitor = await visit()
    page = await visitor.open(server.page(source))
    await page.get_by_role("button", name="Get the files").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Nothing could be brought")
    await expect(page.locator("summary").first).to_have_text("1 item can't be brought")
    await expect(page.locator("#summary")).to_contain_text("It is ")
    await expect(page.locator("main")).to_have_attribute("data-view", "missing")
    await expect(page.get_by_text("Opens by itself")).to_be_hidden()
    await expect(page.get_by_text("Everything else")).to_be_hidden()


async def test_an_old_conflict_stops_the_next_click_once_and_never_again(
    visit: Visit, client: Client, server: Server, both: Both, xsrf: dict[str, str]
) -> None:
    await pulled(client, xsrf, both.course, targetpath=both.target)
    visitor = await visit()
    page = await visitor.open(server.page(both.course, targetpath=both.target))
    await expect(page.get_by_role("heading", level=1)).to_have_text("Everything is up to date")
    await expect(page.locator("summary").first).to_contain_text("4 earlier conflicts")
    await expect(named(page, "Use the author's", "README.md")).to_be_visible()
    await page.goto(server.page(both.course, targetpath=both.target))
    # Sooner than it would open by itself.
    await page.wait_for_url("**/user/ada/lab/**", timeout=10_000)


async def test_an_open_notebook_waits_until_the_reader_gets_the_rest(
    visit: Visit, client: Client, server: Server, course: Path, xsrf: dict[str, str]
) -> None:
    (course / "open.ipynb").write_text(notebook("1"))
    await pulled(client, xsrf, course, targetpath=course.name)
    mine = server.home / course.name / "open.ipynb"
    (course / "open.ipynb").write_text(notebook("1", "2"))
    visitor = await visit()
    async with kernel(client, xsrf, f"{course.name}/open.ipynb"):
        page = await visitor.open(server.page(course, targetpath=course.name))
        await expect(page.get_by_role("heading", level=1)).to_have_text("Some files wait for you")
        await expect(page.locator("summary").first).to_have_text("1 file open in JupyterLab, so not changed")
        await expect(page.locator(".help")).to_contain_text("Save and close it there (shut down its kernel)")
        await page.get_by_role("button", name="Get the rest").click()
        await expect(page.locator("summary").first).to_have_text("1 file open in JupyterLab, so not changed")
        assert mine.read_text() == notebook("1")
        await page.get_by_role("button", name="Update it anyway").click()
        await page.wait_for_url("**/user/ada/lab/**")
    assert mine.read_text() == notebook("1", "2")


async def test_thousands_of_entries_are_counted_and_the_first_are_listed(
    visit: Visit, server: Server, tmp_path: Path
) -> None:
    folder = tmp_path / f"many {tmp_path.name}"
    folder.mkdir()
    for number in range(1500):
        (folder / f"{number:04}.txt").write_text("x")
    (folder / "big.bin").write_bytes(b"x" * 3000)
    visitor = await visit()
    page = await visitor.open(server.page(folder, maxfile="2kB"))
    await page.get_by_role("button", name="Get the files").click()
    group = page.locator("#summary > li").filter(has_text="1,500 new files")
    await expect(group.locator("ul > li")).to_have_count(201)
    await expect(group.locator("ul > li").last).to_have_text("and 1,300 more")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_report_has_the_contrast_that_wcag_asks_for(
    visit: Visit, server: Server, both: Both, scheme: str
) -> None:
    visitor = await visit(color_scheme=scheme)
    page = await visitor.open(server.page(both.course, targetpath=both.target))
    await named(page, "Use the author's", "README.md").click()
    found = await page.evaluate(CONTRASTS)
    await named(page, "See the author's version", "rain.ipynb").click()
    await expect(page.locator(".row.mine")).to_be_visible()
    found |= await page.evaluate(CONTRASTS.replace("summary, li", "summary, li, h2, bdi"))
    assert len(found) > 25
    assert {text: ratio for text, ratio in found.items() if ratio < 4.5} == {}


async def test_a_phone_shows_the_report_without_scrolling_sideways(
    visit: Visit, client: Client, server: Server, course: Path, xsrf: dict[str, str]
) -> None:
    name = "A_very_long_name_without_any_blank_that_no_phone_can_show_in_one_line_" * 2 + ".txt"
    (course / name).write_text("base\n")
    await pulled(client, xsrf, course, targetpath=course.name)
    (server.home / course.name / name).write_text("mine " + "x" * 300 + "\n")
    (course / name).write_text("theirs\n")
    visitor = await visit(viewport={"width": 360, "height": 640}, has_touch=True, is_mobile=True)
    page = await visitor.open(server.page(course, targetpath=course.name))
    await expect(named(page, "Use the author's", name)).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") == 360
    for button in await page.locator("main button:visible").all():
        box = await button.bounding_box()
        assert box is not None
        assert box["height"] >= 44
    await named(page, "See the author's version", name).click()
    await expect(page.locator(".row.mine")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") == 360
    assert await page.locator("#compare").evaluate("(dialog) => dialog.scrollWidth <= 360") is True
    assert await page.locator("#compare-lines").evaluate("(lines) => lines.scrollWidth <= lines.clientWidth") is True
