"""The example of a service with a space for each user: a real hub, a real issuer, two users, the notebook of each."""

import asyncio
import html
import json
import re
import secrets
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.notebooks import run_notebook

from hubdrives.testing.emulators.seafile import Seafile
from hubdrives.testing.emulators.seafile.settings import LoginIssuer
from hubdrives.testing.emulators.server import serving
from hubdrives.testing.hub import Hub, Server, running_hub
from hubdrives.testing.issuer import running_issuer, service_account
from hubdrives.testing.processes import free_ports

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

EXAMPLE = Path(__file__).parents[2] / "examples" / "space-service"
SECRET = "secret-of-the-neuron-service-0123456789"
SERVICE = "service-account-neuron@example.org"
USERS = ("alice", "bob")


@dataclass(frozen=True, kw_only=True)
class Lab:
    """The hub of the example, where alice and bob have logged in."""

    hub: Hub
    drive: Seafile
    browsers: dict[str, aiohttp.ClientSession]
    servers: dict[str, Server] = field(default_factory=dict)

    async def ask(self, person: str, current: str, **more: str) -> tuple[int, str]:
        """What the page says when the form is sent."""
        browser = self.browsers[person]
        async with browser.get("/services/neuron/") as answer:
            page = await answer.text()
        token = re.search(r'name="_xsrf" value="([^"]+)"', page)
        assert token, page
        async with browser.post("/services/neuron/", data={"_xsrf": token[1], "current": current, **more}) as answer:
            said = re.search(r'role="status">([^<]*)<', await answer.text())
            assert said
            return answer.status, html.unescape(said[1])

    async def run_notebook(self, user: str) -> list[Any]:
        """The results of all cells of the notebook, run in the user's server."""
        return (await run_notebook(self.hub, user, self.servers[user], EXAMPLE / "read-results.ipynb")).outputs

    async def gateway(self, token: str, method: str, path: str, **how: Any) -> tuple[int, bytes]:
        """The gateway's answer."""
        async with (
            aiohttp.ClientSession(headers={"Authorization": f"token {token}"}) as session,
            session.request(method, f"{self.hub.direct_url}api/v1/{path}", **how) as answer,
        ):
            return answer.status, await answer.read()


@asynccontextmanager
async def lab_in(folder: Path) -> AsyncIterator[Lab]:
    clients = [service_account("neuron", SECRET), service_account("drive", "of-drive")]
    async with (
        running_issuer(accounts=dict.fromkeys(USERS, ()), clients=clients) as issuer,
        serving(Seafile()) as drive,
    ):
        drive.settings.login_issuer = LoginIssuer(url=issuer.url, client_id="drive", client_secret="of-drive")
        for name in (SERVICE, *(f"{user}@example.org" for user in USERS)):
            drive.add_user(name)
        run = folder / "hub"
        shutil.copytree(EXAMPLE, run)
        (run / "secret").write_text(SECRET)
        _replace(
            run / "hubdrives.toml",
            ("https://iam.ebrains.eu/auth/realms/hbp", issuer.url),
            ("https://drive.ebrains.eu", drive.url),
            ("/etc/hubdrives/drive-secret", str(run / "secret")),
            ("@humanbrainproject.eu", "@example.org"),
        )
        gateway = 'next(one["url"] for one in c.JupyterHub.services if one["name"] == "hubdrives")'
        _replace(
            run / "jupyterhub_config.py",
            ("http://127.0.0.1:9310", f"http://127.0.0.1:{free_ports(1)[0]}"),
            ('"http://127.0.0.1:9300/services/hubdrives/"', f'{gateway} + "/services/hubdrives/"'),
        )
        lines = (run / "jupyterhub_config.py").read_text()
        async with running_hub(
            run, issuer=issuer, services={"alice": ["access:services!service=neuron"]}, last_lines=lines
        ) as hub:
            lab = Lab(hub=hub, drive=drive, browsers={user: await hub.log_in(user) for user in USERS})
            try:
                yield lab
            finally:
                for browser in lab.browsers.values():
                    await browser.close()


def _replace(path: Path, *pairs: tuple[str, str]) -> None:
    text = path.read_text()
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    path.write_text(text)


