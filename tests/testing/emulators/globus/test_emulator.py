"""The emulator as a whole: served directories, its side doors, its two hosts, and its TLS."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from globus_sdk import AccessTokenAuthorizer, ClientApp, GlobusAppConfig
from globus_sdk.experimental.gcs_collection_client import GCSCollectionClient
from globus_sdk.experimental.gcs_downloader import GCSDownloader
from tests.testing.emulators.globus.conftest import Client, in_thread

from hubdrives.testing.emulators.globus import Globus
from hubdrives.testing.emulators.globus.collections import ALL_USERS, EVERYBODY, PERSONAL
from hubdrives.testing.emulators.globus.named import TRANSFER, TRANSFER_ALL
from hubdrives.testing.emulators.server import serving


@pytest.fixture
async def served(tmp_path, clock) -> AsyncIterator[Globus]:
    """One that serves a directory."""
    folder = tmp_path / "course"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "a.txt").write_text("hello")
    async with serving(Globus(folder, clock=clock)) as emulator:
        yield emulator


class TestServedDirectories:
    async def test_what_its_owner_does_is_seen_at_once(self, served, session, tmp_path):
        client = Client(served, session, served.https_token())
        address = f"{served.collection.https_server}/data/a.txt"
        assert (await client.get(address)).body == b"hello"
        (tmp_path / "course" / "data" / "a.txt").write_text("hello again")
        assert (await client.get(address)).body == b"hello again"
        (tmp_path / "course" / "data" / "a.txt").unlink()
        assert (await client.get(address)).status == 404

    async def test_what_clients_do_is_done_there_too(self, served, session, tmp_path):
        client = Client(served, session, served.https_token())
        sent = await client.send("PUT", f"{served.collection.https_server}/data/b.txt", data=b"new")
        assert sent.status < 300
        assert (tmp_path / "course" / "data" / "b.txt").read_bytes() == b"new"
        assert (await served.find("/data/b.txt")).content.read() == b"new"

    async def test_each_collection_may_have_its_own(self, served, tmp_path):
        (tmp_path / "home").mkdir()
        home = served.add_collection("home", directory=tmp_path / "home")
        async with served.writing():
            served.add_file("/from/there.txt", "1")
            served.add_file("/here.txt", "2", collection=home)
        assert (tmp_path / "course" / "from" / "there.txt").read_text() == "1"
        assert (tmp_path / "home" / "here.txt").read_text() == "2"
        assert not (tmp_path / "course" / "here.txt").exists()

    async def test_served_again_it_is_the_same_collection(self, served, tmp_path):
        async with serving(Globus(tmp_path / "course")) as again:
            assert again.collection.id == served.collection.id
            assert again.collection.display_name == "course"

    async def test_a_guest_collection_is_a_folder_of_another_one(self, served, session, tmp_path):
        guest = served.add_guest_collection("for guests", "/data")
        visitor = served.add_identity("visitor@example.org")
        served.share(guest, visitor, "rw")
        await served.refresh()
        client = Client(served, session, served.https_token(guest, visitor))
        assert guest.https_server != served.collection.https_server
        assert (await client.get(f"{guest.https_server}/a.txt")).body == b"hello"
        assert (await client.send("PUT", f"{guest.https_server}/c.txt", data=b"c")).status < 300
        assert (tmp_path / "course" / "data" / "c.txt").read_bytes() == b"c"

    async def test_nothing_stands_in_the_way_of_a_folder(self, served):
        await served.refresh()
        with pytest.raises(NotADirectoryError):
            served.add_folder("/data/a.txt/b")


class TestPermissions:
    @pytest.mark.parametrize(
        ("who", "permissions"),
        [("owner", "rw"), ("linked", "rw"), ("reader", "r"), ("somebody", None), ("nobody", None)],
    )
    async def test_a_list_says_who_may_do_what(self, globus, who, permissions):
        reader = globus.add_identity("reader@example.org")
        globus.share(globus.collection, reader, "r", path="data")
        people = {
            "owner": globus.owner,
            "linked": globus.add_identity("me@lab.example.org", linked_to=globus.owner),
            "reader": reader,
            "somebody": globus.add_identity("somebody@example.org"),
        }
        ids = globus.people.linked(people[who]) if who in people else frozenset()
        assert globus.collection.permissions(ids, "/data/a.txt") == permissions
        assert globus.collection.permissions(ids, "/database") == (permissions if permissions == "rw" else None)

    @pytest.mark.parametrize(("who", "known", "unknown"), [(EVERYBODY, "r", "r"), (ALL_USERS, "r", None)])
    async def test_a_collection_may_be_for_everybody(self, globus, who, known, unknown):
        globus.share(globus.collection, who)
        somebody = globus.people.linked(globus.add_identity("somebody@example.org"))
        assert globus.collection.permissions(somebody, "/a") == known
        assert globus.collection.permissions(frozenset(), "/a") == unknown


async def test_what_is_not_there_is_told_in_the_words_of_the_service(globus, client):
    assert (await client.get("/v2/nothing")).refusal == (404, "NOT_FOUND")
    assert (await client.get("/v0.10/nothing")).refusal == (404, "ClientError.NotFound")
    assert globus.requests.by_operation["unknown"] == 2


async def test_pages_of_the_web_app_are_there(globus, client):
    answer = await client.get(f"/file-manager/collections/{globus.collection.id}/overview")
    assert (answer.status, "<h1>Lab data</h1>" in answer.text) == (200, True)
    assert globus.location == f"https://app.globus.org/file-manager?origin_id={globus.collection.id}&origin_path=%2F"


async def test_a_new_collection_gets_its_server_with_the_next_request(globus, client):
    made, personal = globus.add_collection("new"), globus.add_collection("laptop", entity_type=PERSONAL)
    assert made.https_server is None
    await client.get("/jwk.json")
    assert made.https_server.startswith("http://127.0.0.1:")
    assert (personal.https_server, personal.gcp_connected) == (None, True)
    assert (await client.get(f"{made.https_server}/nothing")).status == 302


async def test_requests_at_once_open_one_server_only(globus, client):
    made = globus.add_collection("new")
    told = await asyncio.gather(*(client.with_(globus.token()).get(f"/v0.10/endpoint/{made.id}") for _ in range(4)))
    assert {each.json["https_server"] for each in told} == {made.https_server}


async def test_an_unknown_scope_gives_no_token(globus):
    with pytest.raises(LookupError):
        globus.token("nonsense")
    with pytest.raises(LookupError):
        globus.token(TRANSFER_ALL, "stranger@example.org")


class TestControlEndpoints:
    async def test_people_collections_shares_and_tokens_are_made_from_outside(self, globus, client):
        async def make(what: str, **body: object):
            answer = await client.send("POST", f"/_emulator/{what}", json=body)
            assert answer.status == 200, answer.text
            return answer.json

        person = await make("identities", username="visitor@example.org", name="Visitor")
        linked = await make("identities", username="visitor@lab.example.org", linked_to="visitor@example.org")
        where = await make("collections", display_name="made", owner="visitor@example.org")
        rule = await make("shares", collection=globus.collection.id, who="visitor@example.org", path="/data")
        token = await make("tokens", scope=TRANSFER_ALL, who="visitor@example.org")
        assert globus.collections[where["id"]].owner == person["id"]
        assert (globus.collection.acl[-1].id, globus.collection.acl[-1].path) == (rule["id"], "/data/")
        assert globus.tokens.check(token["token"], TRANSFER).identities == {person["id"], linked["id"]}

    async def test_mistakes_are_told(self, client):
        shares = await client.send("POST", "/_emulator/shares", json={"collection": "none", "who": EVERYBODY})
        assert (shares.status, shares.text) == (400, "no collection none\n")
        settings = await client.send("POST", "/_emulator/settings", json={"colour": "red"})
        assert (settings.status, settings.text) == (400, "unknown settings ['colour']\n")

    async def test_settings_are_changed(self, globus, client):
        wanted = {"token_order": [TRANSFER], "token_lifetime": 60}
        assert (await client.send("POST", "/_emulator/settings", json=wanted)).status == 204
        answer = await client.token_for(grant_type="client_credentials", scope=f"openid {TRANSFER_ALL}")
        assert (answer.json["resource_server"], answer.json["expires_in"]) == (TRANSFER, 60)


async def test_the_announcement_has_what_a_client_needs(globus, tmp_path, client):
    said = globus.announce(tmp_path)
    assert said.location == globus.location
    assert said.env["GLOBUS_SDK_SERVICE_URL_TRANSFER"] == f"{globus.url}/"
    assert said.credentials["collection_id"] == globus.collection.id
    bearer = client.with_(said.credentials[TRANSFER])
    assert (await bearer.get(f"/v0.10/operation/endpoint/{globus.collection.id}/ls")).status == 200
    globus.add_file("a.txt", "hello")
    bytes_ = client.with_(said.credentials[globus.collection.id])
    assert (await bytes_.get(f"{globus.collection.https_server}/a.txt")).body == b"hello"
    form = {each: said.credentials[each] for each in ("client_id", "client_secret")}
    assert (await client.token_for(grant_type="client_credentials", scope="openid", **form)).status == 200


async def test_a_browser_without_a_login_is_led_to_the_page_of_login(globus, client):
    led = await client.get(f"{globus.collection.https_server}/a.txt")
    page = await client.get(led.headers["Location"])
    assert (page.status, "<h1>Log in</h1>" in page.text) == (200, True)


class TestTls:
    """What globus-sdk's own clients of HTTPS servers say to them."""

    async def test_its_client_gets_a_file(self, secure, sdk):
        globus = secure.globus
        globus.add_file("data/a.txt", "hello")
        where = globus.collection
        assert where.https_server.startswith("https://localhost:")
        authorizer = AccessTokenAuthorizer(globus.https_token())
        official = sdk(GCSCollectionClient(where.id, where.https_server, authorizer=authorizer))
        assert (await in_thread(lambda: official.get("/data/a.txt"))).text == "hello"

    async def test_its_downloader_learns_the_collection_from_the_way_to_the_login(self, secure, monkeypatch):
        globus = secure.globus
        globus.add_file("data/a.txt", "hello")
        monkeypatch.setenv("GLOBUS_SDK_SERVICE_URL_AUTH", f"{globus.url}/")
        monkeypatch.setenv("GLOBUS_SDK_SERVICE_URL_TRANSFER", f"{globus.url}/")

        def download() -> str:
            config = GlobusAppConfig(token_storage="memory")
            with (
                ClientApp(client_id=globus.client.id, client_secret=globus.client.secret, config=config) as app,
                GCSDownloader(app) as downloader,
            ):
                return downloader.read_file(f"{globus.collection.https_server}/data/a.txt")

        assert await in_thread(download) == "hello"
