"""Tokens from a service account's key, minted against an emulated Google."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from hubdrives.credentials import token_source
from hubdrives.credentials.google import _REFUSALS, GoogleServiceAccount
from hubdrives.errors import BadConfig, BadCredential, ClockSkew, HubdrivesError, Unavailable
from hubdrives.testing.emulators.googledrive import ROBOT, GoogleDrive
from hubdrives.testing.emulators.googledrive.errors import SKEWED, TOKEN_ERRORS
from hubdrives.testing.emulators.server import serving

Make = Callable[..., GoogleServiceAccount]


class Clock:
    """Seconds that a test lets pass."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def drive() -> AsyncIterator[GoogleDrive]:
    async with serving(GoogleDrive()) as emulator:
        yield emulator


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(drive: GoogleDrive, tmp_path: Path, clock: Clock) -> Make:
    """A credential for the emulator's account; what is given replaces fields of its key file or of its settings."""

    def made(*, key: dict[str, Any] | None = None, **settings: Any) -> GoogleServiceAccount:
        file = tmp_path / "key.json"
        file.write_text(json.dumps({**drive.key_file(), **(key or {})}))
        return GoogleServiceAccount({"kind": "google_service_account", "key_file": str(file), **settings}, clock=clock)

    return made


def minted(drive: GoogleDrive) -> int:
    return drive.requests.by_operation["token"]


