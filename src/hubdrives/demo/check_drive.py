"""The unattended demo's part with Google Drive: students click, a teacher edits, a class clicks at once."""

import asyncio
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from yarl import URL

from hubdrives.config import ConnectionSettings, Settings
from hubdrives.connections import Connections
from hubdrives.demo.findings import Findings
from hubdrives.demo.scene import Scene
from hubdrives.demo.world import OUTSIDER, STUDENTS, World
from hubdrives.links import PullRequest
from hubdrives.pull import pull

if TYPE_CHECKING:
    from playwright.async_api import Page

CLASS_SIZE = 50
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


async def check(scene: Scene) -> None:
    """All of it, in order."""
    await _first_pulls(scene)
    await _nothing_new(scene)
    await _both_edit(scene)
    await _both_edit_a_notebook(scene)
    await _outsider(scene)
    await _whole_class(scene)


async def _first_pulls(scene: Scene) -> None:
    print("Both click the link to a folder at Google Drive, which the teacher signed, for the first time")
    world, findings = scene.world, scene.findings
    for user, what, requests in zip(STUDENTS, ("first pull", "second student"), (FIRST_PULL, NOTHING_NEW), strict=True):
        await scene.until_stale()
        page = await _click(scene, user)
        findings.check(f"{user} clicked and landed in the notebook", _in_notebook(page), page.url)
        _compare(world, user, findings)
        findings.requests(what, world.drive, requests)
        await page.close()


async def _nothing_new(scene: Scene) -> None:
    print("A student clicks again, and nothing is new")
    world, findings = scene.world, scene.findings
    await scene.until_stale()
    folder = world.working_folder(STUDENTS[0], world.rain)
    before = _times(folder)
    page = await _click(scene, STUDENTS[0])
    findings.check("the notebook opens again", _in_notebook(page), page.url)
    findings.check("no file was touched", _times(folder) == before)
    findings.requests("unchanged pull", world.drive, NOTHING_NEW)
    await page.close()


async def _both_edit(scene: Scene) -> None:
    print("The teacher edits one file, the student another, and the student clicks again")
    world, findings = scene.world, scene.findings
    student = STUDENTS[0]
    folder = world.working_folder(student, world.rain)
    answer = "Corrie, and I would go in February.\n"
    (folder / "Week 1/Questions.txt").write_text(answer)
    (folder / "my notes.txt").write_text("mine\n")
    (folder / "Week 1/data/towns.csv").unlink()
    readme = world.rain.folder / "README.md"
    readme.write_text(readme.read_text() + "\nOffice hours are on Tuesdays.\n")
    await scene.until_stale()
    page = await _click(scene, student)
    findings.check("the notebook opens", _in_notebook(page), page.url)
    findings.check("the teacher's edit arrived", (folder / "README.md").read_bytes() == readme.read_bytes())
    findings.check("the student's answer stayed", (folder / "Week 1/Questions.txt").read_text() == answer)
    findings.check("the student's own file stayed", (folder / "my notes.txt").read_text() == "mine\n")
    findings.check("a file that the student had deleted came back", (folder / "Week 1/data/towns.csv").is_file())
    findings.requests("one changed file", world.drive, ONE_CHANGED_FILE)
    await page.close()


