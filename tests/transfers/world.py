"""An emulated Globus with a collection of a lab and one of this machine's home, and the clock of both."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from hubdrives.config import ConnectionSettings, Settings
from hubdrives.connections import Connections
from hubdrives.providers.base import Provider
from hubdrives.retry import RetryPolicy
from hubdrives.testing.emulators.globus import Globus
from hubdrives.testing.emulators.server import serving
from hubdrives.transfers import Transfers

QUICK = RetryPolicy(attempts=2, first=0.001, longest=0.01, patience=5)


class World:
    """The lab's collection is the root of connection "globus", for a client of its own name."""

    def __init__(self, globus: Globus, folder: Path, home: Path) -> None:
        self.globus = globus
        self.lab = globus.add_guest_collection("Lab", "/lab")
        self.home = globus.add_guest_collection("Home", "/home")
        for collection in (self.lab, self.home):
            globus.share(collection, globus.client, "rw")
        self.slept: list[float] = []
        self.folder = home
        home.mkdir(exist_ok=True)
        self._secret = folder / "secret"
        self._secret.write_text(globus.client.secret or "")
        self.environment = {
            "HOME": str(self.folder),
            "GLOBUS_LOCAL_ENDPOINT": self.home.id,
            "GLOBUS_HOST_POSIX_BASEPATH": str(self.folder),
        }

    def connection(self, **more: Any) -> ConnectionSettings:
        credential = {
            "kind": "globus_client",
            "client_id": self.globus.client.id,
            "client_secret_file": str(self._secret),
        }
        root = self.globus.web_address(self.lab)
        return ConnectionSettings(provider="globus", base_url=self.globus.url, root=root, credential=credential, **more)

    @property
    def toml(self) -> str:
        """The same as a configuration file."""
        one = self.connection()
        credential = ", ".join(f"{name} = {json.dumps(value)}" for name, value in one.credential.items())
        return (
            f'[connections.globus]\nprovider = "globus"\nbase_url = "{one.base_url}"\nroot = "{one.root}"\n'
            f"credential = {{ {credential} }}\n"
        )

    @asynccontextmanager
    async def transfers(self, **connections: ConnectionSettings) -> AsyncIterator[Transfers]:
        """As in a process of its own; while it sleeps, time passes at Globus."""
        settings = Settings(connections=connections or {"globus": self.connection()})
        async with Connections(settings, environment=self.environment, policy=QUICK) as live:
            yield Transfers(live, environment=self.environment, sleep=self.sleep)

    @asynccontextmanager
    async def provider(self, **more: Any) -> AsyncIterator[Provider]:
        """The account itself; `more` are settings of the connection."""
        settings = Settings(connections={"globus": self.connection(**more)})
        async with Connections(settings, environment=self.environment, policy=QUICK) as live:
            yield await live.provider("globus")

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.globus.advance(seconds)
        await asyncio.sleep(0)

    def plant(self, path: str, content: str = "text") -> None:
        self.globus.add_file(path, content, collection=self.lab)

    async def brought(self, path: str) -> bytes:
        """What is at a path of the home now."""
        node = await self.globus.find(path, collection=self.home)
        assert node.content is not None, path
        return node.content.read()

    @property
    def count(self) -> int:
        """How many tasks there ever were."""
        return len(self.globus.tasks.tasks)


@asynccontextmanager
async def world_of(folder: Path, *, home: Path | None = None) -> AsyncIterator[World]:
    """A home that is `home`, if there is one already; whatever else is needed goes into `folder`."""
    folder.mkdir(exist_ok=True)
    async with serving(Globus()) as globus:
        yield World(globus, folder, home or folder / "home")
