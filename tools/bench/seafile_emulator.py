"""An emulated Seafile server in memory, whose first line says, as JSON, where it is.

`python -m bench.seafile_emulator LATENCY FILES FOLDERS SIZE USERS`: its library has FILES files of SIZE bytes in
FOLDERS folders, and beside its account there are `user0@example.org` and so on.
"""

import asyncio
import json
import os
import signal
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from hubdrives.testing.emulators.seafile import Seafile
from hubdrives.testing.emulators.server import serving


async def main(latency: float, files: int, folders: int, size: int, users: int) -> None:
    """Serve until SIGTERM, each answer `latency` seconds later."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    with tempfile.TemporaryDirectory() as scratch:
        async with serving(Seafile(latency=latency)) as seafile:
            for number in range(files):
                seafile.add_file(f"course/folder {number % folders}/file {number}.bin", os.urandom(size))
            for number in range(users):
                seafile.add_user(f"user{number}@example.org")
            print(json.dumps({"url": seafile.url, **asdict(seafile.announce(Path(scratch)))}), flush=True)
            await stop.wait()


if __name__ == "__main__":
    _, _latency, *_counts = sys.argv
    asyncio.run(main(float(_latency), *map(int, _counts)))
