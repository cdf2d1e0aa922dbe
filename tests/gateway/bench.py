"""A gateway in front of an emulated Google Drive, on loopback, with people whose tokens a test hands out itself."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from aiohttp.test_utils import TestServer

from hubdrives.config import ConnectionSettings, GatewaySettings, Grant, Settings, SpaceSettings
from hubdrives.errors import LoginNeeded
from hubdrives.gateway.app import make_app
from hubdrives.gateway.identity import Caller
from hubdrives.http import Client
from hubdrives.providers.gateway import Gateway
from hubdrives.retry import RetryPolicy
from hubdrives.testing.emulators.googledrive import GoogleDrive as Emulator
from hubdrives.testing.emulators.server import serving

PREFIX = "/services/hubdrives/"
LINK_KEY = "an-old-key-that-is-long-enough-to-be-one\na-newer-key-that-is-long-enough-to-be-one\n"
QUICK = RetryPolicy(attempts=4, first=0.001, longest=0.01, patience=5)


class People:
    """What the hub would say; a real one says it in test_real_hub."""

    def __init__(self) -> None:
        self.users: dict[str, Caller] = {}
        self.services: set[str] = set()

    def token(self, name: str, *groups: str) -> str:
        """A token of `name`, who is in these groups from now on."""
        self.users[name] = Caller(name=name, groups=frozenset(groups))
        return f"token-of-{name}-7f3a"

    def service_token(self, name: str) -> str:
        """A token of the hub's service `name`."""
        self.services.add(name)
        return f"token-of-service-{name}-7f3a"

    async def caller(self, token: str) -> Caller:
        for name in self.services:
            if token == f"token-of-service-{name}-7f3a":
                return Caller(name=name, service=True)
        for name, caller in self.users.items():
            if token == f"token-of-{name}-7f3a":
                return caller
        raise LoginNeeded("The hub does not know this token.")

    async def user(self, name: str) -> Caller | None:
        return self.users.get(name)

    async def may_read_metrics(self, token: str) -> bool:
        return token == "prometheus"

    async def close(self) -> None:
        pass


@dataclass(frozen=True)
class HubToken:
    """The token of a user's server."""

    value: str
    scheme: str = "token"

    async def token(self, *, stale: str | None = None) -> str:
        return self.value


class Bench:
    """The gateway that is under test, whoever it is to serve, and a Drive."""

    def __init__(self, drive: Emulator, folder: Path, stack: AsyncExitStack) -> None:
        self.drive, self.folder, self._stack = drive, folder, stack
        self.people = People()
        self.key = drive.key_file()
        (folder / "key.json").write_text(json.dumps(self.key))
        (folder / "link-keys").write_text(LINK_KEY)
        self.environment: dict[str, str] = {}
        self.server: TestServer | None = None

    def settings(
        self,
        grants: Sequence[Grant],
        *,
        connections: dict[str, ConnectionSettings] | None = None,
        spaces: dict[str, SpaceSettings] | None = None,
        **gateway: Any,
    ) -> Settings:
        """Grants on connection "drive", whose root is the emulator's shared folder."""
        course = ConnectionSettings(
            provider="googledrive",
            base_url=self.drive.url,
            root=self.drive.location,
            credential={"kind": "google_service_account", "key_file": str(self.folder / "key.json")},
        )
        defaults: dict[str, Any] = {
            "fresh_seconds": 0.0,
            "cache_folder": str(self.folder / "cache"),
            "audit_file": str(self.folder / "audit.jsonl"),
            "link_key_file": str(self.folder / "link-keys"),
        }
        settings = Settings(
            connections={"drive": course, **(connections or {})},
            spaces=spaces or {},
            grants=tuple(grants),
            gateway=GatewaySettings(**{**defaults, **gateway}),
        )
        return msgspec.convert(msgspec.to_builtins(settings), Settings)

    async def start(self, *grants: Grant, patience: float = 8.0, port: int | None = None, **settings: Any) -> str:
        """Start the gateway; its address."""
        app = make_app(
            self.settings(grants, **settings),
            self.people,
            prefix=PREFIX,
            patience=patience,
            policy=QUICK,
            environment=self.environment,
        )
        self.server = TestServer(app, host="127.0.0.1", port=port)
        # As `run` does: an access log would hold the links that people follow.
        await self.server.start_server(access_log=None)
        self._stack.push_async_callback(self.server.close)
        return self.url

    @property
    def url(self) -> str:
        assert self.server is not None
        return str(self.server.make_url(PREFIX))

    def connect(self, token: str, *, policy: RetryPolicy = QUICK, url: str | None = None) -> Gateway:
        """The provider, as it is in the server of whoever has `token`."""
        client = Client(title=Gateway.title, errors=Gateway.errors, tokens=HubToken(token), policy=policy)
        provider = Gateway.open(client, base_url=url or self.url)
        self._stack.push_async_callback(provider.close)
        return provider

    async def ask(
        self, method: str, path: str, *, token: str | None = None, headers: dict[str, str] | None = None, **more: Any
    ) -> tuple[int, Any, "aiohttp.typedefs.LooseHeaders"]:
        """Status, JSON (else bytes) and headers of one plain request."""
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"token {token}"
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, f"{self.url}{path}", headers=sent, **more) as answer,
        ):
            body = await answer.read()
            is_json = body and answer.content_type == "application/json"
            return answer.status, json.loads(body) if is_json else body, answer.headers

    def audit(self) -> list[dict[str, Any]]:
        """All audit lines so far."""
        return [json.loads(line) for line in (self.folder / "audit.jsonl").read_text().splitlines()]

    def asked(self) -> dict[str, int]:
        """What the Drive was asked since the last call, without tokens."""
        counted = {name: number for name, number in self.drive.requests.by_operation.items() if name != "token"}
        self.drive.requests.reset()
        return counted

    def file(self, name: str, data: bytes | str = "text", parent: str | None = None) -> str:
        return self.drive.tree.add_file(name, data, parent=parent or self.drive.root).id

    def folder_in(self, name: str, parent: str | None = None) -> str:
        return self.drive.tree.add(name, parent=parent or self.drive.root).id


def address(item: str) -> str:
    """What a person pastes for a folder."""
    return f"https://drive.google.com/drive/folders/{item}"


@asynccontextmanager
async def benched(folder: Path) -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        drive = await stack.enter_async_context(serving(Emulator()))
        yield Bench(drive, folder, stack)
