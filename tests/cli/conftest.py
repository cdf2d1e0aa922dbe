"""The command as people run it: a process of its own."""

import asyncio
import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from click.testing import CliRunner
from tests.cli.shelf import ADDRESS, Shelf
from tests.sync.source import Tree

from hubdrives import providers
from hubdrives.cli import cli

HUBDRIVES = [str(Path(sys.executable).with_name("hubdrives"))]


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> Any:
        """The JSON on the last line."""
        return json.loads(self.out.splitlines()[-1])


class Shell:
    """Runs the command in a folder, with an environment of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONWARNINGS": "error", "LANG": "C.UTF-8"}
        self.is_inside = False
        """Whether `run` needs no process of its own: ten times as fast."""

    def run(self, *arguments: str | Path, env: Mapping[str, str] | None = None) -> Done:
        if self.is_inside:
            with chdir(self.folder):
                told = CliRunner(env={**self.env, **(env or {})}).invoke(cli, [*map(str, arguments)])
            return Done(told.exit_code, told.stdout, told.stderr)
        done = subprocess.run(
            [*HUBDRIVES, *map(str, arguments)],
            cwd=self.folder,
            env={**self.env, **(env or {})},
            capture_output=True,
            timeout=60,
            check=False,
        )
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    def at_terminal(self, *arguments: str | Path, types: str = "") -> Done:
        """The same in front of somebody who `types`; all that is shown is in `out`."""
        screen, end = pty.openpty()
        with subprocess.Popen(
            [*HUBDRIVES, *map(str, arguments)],
            cwd=self.folder,
            env={**self.env, "TERM": "xterm"},
            stdin=end,
            stdout=end,
            stderr=end,
        ) as process:
            os.close(end)
            os.write(screen, types.encode())
            shown = bytearray()
            # Linux says so when nobody is at the other end any more.
            with suppress(OSError):
                while piece := os.read(screen, 1 << 16):
                    shown += piece
            process.wait(timeout=60)
        os.close(screen)
        return Done(process.returncode, shown.decode().replace("\r\n", "\n"), "")

    async def arun(self, *arguments: str | Path, env: Mapping[str, str] | None = None) -> Done:
        """The same, while servers of the test's own loop answer."""
        return await asyncio.to_thread(self.run, *arguments, env=env)

    @contextmanager
    def started(
        self, *arguments: str | Path, env: Mapping[str, str] | None = None
    ) -> Iterator[subprocess.Popen[bytes]]:
        process = subprocess.Popen(
            [*HUBDRIVES, *map(str, arguments)],
            cwd=self.folder,
            env={**self.env, **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()


@dataclass(frozen=True)
class Emulated:
    """A running `hubdrives emulate`, and the folder that it serves."""

    folder: Path
    process: subprocess.Popen[bytes]
    said: dict[str, Any]

    @property
    def env(self) -> dict[str, str]:
        return dict(self.said["env"])

    @property
    def location(self) -> str:
        return str(self.said["location"])

    async def faults(self, *rules: dict[str, Any]) -> None:
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.said['url']}/_emulator/faults", json=list(rules)) as answer,
        ):
            assert answer.status == 204, await answer.text()

    async def requests(self) -> dict[str, Any]:
        async with aiohttp.ClientSession() as session, session.get(f"{self.said['url']}/_emulator/requests") as answer:
            return dict(await answer.json())


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    folder = tmp_path / "home"
    folder.mkdir()
    return Shell(folder)


@pytest.fixture
def inside(shell: Shell) -> None:
    """Commands need no process of their own here."""
    shell.is_inside = True


@pytest.fixture
def course(tmp_path: Path) -> Path:
    folder = tmp_path / "course"
    (folder / "week 1").mkdir(parents=True)
    (folder / "readme.md").write_text("# Course\n")
    (folder / "week 1" / "rain.csv").write_text("town,mm\nBonn,12\n")
    (folder / "week 1" / "été.txt").write_text("il pleut\n")
    return folder


@pytest.fixture
def mine(shell: Shell, course: Path) -> Path:
    """The folder `mine`, into which the course was pulled."""
    done = shell.run("pull", course, "mine")
    assert done.code == 0, done.err
    return shell.folder / "mine"


def done(shell: Shell, *arguments: str | Path) -> Any:
    """The report of a command that succeeds."""
    ended = shell.run(*arguments, "--json")
    assert ended.code == 0, ended.err
    return ended.report


@contextmanager
def emulating(shell: Shell, provider: str, folder: Path) -> Iterator[Emulated]:
    """Serve a folder as that provider."""
    with shell.started("emulate", provider, folder) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.stderr.read().decode() if process.stderr else ""
        yield Emulated(folder, process, json.loads(line))
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)


@contextmanager
def at(shell: Shell, provider: str, folder: Path) -> Iterator[Emulated]:
    """The same, for commands that need no process of their own."""
    with emulating(shell, provider, folder) as emulated:
        shell.env |= emulated.env
        shell.is_inside = True
        yield emulated


@pytest.fixture
def drive(shell: Shell, course: Path) -> Iterator[Emulated]:
    with emulating(shell, "googledrive", course) as emulated:
        yield emulated


@dataclass(frozen=True)
class Team:
    """What the connection `team` leads to: looked at and changed from outside."""

    file: Path

    @property
    def now(self) -> Shelf:
        return Shelf.kept_in(self.file)

    @property
    def tree(self) -> Tree:
        return self.now.tree

    @contextmanager
    def changed(self) -> Iterator[Shelf]:
        """As somebody else does."""
        shelf = self.now
        yield shelf
        shelf.save()


@pytest.fixture
def team(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Team]:
    """A connection to a provider with all abilities, which another distribution brings."""
    site = tmp_path / "site"
    installed = site / "shelf-1.0.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: shelf\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text("[hubdrives.providers]\nshelf = tests.cli.shelf:Shelf\n")
    file = tmp_path / "shelf.pickle"
    settings = shell.folder / "hubdrives.toml"
    settings.write_text(
        f'[connections.team]\nprovider = "shelf"\nroot = "{ADDRESS}"\noptions = {{ file = "{file}" }}\n'
    )
    root = Path(__file__).parents[2]
    shell.env |= {"HUBDRIVES_CONFIG": str(settings), "PYTHONPATH": f"{root}:{site}"}
    monkeypatch.syspath_prepend(str(site))
    _forget_providers()
    shell.is_inside = True
    team = Team(file)
    with team.changed() as shelf:
        shelf.tree = {"readme.md": b"# Team\n", "data/rain.csv": b"town,mm\nBonn,12\n", "data/deep/snow.csv": b"s\n"}
    yield team
    _forget_providers()


def _forget_providers() -> None:
    providers.provider_names.cache_clear()
    providers.provider_class.cache_clear()
