"""Pull a folder from an emulated Seafile server with hubdrives and with rclone, and make spaces for many users.

Prints what `bench.emulated.row` says, the ratios of the medians, and what was promised: a first pull takes at most half
of rclone's time, one that finds nothing new at most two requests, and spaces at most one and a half times what
latency alone takes for the requests that they need, and for one each if they need fewer.
"""

import argparse
import math
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from bench.emulated import BIN, Emulated, Taken, configured, emulated, limit, put_aside, row

OURS, RCLONE = "hubdrives", "rclone"


async def main(options: argparse.Namespace) -> None:
    """Take all times.

    Options are `files`, `folders`, `size` (bytes), `latency` (seconds), `concurrency`, `users` and `runs`.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        counts = (options.files, options.folders, options.size, options.users)
        serve = (sys.executable, "-m", "bench.seafile_emulator", options.latency, *counts)
        print(f"{options.latency} s latency, concurrency {options.concurrency}, {options.runs} runs")
        print("minimum, median, maximum; the most memory of all runs")
        async with emulated(*map(str, serve)) as seafile:
            await _pull(seafile, folder, options)
            await _spaces(seafile, folder, options)


async def _pull(seafile: Emulated, folder: Path, options: argparse.Namespace) -> None:
    print(f"\n{options.files} files of {options.size} bytes in {options.folders} folders")
    ours, theirs = folder / "ours", folder / "theirs"
    pull = (BIN / "hubdrives", "pull", "seafile:/course", ours)
    many = (f"--transfers={options.concurrency}", f"--checkers={options.concurrency}")
    copy = (BIN / "rclone", "--config=", *many, "copy", "sf:course", theirs)
    ours_env = {**seafile.env, "HUBDRIVES_CONFIG": configured(seafile, folder, limit("seafile", options.concurrency))}
    environment = _rclone(seafile)
    for what, fresh in (("first pull", True), ("nothing new", False)):
        taken: dict[str, list[Taken]] = {OURS: [], RCLONE: []}
        for _ in range(options.runs):
            if fresh:
                put_aside(ours)
                put_aside(theirs)
            taken[OURS].append(await seafile.taken(*pull, env=ours_env))
            taken[RCLONE].append(await seafile.taken(*copy, env=environment))
        medians = {
            name: row(f"{name}, {what}", runs, concurrency=options.concurrency, latency=options.latency)
            for name, runs in taken.items()
        }
        promised = " (promised: at most 0.5)" if fresh else ""
        print(f"{'':28} {OURS} / {RCLONE}: {medians[OURS] / medians[RCLONE]:.3f}{promised}", flush=True)
        if not fresh:
            most = max(run.requests for run in taken[OURS])
            print(f"{'':28} {OURS}: {most} requests (promised: at most 2)", flush=True)
    differ = subprocess.run(("diff", "-r", "--exclude=.hubdrives", ours, theirs), stdout=subprocess.PIPE, check=False)  # noqa: ASYNC221
    if differ.returncode:
        sys.exit(f"they brought different files: {differ.stdout[:500].decode()}")


async def _spaces(seafile: Emulated, folder: Path, options: argparse.Namespace) -> None:
    print(f"\nspaces for {options.users} users")
    users = folder / "users"
    users.write_text("".join(f"user{number}\n" for number in range(options.users)))
    taken: dict[str, list[Taken]] = {"new": [], "there already": []}
    for turn in range(options.runs):
        space = (
            f'[spaces.results]\nconnection = "seafile"\nroot = "seafile:/turn {turn}"\nfolder = "bench-data"\n'
            'key = "name"\naddress = "{name}@example.org"\n'
        )
        lines = (limit("seafile", options.concurrency), space)
        environment = {**seafile.env, "HUBDRIVES_CONFIG": configured(seafile, folder, *lines)}
        for runs in taken.values():
            runs.append(await seafile.taken(BIN / "hubdrives", "space", "ensure", "--from", users, env=environment))
    for what, runs in taken.items():
        median = row(f"{OURS}, {what}", runs, concurrency=options.concurrency, latency=options.latency)
        requests = max(runs[-1].requests, options.users)
        ratio = median / (math.ceil(requests / options.concurrency) * options.latency)
        print(f"{'':28} {OURS} / bound of {requests} requests: {ratio:.2f} (promised: at most 1.5)", flush=True)


def _rclone(seafile: Emulated) -> Mapping[str, str]:
    """Its configuration, with the password as it wants to read it."""
    told = seafile.credentials
    hidden = subprocess.run((BIN / "rclone", "obscure", told["password"]), stdout=subprocess.PIPE, check=True)
    return {
        "RCLONE_CONFIG_SF_TYPE": "seafile",
        "RCLONE_CONFIG_SF_URL": seafile.url,
        "RCLONE_CONFIG_SF_USER": told["username"],
        "RCLONE_CONFIG_SF_PASS": hidden.stdout.decode().strip(),
        "RCLONE_CONFIG_SF_LIBRARY": told["library"],
    }
