"""What the demo plays with: a course at an emulated Google Drive, a hub with a gateway, a teacher's signed link."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from hubdrives.config import GATEWAY_VARIABLE
from hubdrives.demo.hub import Hub, running_hub
from hubdrives.errors import HubdrivesError
from hubdrives.testing.emulators.googledrive import GoogleDrive
from hubdrives.testing.emulators.server import serving

TEACHER = "tess"
STUDENTS = ("alice", "bob")
OUTSIDER = "mallory"
GROUP = "rain-course"
FRESH_SECONDS = 10.0
"""For how long the demo's gateway hands out a listing before it asks the provider again."""

_COURSE = Path(__file__).with_name("course")
_SAFE_NAME = "Reading the rain"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything that runs."""

    hub: Hub
    drive: GoogleDrive
    course: Path
    """The teacher's folder: an edit here is an edit at Google Drive."""
    link: str
    """The teacher's signed link for the group."""
    class_list: tuple[str, ...]
    """Everybody in the group."""

    def working_folder(self, user: str) -> Path:
        """Where the course lands in the home of `user`."""
        return self.hub.home(user) / _SAFE_NAME


@asynccontextmanager
async def running_world(folder: Path, *, port: int = 0, class_size: int = 0) -> AsyncIterator[World]:
    """Start all of it in `folder`, stop it at the end.

    Args:
        folder: an empty folder for everything that is written.
        port: where the browser finds the hub on 127.0.0.1; 0 takes a free one.
        class_size: how many more students there are in the group, named student01 and so on.

    Raises:
        LocalFailure: see `running_hub`.
        HubdrivesError: the link could not be signed.
    """
    course = folder / "drive" / _SAFE_NAME
    shutil.copytree(_COURSE, course)
    (course / "Hand in").mkdir()
    class_list = (*STUDENTS, *(f"student{number:02}" for number in range(1, class_size + 1)))
    async with serving(GoogleDrive(course)) as drive:
        config = _gateway_config(folder, drive)
        groups = {GROUP: class_list}
        async with running_hub(folder, gateway_config=config, groups=groups, port=port) as hub:
            yield World(
                hub=hub,
                drive=drive,
                course=course,
                link=await _signed_link(hub, drive.location),
                class_list=class_list,
            )


def _gateway_config(folder: Path, drive: GoogleDrive) -> Path:
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

[gateway]
cache_folder = "{secrets}/cache"
fresh_seconds = {FRESH_SECONDS}
link_key_file = "{secrets}/link.key"
audit_file = "{folder}/audit.log"
""")
    return config


async def _signed_link(hub: Hub, location: str) -> str:
    """The link that the teacher gets from the command line on their server."""
    notebook = "Week 1/01 Rain in four towns.ipynb"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "hubdrives", "link", location, "--for", GROUP, "--open", notebook, "--hub", hub.url),
        env={**os.environ, GATEWAY_VARIABLE: hub.gateway_url, "JUPYTERHUB_API_TOKEN": await hub.token(TEACHER)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    if process.returncode != 0:
        raise HubdrivesError(f"The link could not be made: {err.decode().strip()}")
    return out.decode().strip()
