"""What the gateway is made of, put together once."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from aiohttp import web

from hubdrives.config import Settings
from hubdrives.connections import Connections
from hubdrives.credentials.people import HubPeople
from hubdrives.gateway.access import Access
from hubdrives.gateway.audit import AuditLog, Record
from hubdrives.gateway.cache import Cache
from hubdrives.gateway.disk import Disk
from hubdrives.gateway.files import Files
from hubdrives.gateway.identity import Caller, Identity
from hubdrives.gateway.listings import Listings
from hubdrives.gateway.metrics import Metrics
from hubdrives.gateway.owners import Owners
from hubdrives.gateway.shared import Shared
from hubdrives.gateway.signing import Signer
from hubdrives.gateway.spaces import UsersSpaces, asks_hub
from hubdrives.gateway.uploads import Uploads
from hubdrives.model import Waiting
from hubdrives.retry import RetryPolicy

_HUB = frozenset({"JUPYTERHUB_API_URL", "JUPYTERHUB_API_TOKEN"})


_REMEMBERED_SECONDS = 600.0
"""For how long it is known what came of a change: whoever lost the answer asks again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a change."""

    document: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """All that handlers need."""

    settings: Settings
    identity: Identity
    connections: Connections
    access: Access
    listings: Listings
    files: Files
    uploads: Uploads
    owners: Owners
    """Whose transfers are whose."""
    spaces: UsersSpaces
    people: HubPeople | None
    """Who the users are, where spaces need it."""
    outcomes: Shared[tuple[str, str], Outcome]
    """By who asked for a change (`Caller.id`), and their key for it."""
    looks: Shared[tuple[object, ...], object]
    """What is being looked up for somebody, and is kept only for whoever was told to come back for it."""
    audit: AuditLog
    metrics: Metrics
    patience: float
    """Seconds after which an answer that is not ready yet says so."""

    @classmethod
    def of(
        cls,
        settings: Settings,
        identity: Identity,
        *,
        patience: float,
        policy: RetryPolicy | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Self:
        """The parts for `settings`; `environment` says where the hub is, which knows its users' own tokens.

        Raises:
            BadConfig: a grant, a folder or a file in the settings can't be used.
        """
        gateway = settings.gateway
        hub = {name: value for name, value in (environment or {}).items() if name in _HUB}
        connections = Connections(settings, environment=hub, local=False, policy=policy)
        folder = Path(gateway.cache_folder or tempfile.mkdtemp(prefix="hubdrives-gateway-")).expanduser()
        metrics = Metrics()
        signer = Signer.from_settings(gateway)
        people = HubPeople(hub, fresh=gateway.identity_seconds) if asks_hub(settings) else None
        spaces = UsersSpaces(settings, connections, people)
        return cls(
            settings=settings,
            identity=identity,
            connections=connections,
            access=Access(
                settings, connections, identity, signer, spaces, fresh=gateway.fresh_seconds, patience=patience
            ),
            spaces=spaces,
            people=people,
            listings=Listings(connections, fresh=gateway.fresh_seconds),
            files=Files(connections, Cache(folder, limit=gateway.cache_bytes, metrics=metrics), metrics),
            uploads=Uploads(Disk(folder), limit=gateway.upload_bytes),
            owners=Owners(folder / "tasks"),
            outcomes=Shared(fresh=_REMEMBERED_SECONDS),
            looks=Shared(fresh=0.0, keep=1000),
            audit=AuditLog(gateway.audit_file),
            metrics=metrics,
            patience=patience,
        )

    async def close(self) -> None:
        """End all work and close all connections."""
        await self.outcomes.close()
        await self.looks.close()
        await self.access.close()
        await self.listings.close()
        await self.files.close()
        await self.connections.__aexit__()
        await self.identity.close()
        if self.people is not None:
            await self.people.close()
        self.audit.close()

    def waiting(self, connection: str | None, user: str | None) -> Waiting | None:
        """Whom `connection`, or any connection, waits for at this moment on behalf of `user`."""
        among = [
            provider
            for (name, owner), provider in self.connections.live.items()
            if owner in {"", user} and connection in {None, name}
        ]
        return max(filter(None, (provider.waiting for provider in among)), key=lambda one: one.seconds, default=None)


PARTS = web.AppKey("parts", Parts)
RECORD = web.RequestKey("record", Record)
STARTED = web.RequestKey("started", bool)
"""An answer is on its way."""
CALLER = web.RequestKey("caller", Caller)
