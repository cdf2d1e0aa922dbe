"""A headless Chromium, as the demo's students use it."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from hubdrives.errors import LocalFailure

if TYPE_CHECKING:
    from playwright.async_api import Browser

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium_path() -> str:
    """The browser's program: `$CHROMIUM`, or one of the usual names on PATH.

    Raises:
        LocalFailure: there is none.
    """
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        raise LocalFailure("No Chromium is installed.", hint="Install Chromium, or set CHROMIUM=/path/to/chromium.")
    return found


@asynccontextmanager
async def running_browser() -> AsyncIterator["Browser"]:
    """A browser without a window, closed at the end.

    Raises:
        LocalFailure: there is no Chromium.
    """
    from playwright.async_api import async_playwright  # noqa: PLC0415 - only the unattended demo needs it

    path = chromium_path()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path, args=["--disable-background-networking", "--disable-component-update"]
        )
        try:
            yield browser
        finally:
            await browser.close()