async def _both_edit_a_notebook(scene: Scene) -> None:
    print("The teacher and the student edit different cells of one notebook, and the student clicks again")
    world, findings = scene.world, scene.findings
    student, path = STUDENTS[0], Path("Week 2/02 A picture of the rain.ipynb")
    mine, theirs = world.working_folder(student, world.rain) / path, world.rain.folder / path
    # Saved as JupyterLab and as Colab do, which indent differently.
    _edit_cell(mine, -1, "# my answer\nmax(rain)", indent=1)
    _edit_cell(theirs, 0, "# A picture of the rain\n\nNow with a better introduction.", indent=2)
    await scene.until_stale()
    page = await _click(scene, student)
    notebook = nbformat.read(mine, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    findings.check("the notebook is valid", held=True)
    findings.check("it has the student's answer", notebook.cells[-1].source == "# my answer\nmax(rain)")
    findings.check("it has the teacher's introduction", "better introduction" in notebook.cells[0].source)
    findings.check("it has no cell twice", len(notebook.cells) == len(json.loads(theirs.read_text())["cells"]))
    findings.check("it opens", _in_notebook(page), page.url)
    findings.requests("one changed notebook", world.drive, ONE_CHANGED_FILE)
    await page.close()


def _edit_cell(notebook: Path, number: int, source: str, *, indent: int) -> None:
    content = json.loads(notebook.read_text())
    content["cells"][number]["source"] = source.splitlines(keepends=True)
    notebook.write_text(json.dumps(content, indent=indent, ensure_ascii=False))


async def _outsider(scene: Scene) -> None:
    print(f"{OUTSIDER}, who is not in the group, tries the same link")
    world, findings = scene.world, scene.findings
    page = await _click(scene, OUTSIDER, until="[role=alert]")
    text = await page.inner_text("[role=alert]")
    findings.check(f"{OUTSIDER} reads one sentence: {text.splitlines()[0]!r}", "Traceback" not in text, text)
    findings.check("nothing was written", not any(world.hub.home(OUTSIDER).glob("*/README.md")))
    audit = (world.hub.folder / "audit.log").read_text()
    findings.check("the audit log has the refusal", f'"{OUTSIDER}"' in audit and "bad-link" in audit)
    findings.requests("refused", world.drive, {})
    await page.close()


async def _whole_class(scene: Scene) -> None:
    print(f"{CLASS_SIZE} students click within seconds, on a folder that nobody pulled before")
    world, findings = scene.world, scene.findings
    (world.rain.folder / "Week 3").mkdir()
    for number in range(200):
        (world.rain.folder / "Week 3" / f"sheet {number:03}.txt").write_text(f"Sheet {number}\n" * 50)
    await scene.until_stale()
    users = [user for user in world.class_list if user not in STUDENTS]
    tokens = await asyncio.gather(*map(world.hub.token_for, users))
    folders = [world.hub.folder / "class" / user for user in users]
    world.drive.requests.reset()
    await asyncio.gather(*(_pull_as(world, *one) for one in zip(tokens, folders, strict=True)))
    sheets = {path.name: path.read_bytes() for path in (world.rain.folder / "Week 3").iterdir()}
    got = [{path.name: path.read_bytes() for path in (folder / "Week 3").iterdir()} for folder in folders]
    findings.check(f"each of {len(users)} students has every byte", all(one == sheets for one in got))
    # The folder is known, so only what is new is asked for: the change log, the new folder, and each new file once.
    findings.requests(
        f"{len(users)} users at once", world.drive, {"changes.list": 1, "files.list": 1, "files.media": 200}
    )


async def _pull_as(world: World, token: str, target: Path) -> None:
    """What the pull page does for a student, without the browser."""
    target.parent.mkdir(exist_ok=True)
    token_file = target.with_suffix(".token")
    token_file.write_text(token)
    gateway = ConnectionSettings(
        provider="gateway",
        base_url=world.hub.direct_url,
        credential={"kind": "token", "scheme": "token", "token_file": str(token_file)},
    )
    async with Connections(Settings(connections={"gateway": gateway}), environment={}) as connections:
        found = connections.find(PullRequest.from_query(URL(world.rain.link).query).source)
        await pull(await connections.provider(found.connection), found.location, target)


async def _click(scene: Scene, user: str, *, until: str | None = None) -> "Page":
    """Open the link as `user`, and wait for the notebook, or for what `until` selects."""
    page = await scene.students[user].open(scene.world.rain.link)
    if until:
        await page.wait_for_selector(until)
    else:
        await page.wait_for_url("**/lab/**")
    return page


def _in_notebook(page: "Page") -> bool:
    return page.url.endswith(_NOTEBOOK.rpartition("/")[2].replace(" ", "%20"))


def _compare(world: World, user: str, findings: Findings) -> None:
    """The files in the student's home against those in the teacher's folder."""
    folder = world.working_folder(user, world.rain)
    plain = [
        path.relative_to(world.rain.folder)
        for path in world.rain.folder.rglob("*")
        if path.is_file() and path.name not in {".emulator.json", "Syllabus.txt", "Questions.txt", "Questions (2).txt"}
    ]
    same = [path for path in plain if (folder / path).read_bytes() == (world.rain.folder / path).read_bytes()]
    findings.check(f"{user} has all {len(plain)} files, byte for byte", same == plain)
    questions = {path.read_bytes() for path in (folder / "Week 1").glob("Questions*.txt")}
    originals = {path.read_bytes() for path in (world.rain.folder / "Week 1").glob("Questions*.txt")}
    findings.check(f"{user} has both files that are called Questions.txt", questions == originals)
    with zipfile.ZipFile(folder / "Syllabus.docx") as document:
        words = document.read("word/document.xml").decode()
    findings.check(f"{user} has the Google Doc as Syllabus.docx", "draw what you counted" in words)
    findings.check(f"{user} has the shortcut's folder", (folder / "Week 2/data/rain.csv").is_file())


def _times(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if ".hubdrives" not in path.parts}
