"""Bring files of an emulated Globus collection by HTTPS, with hubdrives, a plain loop over Globus' SDK, and curl.

First many small files, beside the loop; then one large file down and up, beside curl, which is given the address of the
file and a token. Prints what `bench.emulated.row` says, the ratios of the medians and what was promised of them: many
small files take at most an eighth of the loop's time, and at most 1.3 times what latency alone takes for the requests
that they need; a large file at most 1.2 times curl's time, in at most 150 MB of memory. The start of the program, which
is the same whatever it does, is taken by itself; each ratio stands there with it and without.
"""

import argparse
import math
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.emulated import BIN, Emulated, Taken, configured, emulated, limit, put_aside, row

OURS, LOOP, CURL = "hubdrives", "the SDK's loop", "curl"
LOOPS = 3
"""The loop takes most of a minute."""
UPLOADS = 3
MEMORY = 150_000_000
"""Bytes, promised for the large file."""


async def main(options: argparse.Namespace) -> None:
    """Take all times.

    Options are `files`, `folders`, `size` (bytes), `large` (bytes), `latency` (seconds), `concurrency` and `runs`.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        counts = (options.files, options.folders, options.size, options.large)
        serve = (sys.executable, "-m", "bench.globus_emulator", options.latency, *counts)
        print(f"{options.latency} s latency, concurrency {options.concurrency}, {options.runs} runs")
        print("minimum, median, maximum; the most memory of all runs")
        async with emulated(*map(str, serve)) as globus:
            globus.env["HUBDRIVES_CONFIG"] = configured(globus, folder, limit("globus", options.concurrency))
            start = await _start(globus, folder, options)
            await _small(globus, folder, options, start=start)
            await _large(globus, folder, options, start=start)


async def _start(globus: Emulated, folder: Path, options: argparse.Namespace) -> float:
    """Seconds that the program takes to copy nothing, from a folder of this machine."""
    nothing = folder / "nothing"
    nothing.mkdir()
    get = (BIN / "hubdrives", "get", nothing, folder / "copied")
    taken = [await globus.taken(*get, env=globus.env) for _ in range(options.runs)]
    return row(f"{OURS}, start", taken, concurrency=1, latency=options.latency)


async def _small(globus: Emulated, folder: Path, options: argparse.Namespace, *, start: float) -> None:
    print(f"\n{options.files} files of {options.size} bytes in {options.folders} folders")
    ours, theirs = folder / "ours", folder / "theirs"
    told = globus.credentials
    loop = (sys.executable, "-m", "bench.globus_loop", told["client_id"], told["client_secret"], told["collection_id"])
    taken: dict[str, list[Taken]] = {OURS: [], LOOP: []}
    for turn in range(options.runs):
        put_aside(ours)
        taken[OURS].append(await globus.taken(BIN / "hubdrives", "get", "globus:/course", ours, env=globus.env))
        if turn < LOOPS:
            put_aside(theirs)
            taken[LOOP].append(await globus.taken(*loop, "/course", theirs, env=globus.env))
    _check_same(ours, theirs)
    medians = {
        name: row(
            f"{name}, down", runs, concurrency=1 if name == LOOP else options.concurrency, latency=options.latency
        )
        for name, runs in taken.items()
    }
    bound = math.ceil(taken[OURS][-1].requests / options.concurrency) * options.latency
    _ratio(f"{OURS} / bound", medians[OURS] / bound, 1.3)
    _ratio(f"{OURS}, without its start / bound", (medians[OURS] - start) / bound, 1.3)
    _ratio(f"{OURS} / {LOOP}", medians[OURS] / medians[LOOP], 0.125)


async def _large(globus: Emulated, folder: Path, options: argparse.Namespace, *, start: float) -> None:
    print(f"\none file of {options.large} bytes")
    told = globus.credentials
    header = f"Authorization: Bearer {told[told['collection_id']]}"
    curl = ("curl", "--silent", "--show-error", "--fail", "--header", header)
    server, down = told["https_server"], folder / "down"
    ours, theirs = down / OURS, down / CURL
    down.mkdir()
    taken: dict[str, list[Taken]] = {OURS: [], CURL: []}
    for _ in range(options.runs):
        ours.unlink(missing_ok=True)
        taken[OURS].append(
            await globus.taken(
                BIN / "hubdrives", "get", "globus:/large/large.bin", ours, env=globus.env, room=options.large
            )
        )
        get = (*curl, "--output", theirs, f"{server}/large/large.bin")
        theirs.unlink(missing_ok=True)
        taken[CURL].append(await globus.taken(*get, env={}, room=options.large))
    _check_same(ours, theirs)
    _show("down", taken, options, start=start)
    taken = {OURS: [], CURL: []}
    # The emulator keeps all that ever came.
    for turn in range(min(options.runs, UPLOADS)):
        put = (BIN / "hubdrives", "put", ours, f"globus:/up/{turn} ours.bin")
        taken[OURS].append(await globus.taken(*put, env=globus.env))
        taken[CURL].append(await globus.taken(*curl, "--upload-file", ours, f"{server}/up/{turn}%20curl.bin", env={}))
    _show("up", taken, options, start=start)


def _show(what: str, taken: Mapping[str, Sequence[Taken]], options: argparse.Namespace, *, start: float) -> None:
    medians = {
        name: row(f"{name}, {what}", runs, concurrency=options.concurrency, latency=options.latency)
        for name, runs in taken.items()
    }
    _ratio(f"{OURS} / {CURL}", medians[OURS] / medians[CURL], 1.2)
    _ratio(f"{OURS}, without its start / {CURL}", (medians[OURS] - start) / medians[CURL], 1.2)
    peak = max(run.peak for run in taken[OURS])
    print(f"{'':28} {OURS}: {peak / 1e6:.0f} MB (promised: at most {MEMORY / 1e6:.0f})", flush=True)


def _ratio(what: str, ratio: float, promised: float) -> None:
    print(f"{'':28} {what}: {ratio:.3f} (promised: at most {promised:g})", flush=True)


def _check_same(ours: Path, theirs: Path) -> None:
    differ = subprocess.run(("diff", "-r", ours, theirs), stdout=subprocess.PIPE, check=False)
    if differ.returncode:
        sys.exit(f"they brought different files: {differ.stdout[:500].decode()}")
