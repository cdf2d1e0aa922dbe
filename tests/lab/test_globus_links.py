"""Signed links to folders of a Globus collection, as a reader meets them: a hub with Globus logins, and a browser."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from tests.browser import chromium
from tests.gateway.test_real_hub import connect
from tests.globus_lab import ADA, BEN, FOLDER, Lab, lab_in, sea_surface_temperature
from tests.hub.globus_browser import through_globus
from tests.lab.test_globus_login import START_MS, allow
from yarl import URL

from hubdrives.errors import LoginNeeded
from hubdrives.providers.gateway import Gateway
from hubdrives.testing.emulators.globus import Collection

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Ben, who has not logged in to the hub yet."""

    lab: Lab
    page: Page

    @property
    def home(self) -> Path:
        return self.lab.hub.home("ben")

    async def link(self, collection: Collection, path: str, target: str) -> str:
        """What Ada sends around."""
        hub = self.lab.hub
        location = Gateway.parse(self.lab.globus.web_address(collection, path), base_url=hub.gateway_url)
        assert location is not None
        async with hub.browser() as browser, connect(hub, await hub.token_for("ada")) as gateway:
            assert (await through_globus(browser, "/hub/home", ADA)).status == 200
            try:
                link = await gateway.sign_link(location, target=target)
            except LoginNeeded as error:
                # She must be able to read it herself.
                (await through_globus(browser, str(error.login_url), ADA)).release()
                link = await gateway.sign_link(location, target=target)
        return str(URL(f"{hub.url}/hub/user-redirect/hubdrives/pull").with_query(link=link.token))

    async def log_in(self) -> None:
        await self.page.get_by_label("Identity").select_option(BEN)
        await self.page.get_by_role("button", name="Log in").click()
        await allow(self.page)

    async def told(self, title: str) -> None:
        """Wait until the page says so."""
        await expect(self.page.get_by_role("heading", level=1)).to_contain_text(title, timeout=START_MS)


@pytest.fixture
async def ben(tmp_path: Path) -> AsyncIterator[Reader]:
    async with lab_in(tmp_path) as lab, chromium() as browser:
        context = await browser.new_context()
        # With this answer a browser stays where it is: what a page said last can be read.
        await context.route("**/user/ben/lab**", lambda route: route.fulfill(status=204))
        yield Reader(lab=lab, page=await context.new_page())


async def test_a_click_brings_the_folder_the_next_one_nothing_and_one_after_a_change_reports_it(ben: Reader) -> None:
    link = await ben.link(ben.lab.data, f"/{FOLDER}/", "sea")
    ben.lab.globus.faults.set([{"operation": "https.get", "effect": "delay", "seconds": 1, "times": None}])
    await ben.page.goto(link)
    await ben.log_in()
    await ben.told("Getting “sea”")
    await expect(ben.page.get_by_role("progressbar")).to_be_visible()
    await expect(ben.page.locator("#from")).to_contain_text("Globus")
    await expect(ben.page.locator("#amount")).to_contain_text(re.compile(r"\d of 7 files"))
    await ben.told("Your files are ready")
    assert text_in(ben.home / "sea") == sea_surface_temperature()

    ben.lab.globus.faults.set([])
    await ben.page.goto(link)
    await ben.told("Everything is up to date")

    (ben.home / "sea" / "README.md").write_text("# Mine\n")
    ben.lab.globus.add_file(f"{FOLDER}/README.md", "# The sea\n")
    ben.lab.globus.add_file(f"{FOLDER}/new.csv", "month\n")
    await ben.page.goto(link)
    await expect(ben.page.locator("#summary")).to_contain_text(
        "1 file changed by you and the author in the same place: yours stayed", timeout=START_MS
    )
    await expect(ben.page.locator("#summary")).to_contain_text("1 new file")
    assert text_in(ben.home / "sea") == sea_surface_temperature() | {"README.md": "# Mine\n", "new.csv": "month\n"}


async def test_a_consent_that_is_missing_is_given_on_the_way_and_the_pull_goes_on(ben: Reader) -> None:
    link = await ben.link(ben.lab.model, "/run 1/", "run-1")
    await ben.page.goto(link)
    await ben.log_in()
    agree = ben.page.get_by_role("link", name="Agree at Globus")
    await expect(agree).to_be_visible(timeout=START_MS)
    await agree.click()
    assert f"{ben.lab.model.id}/data_access" in await allow(ben.page)
    await ben.told("Your files are ready")
    assert text_in(ben.home / "run-1") == {"model.csv": "a,b\n1,2\n"}


def text_in(folder: Path) -> dict[str, str]:
    """The files of a working folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and ".hubdrives" not in path.parts
    }
