"""The gateway as its pod runs it: the Deployment's command, environment and folders, and the rest read-only."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from tests.deploy.objects import Object, container, mounts, of_kind, variables

from hubdrives.testing.processes import free_ports, stop

TOML = "hubdrives.toml"
READ_ONLY = Path(__file__).with_name("read_only")
SECRETS = {"box-client-secret": "hush-hush", "link-keys": "k" * 64}
TOKEN = "t" * 32
PATIENCE = 30


@dataclass(frozen=True, kw_only=True)
class Pod:
    """Where the container's folders are here, and what is changed of its environment because of that."""

    folder: Path
    command: list[str]
    environment: dict[str, str]
    url: str

    def log(self) -> str:
        return (self.folder / "log").read_text()


def pod(folder: Path, objects: list[Object], *, hub: str) -> Pod:
    places = {}
    for path, volume in mounts(objects):
        here = places[path] = folder / path.strip("/")
        here.mkdir(parents=True)
        for name, text in SECRETS.items() if "secret" in volume else ():
            (here / name).write_text(text)

    def moved(path: str) -> str:
        mount = next((mount for mount in places if path == mount or path.startswith(f"{mount}/")), None)
        return str(places[mount]) + path.removeprefix(mount) if mount else path

    given = {name: moved(value) if isinstance(value, str) else value for name, value in variables(objects).items()}
    given["JUPYTERHUB_API_TOKEN"] = TOKEN
    given["JUPYTERHUB_API_URL"] = given["JUPYTERHUB_API_URL"].replace("http://hub:8081", hub)
    toml = re.sub(r'"(/[^"]+)"', lambda match: f'"{moved(match[1])}"', of_kind(objects, "ConfigMap")["data"][TOML])
    (port,) = free_ports(1)
    # The address that the file has is everybody's, and its port may be taken here.
    Path(given["HUBDRIVES_CONFIG"]).write_text(toml.replace('"0.0.0.0"', '"127.0.0.1"').replace("8000", str(port)))
    (folder / "work").mkdir()
    return Pod(
        folder=folder,
        command=container(objects)["command"],
        environment={
            **given,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}",
            "TMPDIR": moved("/tmp"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": str(READ_ONLY),
            "WRITABLE": os.pathsep.join(str(places[path]) for path, volume in mounts(objects) if "emptyDir" in volume),
        },
        url=f"http://127.0.0.1:{port}{given['JUPYTERHUB_SERVICE_PREFIX']}",
    )


@pytest.fixture
async def hub(serve) -> tuple[str, list[str]]:
    """A stand-in that knows one user, in no group, and which tokens it was shown."""
    shown: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        shown.append(request.headers["Authorization"].split()[1])
        assert request.path == "/hub/api/user"
        scopes = ["access:services!service=hubdrives"]
        return web.json_response({"kind": "user", "name": "mallory", "groups": [], "admin": False, "scopes": scopes})

    return await serve(answer), shown


@asynccontextmanager
async def running(one: Pod) -> AsyncIterator[asyncio.subprocess.Process]:
    with (one.folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *one.command, cwd=one.folder / "work", env=one.environment, stdout=log, stderr=log
        )
        try:
            yield process
        finally:
            await stop(process)


async def healthy(one: Pod, process: asyncio.subprocess.Process) -> Mapping[str, str]:
    async with asyncio.timeout(PATIENCE), aiohttp.ClientSession() as session:
        while process.returncode is None:
            try:
                async with session.get(f"{one.url}health") as answer:
                    assert answer.status == 200
                    return await answer.json()
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)
    raise AssertionError(one.log())


async def test_it_starts_answers_knows_its_users_by_the_hub_and_stops(tmp_path, objects, hub):
    url, shown = hub
    one = pod(tmp_path, objects, hub=url)
    async with running(one) as process:
        assert await healthy(one, process) == {"status": "ok"}
        headers = {"Authorization": "token of-mallory"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.get(f"{one.url}api/v1/connections") as answer,
        ):
            assert (answer.status, await answer.json()) == (200, [])
        assert shown == ["of-mallory"]
        assert (tmp_path / "var/cache/hubdrives/blobs").is_dir()
        await stop(process)
        assert process.returncode == 0, one.log()
    assert list((tmp_path / "work").iterdir()) == []
    log = one.log()
    assert "can't be used" not in log
    assert '"user":"mallory"' in log
    assert not [secret for secret in (*SECRETS.values(), TOKEN, "of-mallory") if secret in log]


async def test_the_file_system_that_it_has_is_read_only(tmp_path, objects):
    one = pod(tmp_path, objects, hub="http://127.0.0.1:9")
    script = "import pathlib, sys\npathlib.Path(sys.argv[1], 'x').write_text('x')"
    for place, code in (("work", 1), ("etc/hubdrives", 1), ("secrets", 1), ("tmp", 0), ("var/cache/hubdrives", 0)):
        command = [sys.executable, "-c", script, str(tmp_path / place)]
        done = await asyncio.create_subprocess_exec(*command, env=one.environment, stderr=subprocess.PIPE)
        _, complaint = await done.communicate()
        assert done.returncode == code, complaint
        assert (b"Read-only file system" in complaint) == bool(code)


async def test_the_configuration_is_checked_as_the_docs_say(tmp_path, objects):
    one = pod(tmp_path, objects, hub="http://127.0.0.1:9")
    done = await asyncio.create_subprocess_exec(
        *one.command, "--check", env=one.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    said, complaint = await done.communicate()
    assert done.returncode == 0, complaint
    assert b"group lab may read and link and write." in said
