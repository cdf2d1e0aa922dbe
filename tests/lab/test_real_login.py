"""A login that ends and a new one, at a real hub with a real issuer, as a student meets them in a browser."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from tests.browser import chromium
from tests.hub.test_user_tokens import campus_in, course_of
from yarl import URL

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

START_MS = 60_000
"""A server starts meanwhile."""


async def sign_in(page: Page) -> None:
    await page.locator("#login").fill("alice")
    await page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize("simple", [False, True], ids=["with a gateway", "without a gateway"])
async def test_who_was_logged_out_at_the_issuer_logs_in_again_with_one_click_and_comes_back_to_the_same_pull(
    tmp_path: Path, simple: bool
) -> None:
    async with campus_in(tmp_path, simple=simple) as campus, chromium() as browser:
        course = course_of(campus.canvas, "Rain", "alice")
        link = URL(f"{campus.hub.url}/hub/user-redirect/hubdrives/pull").with_query(
            source=course.url, targetpath="rain"
        )
        page = await (await browser.new_context()).new_page()
        await page.goto(str(link))
        await sign_in(page)
        await page.get_by_role("button", name="Get the files").click(timeout=START_MS)
        await page.wait_for_url("**/user/alice/lab/**", timeout=START_MS)
        campus.canvas.tree.add_file("second.txt", "The second.\n", parent=course.root)
        await campus.issuer.revoke("alice")

        await page.goto(f"{campus.hub.url}/user/alice/hubdrives/pull?{link.query_string}")
        again = page.get_by_role("link", name="Log in again")
        await expect(again).to_be_visible(timeout=START_MS)
        assert len((await page.get_by_role("heading", level=1).inner_text()).split(".")) <= 2
        await campus.seen("alice")
        seen = await page.evaluate(
            "document.documentElement.outerHTML + JSON.stringify([sessionStorage, localStorage])"
        )
        assert [secret for secret in campus.secrets if secret in seen] == []
        await again.click()
        await sign_in(page)
        await page.wait_for_url("**/user/alice/lab/tree/rain", timeout=START_MS)
        assert (campus.hub.home("alice") / "rain" / "second.txt").read_text() == "The second.\n"
