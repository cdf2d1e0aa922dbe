"""The pull page's HTTP face, at a real Jupyter Server."""

import asyncio
import json
import shutil
from pathlib import Path

import aiohttp
import pytest
from tests.lab.asking import Client, asked, events, started
from tests.lab.conftest import Drive, Server, jupyter_server

SECRET = "TOPSECRETlink.abc-def_123"


async def test_describe_says_what_from_where_and_into_which_folder(client: Client, course: Path) -> None:
    status, told = await asked(client, "describe", source=str(course))
    assert status == 200
    assert told == {
        "name": course.name,
        "kind": "folder",
        "source": "This machine",
        "address": told["address"],
        "target": course.name,
        "open": "/user/ada/lab/tree/" + course.name.replace(" ", "%20"),
        "automatic": False,
        "known": False,
        "running": None,
        "choice": {
            "subfolder": "",
            "include": [],
            "exclude": [],
            "maxfile": None,
            "maxtotal": None,
            "conflicts": "mine",
        },
    }


async def test_looking_at_a_link_changes_nothing_on_disk(client: Client, server: Server, course: Path) -> None:
    before = server.tree()
    async with client.get("hubdrives/pull", params={"source": str(course), "targetpath": "fresh"}) as page:
        assert page.status == 200
    assert (await asked(client, "describe", source=str(course), targetpath="fresh"))[0] == 200
    async with client.get("hubdrives/api/pulls", params={"source": str(course)}) as answer:
        assert answer.status == 405
    assert server.tree() == before


async def test_a_pull_is_started_by_post_and_its_events_end_with_the_report(
    client: Client, server: Server, course: Path, xsrf: dict[str, str]
) -> None:
    status, told = await started(client, xsrf, source=str(course), targetpath="started/here")
    assert status == 201
    last = (await events(client, told["id"]))[-1]
    assert last["state"] == "done"
    assert sorted(last["report"]["added"]) == ["README.md", "Week 1/notes.txt"]
    assert (server.home / "started" / "here" / "README.md").read_text() == "# Course\n"
    status, later = await asked(client, f"pulls/{told['id']}")
    assert later["report"] == last["report"]


async def test_the_folder_is_named_after_the_source_when_the_link_does_not_say(
    client: Client, server: Server, course: Path, xsrf: dict[str, str]
) -> None:
    _, told = await started(client, xsrf, source=str(course))
    await events(client, told["id"])
    assert (server.home / course.name / "README.md").exists()


async def test_another_source_of_the_same_name_gets_a_folder_of_its_own(
    client: Client, server: Server, course: Path, xsrf: dict[str, str], tmp_path: Path
) -> None:
    twin = tmp_path / "elsewhere" / course.name
    shutil.copytree(course, twin)
    for source in (course, twin, course):
        _, told = await started(client, xsrf, source=str(source))
        await events(client, told["id"])
    assert sorted(path.name for path in server.home.glob(f"{course.name}*")) == [course.name, f"{course.name} 2"]


async def test_what_was_pulled_into_a_folder_before_may_start_by_itself_there_only(
    client: Client, course: Path, xsrf: dict[str, str]
) -> None:
    target = course.name
    _, told = await started(client, xsrf, source=str(course), targetpath=target)
    await events(client, told["id"])
    _, again = await asked(client, "describe", source=str(course), targetpath=target)
    _, elsewhere = await asked(client, "describe", source=str(course), targetpath=f"{target} 2")
    assert (again["automatic"], again["known"]) == (True, True)
    assert (elsewhere["automatic"], elsewhere["known"]) == (False, False)


