"""What the doctor's tests look at: configurations, findings, and ports with something wrong."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from hubdrives.doctor import Finding, Patience, examine

CALM = Patience(connect=5, answer=10, provider=15, check=30)
"""For who is there, however busy this machine is."""
HASTY = Patience(connect=0.4, answer=0.4, provider=0.8, check=5.0)
"""For who is not."""


async def look(environment: Mapping[str, str], text: str | None = None, *, patience: Patience = CALM) -> list[Finding]:
    """What the doctor finds in a process with this environment."""
    with pytest.MonkeyPatch.context() as process:
        for name, value in environment.items():
            # Secrets are read from the process's own.
            process.setenv(name, value)
        return await examine(text, environment={"HOME": "/nowhere", **environment}, patience=patience)


def configured(folder: Path, text: str) -> dict[str, str]:
    """An environment in which `text` is the configuration."""
    path = folder / "hubdrives.toml"
    path.write_text(text)
    return {"HUBDRIVES_CONFIG": str(path)}


def of(findings: list[Finding], check: str) -> list[Finding]:
    return [one for one in findings if one.check == check]


def only(findings: list[Finding], check: str) -> Finding:
    (finding,) = of(findings, check)
    return finding


def codes(findings: list[Finding]) -> list[str]:
    """The codes of what is not as it should be."""
    return [str(one.code) for one in findings if one.level != "ok"]


@contextmanager
def silent() -> Iterator[int]:
    """A port that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@contextmanager
def swallowing() -> Iterator[int]:
    """A port that takes no connection and refuses none, as behind a firewall: its queue is full."""
    with ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        port = listening.getsockname()[1]
        for _ in range(4):
            one = stack.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        yield port


def closed() -> int:
    """A port at which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
