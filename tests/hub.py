"""A real JupyterHub in a process of its own, with its own proxy, for tests that no stand-in would convince."""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

ROOT = Path(__file__).parents[1]
PASSWORD = "open-sesame-1"
_ADMIN_TOKEN = "admin-of-the-tests-0123456789abcdef"
_GATEWAY_TOKEN = "gateway-of-the-tests-0123456789abcdef"
_OTHER_TOKEN = "other-service-0123456789abcdef"
_PROMETHEUS_TOKEN = "prometheus-0123456789abcdef"
_START_SECONDS = 60
_STOP_SECONDS = 20

_CONFIG = """
import json, os
c = get_config()
given = json.loads(os.environ["HUB_OF_THE_TESTS"])
for section, traits in given["config"].items():
    for name, value in traits.items():
        setattr(getattr(c, section), name, value)
"""


@dataclass(frozen=True, kw_only=True)
class Hub:
    """A hub that runs. Its users log in with any name and `password`."""

    url: str
    """What a browser opens, without a slash at the end."""
    api_url: str
    """The hub's API as services and servers reach it."""
    gateway_url: str
    """The gateway behind the hub's proxy, with a slash at the end; it is there if a configuration was given."""
    direct_url: str
    """The gateway as servers reach it without the proxy."""
    folder: Path
    """The users' homes are in `home/NAME`, the hub's log is `hub.log`, with the gateway's lines in it."""
    password: str = PASSWORD
    other_service_token: str = field(default=_OTHER_TOKEN, repr=False)
    prometheus_token: str = field(default=_PROMETHEUS_TOKEN, repr=False)
    process: "subprocess.Popen[bytes]" = field(repr=False)

    @property
    def service_environment(self) -> dict[str, str]:
        """What the hub gives its service "hubdrives": for a gateway that a test runs itself."""
        return {
            "JUPYTERHUB_SERVICE_NAME": "hubdrives",
            "JUPYTERHUB_SERVICE_PREFIX": "/services/hubdrives/",
            "JUPYTERHUB_API_URL": self.api_url,
            "JUPYTERHUB_API_TOKEN": _GATEWAY_TOKEN,
        }

    @property
    def log(self) -> str:
        return (self.folder / "hub.log").read_text(errors="replace")

    async def token_for(self, user: str, *, scopes: Sequence[str] | None = None) -> str:
        """A new token of `user`, who is made if need be; with all that the user may do, or some `scopes` only."""
        await self.api("POST", f"users/{user}", allowed={409})
        wanted = {} if scopes is None else {"scopes": list(scopes)}
        answer = await self.api("POST", f"users/{user}/tokens", body=wanted)
        return str(answer["token"])

    async def set_groups(self, user: str, *groups: str) -> None:
        """Let `user` be in exactly these groups."""
        await self.api("POST", f"users/{user}", allowed={409})
        for group in await self.api("GET", "groups"):
            if user in group["users"]:
                await self.api("DELETE", f"groups/{group['name']}/users", body={"users": [user]})
        for group in groups:
            await self.api("POST", f"groups/{group}", allowed={409})
            await self.api("POST", f"groups/{group}/users", body={"users": [user]})

    async def remove(self, user: str) -> None:
        await self.api("DELETE", f"users/{user}")

    async def api(
        self, method: str, path: str, *, body: Any = None, allowed: set[int] | frozenset[int] = frozenset()
    ) -> Any:
        """The hub's API with the rights of an administrator; the JSON answer, if any."""
        async with (
            aiohttp.ClientSession(headers={"Authorization": f"token {_ADMIN_TOKEN}"}) as session,
            session.request(method, f"{self.url}/hub/api/{path}", json={} if body is None else body) as answer,
        ):
            content = await answer.read()
            assert answer.ok or answer.status in allowed, f"{method} {path}: {answer.status} {content[:300]!r}"
            return json.loads(content) if content else None


