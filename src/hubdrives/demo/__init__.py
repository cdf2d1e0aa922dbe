"""`make demo`: a real JupyterHub, the gateway, an emulated Google Drive with a sample course, one click."""

import asyncio
import shutil
import signal
import tempfile
from pathlib import Path

from hubdrives.demo.check import check_all
from hubdrives.demo.hub import port_or_free
from hubdrives.demo.world import GROUP, OUTSIDER, STUDENTS, World, running_world

__all__ = ["run"]
_PORT = 8000


def run(*, check: bool) -> int:
    """Run the demo until it is interrupted, or with `check` go through it unattended.

    Returns:
        0 when all went well; 1 when something that was checked did not hold.

    Raises:
        LocalFailure: Node.js, the proxy or (with `check`) a Chromium is missing.
    """
    folder = Path(tempfile.mkdtemp(prefix="hubdrives-demo-"))
    try:
        return asyncio.run(_checked(folder) if check else _shown(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _checked(folder: Path) -> int:
    print("Starting a JupyterHub, the gateway and an emulated Google Drive …", flush=True)
    return await check_all(folder)


async def _shown(folder: Path) -> int:
    print("Starting a JupyterHub, the gateway and an emulated Google Drive …", flush=True)
    async with running_world(folder, port=port_or_free(_PORT)) as world:
        # So that the progress can be watched: on one machine everything would be there at once.
        world.drive.latency = 0.3
        print(_invitation(world), flush=True)
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopped.set)
        await stopped.wait()
        print("\nStopping …", flush=True)
    return 0


def _invitation(world: World) -> str:
    return f"""
Open this link, log in, and watch the course arrive:

  {world.link}

  users      {" and ".join(STUDENTS)} (in the group {GROUP}); {OUTSIDER} is not in it and gets nothing
  password   {world.hub.password}

The teacher's folder at Google Drive is {world.course}
Edit a file there, then open the link again: the edit arrives, and what the student wrote stays.

Ctrl+C ends the demo and removes everything."""
