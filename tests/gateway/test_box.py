"""Each command, from the shell through the gateway to Box and back: with its grants, and without one of them."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Done, Shell
from tests.gateway.team import Team, teamed

from hubdrives.config import VERBS, Grant
from hubdrives.errors import NotGranted
from hubdrives.testing.emulators.content import Content

OLD, NEW, MINE = b"town,mm\nBonn,1\n", b"town,mm\nBonn,12\n", b"town,mm\nBonn,123\n"


class World:
    """A shell whose commands know the hub's gateway and nothing else; `Team` has the Box behind it."""

    def __init__(self, team: Team, shell: Shell) -> None:
        self.team, self.box, self.shell = team, team.box, shell
        self.data = self.box.tree.add("data", parent=self.box.root).id
        self.rain = self.box.tree.add_file("rain.csv", OLD, parent=self.data).id
        self.box.tree.replace(self.rain, Content.of(NEW))
        self.box.tree.add_file("snow.txt", b"snow\n", parent=self.data)
        self.box.tree.add("empty", parent=self.box.root)
        self.box.add_user("bob@example.edu")
        self.box.collaborate(self.data, self.box.add_user("ada@example.edu"), "viewer")
        (shell.folder / "rain.csv").write_bytes(MINE)

    async def open(self, *can: str) -> None:
        """Alice has these grants, tess all there are."""
        await self.team.open(
            Grant(connection="team", users=("tess",), can=VERBS), Grant(connection="team", users=("alice",), can=can)
        )

    async def run(self, *arguments: str, who: str = "alice") -> Done:
        hub = {"HUBDRIVES_GATEWAY_URL": self.team.url, "JUPYTERHUB_API_TOKEN": self.team.people.token(who)}
        return await self.shell.arun(*arguments, "--json", env=hub)

    async def done(self, *arguments: str, who: str = "alice") -> Any:
        ended = await self.run(*arguments, who=who)
        assert ended.code == 0, ended.err
        return ended.report

    def state(self) -> dict[str, Any]:
        """All that is in the Box: the contents of files, the newest first, and with whom things are shared."""
        found: dict[str, Any] = {}
        tree, depth = self.box.tree, len(self.box.tree.path(self.box.root))
        for node in list(tree.below(self.box.root))[1:]:
            if tree.in_trash(node.id):
                continue
            path = "/".join(each.name for each in tree.path(node.id)[depth:])
            is_file = node.kind == "file"
            found[path] = [bytes_of(each.content) for each in reversed(tree.versions(node.id))] if is_file else None
            if shares := self.box.collaborations(node.id):
                found[f"{path} is shared"] = {each.invited: each.role for each in shares}
        return found

    async def first_version(self) -> str:
        """The id of the first version of rain.csv."""
        told = await self.done("versions", "team:/data/rain.csv", who="tess")
        return str(told["versions"][-1]["id"])

    def here(self, path: str) -> Path:
        return self.shell.folder / path


def bytes_of(content: Content) -> bytes:
    return content.data if content.path is None else content.path.read_bytes()


BEFORE = {
    "data": None,
    "data is shared": {"ada@example.edu": "viewer"},
    "data/rain.csv": [NEW, OLD],
    "data/snow.txt": [b"snow\n"],
    "empty": None,
}


@dataclass(frozen=True, kw_only=True)
class Command:
    """What somebody types, what it takes, and what comes of it."""

    words: str
    """ONE in it is the first version of rain.csv."""
    needs: tuple[str, ...]
    """The grants."""
    told: Callable[[Any], Any] = lambda report: report
    """What of its report is looked at."""
    tells: Any = None
    leaves: dict[str, Any] = field(default_factory=dict)
    """What is different in the Box after it; None is a folder, ... is gone."""
    brings: dict[str, bytes] = field(default_factory=dict)
    """What is on this machine after it."""
    first: str = ""
    """What somebody who may do everything typed before."""

    def __str__(self) -> str:
        return self.words


def paths(*names: str) -> Callable[[Any], Any]:
    """The paths in these lists of a report."""
    return lambda report: [one["path"] if isinstance(one, dict) else one for name in names for one in report[name]]


