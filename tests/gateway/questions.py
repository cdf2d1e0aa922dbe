"""What a client asks the gateway, without our client."""

from dataclasses import dataclass, field
from typing import Any

from tests.gateway.bench import Bench

from hubdrives.config import Grant
from hubdrives.frames import Frame, Reader

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


@dataclass
class Question:
    """One request."""

    method: str
    path: str
    params: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    data: bytes | None = None

    async def ask(self, bench: Bench, token: str | None) -> tuple[int, str]:
        more = {} if self.body is None else {"json": self.body}
        if self.data is not None:
            more["data"] = self.data
        status, body, headers = await bench.ask(
            self.method, self.path, token=token, params=self.params, headers=self.headers, **more
        )
        return status, f"{body!r} {dict(headers)!r}"


def table(rows: dict[str, dict[str, str]]) -> str:
    columns = list(next(iter(rows.values())))
    width = max(map(len, rows)) + 2
    wide = [max(len(column), *(len(row[column]) for row in rows.values())) + 2 for column in columns]
    lines = ["".join([" " * width, *(column.ljust(size) for column, size in zip(columns, wide, strict=True))])]
    lines += [
        "".join([name.ljust(width), *(row[column].ljust(size) for column, size in zip(columns, wide, strict=True))])
        for name, row in rows.items()
    ]
    return "\n".join(line.rstrip() for line in lines)