@asynccontextmanager
async def running_hub(
    folder: Path, *, gateway_config: Path | None = None, config: Mapping[str, Mapping[str, Any]] | None = None
) -> AsyncIterator[Hub]:
    """Start a hub, wait until it answers (3 to 4 seconds), stop it at the end. Its ports are free ones.

    Args:
        folder: empty; for the hub's files and the users' homes.
        gateway_config: TOML; the hub then starts the gateway as its managed service "hubdrives". Without it, the
            service is known to the hub, and a test runs it itself with `Hub.service_environment`.
        config: more of JupyterHub's configuration, by section and trait.
    """
    public, hub_api, proxy_api, service = _free_ports(4)
    hub = f"http://127.0.0.1:{public}"
    settings = _settings(folder, hub, hub_api, proxy_api, service, gateway_config)
    for section, traits in (config or {}).items():
        settings.setdefault(section, {}).update(traits)
    (folder / "hub_config.py").write_text(_CONFIG)
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JUPYTER", "HUBDRIVES_", "CONFIGPROXY"))
    }
    environment["HUB_OF_THE_TESTS"] = json.dumps({"config": settings})
    with (folder / "hub.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "--config", str(folder / "hub_config.py")],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    running = Hub(
        url=hub,
        api_url=f"http://127.0.0.1:{hub_api}/hub/api",
        gateway_url=f"{hub}/services/hubdrives/",
        direct_url=f"http://127.0.0.1:{service}/services/hubdrives/",
        folder=folder,
        process=process,
    )
    try:
        await _until_up(running, [f"{hub}/hub/health"] + ([f"{running.gateway_url}health"] if gateway_config else []))
        yield running
    finally:
        process.terminate()
        try:
            await asyncio.to_thread(process.wait, _STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _settings(
    folder: Path, url: str, hub_api: int, proxy_api: int, service: int, gateway_config: Path | None
) -> dict[str, dict[str, Any]]:
    access = "access:services!service=hubdrives"
    gateway: dict[str, Any] = {"name": "hubdrives", "api_token": _GATEWAY_TOKEN}
    if gateway_config is not None:
        gateway |= {
            "oauth_no_confirm": True,
            "url": f"http://127.0.0.1:{service}",
            "command": [sys.executable, "-m", "hubdrives.gateway"],
            "environment": {"HUBDRIVES_CONFIG": str(gateway_config)},
        }
    return {
        "JupyterHub": {
            "bind_url": url,
            "hub_bind_url": f"http://127.0.0.1:{hub_api}",
            "db_url": f"sqlite:///{folder}/hub.sqlite",
            "cookie_secret_file": str(folder / "cookie_secret"),
            "authenticator_class": "shared-password",
            "spawner_class": "simple",
            "services": [
                gateway,
                {"name": "tests", "api_token": _ADMIN_TOKEN},
                {"name": "other", "api_token": _OTHER_TOKEN},
                {"name": "prometheus", "api_token": _PROMETHEUS_TOKEN},
            ],
            "load_roles": [
                {"name": "hubdrives", "scopes": ["read:users:name", "read:users:groups"], "services": ["hubdrives"]},
                {
                    "name": "tests",
                    "scopes": ["admin:users", "admin:groups", "admin:servers", "tokens"],
                    "services": ["tests"],
                },
                {"name": "other", "scopes": [access], "services": ["other"]},
                {"name": "prometheus", "scopes": ["read:metrics"], "services": ["prometheus"]},
                {"name": "user", "scopes": ["self", access]},
                {"name": "server", "scopes": ["users:activity!user", "access:servers!server", access]},
            ],
        },
        "ConfigurableHTTPProxy": {
            "api_url": f"http://127.0.0.1:{proxy_api}",
            "command": _proxy_command(),
            "pid_file": str(folder / "proxy.pid"),
        },
        "SharedPasswordAuthenticator": {"user_password": PASSWORD},
        "Authenticator": {"allow_all": True},
        "SimpleLocalProcessSpawner": {"home_dir_template": str(folder / "home" / "{username}")},
        "Spawner": {
            "cmd": [sys.executable, "-m", "jupyterhub.singleuser"],
            "args": ["--allow-root"] if os.geteuid() == 0 else [],
            "environment": {"HUBDRIVES_GATEWAY_URL": f"http://127.0.0.1:{service}/services/hubdrives/"},
        },
    }


def _proxy_command() -> list[str]:
    node = shutil.which("node")
    script = ROOT / "tools/proxy/node_modules/configurable-http-proxy/bin/configurable-http-proxy"
    assert node is not None, "Node.js is needed"
    assert script.is_file(), "`make install` puts the hub's proxy there"
    return [node, str(script)]


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


async def _until_up(hub: Hub, urls: list[str]) -> None:
    async with asyncio.timeout(_START_SECONDS), aiohttp.ClientSession() as session:
        while urls:
            assert hub.process.poll() is None, f"JupyterHub ended at once:\n{hub.log[-3000:]}"
            try:
                async with session.get(urls[0]) as answer:
                    if answer.ok:
                        urls = urls[1:]
                        continue
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)
