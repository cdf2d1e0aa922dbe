"""Nothing that opens anything leaves the gateway: not in an answer, not in a log, not in the audit log."""

import json
import logging
from typing import Any

import aiohttp
import pytest
from tests.gateway.bench import LINK_KEY, Bench, address

from hubdrives.config import ConnectionSettings, Grant
from hubdrives.gateway.run import run
from hubdrives.testing.emulators.googledrive import OWNER

RESOURCE_KEY = "0-s3cretResourceKey"


class Everything(logging.Handler):
    """All that any logger says, before any filter."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.text: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.text.append(logging.Formatter("%(name)s %(message)s").format(record))


async def every_answer(bench: Bench, tokens: list[str], sources: list[str]) -> list[str]:
    """Everything that the gateway answers to all of its questions: bodies and headers."""
    said: list[str] = []
    async with aiohttp.ClientSession() as session:
        for token in tokens:
            headers = {"Authorization": f"token {token}"}

            async def ask(method: str, path: str, *, headers: dict[str, str] = headers, **more: Any) -> Any:
                async with session.request(method, f"{bench.url}{path}", headers=headers, **more) as answer:
                    body = await answer.read()
                    said.append(f"{answer.status} {dict(answer.headers)} {body.decode(errors='replace')}")
                    return json.loads(body) if answer.content_type == "application/json" and body else None

            await ask("GET", "health")
            await ask("GET", "metrics")
            await ask("GET", "api/v1/connections")
            for source in sources:
                about = {"source": source}
                await ask("GET", "api/v1/describe", params=about)
                await ask("GET", "api/v1/contains", params={**about, "root": source})
                found = await ask("GET", "api/v1/snapshot", params=about) or {}
                files = [
                    {"path": entry["path"], "version": entry["version"]}
                    for entry in found.get("entries", ())
                    if entry["kind"] == "file"
                ]
                await ask(
                    "POST", "api/v1/files", json={"source": source, "files": [*files, {"path": "x", "version": "y"}]}
                )
                for file in files:
                    await ask("GET", "api/v1/file", params={**about, **file})
                await ask("POST", "api/v1/links", json={"source": source, "until": "nonsense"})
                await ask("POST", "api/v1/links", data=b"nonsense")
    return said


async def test_no_secret_leaves_the_gateway(bench: Bench) -> None:
    handler = Everything()
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        week = bench.folder_in("week 1")
        bench.file("a.txt", "hello", week)
        bench.file("large.bin", bytes(200_000), week)
        broken = bench.file("broken.txt", "x", week)
        public = bench.folder_in("public", bench.drive.home(OWNER))
        bench.file("p.txt", "public", public)
        bench.drive.access.links[public] = RESOURCE_KEY
        keyed = f"{address(public)}?resourcekey={RESOURCE_KEY}"
        (bench.folder / "bad.json").write_text(json.dumps({**bench.key, "private_key_id": "unknown"}))
        bad = ConnectionSettings(
            provider="googledrive",
            base_url=bench.drive.url,
            root=bench.drive.location,
            credential={"kind": "google_service_account", "key_file": str(bench.folder / "missing.json")},
        )
        await bench.start(
            Grant(connection="drive", users=("teacher",), can=("read", "link")),
            Grant(connection="drive", root=keyed, users=("teacher",), can=("read", "link")),
            Grant(connection="bad", users=("teacher",)),
            connections={"bad": bad},
        )
        teacher, student = bench.people.token("teacher"), bench.people.token("student")
        made = [
            (await bench.ask("POST", "api/v1/links", token=teacher, json={"source": source}))[1]["token"]
            for source in (address(week), keyed)
        ]
        bench.drive.faults.set([{"operation": "files.media", "id": broken, "effect": "html", "times": None}])
        sources = [
            "drive:/", address(week), keyed, address(public), "bad:/", "nowhere:/",
            *(f"link:{token}" for token in made), f"link:{made[0][:-2]}xx", "https://example.org/?token=abcdefghijk0123456789",
        ]  # fmt: skip
        said = await every_answer(bench, [teacher, student, "wrong-token-0123456789"], sources)
        bench.drive.accounts.expire_tokens()
        said += await every_answer(bench, [teacher], sources)
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    audit = (bench.folder / "audit.jsonl").read_text()
    assert sum("hello" in answer for answer in said) > 5
    secrets = {
        "private key": [bench.key["private_key"][60:160], bench.key["private_key"].splitlines()[3], "PRIVATE KEY"],
        "access token": ["ya29."],
        "hub token": [teacher, student, "wrong-token-0123456789"],
        "link": made,
        "link key": LINK_KEY.split(),
        "resource key": [RESOURCE_KEY],
        "token in an address": ["abcdefghijk0123456789"],
    }
    for where, texts in (("an answer", said), ("a log", handler.text), ("the audit log", audit.splitlines())):
        for kind, values in secrets.items():
            found = [text[:300] for text in texts for value in values if value in text]
            assert not found, f"a {kind} in {where}: {found[0]}"


def test_what_fails_at_the_start_is_told_without_secrets(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    from hubdrives.config import GatewaySettings, Settings
    from hubdrives.errors import BadConfig

    (tmp_path / "keys").write_text("too-short-secret\n")
    settings = Settings(gateway=GatewaySettings(link_key_file=str(tmp_path / "keys")))
    environment = {
        "JUPYTERHUB_API_URL": "http://127.0.0.1:1/hub/api",
        "JUPYTERHUB_API_TOKEN": "s3cret",
        "JUPYTERHUB_SERVICE_NAME": "x",
    }
    with pytest.raises(BadConfig) as failure:
        run(settings, environment)
    assert "secret" not in f"{failure.value} {failure.value.hint}".replace("s3cret", "secret")
    assert "s3cret" not in "".join(capsys.readouterr())
