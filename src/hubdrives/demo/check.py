"""The unattended demo: students in a real browser, a teacher who edits, a class that clicks at once. Says what held."""

import asyncio
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from yarl import URL

from hubdrives.config import ConnectionSettings, Settings
from hubdrives.connections import Connections
from hubdrives.demo.browser import running_browser
from hubdrives.demo.world import FRESH_SECONDS, OUTSIDER, STUDENTS, World, running_world
from hubdrives.links import PullRequest
from hubdrives.pull import pull

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page, ViewportSize

CLASS_SIZE = 50
_MILLISECONDS = 120_000.0
_NOTEBOOK = "Week 1/01 Rain in four towns.ipynb"

# What Google Drive sees when the sample course is pulled for the first time; the token is there from making the link.
FIRST_PULL = {
    # The page says what the link leads to, then the listing begins at the root.
    "files.get": 2,
    "changes.startPageToken": 1,
    # The root; its three folders in one query; the empty one again, alone, as grouped answers may leave things out;
    # the two folders below them in one query. The shortcut to a folder that is there already costs nothing.
    "files.list": 4,
    "files.media": 8,
    "files.export": 1,
}
NOTHING_NEW = {"changes.list": 1}
ONE_CHANGED_FILE = {"changes.list": 1, "files.media": 1}


@dataclass(slots=True)
class Findings:
    """What was checked, and whether it held."""

    failed: list[str] = field(default_factory=list)
    count: int = 0

    def check(self, what: str, held: object, seen: object = "") -> None:
        """Note and print one finding; `seen` is shown where it did not hold."""
        self.count += 1
        if not held:
            self.failed.append(what)
        print(f"  {'ok    ' if held else 'FAILED'}  {what}{'' if held else f': {seen}'}", flush=True)

    def requests(self, what: str, world: World, expected: Mapping[str, int]) -> None:
        """Compare what the provider saw since the last look with `expected`, and start counting anew."""
        seen = {name: number for name, number in world.drive.requests.by_operation.items() if number}
        total = sum(seen.values())
        self.check(f"{what}: {total} provider requests ({_listed(seen)})", seen == dict(expected), _listed(expected))
        world.drive.requests.reset()


async def check_all(folder: Path) -> int:
    """Go through the whole demo in `folder`; 0 if all of it held, else 1."""
    findings = Findings()
    async with running_world(folder, class_size=CLASS_SIZE) as world, running_browser() as browser:
        await _first_pulls(world, browser, findings)
        await _nothing_new(world, browser, findings)
        await _both_edit(world, browser, findings)
        await _both_edit_a_notebook(world, browser, findings)
        await _outsider(world, browser, findings)
        await _whole_class(world, findings)
        _no_secrets(world, findings)
    print(f"{findings.count - len(findings.failed)} passed, {len(findings.failed)} failed", flush=True)
    return 1 if findings.failed else 0


async def _first_pulls(world: World, browser: "Browser", findings: Findings) -> None:
    print("Two students click the teacher's link for the first time")
    for user, what, requests in zip(STUDENTS, ("first pull", "second student"), (FIRST_PULL, NOTHING_NEW), strict=True):
        await _until_stale(world)
        page = await _click(world, browser, user)
        findings.check(f"{user} clicked, logged in and landed in the notebook", _in_notebook(page), page.url)
        _compare(world, user, findings)
        findings.requests(what, world, requests)
        await page.context.close()


async def _nothing_new(world: World, browser: "Browser", findings: Findings) -> None:
    print("A student clicks again, and nothing is new")
    await _until_stale(world)
    folder = world.working_folder(STUDENTS[0])
    before = _times(folder)
    page = await _click(world, browser, STUDENTS[0])
    findings.check("the notebook opens again", _in_notebook(page), page.url)
    findings.check("no file was touched", _times(folder) == before)
    findings.requests("unchanged pull", world, NOTHING_NEW)
    await page.context.close()


