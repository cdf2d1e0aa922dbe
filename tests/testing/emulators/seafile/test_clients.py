"""EBRAINS' own client and seafileapi2, as they are."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from ebrains_drive import DriveApiClient
from ebrains_drive.exceptions import ClientHttpError, DoesNotExist
from seafileapi import Repo, SeafileAPI
from seafileapi.exceptions import ClientHttpError as SeafileHttpError

from .conftest import file_id


@pytest.fixture
def ebrains(seafile, in_thread):
    """EBRAINS' client, which has exchanged its token before; it blocks, so what is done with it runs in a thread."""
    client = DriveApiClient(token="an OIDC token")
    client.server = client.drive_url = seafile.url
    client._seafile_token = seafile.token()

    async def run(function: Callable[[DriveApiClient], Any]) -> Any:
        return await in_thread(function, client)

    yield run
    client.session.close()


async def test_ebrains_lists_reads_and_makes_folders(seafile, ebrains):
    seafile.add_file("data/a.txt", "hello")

    def use(client):
        repo = client.repos.get_default_repo()
        made = repo.get_dir("/data").mkdir("new")
        entries = [(each.name, each.size, each.isdir) for each in repo.get_dir("/data").ls()]
        return repo.name, made.path, entries, repo.get_file("/data/a.txt").get_content()

    name, path, entries, content = await ebrains(use)
    assert (name, path, content) == ("My Library", "/data/new", b"hello")
    assert entries == [("new", 0, True), ("a.txt", 5, False)]


async def test_ebrains_uploads_renames_moves_and_deletes(seafile, ebrains):
    seafile.add_folder("in")
    seafile.add_folder("out")

    def use(client):
        folder = client.repos.get_default_repo().get_dir("/in")
        file = folder.upload(b"first", "a.txt")
        file.rename("b.txt")
        file.copyTo("/out")
        file.moveTo("/")
        folder.create_empty_file("empty.txt")
        folder.upload(b"x", "gone.txt").delete()
        return file.path

    assert await ebrains(use) == "/b.txt"
    root = seafile.library.root
    found = {
        seafile.vault.path(each.id, under=root): each.content for each in seafile.vault.below(root) if each.content
    }
    assert {path: content.read() for path, content in found.items()} == {
        "/out/b.txt": b"first",
        "/b.txt": b"first",
        "/in/empty.txt": b"",
    }


async def test_ebrains_downloads_a_folder_as_a_zip_file(seafile, ebrains, tmp_path):
    seafile.add_file("data/deep/a.txt", "hello")
    seafile.add_folder("data/empty")

    def use(client):
        return client.repos.get_default_repo().get_dir("/data").download(str(tmp_path / "data"))

    said = await ebrains(use)
    assert (said["zipped"], said["total"]) == (1, 1)
    packed = zipfile.ZipFile(tmp_path / "data.zip")
    assert set(packed.namelist()) == {"data/", "data/deep/", "data/deep/a.txt", "data/empty/"}
    assert packed.read("data/deep/a.txt") == b"hello"


async def test_ebrains_shares_a_folder_which_the_other_one_has_as_a_library(seafile, client, ebrains):
    ada = seafile.add_user("ada@example.org")
    seafile.add_file("users/42/results/a.txt", "hello")

    def use(client):
        folder = client.repos.get_default_repo().get_dir("/users/42/results")
        return folder.share_to_user(ada.email, "r")

    assert await ebrains(use)
    theirs = client.as_(ada)
    (found,) = (await theirs.call("GET", "/api2/repos/", params={"type": "shared"})).json
    assert (found["name"], found["permission"], found["owner"]) == ("results", "r", seafile.account.email)
    assert found["id"] != seafile.library.id
    # Who shared it has it once, as the folder that it is.
    assert [each["name"] for each in (await client.call("GET", "/api2/repos/")).json] == ["My Library"]
    library = seafile.libraries.get(found["id"])
    assert (await theirs.read("/a.txt", library=library)).body == b"hello"


