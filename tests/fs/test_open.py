"""`hubdrives.open`: files of a working folder, wherever they are."""

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pandas as pd
import pytest
from tests.fs.conftest import RAIN, Drive
from tests.gateway.bench import Bench, benched

import hubdrives
from hubdrives.choice import Choice
from hubdrives.config import ConnectionSettings, Grant
from hubdrives.connections import Connections
from hubdrives.errors import BadLink, NotFound, NotGranted
from hubdrives.links import PullRequest
from hubdrives.pull import pull

SMALL_ONLY = Choice(max_file=10)


async def brought(source: str, target: Path, choice: Choice = SMALL_ONLY) -> Path:
    async with Connections() as connections:
        found = connections.find(source)
        await pull(await connections.provider(found.connection), found.location, target, choice=choice)
    return target


@pytest.fixture
def course(drive: Drive, tmp_path: Path) -> Path:
    """A working folder in which the tables stayed remote."""
    drive.file("readme.md", "# Rain\n")
    drive.file("rain.csv", RAIN, parent=drive.folder("week 1"))
    return asyncio.run(brought(drive.source, tmp_path / "home/course"))


def test_what_is_there_is_opened_there(drive: Drive, course: Path) -> None:
    drive.asked()
    (course / "readme.md").write_text("# Mine\n")
    (course / "own.txt").write_bytes("é\r\n".encode("latin-1"))
    with hubdrives.open(course / "readme.md") as file:
        assert file.read() == b"# Mine\n"
    with hubdrives.open(course / "own.txt", "r", encoding="latin-1") as file:
        assert file.read() == "é\n"
    assert drive.asked() == {}


def test_what_stayed_remote_is_opened_where_it_is(course: Path) -> None:
    path = course / "week 1/rain.csv"
    assert not path.exists()
    with hubdrives.open(path) as file:
        assert file.read() == RAIN
    with hubdrives.open(str(path), "r", encoding="utf-8") as file:
        assert file.readlines() == RAIN.decode().splitlines(keepends=True)
    assert pd.read_csv(hubdrives.open(path)).mm.sum() == 19
    assert not path.exists()