class TestTokens:
    async def test_one_is_minted_and_kept(self, drive: GoogleDrive, make: Make) -> None:
        account = make()
        first = await account.token()
        assert drive.accounts.session(first) is not None
        assert await account.token() == first
        assert minted(drive) == 1

    async def test_many_who_wait_share_one(self, drive: GoogleDrive, make: Make) -> None:
        account = make()
        tokens = await asyncio.gather(*(account.token() for _ in range(50)))
        assert len(set(tokens)) == 1
        assert minted(drive) == 1

    async def test_many_who_were_refused_share_the_next_one(self, drive: GoogleDrive, make: Make) -> None:
        account = make()
        old = await account.token()
        tokens = await asyncio.gather(*(account.token(stale=old) for _ in range(50)))
        assert {old} & set(tokens) == set()
        assert len(set(tokens)) == 1
        assert minted(drive) == 2

    async def test_it_is_renewed_five_minutes_early(self, drive: GoogleDrive, make: Make, clock: Clock) -> None:
        account = make()
        old = await account.token()
        clock.now += 3599 - 302
        assert await account.token() == old
        clock.now += 5
        assert await account.token() != old
        assert minted(drive) == 2

    async def test_one_that_lives_shortly_is_not_renewed_at_each_request(
        self, drive: GoogleDrive, make: Make, clock: Clock
    ) -> None:
        drive.accounts.token_lifetime = 60
        account = make()
        old = await account.token()
        clock.now += 20
        assert await account.token() == old
        clock.now += 20
        assert await account.token() != old

    async def test_an_early_renewal_that_fails_does_no_harm(self, drive: GoogleDrive, make: Make, clock: Clock) -> None:
        account = make()
        old = await account.token()
        clock.now += 3599 - 200
        drive.faults.set([{"operation": "token", "effect": "drop", "times": None}])
        assert await account.token() == old
        with pytest.raises(Unavailable):
            await account.token(stale=old)
        clock.now += 201
        with pytest.raises(Unavailable):
            await account.token()
        drive.faults.set([])
        assert await account.token() != old

    async def test_who_gives_up_waiting_does_not_spoil_it_for_others(self, drive: GoogleDrive, make: Make) -> None:
        account = make()
        impatient = asyncio.create_task(account.token())
        await asyncio.sleep(0)
        patient = asyncio.create_task(account.token())
        await asyncio.sleep(0)
        impatient.cancel()
        assert drive.accounts.session(await patient) is not None

    async def test_the_loop_is_not_held_up(self, drive: GoogleDrive, make: Make) -> None:
        drive.faults.set([{"operation": "token", "effect": "delay", "seconds": 0.3}])
        waiting = asyncio.create_task(make().token())
        turns = 0
        while not waiting.done():
            await asyncio.sleep(0.01)
            turns += 1
        # The emulator itself answers in this loop: had it been blocked, nothing would have been answered at all.
        assert turns > 3

    async def test_it_reads_and_no_more_unless_told(self, drive: GoogleDrive, make: Make) -> None:
        session = drive.accounts.session(await make().token())
        assert session is not None
        assert session.scopes == {"https://www.googleapis.com/auth/drive.readonly"}
        other = "https://www.googleapis.com/auth/drive.metadata.readonly"
        session = drive.accounts.session(await make(scopes=[other]).token())
        assert session is not None
        assert session.scopes == {other}

    async def test_it_can_stand_in_for_a_person(self, drive: GoogleDrive, make: Make) -> None:
        drive.robot.may_impersonate = frozenset({"teacher@example.edu"})
        account = make(subject="teacher@example.edu")
        session = drive.accounts.session(await account.token())
        assert session is not None
        assert session.email == account.account == "teacher@example.edu"

    async def test_the_key_may_be_in_the_environment(self, drive: GoogleDrive, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("COURSE_KEY", json.dumps(drive.key_file()))
        found = token_source({"kind": "google_service_account", "key_env": "COURSE_KEY"}, connection="course")
        assert found is not None
        assert drive.accounts.session(await found.token()) is not None


class TestRefusals:
    async def test_a_deleted_key(self, drive: GoogleDrive, make: Make) -> None:
        account = make()
        drive.robot.key_id = "another key"
        with pytest.raises(BadCredential, match="key of this service account") as told:
            await account.token()
        assert "new key" in told.value.hint

    async def test_a_clock_that_is_off(self, drive: GoogleDrive, make: Make) -> None:
        drive.faults.set([{"operation": "token", "effect": "skewed_clock", "times": None}])
        with pytest.raises(ClockSkew):
            await make().token()

    @pytest.mark.parametrize("state", ["deleted", "disabled"])
    async def test_an_account_that_is_no_more(self, drive: GoogleDrive, make: Make, state: str) -> None:
        drive.robot.state = state
        with pytest.raises(BadCredential, match=state):
            await make().token()

    async def test_a_person_whom_it_may_not_stand_in_for(self, make: Make) -> None:
        with pytest.raises(BadCredential) as told:
            await make(subject="teacher@example.edu").token()
        assert "domain-wide delegation" in told.value.hint

    async def test_a_scope_that_is_none(self, make: Make) -> None:
        with pytest.raises(BadCredential, match="scopes"):
            await make(scopes=["https://www.googleapis.com/auth/everything"]).token()

    @pytest.mark.parametrize("effect", [{"effect": "drop"}, {"effect": "html", "status": 503}])
    async def test_a_server_that_does_not_answer(self, drive: GoogleDrive, make: Make, effect: dict) -> None:
        drive.faults.set([{"operation": "token", "times": None, **effect}])
        with pytest.raises(Unavailable):
            await make().token()

    # What Google documents and people report, in its own words.
    @pytest.mark.parametrize(
        ("status", "error", "description", "kind"),
        [
            (400, "invalid_grant", "Invalid JWT Signature.", BadCredential),
            (400, "invalid_grant", SKEWED, ClockSkew),
            (400, "invalid_grant", "Invalid grant: account not found", BadCredential),
            (400, "invalid_grant", "Not a valid email or user ID.", BadCredential),
            (400, "invalid_grant", "Invalid email or User ID", BadCredential),
            (400, "invalid_grant", "Token has been expired or revoked.", BadCredential),
            (400, "invalid_grant", "", BadCredential),
            (400, "invalid_scope", "Invalid OAuth scope or ID token audience provided.", BadCredential),
            (401, "unauthorized_client", "Client is unauthorized to retrieve access tokens.", BadCredential),
            (401, "invalid_client", "The OAuth client was not found.", BadCredential),
            (401, "deleted_client", "The OAuth client was deleted.", BadCredential),
            (401, "disabled_client", "The OAuth client was disabled.", BadCredential),
            (403, "access_denied", "", BadCredential),
            (400, "admin_policy_enforced", "", BadCredential),
            (403, "org_internal", "", BadCredential),
            (400, "never_heard_of", "", BadCredential),
            (500, "internal_failure", "", Unavailable),
            (500, "server_error", "", Unavailable),
            (503, "temporarily_unavailable", "", Unavailable),
        ],
    )
    async def test_each_of_googles_words_is_one_error_of_ours(
        self, make: Make, serve, status: int, error: str, description: str, kind: type[HubdrivesError]
    ) -> None:
        async def handler(_request: web.Request) -> web.Response:
            return web.json_response({"error": error, "error_description": f"{description} s3cret"}, status=status)

        account = make(key={"token_uri": await serve(handler)})
        with pytest.raises(HubdrivesError) as told:
            await account.token()
        assert type(told.value) is kind
        assert "s3cret" not in f"{told.value} {told.value.hint}"

    def test_the_table_knows_every_refusal_that_the_emulator_gives_for_an_account(self) -> None:
        ours = {"invalid_request", "unsupported_grant_type"}  # would be google-auth's own mistake
        assert TOKEN_ERRORS.keys() - ours <= {error for error, *_rest in _REFUSALS}


class TestConfiguration:
    @pytest.mark.parametrize(
        "credential",
        [
            {"kind": "google_service_account"},
            {"kind": "google_service_account", "key_file": "/nowhere/key.json"},
            {"kind": "google_service_account", "key_env": "NOT_SET"},
            {"kind": "google_service_account", "key_file": "/dev/null"},
            {"kind": "google_service_account", "key_file": "k", "colour": "red"},
            {"kind": "google_service_account", "key_file": "k", "scopes": "drive"},
        ],
    )
    def test_one_that_can_not_work_is_refused_at_once(self, credential: dict) -> None:
        with pytest.raises(BadConfig):
            token_source(credential, connection="course")

    @pytest.mark.parametrize(
        "key",
        [
            {"private_key": "-----BEGIN PRIVATE KEY-----\ns3cret\n-----END PRIVATE KEY-----\n"},
            {"private_key": None},
            {"client_email": None},
            {"token_uri": None},
            {"token_uri": "http://oauth2.example.org/token"},
        ],
    )
    def test_a_broken_key_is_refused_without_showing_it(self, make: Make, drive: GoogleDrive, key: dict) -> None:
        broken = {name: value for name, value in {**drive.key_file(), **key}.items() if value is not None}
        with pytest.raises(BadConfig) as told:
            make(key={**dict.fromkeys(drive.key_file()), **broken})
        assert "s3cret" not in f"{told.value} {told.value.hint} {told.value.__context__}"

    @pytest.mark.parametrize("text", ["", "{", "[]", '"text"', "{}", '{"type": "authorized_user"}'])
    def test_a_file_that_is_no_key_is_refused(self, tmp_path: Path, text: str) -> None:
        file = tmp_path / "key.json"
        file.write_text(text)
        with pytest.raises(BadConfig, match="key"):
            GoogleServiceAccount({"kind": "google_service_account", "key_file": str(file)})

    async def test_nothing_secret_is_shown(self, make: Make, drive: GoogleDrive) -> None:
        account = make()
        token = await account.token()
        shown = f"{account!r} {account}"
        assert ROBOT in shown
        assert token not in shown
        assert account.account == ROBOT
        assert drive.key_file()["private_key"][40:80] not in shown


def test_googles_library_is_loaded_only_when_a_key_is() -> None:
    code = (
        "import sys, hubdrives.credentials.google, hubdrives.providers.googledrive, hubdrives.providers.local\n"
        "print([name for name in ('google.auth', 'google.oauth2', 'requests') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
