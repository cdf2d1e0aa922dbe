"""What a hub is configured for: where the gateway is, if there is one, and whether users' own tokens are used."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from jupyterhub.app import JupyterHub
from traitlets.config import Config
from yarl import URL

from hubdrives import config
from hubdrives.config import GatewaySettings, Settings
from hubdrives.credentials import is_personal
from hubdrives.credentials.auth_state import HubLoginSettings
from hubdrives.errors import BadConfig
from hubdrives.hub import traits
from hubdrives.hub.scopes import SERVICE
from hubdrives.spaces.people import asks_people

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - nothing listens because of this line
"""Where to go for what listens everywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """The gateway as a service of the hub."""

    url: str
    """Where it listens, as the hub and its proxy reach it."""
    reach: str
    """Where users' servers reach it, with the service's prefix and a slash at the end."""
    config: Path | None = None
    """Its configuration, if the hub starts it."""
    settings: Settings | None = None
    """What stands there."""
    api_token: str | None = field(default=None, repr=False)
    """Its token at the hub, if somebody else starts it and the token is not in `c.JupyterHub.services`."""

    @property
    def services(self) -> list[str]:
        """Those of the hub that its grants name."""
        grants = self.settings.grants if self.settings else ()
        return list(dict.fromkeys(name for grant in grants for name in grant.services))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What `hubdrives.hub.configure` was asked for."""

    gateway: Gateway | None
    """None in the simple mode."""
    user_tokens: bool
    """Whether connections use the tokens that users' logins brought."""
    identities: bool
    """Whether the gateway asks who users are, as their logins told."""

    @property
    def keeps_logins(self) -> bool:
        """Whether the hub must keep what logins bring."""
        return self.user_tokens or self.identities

    @classmethod
    def of(
        cls,
        c: Config,
        *,
        config_file: str | Path | None,
        gateway_url: str | None,
        api_token: str | None,
        user_tokens: bool | None,
        identities: bool,
        simple: bool,
    ) -> Self:
        """Raises BadConfig: arguments that don't go together, or a file that can't be used."""
        if simple:
            if config_file or gateway_url or api_token or user_tokens is False or identities:
                raise BadConfig(
                    "simple=True is for hubs without a gateway, so it goes with no other argument.",
                    hint="Leave out either simple=True or the others.",
                )
            return cls(gateway=None, user_tokens=True, identities=False)
        if config_file is not None:
            gateway, personal = cls._managed(c, Path(config_file), gateway_url, api_token, user_tokens=user_tokens)
            spaces = gateway.settings.spaces.values() if gateway.settings else ()
            return cls(
                gateway=gateway,
                user_tokens=bool(personal or user_tokens),
                identities=identities or any(asks_people(space) for space in spaces),
            )
        return cls(
            gateway=cls._external(c, gateway_url, api_token), user_tokens=bool(user_tokens), identities=identities
        )

    @staticmethod
    def _managed(
        c: Config, path: Path, gateway_url: str | None, api_token: str | None, *, user_tokens: bool | None
    ) -> tuple[Gateway, bool]:
        """The gateway that the hub starts, and whether it has personal connections."""
        path = path.expanduser().absolute()
        settings = config.load({config.CONFIG_VARIABLE: str(path)})
        personal = sorted(name for name, one in settings.connections.items() if is_personal(one.credential))
        if personal and user_tokens is False:
            raise BadConfig(
                f"user_tokens=False, but connection '{personal[0]}' in {path} uses the tokens of users' logins.",
                hint="Leave out user_tokens.",
            )
        for name in personal:
            HubLoginSettings.of(settings.connections[name].credential)
        url = str(service(c).get("url") or _listen(settings.gateway, gateway_url, path))
        gateway = Gateway(
            url=url,
            reach=_reach(c, gateway_url or url),
            config=path,
            settings=settings,
            api_token=api_token,
        )
        return gateway, bool(personal)

    @staticmethod
    def _external(c: Config, gateway_url: str | None, api_token: str | None) -> Gateway:
        known = service(c).get("url")
        if not (gateway_url or known):
            raise BadConfig(
                "hubdrives.hub.configure does not know where the gateway is.",
                hint='Give config="/path/of/hubdrives.toml" to let the hub start it, gateway_url="http://…" if '
                "something else starts it, or simple=True if there is none.",
            )
        reach = _reach(c, str(gateway_url or known))
        url = str(known or URL(reach).origin())
        return Gateway(url=url, reach=reach, api_token=api_token)


def service(c: Config) -> dict[str, Any]:
    """What the configuration says of the gateway's service; empty if nothing."""
    found = (one for one in traits.effective(c, JupyterHub, "services") if one.get("name") == SERVICE)
    return dict(next(found, {}))


def _listen(settings: GatewaySettings, gateway_url: str | None, path: Path) -> str:
    if gateway_url is not None and settings.host not in _EVERYWHERE:
        return str(_address(gateway_url).origin())
    if not settings.port:
        raise BadConfig(f"{path} lets the gateway choose its port, so that nobody knows it.", hint="Set `port`.")
    return str(URL.build(scheme="http", host=settings.host, port=settings.port))


def _reach(c: Config, text: str) -> str:
    """Where a server asks the gateway that is at `text`: its prefix is not stripped by anybody."""
    prefix = f"{_base_url(c)}services/{SERVICE}/"
    url = _address(text)
    host = str(url.host)
    return str(url.origin().with_host(_EVERYWHERE.get(host, host)).with_path(prefix))


def _address(text: str) -> URL:
    try:
        url = URL(text)
    except ValueError:
        url = URL()
    path = url.path.rstrip("/")
    if url.scheme not in {"http", "https"} or not url.host or (path and not path.endswith(f"/services/{SERVICE}")):
        raise BadConfig(
            f"'{text}' can't be the gateway's address.",
            hint="Write the scheme, the host and the port, for example http://hubdrives:8000.",
        )
    return url


def _base_url(c: Config) -> str:
    if traits.given(c, JupyterHub, "base_url"):
        path = str(traits.effective(c, JupyterHub, "base_url"))
    else:
        path = urlsplit(str(traits.effective(c, JupyterHub, "bind_url"))).path
    path = path.strip("/")
    return f"/{path}/" if path else "/"