async def _both_edit(world: World, browser: "Browser", findings: Findings) -> None:
    print("The teacher edits one file, the student another, and the student clicks again")
    student = STUDENTS[0]
    folder = world.working_folder(student)
    answer = "Corrie, and I would go in February.\n"
    (folder / "Week 1/Questions.txt").write_text(answer)
    (folder / "my notes.txt").write_text("mine\n")
    (folder / "Week 1/data/towns.csv").unlink()
    readme = world.course / "README.md"
    readme.write_text(readme.read_text() + "\nOffice hours are on Tuesdays.\n")
    await _until_stale(world)
    page = await _click(world, browser, student)
    findings.check("the notebook opens", _in_notebook(page), page.url)
    findings.check("the teacher's edit arrived", (folder / "README.md").read_bytes() == readme.read_bytes())
    findings.check("the student's answer stayed", (folder / "Week 1/Questions.txt").read_text() == answer)
    findings.check("the student's own file stayed", (folder / "my notes.txt").read_text() == "mine\n")
    findings.check("a file that the student had deleted came back", (folder / "Week 1/data/towns.csv").is_file())
    findings.requests("one changed file", world, ONE_CHANGED_FILE)
    await page.context.close()


async def _both_edit_a_notebook(world: World, browser: "Browser", findings: Findings) -> None:
    print("The teacher and the student edit different cells of one notebook, and the student clicks again")
    student, path = STUDENTS[0], Path("Week 2/02 A picture of the rain.ipynb")
    mine, theirs = world.working_folder(student) / path, world.course / path
    # Saved as JupyterLab and as Colab do, which indent differently.
    _edit_cell(mine, -1, "# my answer\nmax(rain)", indent=1)
    _edit_cell(theirs, 0, "# A picture of the rain\n\nNow with a better introduction.", indent=2)
    await _until_stale(world)
    page = await _click(world, browser, student)
    notebook = nbformat.read(mine, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    findings.check("the notebook is valid", held=True)
    findings.check("it has the student's answer", notebook.cells[-1].source == "# my answer\nmax(rain)")
    findings.check("it has the teacher's introduction", "better introduction" in notebook.cells[0].source)
    findings.check("it has no cell twice", len(notebook.cells) == len(json.loads(theirs.read_text())["cells"]))
    findings.check("it opens", _in_notebook(page), page.url)
    findings.requests("one changed notebook", world, ONE_CHANGED_FILE)
    await page.context.close()


def _edit_cell(notebook: Path, number: int, source: str, *, indent: int) -> None:
    content = json.loads(notebook.read_text())
    content["cells"][number]["source"] = source.splitlines(keepends=True)
    notebook.write_text(json.dumps(content, indent=indent, ensure_ascii=False))


async def _outsider(world: World, browser: "Browser", findings: Findings) -> None:
    print(f"{OUTSIDER}, who is not in the group, tries the same link")
    page = await _click(world, browser, OUTSIDER, until="[role=alert]")
    text = await page.inner_text("[role=alert]")
    findings.check(f"{OUTSIDER} reads one sentence: {text.splitlines()[0]!r}", "Traceback" not in text, text)
    findings.check("nothing was written", not any(world.hub.home(OUTSIDER).glob("*/README.md")))
    audit = (world.hub.folder / "audit.log").read_text()
    findings.check("the audit log has the refusal", f'"{OUTSIDER}"' in audit and "bad-link" in audit)
    findings.requests("refused", world, {})
    await page.context.close()


async def _whole_class(world: World, findings: Findings) -> None:
    print(f"{CLASS_SIZE} students click within seconds, on a folder that nobody pulled before")
    (world.course / "Week 3").mkdir()
    for number in range(200):
        (world.course / "Week 3" / f"sheet {number:03}.txt").write_text(f"Sheet {number}\n" * 50)
    await _until_stale(world)
    users = [user for user in world.class_list if user not in STUDENTS]
    tokens = await asyncio.gather(*map(world.hub.token, users))
    folders = [world.hub.folder / "class" / user for user in users]
    world.drive.requests.reset()
    await asyncio.gather(*(_pull_as(world, *one) for one in zip(tokens, folders, strict=True)))
    sheets = {path.name: path.read_bytes() for path in (world.course / "Week 3").iterdir()}
    got = [{path.name: path.read_bytes() for path in (folder / "Week 3").iterdir()} for folder in folders]
    findings.check(f"each of {len(users)} students has every byte", all(one == sheets for one in got))
    # The folder is known, so only what is new is asked for: the change log, the new folder, and each new file once.
    findings.requests(f"{len(users)} users at once", world, {"changes.list": 1, "files.list": 1, "files.media": 200})


def _no_secrets(world: World, findings: Findings) -> None:
    print("Where the secrets are")
    gateway = world.hub.folder / "gateway"
    key_line = world.drive.key_file()["private_key"].splitlines()[2]
    link_token = URL(world.link).query["link"]
    secrets = [key_line, (gateway / "link.key").read_text(), *world.drive.accounts.tokens]
    places = [path for path in world.hub.folder.rglob("*") if path.is_file() and gateway not in path.parents]
    leaks = [path for path in places if any(secret.encode() in path.read_bytes() for secret in secrets)]
    findings.check("no key and no token of Google's in any home, log or audit line", not leaks, leaks)
    # The hub's own log has the addresses that browsers asked it for, and the link is one.
    links = [path for path in places if link_token.encode() in path.read_bytes() and path.name != "jupyterhub.log"]
    findings.check("no link in any home, nor in what hubdrives logs", not links, links)


async def _until_stale(world: World) -> None:
    """Until what the gateway was told must be asked again, so that the requests are the same at each run."""
    await asyncio.sleep(FRESH_SECONDS + 1)
    world.drive.requests.reset()


async def _pull_as(world: World, token: str, target: Path) -> None:
    """What the pull page does for a student, without the browser."""
    target.parent.mkdir(exist_ok=True)
    token_file = target.with_suffix(".token")
    token_file.write_text(token)
    gateway = ConnectionSettings(
        provider="gateway",
        base_url=world.hub.gateway_url,
        credential={"kind": "token", "scheme": "token", "token_file": str(token_file)},
    )
    async with Connections(Settings(connections={"gateway": gateway}), environment={}) as connections:
        found = connections.find(PullRequest.from_query(URL(world.link).query).source)
        await pull(await connections.provider(found.connection), found.location, target)


async def _click(world: World, browser: "Browser", user: str, *, until: str | None = None) -> "Page":
    """Open the link as `user`, log in, and wait for the notebook, or for what `until` selects."""
    page = await log_in(world, browser, user)
    if until:
        await page.wait_for_selector(until)
    else:
        await page.wait_for_url("**/lab/**")
    return page


async def log_in(world: World, browser: "Browser", user: str, *, viewport: "ViewportSize | None" = None) -> "Page":
    """Open the link as `user` in a browser of their own, and log in to the hub."""
    context = await browser.new_context(viewport=viewport)
    page = await context.new_page()
    page.set_default_timeout(_MILLISECONDS)
    await page.goto(world.link)
    await page.fill("#username_input", user)
    await page.fill("#password_input", world.hub.password)
    await page.click("#login_submit")
    return page


def _in_notebook(page: "Page") -> bool:
    return page.url.endswith(_NOTEBOOK.rpartition("/")[2].replace(" ", "%20"))


def _compare(world: World, user: str, findings: Findings) -> None:
    """The files in the student's home against those in the teacher's folder."""
    folder = world.working_folder(user)
    plain = [
        path.relative_to(world.course)
        for path in world.course.rglob("*")
        if path.is_file() and path.name not in {".emulator.json", "Syllabus.txt", "Questions.txt", "Questions (2).txt"}
    ]
    same = [path for path in plain if (folder / path).read_bytes() == (world.course / path).read_bytes()]
    findings.check(f"{user} has all {len(plain)} files, byte for byte", same == plain)
    questions = {path.read_bytes() for path in (folder / "Week 1").glob("Questions*.txt")}
    originals = {path.read_bytes() for path in (world.course / "Week 1").glob("Questions*.txt")}
    findings.check(f"{user} has both files that are called Questions.txt", questions == originals)
    with zipfile.ZipFile(folder / "Syllabus.docx") as document:
        words = document.read("word/document.xml").decode()
    findings.check(f"{user} has the Google Doc as Syllabus.docx", "draw what you counted" in words)
    findings.check(f"{user} has the shortcut's folder", (folder / "Week 2/data/rain.csv").is_file())


def _times(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if ".hubdrives" not in path.parts}


def _listed(requests: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(requests.items())) or "none"
