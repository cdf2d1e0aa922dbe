from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, ClassVar

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from tests.gateway.bench import benched
from tests.spaces.directory import Directory

from hubdrives.config import ConnectionSettings, Grant, LimitSettings, Settings, SpaceSettings
from hubdrives.errors import HubdrivesError, NotFound
from hubdrives.spaces import Spaces, open_spaces
from hubdrives.testing.emulators.box import Box
from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.seafile import Seafile
from hubdrives.testing.emulators.seafile.store import id_of
from hubdrives.testing.emulators.server import serving

FOLDER = "results-data"
MANY = [f"user{number:03}" for number in range(500)]


class BoxWorld:
    """A service with an account at Box, which has a folder for everybody's folders there."""

    read, write = "viewer", "editor"
    making: ClassVar = {"folders.create": 2, "collaborations.create": 1}
    """What a new folder costs: the folder above it, itself, sharing it."""
    finding: ClassVar = {"folders.items": 1}
    """What it costs to find a folder by its name in another one."""
    asking: ClassVar = {"folders.collaborations": 1}
    """What it costs to ask whether it is shared."""
    asking_all: ClassVar[dict[str, int]] = {}
    """What it costs to ask whether all are, where the provider tells that."""
    uploading: ClassVar = {"files.upload": 1}
    """What a small new file costs."""
    tells_digests = True
    """Whether it is seen from here that the same bytes are there already."""

    provider = "box"
    emulated: ClassVar[Any] = Box

    def __init__(self, stack: AsyncExitStack, secret: Path) -> None:
        self.stack = stack
        self.secret = secret
        self.people = Directory()
        self.emulator = self.emulated()
        self.space: dict[str, Any] = {}
        self.concurrency = 8

    async def start(self) -> None:
        await self.stack.enter_async_context(serving(self.emulator))
        self.secret.write_text(self.emulator.token())

    @property
    def settings(self) -> Settings:
        return Settings(
            connections={
                "service": ConnectionSettings(
                    provider=self.provider,
                    base_url=self.emulator.url,
                    root=self.emulator.location,
                    credential=self.credential,
                    limits=LimitSettings(concurrency=self.concurrency, patience=5.0),
                )
            },
            spaces={"results": SpaceSettings(**{"connection": "service", "folder": FOLDER, **self.space})},
        )

    async def open(self, name: str = "results") -> Spaces:
        spaces = open_spaces(name, settings=self.settings, environment={}, people=self.people)
        return await self.stack.enter_async_context(spaces)

    @property
    def credential(self) -> dict[str, str]:
        return {"kind": "token", "token_file": str(self.secret)}

    def source(self, user: str) -> str:
        """What a person writes for somebody's folder."""
        return f"service:/sub-of-{user}/{FOLDER}"

    def asked(self) -> dict[str, int]:
        """What was asked since the last call."""
        counted = dict(self.emulator.requests.by_operation)
        self.emulator.requests.reset()
        return counted

    def refuse(self, what: str, *, after: int = 0) -> None:
        """Refuse once to make a folder, to share one, or to take a file."""
        operation = {"make": "folders.create", "share": "collaborations.create", "write": "files.upload"}[what]
        self._fault(operation=operation, effect="error", reason="forbidden", status=403, after=after)

    def lock_out(self, *, after: int) -> None:
        """Let nobody in any more, once so many folders were made."""
        self._fault(
            operation="folders.create", effect="error", reason="unauthorized", status=401, after=after, times=None
        )

    def let_in(self) -> None:
        """Refuse nothing any more."""
        self.emulator.faults.set([])

    def _fault(self, **rule: Any) -> None:
        self.emulator.faults.set([rule])

    def keys(self) -> list[str]:
        """The folders above everybody's."""
        return sorted(node.name for node in self.emulator.tree.children(self.emulator.root))

    unreachable = "https://app.box.com/folder/4711"

    def another_root(self) -> str:
        """The address of a new folder "beside" where people's folders would be."""
        node = self.emulator.tree.add("beside", parent=self.emulator.root)
        return f"https://app.box.com/folder/{node.id}"

    def _find(self, key: str, *below: str) -> Any:
        return self.emulator.tree.find(*key.split("/"), *below, under=self.emulator.root)

    def is_there(self, key: str) -> bool:
        """Whether somebody has a folder."""
        return not self.emulator.tree.in_trash(self._find(key, FOLDER).id)

    def tree(self, key: str, folder: str = FOLDER) -> dict[str, bytes | None]:
        """Somebody's folder: files with their bytes, and folders."""
        top = self._find(key, folder)
        found: dict[str, bytes | None] = {}

        def look(node: str, above: str) -> None:
            for child in self._children(node):
                path = f"{above}{child.name}"
                if child.kind == "file":
                    found[path] = _bytes(child.content)
                else:
                    found[path] = None
                    look(child.id, f"{path}/")

        look(top.id, "")
        return found

    def _children(self, node: str) -> list[Any]:
        return self.emulator.tree.children(node)

    def access(self, key: str, folder: str = FOLDER) -> dict[str, str]:
        """With whom somebody's folder is shared, and in which role."""
        node = self._find(key, folder)
        return self._access(node.id)

    def access_above(self, key: str) -> dict[str, str]:
        return self._access(self._find(key).id)

    def _access(self, node: str) -> dict[str, str]:
        shares = self.emulator.collaborations(node)
        return {getattr(each.who, "login", None) or str(each.invited): each.role for each in shares}

    def history(self, key: str, path: str, *wanted: bytes) -> bool:
        """Whether these are all versions of a file, the newest first."""
        node = self._find(key, FOLDER, *path.split("/"))
        return [_bytes(one.content) for one in reversed(self.emulator.tree.versions(node.id))] == [*wanted]


