"""Pull a Drive folder with hubdrives and with rclone, in turn, from one emulator with latency.

Prints whole-process wall seconds (minimum, median, maximum), the requests that the provider saw, the ratio of the
medians, and the bound that latency sets: ceil(requests / concurrency) * latency. rclone goes through a TLS proxy on
this machine, as it knows no other address for Drive; its pace is set free, else it would wait on purpose.
"""

import argparse
import asyncio
import json
import math
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp

from hubdrives.testing.emulators.tls_proxy import GOOGLE_HOSTS, tls_proxy

BIN = Path(sys.executable).parent
CONCURRENCY = 8


class Drive:
    """An emulated Drive in a process of its own."""

    def __init__(self, said: dict[str, Any]) -> None:
        self.url, self.location = said["url"], said["location"]
        self.env, self.key_file = said["env"], said["credentials"]["service_account_file"]

    async def requests(self) -> int:
        """How many there were since the last call."""
        async with aiohttp.ClientSession(self.url) as session:
            async with session.get("/_emulator/requests") as answer:
                total = int((await answer.json())["total"])
            await (await session.post("/_emulator/reset")).release()
        return total


async def run(*command: str | Path, env: dict[str, str]) -> None:
    process = await asyncio.create_subprocess_exec(
        *command, env={**os.environ, **env}, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    _, err = await process.communicate()
    if process.returncode != 0:
        sys.exit(f"{command[0]} failed: {err.decode()[-2000:]}")


async def measured(drive: Drive, work: Callable[[], Awaitable[None]]) -> tuple[float, int]:
    await drive.requests()
    begun = time.perf_counter()
    await work()
    return time.perf_counter() - begun, await drive.requests()


def row(name: str, runs: list[tuple[float, int]], latency: float) -> float:
    times, requests = [time for time, _ in runs], runs[-1][1]
    bound = math.ceil(requests / CONCURRENCY) * latency
    median = statistics.median(times)
    print(
        f"{name:28} {min(times):7.2f} {median:7.2f} {max(times):7.2f} s   {requests:5} requests   bound {bound:5.2f} s",
        flush=True,
    )
    return median


async def compare(drive: Drive, folder: Path, proxy_env: dict[str, str], options: argparse.Namespace) -> None:
    ours, theirs = folder / "hubdrives", folder / "rclone"
    root = drive.location.rpartition("/")[2]
    remote = f":drive,scope=drive.readonly,service_account_file={drive.key_file},root_folder_id={root}:"
    pull = (BIN / "hubdrives", "pull", drive.location, ours)
    speed = ("--drive-pacer-min-sleep=1ms", "--drive-pacer-burst=1000")
    copy = (
        *(BIN / "rclone", "--config=", *speed),
        *(f"--transfers={CONCURRENCY}", f"--checkers={CONCURRENCY}", "copy", remote, theirs),
    )
    for what, fresh in (("first pull", True), ("nothing new", False)):
        mine, peers = [], []
        for _ in range(options.runs):
            if fresh:
                shutil.rmtree(ours, ignore_errors=True)
                shutil.rmtree(theirs, ignore_errors=True)
            mine.append(await measured(drive, lambda: run(*pull, env=drive.env)))
            peers.append(await measured(drive, lambda: run(*copy, env=proxy_env)))
        medians = row(f"hubdrives, {what}", mine, options.latency), row(f"rclone, {what}", peers, options.latency)
        print(f"{'':28} hubdrives / rclone: {medians[0] / medians[1]:.2f}", flush=True)
    same = all((ours / path.relative_to(theirs)).read_bytes() == path.read_bytes() for path in theirs.rglob("*.bin"))
    print(f"both have the same bytes: {same}")


async def main(options: argparse.Namespace) -> None:
    """Take all times, with the options `files`, `folders`, `size` (bytes), `latency` (seconds) and `runs`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(options.files):
            path = folder / "drive" / f"folder {number % options.folders}" / f"file {number}.bin"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(os.urandom(options.size))
        emulator = await asyncio.create_subprocess_exec(
            *(BIN / "hubdrives", "emulate", "googledrive", folder / "drive", "--latency", str(options.latency)),
            stdout=asyncio.subprocess.PIPE,
        )
        assert emulator.stdout is not None
        drive = Drive(json.loads(await emulator.stdout.readline()))
        try:
            async with tls_proxy(drive.url, hosts=GOOGLE_HOSTS, scratch=folder) as proxy:
                env = {"HTTPS_PROXY": proxy.url, "SSL_CERT_FILE": str(proxy.ca_file)}
                print(f"{options.files} files of {options.size} bytes in {options.folders} folders")
                print(f"{options.latency} s latency, {options.runs} runs; minimum, median, maximum")
                await compare(drive, folder, env, options)
        finally:
            emulator.terminate()
            await emulator.wait()
