"""Providers on loopback: faithful enough that clients which know nothing of this project work against them.

    async with serve("googledrive", Path("course")) as drive:
        print(drive.url, drive.location)

Nothing here imports the code that is tested with it.
"""

import asyncio
import json
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from hubdrives.testing.emulators.server import Emulator, serving

# Imported when it is asked for: a provider needs libraries that another does not.
PROVIDERS = {
    "box": "hubdrives.testing.emulators.box",
    "canvas": "hubdrives.testing.emulators.canvas",
    "globus": "hubdrives.testing.emulators.globus",
    "googledrive": "hubdrives.testing.emulators.googledrive",
    "seafile": "hubdrives.testing.emulators.seafile",
}


@asynccontextmanager
async def serve(provider: str, directory: Path, *, port: int = 0, latency: float = 0.0) -> AsyncIterator[Emulator]:
    """Serve a directory, live, as a provider on 127.0.0.1.

    Args:
        provider: a key of PROVIDERS.
        directory: it must exist.
        port: 0 takes a free one.
        latency: seconds that each answer waits.

    Raises:
        KeyError: there is no such provider.
        OSError: the port is taken, or the directory can't be read.
        SidecarError: `.emulator.json` in the directory can't be read.
    """
    emulator: Emulator = import_module(PROVIDERS[provider]).open_emulator(directory, latency=latency)
    async with serving(emulator, port=port):
        yield emulator


def run(provider: str, directory: Path, *, port: int, latency: float) -> None:
    """Serve until SIGTERM or SIGINT; the first line on stdout says, as JSON, where and how to log in.

    The credentials lie in a private directory that is removed at the end. Raises what `serve` raises.
    """
    asyncio.run(_run(provider, directory, port=port, latency=latency))


async def _run(provider: str, directory: Path, *, port: int, latency: float) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    with tempfile.TemporaryDirectory(prefix="hubdrives-emulate-") as scratch:
        async with serve(provider, directory, port=port, latency=latency) as emulator:
            announcement = asdict(emulator.announce(Path(scratch)))
            print(json.dumps({"provider": provider, "url": emulator.url, **announcement}), flush=True)  # noqa: T201 - the outer interface
            await stop.wait()
