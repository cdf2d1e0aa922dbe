"""An emulated Globus whose first line says, as JSON, where it is.

`python -m bench.globus_emulator LATENCY FILES FOLDERS SIZE LARGE`: its collection has `course` with FILES files of SIZE
bytes in FOLDERS folders, `large/large.bin` of LARGE bytes, and a folder `up` with nothing in it.
"""

import asyncio
import json
import os
import signal
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from hubdrives.testing.emulators.globus import Globus
from hubdrives.testing.emulators.server import serving

_LONG_AGO = 1_700_000_000.0


async def main(latency: float, files: int, folders: int, size: int, large: int) -> None:
    """Serve until SIGTERM, each answer `latency` seconds later."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    with tempfile.TemporaryDirectory() as scratch:
        async with serving(Globus(latency=latency)) as globus:
            for number in range(files):
                path = f"course/folder {number % folders}/file {number}.bin"
                globus.add_file(path, os.urandom(size), modified=_LONG_AGO)
            _add_large(globus, large)
            globus.add_folder("up")
            said = asdict(globus.announce(Path(scratch)))
            said["credentials"]["https_server"] = globus.collection.https_server
            print(json.dumps({"url": globus.url, **said}), flush=True)
            await stop.wait()


def _add_large(globus: Globus, size: int) -> None:
    """Plant the large file, which is kept on disk."""
    draft = globus.store.new_draft()
    with draft.open("wb") as file:
        while size:
            piece = os.urandom(min(size, 1 << 20))
            file.write(piece)
            size -= len(piece)
    node = globus.add_file("large/large.bin", modified=_LONG_AGO)
    globus.tree.replace(node.id, globus.store.adopt(draft), modified=_LONG_AGO)


if __name__ == "__main__":
    _, _latency, *_counts = sys.argv
    asyncio.run(main(float(_latency), *map(int, _counts)))