async def test_a_second_post_finds_the_running_pull(
    client: Client, drive: Drive, xsrf: dict[str, str], server: Server
) -> None:
    drive.faults({"operation": "files.list", "effect": "delay", "seconds": 1})
    first_status, first = await started(client, xsrf, source=drive.location, targetpath="twice")
    second_status, second = await started(client, xsrf, source=drive.location, targetpath="twice")
    _, described = await asked(client, "describe", source=drive.location, targetpath="twice")
    assert (first_status, second_status) == (201, 200)
    assert first["id"] == second["id"] == described["running"]
    both = await asyncio.gather(events(client, first["id"]), events(client, second["id"]))
    assert [told[-1]["state"] for told in both] == ["done", "done"]


async def test_another_source_into_a_busy_folder_is_a_conflict(
    client: Client, drive: Drive, course: Path, xsrf: dict[str, str]
) -> None:
    drive.faults({"operation": "files.list", "effect": "delay", "seconds": 1})
    _, first = await started(client, xsrf, source=drive.location, targetpath="contested")
    status, told = await started(client, xsrf, source=str(course), targetpath="contested")
    assert (status, told["code"]) == (409, "busy")
    await events(client, first["id"])


@pytest.mark.parametrize("target", ["", ".", "..", "../out", "/tmp/out", "a/../../out", "~/out", "~", "a\0b", ".ssh"])
async def test_a_target_that_leaves_the_home_is_refused_and_nothing_is_written(
    client: Client, server: Server, course: Path, xsrf: dict[str, str], target: str
) -> None:
    before = server.tree()
    for status, told in (
        await asked(client, "describe", source=str(course), targetpath=target),
        await started(client, xsrf, source=str(course), targetpath=target),
    ):
        assert (status, told["code"]) == (400, "bad-target")
        assert told["message"].endswith(".")
        assert told["hint"]
    assert server.tree() == before


async def test_a_target_behind_a_symlink_out_of_the_home_is_refused(
    client: Client, server: Server, course: Path, xsrf: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    link = server.home / "way out"
    link.symlink_to(tmp_path / "elsewhere")
    status, told = await started(client, xsrf, source=str(course), targetpath="way out/below")
    link.unlink()
    assert (status, told["code"]) == (400, "bad-target")
    assert not list((tmp_path / "elsewhere").iterdir())


@pytest.mark.parametrize(
    "urlpath",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "../../hub",
        "%2e%2e/x",
        "a\nb",
    ],
)
async def test_a_urlpath_that_leaves_the_server_is_refused(client: Client, course: Path, urlpath: str) -> None:
    status, told = await asked(client, "describe", source=str(course), urlpath=urlpath)
    assert (status, told["code"]) == (400, "bad-input")
    assert "evil" not in json.dumps(told)
    async with client.get("hubdrives/pull", params={"source": str(course), "urlpath": urlpath}) as page:
        assert page.status == 400
        assert page.headers["Content-Type"].startswith("text/html")


async def test_what_opens_at_the_end_is_below_this_servers_own_address(client: Client, course: Path) -> None:
    _, told = await asked(client, "describe", source=str(course), urlpath="lab/tree/Week%201/a.ipynb?x=1")
    assert told["open"] == "/user/ada/lab/tree/Week%201/a.ipynb?x=1"


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({}, 400, "bad-link"),
        ({"source": "/no/such/folder"}, 404, "not-found"),
        ({"source": "nonsense"}, 400, "not-a-location"),
        ({"source": "https://nobody.example/x"}, 400, "no-connection"),
        ({"source": "https://drive.google.com/drive/my-drive"}, 400, "unsupported-link"),
    ],
)
async def test_what_leads_nowhere_is_answered_with_a_code_a_sentence_and_a_hint(
    client: Client, query: dict[str, str], status: int, code: str
) -> None:
    answered, told = await asked(client, "describe", **query)
    assert (answered, told["code"]) == (status, code)
    assert told["message"]
    assert told["hint"]


async def test_a_post_without_the_xsrf_token_is_refused(client: Client, server: Server, course: Path) -> None:
    before = server.tree()
    status, told = await started(client, {}, source=str(course), targetpath="forged")
    assert (status, told["code"]) == (403, "forbidden")
    assert server.tree() == before


