"""A pull link to a collection of Globus, as a student meets it: the login, and a consent that is missing."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from tests.browser import chromium
from tests.globus_lab import ADA, lab_in
from yarl import URL

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

START_MS = 60_000
"""A server starts meanwhile."""


async def allow(page: Page) -> str:
    """What Globus' page asks for; she says yes."""
    await expect(page.get_by_role("heading", name="Consent")).to_be_visible(timeout=START_MS)
    asked = await page.locator("ul").first.inner_text()
    await page.get_by_role("button", name="Allow").click()
    return asked


async def test_who_did_not_consent_to_a_collection_is_asked_for_exactly_that_and_comes_back_to_the_same_pull(
    tmp_path: Path,
) -> None:
    async with lab_in(tmp_path) as lab, chromium() as browser:
        page = await (await browser.new_context()).new_page()
        link = URL(f"{lab.hub.url}/hub/user-redirect/hubdrives/pull").with_query(
            source=lab.globus.web_address(lab.model, "/run 1/"), targetpath="run-1"
        )
        await page.goto(str(link))
        await page.get_by_label("Identity").select_option(ADA)
        await page.get_by_role("button", name="Log in").click()
        at_login = await allow(page)
        assert lab.data.id in at_login
        assert lab.model.id not in at_login

        agree = page.get_by_role("link", name="Agree at Globus")
        await expect(agree).to_be_visible(timeout=START_MS)
        await agree.click()
        missing = await allow(page)
        assert f"{lab.model.id}/data_access" in missing
        assert f"{lab.model.id}/https" in missing
        await page.get_by_role("button", name="Get the files").click(timeout=START_MS)
        await page.wait_for_url("**/user/ada/lab/**", timeout=START_MS)
        assert (lab.home / "run-1" / "model.csv").read_text() == "a,b\n1,2\n"
