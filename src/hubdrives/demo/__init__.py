"""`make demo`: a real JupyterHub, the gateway, emulated Google Drive and Canvas with sample courses, one click."""

import asyncio
import shutil
import signal
import tempfile
from pathlib import Path

from hubdrives.demo.check import check_all
from hubdrives.demo.world import ACCESS_SECONDS, GROUP, OUTSIDER, STUDENTS, World, running_world
from hubdrives.testing.processes import port_or_free

__all__ = ["run"]
_PORT = 8000
_STARTING = "Starting a JupyterHub, its login issuer, the gateway, an emulated Google Drive and an emulated Canvas …"


def run(*, check: bool) -> int:
    """Run the demo until it is interrupted, or with `check` go through it unattended.

    Returns:
        0 when all went well; 1 when something that was checked did not hold.

    Raises:
        LocalFailure: Node.js, the proxy, the issuer or (with `check`) a Chromium is missing.
    """
    folder = Path(tempfile.mkdtemp(prefix="hubdrives-demo-"))
    print(_STARTING, flush=True)
    try:
        return asyncio.run(check_all(folder) if check else _shown(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _shown(folder: Path) -> int:
    async with running_world(folder, port=port_or_free(_PORT)) as world:
        # So that the progress can be watched: on one machine everything would be there at once.
        world.drive.latency = world.canvas.latency = 0.3
        print(_invitation(world), flush=True)
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopped.set)
        await stopped.wait()
        print("\nStopping …", flush=True)
    return 0


def _invitation(world: World) -> str:
    first, second = STUDENTS
    return f"""
Open a link, log in, and watch a course arrive:

  Google Drive   {world.rain.link}
  Canvas         {world.sky.link}

  users      {first} and {second}; {OUTSIDER} is in no group and no course, and gets nothing
  password   none: the login page asks for the name

Google Drive is read with the hub's own account: the teacher signed that link for the group {GROUP}. Canvas is read by
each student with the token of their own login, which ends after {ACCESS_SECONDS} seconds and is renewed by the hub.

The teacher's folder at Google Drive is {world.rain.folder}
and that of the course in Canvas is     {world.sky.folder}
Edit a file there, then open the link again: the edit arrives, and what the student wrote stays.

One more course in Canvas is for {second} only; {first} is refused:

  {world.snow.link}

Ctrl+C ends the demo and removes everything."""