def _bytes(content: Any) -> bytes:
    return content.data if content.path is None else Path(content.path).read_bytes()


class GatewayWorld(BoxWorld):
    """The same behind a gateway, as the service that manages the space sees it."""

    async def start(self) -> None:
        await super().start()
        folder = self.secret.parent / "gateway"
        folder.mkdir()
        self.bench = await self.stack.enter_async_context(benched(folder))
        for user in ("alice", "bob", "carol", "eve", "mallory"):
            self.bench.people.token(user)
        app = web.Application()
        app.router.add_get("/hub/api/hubdrives/users/{user}/identity", self._identity)
        hub = await self.stack.enter_async_context(TestServer(app, host="127.0.0.1"))
        self.bench.environment = {"JUPYTERHUB_API_URL": str(hub.make_url("/hub/api")), "JUPYTERHUB_API_TOKEN": "t"}

    async def open(self, name: str = "results") -> Spaces:
        stored = self.settings
        grants = [
            Grant(connection="results", services=("neuron",), can=("manage",)),
            Grant(connection="results", users=("alice", "bob"), can=("read",)),
        ]
        await self.bench.start(*grants, connections=stored.connections, spaces=stored.spaces)
        return await self.seen_by(self.bench.people.service_token("neuron"), name)

    async def seen_by(self, token: str, name: str = "results") -> Spaces:
        """The space as whoever has `token` sees it."""
        file = self.secret.parent / f"{token}.txt"
        file.write_text(token)
        credential = {"kind": "token", "scheme": "token", "token_file": str(file)}
        gateway = ConnectionSettings(provider="gateway", base_url=self.bench.url, credential=credential)
        self.seen = Settings(connections={"hub": gateway})
        return await self.stack.enter_async_context(open_spaces(name, settings=self.seen, environment={}))

    def source(self, user: str) -> str:
        return f"results@{user}:/"

    async def _identity(self, request: web.Request) -> web.Response:
        try:
            user = await self.people.person(request.match_info["user"])
        except HubdrivesError as error:
            return web.json_response(error.to_wire(), status=404 if isinstance(error, NotFound) else 403)
        return web.json_response({"name": user.name, "sub": user.sub, "email": user.email})


class SeafileWorld(BoxWorld):
    """The same at a Seafile, where only those have an account who were there once."""

    provider = "seafile"
    emulated = Seafile
    read, write = "r", "rw"
    making: ClassVar = {"dir.create_all": 2, "shares.create": 1}
    finding: ClassVar = {}
    asking: ClassVar = {"shares.list": 1}
    asking_all: ClassVar = {"shares.folders": 1}
    uploading: ClassVar = {"file.detail": 1, "upload": 1}
    tells_digests = False
    unreachable = "https://seafile.example/library/11111111-1111-1111-1111-111111111111/"

    async def start(self) -> None:
        await super().start()
        for user in ("alice", "bob", "carol", *MANY):
            self.emulator.add_user(self.people.of(user).email)
        self.unreachable = f"{self.emulator.url}/library/11111111-1111-1111-1111-111111111111/x/"

    @property
    def credential(self) -> dict[str, str]:
        return {**super().credential, "scheme": "Token"}

    def refuse(self, what: str, *, after: int = 0) -> None:
        operation = {"make": "dir.create_all", "share": "shares.create", "write": "upload.link"}[what]
        self._fault(operation=operation, effect="error", reason="permission_denied", after=after)

    def lock_out(self, *, after: int) -> None:
        self._fault(operation="dir.create_all", effect="error", reason="invalid_token", after=after, times=None)

    def keys(self) -> list[str]:
        return sorted(node.name for node in self.emulator.vault.children(self.emulator.library.root))

    def another_root(self) -> str:
        self.emulator.add_folder("beside")
        return self.emulator.url + self.emulator.web_address(self.emulator.library, "beside")

    def _find(self, key: str, *below: str) -> Any:
        found = self.emulator.vault.at(self.emulator.library.root, "/".join((key, *below)))
        if found is None:
            raise LookupError(key)
        return found

    def is_there(self, key: str) -> bool:
        return self.emulator.vault.at(self.emulator.library.root, f"{key}/{FOLDER}") is not None

    def _children(self, node: str) -> list[Any]:
        return self.emulator.vault.children(node)

    def _access(self, node: str) -> dict[str, str]:
        shared = [library for library in self.emulator.libraries.all() if library.virtual and library.root == node]
        return dict(shared[0].shares) if shared else {}

    def history(self, key: str, path: str, *wanted: bytes) -> bool:
        revisions = self.emulator.libraries.revisions(self.emulator.library, f"{key}/{FOLDER}/{path}")
        return [one.dirent.id for one in revisions] == [id_of(Content.of(data)) for data in wanted]


DIRECT = {"box": BoxWorld, "seafile": SeafileWorld}
WORLDS = {**DIRECT, "gateway": GatewayWorld}


@pytest.fixture(params=sorted(WORLDS))
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[BoxWorld]:
    """A space, whoever keeps it."""
    async with AsyncExitStack() as stack:
        made = WORLDS[request.param](stack, tmp_path / "service-token")
        await made.start()
        yield made


@pytest.fixture(params=sorted(DIRECT))
async def direct(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[BoxWorld]:
    """A space in storage that this process reaches itself."""
    async with AsyncExitStack() as stack:
        made = DIRECT[request.param](stack, tmp_path / "service-token")
        await made.start()
        yield made


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[GatewayWorld]:
    """A space behind a gateway."""
    async with AsyncExitStack() as stack:
        made = GatewayWorld(stack, tmp_path / "service-token")
        await made.start()
        yield made


@pytest.fixture
async def spaces(world: BoxWorld) -> Spaces:
    return await world.open()
