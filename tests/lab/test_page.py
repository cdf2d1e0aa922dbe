"""The pull page as a person meets it, in a real browser at a real Jupyter Server."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from tests.lab.conftest import Drive, Server, Visit

SECRET = "TOPSECRETlink.abc-def_123"
SLOW = {"operation": "files.list", "effect": "delay", "seconds": 2}

# WCAG's relative luminance of a text and of what lies behind it; https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
CONTRASTS = """() => {
  const numbers = (colour) => {
    const probe = document.createElement("canvas").getContext("2d");
    probe.fillStyle = colour; probe.fillRect(0, 0, 1, 1);
    return [...probe.getImageData(0, 0, 1, 1).data];
  };
  const light = (colour) => numbers(colour).slice(0, 3).map((c) => c / 255)
    .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    const colour = getComputedStyle(element).backgroundColor;
    return numbers(colour)[3] === 255 ? colour : behind(element.parentElement);
  };
  const found = {};
  for (const element of document.querySelectorAll("h1, p, dt, dd, small, button, a, span, summary, li")) {
    if (!element.checkVisibility() || element.classList.contains("unseen") || !element.textContent.trim()) continue;
    const [a, b] = [light(getComputedStyle(element).color), light(behind(element))].sort((x, y) => y - x);
    found[`${element.tagName} ${element.textContent.trim().slice(0, 30)}`] = (a + 0.05) / (b + 0.05);
  }
  return found;
}"""


async def opened(page: Page) -> None:
    await page.wait_for_url("**/user/ada/lab/**")


def heading(page: Page, text: str):
    return expect(page.get_by_role("heading", level=1)).to_contain_text(text)


async def test_a_first_visit_asks_and_one_click_brings_and_opens_the_files(
    visit: Visit, server: Server, course: Path
) -> None:
    visitor = await visit()
    before = server.tree()
    page = await visitor.open(server.page(course))
    await heading(page, f"Get “{course.name}”?")
    await expect(page.locator("#from")).to_contain_text("This machine")
    await expect(page.locator("#into")).to_contain_text(course.name)
    assert server.tree() == before
    await page.get_by_role("button", name="Get the files").click()
    await opened(page)
    assert page.url.endswith("/lab/tree/" + course.name.replace(" ", "%20"))
    assert (server.home / course.name / "Week 1" / "notes.txt").read_text() == "one\n"
    assert visitor.complaints == []


async def test_every_request_of_the_script_carries_the_xsrf_token_as_a_hub_wants_it(
    visit: Visit, server: Server, course: Path
) -> None:
    visitor = await visit()
    asked = {}
    visitor.context.on("request", lambda request: asked.update({request.url.partition("?")[0]: request.headers}))
    page = await visitor.open(server.page(course))
    await page.get_by_role("button", name="Get the files").click()
    await opened(page)
    cookie = next(one["value"] for one in await visitor.context.cookies() if one["name"] == "_xsrf")
    sent = {url: headers.get("x-xsrftoken") for url, headers in asked.items() if "/hubdrives/api/" in url}
    assert len(sent) == 3
    assert set(sent.values()) == {cookie}
    assert not [url for url in asked if cookie in url]


async def test_a_second_visit_starts_by_itself_and_opens_what_the_link_says(
    visit: Visit, server: Server, course: Path
) -> None:
    visitor = await visit()
    page = await visitor.open(server.page(course))
    await page.get_by_role("button", name="Get the files").click()
    await opened(page)
    (course / "Week 2.md").write_text("new")
    await page.goto(server.page(course, urlpath="lab/workspaces/auto?reset"))
    await page.wait_for_url("**/user/ada/lab/workspaces/auto?reset")
    assert (server.home / course.name / "Week 2.md").read_text() == "new"


async def test_going_back_from_the_files_does_not_pull_again(visit: Visit, server: Server, course: Path) -> None:
    visitor = await visit()
    page = await visitor.open("about:blank")
    await page.goto(server.page(course))
    await page.get_by_role("button", name="Get the files").click()
    await opened(page)
    await page.go_back()
    assert page.url == "about:blank"


async def test_a_second_tab_watches_the_same_pull(visit: Visit, server: Server, drive: Drive) -> None:
    drive.faults(SLOW)
    visitor = await visit()
    posts = []
    visitor.context.on("request", lambda request: request.method == "POST" and posts.append(request.url))
    url = server.page(drive.location, targetpath="two tabs")
    first = await visitor.open(url)
    await first.get_by_role("button", name="Get the files").click()
    await heading(first, "Getting")
    second = await visitor.open(url)
    await heading(second, "Getting")
    await opened(first)
    await opened(second)
    assert len(posts) == 1
    assert len(list((server.home / "two tabs").glob("*.csv"))) == 8


async def test_progress_is_told_to_eyes_to_screen_readers_and_in_the_title(
    visit: Visit, server: Server, drive: Drive
) -> None:
    drive.faults({"operation": "files.media", "effect": "delay", "seconds": 1, "times": None})
    visitor = await visit()
    page = await visitor.open(server.page(drive.location, targetpath="progress"))
    await page.get_by_role("button", name="Get the files").click()
    bar = page.get_by_role("progressbar")
    await expect(bar).to_be_visible()
    await expect(page.locator("#amount")).to_contain_text(re.compile(r"\d of 9 files · .* of \d+ kB"))
    await expect(page.get_by_role("status")).to_contain_text("Getting Climate course from Google Drive")
    assert "Getting “Climate course”" in await page.title()
    assert await page.locator("main").get_attribute("aria-busy") == "true"
    await expect(page).to_have_title(re.compile(r"^[1-9]\d* % · Getting"))
    assert 0 < await bar.evaluate("(bar) => bar.value") <= 1
    await opened(page)


async def test_a_wait_for_the_provider_is_counted_down(visit: Visit, server: Server, drive: Drive) -> None:
    drive.faults({"operation": "files.list", "effect": "error", "reason": "userRateLimitExceeded", "retry_after": 4})
    visitor = await visit()
    page = await visitor.open(server.page(drive.location, targetpath="waiting"))
    await page.get_by_role("button", name="Get the files").click()
    await expect(page.locator("#waiting")).to_have_text(re.compile(r"Waiting for Google Drive, \d+ s"))
    first = await page.locator("#waiting").text_content()
    await expect(page.locator("#waiting")).not_to_have_text(first or "")
    await opened(page)


async def test_all_works_by_keyboard_alone(visit: Visit, server: Server, course: Path) -> None:
    visitor = await visit()
    page = await visitor.open(server.page(course))
    await expect(page.get_by_role("button", name="Get the files")).to_be_focused()
    assert await page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Not now")).to_be_focused()
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Enter")
    await opened(page)


async def conflict(server: Server, course: Path, page: Page) -> None:
    """The user and the author have changed the same file, which can't be merged."""
    (course / "rain.bin").write_bytes(b"\0one")
    await page.goto(server.page(course))
    await page.get_by_role("button", name="Get the files").click()
    await opened(page)
    (server.home / course.name / "rain.bin").write_bytes(b"\0mine")
    (course / "rain.bin").write_bytes(b"\0theirs")