@pytest.mark.parametrize("body", [b"", b"[]", b'{"source": 1}', b"{", b'"x"'])
async def test_a_post_that_is_no_object_of_strings_is_refused(
    client: Client, xsrf: dict[str, str], body: bytes
) -> None:
    async with client.post("hubdrives/api/pulls", data=body, headers=xsrf) as answer:
        assert answer.status == 400
        assert (await answer.json())["code"] == "bad-input"


async def test_nobody_gets_in_without_a_login(server: Server, course: Path) -> None:
    async with aiohttp.ClientSession(server.url) as stranger:
        async with stranger.get("hubdrives/pull", params={"link": SECRET}, allow_redirects=False) as page:
            assert page.status == 302
            assert "/login" in page.headers["Location"]
        for path in ("describe", "pulls/0123456789abcdef", "pulls/0123456789abcdef/events"):
            assert (await asked(stranger, path, source=str(course)))[0] == 403
        assert (await started(stranger, {}, source=str(course)))[0] == 403
    assert SECRET not in server.log.read_text()


async def test_an_unknown_pull_is_not_found(client: Client) -> None:
    for path in ("pulls/0123456789abcdef", "pulls/0123456789abcdef/events"):
        status, told = await asked(client, path)
        assert (status, told["code"]) == (404, "not-found")


async def test_the_page_is_neither_cached_nor_framed_nor_told_to_other_sites(client: Client, course: Path) -> None:
    async with client.get("hubdrives/pull", params={"source": str(course)}) as page:
        policy = dict(part.strip().partition(" ")[::2] for part in page.headers["Content-Security-Policy"].split(";"))
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == policy["img-src"] == "'self'"
    assert policy["frame-ancestors"] == "'self'"


async def test_a_link_token_stands_in_neither_page_nor_answer_nor_log(
    client: Client, server: Server, xsrf: dict[str, str]
) -> None:
    async with client.get("hubdrives/pull", params={"link": SECRET}) as page:
        assert SECRET not in await page.text()
    for query in ({"link": SECRET}, {"source": f"link:{SECRET}"}):
        assert SECRET not in json.dumps(await asked(client, "describe", **query))
        assert SECRET not in json.dumps(await started(client, xsrf, **query))
    log = server.log.read_text()
    assert "link=[hidden]" in log
    assert SECRET not in log


async def test_markup_in_a_link_is_shown_as_text(client: Client) -> None:
    async with client.get("hubdrives/pull", params={"source": '"><script>x</script>', "targetpath": "'\"><b>"}) as page:
        text = await page.text()
    assert "<script>x" not in text
    assert "<b>" not in text
    assert "&lt;script&gt;x" in text


async def test_the_servers_own_start_message_keeps_its_address(server: Server) -> None:
    assert (
        f"{server.url}tree?token=..." in server.log.read_text() or f"{server.url}?token=..." in server.log.read_text()
    )


async def test_a_server_that_is_stopped_in_mid_pull_tells_the_page_and_ends_in_order(
    drive: Drive, tmp_path: Path
) -> None:
    with jupyter_server(tmp_path, drive.environment) as server:
        headers = {"Authorization": f"token {server.token}"}
        async with aiohttp.ClientSession(server.url, headers=headers) as client:
            drive.faults({"operation": "files.list", "effect": "delay", "seconds": 30})
            _, told = await started(client, {}, source=drive.location)
            watching = asyncio.create_task(events(client, told["id"]))
            await asyncio.sleep(0.3)
            server.process.terminate()
            last = (await watching)[-1]
        assert (last["state"], last["error"]["code"]) == ("failed", "unavailable")
        assert await asyncio.to_thread(server.process.wait, 15) == 0
        assert "Traceback" not in server.log.read_text()
    drive.faults()
    shutil.rmtree(tmp_path, ignore_errors=True)
