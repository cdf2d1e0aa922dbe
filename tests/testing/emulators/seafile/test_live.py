"""A directory served live: its owner's edits and the clients' writes meet in it."""

import asyncio
import json
import os

import pytest

from hubdrives.testing.emulators.seafile import Seafile
from hubdrives.testing.emulators.server import serving
from hubdrives.testing.emulators.sidecar import SIDECAR

from .conftest import file_id


@pytest.fixture
def directory(tmp_path):
    """Some files."""
    directory = tmp_path / "team"
    (directory / "logs").mkdir(parents=True)
    (directory / "readme.md").write_text("one")
    (directory / "logs" / "a.log").write_text("a")
    return directory


@pytest.fixture
async def seafile(directory):
    async with serving(Seafile(directory)) as emulator:
        yield emulator


def files_in(directory) -> dict[str, str]:
    return {str(each.relative_to(directory)): each.read_text() for each in directory.rglob("*") if each.is_file()}


async def test_the_directory_is_the_default_library_of_the_account(seafile, client):
    assert (await client.call("GET", "/api2/default-repo/")).json == {"exists": True, "repo_id": seafile.library.id}
    assert (await client.get("")).json["name"] == "team"
    assert seafile.location == f"{seafile.url}/library/{seafile.library.id}/team/"


async def test_a_directory_that_is_served_again_is_the_same_library(seafile, directory):
    assert Seafile(directory).library.id == seafile.library.id
    assert Seafile(directory.parent).library.id != seafile.library.id


async def test_an_edit_is_a_commit_of_the_owners(seafile, client, directory):
    before = (await client.get("dir/")).headers["oid"]
    (directory / "readme.md").write_text("two")
    (directory / "readme.md").write_text("three")
    assert (await client.get("dir/", oid=before)).json[-1]["id"] == file_id(b"three")
    assert (await client.read("/readme.md")).body == b"three"
    found = (await client.get("file/history/", p="/readme.md")).json["commits"]
    assert [(each["rev_file_size"], each["creator_name"]) for each in found] == [
        (5, seafile.account.email),
        (3, seafile.account.email),
    ]
    past = await client.get("file/revision/", p="/readme.md", commit_id=found[1]["id"])
    assert (await client.send("GET", past.json)).body == b"one"


async def test_what_the_owner_removes_is_gone_and_can_be_had_back(client, directory):
    commit = (await client.get("")).json["head_commit_id"]
    (directory / "readme.md").unlink()
    assert (await client.get("dir/")).names == ["logs"]
    await client.call("PUT", client.repo("file/revert/"), data={"p": "/readme.md", "commit_id": commit})
    assert (directory / "readme.md").read_text() == "one"


async def test_what_clients_do_lands_in_the_directory(client, directory):
    await client.change("dir/", "/new", operation="mkdir")
    await client.upload("up.txt", b"up", into="/new")
    assert (directory / "new" / "up.txt").read_bytes() == b"up"
    await client.upload("new/up.txt", b"again", replace="1")
    assert (directory / "new" / "up.txt").read_bytes() == b"again"
    await client.change("file/", "/new/up.txt", operation="rename", newname="moved.txt", api="api/v2.1")
    await client.change("dir/", "/new", operation="rename", newname="newer")
    await client.call("DELETE", client.repo("file/?p=/readme.md"))
    assert files_in(directory) == {"newer/moved.txt": "again", "logs/a.log": "a"}
    await client.call("DELETE", client.repo("dir/?p=/logs"))
    assert not (directory / "logs").exists()
    commit = (await client.get("history/", per_page=3)).json["commits"][1]["id"]
    await client.change("dir/", "/logs", operation="revert", commit_id=commit, api="api/v2.1")
    assert files_in(directory) == {"newer/moved.txt": "again", "logs/a.log": "a"}


async def test_a_write_is_no_edit_of_the_owners(seafile, client):
    ada = seafile.add_user("ada@example.org")
    seafile.share(seafile.library, ada, "rw")
    await client.as_(ada).upload("up.txt", b"up")
    head = (await client.get("")).json["head_commit_id"]
    assert (await client.get("file/detail/", p="/up.txt")).json["last_modifier_email"] == "ada@example.org"
    (latest, *_) = (await client.get("history/")).json["commits"]
    assert (latest["id"], latest["creator_name"], latest["desc"]) == (head, "ada@example.org", 'Added "up.txt"')


async def test_an_edit_after_a_write_is_seen(client, directory):
    await client.upload("up.txt", b"up")
    (directory / "up.txt").write_bytes(b"UP")
    assert (await client.read("/up.txt")).body == b"UP"


async def test_a_folder_that_nobody_touched_keeps_its_id(client, directory):
    oid = (await client.get("dir/", p="/logs")).headers["oid"]
    (directory / "readme.md").write_text("two")
    await client.upload("up.txt", b"up")
    await client.change("dir/", "/logs", operation="rename", newname="log files")
    assert (await client.get("dir/", p="/log files", oid=oid)).json == "uptodate"


async def test_many_uploads_at_once_all_arrive(client, directory):
    answers = await asyncio.gather(*(client.upload(f"{number}.txt", os.urandom(9)) for number in range(30)))
    assert {each.status for each in answers} == {200}
    assert len((await client.get("dir/")).json) == 32
    assert len(list(directory.glob("*.txt"))) == 30


async def test_one_name_uploaded_at_once_is_a_file_for_each(client, directory):
    answers = await asyncio.gather(*(client.upload("same.txt", str(number).encode()) for number in range(5)))
    names = {each.json[0]["name"] for each in answers}
    assert names == {"same.txt", *(f"same ({number}).txt" for number in range(1, 5))}
    assert names <= set(files_in(directory))


async def test_names_that_only_the_server_knows_stay(client, directory):
    (directory / SIDECAR).write_text(json.dumps({"names": {"logs": "Logs: all"}}))
    await client.upload("b.log", b"b", into="/Logs: all")
    assert (directory / "logs" / "b.log").read_text() == "b"
    assert (await client.get("dir/")).names == ["Logs: all", "readme.md"]


async def test_other_libraries_are_not_in_the_directory(seafile, client, directory):
    other = seafile.add_library("other")
    await client.upload("mine.txt", b"mine", library=other)
    await client.change("file/", "/readme.md", operation="move", dst_repo=other.id, dst_dir="/")
    assert files_in(directory) == {"logs/a.log": "a"}
    assert (await client.get("dir/", library=other)).names == ["mine.txt", "readme.md"]
    assert (await client.call("DELETE", client.repo())).status == 403
