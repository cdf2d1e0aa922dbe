"""A headless Chromium, as the demo's students use it."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubdrives.errors import LocalFailure

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Page, ViewportSize

    from hubdrives.testing.issuer import Issuer

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MILLISECONDS = 120_000.0


@dataclass(slots=True, kw_only=True)
class Student:
    """Somebody at a browser of their own.

    Attributes:
        name: what they log in as.
        logins: how often the issuer's page asked for that.
    """

    name: str
    logins: int = 0
    _context: "BrowserContext" = field(repr=False)
    _issuer: "Issuer" = field(repr=False)

    async def open(self, address: str) -> "Page":
        """A new page at `address`; they log in if they are asked to."""
        page = await self._context.new_page()
        page.set_default_timeout(_MILLISECONDS)
        await page.goto(address)
        if page.url.startswith(f"{self._issuer.url}/"):
            await self.log_in(page)
        return page

    async def log_in(self, page: "Page") -> None:
        """Fill in the issuer's page, to which `page` leads."""
        await page.wait_for_url(f"{self._issuer.url}/**")
        await page.get_by_label("User name").fill(self.name)
        await page.get_by_role("button", name="Sign in").click()
        self.logins += 1


async def student_at(
    browser: "Browser", name: str, issuer: "Issuer", *, viewport: "ViewportSize | None" = None
) -> Student:
    """A student at a browser that knows nobody yet."""
    return Student(name=name, _context=await browser.new_context(viewport=viewport), _issuer=issuer)


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
