"""Emulated providers in processes of their own, and what programs take that work against them."""

import asyncio
import itertools
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

BIN = Path(sys.executable).parent
_NUMBERS = itertools.count()


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What one run of a program took."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds."""
    peak: int
    """Bytes of memory."""
    requests: int
    here: float
    """Seconds of CPU that this process took meanwhile: for a TLS proxy, if the program used one."""


class Emulated:
    """An emulated provider that runs."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        self.url, self.location = said["url"], said["location"]
        self.env, self.credentials = said["env"], said["credentials"]

    async def requests(self) -> int:
        """How many there were since the last call."""
        async with aiohttp.ClientSession(self.url) as session:
            async with session.get("/_emulator/requests") as answer:
                total = int((await answer.json())["total"])
            await (await session.post("/_emulator/reset")).release()
        return total

    async def taken(self, *command: str | Path, env: Mapping[str, str], room: int = 0) -> Taken:
        """Run a program, the whole of it; if it fails, so does the bench. `room` is the bytes that it will write."""
        await self.requests()
        # What was written before is on the disk: else it is written while this is timed.
        await asyncio.to_thread(os.sync)
        await asyncio.to_thread(_use, room)
        with tempfile.TemporaryFile() as errors:
            begun, here = time.perf_counter(), time.process_time()
            process = subprocess.Popen(  # noqa: ASYNC220 - starting takes a moment, waiting is in a thread
                command, env={**os.environ, **env}, stdout=subprocess.DEVNULL, stderr=errors
            )
            # Linux counts the memory of the process that started it as well: never less than this one's peak.
            _, process.returncode, usage = await asyncio.to_thread(os.wait4, process.pid, 0)
            wall, here = time.perf_counter() - begun, time.process_time() - here
            if process.returncode:
                errors.seek(0)
                sys.exit(f"{command[0]} failed: {errors.read().decode()[-2000:]}")
        return Taken(
            wall=wall,
            cpu=usage.ru_utime + usage.ru_stime,
            peak=usage.ru_maxrss * 1024,
            requests=await self.requests(),
            here=here,
        )


def _use(room: int) -> None:
    """Use memory, and let go of it: a virtual machine gets each piece from its host when it first touches it, and the
    host takes back what is free. Who writes a large file first would wait for all of it, who comes next for none.
    """
    if room:
        touch = f"import mmap\nmemory = mmap.mmap(-1, {2 * room})\nfor at in range(0, {2 * room}, 4096): memory[at] = 1"
        # In a process of its own: the peak of this one counts for all that it starts.
        subprocess.run((sys.executable, "-c", touch), check=True)


@asynccontextmanager
async def emulated(*command: str | Path) -> AsyncIterator[Emulated]:
    """Run a command that serves an emulated provider and says on its first line where."""
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        yield Emulated(json.loads(await process.stdout.readline()))
    finally:
        process.terminate()
        await process.wait()


def put_aside(folder: Path) -> None:
    """Make room for what the next run brings. Nothing is deleted before the end: for some seconds ext4 steps around
    each inode that was let go of, and who creates files meanwhile pays for it.
    """
    if folder.exists():
        folder.rename(folder.with_name(f"{folder.name} {next(_NUMBERS)}"))


def limit(connection: str, concurrency: int) -> str:
    """Lines of a configuration: this many requests at the same time."""
    return f"[connections.{connection}.limits]\nconcurrency = {concurrency}\n"


def configured(provider: Emulated, folder: Path, *lines: str) -> str:
    """Where a copy of its configuration is, with more lines."""
    copy = folder / "hubdrives.toml"
    copy.write_text("\n".join((Path(provider.env["HUBDRIVES_CONFIG"]).read_text(), *lines)))
    return str(copy)


def row(name: str, runs: Sequence[Taken], *, concurrency: int, latency: float) -> float:
    """Print a line; the bound is what `latency` (seconds) alone takes. Gives the median of the seconds."""
    walls, requests = [run.wall for run in runs], runs[-1].requests
    bound = math.ceil(requests / concurrency) * latency
    median = statistics.median(walls)
    print(
        f"{name:28} {min(walls):7.2f} {median:7.2f} {max(walls):7.2f} s   bound {bound:6.2f} s   "
        f"{requests:5} requests   cpu {statistics.median(run.cpu for run in runs):6.2f} s   "
        f"{max(run.peak for run in runs) / 1e6:4.0f} MB",
        flush=True,
    )
    return median
