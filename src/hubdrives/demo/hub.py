"""A real JupyterHub with its own proxy and the gateway as its managed service, in a folder of its own."""

import asyncio
import json
import os
import secrets
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from hubdrives.errors import LocalFailure

_CONFIG = Path(__file__).with_name("jupyterhub_config.py")
_START_SECONDS = 90
_STOP_SECONDS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """A hub that runs."""

    url: str
    """What a browser opens, without a slash at the end."""
    gateway_url: str
    """The gateway as servers of the hub reach it, with a slash at the end."""
    folder: Path
    """Where its files are; the users' homes are in `home/NAME`."""
    password: str = field(repr=False)
    api_token: str = field(repr=False)

    def home(self, user: str) -> Path:
        """The home folder of `user`."""
        return self.folder / "home" / user

    async def token(self, user: str) -> str:
        """A hub token of `user`, who is created if need be, as one of their own servers would hold it."""
        async with self._session() as session:
            async with session.post(f"/hub/api/users/{user}", json={}) as response:
                # 409: there already.
                if response.status not in {201, 409}:
                    response.raise_for_status()
            async with session.post(f"/hub/api/users/{user}/tokens", json={"note": "demo"}) as response:
                response.raise_for_status()
                answer: dict[str, Any] = await response.json()
        return str(answer["token"])

    async def healthy(self) -> bool:
        """Whether the hub and its gateway answer."""
        async with self._session() as session:
            for path in ("/hub/health", "/services/hubdrives/health"):
                try:
                    async with session.get(path) as response:
                        if not response.ok:
                            return False
                except aiohttp.ClientError:
                    return False
        return True

    def _session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(self.url, headers={"Authorization": f"token {self.api_token}"})


@asynccontextmanager
async def running_hub(
    folder: Path,
    *,
    gateway_config: Path,
    groups: Mapping[str, Sequence[str]],
    port: int = 0,
) -> AsyncIterator[Hub]:
    """Start a hub, wait until it and its gateway answer, stop it at the end.

    Args:
        folder: for the hub's database, log and the users' homes.
        gateway_config: the TOML file that only the gateway reads.
        groups: the hub's groups and who is in them.
        port: where the browser finds it on 127.0.0.1; 0 takes a free one.

    Raises:
        LocalFailure: Node.js or the proxy is missing, or the hub did not come up.
    """
    browser, hub_api, proxy_api, gateway = free_ports(4)
    url, password, api_token = f"http://127.0.0.1:{port or browser}", "open-sesame", secrets.token_hex(16)
    settings = {
        "folder": str(folder),
        "config": str(gateway_config),
        "groups": {name: list(users) for name, users in groups.items()},
        "url": url,
        "hub_url": f"http://127.0.0.1:{hub_api}",
        "proxy_api_url": f"http://127.0.0.1:{proxy_api}",
        "proxy_command": proxy_command(),
        "gateway_url": f"http://127.0.0.1:{gateway}",
        "api_token": api_token,
        "password": password,
    }
    hub = Hub(
        url=url,
        gateway_url=f"http://127.0.0.1:{gateway}/services/hubdrives/",
        folder=folder,
        password=password,
        api_token=api_token,
    )
    (folder / "home").mkdir(exist_ok=True)
    log_path = folder / "jupyterhub.log"
    with log_path.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "jupyterhub", "--config", str(_CONFIG)),
            cwd=folder,
            env=_clean_environment() | {"HUBDRIVES_DEMO": json.dumps(settings)},
            stdout=log,
            stderr=asyncio.subprocess.STDOUT,
        )
    try:
        await _until_healthy(hub, process, log_path)
        yield hub
    finally:
        await _stop(process)


def proxy_command() -> list[str]:
    """How to start configurable-http-proxy: from PATH, or from this repository's `tools/proxy`.

    Raises:
        LocalFailure: it is nowhere.
    """
    script = Path("tools/proxy/node_modules/configurable-http-proxy/bin/configurable-http-proxy")
    roots = (Path.cwd(), *Path(__file__).resolve().parents)
    found = next((root / script for root in roots if (root / script).is_file()), None)
    node = shutil.which("node")
    if found is not None and node is not None:
        return [node, str(found)]
    if (installed := shutil.which("configurable-http-proxy")) is not None:
        return [installed]
    raise LocalFailure(
        "JupyterHub's proxy is not installed.",
        hint="Install Node.js 20 or newer, then: npm install -g configurable-http-proxy",
    )


def free_ports(count: int) -> list[int]:
    """`count` different free ports of 127.0.0.1."""
    with_ports = [socket.socket() for _ in range(count)]
    try:
        for one in with_ports:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in with_ports]
    finally:
        for one in with_ports:
            one.close()


def port_or_free(wanted: int) -> int:
    """`wanted` if nobody listens there on 127.0.0.1, else a free port."""
    with socket.socket() as one:
        taken = one.connect_ex(("127.0.0.1", wanted)) == 0
    return free_ports(1)[0] if taken else wanted


def _clean_environment() -> dict[str, str]:
    """This process' environment without what would make the hub think that it runs inside another one."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JUPYTERHUB_", "HUBDRIVES_", "JUPYTER_", "CONFIGPROXY_"))
    }


async def _until_healthy(hub: Hub, process: asyncio.subprocess.Process, log: Path) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(_START_SECONDS):
            while process.returncode is None:
                if await hub.healthy():
                    return
                await asyncio.sleep(0.2)
    tail = log.read_text(errors="replace").splitlines()[-15:]
    raise LocalFailure("JupyterHub did not come up.", hint="The end of its log:\n" + "\n".join(tail))


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