COMMANDS = (
    Command(
        words="ls --recursive team:/",
        needs=("read",),
        told=lambda report: sorted(paths("entries")(report)),
        tells=["data", "data/rain.csv", "data/snow.txt", "empty"],
    ),
    Command(
        words="get team:/data/rain.csv copy.csv",
        needs=("read",),
        told=paths("downloaded"),
        tells=["rain.csv"],
        brings={"copy.csv": NEW},
    ),
    Command(
        words="get team:/data copy",
        needs=("read",),
        told=lambda report: sorted(paths("downloaded")(report)),
        tells=["rain.csv", "snow.txt"],
        brings={"copy/rain.csv": NEW, "copy/snow.txt": b"snow\n"},
    ),
    Command(words="find team:/ rain --ext csv", needs=("read",), told=paths("entries"), tells=["data/rain.csv"]),
    Command(
        words="pull team:/data mine",
        needs=("read",),
        told=lambda report: sorted(report["added"]),
        tells=["rain.csv", "snow.txt"],
        brings={"mine/rain.csv": NEW},
    ),
    Command(
        words="put rain.csv team:/data",
        needs=("read", "write"),
        told=paths("uploaded"),
        tells=["rain.csv"],
        leaves={"data/rain.csv": [MINE, NEW, OLD]},
    ),
    Command(
        words="put rain.csv team:/data/mine.csv --new",
        needs=("read", "write"),
        told=paths("uploaded"),
        tells=["mine.csv"],
        leaves={"data/mine.csv": [MINE]},
    ),
    Command(
        words="mkdir --parents team:/results/2027",
        needs=("write",),
        leaves={"results": None, "results/2027": None},
    ),
    Command(
        words="mv team:/data/snow.txt team:/empty/",
        needs=("read", "write"),
        leaves={"data/snow.txt": ..., "empty/snow.txt": [b"snow\n"]},
    ),
    Command(
        words="mv team:/data/snow.txt team:/data/ice.txt",
        needs=("read", "write"),
        leaves={"data/snow.txt": ..., "data/ice.txt": [b"snow\n"]},
    ),
    Command(
        words="rm --yes --recursive team:/data",
        needs=("read", "write"),
        leaves=dict.fromkeys([name for name in BEFORE if name.startswith("data")], ...),
    ),
    Command(
        words="versions team:/data/rain.csv",
        needs=("read", "write"),
        told=lambda report: [one["size"] for one in report["versions"]],
        tells=[len(NEW), len(OLD)],
    ),
    Command(
        words="get team:/data/rain.csv old.csv --version ONE",
        needs=("read", "write"),
        brings={"old.csv": OLD},
    ),
    Command(
        words="restore team:/data/rain.csv ONE",
        needs=("write",),
        leaves={"data/rain.csv": [OLD, NEW, OLD]},
    ),
    Command(
        words="push mine",
        needs=("read", "write"),
        first="pull team:/data mine",
        told=paths("uploaded"),
        tells=["rain.csv"],
        leaves={"data/rain.csv": [MINE, NEW, OLD]},
    ),
    Command(
        words="share team:/empty bob@example.edu --role editor",
        needs=("share",),
        told=lambda report: (report["who"], report["role"]),
        tells=("bob@example.edu", "editor"),
        leaves={"empty is shared": {"bob@example.edu": "editor"}},
    ),
    Command(
        words="share team:/data ada@example.edu --role editor",
        needs=("share",),
        leaves={"data is shared": {"ada@example.edu": "editor"}},
    ),
    Command(
        words="shares team:/data",
        needs=("share",),
        told=lambda report: [one["who"] for one in report["shares"]],
        tells=["ada@example.edu"],
    ),
    Command(words="unshare --yes team:/data ada@example.edu", needs=("share",), leaves={"data is shared": ...}),
    Command(words="token team:/data", needs=("token",), told=lambda report: bool(report["token"]), tells=True),
)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    (tmp_path / "home").mkdir()
    shell = Shell(tmp_path / "home")
    shell.is_inside = True
    async with teamed(tmp_path) as team:
        yield World(team, shell)


async def typed(world: World, command: Command) -> list[str]:
    """The words, once all is as the command needs it."""
    if command.first:
        await world.done(*command.first.split(), who="tess")
        (world.here("mine") / "rain.csv").write_bytes(MINE)
    version = await world.first_version() if "ONE" in command.words else ""
    return [version if word == "ONE" else word for word in command.words.split()]


@pytest.mark.parametrize("command", COMMANDS, ids=str)
async def test_what_is_typed_is_done_at_box(world: World, command: Command) -> None:
    await world.open(*command.needs)
    told = await world.done(*await typed(world, command))
    if command.tells is not None:
        assert command.told(told) == command.tells
    after = BEFORE | command.leaves
    assert world.state() == {path: what for path, what in after.items() if what is not ...}
    assert {path: world.here(path).read_bytes() for path in command.brings} == command.brings


@pytest.mark.parametrize(
    ("command", "missing"),
    [(command, verb) for command in COMMANDS for verb in command.needs],
    ids=str,
)
async def test_without_one_of_its_grants_nothing_is_done(world: World, command: Command, missing: str) -> None:
    await world.open(*(verb for verb in VERBS if verb != missing))
    words = await typed(world, command)
    ended = await world.run(*words)
    assert (ended.code, ended.out) == (1, "")
    assert "Ask your instructor" in ended.err
    assert ended.err.count("error: ") == 1
    assert world.state() == BEFORE
    assert not any(world.here(path).exists() for path in command.brings)


async def test_a_share_s_role_is_changed_with_the_grant_to_share_and_not_without(world: World) -> None:
    await world.open(*(verb for verb in VERBS if verb != "share"))
    tess, alice = (world.team.connect(world.team.people.token(who)) for who in ("tess", "alice"))
    place = tess.parse("team:/data", base_url=world.team.url)
    assert place is not None
    (share,) = await tess.shares(place)
    with pytest.raises(NotGranted):
        await alice.change_share(place, share.id, "editor")
    assert world.state() == BEFORE
    assert (await tess.change_share(place, share.id, "editor")).role == "editor"
    assert world.state() == BEFORE | {"data is shared": {"ada@example.edu": "editor"}}


async def test_a_large_file_goes_up_in_parts(world: World) -> None:
    await world.open("read", "write")
    large = bytes(20_000_001)
    world.here("large.bin").write_bytes(large)
    await world.done("put", "large.bin", "team:/empty")
    assert world.state()["empty/large.bin"] == [large]
    assert world.box.requests.by_operation["uploads.commit"] == 1
