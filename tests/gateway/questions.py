"""What a client asks the gateway, without our client."""

from typing import Any

from tests.gateway.bench import Bench

from hubdrives.config import Grant
from hubdrives.wire import Frame, Reader

EVERYONE = Grant(connection="drive", everyone=True)


async def snapshot(bench: Bench, token: str, **headers: str) -> tuple[int, Any, Any]:
    return await bench.ask("GET", "api/v1/snapshot", token=token, params={"source": "drive:/"}, headers=headers)


async def wanted(bench: Bench, token: str, path: str) -> dict[str, str]:
    """What to ask for to get the file at `path`."""
    _, found, _ = await snapshot(bench, token)
    (version,) = [entry["version"] for entry in found["entries"] if entry["path"] == path]
    return {"source": "drive:/", "path": path, "version": version}


async def stream(
    bench: Bench, token: str, files: list[dict[str, Any]], source: str = "drive:/"
) -> list[tuple[Frame, bytes]]:
    status, body, _ = await bench.ask("POST", "api/v1/files", token=token, json={"source": source, "files": files})
    assert status == 200, body
    return list(Reader().feed(body))
