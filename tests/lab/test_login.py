"""When a login has ended: one sentence, the way to a new one, and back to the same pull."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Page, expect
from tests.lab.conftest import Server, Visit, jupyter_server
from tests.lab.logins import Place, running_place
from tests.lab.test_page import CONTRASTS
from tests.logins import ENDED, LOGIN, answering
from yarl import URL

from hubdrives.lab.login import hub_address
from hubdrives.testing.emulators.content import Content

EVIL = ["https://evil.example/hub/login", "//evil.example/login", "/\\evil.example", "javascript:alert(1)", 7]


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        ({}, ""),
        ({"JUPYTERHUB_BASE_URL": "/", "JUPYTERHUB_HOST": ""}, "/hub/"),
        ({"JUPYTERHUB_BASE_URL": "/base/"}, "/base/hub/"),
        (
            {"JUPYTERHUB_BASE_URL": "/base/", "JUPYTERHUB_HOST": "https://hub.example.org"},
            "https://hub.example.org/base/hub/",
        ),
        ({"JUPYTERHUB_BASE_URL": "/", "JUPYTERHUB_PUBLIC_HUB_URL": "https://hub.example.org/hub/"}, "/hub/"),
        ({"JUPYTERHUB_PUBLIC_HUB_URL": "https://hub.example.org/hub/"}, "https://hub.example.org/hub/"),
        ({"JUPYTERHUB_PUBLIC_HUB_URL": "https://hub.example.org/base/hub"}, "https://hub.example.org/base/hub/"),
        ({"JUPYTERHUB_PUBLIC_HUB_URL": ""}, ""),
    ],
)
def test_the_environment_says_where_the_hub_is(environment: dict[str, str], address: str) -> None:
    assert hub_address(environment) == address


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with running_place(tmp_path) as place:
        place.bench.file("Week 1.ipynb", b"{}")
        place.bench.file("radar.bin", b"\0rain")
        yield place


def login(page: Page, text: str = "Log in again"):
    return page.get_by_role("link", name=text)


async def told(page: Page) -> None:
    """The page tells that the login has ended, once and for all the senses."""
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text(ENDED)
    await expect(alert).to_contain_text("Log in to the hub again. You then come back to this page.")
    await expect(page.locator("main")).to_have_attribute("data-view", "error")
    await expect(login(page)).to_be_visible()


async def test_after_the_login_the_same_pull_goes_on_by_itself(place: Place, visit: Visit) -> None:
    token = await place.link(target="course", open_path="Week 1.ipynb")
    place.logins.left = 0
    visitor = await visit(at=place.server)
    page = await visitor.open(f"{place.server.page(link=token)}&token={place.server.token}")
    await told(page)
    assert place.hub.asked == []
    await login(page).click()
    await page.get_by_role("button", name="I am ada").click()
    await page.wait_for_url("**/user/ada/lab/tree/course/Week%201.ipynb")
    assert (place.server.home / "course" / "Week 1.ipynb").read_bytes() == b"{}"
    (asked,) = map(urlsplit, place.hub.asked)
    assert asked.path == LOGIN
    # Nothing but the pull comes along, least of all the server's own token.
    assert URL(parse_qs(asked.query)["next"][0]) == URL("/user/ada/hubdrives/pull").with_query(link=token)
    assert token not in place.server.log.read_text()


@pytest.mark.parametrize("left", [0, 1])
async def test_a_login_that_ends_in_the_middle_of_a_pull_costs_one_click_and_no_second_consent(
    place: Place, visit: Visit, left: int
) -> None:
    visitor = await visit(at=place.server)
    page = await visitor.open(place.server.page(place.bench.drive.location, targetpath="my course"))
    button = page.get_by_role("button", name="Get the files")
    await expect(button).to_be_visible()
    # The list of the files still comes, or not even that.
    place.logins.left = left
    await button.click()
    await told(page)
    assert not (place.server.home / "my course" / "radar.bin").exists()
    await login(page).click()
    await page.get_by_role("button", name="I am ada").click()
    await page.wait_for_url("**/user/ada/lab/tree/my%20course")
    assert (place.server.home / "my course" / "radar.bin").read_bytes() == b"\0rain"


async def test_who_has_not_said_yes_is_asked_after_the_login(place: Place, visit: Visit) -> None:
    place.logins.left = 0
    visitor = await visit(at=place.server)
    page = await visitor.open(place.server.page(place.bench.drive.location, targetpath="asked"))
    await login(page).click()
    await page.get_by_role("button", name="I am ada").click()
    await expect(page.get_by_role("button", name="Get the files")).to_be_focused()
    assert not (place.server.home / "asked").exists()


async def test_a_yes_is_good_for_the_same_link_only(place: Place, visit: Visit) -> None:
    visitor = await visit(at=place.server)
    page = await visitor.open(place.server.page(place.bench.drive.location, targetpath="one"))
    await expect(page.get_by_role("button", name="Get the files")).to_be_visible()
    place.logins.left = 0
    await page.get_by_role("button", name="Get the files").click()
    await login(page).click()
    await expect(page).to_have_title("Log in")
    place.logins.left = None
    await page.goto(place.server.page(place.bench.drive.location, targetpath="two"))
    await expect(page.get_by_role("button", name="Get the files")).to_be_focused()
    assert not (place.server.home / "two").exists()


async def test_a_login_that_is_of_no_use_ends_in_the_same_sentence_and_in_no_loop(place: Place, visit: Visit) -> None:
    place.hub.heals = False
    place.logins.left = 0
    visitor = await visit(at=place.server)
    page = await visitor.open(place.server.page(place.bench.drive.location))
    await told(page)
    await expect(page.locator("#note")).to_be_hidden()
    await login(page).click()
    await page.get_by_role("button", name="I am ada").click()
    await told(page)
    await expect(page.locator("#note")).to_contain_text("If you have just logged in, copy this for support")
    await page.wait_for_load_state("networkidle")
    assert len(place.hub.asked) == 1
    assert "/hubdrives/pull" in page.url
    await page.get_by_role("button", name="Copy for support").click()
    assert "Code: login-needed" in await page.locator("#support").input_value()


async def test_try_again_goes_on_when_the_login_was_renewed_in_another_tab(place: Place, visit: Visit) -> None:
    token = await place.link(target="elsewhere")
    place.logins.left = 0
    visitor = await visit(at=place.server)
    page = await visitor.open(place.server.page(link=token))
    await told(page)
    place.logins.left = None
    await page.get_by_role("button", name="Try again").click()
    await page.wait_for_url("**/user/ada/lab/tree/elsewhere")


async def test_the_keyboard_reaches_the_login_first(place: Place, visit: Visit) -> None:
    place.logins.left = 0
    visitor = await visit(at=place.server)
    page = await visitor.open(place.server.page(place.bench.drive.location))
    await told(page)
    await expect(page.get_by_role("heading", level=1)).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(login(page)).to_be_focused()
    assert await page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    await expect(page).to_have_title("Log in again")
    await page.keyboard.press("Enter")
    await expect(page).to_have_title("Log in")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_way_to_the_login_is_easy_to_read_and_to_hit_on_a_phone(
    place: Place, visit: Visit, scheme: str
) -> None:
    place.logins.left = 0
    options = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True}
    visitor = await visit(at=place.server, color_scheme=scheme, **options)
    page = await visitor.open(place.server.page(place.bench.drive.location))
    await told(page)
    contrasts = await page.evaluate(CONTRASTS)
    assert len(contrasts) >= 5
    assert {text: ratio for text, ratio in contrasts.items() if ratio < 4.5} == {}
    assert await page.evaluate("document.documentElement.scrollWidth") == 360
    box = await login(page).bounding_box()
    assert box is not None
    assert (box["height"] >= 44, box["y"] < 640) == (True, True)


async def test_where_only_logging_out_helps_the_page_leads_there(place: Place, visit: Visit) -> None:
    place.logins.left = 0
    place.logins.login_url = None
    visitor = await visit(at=place.server)
    page = await visitor.open(place.server.page(place.bench.drive.location))
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text(f"{ENDED}")
    await expect(alert).to_contain_text("Log out of the hub, log in again and repeat. Then come back to this page.")
    await expect(login(page)).to_have_count(0)
    await login(page, "Log out of the hub").click()
    await expect(page).to_have_title("Logged out")
    assert place.hub.asked == ["/hub/logout"]


async def test_the_authors_version_may_need_a_login_too(place: Place, visit: Visit) -> None:
    visitor = await visit(at=place.server)
    url = place.server.page(place.bench.drive.location, targetpath="course")
    page = await visitor.open(url)
    await page.get_by_role("button", name="Get the files").click()
    await page.wait_for_url("**/user/ada/lab/**")
    (place.server.home / "course" / "radar.bin").write_bytes(b"\0mine")
    drive = place.bench.drive
    drive.tree.replace(drive.tree.find("radar.bin", under=drive.root).id, Content.of(b"\0sun"))
    await page.goto(url)
    await page.get_by_role("button", name="Stay here").click()
    # What is kept here needs no login.
    for kept in (place.server.home / "course" / ".hubdrives" / "store").rglob("radar*"):
        kept.unlink()
    place.logins.left = 0
    back = f"{place.hub.url}{LOGIN}?next=%2Fuser%2Fada%2Fhubdrives%2Freport%3Ftarget%3Dcourse"

    await page.get_by_role("button", name="See the author's version (radar.bin)").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Download the author's").click()
    await expect(dialog).to_contain_text(ENDED)
    await expect(login(page)).to_be_focused()
    await expect(login(page)).to_have_attribute("href", back)
    await page.keyboard.press("Escape")

    await page.get_by_role("button", name="Use the author's (radar.bin)").click()
    await page.get_by_role("button", name="Use the author's", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text(ENDED)
    await login(page).click()
    await page.get_by_role("button", name="I am ada").click()
    await page.wait_for_url("**/user/ada/hubdrives/report?target=course")
    await page.get_by_role("button", name="Use the author's (radar.bin)").click()
    await page.get_by_role("button", name="Use the author's", exact=True).click()
    await expect(page.locator("#summary")).to_contain_text("You have the author's version now.")
    assert (place.server.home / "course" / "radar.bin").read_bytes() == b"\0sun"


# What answers may be anybody.


def refusing(login_url: object) -> dict[str, object]:
    return {"code": "login-needed", "message": ENDED, "hint": "Log in.", "login_url": login_url}


async def test_no_answer_sends_a_browser_to_another_host(visit: Visit, tmp_path: Path) -> None:
    answers = {"describe": refusing("")}
    async with answering(answers) as gateway:
        environment = {
            "HUBDRIVES_GATEWAY_URL": gateway,
            "JUPYTERHUB_API_TOKEN": "t",
            "JUPYTERHUB_BASE_URL": "/base/",
        }
        with jupyter_server(tmp_path / "server", environment) as server:
            visitor = await visit(at=server)
            page = await visitor.open(server.page("https://drive.example.org/x"))
            for wanted in EVIL:
                answers["describe"] = refusing(wanted)
                await page.reload()
                await expect(page.get_by_role("alert")).to_contain_text(ENDED)
                hrefs = await page.locator("a").evaluate_all("(links) => links.map((link) => link.href)")
                assert hrefs
                assert all(href.startswith(str(URL(server.url).origin())) for href in hrefs if href)
                assert "evil" not in await page.content()
            # Where hub and servers share a host, its name in the browser stays.
            answers["describe"] = refusing("/base/hub/oauth_login?kind=canvas")
            await page.reload()
            href = URL(await login(page).get_attribute("href") or "")
            assert href.path == "/base/hub/oauth_login"
            assert href.origin() == URL(server.url).origin()
            assert href.query["kind"] == "canvas"
            assert href.query["next"] == "/user/ada/hubdrives/pull?source=https%3A%2F%2Fdrive.example.org%2Fx"


async def test_who_has_to_agree_finds_a_button_that_says_so_and_where(visit: Visit, tmp_path: Path) -> None:
    asking = refusing("/hub/consent?scope=a%20b") | {"message": "You must agree.", "agree_at": "Some Provider"}
    async with answering({"describe": asking}) as gateway:
        environment = {"HUBDRIVES_GATEWAY_URL": gateway, "JUPYTERHUB_API_TOKEN": "t", "JUPYTERHUB_BASE_URL": "/"}
        with jupyter_server(tmp_path / "server", environment) as server:
            visitor = await visit(at=server)
            page = await visitor.open(server.page("https://drive.example.org/x"))
            alert = page.get_by_role("alert")
            await expect(alert).to_contain_text("You must agree.")
            await expect(alert).to_contain_text("You are asked there, and then come back to this page.")
            await expect(page).to_have_title("Agree at Some Provider")
            await expect(login(page)).to_have_count(0)
            href = URL(await login(page, "Agree at Some Provider").get_attribute("href") or "")
            assert (href.path, href.query["scope"]) == ("/hub/consent", "a b")
            # It leads nowhere here; who comes back is told the same once more.
            await page.route("**/hub/consent**", lambda route: route.fulfill(body="<title>There</title>"))
            await login(page, "Agree at Some Provider").click()
            await expect(page).to_have_title("There")
            await page.go_back()
            await expect(page.locator("#note")).to_contain_text("If you have just agreed, copy this for support")
            # Where no login would ask for it, none is offered.
            del asking["login_url"]
            await page.reload()
            await expect(alert).to_contain_text("You must agree.")
            await expect(alert).to_contain_text("Log in.")
            await expect(login(page, "Log out of the hub")).to_have_count(0)


async def test_where_no_hub_is_known_the_hint_must_do(visit: Visit, tmp_path: Path) -> None:
    async with answering({"describe": refusing("/hub/login")}) as gateway:
        environment = {"HUBDRIVES_GATEWAY_URL": gateway, "JUPYTERHUB_API_TOKEN": "t"}
        with jupyter_server(tmp_path / "server", environment) as server:
            visitor = await visit(at=server)
            page = await visitor.open(server.page("https://drive.example.org/x"))
            await expect(page.get_by_role("alert")).to_have_text(re.compile(rf"{re.escape(ENDED)}\s+Log in\."))
            await expect(page.get_by_role("link")).to_have_count(1)


# What is there, but not for this reader yet.

LATER = [
    {"path": "Week 5.pdf", "code": "not-yet", "reason": "It opens on 3 May 2030 at 08:00."},
    {"path": "Exam.pdf", "code": "locked", "reason": "It is locked."},
    {"path": "Notes", "code": "hidden", "reason": "It is hidden."},
    {"path": "Draft.pdf", "code": "unpublished", "reason": "It is not published."},
    {"path": "Film.mp4", "code": "pending", "reason": "It is still being uploaded."},
]


@pytest.fixture
async def closed(tmp_path: Path) -> AsyncIterator[Server]:
    where = {"provider": "canvas", "host": "canvas.example.org", "id": "1", "url": "https://canvas.example.org/1"}
    entry = {"path": "a.txt", "kind": "file", "size": 2, "version": "1"}
    answers = {
        "describe": {
            "location": where,
            "name": "Course",
            "source": "Canvas",
            "entry": {"path": "Course", "kind": "folder"},
        },
        "snapshot": {
            "location": where,
            "name": "Course",
            "digest": "1",
            "entries": [entry],
            "skipped": [*LATER, {"path": "form", "code": "unreadable", "reason": "A form has no content."}],
        },
    }
    async with answering(answers) as gateway:
        environment = {"HUBDRIVES_GATEWAY_URL": gateway, "JUPYTERHUB_API_TOKEN": "t"}
        with jupyter_server(tmp_path / "server", environment) as server:
            yield server


async def test_what_is_not_available_yet_is_listed_calmly_with_its_date(closed: Server, visit: Visit) -> None:
    visitor = await visit(at=closed)
    page = await visitor.open(closed.page("https://canvas.example.org/1"))
    await page.get_by_role("button", name="Get the files").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Your files are ready")
    await page.get_by_role("button", name="Stay here").click()
    rows = page.locator("#summary > li")
    later = rows.filter(has_text="Not available yet: 5 items")
    for item in LATER:
        here = later.locator("li").filter(has=page.get_by_text(item["path"], exact=True))
        await expect(here).to_contain_text(item["reason"])
        await expect(here).to_be_visible()
    await expect(later.locator(".alert")).to_have_count(0)
    await expect(rows.filter(has_text="1 item left out or renamed")).to_have_count(1)
    assert await page.locator("main").get_attribute("data-view") == "look"
