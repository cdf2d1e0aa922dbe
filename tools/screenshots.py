"""Take the pictures of the docs anew: `python tools/screenshots.py`. They show the demo's real hub and pull page."""

import asyncio
import json
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from hubdrives.demo.browser import running_browser, student_at
from hubdrives.demo.world import FRESH_SECONDS, OUTSIDER, STUDENTS, World, running_world

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page, ViewportSize

IMAGES = Path(__file__).parents[1] / "docs" / "images"
WIDE, PHONE = {"width": 900, "height": 640}, {"width": 360, "height": 640}
REPORT, REPORT_PHONE = {"width": 900, "height": 780}, {"width": 360, "height": 780}
NOTEBOOK = "Week 1/01 Rain in four towns.ipynb"


async def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        async with running_world(Path(folder)) as world, running_browser() as browser:
            await _report(world, browser)
            await _progress(world, browser)


async def _opened(world: World, browser: "Browser", user: str, *, viewport: "ViewportSize") -> "Page":
    """The link to the folder at Google Drive, opened by `user` at a browser of their own."""
    student = await student_at(browser, user, world.issuer, viewport=viewport)
    return await student.open(world.rain.link)


async def _progress(world: World, browser: "Browser") -> None:
    for number in range(40):
        world.drive.tree.add_file(f"sheet {number}.txt", b"x" * 50_000, parent=world.drive.root)
    world.drive.latency = 1.0
    page = await _opened(world, browser, STUDENTS[0], viewport=WIDE)
    await page.get_by_text(re.compile(r"2\d of \d+ files")).wait_for()
    await page.screenshot(path=IMAGES / "pull-page.png")
    await page.emulate_media(color_scheme="dark")
    await page.screenshot(path=IMAGES / "pull-page-dark.png")
    page = await _opened(world, browser, OUTSIDER, viewport=PHONE)
    await page.locator("[role=alert]").wait_for()
    await page.screenshot(path=IMAGES / "refused-phone.png")


async def _report(world: World, browser: "Browser") -> None:
    page = await _opened(world, browser, STUDENTS[1], viewport=REPORT)
    await page.wait_for_url("**/lab/**")
    await page.goto("about:blank")
    _both_edit(world.working_folder(STUDENTS[1], world.rain), world.rain.folder)
    # Until then the gateway hands out what it knows.
    await asyncio.sleep(FRESH_SECONDS + 1)
    await page.goto(world.rain.link)
    await page.locator("#report").wait_for()
    await page.get_by_role("button", name="Stay here").click()
    await page.screenshot(path=IMAGES / "report.png")
    await page.emulate_media(color_scheme="dark")
    await page.screenshot(path=IMAGES / "report-dark.png")
    await page.emulate_media(color_scheme="light")
    await _compare(page)
    await page.screenshot(path=IMAGES / "compare.png")
    await page.keyboard.press("Escape")
    await page.set_viewport_size(REPORT_PHONE)
    await page.evaluate("scrollTo(0, 0)")
    await page.screenshot(path=IMAGES / "report-phone.png")


def _both_edit(mine: Path, theirs: Path) -> None:
    """The student works in the notebook; the teacher gives a hint in the same place, and has news elsewhere."""
    for folder, line in (
        (mine, "wettest = max(rows, key=lambda row: float(row['Brindle']))"),
        (theirs, "# Hint: max()"),
    ):
        notebook = folder / NOTEBOOK
        cells = json.loads(notebook.read_text())
        cells["cells"][5]["source"] = [line]
        notebook.write_text(json.dumps(cells, indent=1))
    (mine / "README.md").write_text("My notes: bring boots.\n\n" + (mine / "README.md").read_text())
    (theirs / "README.md").write_text((theirs / "README.md").read_text() + "\nOffice hours are on Tuesdays.\n")
    (theirs / "Week 2" / "Reading list.txt").write_text("1. How a rain gauge works\n")


async def _compare(page: "Page") -> None:
    await page.get_by_role("button", name=f"See the author's version ({NOTEBOOK})").click()
    await page.locator(".row.mine").first.wait_for()


if __name__ == "__main__":
    asyncio.run(main())
