"""What all the programs need that demo and tests start: Node.js, free ports, an environment that knows no other hub."""

import asyncio
import os
import shutil
import socket
from pathlib import Path

from hubdrives.errors import LocalFailure

_STOP_SECONDS = 15
_OF_OTHER_HUBS = ("JUPYTER", "HUBDRIVES_", "CONFIGPROXY_", "OAUTH")


def node_command(script: Path, *, program: str | None = None, install: str) -> list[str]:
    """How to start a program that runs on Node.js.

    Args:
        script: where it is, relative to this repository.
        program: its name on PATH, if it has one.
        install: what to do if it is missing.

    Raises:
        LocalFailure: it, or Node.js, is nowhere.
    """
    roots = (Path.cwd(), *Path(__file__).resolve().parents)
    found = next((root / script for root in roots if (root / script).is_file()), None)
    node = shutil.which("node")
    if found is not None and node is not None:
        return [node, str(found)]
    if program is not None and (installed := shutil.which(program)) is not None:
        return [installed]
    missing = "Node.js" if node is None else f"{script.name}, which runs on Node.js,"
    raise LocalFailure(f"{missing} is not installed.", hint=f"Install Node.js 20 or newer, then: {install}")


def proxy_command() -> list[str]:
    """How to start configurable-http-proxy: from this repository's `tools/proxy`, or from PATH.

    Raises:
        LocalFailure: it is nowhere.
    """
    return node_command(
        Path("tools/proxy/node_modules/configurable-http-proxy/bin/configurable-http-proxy"),
        program="configurable-http-proxy",
        install="npm install -g configurable-http-proxy",
    )


def free_ports(count: int) -> list[int]:
    """`count` different free ports of 127.0.0.1."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


def port_or_free(wanted: int) -> int:
    """`wanted` if nobody listens there on 127.0.0.1, else a free port."""
    with socket.socket() as one:
        taken = one.connect_ex(("127.0.0.1", wanted)) == 0
    return free_ports(1)[0] if taken else wanted


def clean_environment() -> dict[str, str]:
    """This process' environment without what would make a program think that it runs inside another hub."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_OF_OTHER_HUBS)}


async def stop(process: asyncio.subprocess.Process) -> None:
    """Ask a process to end, and make it end if it takes its time."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
