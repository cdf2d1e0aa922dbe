"""A gateway with a Box behind it, beside the Drive."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from tests.gateway.bench import Bench

from hubdrives.config import ConnectionSettings, Grant
from hubdrives.testing.emulators.box import Box
from hubdrives.testing.emulators.googledrive import GoogleDrive
from hubdrives.testing.emulators.server import serving


class Team(Bench):
    """The bench, with a Box beside the Drive."""

    box: Box

    async def open(self, *grants: Grant) -> None:
        """Start the gateway; connection "team" has the emulator's shared folder as its root."""
        credential = {
            "kind": "box_ccg",
            "client_id": self.box.app.client_id,
            "client_secret_env": "BOX_CLIENT_SECRET",
            "enterprise_id": self.box.app.enterprise_id,
        }
        team = ConnectionSettings(provider="box", base_url=self.box.url, root=self.box.location, credential=credential)
        await self.start(*grants, connections={"team": team})


@asynccontextmanager
async def teamed(folder: Path) -> AsyncIterator[Team]:
    async with AsyncExitStack() as stack:
        drive = await stack.enter_async_context(serving(GoogleDrive()))
        box = await stack.enter_async_context(serving(Box()))
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("BOX_CLIENT_SECRET", box.app.client_secret)
        made = Team(drive, folder, stack)
        made.box = box
        yield made
