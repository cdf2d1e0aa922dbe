"""Take the pictures of the docs anew: `python tools/screenshots.py`. They show the demo's real hub and pull page."""

import asyncio
import re
import tempfile
from pathlib import Path

from hubdrives.demo.browser import running_browser
from hubdrives.demo.check import log_in
from hubdrives.demo.world import OUTSIDER, STUDENTS, running_world

IMAGES = Path(__file__).parents[1] / "docs" / "images"
WIDE, PHONE = {"width": 900, "height": 640}, {"width": 360, "height": 640}


async def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        async with running_world(Path(folder)) as world, running_browser() as browser:
            for number in range(40):
                world.drive.tree.add_file(f"sheet {number}.txt", b"x" * 50_000, parent=world.drive.root)
            world.drive.latency = 1.0
            page = await log_in(world, browser, STUDENTS[0], viewport=WIDE)
            await page.get_by_text(re.compile(r"2\d of \d+ files")).wait_for()
            await page.screenshot(path=IMAGES / "pull-page.png")
            await page.emulate_media(color_scheme="dark")
            await page.screenshot(path=IMAGES / "pull-page-dark.png")
            page = await log_in(world, browser, OUTSIDER, viewport=PHONE)
            await page.locator("[role=alert]").wait_for()
            await page.screenshot(path=IMAGES / "refused-phone.png")


if __name__ == "__main__":
    asyncio.run(main())
