"""Connections: what a source means, and where configuration, credential and provider meet."""

import pytest
from aiohttp import web

from hubdrives.config import ConnectionSettings, LimitSettings, Settings
from hubdrives.connections import Connections, Found
from hubdrives.content import Bytes
from hubdrives.errors import BadConfig, BadPath, NoConnection, NotALocation, NotFound, Unavailable, UnsupportedLink
from hubdrives.model import Kind, Location
from hubdrives.retry import RetryPolicy
from hubdrives.testing.emulators.box import Box
from hubdrives.testing.emulators.server import serving

DRIVE = ConnectionSettings(
    provider="googledrive",
    root="https://drive.google.com/drive/folders/1CourseFolderAbcdefghijklmnopqrst",
    credential={"kind": "token", "token_env": "DRIVE_TOKEN"},
    limits=LimitSettings(concurrency=3, rate=7.0),
)
IN_HUB = {"HUBDRIVES_GATEWAY_URL": "http://127.0.0.1:9/services/hubdrives/"}


IMPATIENT = RetryPolicy(attempts=1)


def connections(environment=None, *, local=True, policy=None, **configured):
    return Connections(Settings(connections=configured), environment=environment or {}, local=local, policy=policy)


# find


def test_a_path_of_a_connection_starts_from_its_root():
    known = connections(drive=DRIVE)
    found = known.find("drive:/week 1/data")
    assert found == Found(connection="drive", location=known.root("drive").below("week 1/data"))
    assert known.find("drive:week 1//data/") == found
    assert known.find("drive:").location == known.root("drive") == known.find("drive:/").location


@pytest.mark.parametrize("source", ["drive:/../x", "drive:/a/../../b", "drive:/a\0b"])
def test_a_path_of_a_connection_never_leads_out_of_its_root(source):
    with pytest.raises(BadPath):
        connections(drive=DRIVE).find(source)


def test_a_pasted_address_belongs_to_the_connection_of_its_provider():
    found = connections(drive=DRIVE).find(
        "  https://drive.google.com/drive/folders/1OtherFolderAbcdefghijklmnopqrstu?usp=sharing "
    )
    assert found.connection == "drive"
    assert (found.location.provider, found.location.id) == ("googledrive", "1OtherFolderAbcdefghijklmnopqrstu")


def test_of_two_connections_of_one_provider_the_first_is_taken():
    known = connections(first=DRIVE, second=DRIVE)
    assert known.find(DRIVE.root).connection == "first"


