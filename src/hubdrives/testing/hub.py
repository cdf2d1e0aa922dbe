"""A real JupyterHub in a process of its own, with its own proxy: for the demo, and for what no stand-in would prove."""

import asyncio
import json
import secrets
import sys
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp
from yarl import URL

from hubdrives.errors import LocalFailure
from hubdrives.testing.issuer import Issuer
from hubdrives.testing.processes import clean_environment, free_ports, proxy_command, stop

_CONFIG = Path(__file__).with_name("jupyterhub_config.py")
_PASSWORD = "open-sesame"  # noqa: S105 - the hub is on loopback, and this is shown to whoever tries it
_START_SECONDS = 90
_SPAWN_SECONDS = 90
_OPERATOR = "operator"
_PLAIN_ROLES = (
    {"name": "user", "scopes": ["self", "admin:auth_state!user"]},
    {"name": "server", "scopes": ["users:activity!user", "access:servers!server", "admin:auth_state!user"]},
    {"name": "hubdrives", "scopes": ["read:users:name", "admin:auth_state"], "services": ["hubdrives"]},
)
"""Without us, whoever needs a token of a login reads all of it."""
_OPERATOR_SCOPES = ("admin:users", "admin:groups", "admin:servers", "tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A user's server that runs.

    Attributes:
        pid: of its process.
        environment: of its process, as the hub gave it.
    """

    pid: int
    environment: Mapping[str, str] = field(repr=False)

    @property
    def token(self) -> str:
        """The server's own token at the hub."""
        return self.environment["JUPYTERHUB_API_TOKEN"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """A hub that runs. Whoever comes logs in with `password`, or at `issuer` if there is one."""

    url: str
    """What a browser opens, without a slash at the end."""
    api_url: str
    """The hub's API as services and servers reach it."""
    gateway_url: str
    """The gateway behind the hub's proxy, with a slash at the end."""
    direct_url: str
    """The gateway as servers reach it without the proxy, with a slash at the end."""
    folder: Path
    """The hub's files. Its log is `hub.log`, with the lines of the gateway and of the users' servers."""
    pid: int
    password: str = field(default=_PASSWORD, repr=False)
    issuer: Issuer | None
    service_tokens: Mapping[str, str] = field(repr=False)
    """The tokens of its services: "hubdrives" is the gateway, "operator" may do whatever this class does."""

    @property
    def service_environment(self) -> dict[str, str]:
        """What the hub gives its service "hubdrives": for a gateway that is run by hand."""
        return {
            "JUPYTERHUB_SERVICE_NAME": "hubdrives",
            "JUPYTERHUB_SERVICE_PREFIX": "/services/hubdrives/",
            "JUPYTERHUB_API_URL": self.api_url,
            "JUPYTERHUB_API_TOKEN": self.service_tokens["hubdrives"],
        }

    @property
    def log(self) -> str:
        return (self.folder / "hub.log").read_text(errors="replace")

    def home(self, user: str) -> Path:
        """The home folder of `user`."""
        return self.folder / "home" / user

    def browser(self) -> aiohttp.ClientSession:
        """A new browser for `async with`, nobody logged in: it keeps cookies, and paths mean those of the hub."""
        return aiohttp.ClientSession(self.url, cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def log_in(self, user: str) -> aiohttp.ClientSession:
        """A new browser for `async with` in which `user` has logged in, as people do: through the login pages."""
        browser = self.browser()
        if self.issuer is not None:
            await self.issuer.sign_in(browser, user, at="/hub/home")
        else:
            async with browser.get("/hub/login"):
                form = {"username": user, "password": self.password, "_xsrf": self.xsrf(browser)}
            async with browser.post("/hub/login", data=form, allow_redirects=False):
                pass
        async with browser.get("/hub/home", allow_redirects=False) as answer:
            if answer.status == HTTPStatus.OK:
                return browser
        await browser.close()
        raise LocalFailure(f"{user} could not log in.", hint="Look into the hub's log.")

    def xsrf(self, browser: aiohttp.ClientSession) -> str:
        """What a browser must send as `X-XSRFToken` with requests to the hub's API that only its cookies vouch for."""
        cookie = browser.cookie_jar.filter_cookies(URL(f"{self.url}/hub/")).get("_xsrf")
        return cookie.value if cookie is not None else ""

    async def spawn(self, user: str) -> Server:
        """Start the server of `user` (4 to 5 seconds), who is made if need be; wait until it is ready."""
        await self.api("POST", f"users/{user}", allowed={HTTPStatus.CONFLICT})
        await self.api("POST", f"users/{user}/server")
        async with asyncio.timeout(_SPAWN_SECONDS):
            while True:
                server = (await self.api("GET", f"users/{user}"))["servers"].get("")
                if server is None:
                    raise LocalFailure(f"The server of {user} did not start.", hint="Look into the hub's log.")
                if server["ready"]:
                    return await self.server(user)
                await asyncio.sleep(0.1)

    async def server(self, user: str) -> Server:
        """The server of `user` that runs. Needs /proc, so Linux."""
        pid = int((await self.api("GET", f"users/{user}"))["servers"][""]["state"]["pid"])
        lines = (await asyncio.to_thread(Path(f"/proc/{pid}/environ").read_text, errors="replace")).split("\0")
        return Server(pid=pid, environment=dict(line.split("=", 1) for line in lines if "=" in line))

    async def stop_server(self, user: str) -> None:
        """Stop the server of `user`."""
        await self.api("DELETE", f"users/{user}/server")

    async def token_for(self, user: str, *, scopes: Sequence[str] | None = None) -> str:
        """A new token of `user`, who is made if need be; with all that the user may do, or some `scopes` only."""
        await self.api("POST", f"users/{user}", allowed={HTTPStatus.CONFLICT})
        wanted = {} if scopes is None else {"scopes": list(scopes)}
        answer = await self.api("POST", f"users/{user}/tokens", body=wanted)
        return str(answer["token"])

    async def auth_state(self, user: str) -> dict[str, Any] | None:
        """What the hub keeps of the login of `user` at this moment. Reading it so renews nothing."""
        state: dict[str, Any] | None = (await self.api("GET", f"users/{user}"))["auth_state"]
        return state

    async def set_groups(self, user: str, *groups: str) -> None:
        """Let `user` be in exactly these groups."""
        await self.api("POST", f"users/{user}", allowed={HTTPStatus.CONFLICT})
        for group in await self.api("GET", "groups"):
            if user in group["users"]:
                await self.api("DELETE", f"groups/{group['name']}/users", body={"users": [user]})
        for group in groups:
            await self.api("POST", f"groups/{group}", allowed={HTTPStatus.CONFLICT})
            await self.api("POST", f"groups/{group}/users", body={"users": [user]})

    async def api(self, method: str, path: str, *, body: Any = None, allowed: Collection[int] = ()) -> Any:
        """Ask the hub's API with the operator's rights.

        Args:
            method: of the request.
            path: below `/hub/api/`.
            body: JSON.
            allowed: the statuses beyond 2xx that are fine.

        Returns:
            The JSON answer, if any.

        Raises:
            LocalFailure: the hub refused.
        """
        headers = {"Authorization": f"token {self.service_tokens[_OPERATOR]}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.request(method, f"{self.url}/hub/api/{path}", json={} if body is None else body) as answer,
        ):
            content = await answer.read()
            if not answer.ok and answer.status not in allowed:
                said = content[:300].decode(errors="replace")
                raise LocalFailure(f"The hub answered {answer.status} to {method} {path}.", hint=f"It said: {said}")
            return json.loads(content) if content else None


@asynccontextmanager
async def running_hub(
    folder: Path,
    *,
    gateway_config: Path | None = None,
    simple: bool = False,
    issuer: Issuer | None = None,
    plain: bool = False,
    refresh_age: int = 300,
    crypt_key: str | None = None,
    groups: Mapping[str, Sequence[str]] | None = None,
    services: Mapping[str, Sequence[str]] | None = None,
    roles: Sequence[Mapping[str, Any]] = (),
    config: Mapping[str, Mapping[str, Any]] | None = None,
    last_lines: str | None = None,
    port: int = 0,
) -> AsyncIterator[Hub]:
    """Start a hub, wait until it answers (3 to 4 seconds), stop it at the end. Its ports are free ones.

    Args:
        folder: for the hub's files and the users' homes; of a hub that ran before, this one takes over.
        gateway_config: TOML; the hub then starts the gateway as its managed service "hubdrives". Without it, the
            service is known to the hub, and whoever wants one runs it with `Hub.service_environment`.
        simple: there is no gateway: servers do it all themselves.
        issuer: where people log in, by oauthenticator's GenericOAuthenticator; None is a login page with a password.
        plain: nothing of hubdrives is in the hub itself: users' servers read all of their own `auth_state`, and the
            service "hubdrives", which nobody starts, everybody's.
        refresh_age: JupyterHub's `auth_refresh_age`, seconds.
        crypt_key: what `auth_state` is encrypted with, 32 bytes in hexadecimal; None makes one up.
        groups: the hub's groups and who is in them; None lets the issuer say it, if there is one.
        services: more services, by name, and their scopes; `Hub.service_tokens` has their tokens.
        roles: more roles, or others in place of those of the same name.
        config: more of JupyterHub's configuration, by section and trait, in JSON's types.
        last_lines: of its jupyterhub_config.py, in place of those that call `hubdrives.hub.configure`.
        port: where the browser finds the hub on 127.0.0.1; 0 takes a free one.

    Raises:
        LocalFailure: Node.js or the proxy is missing, or the hub did not come up.
    """
    public, hub_api, proxy_api, gateway = free_ports(4)
    url, gateway_url = f"http://127.0.0.1:{port or public}", f"http://127.0.0.1:{gateway}"
    scopes = {_OPERATOR: _OPERATOR_SCOPES, **(services or {})}
    tokens = {name: secrets.token_hex(16) for name in ("hubdrives", *scopes)}
    own = [{"name": name, "scopes": list(some), "services": [name]} for name, some in scopes.items()]
    named = {role["name"]: role for role in [*own, *(_PLAIN_ROLES if plain else ()), *roles]}
    known: list[dict[str, Any]] = [{"name": name, "api_token": tokens[name]} for name in scopes]
    if not simple:
        known.append({"name": "hubdrives", "api_token": tokens["hubdrives"], "url": gateway_url})
    settings = {
        "folder": str(folder),
        "issuer": _for_hub(issuer),
        "refresh_age": refresh_age,
        "password": _PASSWORD,
        "groups": None if groups is None else {name: list(users) for name, users in groups.items()},
        "services": known,
        "roles": list(named.values()),
        "config": config or {},
        "plain": plain,
        "last_lines": last_lines,
        "configure": _configure(gateway_config, simple=simple, issuer=issuer),
        "url": url,
        "hub_url": f"http://127.0.0.1:{hub_api}",
        "proxy_api_url": f"http://127.0.0.1:{proxy_api}",
        "proxy_command": proxy_command(),
    }
    environment = clean_environment() | {
        "HUBDRIVES_TESTING_HUB": json.dumps(settings),
        "JUPYTERHUB_CRYPT_KEY": crypt_key or secrets.token_hex(32),
    }
    (folder / "home").mkdir(exist_ok=True)
    with (folder / "hub.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "jupyterhub", "--config", str(_CONFIG)),
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=asyncio.subprocess.STDOUT,
        )
    hub = Hub(
        url=url,
        api_url=f"http://127.0.0.1:{hub_api}/hub/api",
        gateway_url=f"{url}/services/hubdrives/",
        direct_url=f"{gateway_url}/services/hubdrives/",
        folder=folder,
        pid=process.pid,
        issuer=issuer,
        service_tokens=tokens,
    )
    try:
        await _until_healthy(hub, process, gateway=gateway_config is not None)
        yield hub
    finally:
        await stop(process)


def _configure(gateway_config: Path | None, *, simple: bool, issuer: Issuer | None) -> dict[str, Any]:
    """What `hubdrives.hub.configure` is called with."""
    if simple:
        return {"simple": True}
    if gateway_config is not None:
        return {"config": str(gateway_config)}
    return {"user_tokens": issuer is not None}


def _for_hub(issuer: Issuer | None) -> dict[str, str] | None:
    if issuer is None:
        return None
    names = ("client_id", "client_secret", "authorize_url", "token_url", "userinfo_url")
    return {name: getattr(issuer, name) for name in names}


async def _until_healthy(hub: Hub, process: asyncio.subprocess.Process, *, gateway: bool) -> None:
    waiting = [f"{hub.url}/hub/health", *([f"{hub.gateway_url}health"] if gateway else [])]
    with suppress(TimeoutError):
        async with asyncio.timeout(_START_SECONDS), aiohttp.ClientSession() as session:
            while process.returncode is None:
                with suppress(aiohttp.ClientError):
                    async with session.get(waiting[0]) as answer:
                        if answer.ok:
                            waiting.pop(0)
                if not waiting:
                    return
                await asyncio.sleep(0.1)
    tail = hub.log.splitlines()[-15:]
    raise LocalFailure("JupyterHub did not come up.", hint="The end of its log:\n" + "\n".join(tail))