@pytest.mark.parametrize("written", ["~/course/week 1/rain.csv", "week 1/rain.csv", "../course/week 1/./rain.csv"])
def test_a_path_is_written_as_anywhere(course: Path, monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("HOME", str(course.parent))
    monkeypatch.chdir(course)
    with hubdrives.open(written) as file:
        assert file.read() == RAIN


async def test_a_notebook_s_own_loop_is_no_hindrance(drive: Drive, tmp_path: Path) -> None:
    drive.file("rain.csv")
    course = await brought(drive.source, tmp_path / "course")
    assert len(pd.read_csv(hubdrives.open(course / "rain.csv"))) == 2


def test_the_line_in_the_report_opens_the_file(drive: Drive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    drive.file("it's rain.csv", parent=drive.folder("week 1"))

    async def report() -> list[str]:
        async with Connections() as connections:
            found = connections.find(drive.source)
            provider = await connections.provider(found.connection)
            told = await pull(provider, found.location, tmp_path / "course", choice=SMALL_ONLY)
        return [item.read for item in told.skipped]

    [line] = asyncio.run(report())
    assert eval(line, {"hubdrives": hubdrives}).read() == RAIN


def test_the_present_version_is_read_also_if_the_last_pull_saw_another(drive: Drive, course: Path) -> None:
    folder = drive.emulator.tree.find("week 1", under=drive.emulator.root).id
    drive.replace(drive.emulator.tree.find("rain.csv", under=folder).id, b"newer")
    assert hubdrives.open(course / "week 1/rain.csv").read() == b"newer"


def test_a_subfolder_at_the_top_of_the_working_folder_is_taken_into_account(drive: Drive, tmp_path: Path) -> None:
    drive.file("rain.csv", parent=drive.folder("week 1"))
    course = asyncio.run(brought(drive.source, tmp_path / "c", Choice(subfolder="week 1", max_file=10)))
    assert hubdrives.open(course / "rain.csv").read() == RAIN
    link = PullRequest(source=drive.source, choice=Choice(subfolder="week 1")).address("https://hub.example.org")
    for source in (drive.source, "course:/", link):
        assert hubdrives.open(course / "rain.csv", source=source).read() == RAIN
    other = PullRequest(source=drive.source, choice=Choice(subfolder="week 2")).address("https://hub.example.org")
    with pytest.raises(FileNotFoundError, match="not in the part"):
        hubdrives.open(course / "rain.csv", source=other)


def test_a_folder_of_this_machine_is_a_source_too(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/rain.csv").write_bytes(RAIN)
    course = asyncio.run(brought(str(tmp_path / "shared"), tmp_path / "course"))
    assert not (course / "rain.csv").exists()
    assert hubdrives.open(course / "rain.csv").read() == RAIN


def test_one_file_as_the_source_of_a_folder(drive: Drive, tmp_path: Path) -> None:
    item = drive.file("rain.csv")
    course = asyncio.run(brought(f"https://drive.google.com/file/d/{item}/view", tmp_path / "course"))
    assert hubdrives.open(course / "rain.csv").read() == RAIN


def test_what_never_was_is_not_found(course: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="knew of no such file"):
        hubdrives.open(course / "week 1/snow.csv")
    with pytest.raises(FileNotFoundError) as nowhere:
        hubdrives.open(tmp_path / "elsewhere.csv")
    assert isinstance(nowhere.value, NotFound)
    with pytest.raises(IsADirectoryError):
        hubdrives.open(course / "week 1")


def test_a_folder_that_stayed_remote_is_no_file(drive: Drive, tmp_path: Path) -> None:
    drive.file("rain.csv", parent=drive.folder("week 1"))
    course = asyncio.run(brought(drive.source, tmp_path / "course", Choice(exclude=("week 1/",))))
    with pytest.raises(IsADirectoryError):
        hubdrives.open(course / "week 1")
    assert hubdrives.open(course / "week 1/rain.csv").read() == RAIN


@pytest.mark.parametrize("mode", ["w", "ab", "r+", "x", "", "U"])
def test_it_only_reads(course: Path, mode: str) -> None:
    with pytest.raises(ValueError, match="mode"):
        hubdrives.open(course / "readme.md", mode)
    assert isinstance(hubdrives.open(course / "week 1/rain.csv", "rt"), io.TextIOBase)


# Through the hub's gateway, which alone holds the credential.


@pytest.fixture
async def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """A gateway that lets tess link, and ada's server before it; ada has no grant."""
    (tmp_path / "bench").mkdir()
    async with benched(tmp_path / "bench") as made:
        made.file("rain.csv", RAIN, parent=made.folder_in("week 1"))
        monkeypatch.setenv("JUPYTERHUB_API_TOKEN", made.people.token("ada", "stats"))
        yield made


async def started(bench: Bench, monkeypatch: pytest.MonkeyPatch, *grants: Grant) -> None:
    monkeypatch.setenv("HUBDRIVES_GATEWAY_URL", await bench.start(*grants))


async def opened(path: Path, source: str = "") -> bytes:
    def read() -> bytes:
        with hubdrives.open(path, source=source) as file:
            return bytes(file.read())

    # The gateway answers in this test's own loop.
    return await asyncio.to_thread(read)


async def test_a_grant_is_enough(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await started(bench, monkeypatch, Grant(connection="drive", groups=("stats",)))
    for name, source in (("a", bench.drive.location), ("b", "drive:/")):
        course = await brought(source, tmp_path / name)
        assert await opened(course / "week 1/rain.csv") == RAIN


async def test_a_signed_link_must_be_given_again_for_it_is_not_kept(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await started(bench, monkeypatch, Grant(connection="drive", users=("tess",), can=("read", "link")))
    teacher = bench.connect(bench.people.token("tess"))
    location = teacher.parse(bench.drive.location, base_url=bench.url)
    assert location is not None
    token = (await teacher.sign_link(location, group="stats")).token
    link = PullRequest(source=f"link:{token}").address("https://hub.example.org")
    course = await brought(f"link:{token}", tmp_path / "course")
    path = course / "week 1/rain.csv"

    assert await opened(path, source=link) == RAIN
    assert await opened(path, source=f"link:{token}") == RAIN
    with pytest.raises(PermissionError) as refused:
        await opened(path)
    assert isinstance(refused.value, NotGranted)
    assert any("hubdrives.open(path, source=" in note for note in refused.value.__notes__)
    kept = b"".join(file.read_bytes() for file in course.rglob("*") if file.is_file())
    assert token.encode() not in kept
    with pytest.raises(BadLink):
        await opened(path, source="link:damaged")


async def test_a_path_at_the_gateway_is_none_here(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "srv"
    shared.mkdir()
    (shared / "rain.csv").write_bytes(RAIN)
    mount = ConnectionSettings(provider="local", root=str(shared))
    url = await bench.start(Grant(connection="mount", everyone=True), connections={"mount": mount})
    monkeypatch.setenv("HUBDRIVES_GATEWAY_URL", url)
    course = await brought("mount:/", tmp_path / "course")
    with pytest.raises(FileNotFoundError, match="not known here"):
        await opened(course / "rain.csv")
    assert await opened(course / "rain.csv", source="mount:/") == RAIN


async def test_connections_of_the_gateway_are_folders_at_the_top(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    await started(bench, monkeypatch, Grant(connection="drive", groups=("stats",)))

    def look() -> tuple[list[str], bytes]:
        from hubdrives.fs import HubdrivesFileSystem

        fs = HubdrivesFileSystem()
        return fs.ls("", detail=False), fs.cat_file("drive/week 1/rain.csv", 5, 9)

    assert await asyncio.to_thread(look) == (["drive"], RAIN[5:9])