async def test_each_user_finds_their_own_results_and_nobody_elses(tmp_path: Path) -> None:
    async with lab_in(tmp_path) as lab:
        for user, current in (("alice", "0.8"), ("bob", "0.9")):
            assert await lab.ask(user, current) == (200, f"Your space has 'neuron {current} nA.csv' now.")
        await lab.ask("alice", "1.2")
        # A form names nobody: what it says of a user is nothing.
        assert (await lab.ask("bob", "0.7", user="alice"))[0] == 200
        assert await lab.ask("bob", "more") == (
            400,
            "The current must be a number from 0 to 10 nA. Correct it and try again.",
        )
        async with lab.hub.browser() as stranger, stranger.get("/services/neuron/") as answer:
            assert "/login/" in answer.url.path

        # A service that is called like a user is not that user.
        headers = {"Authorization": f"token {lab.hub.service_tokens['alice']}"}
        address = f"{lab.hub.url}/services/neuron/"
        async with aiohttp.ClientSession(headers=headers) as service, service.get(address) as answer:
            assert answer.status == 403

        lab.servers.update(zip(USERS, await asyncio.gather(*map(lab.hub.spawn, USERS)), strict=True))
        ran = await asyncio.gather(*map(lab.run_notebook, USERS))
        for (files, table, plot, mounted), currents in zip(ran, (("0.8", "1.2"), ("0.7", "0.9")), strict=True):
            assert _text(files) == str([f"results/neuron {current} nA.csv" for current in currents])
            assert all(f"neuron {current} nA.csv" in _text(table) for current in currents)
            assert len(plot[-1]["data"]["image/png"]) > 10_000
            assert mounted == []

        # At the provider as well: two folders of one name, each shared with one person to read.
        shared = [
            (lab.drive.libraries.name(one), sorted(one.shares.items()))
            for one in lab.drive.libraries.all()
            if one.shares
        ]
        assert sorted(shared) == [
            ("neuron-data", [("alice@example.org", "r")]),
            ("neuron-data", [("bob@example.org", "r")]),
        ]
        await _check_isolation(lab, "alice", "bob", "neuron 0.8 nA.csv")
        await _check_isolation(lab, "bob", "alice", "neuron 0.9 nA.csv")


async def _check_isolation(lab: Lab, whose: str, who: str, name: str) -> None:
    """The token of `who` against every endpoint of the gateway that could lead to the folder of `whose`."""
    owner, other = lab.servers[whose].token, lab.servers[who].token
    _, listing = await lab.gateway(owner, "GET", "snapshot", params={"source": "results:/"})
    (version,) = [one["version"] for one in json.loads(listing)["entries"] if one["path"] == name]
    reading: Sequence[tuple[str, dict[str, str]]] = (
        ("describe", {}),
        ("snapshot", {}),
        ("file", {"path": name, "version": version}),
        ("search", {"text": "neuron"}),
    )
    drive = lab.drive.url
    sources = (
        *(f"results@{whose}:/", f"results@{whose.title()}:/", f"results@%{ord(whose[0]):x}{whose[1:]}:/"),
        *(f"results@{whose}@example.org:/", f"results:/../../{whose}/neuron-data"),
        *("drive:/", f"drive:/{whose}", f"drive:/{whose}/neuron-data"),
        *(f"{drive}/library/default/", f"{drive}/library/default/{whose}/neuron-data", f"{drive}/"),
        *(f"{drive}{lab.drive.web_address(one)}" for one in lab.drive.libraries.all()),
    )
    for path, more in reading:
        # So asked, the owner gets it, and the other does not.
        assert (await lab.gateway(owner, "GET", path, params={"source": "results:/", **more}))[0] == 200, path
        status, content = await lab.gateway(other, "GET", path, params={"source": "results:/", **more})
        assert status in {404, 410} or (status == 200 and name.encode() not in content), (path, status)
        for source in sources:
            status, content = await lab.gateway(other, "GET", path, params={"source": source, **more})
            assert status in {400, 403}, (path, source, content)
    managing = {"space": "results", "user": whose}
    for source in ("results:/", *sources):
        # Nobody was given the right to write, not even in their own; earlier versions are for those who may.
        for method, path, how in (
            ("GET", "versions", {"params": {"source": source, "under": name}}),
            ("GET", "version", {"params": {"source": source, "under": name, "version": "x"}}),
            ("GET", "shares", {"params": {"source": source}}),
            ("PUT", "file", {"params": {"source": source, "name": "x.csv"}, "data": b"1"}),
            ("DELETE", "entry", {"params": {"source": source, "under": name}}),
            ("POST", "folders", {"json": {"source": source, "name": "x"}}),
            ("POST", "move", {"json": {"source": source, "under": name, "to": "results:/", "name": "x"}}),
            ("POST", "restore", {"json": {"source": source, "under": name, "version": "x"}}),
            ("POST", "shares", {"json": {"source": source, "who": f"{who}@example.org", "role": "r"}}),
            ("POST", "token", {"json": {"source": source}}),
            ("POST", "space", {"json": managing}),
            ("DELETE", "space", {"params": managing}),
            ("DELETE", "space/share", {"params": managing}),
        ):
            how.setdefault("headers", {})["Idempotency-Key"] = secrets.token_hex(8)
            status, content = await lab.gateway(other, method, path, **how)
            # What is not in one's own folder is not found there.
            own = {404} if source == "results:/" else set()
            if own:
                # The question is a right one: it is the right to do it that is missing, the owner's too.
                assert (await lab.gateway(owner, method, path, **how))[0] == 403, (method, path)
            assert status in {400, 403} | own, (method, path, source, status, content)
        status, content = await lab.gateway(
            other,
            "POST",
            "files",
            json={"source": source, "files": [{"path": name, "version": version, "start": 0}]},
        )
        assert status in {400, 403} or (status == 200 and b'"error"' in content and b"time_ms" not in content), source


def _text(outputs: Sequence[Any]) -> str:
    return "".join(str(one["data"]["text/plain"]) for one in outputs if "data" in one)