async def test_what_needs_a_look_is_shown_until_the_reader_opens_the_files(
    visit: Visit, server: Server, course: Path
) -> None:
    visitor = await visit()
    page = await visitor.open("about:blank")
    await conflict(server, course, page)
    await page.goto(server.page(course))
    await heading(page, "Your files are ready")
    await expect(page.locator("#summary")).to_contain_text(
        "1 file changed by you and the author in the same place: yours stayed"
    )
    await expect(page.get_by_text("rain.bin", exact=True)).to_be_visible()
    await expect(page.locator("#note")).to_contain_text("Opens by itself in")
    await expect(page.get_by_role("link", name="Open my files")).to_be_focused()
    await page.get_by_role("button", name="Stay here").click()
    await expect(page.locator("#note")).to_be_hidden()
    await page.get_by_role("link", name="Open my files").click()
    await opened(page)
    assert (server.home / course.name / "rain.bin").read_bytes() == b"\0mine"


async def test_a_report_that_nobody_reads_gives_way_to_the_files(visit: Visit, server: Server, course: Path) -> None:
    visitor = await visit()
    page = await visitor.open("about:blank")
    await conflict(server, course, page)
    await page.clock.install()
    await page.goto(server.page(course))
    await page.clock.run_for(1000)
    await heading(page, "Your files are ready")
    await page.clock.run_for(20_000)
    await opened(page)


async def test_a_failure_is_one_sentence_with_ways_on(visit: Visit, server: Server, drive: Drive) -> None:
    drive.faults({"operation": "files.get", "effect": "error", "reason": "notFound", "times": 1})
    visitor = await visit(permissions=["clipboard-read", "clipboard-write"])
    page = await visitor.open(server.page(drive.location, targetpath="trouble"))
    await expect(page.locator("main")).to_have_attribute("data-view", "error")
    await heading(page, ".")
    await expect(page.locator("#lead")).to_contain_text("Share")
    await page.get_by_role("button", name="Copy for support").click()
    await expect(page.locator("#note")).to_contain_text("Copied")
    copied = await page.evaluate("navigator.clipboard.readText()")
    for part in ("Code: not-", "Time: 20", "Source: ", "Target: trouble", "hubdrives 0."):
        assert part in copied
    assert server.token not in copied
    await page.get_by_role("button", name="Try again").click()
    await heading(page, "Get “Climate course”?")
    await expect(page.get_by_role("button", name="Copy for support")).to_be_hidden()


