"""What the demo plays with: a hub with a gateway, a login issuer, a course at Google Drive and courses in Canvas."""

import asyncio
import json
import os
import shutil
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from hubdrives.config import GATEWAY_VARIABLE
from hubdrives.errors import HubdrivesError
from hubdrives.testing.emulators.canvas import Canvas
from hubdrives.testing.emulators.googledrive import GoogleDrive
from hubdrives.testing.emulators.server import serving
from hubdrives.testing.hub import Hub, running_hub
from hubdrives.testing.issuer import Issuer, running_issuer

TEACHER = "tess"
STUDENTS = ("alice", "bob")
OUTSIDER = "mallory"
GROUP = "rain-course"
FRESH_SECONDS = 10.0
"""For how long the demo's gateway hands out a listing before it asks the provider again."""
ACCESS_SECONDS = 40
"""How long an access token of a login lives."""

_RAIN = "Reading the rain"
_SKY = "Reading the sky"
_SNOW = "Reading the snow"
_OPENS_IN_SECONDS = 30 * 24 * 3600
_HUB_LOOKS_SECONDS = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A course, and how its students get it."""

    folder: Path
    """The teacher's: an edit here is an edit at the provider."""
    link: str

    @property
    def name(self) -> str:
        return self.folder.name


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything that runs."""

    hub: Hub
    issuer: Issuer
    drive: GoogleDrive
    canvas: Canvas
    rain: Course
    """At Google Drive. The teacher signed the link for the group."""
    sky: Course
    """In Canvas, for both students; the link is a plain one."""
    snow: Course
    """In Canvas, for the second student only."""
    class_list: tuple[str, ...]
    """Everybody in the group."""

    def working_folder(self, user: str, course: Course) -> Path:
        """Where a course lands in the home of `user`."""
        return self.hub.home(user) / course.name


@asynccontextmanager
async def running_world(folder: Path, *, port: int = 0, class_size: int = 0) -> AsyncIterator[World]:
    """Start all of it in `folder`, stop it at the end.

    Args:
        folder: an empty folder for everything that is written.
        port: where the browser finds the hub on 127.0.0.1; 0 takes a free one.
        class_size: how many more students there are in the group, named student01 and so on.

    Raises:
        LocalFailure: see `running_hub` and `running_issuer`.
        HubdrivesError: a link could not be made.
    """
    rain, sky, snow = folder / "drive" / _RAIN, folder / "canvas" / _SKY, folder / "canvas" / _SNOW
    shutil.copytree(Path(__file__).with_name("course"), rain)
    (rain / "Hand in").mkdir()
    shutil.copytree(Path(__file__).with_name("canvas_course"), sky)
    snow.mkdir()
    (snow / "README.md").write_text(f"# {_SNOW}\n\nOnly those who are enrolled see this.\n")
    class_list = (*STUDENTS, *(f"student{number:02}" for number in range(1, class_size + 1)))
    accounts: dict[str, list[str]] = {login: [] for login in (TEACHER, *STUDENTS, OUTSIDER)}
    async with (
        running_issuer(accounts=accounts, access_seconds=ACCESS_SECONDS, rotate=True) as issuer,
        serving(GoogleDrive(rain)) as drive,
        serving(Canvas(sky, authority=issuer.person)) as canvas,
        running_hub(
            folder,
            gateway_config=_gateway_config(folder, drive, canvas),
            issuer=issuer,
            groups={GROUP: class_list},
            # What renews a token in the demo is a pull, not the hub's own look at those who are logged in.
            refresh_age=_HUB_LOOKS_SECONDS,
            port=port,
        ) as hub,
    ):
        snow_url = await _teach(canvas, snow)
        # On a connection where everybody reads with their own login, the teacher does so, too.
        async with await hub.log_in(TEACHER):
            sky_link = await _link(hub, canvas.location)
            snow_link = await _link(hub, snow_url)
        notebook = "Week 1/01 Rain in four towns.ipynb"
        yield World(
            hub=hub,
            issuer=issuer,
            drive=drive,
            canvas=canvas,
            rain=Course(folder=rain, link=await _link(hub, drive.location, "--for", GROUP, "--open", notebook)),
            sky=Course(folder=sky, link=sky_link),
            snow=Course(folder=snow, link=snow_link),
            class_list=class_list,
        )


def _gateway_config(folder: Path, drive: GoogleDrive, canvas: Canvas) -> Path:
    """Write what an admin would: the key and the link secret as files that only the gateway reads, and the grants."""
    secrets = folder / "gateway"
    secrets.mkdir(mode=0o700)
    for name, content in {"key.json": json.dumps(drive.key_file()), "link.key": os.urandom(32).hex()}.items():
        (secrets / name).touch(mode=0o600)
        (secrets / name).write_text(content)
    config = secrets / "hubdrives.toml"
    config.write_text(f"""\
[connections.course-drive]
provider = "googledrive"
base_url = "{drive.url}"
root = "{drive.location}"
credential = {{ kind = "google_service_account", key_file = "{secrets}/key.json" }}

# The teacher may read the folder and make links to it. Students need no grant: the link is theirs.
[[grants]]
connection = "course-drive"
users = ["{TEACHER}"]
can = ["read", "link"]

# Everybody reads Canvas as themselves, with the token of their login.
[connections.canvas]
provider = "canvas"
base_url = "{canvas.url}"
credential = {{ kind = "hub_login" }}

[[grants]]
connection = "canvas"
everyone = true

[gateway]
cache_folder = "{secrets}/cache"
fresh_seconds = {FRESH_SECONDS}
link_key_file = "{secrets}/link.key"
audit_file = "{folder}/audit.log"
""")
    return config


async def _teach(canvas: Canvas, snow: Path) -> str:
    """Enrol everybody, and close what is not open yet; the address of the second course."""
    for student in STUDENTS:
        canvas.enrol(student, canvas.course)
    other = canvas.add_course(snow.name, directory=snow)
    canvas.enrol(STUDENTS[1], other)
    for course in (canvas.course, other):
        canvas.enrol(TEACHER, course, role="teacher")
    opens = time.time() + _OPENS_IN_SECONDS
    canvas.lock(await canvas.find("Exam.md"))
    canvas.unlock_at(await canvas.find("Week 2"), opens)
    module = canvas.add_module(canvas.course, "After week 1", unlock_at=opens)
    canvas.add_module_item(module, await canvas.find("Week 1/Answers.md"))
    return other.url


async def _link(hub: Hub, source: str, *options: str) -> str:
    """The link that the teacher gets from the command line on their server."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hubdrives", "link", source, *options, "--hub", hub.url),
        env={**os.environ, GATEWAY_VARIABLE: hub.direct_url, "JUPYTERHUB_API_TOKEN": await hub.token_for(TEACHER)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    if process.returncode != 0:
        raise HubdrivesError(f"The link could not be made: {err.decode().strip()}")
    return out.decode().strip()
