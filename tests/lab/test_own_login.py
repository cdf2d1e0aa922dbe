"""Without a gateway: the user's server asks the hub for the token of the user's login, and nobody sees it."""

from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from tests.lab.conftest import Server, Visit, Visitor, jupyter_server
from tests.logins import ENDED, LOGIN, OwnLogin, own_login


@pytest.fixture
async def login(tmp_path: Path) -> AsyncIterator[OwnLogin]:
    async with own_login(tmp_path) as login:
        login.drive.tree.add_file("a.txt", "hello", parent=login.drive.root)
        yield login


@pytest.fixture
async def server_of_ada(login: OwnLogin, tmp_path: Path) -> AsyncIterator[Server]:
    with jupyter_server(tmp_path / "server", login.environment) as server:
        yield server


class Seen:
    """All that reaches a browser."""

    def __init__(self, visitor: Visitor) -> None:
        self._pages: list[Page] = []
        self._bodies: list[bytes] = []
        self._headers: list[str] = []
        self._visitor = visitor

    async def open(self, url: str) -> Page:
        await self._visitor.context.route("**/hubdrives/**", self._pass)
        page = await self._visitor.open(url)
        self._pages.append(page)
        return page

    async def _pass(self, route) -> None:
        answer = await route.fetch()
        self._bodies.append(await answer.body())
        self._headers.append(str(answer.headers))
        await route.fulfill(response=answer)

    async def texts(self) -> list[str]:
        stored = "JSON.stringify([localStorage, sessionStorage, document.documentElement.outerHTML])"
        pages = [await page.evaluate(stored) for page in self._pages]
        return [*pages, *(body.decode(errors="replace") for body in self._bodies), *self._headers]


def leaks(secrets: Iterable[str], texts: Iterable[str], folder: Path) -> list[str]:
    """Where a secret was found; the log is among the files of `folder`, and so is each working folder's state."""
    files = {str(path): path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file()}
    assert any(path.endswith("/log") for path in files)
    places = {**files, **{f"seen {number}": text for number, text in enumerate(texts)}}
    return [place for place, text in places.items() for secret in secrets if secret in text]


async def test_a_pull_with_ones_own_login_shows_its_token_nowhere(
    login: OwnLogin, server_of_ada: Server, visit: Visit, tmp_path: Path
) -> None:
    visitor = await visit(at=server_of_ada)
    seen = Seen(visitor)
    page = await seen.open(server_of_ada.page("mine:/", targetpath="course"))
    await page.get_by_role("button", name="Get the files").click()
    await page.wait_for_url("**/user/ada/lab/tree/course")
    assert (server_of_ada.home / "course" / "a.txt").read_bytes() == b"hello"
    assert (server_of_ada.home / "course" / ".hubdrives").is_dir()
    texts = await seen.texts()
    assert any("a.txt" in text for text in texts)
    assert login.token in login.secrets
    assert leaks(login.secrets, texts, tmp_path / "server") == []


async def test_when_the_hub_can_not_renew_it_the_page_leads_to_the_login_and_still_shows_no_token(
    login: OwnLogin, server_of_ada: Server, visit: Visit, tmp_path: Path
) -> None:
    visitor = await visit(at=server_of_ada)
    seen = Seen(visitor)
    page = await seen.open(server_of_ada.page("mine:/", targetpath="course"))
    await page.get_by_role("button", name="Get the files").click()
    await page.wait_for_url("**/user/ada/lab/tree/course")
    secrets = login.secrets
    login.drive.accounts.expire_tokens()
    login.ended = True
    page = await seen.open(server_of_ada.page("mine:/", targetpath="course"))
    await expect(page.get_by_role("alert")).to_contain_text(ENDED)
    href = await page.get_by_role("link", name="Log in again").get_attribute("href")
    assert href is not None
    assert href.partition("?")[0] == f"{server_of_ada.url.partition('/user/')[0]}{LOGIN}"
    assert leaks(secrets, await seen.texts(), tmp_path / "server") == []

    login.ended = False
    await login.renew()
    login.drive.tree.add_file("b.txt", "new", parent=login.drive.root)
    await page.get_by_role("button", name="Try again").click()
    await page.wait_for_url("**/user/ada/lab/tree/course")
    assert (server_of_ada.home / "course" / "b.txt").read_bytes() == b"new"
    assert leaks({*secrets, *login.secrets}, await seen.texts(), tmp_path / "server") == []
