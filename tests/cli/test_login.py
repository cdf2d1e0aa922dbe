"""When a login has ended: one sentence and where to log in again. And what is read with a login of one's own."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.gateway.bench import Bench, benched
from tests.logins import ENDED, LOGIN, Logins, answering, own_login
from yarl import URL

from hubdrives.cli.login import advice
from hubdrives.config import Grant
from hubdrives.errors import LoginNeeded, NotFound

pytestmark = pytest.mark.usefixtures("inside")

HUB = "https://hub.example.org/"
PUBLIC = {"JUPYTERHUB_PUBLIC_HUB_URL": f"{HUB}base/hub/"}


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        (PUBLIC, "Log in to the hub again and repeat: https://hub.example.org/base/hub/oauth_login"),
        (
            {"JUPYTERHUB_PUBLIC_HUB_URL": "", "JUPYTERHUB_HOST": "https://hub.example.org"},
            "Log in to the hub again and repeat: https://hub.example.org/base/hub/oauth_login",
        ),
        (
            {"JUPYTERHUB_HOST": ""},
            "Log in to the hub again, at the hub's address with /base/hub/oauth_login behind, and repeat.",
        ),
    ],
)
def test_the_environment_says_where_to_log_in(environment, said):
    assert advice(LoginNeeded(ENDED, login_url="/base/hub/oauth_login"), environment) == said


def test_who_has_to_agree_is_not_told_to_log_in():
    error = LoginNeeded("Agree.", login_url="/hub/consent?scope=x", agree_at="Some Provider")
    assert advice(error, PUBLIC) == "Agree at Some Provider and repeat: https://hub.example.org/hub/consent?scope=x"
    assert advice(error, {}) == (
        "Agree at Some Provider, at the hub's address with /hub/consent?scope=x behind, and repeat."
    )


def test_other_errors_and_logins_without_an_address_keep_their_hint():
    assert advice(NotFound("Gone.", hint="Look."), PUBLIC) == "Look."
    assert advice(LoginNeeded(ENDED), PUBLIC) == LoginNeeded.default_hint
    assert advice(LoginNeeded(ENDED, login_url="https://evil.example/login"), PUBLIC) == LoginNeeded.default_hint


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    folder = tmp_path / "bench"
    folder.mkdir()
    async with benched(folder) as bench:
        bench.people = Logins()
        bench.file("a.txt", b"hello")
        await bench.start(Grant(connection="drive", users=("ada",)))
        yield bench


def on_hub(bench: Bench) -> dict[str, str]:
    token = bench.people.token("ada")
    return {"HUBDRIVES_GATEWAY_URL": bench.url, "JUPYTERHUB_API_TOKEN": token, **PUBLIC}


@pytest.mark.parametrize("left", [0, 1])
async def test_a_pull_whose_login_ends_at_any_moment_says_so_once_and_goes_on_after_it(shell, bench, left):
    bench.people.left = left
    ended = await shell.arun("pull", bench.drive.location, "mine", "--json", env=on_hub(bench))
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.splitlines()[-2:] == [
        f"error: {ENDED}",
        f"Log in to the hub again and repeat: https://hub.example.org{LOGIN}",
    ]
    assert bench.people.token("ada") not in ended.err
    bench.people.left = None
    again = await shell.arun("pull", bench.drive.location, "mine", "--json", env=on_hub(bench))
    assert (again.code, again.report["added"]) == (0, ["a.txt"])


async def test_setting_files_back_ends_with_the_same_sentence_and_not_once_a_file(shell, bench):
    for name in ("b.bin", "c.bin"):
        bench.file(name, b"\0")
    env = on_hub(bench)
    await shell.arun("pull", bench.drive.location, "mine", env=env)
    for name in ("b.bin", "c.bin"):
        (shell.folder / "mine" / name).write_bytes(b"\0mine")
    bench.people.left = 0
    ended = await shell.arun("reset", "mine", env=env)
    assert (ended.code, ended.err.count(ENDED)) == (1, 1)
    assert (shell.folder / "mine" / "b.bin").read_bytes() == b"\0mine"
    bench.people.left = None
    again = await shell.arun("reset", "mine", "--json", env=env)
    assert (again.code, again.report["updated"]) == (0, ["b.bin", "c.bin"])


# With logins of one's own

CANVAS = "https://canvas.example.org/courses/7"
DOCUMENTS = {
    "mine": {"name": "mine", "provider": "canvas", "title": "Canvas", "can": ["read"], "roots": [], "personal": True},
    "course": {"name": "course", "provider": "canvas", "title": "Canvas", "can": ["link", "read"], "roots": []},
    "drive": {"name": "drive", "provider": "googledrive", "title": "Google Drive", "can": ["read"], "roots": []},
}
DESCRIPTION = {
    "location": {"provider": "canvas", "host": "canvas.example.org", "id": "7"},
    "name": "Rain",
    "source": "Canvas",
    "entry": {"path": "Rain", "kind": "folder"},
}
SIGNED = {"id": "1", "token": "signed.by-the-gateway"}


def answers(*names: str) -> dict[str, object]:
    return {"describe": DESCRIPTION, "connections": [DOCUMENTS[name] for name in names], "links": SIGNED}


def through(gateway: str) -> dict[str, str]:
    return {"HUBDRIVES_GATEWAY_URL": gateway, "JUPYTERHUB_API_TOKEN": "t", "JUPYTERHUB_PUBLIC_HUB_URL": f"{HUB}hub/"}


async def test_what_opens_later_is_listed_and_no_failure(shell):
    later = {"path": "exam.pdf", "code": "not-yet", "reason": "It is locked until 2030-05-03 08:00 UTC."}
    entry = {"path": "a.txt", "kind": "file", "size": 2, "version": "1"}
    course = {"location": DESCRIPTION["location"], "name": "Rain", "digest": "1", "entries": [entry]}
    async with answering(answers("mine") | {"snapshot": course | {"skipped": [later]}}) as gateway:
        told = await shell.arun("pull", CANVAS, "mine", env=through(gateway))
        again = await shell.arun("pull", CANVAS, "mine", "--json", env=through(gateway))
    assert told.code == 0, told.err
    assert told.out.splitlines() == ["mine: 1 added.", "Not available yet:", f"  exam.pdf: {later['reason']}"]
    assert (again.code, again.report["skipped"]) == (0, [{**later, "later": True}])


async def test_without_a_gateway_ones_own_login_is_used_and_its_token_told_to_nobody(shell, tmp_path):
    async with own_login(tmp_path) as login:
        login.drive.tree.add_file("a.txt", "hello", parent=login.drive.root)
        env = {**login.environment, **PUBLIC}
        offered = await shell.arun("connections", "--json", env=env)
        pulled = await shell.arun("--verbose", "pull", "mine:/", "course", env=env)
        linked = await shell.arun("link", "mine:/", "--json", env=env)
        secrets = login.secrets
        login.drive.accounts.expire_tokens()
        login.ended = True
        ended = await shell.arun("--verbose", "pull", "mine:/", "course", env=env)
    (mine,) = [line for line in json.loads(offered.out) if line["name"] == "mine"]
    assert (mine["personal"], mine["state"]) == (True, "ok")
    assert (pulled.code, (shell.folder / "course" / "a.txt").read_text()) == (0, "hello"), pulled.err
    assert (linked.report["signed"], linked.report["personal"]) == (False, True)
    assert (ended.code, ended.out) == (1, "")
    assert f"error: {ENDED}\nLog in to the hub again and repeat: https://hub.example.org{LOGIN}" in ended.err
    told = [done.out + done.err for done in (offered, pulled, linked, ended)]
    kept = [path.read_text(errors="replace") for path in shell.folder.rglob("*") if path.is_file()]
    assert "DEBUG" in ended.err
    assert [secret for secret in secrets if any(secret in text for text in (*told, *kept))] == []


async def test_connections_tells_which_are_read_with_ones_own_login(shell):
    async with answering(answers("mine", "drive")) as gateway:
        table = await shell.arun("connections", env=through(gateway))
        told = await shell.arun("connections", "--json", env=through(gateway))
    lines = {line.split("  ")[0]: line for line in table.out.splitlines()}
    assert "Canvas, with your own login" in lines["mine (by gateway)"]
    assert "login" not in lines["drive (by gateway)"]
    personal = {line["name"]: line["personal"] for line in json.loads(told.out)}
    assert personal == {"gateway": False, "local": False, "mine": True, "drive": False}


@pytest.mark.parametrize(
    ("offers", "source", "options", "signed"),
    [
        (["mine", "drive"], CANVAS, [], False),
        (["mine", "drive"], "mine:/", [], False),
        (["mine", "course"], "mine:/", [], False),
        # A link to it may give a right, so the gateway is asked.
        (["course", "drive"], CANVAS, [], True),
        (["mine", "course"], "course:/", [], True),
        (["mine", "course"], CANVAS, [], True),
        # What only a signed link can do.
        (["mine"], CANVAS, ["--for", "stats"], True),
        (["mine"], CANVAS, ["--until", "2099-01-01"], True),
    ],
)
async def test_a_link_to_what_each_one_reads_with_their_own_login_needs_no_signature(
    shell, offers, source, options, signed
):
    async with answering(answers(*offers)) as gateway:
        done = await shell.arun("link", source, *options, "--json", env=through(gateway))
    assert done.code == 0, done.err
    assert done.report["signed"] is signed
    assert dict(URL(done.report["link"]).query) == ({"link": SIGNED["token"]} if signed else {"source": source})


async def test_a_plain_link_to_it_says_who_reads_it_and_how(shell):
    async with answering(answers("mine")) as gateway:
        done = await shell.arun("link", CANVAS, "--to", "rain", env=through(gateway))
        told = await shell.arun("link", CANVAS, "--json", env=through(gateway))
    assert done.err.splitlines() == [
        "A plain link to the folder 'Rain' in Canvas, which each one reads with their own login:"
    ]
    assert dict(URL(done.out.strip()).query) == {"source": CANVAS, "targetpath": "rain"}
    assert (told.report["personal"], told.report["name"]) == (True, "Rain")
