"""The report's HTTP face, at a real Jupyter Server."""

from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from tests.lab.asking import Client, asked, events, posted, pulled, started
from tests.lab.conftest import Drive, Server

MINE, THEIRS = b"# Course\nmine\n", b"# Course\ntheirs\n"


@dataclass(frozen=True, kw_only=True)
class Disputed:
    """A working folder after a pull in which README.md was changed by both."""

    target: str
    readme: Path


@pytest.fixture
async def disputed(client: Client, server: Server, course: Path, xsrf: dict[str, str]) -> Disputed:
    target = course.name
    await pulled(client, xsrf, course, targetpath=target)
    readme = server.home / target / "README.md"
    readme.write_bytes(MINE)
    (course / "README.md").write_bytes(THEIRS)
    assert (await pulled(client, xsrf, course, targetpath=target))["conflicts"] == ["README.md"]
    return Disputed(target=target, readme=readme)


async def test_the_report_says_what_was_done_last_and_what_still_waits(client: Client, disputed: Disputed) -> None:
    status, told = await asked(client, "report", target=disputed.target)
    assert status == 200
    assert (told["name"], told["target"]) == (disputed.target, disputed.target)
    assert told["open"] == "/user/ada/lab/tree/" + disputed.target.replace(" ", "%20")
    assert told["last"]["what"] == "pull"
    assert told["last"]["report"]["conflicts"] == ["README.md"]
    assert told["conflicts"] == told["edited"] == ["README.md"]
    assert told["running"] is None


async def test_a_conflict_is_still_told_when_later_pulls_bring_nothing(
    client: Client, disputed: Disputed, course: Path, xsrf: dict[str, str]
) -> None:
    report = await pulled(client, xsrf, course, targetpath=disputed.target)
    assert report["conflicts"] == []
    assert (await asked(client, "report", target=disputed.target))[1]["conflicts"] == ["README.md"]


async def test_what_differs_is_told_line_by_line_with_the_authors_as_the_old_side(
    client: Client, disputed: Disputed
) -> None:
    status, told = await asked(client, "difference", target=disputed.target, path="README.md")
    assert (status, told["form"]) == (200, "text")
    assert [line for line in told["lines"] if line[0] in "+-" and line[:3] not in {"---", "+++"}] == [
        "-theirs",
        "+mine",
    ]
    assert (told["mine"]["size"], told["theirs"]["size"]) == (len(MINE), len(THEIRS))


