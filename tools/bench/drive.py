"""Pull a Drive folder with hubdrives and with rclone, in turn, from one emulator with latency.

Prints whole-process wall seconds (minimum, median, maximum), the requests that the provider saw, the bound that
latency sets: ceil(requests / concurrency) * latency, the peak memory, and the ratio of the medians. rclone goes through
a TLS proxy on this machine, as it knows no other address for Drive; its pace is set free, else it would wait on
purpose.
"""

import argparse
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from bench.emulated import BIN, Emulated, Taken, emulated, put_aside, row
from hubdrives.testing.emulators.tls_proxy import GOOGLE_HOSTS, tls_proxy

CONCURRENCY = 8


async def compare(drive: Emulated, folder: Path, proxy_env: Mapping[str, str], options: argparse.Namespace) -> None:
    ours, theirs = folder / "hubdrives", folder / "rclone"
    root, key_file = drive.location.rpartition("/")[2], drive.credentials["service_account_file"]
    remote = f":drive,scope=drive.readonly,service_account_file={key_file},root_folder_id={root}:"
    pull = (BIN / "hubdrives", "pull", drive.location, ours)
    speed = ("--drive-pacer-min-sleep=1ms", "--drive-pacer-burst=1000")
    copy = (
        *(BIN / "rclone", "--config=", *speed),
        *(f"--transfers={CONCURRENCY}", f"--checkers={CONCURRENCY}", "copy", remote, theirs),
    )
    for what, fresh in (("first pull", True), ("nothing new", False)):
        mine: list[Taken] = []
        peers: list[Taken] = []
        for _ in range(options.runs):
            if fresh:
                put_aside(ours)
                put_aside(theirs)
            mine.append(await drive.taken(*pull, env=drive.env))
            peers.append(await drive.taken(*copy, env=proxy_env))
        medians = [
            row(f"{name}, {what}", runs, concurrency=CONCURRENCY, latency=options.latency)
            for name, runs in (("hubdrives", mine), ("rclone", peers))
        ]
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
        serve = (BIN / "hubdrives", "emulate", "googledrive", folder / "drive", "--latency", str(options.latency))
        async with (
            emulated(*serve) as drive,
            tls_proxy(drive.url, hosts=GOOGLE_HOSTS, scratch=folder) as proxy,
        ):
            env = {"HTTPS_PROXY": proxy.url, "SSL_CERT_FILE": str(proxy.ca_file)}
            print(f"{options.files} files of {options.size} bytes in {options.folders} folders")
            print(f"{options.latency} s latency, {options.runs} runs; minimum, median, maximum")
            await compare(drive, folder, env, options)
