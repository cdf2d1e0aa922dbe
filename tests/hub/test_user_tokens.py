"""From a real login to files in the home: a real hub, a real issuer, Canvas, the gateway; and where tokens are."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from hubdrives.testing.emulators.canvas import Canvas
from hubdrives.testing.emulators.canvas.people import Course
from hubdrives.testing.emulators.server import serving
from hubdrives.testing.hub import Hub, Server, running_hub
from hubdrives.testing.issuer import Issuer, running_issuer

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

ACCESS_SECONDS = 4
"""So short that a token has ended before a server has even started."""

Show = Callable[[str, str], None]


@dataclass(frozen=True)
class Campus:
    """A hub whose users log in where Canvas does."""

    hub: Hub
    issuer: Issuer
    canvas: Canvas
    config: Path
    secrets: set[str]
    """All tokens of logins that were seen."""

    async def seen(self, *users: str) -> None:
        """Remember the tokens that the hub has now."""
        for user in users:
            state = await self.hub.auth_state(user)
            assert state is not None
            tokens = {state["access_token"], state["refresh_token"], state["id_token"]}
            assert all(isinstance(token, str) and len(token) > 20 for token in tokens)
            self.secrets.update(tokens)

    async def pull(self, user: str, server: Server, source: str) -> tuple[int, dict[str, Any], str]:
        """Pull into the home as a terminal on the user's server does: exit code, report, messages."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "hubdrives", "pull", source, "course", "--json"),
            cwd=self.hub.home(user),
            env=dict(server.environment),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        lines = out.decode().splitlines()
        assert process.returncode is not None
        return process.returncode, json.loads(lines[-1]) if lines else {}, err.decode()


@asynccontextmanager
async def campus_in(folder: Path, *, simple: bool = False) -> AsyncIterator[Campus]:
    logins = {"alice": [], "bob": []}
    async with (
        running_issuer(accounts=logins, access_seconds=ACCESS_SECONDS, rotate=True) as issuer,
        serving(Canvas(authority=issuer.person)) as canvas,
    ):
        config = folder / "hubdrives.toml"
        config.write_text(f"""
[connections.canvas]
provider = "canvas"
base_url = "{canvas.url}"
credential = {{ kind = "hub_login" }}

[[grants]]
connection = "canvas"
everyone = true

[gateway]
cache_folder = "{folder}/cache"
audit_file = "{folder}/audit.jsonl"
fresh_seconds = 0
""")
        (folder / "hub").mkdir()
        how: dict[str, Any] = {"gateway_config": config}
        if simple:
            how = {"simple": True, "config": {"Spawner": {"environment": {"HUBDRIVES_CONFIG": str(config)}}}}
        async with running_hub(folder / "hub", issuer=issuer, **how) as hub:
            yield Campus(hub, issuer, canvas, config, set())


def course_of(canvas: Canvas, name: str, *students: str) -> Course:
    course = canvas.add_course(name)
    for student in students:
        canvas.enrol(student, course)
    canvas.tree.add_file("lesson.txt", f"The first lesson of {name}.\n", parent=course.root)
    return course


async def two_lifetimes() -> None:
    """By now the token of the login has ended, and so has the one after it."""
    await asyncio.sleep(2 * ACCESS_SECONDS)


async def test_pulls_go_on_for_lifetimes_and_no_token_of_a_login_reaches_a_server(tmp_path: Path, show: Show) -> None:
    async with campus_in(tmp_path) as campus:
        course, snow = course_of(campus.canvas, "Rain", "alice"), course_of(campus.canvas, "Snow", "bob").url
        rain = course.url
        servers = {}
        for user in ("alice", "bob"):
            async with await campus.hub.log_in(user):
                await campus.seen(user)
            servers[user] = await campus.hub.spawn(user)
        for user, url, name in (("alice", rain, "Rain"), ("bob", snow, "Snow")):
            code, report, err = await campus.pull(user, servers[user], url)
            assert (code, report["added"]) == (0, ["lesson.txt"]), err
            assert (campus.hub.home(user) / "course/lesson.txt").read_text() == f"The first lesson of {name}.\n"
        before = await campus.issuer.refreshes("alice")
        await two_lifetimes()
        campus.canvas.tree.add_file("second.txt", "More.\n", parent=course.root)
        code, report, err = await campus.pull("alice", servers["alice"], rain)
        assert (code, report["added"]) == (0, ["second.txt"]), err
        await campus.seen("alice", "bob")
        assert await campus.issuer.refreshes("alice") == before + 1
        code, _, err = await campus.pull("bob", servers["bob"], rain)
        assert code == 1
        assert "Rain" not in err.replace(rain, "")
        found = search(campus, servers, tmp_path)
        show(
            f"Where {len(campus.secrets)} tokens of logins (access, refresh, id) were looked for",
            "\n".join(f"{place:<46} {count:>5} looked at   {len(hits)} with a token" for place, count, hits in found),
        )
        assert {place: hits for place, _, hits in found if hits} == {}
        assert all(count for _, count, _ in found)


