"""Directories served live: their owner's edits, what clients do, and what tasks copy meet in them."""

import json
from collections.abc import AsyncIterator

import pytest
from tests.testing.emulators.globus.conftest import Client

from hubdrives.testing.emulators.globus import Globus
from hubdrives.testing.emulators.server import serving
from hubdrives.testing.emulators.sidecar import SIDECAR

MINUTE = 60


@pytest.fixture
def directory(tmp_path):
    """Some files."""
    directory = tmp_path / "lab"
    (directory / "runs").mkdir(parents=True)
    (directory / "readme.md").write_text("one")
    (directory / "runs" / "1.nc").write_text("run")
    return directory


@pytest.fixture
async def globus(directory, clock) -> AsyncIterator[Globus]:
    async with serving(Globus(directory, clock=clock)) as emulator:
        yield emulator


async def test_an_edit_is_seen_in_the_next_list(globus, transfer, directory):
    assert await transfer.names() == ["readme.md", "runs"]
    (directory / "new.txt").write_text("new")
    (directory / "readme.md").unlink()
    assert await transfer.names() == ["new.txt", "runs"]
    (directory / "new.txt").write_text("newer")
    assert (await transfer.on("stat", "/new.txt")).json["size"] == 5


async def test_what_is_done_through_transfer_is_done_in_the_directory(globus, transfer, directory):
    where = globus.collection.id
    await transfer.call("POST", f"operation/endpoint/{where}/mkdir", {"DATA_TYPE": "mkdir", "path": "/new"})
    document = {"DATA_TYPE": "rename", "old_path": "/readme.md", "new_path": "/new/read.md"}
    await transfer.call("POST", f"operation/endpoint/{where}/rename", document)
    assert (directory / "new" / "read.md").read_text() == "one"
    await transfer.order("delete", {"path": "/runs"}, recursive=True)
    globus.advance(MINUTE)
    await globus.refresh()
    assert {each.name for each in directory.rglob("*")} == {"new", "read.md"}


async def test_a_task_copies_from_one_directory_to_another(globus, transfer, tmp_path, directory):
    (tmp_path / "home").mkdir()
    home = globus.add_collection("home", directory=tmp_path / "home")
    transfer = transfer.with_(globus.transfer_token())
    task = await transfer.copy(("/runs", "/data/runs"), destination_endpoint=home.id)
    (directory / "runs" / "2.nc").write_text("later")
    globus.advance(MINUTE)
    assert (await transfer.task(task))["files_transferred"] == 2
    found = {each.name: each.read_text() for each in (tmp_path / "home" / "data" / "runs").iterdir()}
    assert found == {"1.nc": "run", "2.nc": "later"}
    (directory / "runs" / "1.nc").write_text("edited")
    assert (await globus.find("/data/runs/1.nc", collection=home)).content.read() == b"run"


async def test_an_edit_of_what_a_task_has_brought_is_an_edit(globus, transfer, directory):
    task = await transfer.copy(("/readme.md", "/copy.md"))
    globus.advance(MINUTE)
    assert (await transfer.task(task))["status"] == "SUCCEEDED"
    (directory / "copy.md").write_text("mine")
    https = Client(globus, transfer.session, globus.https_token())
    assert (await https.get(f"{globus.collection.https_server}/copy.md")).body == b"mine"


async def test_a_sidecar_tells_of_symbolic_links(globus, transfer, directory):
    (directory / SIDECAR).write_text(json.dumps({"shortcuts": {"latest": "runs", "broken": {"id": "gone"}}}))
    found = {each["name"]: each["type"] for each in (await transfer.on("ls", "/")).json["DATA"]}
    assert found == {"readme.md": "file", "runs": "dir", "latest": "dir", "broken": "invalid_symlink"}
    assert await transfer.names("/latest") == ["1.nc"]