async def test_ebrains_makes_and_removes_libraries(seafile, ebrains):
    def use(client):
        repo = client.repos.create_repo("fresh")
        names = {each.name for each in client.repos.list_repos()}
        repo.delete()
        with pytest.raises(DoesNotExist):
            client.repos.get_repo(repo.id)
        return names

    assert await ebrains(use) == {"My Library", "fresh"}


async def test_ebrains_finds_the_library_of_a_collab(seafile, ebrains):
    ada = seafile.add_user("ada@example.org")
    group = seafile.add_group("collab-neuron-editor", [seafile.account], owner=ada)
    seafile.share(seafile.add_library("neuron", ada), group, "rw")
    found = await ebrains(lambda client: client.repos.get_repo_by_url("https://wiki.ebrains.eu/Collabs/neuron/x"))
    assert (found.name, found.group_name, found.is_readonly()) == ("neuron", group.name, False)


async def test_what_ebrains_sends_is_no_form_to_the_fileserver_in_go(seafile, ebrains):
    """Its field `parent_dir` comes with a filename."""
    seafile.settings.fileserver = "go"
    with pytest.raises(ClientHttpError, match="but got 400"):
        await ebrains(lambda client: client.repos.get_default_repo().upload(io.BytesIO(b"first"), "a.txt"))


@pytest.mark.parametrize("version", ["9.0.16", "12.0.14"])
async def test_seafileapi_logs_in_and_has_libraries(seafile, in_thread, version):
    """Since 11 it says `Bearer` where it said `Token`."""
    seafile.settings.version = version
    seafile.add_file("data/a.txt", "hello")

    def use():
        api = SeafileAPI(seafile.account.email, seafile.account.password, seafile.url)
        api.auth()
        repo = api.get_repo(seafile.library.id)
        repo.create_dir("/new")
        repo.rename_dir("/new", "newer")
        repo.create_file("/newer/b.txt")
        repo.rename_file("/newer/b.txt", "c.txt")
        return [each["name"] for each in api.list_repos()], [each["name"] for each in repo.list_dir("/")]

    assert await in_thread(use) == (["My Library"], ["data", "newer"])
    assert seafile.vault.at(seafile.library.root, "/newer/c.txt").content.size == 0


async def test_seafileapi_is_refused_with_a_wrong_password(seafile, in_thread):
    api = SeafileAPI(seafile.account.email, "wrong", seafile.url)
    with pytest.raises(SeafileHttpError, match="Unable to login"):
        await in_thread(api.auth)


# It leaves the file that it uploads open.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_seafileapi_has_one_library_by_its_token(seafile, in_thread, tmp_path):
    seafile.add_file("data/a.txt", "hello")
    (tmp_path / "b.txt").write_bytes(b"up")

    def use():
        repo = Repo(seafile.library_token().token, seafile.url)
        repo.auth()
        made = repo.create_dir("/data/new")
        uploaded = repo.upload_file("/data", str(tmp_path / "b.txt"))
        repo.download_file("/data/a.txt", str(tmp_path / "a.txt"))
        repo.rename_file("/data/b.txt", "c.txt")
        repo.delete_dir("/data/new")
        about = repo.get_repo_details()
        return made["obj_name"], uploaded, about, repo.get_file("/data/c.txt"), repo.list_dir("/data")

    made, uploaded, about, file, entries = await in_thread(use)
    assert made == "new"
    assert uploaded == {"name": "b.txt", "id": file_id(b"up"), "size": 2}
    assert (tmp_path / "a.txt").read_bytes() == b"hello"
    assert (about["repo_id"], about["file_count"], about["size"]) == (seafile.library.id, 2, 7)
    assert (file["obj_name"], file["obj_id"], file["size"]) == ("c.txt", file_id(b"up"), 2)
    assert [each["name"] for each in entries] == ["a.txt", "c.txt"]