def search(campus: Campus, servers: dict[str, Server], folder: Path) -> list[tuple[str, int, list[str]]]:
    """Each place, how many things were looked at there, and those that hold a token."""
    needles = [secret.encode() for secret in campus.secrets]

    def look(place: str, things: Iterator[tuple[str, bytes]]) -> tuple[str, int, list[str]]:
        seen = list(things)
        return place, len(seen), [name for name, content in seen if any(needle in content for needle in needles)]

    homes, audit, cache = campus.hub.folder / "home", folder / "audit.jsonl", folder / "cache"
    # The search does find what is there: a token of the hub is in the environment of the server that it is for.
    own = look("", processes("environ", needle=servers["alice"].token.encode()))
    assert own[1] >= 1
    return [
        look("environments of processes", processes("environ")),
        look("command lines of processes", processes("cmdline")),
        look("files in homes", files(homes)),
        look("the hub's log, with the servers' and gateway's", files(campus.hub.folder / "hub.log")),
        look("the audit log", files(audit)),
        look("what the gateway keeps", files(cache)),
    ]


def processes(what: str, *, needle: bytes = b"") -> Iterator[tuple[str, bytes]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                content = (entry / what).read_bytes()
            except OSError:
                continue
            if needle in content:
                yield str(entry), content


def files(root: Path) -> Iterator[tuple[str, bytes]]:
    for path in [root] if root.is_file() else root.rglob("*"):
        if path.is_file():
            yield str(path), path.read_bytes()


async def test_when_the_login_has_ended_one_link_leads_through_a_new_one_to_the_same_pull(tmp_path: Path) -> None:
    async with campus_in(tmp_path) as campus:
        rain = course_of(campus.canvas, "Rain", "alice").url
        async with await campus.hub.log_in("alice") as browser:
            server = await campus.hub.spawn("alice")
            assert (await campus.pull("alice", server, rain))[0] == 0
            await campus.issuer.revoke("alice")
            code, _, err = await campus.pull("alice", server, rain)
            assert code == 1
            assert "login" in err
            assert "Traceback" not in err
            error = await gateway_says(campus, server, rain)
            assert error["code"] == "login-needed"
            page = f"/user/alice/hubdrives/pull?source={quote(rain, safe='')}"
            at = f"{error['login_url']}?next={quote(page, safe='')}"
            final, status, _ = await campus.issuer.sign_in(browser, "alice", at=at)
            assert (status, final.path, final.query["source"]) == (200, "/user/alice/hubdrives/pull", rain)
            assert (await campus.pull("alice", server, rain))[0] == 0


async def gateway_says(campus: Campus, server: Server, source: str) -> dict[str, Any]:
    """The gateway's answer to the user's server."""
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"token {server.token}"}) as session,
        session.get(f"{campus.hub.direct_url}api/v1/snapshot", params={"source": source}) as answer,
    ):
        said: dict[str, Any] = await answer.json()
        return said


async def test_without_a_gateway_the_server_reads_its_own_login_fresh_from_the_hub(tmp_path: Path) -> None:
    async with campus_in(tmp_path, simple=True) as campus:
        rain = course_of(campus.canvas, "Rain", "alice").url
        async with await campus.hub.log_in("alice"):
            await campus.seen("alice")
        server = await campus.hub.spawn("alice")
        await two_lifetimes()
        code, report, err = await campus.pull("alice", server, rain)
        assert (code, report["added"]) == (0, ["lesson.txt"]), err
        await campus.seen("alice")
        state = await campus.hub.auth_state("alice")
        assert state is not None
        # Not even here: the token is asked for when it is needed, and kept in memory.
        needles = [secret.encode() for secret in campus.secrets]
        places = [*processes("environ"), *processes("cmdline"), *files(campus.hub.home("alice"))]
        assert not [name for name, content in places if any(needle in content for needle in needles)]
        # The server may ask for its own user's token, and for nobody else's.
        async with (
            aiohttp.ClientSession(headers={"Authorization": f"token {server.token}"}) as session,
            session.get(f"{campus.hub.api_url}/hubdrives/users/bob/token") as answer,
        ):
            assert answer.status == 403