@pytest.mark.parametrize("source", ["/srv/shared", "/srv/../srv/shared/", "~/shared", "./shared", "."])
def test_a_folder_of_this_machine_needs_no_configuration(source, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    found = connections().find(source)
    assert (found.connection, found.location.provider) == ("local", "local")


def test_where_local_folders_are_no_sources_they_are_not():
    with pytest.raises(NotALocation):
        connections(drive=DRIVE, local=False).find("/etc")


@pytest.mark.parametrize(
    ("source", "error", "said"),
    [
        ("", NotALocation, "neither"),
        ("some words", NotALocation, "'some words'"),
        ("nowhere:/x", NoConnection, "'nowhere'"),
        ("https://example.org/folder", NoConnection, "No configured connection"),
        ("link:abc.def", NoConnection, "hub"),
        (DRIVE.root, NoConnection, "Google Drive"),
        ("https://drive.google.com/drive/folders", UnsupportedLink, "Google"),
    ],
)
def test_what_can_not_be_found_is_said_in_words(source, error, said):
    with pytest.raises(error, match=said):
        connections(drive=DRIVE if error is UnsupportedLink else ConnectionSettings(provider="local")).find(source)


def test_a_sentence_about_a_source_shows_no_secret_of_it():
    with pytest.raises(NoConnection) as caught:
        connections().find(f"{DRIVE.root}?resourcekey=0-hush")
    assert "hush" not in f"{caught.value}{caught.value.hint}"


def test_finding_asks_nobody(monkeypatch):
    def refuse(*_arguments):
        raise AssertionError("the network was asked")

    monkeypatch.setattr("socket.socket.connect", refuse)
    assert connections(IN_HUB, drive=DRIVE).find(DRIVE.root).connection == "drive"


# root


def test_a_connection_without_a_root_says_so():
    with pytest.raises(NoConnection, match="no root"):
        connections(drive=ConnectionSettings(provider="googledrive")).find("drive:/x")


def test_a_root_that_is_no_address_of_the_provider_says_so():
    with pytest.raises(NoConnection, match="root of connection 'drive'"):
        connections(drive=ConnectionSettings(provider="googledrive", root="https://example.org/")).root("drive")


def test_a_connection_that_is_not_there_says_so():
    with pytest.raises(NoConnection, match="'drive'"):
        connections().root("drive")


# the gateway's connection


def test_on_a_hub_the_gateway_is_a_connection():
    (settings,) = [each for name, each in connections(IN_HUB).settings.items() if name == "gateway"]
    assert (settings.provider, settings.base_url) == ("gateway", IN_HUB["HUBDRIVES_GATEWAY_URL"])
    assert "gateway" not in connections().settings


def test_on_a_hub_an_address_that_only_the_gateway_reaches_goes_there():
    assert connections(IN_HUB).find(DRIVE.root).connection == "gateway"
    assert connections(IN_HUB, drive=DRIVE).find(DRIVE.root).connection == "drive"
    assert connections(IN_HUB).find("link:abc.def").connection == "gateway"


# provider


async def test_a_provider_is_opened_once_with_the_limits_of_its_connection():
    async with connections(drive=DRIVE) as known:
        provider = await known.provider("drive")
        assert await known.provider("drive") is provider
        assert provider.waiting is None
        limit = provider._client.limit
        assert (limit.concurrency, limit.rate) == (3, 7.0)


async def test_what_was_opened_is_closed_at_the_end(monkeypatch):
    closed = []
    async with connections(drive=DRIVE) as known:
        provider = await known.provider("drive")
        original = provider._client.close

        async def close():
            closed.append("drive")
            await original()

        monkeypatch.setattr(provider._client, "close", close)
        assert closed == []
    assert closed == ["drive"]


async def test_a_local_connection_works_without_anything_else(tmp_path):
    (tmp_path / "a.txt").write_text("hello")
    async with connections() as known:
        found = known.find(str(tmp_path))
        provider = await known.provider(found.connection)
        assert (await provider.describe(found.location)).kind is Kind.FOLDER
        (entry,) = (await provider.snapshot(found.location)).files
        assert b"".join([piece async for piece in provider.read(entry)]) == b"hello"


@pytest.mark.parametrize(
    ("settings", "error", "said"),
    [
        (ConnectionSettings(provider="floppy"), NoConnection, "'floppy'"),
        (ConnectionSettings(provider="googledrive", credential={"kind": "magic"}), BadConfig, "'magic'"),
        (ConnectionSettings(provider="local", options={"speed": 1}), BadConfig, "'speed'"),
    ],
)
async def test_what_can_not_be_opened_says_why(settings, error, said):
    async with connections(mine=settings) as known:
        with pytest.raises(error, match=said):
            await known.provider("mine")


async def test_tokens_that_the_provider_mints_come_from_where_the_provider_is(serve, monkeypatch):
    shown = []

    async def handler(request):
        if request.path == "/oauth2/token":
            return web.json_response({"access_token": "minted here", "expires_in": 3600})
        shown.append(request.headers["Authorization"])
        return web.json_response({}, status=404)

    monkeypatch.setenv("APP_SECRET", "secret")
    credential = {"kind": "box_ccg", "client_id": "app", "client_secret_env": "APP_SECRET", "enterprise_id": "1"}
    mine = ConnectionSettings(provider="canvas", base_url=await serve(handler), credential=credential)
    async with connections(mine=mine) as known:
        provider = await known.provider("mine")
        with pytest.raises(NotFound):
            await provider.describe(known.find(f"{mine.base_url}/courses/1/files").location)
    assert set(shown) == {"Bearer minted here"}


async def test_a_connection_that_is_not_configured_can_not_be_opened():
    async with connections() as known:
        with pytest.raises(NoConnection, match="'other'"):
            await known.provider("other")


def test_settings_come_from_the_configuration_file_if_none_are_given(tmp_path):
    (tmp_path / "a.toml").write_text("[connections.mine]\nprovider = 'local'\nroot = '/srv'")
    known = Connections(environment={"HUBDRIVES_CONFIG": str(tmp_path / "a.toml")})
    assert known.find("mine:/x").location == Location(provider="local", path="srv/x")


def test_a_location_that_was_written_down_is_reached_again(tmp_path):
    connections = Connections(Settings())
    found = connections.find(str(tmp_path))
    assert connections.reaching(found.location.public()) == found


# personal connections


LOGIN = ConnectionSettings(provider="canvas", base_url="https://canvas.example.edu", credential={"kind": "hub_login"})
SERVER = {
    "JUPYTERHUB_API_URL": "http://127.0.0.1:9/hub/api",
    "JUPYTERHUB_API_TOKEN": "of-the-server",
    "JUPYTERHUB_USER": "alice",
}


async def test_on_a_personal_connection_each_user_has_a_provider_of_their_own():
    async with connections(SERVER, canvas=LOGIN, drive=DRIVE) as known:
        assert known.is_personal("canvas")
        assert not known.is_personal("drive")
        assert not known.is_personal("floppy")
        alice, bob = await known.provider("canvas", user="alice"), await known.provider("canvas", user="bob")
        assert alice is not bob
        assert await known.provider("canvas", user="alice") is alice
        assert await known.provider("drive", user="alice") is await known.provider("drive", user="bob")
        assert set(known.live) == {("canvas", "alice"), ("canvas", "bob"), ("drive", "")}


async def test_what_a_user_left_behind_is_closed_and_what_is_everybodys_stays():
    now = 0.0
    settings = Settings(connections={"canvas": LOGIN, "drive": DRIVE})
    async with Connections(settings, environment=SERVER, clock=lambda: now) as known:
        await known.provider("drive")
        alice = await known.provider("canvas", user="alice")
        busy = await known.provider("canvas", user="busy")
        async with busy._client.limit.slot():
            now = 1000.0
            await known.provider("canvas", user="bob")
        assert set(known.live) == {("canvas", "busy"), ("canvas", "bob"), ("drive", "")}
        assert await known.provider("canvas", user="alice") is not alice


async def test_outside_a_hub_a_personal_connection_says_what_it_needs():
    async with connections({}, canvas=LOGIN) as known:
        with pytest.raises(BadConfig, match="JUPYTERHUB"):
            await known.provider("canvas")


@pytest.mark.parametrize("local", [True, False])
async def test_only_processes_of_users_leave_notes_of_uploads_that_were_cut(tmp_path, monkeypatch, local):
    async with serving(Box()) as box:
        monkeypatch.setenv("BOX_TOKEN", box.token(box.service_account))
        team = ConnectionSettings(
            provider="box", base_url=box.url, root=box.location, credential={"kind": "token", "token_env": "BOX_TOKEN"}
        )
        box.faults.set([{"operation": "uploads.part", "effect": "error", "reason": "unavailable", "times": None}])
        async with connections({"HOME": str(tmp_path)}, local=local, policy=IMPATIENT, team=team) as known:
            provider = await known.provider("team")
            with pytest.raises(Unavailable):
                await provider.write(known.root("team"), "large.bin", Bytes(bytes(20_000_000)))
    notes = list(tmp_path.glob(".local/state/hubdrives/uploads/*"))
    assert len(notes) == (1 if local else 0)