async def test_the_authors_version_is_for_saving_and_never_shown(client: Client, disputed: Disputed) -> None:
    query = {"target": disputed.target, "path": "README.md"}
    async with client.get("hubdrives/api/upstream", params=query) as answer:
        assert await answer.read() == THEIRS
        assert answer.headers["Content-Disposition"].startswith("attachment;")
        assert "README.md" in answer.headers["Content-Disposition"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Type"] == "application/octet-stream"


async def test_a_file_name_can_put_nothing_into_the_headers(
    client: Client, server: Server, course: Path, xsrf: dict[str, str]
) -> None:
    name = 'a";\n<b>ü.txt'
    (course / name).write_text("x")
    report = await pulled(client, xsrf, course, targetpath=course.name)
    here = next(path for path in report["added"] if path.endswith("ü.txt"))
    async with client.get("hubdrives/api/upstream", params={"target": course.name, "path": here}) as answer:
        assert answer.status == 200
        assert '"' not in answer.headers["Content-Disposition"]
        assert "<" not in answer.headers["Content-Disposition"]


async def test_reset_takes_the_authors_version_and_undo_brings_the_users_back(
    client: Client, disputed: Disputed, xsrf: dict[str, str]
) -> None:
    status, told = await posted(client, xsrf, "reset", target=disputed.target, paths=["README.md"])
    assert status == 200
    assert disputed.readme.read_bytes() == THEIRS
    assert (told["last"]["what"], told["conflicts"]) == ("reset", [])
    status, told = await posted(client, xsrf, "undo", target=disputed.target, id=told["last"]["id"])
    assert status == 200
    assert disputed.readme.read_bytes() == MINE
    assert (told["last"]["what"], told["conflicts"]) == ("undo", ["README.md"])


async def test_undo_takes_back_a_whole_pull(
    client: Client, server: Server, course: Path, disputed: Disputed, xsrf: dict[str, str]
) -> None:
    (course / "new.txt").write_text("new")
    (course / "Week 1" / "notes.txt").write_text("two\n")
    await pulled(client, xsrf, course, targetpath=disputed.target)
    _, told = await asked(client, "report", target=disputed.target)
    _, told = await posted(client, xsrf, "undo", target=disputed.target, id=told["last"]["id"])
    folder = server.home / disputed.target
    assert not (folder / "new.txt").exists()
    assert (folder / "Week 1" / "notes.txt").read_text() == "one\n"
    assert told["last"]["report"]["removed"] == ["new.txt"]


async def test_only_what_the_reader_saw_is_taken_back(client: Client, disputed: Disputed, xsrf: dict[str, str]) -> None:
    _, seen = await asked(client, "report", target=disputed.target)
    await posted(client, xsrf, "reset", target=disputed.target, paths=["README.md"])
    status, told = await posted(client, xsrf, "undo", target=disputed.target, id=seen["last"]["id"])
    assert (status, told["code"]) == (400, "bad-input")
    assert disputed.readme.read_bytes() == THEIRS


async def test_while_new_files_are_brought_nothing_is_set_back(
    client: Client, drive: Drive, server: Server, xsrf: dict[str, str]
) -> None:
    await pulled(client, xsrf, drive.location, targetpath="busy folder")
    readme = server.home / "busy folder" / "README.md"
    readme.write_bytes(MINE)
    _, told = await asked(client, "report", target="busy folder")
    drive.faults({"operation": "changes.list", "effect": "delay", "seconds": 2})
    _, running = await started(client, xsrf, source=drive.location, targetpath="busy folder")
    _, now = await asked(client, "report", target="busy folder")
    assert now["running"] == running["id"]
    for path, order in (("reset", {"paths": ["README.md"]}), ("undo", {"id": told["last"]["id"]})):
        status, refused = await posted(client, xsrf, path, target="busy folder", **order)
        assert (status, refused["code"]) == (409, "busy")
        assert "New files are just being brought" in refused["message"]
    assert readme.read_bytes() == MINE
    await events(client, running["id"])


async def test_what_is_not_kept_here_comes_from_the_source(
    client: Client, drive: Drive, server: Server, xsrf: dict[str, str]
) -> None:
    data = b"\0rain" * 2_000_000
    (drive.folder / "radar.bin").write_bytes(data)
    await pulled(client, xsrf, drive.location, targetpath="fetched")
    (server.home / "fetched" / "radar.bin").write_bytes(b"\0mine")
    async with client.get("hubdrives/api/upstream", params={"target": "fetched", "path": "radar.bin"}) as answer:
        assert await answer.read() == data
    status, told = await asked(client, "difference", target="fetched", path="radar.bin")
    assert (status, told["form"]) == (200, "binary")
    assert (told["mine"]["size"], told["theirs"]["size"]) == (5, len(data))
    (drive.folder / "radar.bin").unlink()


@pytest.mark.parametrize("target", ["", "..", "../out", "/tmp/out", "~", "a\0b", ".ssh"])
async def test_a_target_that_is_not_in_the_home_is_refused_everywhere(
    client: Client, server: Server, xsrf: dict[str, str], target: str
) -> None:
    before = server.tree()
    answers = [
        await asked(client, "report", target=target),
        await asked(client, "difference", target=target, path="README.md"),
        await asked(client, "upstream", target=target, path="README.md"),
        await posted(client, xsrf, "reset", target=target, paths=["README.md"]),
        await posted(client, xsrf, "undo", target=target, id="1"),
    ]
    assert {(status, told["code"]) for status, told in answers} == {(400, "bad-target")}
    assert server.tree() == before


@pytest.mark.parametrize(("path", "status"), [("../x", 400), ("/etc/passwd", 400), ("", 400), ("no such.txt", 404)])
async def test_a_path_that_no_pull_brought_is_refused(
    client: Client, disputed: Disputed, xsrf: dict[str, str], path: str, status: int
) -> None:
    for name in ("difference", "upstream"):
        assert (await asked(client, name, target=disputed.target, path=path))[0] == status
    if path:
        assert (await posted(client, xsrf, "reset", target=disputed.target, paths=[path]))[0] == status


async def test_a_folder_that_was_never_pulled_has_no_report(client: Client, server: Server) -> None:
    (server.home / "my own").mkdir(exist_ok=True)
    status, told = await asked(client, "report", target="my own")
    assert (status, told["code"]) == (404, "not-found")


@pytest.mark.parametrize("body", [{}, {"target": "x"}, {"target": "x", "paths": []}, {"target": "x", "paths": "all"}])
async def test_an_order_that_is_none_is_refused(client: Client, xsrf: dict[str, str], body: dict[str, object]) -> None:
    status, told = await posted(client, xsrf, "reset", **body)
    assert (status, told["code"]) == (400, "bad-input")


async def test_setting_back_needs_the_xsrf_token_and_a_login(
    client: Client, server: Server, disputed: Disputed
) -> None:
    _, seen = await asked(client, "report", target=disputed.target)
    orders = (("reset", {"paths": ["README.md"]}), ("undo", {"id": seen["last"]["id"]}))
    async with aiohttp.ClientSession(server.url) as stranger:
        for who in (client, stranger):
            for name, order in orders:
                assert (await posted(who, {}, name, target=disputed.target, **order))[0] == 403
        for name in ("report", "difference", "upstream"):
            assert (await asked(stranger, name, target=disputed.target, path="README.md"))[0] == 403
        async with stranger.get("hubdrives/report", allow_redirects=False) as page:
            assert page.status == 302
    assert disputed.readme.read_bytes() == MINE


async def test_the_page_of_a_target_that_can_be_none_is_shown_as_a_failure(client: Client) -> None:
    async with client.get("hubdrives/report", params={"target": "../<b>"}) as page:
        assert page.status == 400
        assert page.headers["Content-Type"].startswith("text/html")
        assert "<b>" not in await page.text()


async def test_the_reports_page_is_as_strict_as_the_other(client: Client, disputed: Disputed) -> None:
    async with client.get("hubdrives/report", params={"target": disputed.target}) as page:
        assert page.status == 200
        policy = page.headers["Content-Security-Policy"]
        assert page.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
