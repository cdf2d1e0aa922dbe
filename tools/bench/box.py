"""Bring files up to Box and down again with hubdrives, rclone and a plain loop over Box's SDK, from one emulator.

First many small files, then one large file, which goes up in parts; the loop takes only the small ones. Prints what
`bench.emulated.row` says, the requests for each file, the ratios of the medians and what was promised of them.

rclone goes through a TLS proxy in this process on its way up, as it knows no other address for Box; what it gets back
comes from another host, without the proxy. It waits 10 ms between two requests to Box, which can't be set.
"""

import argparse
import filecmp
import itertools
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.emulated import BIN, Emulated, Taken, configured, emulated, limit, put_aside, row
from hubdrives.testing.emulators.tls_proxy import BOX_HOSTS, tls_proxy

OURS, RCLONE, LOOP = "hubdrives", "rclone", "the SDK's loop"
LOOPS = 3
"""The loop takes most of a minute."""
MEMORY = 150_000_000
"""Bytes, promised for the large file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Race:
    """Who brings what up and down."""

    box: Emulated
    proxy_env: Mapping[str, str]
    folder: Path
    """Of this machine, for what comes down."""
    concurrency: int
    latency: float
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    async def up(self, names: Sequence[str], directory: Path, runs: int) -> dict[str, list[Taken]]:
        """Bring a directory up, each time as a new folder."""
        taken: dict[str, list[Taken]] = {name: [] for name in names}
        for turn in range(runs):
            for name in names:
                if name != LOOP or turn < LOOPS:
                    new = f"{directory.name} {next(self._numbers)}"
                    taken[name].append(await self._run(name, "up", new, directory))
        return taken

    async def down(self, names: Sequence[str], of: Path, runs: int) -> dict[str, list[Taken]]:
        """Bring a directory up, then down again each time, and see that it is the same."""
        source = f"{of.name} of all"
        await self._run(OURS, "up", source, of)
        taken: dict[str, list[Taken]] = {name: [] for name in names}
        for turn in range(runs):
            # What one leaves behind, warm memory for example, is to be the other's as often.
            for name in names if turn % 2 == 0 else reversed(names):
                if name != LOOP or turn < LOOPS:
                    target = self.folder / "down"
                    taken[name].append(await self._run(name, "down", source, target, room=_size(of)))
                    _check_same(name, of, target)
                    _clear(target)
        return taken

    async def _run(self, name: str, direction: str, there: str, here: Path, *, room: int = 0) -> Taken:
        root = self.box.location.rpartition("/")[2]
        token = self.box.credentials["token"]
        if name == LOOP:
            loop = (sys.executable, "-m", "bench.box_loop", direction, self.box.url, token, root, there, here)
            return await self.box.taken(*loop, env={}, room=room)
        if name == OURS:
            source = f"box:/{there}"
            command = ("put", here, source) if direction == "up" else ("get", source, here)
            return await self.box.taken(BIN / "hubdrives", *command, env=self.box.env, room=room)
        remote = f":box,access_token={token},root_folder_id={root}:{there}"
        ends = (here, remote) if direction == "up" else (remote, here)
        many = (f"--transfers={self.concurrency}", f"--checkers={self.concurrency}")
        return await self.box.taken(BIN / "rclone", "--config=", *many, "copy", *ends, env=self.proxy_env, room=room)

    def show(
        self, what: str, taken: Mapping[str, Sequence[Taken]], promised: Mapping[str, float], *, files: int
    ) -> None:
        """Print it all; `promised` is what ours may take at most, as a part of the others' time."""
        medians: dict[str, float] = {}
        for name, runs in taken.items():
            concurrency = 1 if name == LOOP else self.concurrency
            medians[name] = row(f"{name}, {what}", runs, concurrency=concurrency, latency=self.latency)
        for name, most in promised.items():
            ratio = medians[OURS] / medians[name]
            print(f"{'':28} {OURS} / {name}: {ratio:.3f} (promised: at most {most:g})", flush=True)
        for name, runs in taken.items():
            print(f"{'':28} {name}: {runs[-1].requests / files:.2f} requests for each file", flush=True)
        here = statistics.median(run.here for run in taken[RCLONE])
        print(f"{'':28} {RCLONE}'s TLS proxy: {here:.2f} s of CPU", flush=True)


async def main(options: argparse.Namespace) -> None:
    """Take all times.

    Options are `files`, `folders`, `size` (bytes), `large` (bytes), `latency` (seconds), `concurrency` and `runs`.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small, large = folder / "small", folder / "large"
        for number in range(options.files):
            _write(small / f"folder {number % options.folders}" / f"file {number}.bin", options.size)
        _write(large / "large.bin", options.large)
        async with (
            emulated(sys.executable, "-m", "bench.box_emulator", str(options.latency)) as box,
            tls_proxy(box.url, hosts=BOX_HOSTS, scratch=folder) as proxy,
        ):
            box.env["HUBDRIVES_CONFIG"] = configured(box, folder, limit("box", options.concurrency))
            race = Race(
                box=box,
                proxy_env={"HTTPS_PROXY": proxy.url, "SSL_CERT_FILE": str(proxy.ca_file)},
                folder=folder,
                concurrency=options.concurrency,
                latency=options.latency,
            )
            print(f"{options.latency} s latency, concurrency {options.concurrency}, {options.runs} runs")
            print("minimum, median, maximum; the most memory of all runs")
            print(f"\n{options.files} files of {options.size} bytes in {options.folders} folders")
            for what, work in (("up", race.up), ("down", race.down)):
                taken = await work((OURS, RCLONE, LOOP), small, options.runs)
                race.show(what, taken, {RCLONE: 0.8, LOOP: 0.1}, files=options.files)
            print(f"\none file of {options.large} bytes")
            for what, work in (("up", race.up), ("down", race.down)):
                taken = await work((OURS, RCLONE), large, options.runs)
                race.show(what, taken, {RCLONE: 1.3}, files=1)
                peak = max(run.peak for run in taken[OURS])
                print(f"{'':28} {OURS}: {peak / 1e6:.0f} MB (promised: at most {MEMORY / 1e6:.0f})", flush=True)


def _write(path: Path, size: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        while size:
            piece = os.urandom(min(size, 1 << 20))
            file.write(piece)
            size -= len(piece)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _clear(folder: Path) -> None:
    if len(list(folder.iterdir())) > 1:
        put_aside(folder)
    else:
        # What is large would be written to the disk while the next run is timed.
        shutil.rmtree(folder)


def _check_same(name: str, one: Path, other: Path) -> None:
    paths = [str(path.relative_to(one)) for path in one.rglob("*") if path.is_file()]
    _, mismatch, errors = filecmp.cmpfiles(one, other, paths, shallow=False)
    if mismatch or errors:
        sys.exit(f"{name} brought something else down: {[*mismatch, *errors][:5]}")
