"""The unattended demo's part with Canvas: each student reads with their own login, which ends and is renewed."""

import asyncio
import time
from typing import TYPE_CHECKING

from hubdrives.demo.scene import Scene
from hubdrives.demo.world import ACCESS_SECONDS, STUDENTS

if TYPE_CHECKING:
    from playwright.async_api import Page

# What is where: two lists, whatever the depth. The page says what the link leads to, which is the course's name.
_LISTS = {"folders.list": 1, "files.list": 1}
_FIRST_LISTS = {"courses.get": 1, **_LISTS}
_OPEN = ("README.md", "Week 1/01 Clouds.ipynb", "Week 1/clouds.csv")
_NOT_YET = ("Week 1/Answers.md", "Week 2")
_UNPUBLISHED = "Exam.md"
_OPENED = "Week 2/wind.csv"
_NEW = "Week 1/Hints.md"


async def first_pulls(scene: Scene) -> float:
    """Two students, one after the other; the time at which both had logged in, of the monotonic clock."""
    print("Two students of a course in Canvas click its link for the first time")
    world, findings = scene.world, scene.findings
    world.canvas.requests.reset()
    both = zip(STUDENTS, ("first pull", "second student"), (_bytes_of(len(_OPEN)), {}), strict=True)
    for user, what, content in both:
        page = await scene.students[user].open(world.sky.link)
        await page.get_by_role("button", name="Get the files").click()
        report = await _report(page)
        logins = scene.students[user].logins
        findings.check(f"{user} logged in at the issuer once, said yes and saw the pull end", logins == 1, logins)
        findings.check(f"{user} landed in the course's folder", await _opens(page, world.sky.name), page.url)
        folder = world.working_folder(user, world.sky)
        same = [path for path in _OPEN if (folder / path).read_bytes() == (world.sky.folder / path).read_bytes()]
        findings.check(f"{user} has all {len(_OPEN)} files that are open, byte for byte", same == list(_OPEN), same)
        listed = "Not available yet: 2 items" in report and all(path in report for path in _NOT_YET)
        findings.check(f"what opens later is listed as not available yet ({', '.join(_NOT_YET)})", listed, report)
        unseen = _UNPUBLISHED not in report and not (folder / _UNPUBLISHED).exists()
        findings.check(f"nothing is said of what is not published ({_UNPUBLISHED})", unseen, report)
        findings.requests(f"Canvas, {what}", world.canvas, _FIRST_LISTS | content)
        await scene.note_tokens(user)
        await page.close()
    return time.monotonic()


async def after_two_lifetimes(scene: Scene, *, since: float) -> None:
    """They click again when the token of the login has ended, and the one after it would have, too."""
    await asyncio.sleep(max(0.0, since + 2 * ACCESS_SECONDS - time.monotonic()))
    print("Two lifetimes of a token later, when the teacher has added a file and opened a folder, both click again")
    world, findings = scene.world, scene.findings
    (world.sky.folder / _NEW).write_text("Look at Tuesday.\n")
    world.canvas.unlock_at(await world.canvas.find("Week 2"), time.time() - 1)
    world.canvas.requests.reset()
    both = zip(STUDENTS, ("two lifetimes later", "the second student later"), (_bytes_of(2), {}), strict=True)
    for user, what, content in both:
        renewals = await world.issuer.refreshes(user)
        page = await scene.students[user].open(world.sky.link)
        await _report(page)
        findings.check(f"{user} landed in the course's folder", await _opens(page, world.sky.name), page.url)
        folder = world.working_folder(user, world.sky)
        came = all((folder / path).read_bytes() == (world.sky.folder / path).read_bytes() for path in (_NEW, _OPENED))
        findings.check(f"{user} has the new file, and the one that was not open before", came)
        findings.check(f"{user} was not asked to log in", scene.students[user].logins == 1)
        renewals = await world.issuer.refreshes(user) - renewals
        findings.check(f"the issuer renewed the token of {user} once", renewals == 1, renewals)
        findings.requests(f"Canvas, {what}", world.canvas, _LISTS | content)
        await scene.note_tokens(user)
        await page.close()


async def anothers_course(scene: Scene) -> None:
    """A course that only the second student is in."""
    first, second = STUDENTS
    print(f"{first} tries the link to a course that only {second} is in")
    world, findings = scene.world, scene.findings
    page = await scene.students[first].open(world.snow.link)
    said = await _sentence(page)
    findings.check(f"{first} reads one sentence: {said!r}", world.snow.name not in said, said)
    findings.check("nothing was written", not world.working_folder(first, world.snow).exists())
    findings.requests("Canvas, refused", world.canvas, {"courses.get": 1})
    await page.close()


async def login_ended(scene: Scene) -> None:
    """The issuer ends a login; one click leads through a new one back to the same pull."""
    user = STUDENTS[0]
    print(f"The issuer revokes the login of {user}, who then clicks again")
    world, findings, student = scene.world, scene.findings, scene.students[user]
    await world.issuer.revoke(user)
    await scene.until_stale()
    renewals, logins = await world.issuer.refreshes(user), student.logins
    page = await student.open(world.sky.link)
    said = await _sentence(page)
    asked_at = page.url
    findings.check(f"{user} reads one sentence: {said!r}", "Traceback" not in said, said)
    refused = [one.error for one in await world.issuer.token_requests(user) if one.error]
    findings.check("the issuer was asked once for another token", len(refused) == 1, refused)
    world.canvas.requests.reset()
    async with page.expect_request(lambda request: request.url == asked_at):
        await page.get_by_role("link", name="Log in again").click()
        await student.log_in(page)
    again = student.logins - logins
    findings.check("'Log in again' led through the issuer's page back to the same pull", again == 1, again)
    findings.check("which ended in the course's folder", await _opens(page, world.sky.name), page.url)
    findings.check("nothing more was renewed", await world.issuer.refreshes(user) == renewals)
    findings.requests("Canvas, unchanged pull", world.canvas, _LISTS)
    await scene.note_tokens(user)
    await page.close()


def _bytes_of(files: int) -> dict[str, int]:
    """For each file its address, and then what is there."""
    return {"files.public_url": files, "files.content": files}


async def _report(page: "Page") -> str:
    """The report that the page shows at the end of the pull, when the reader has gone on to the files."""
    await page.locator("#page[data-view=look]").wait_for()
    text = await page.locator("#report").text_content() or ""
    await page.get_by_role("link", name="Open my files").click()
    return text


async def _opens(page: "Page", folder: str) -> bool:
    await page.wait_for_url("**/lab/**")
    return page.url.endswith(f"/lab/tree/{folder.replace(' ', '%20')}")


async def _sentence(page: "Page") -> str:
    """What the page says went wrong."""
    await page.locator("[role=alert]").wait_for()
    return (await page.locator("#title").inner_text()).strip()
