"""What the page's script asks its server, asked by a test."""

import json
from pathlib import Path
from typing import Any

import aiohttp

Client = aiohttp.ClientSession


async def asked(client: Client, name: str, /, **query: str) -> tuple[int, dict[str, Any]]:
    async with client.get(f"hubdrives/api/{name}", params=query) as answer:
        return answer.status, await answer.json()


async def started(client: Client, xsrf: dict[str, str], **body: object) -> tuple[int, dict[str, Any]]:
    async with client.post("hubdrives/api/pulls", json=body, headers=xsrf) as answer:
        return answer.status, await answer.json()


async def events(client: Client, pull_id: str) -> list[dict[str, Any]]:
    async with client.get(f"hubdrives/api/pulls/{pull_id}/events") as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        told = (await answer.text()).split("\n\n")
    return [json.loads(event.removeprefix("data: ")) for event in told if event.startswith("data: ")]


async def pulled(client: Client, xsrf: dict[str, str], source: Path | str, **body: object) -> dict[str, Any]:
    """The report of a pull of `source`."""
    status, told = await started(client, xsrf, source=str(source), **body)
    assert status == 201, told
    last = (await events(client, told["id"]))[-1]
    assert last["state"] == "done", last
    return last["report"]


async def posted(client: Client, xsrf: dict[str, str], name: str, /, **body: object) -> tuple[int, dict[str, Any]]:
    async with client.post(f"hubdrives/api/{name}", json=body, headers=xsrf) as answer:
        return answer.status, await answer.json()
