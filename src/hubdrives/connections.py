"""Configuration + credential + provider -> live provider: the one place where they meet."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from hubdrives import config, paths, providers
from hubdrives.config import ConnectionSettings, Settings
from hubdrives.credentials import is_personal, token_source
from hubdrives.errors import NoConnection, NotALocation, UnsupportedLink
from hubdrives.http import Client
from hubdrives.limits import AdaptiveLimit
from hubdrives.model import Location
from hubdrives.providers.base import Provider
from hubdrives.providers.sessions import Noted, Resumes
from hubdrives.retry import RetryPolicy

LOCAL = "local"
"""The connection for folders of this machine that needs no configuration."""

GATEWAY = "gateway"
"""The connection to the hub's gateway, there when its URL is in the environment."""


_IDLE_SECONDS = 900.0
"""After this long without a question, what is open for one user is closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a source means here: which connection reaches it, and where it is there."""

    connection: str
    location: Location


@dataclass(slots=True)
class _Open:
    """A provider that is open."""

    provider: Provider
    client: Client
    used: float


class Connections:
    """All that can be reached from this process. `async with` it: what was opened is closed at the end.

    Args:
        settings: the configured connections.
        environment: `HUBDRIVES_GATEWAY_URL` adds the hub's gateway; `JUPYTERHUB_…` say where the hub is, which knows
            its users' own tokens.
        local: whether plain folders of this machine may be sources, and notes may be left in the user's home of uploads
            that are cut.
        policy: how patient the clients are.
        clock: seconds.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        environment: Mapping[str, str] = os.environ,
        local: bool = True,
        policy: RetryPolicy | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        loaded = config.load(environment) if settings is None else settings
        self._settings = dict(loaded.connections)
        if (url := environment.get(config.GATEWAY_VARIABLE)) and GATEWAY not in self._settings:
            self._settings[GATEWAY] = ConnectionSettings(
                provider="gateway",
                base_url=url,
                credential={"kind": "token", "scheme": "token", "token_env": "JUPYTERHUB_API_TOKEN"},
            )
        if local and LOCAL not in self._settings:
            self._settings[LOCAL] = ConnectionSettings(provider="local")
        self._environment = environment
        self._state = config.state_folder(environment) if local else None
        self._policy = policy
        self._clock = clock
        self._open: dict[tuple[str, str], _Open] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        for one in self._open.values():
            await one.provider.close()
        self._open.clear()

    @property
    def settings(self) -> Mapping[str, ConnectionSettings]:
        """The settings of each connection by name."""
        return self._settings

    @property
    def live(self) -> Mapping[tuple[str, str], Provider]:
        """The providers that are open, by connection and, for a personal one, user."""
        return {key: one.provider for key, one in self._open.items()}

    def is_personal(self, name: str) -> bool:
        """Whether each user reaches connection `name` with a token of their own."""
        settings = self._settings.get(name)
        return settings is not None and is_personal(settings.credential)

    def find(self, source: str) -> Found:
        """What `source` means: a pasted URL, `connection:/path`, or a local folder. No I/O.

        Raises:
            NotALocation: it is none of these.
            NoConnection: it is understood, but no connection reaches it.
            UnsupportedLink: a known site, but not an item.
            BadPath: the path after `connection:` leads out.
        """
        text = source.strip()
        name, colon, path = text.partition(":")
        if colon and name in self._settings and not path.startswith("//"):
            return Found(connection=name, location=self.root(name).below(paths.relative(path.lstrip("/"))))
        if Path(text).expanduser().is_absolute() or text in {".", ".."} or text.startswith(("./", "../")):
            text = str(Path(text).expanduser().absolute())
        refusal: UnsupportedLink | None = None
        for known, settings in self._settings.items():
            try:
                location = providers.provider_class(settings.provider).parse(text, base_url=settings.base_url)
            except UnsupportedLink as error:
                refusal = refusal or error
                continue
            if location is not None:
                return Found(connection=known, location=location)
        if refusal is not None:
            raise refusal
        raise _unknown(text, colon=bool(colon), name=name)

    def reaching(self, location: Location) -> Found:
        """What reads `location`, which was written down. Raises what `find` does."""
        return self.find(location.url or f"/{location.path}")

    def root(self, name: str) -> Location:
        """Where `name:/` starts.

        Raises:
            NoConnection: no such connection, or it has no root.
        """
        settings = self._settings.get(name)
        if settings is None:
            raise NoConnection(f"There is no connection '{name}'.")
        if settings.root is None:
            raise NoConnection(
                f"Connection '{name}' has no root, so '{name}:/…' leads nowhere.",
                hint=f"Set `root` of connection '{name}', or paste the address of a folder.",
            )
        location = providers.provider_class(settings.provider).parse(settings.root, base_url=settings.base_url)
        if location is None:
            raise NoConnection(f"The root of connection '{name}' is no address of its provider.")
        return location

    async def provider(self, name: str, *, user: str = "") -> Provider:
        """The live provider of connection `name`, opened when first asked for.

        Args:
            name: the connection's.
            user: for whom, where each user has a token of their own; "" is whose server this is. Without meaning for
                other connections, which are everybody's.

        Raises:
            NoConnection: no such connection or provider.
            BadConfig: its credential or options can't be used.
        """
        key = (name, user if self.is_personal(name) else "")
        one = self._open.get(key)
        if one is None:
            await self._close_idle()
            one = self._open[key] = self._opened(name, user)
        one.used = self._clock()
        return one.provider

    def _opened(self, name: str, user: str) -> _Open:
        settings = self._settings.get(name)
        if settings is None:
            raise NoConnection(f"There is no connection '{name}'.")
        kind = providers.provider_class(settings.provider)
        limits = settings.limits
        tokens = token_source(
            settings.credential, connection=name, base_url=settings.base_url, user=user, environment=self._environment
        )
        client = Client(
            title=kind.title,
            errors=kind.errors,
            tokens=tokens,
            limit=AdaptiveLimit(concurrency=limits.concurrency or kind.concurrency, rate=limits.rate),
            policy=self._policy or RetryPolicy(patience=limits.patience),
            headroom=kind.headroom,
        )
        provider = kind.open(client, base_url=settings.base_url, options=settings.options)
        if self._state is not None and isinstance(provider, Resumes):
            whose = "\0".join((name, user, settings.base_url or ""))
            provider.remember(Noted(self._state / "uploads", of=whose))
        return _Open(provider, client, self._clock())

    async def _close_idle(self) -> None:
        """Close what users left behind; what is everybody's stays."""
        before = self._clock() - _IDLE_SECONDS
        idle = [key for key, one in self._open.items() if key[1] and one.used < before and not one.client.limit.busy]
        for key in idle:
            await self._open.pop(key).provider.close()


def _unknown(text: str, *, colon: bool, name: str) -> NotALocation | NoConnection:
    for known in sorted(set(providers.provider_names()) - {LOCAL, GATEWAY}):
        kind = providers.provider_class(known)
        if kind.parse(text) is not None:
            return NoConnection(f"This is an address at {kind.title}, but no connection to {kind.title} is configured.")
    if text.startswith(("http://", "https://")):
        return NoConnection("No configured connection knows this address.")
    if name == "link":
        return NoConnection(
            "This is the link of a hub, but no hub's gateway is configured here.",
            hint=f"Open it on your hub, or set {config.GATEWAY_VARIABLE}.",
        )
    if colon:
        return NoConnection(f"There is no connection '{name[:40]}'.")
    return NotALocation(f"'{text[:80]}' is neither a web address, nor connection:/path, nor a folder of this machine.")