async def test_after_a_failure_the_files_can_be_opened_anyway(visit: Visit, server: Server) -> None:
    visitor = await visit()
    page = await visitor.open(server.page("/no/such/folder"))
    await page.get_by_role("link", name="Open my files anyway").click()
    await page.wait_for_url("**/user/ada/lab")


async def test_where_the_browser_may_not_copy_the_text_is_there_to_be_copied_by_hand(
    visit: Visit, server: Server
) -> None:
    visitor = await visit()
    await visitor.context.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page = await visitor.open(server.page("/no/such/folder"))
    await page.get_by_role("button", name="Copy for support").click()
    text = page.get_by_label("Copy this text")
    await expect(text).to_be_focused()
    await expect(text).to_have_value(re.compile("Code: not-found"))


@pytest.mark.parametrize("query", [{"targetpath": "../out"}, {"urlpath": "//evil.example"}])
async def test_a_link_that_is_refused_says_so_on_the_page(
    visit: Visit, server: Server, course: Path, query: dict[str, str]
) -> None:
    visitor = await visit()
    page = await visitor.open(server.page(course, **query))
    await expect(page.locator("main")).to_have_attribute("data-view", "error")
    await expect(page.get_by_role("link", name="Open my files anyway")).to_have_attribute("href", "/user/ada/lab")


async def test_a_link_token_stands_nowhere_in_the_page(visit: Visit, server: Server) -> None:
    visitor = await visit()
    page = await visitor.open(server.page(link=SECRET))
    await expect(page.locator("main")).to_have_attribute("data-view", "error")
    assert SECRET not in await page.content()
    assert SECRET not in await page.locator("#support").input_value()
    assert server.token not in await page.content()
    assert SECRET not in server.log.read_text()
    assert not [complaint for complaint in visitor.complaints if SECRET in complaint and "404" not in complaint]


async def test_names_from_outside_are_shown_as_text(visit: Visit, server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "<img src=x onerror=alert(1)>"
    folder.mkdir()
    (folder / "<b>bold.txt").write_text("x")
    visitor = await visit()
    page = await visitor.open(server.page(folder))
    await heading(page, "<img src=x onerror=alert(1)>")
    assert await page.locator("main img, main b").count() == 0


async def test_when_the_stream_of_events_is_cut_the_page_asks_again_and_again(
    visit: Visit, server: Server, course: Path
) -> None:
    visitor = await visit()
    await visitor.context.route("**/events", lambda route: route.abort())
    page = await visitor.open(server.page(course))
    await page.get_by_role("button", name="Get the files").click()
    await opened(page)
    assert (server.home / course.name / "README.md").exists()


async def test_the_page_holds_no_inline_script_or_style_and_breaks_no_policy(
    visit: Visit, server: Server, course: Path
) -> None:
    visitor = await visit()
    await visitor.context.add_init_script(
        "document.addEventListener('securitypolicyviolation', (e) => console.error('policy ' + e.violatedDirective))"
    )
    page = await visitor.open(server.page(course))
    await heading(page, "Get")
    assert await page.locator("script:not([src]), style, [style], [onclick], [onload]").count() == 0
    sources = await page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert all(name.startswith(server.url) for name in sources)
    assert visitor.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_texts_have_the_contrast_that_wcag_asks_for(
    visit: Visit, server: Server, course: Path, scheme: str
) -> None:
    visitor = await visit(color_scheme=scheme)
    for url in (server.page(course), server.page("/no/such/folder")):
        page = await visitor.open(url)
        await expect(page.locator("#actions")).to_be_visible()
        contrasts = await page.evaluate(CONTRASTS)
        assert len(contrasts) >= 4
        assert {text: ratio for text, ratio in contrasts.items() if ratio < 4.5} == {}
    background = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(244, 246, 248)") is (scheme == "light")


async def test_a_phone_shows_all_without_scrolling_sideways(visit: Visit, server: Server, tmp_path: Path) -> None:
    folder = tmp_path / ("A_very_long_name_without_any_blank_that_no_phone_can_show_in_one_line_" * 2)
    folder.mkdir()
    visitor = await visit(viewport={"width": 360, "height": 640}, has_touch=True, is_mobile=True)
    for url in (server.page(folder), server.page("/no/such/folder")):
        page = await visitor.open(url)
        await expect(page.locator("#actions")).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") == 360
        for button in await page.locator("#actions > :visible").all():
            box = await button.bounding_box()
            assert box is not None
            assert box["height"] >= 44


async def test_nothing_moves_for_who_wants_no_motion(visit: Visit, server: Server, drive: Drive) -> None:
    drive.faults(SLOW)
    visitor = await visit(reduced_motion="reduce")
    page = await visitor.open(server.page(drive.location, targetpath="still"))
    await page.get_by_role("button", name="Get the files").click()
    await expect(page.get_by_role("progressbar")).to_be_visible()
    assert await page.evaluate("document.getAnimations({subtree: true}).length") == 0
    await opened(page)
