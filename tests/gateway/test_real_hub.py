"""The gateway as a managed service of a real JupyterHub, asked with the hub's real tokens."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest
import pytest_asyncio
from tests.gateway.bench import LINK_KEY, QUICK, HubToken

from hubdrives.errors import BadConfig, BadLink, LoginNeeded, NotGranted, Unavailable
from hubdrives.gateway.identity import HubIdentity
from hubdrives.http import Client
from hubdrives.model import Location
from hubdrives.providers.gateway import Gateway
from hubdrives.testing.hub import Hub, running_hub

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]

CONFIG = """
[connections.shared]
provider = "local"
root = "{folder}/content"

[[grants]]
connection = "shared"
users = ["alice", "åse björk@uni.example"]
groups = ["stats"]
services = ["neuron"]

[[grants]]
connection = "shared"
groups = ["staff"]
can = ["read", "link"]

[gateway]
audit_file = "{folder}/audit.jsonl"
link_key_file = "{folder}/keys"
identity_seconds = 0
fresh_seconds = 0
"""


SERVICES = {"other": ["access:services!service=hubdrives"], "prometheus": ["read:metrics"], "neuron": []}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Hub]:
    folder = tmp_path_factory.mktemp("hub")
    (folder / "content").mkdir()
    (folder / "content" / "hello.txt").write_text("hello")
    (folder / "content" / "large.bin").write_bytes(os.urandom(40 << 20))
    (folder / "keys").write_text(LINK_KEY)
    config = folder / "hubdrives.toml"
    config.write_text(CONFIG.format(folder=folder))
    async with running_hub(folder, gateway_config=config, services=SERVICES) as running:
        yield running


def connect(hub: Hub, token: str, url: str | None = None) -> Gateway:
    client = Client(title=Gateway.title, errors=Gateway.errors, tokens=HubToken(token), policy=QUICK)
    return Gateway.open(client, base_url=url or hub.gateway_url)


def locate(source: str) -> Location:
    location = Gateway.parse(source, base_url="http://gateway")
    assert location is not None
    return location


def audit(hub: Hub) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (hub.folder / "audit.jsonl").read_text().splitlines()]


async def names(hub: Hub, token: str, source: str = "shared:/") -> list[str]:
    async with connect(hub, token) as provider:
        return [entry.path for entry in (await provider.snapshot(locate(source))).files]


async def ask(url: str, token: str | None, scheme: str = "token") -> tuple[int, Any]:
    headers = {} if token is None else {"Authorization": f"{scheme} {token}"}
    async with aiohttp.ClientSession(headers=headers) as session, session.get(url) as answer:
        return answer.status, await answer.json(
            content_type=None
        ) if answer.content_type == "application/json" else None


@pytest.mark.parametrize("way", ["through the proxy", "directly"])
async def test_a_users_own_token_says_who_asks(hub: Hub, way: str) -> None:
    token = await hub.token_for("alice")
    url = hub.gateway_url if way == "through the proxy" else hub.direct_url
    async with connect(hub, token, url) as provider:
        snapshot = await provider.snapshot(locate("shared:/"))
        assert [entry.path for entry in snapshot.files] == ["hello.txt", "large.bin"]
        small = next(entry for entry in snapshot.files if entry.path == "hello.txt")
        assert b"".join([piece async for piece in provider.read(small)]) == b"hello"
    assert {line["user"] for line in audit(hub)[-2:]} == {"alice"}


@pytest.mark.parametrize("scheme", ["token", "Bearer", "bearer"])
async def test_both_ways_to_write_a_token_count(hub: Hub, scheme: str) -> None:
    token = await hub.token_for("alice")
    status, answer = await ask(f"{hub.gateway_url}api/v1/connections", token, scheme)
    assert (status, [one["name"] for one in answer]) == (200, ["shared"])


async def test_names_with_all_kinds_of_letters_are_users_too(hub: Hub) -> None:
    name = "åse björk@uni.example"
    token = await hub.token_for(name.replace(" ", "%20"))
    assert await names(hub, token) == ["hello.txt", "large.bin"]
    assert audit(hub)[-1]["user"] == name


async def test_groups_are_those_that_the_hub_knows_now(hub: Hub) -> None:
    token = await hub.token_for("bob")
    with pytest.raises(NotGranted):
        await names(hub, token)
    await hub.set_groups("bob", "stats", "other")
    assert await names(hub, token)
    await hub.set_groups("bob", "other")
    with pytest.raises(NotGranted):
        await names(hub, token)
    assert [line["outcome"] for line in audit(hub)[-3:]] == ["not-granted", "ok", "not-granted"]


async def test_tokens_that_are_no_users_or_not_for_us_are_refused(hub: Hub) -> None:
    narrow = await hub.token_for("alice", scopes=["read:users:name!user=alice", "access:servers!user=alice"])
    revoked = await hub.token_for("alice")
    listed = (await hub.api("GET", "users/alice/tokens"))["api_tokens"]
    await hub.api("DELETE", f"users/alice/tokens/{max(listed, key=lambda one: one['created'])['id']}")
    for token, expected in (
        (None, ("login-needed", None)),
        ("0123456789abcdef", ("login-needed", None)),
        (revoked, ("login-needed", None)),
        (hub.service_tokens["other"], ("not-granted", None)),
        (hub.service_environment["JUPYTERHUB_API_TOKEN"], ("not-granted", None)),
        (narrow, ("not-granted", None)),
    ):
        for path in (
            "connections",
            "describe?source=shared:/",
            "snapshot?source=shared:/",
            "file?source=shared:/&path=hello.txt",
        ):
            status, answer = await ask(f"{hub.gateway_url}api/v1/{path}", token)
            assert (status, answer["code"]) == (403, expected[0]), (token, path)
            line = audit(hub)[-1]
            assert (line["outcome"], line.get("user")) == expected
    assert "user' and 'server'" in answer["hint"]


async def test_a_service_that_a_grant_names_is_itself_and_no_user(hub: Hub) -> None:
    """The hub lets it use the gateway by what `configure` read in the grants."""
    assert await names(hub, hub.service_tokens["neuron"]) == ["hello.txt", "large.bin"]
    line = audit(hub)[-1]
    assert (line["service"], "user" in line) == ("neuron", False)
    with pytest.raises(NotGranted):
        await names(hub, await hub.token_for("neuron"))
    line = audit(hub)[-1]
    assert (line["user"], "service" in line) == ("neuron", False)


async def test_a_cookie_is_no_token(hub: Hub) -> None:
    token = await hub.token_for("alice")
    cookies = {"jupyterhub-services": token, "service-hubdrives": token, "jupyterhub-hub-login": token}
    async with (
        aiohttp.ClientSession(cookies=cookies) as session,
        session.get(f"{hub.gateway_url}api/v1/connections", params={"token": token}) as answer,
    ):
        assert answer.status == 403


async def test_metrics_are_for_those_who_may_read_the_hubs(hub: Hub) -> None:
    assert (await ask(f"{hub.gateway_url}metrics", hub.service_tokens["prometheus"]))[0] == 200
    for token in (None, hub.service_tokens["other"], await hub.token_for("alice")):
        assert (await ask(f"{hub.gateway_url}metrics", token))[0] == 403
    assert (await ask(f"{hub.gateway_url}health", None)) == (200, {"status": "ok"})


async def test_a_link_lives_as_long_as_its_author_is_in_the_group(hub: Hub) -> None:
    await hub.set_groups("teacher", "staff")
    student = await hub.token_for("student")
    async with connect(hub, await hub.token_for("teacher")) as provider:
        link = f"link:{(await provider.sign_link(locate('shared:/'))).token}"
    assert await names(hub, student, link) == ["hello.txt", "large.bin"]
    await hub.set_groups("teacher")
    with pytest.raises(BadLink, match="author"):
        await names(hub, student, link)
    await hub.set_groups("teacher", "staff")
    assert await names(hub, student, link)
    await hub.api("DELETE", "users/teacher")
    with pytest.raises(BadLink, match="author"):
        await names(hub, student, link)


async def test_a_servers_own_environment_is_enough(hub: Hub) -> None:
    """From inside a server that the hub started, with nothing but what the hub put into its environment."""
    server = await hub.spawn("alice")
    program = (
        "import asyncio\n"
        "from hubdrives.connections import Connections\n"
        "async def main():\n"
        "    async with Connections() as connections:\n"
        "        found = connections.find('shared:/')\n"
        "        provider = await connections.provider(found.connection)\n"
        "        print([entry.path for entry in (await provider.snapshot(found.location)).files])\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        program,
        env=server.environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert output.decode().strip() == "['hello.txt', 'large.bin']"
    assert audit(hub)[-1]["user"] == "alice"
    await hub.stop_server("alice")


# The same library, in this process: what the hub answers, and what if it does not.


async def test_who_is_asked_about_twice_is_asked_for_once(hub: Hub) -> None:
    identity = HubIdentity(hub.service_environment, fresh=60)
    token = await hub.token_for("carol")
    await hub.set_groups("carol", "stats")
    callers = await asyncio.gather(*(identity.caller(token) for _ in range(20)))
    assert {(caller.name, caller.groups) for caller in callers} == {("carol", frozenset({"stats"}))}
    await hub.set_groups("carol")
    assert (await identity.caller(token)).groups == {"stats"}
    assert (await identity.user("carol")).groups == frozenset()
    assert await identity.user("nobody-of-this-name") is None
    assert hub.log.count("GET /hub/api/user (carol@") == 1
    with pytest.raises(LoginNeeded):
        await identity.caller("wrong")
    await identity.close()


async def test_a_service_that_may_not_read_groups_says_what_it_lacks(hub: Hub) -> None:
    environment = {**hub.service_environment, "JUPYTERHUB_API_TOKEN": hub.service_tokens["other"]}
    identity = HubIdentity(environment, fresh=60)
    with pytest.raises(BadConfig, match="in which groups") as refusal:
        await identity.user("alice")
    assert "read:users:groups" in refusal.value.hint
    await identity.close()


async def test_a_hub_that_does_not_answer_is_told_so(hub: Hub, unused_tcp_port: int) -> None:
    environment = {**hub.service_environment, "JUPYTERHUB_API_URL": f"http://127.0.0.1:{unused_tcp_port}/hub/api"}
    identity = HubIdentity(environment, fresh=60)
    with pytest.raises(Unavailable, match="hub does not answer"):
        await identity.caller("any")
    await identity.close()


@pytest.mark.parametrize("missing", ["JUPYTERHUB_API_URL", "JUPYTERHUB_API_TOKEN", "JUPYTERHUB_SERVICE_NAME"])
async def test_without_the_hubs_variables_there_is_no_gateway(hub: Hub, missing: str) -> None:
    with pytest.raises(BadConfig, match=missing):
        HubIdentity({**hub.service_environment, missing: ""}, fresh=60)


async def test_no_token_is_in_any_log(hub: Hub) -> None:
    await hub.set_groups("alice", "staff")
    token = await hub.token_for("alice")
    async with connect(hub, token, hub.direct_url) as provider:
        signed = await provider.sign_link(locate("shared:/"))
        await provider.snapshot(locate(f"link:{signed.token}"))
    for text in (hub.log, (hub.folder / "audit.jsonl").read_text()):
        assert token not in text
        assert signed.token not in text
        assert hub.service_environment["JUPYTERHUB_API_TOKEN"] not in text
    assert Path(hub.folder / "audit.jsonl").stat().st_size > 0


async def test_told_to_end_it_lets_files_arrive(hub: Hub) -> None:
    """SIGTERM in the middle of a large file. The last test here: the hub takes its time to start a service anew."""
    token = await hub.token_for("alice")
    expected = (hub.folder / "content" / "large.bin").read_bytes()
    (gateway,) = [
        process
        for process in psutil.Process(hub.pid).children(recursive=True)
        if process.cmdline()[-2:] == ["hubdrives", "gateway"]
    ]
    async with connect(hub, token, hub.direct_url) as provider:
        snapshot = await provider.snapshot(locate("shared:/"))
        (large,) = [entry for entry in snapshot.files if entry.path == "large.bin"]
        received = bytearray()
        async for piece in provider.read_many([large]):
            if not received:
                gateway.send_signal(signal.SIGTERM)
            received += piece.data
            assert piece.error is None
    assert received == expected
    async with asyncio.timeout(5):
        while gateway.is_running() and gateway.status() != psutil.STATUS_ZOMBIE:
            await asyncio.sleep(0.05)
    assert "Unclosed" not in hub.log
    assert "Traceback" not in hub.log
