"""The unattended demo's last part: no key and no token is where users, logs and other programs could find it."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from yarl import URL

from hubdrives.demo.scene import Scene
from hubdrives.demo.world import STUDENTS, TEACHER


async def check(scene: Scene) -> None:
    """Look for all of them everywhere."""
    print("Where the secrets are")
    world, findings = scene.world, scene.findings
    gateway = world.hub.folder / "gateway"
    key_line = world.drive.key_file()["private_key"].splitlines()[2]
    drive = [key_line, (gateway / "link.key").read_text(), *world.drive.accounts.tokens]
    files = [path for path in world.hub.folder.rglob("*") if path.is_file()]
    outside = [path for path in files if gateway not in path.parents]
    leaks = _with(drive, _contents(outside))
    findings.check("no key and no token of Google's in any home, log or audit line", not leaks, leaks)
    # The hub's own log has the addresses that browsers asked it for, and the link is one.
    link = URL(world.rain.link).query["link"]
    links = _with([link], _contents(path for path in outside if path.name != "hub.log"))
    findings.check("no link in any home, nor in what hubdrives logs", not links, links)
    for user in (TEACHER, *STUDENTS):
        await scene.note_tokens(user)
    count = len(scene.tokens)
    leaks = _with(scene.tokens, _contents(files))
    findings.check(f"none of {count} tokens of logins in any home, log, audit line or cache", not leaks, leaks)
    processes = list(_processes())
    leaks = _with(scene.tokens, processes)
    findings.check("nor in any program's environment or command line", not leaks, leaks)
    # What there is, is found: a server has a token of its own at the hub.
    own = [(await world.hub.server(user)).token for user in STUDENTS]
    findings.check("where the servers' own tokens are found", len(_with(own, processes)) >= len(own))


def _contents(paths: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    return ((str(path), path.read_bytes()) for path in paths)


def _processes() -> Iterator[tuple[str, bytes]]:
    """Environments and command lines of all programs on this machine that may be looked at."""
    for process in Path("/proc").iterdir():
        for path in (process / "environ", process / "cmdline") if process.name.isdigit() else ():
            try:
                yield str(path), path.read_bytes()
            except OSError:
                # It has ended, or is somebody else's.
                continue


def _with(secrets: Iterable[str], things: Iterable[tuple[str, bytes]]) -> list[str]:
    """The names of the things that hold one of the secrets."""
    needles = [secret.encode() for secret in secrets]
    return [name for name, content in things if any(needle in content for needle in needles)]
