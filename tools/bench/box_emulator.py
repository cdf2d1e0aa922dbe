"""An emulated Box with nothing in it, whose first line says, as JSON, where it is: `python -m bench.box_emulator 0.04`.

It serves no folder of this machine, as `hubdrives emulate` does: to look at one with each request takes longer than
what is measured here.
"""

import asyncio
import json
import signal
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from hubdrives.testing.emulators.box import Box
from hubdrives.testing.emulators.server import serving


async def main(latency: float) -> None:
    """Serve until SIGTERM, each answer `latency` seconds later."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    with tempfile.TemporaryDirectory() as scratch:
        async with serving(Box(latency=latency)) as box:
            box.site.refuse_leaks = False  # rclone sends its token wherever it is led
            said = asdict(box.announce(Path(scratch)))
            said["credentials"] = {"token": box.token()}
            print(json.dumps({"url": box.url, **said}), flush=True)
            await stop.wait()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))
