"""Tokens for Box, asked for at a small login endpoint."""

import asyncio
import json
import subprocess
import sys
import threading
from pathlib import Path

import jwt
import msgspec
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.credentials.box_endpoint import (
    APP,
    CCG,
    SECRET,
    Clock,
    Login,
    broken,
    jwt_credential,
    oauth,
    source,
    telling,
)

from hubdrives.credentials import token_source
from hubdrives.credentials.box import BoxTokens
from hubdrives.errors import (
    BadConfig,
    BadCredential,
    Unavailable,
    UnexpectedAnswer,
)
from hubdrives.sync.lock import Owner

pytestmark = pytest.mark.usefixtures("secret")


class TestClientCredentials:
    async def test_a_token_for_the_service_account(self, login: Login):
        found = token_source(CCG, connection="team", base_url=login.url)
        assert found is not None
        assert (found.scheme, await found.token()) == ("Bearer", "token 1")
        assert login.asked == [
            {
                "grant_type": "client_credentials",
                "client_id": "app",
                "client_secret": SECRET,
                "box_subject_type": "enterprise",
                "box_subject_id": "4242",
            }
        ]

    async def test_a_token_for_a_user(self, login: Login):
        credential = {"kind": "box_ccg", "user_id": "77", **APP}
        assert await source(credential, login).token() == "token 1"
        assert (login.asked[0]["box_subject_type"], login.asked[0]["box_subject_id"]) == ("user", "77")

    async def test_fifty_at_once_ask_once_and_again_five_minutes_before_the_end(self, login: Login, clock: Clock):
        tokens = source(CCG, login, clock=clock)
        assert set(await asyncio.gather(*(tokens.token() for _ in range(50)))) == {"token 1"}
        clock.now += 3299
        assert await tokens.token() == "token 1"
        clock.now += 2
        assert await tokens.token() == "token 2"
        assert await tokens.token(stale="token 2") == "token 3"
        assert len(login.asked) == 3

    async def test_the_old_one_serves_while_box_is_away(self, login: Login, clock: Clock):
        tokens = source(CCG, login, clock=clock)
        old = await tokens.token()
        clock.now += 3400
        login.answer = broken(503)
        assert await tokens.token() == old
        with pytest.raises(Unavailable):
            await tokens.token(stale=old)

    async def test_a_new_secret_in_the_file_needs_no_restart(self, login: Login, tmp_path: Path):
        file = tmp_path / "secret"
        file.write_text("old\n")
        credential = {"kind": "box_ccg", "client_id": "app", "client_secret_file": str(file), "enterprise_id": "1"}
        tokens = source(credential, login)
        await tokens.token()
        file.write_text("new\n")
        await tokens.token(stale="token 1")
        assert [one["client_secret"] for one in login.asked] == ["old", "new"]


class TestJwt:
    async def test_the_assertion_is_signed_with_the_apps_key(
        self, login: Login, tmp_path: Path, console: dict, key: rsa.RSAPrivateKey
    ):
        assert await source(jwt_credential(tmp_path, console), login).token() == "token 1"
        (asked,) = login.asked
        assert (asked["client_id"], asked["client_secret"]) == ("app", SECRET)
        assert jwt.get_unverified_header(asked["assertion"])["kid"] == "k1"
        claims = jwt.decode(
            asked["assertion"], key.public_key(), algorithms=["RS256"], audience="https://api.box.com/oauth2/token"
        )
        assert (claims["iss"], claims["sub"], claims["box_sub_type"]) == ("app", "4242", "enterprise")

    @pytest.mark.parametrize("names_enterprise", [True, False])
    async def test_it_may_be_for_a_user(
        self, login: Login, tmp_path: Path, console: dict, key: rsa.RSAPrivateKey, names_enterprise: bool
    ):
        if not names_enterprise:
            del console["enterpriseID"]
        credential = {**jwt_credential(tmp_path, console), "user_id": "77"}
        assert await source(credential, login).token() == "token 1"
        claims = jwt.decode(
            login.asked[0]["assertion"],
            key.public_key(),
            algorithms=["RS256"],
            audience="https://api.box.com/oauth2/token",
        )
        assert (claims["iss"], claims["sub"], claims["box_sub_type"]) == ("app", "77", "user")

    async def test_the_settings_may_be_in_the_environment(
        self, login: Login, console: dict, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv("BOX_CONFIG", json.dumps(console))
        assert await source({"kind": "box_jwt", "config_env": "BOX_CONFIG"}, login).token() == "token 1"

    @pytest.mark.parametrize("change", [{"passphrase": "another"}, {"privateKey": "s3cret"}, {"passphrase": "é"}])
    async def test_a_key_that_can_t_be_read_is_refused_without_showing_it(
        self, login: Login, tmp_path: Path, console: dict, change: dict
    ):
        console["boxAppSettings"]["appAuth"].update(change)
        with pytest.raises(BadConfig) as told:
            await source(jwt_credential(tmp_path, console), login).token()
        assert "s3cret" not in f"{told.value} {told.value.hint}"
        assert login.asked == []

    @pytest.mark.parametrize("text", ["{}", "[]", "s3cret", '{"boxAppSettings": {"clientID": "s3cret"}}'])
    def test_what_is_no_such_json_is_refused(self, login: Login, tmp_path: Path, text: str):
        (tmp_path / "config.json").write_text(text)
        with pytest.raises(BadConfig, match="developer console") as told:
            source({"kind": "box_jwt", "config_file": str(tmp_path / "config.json")}, login)
        assert "s3cret" not in f"{told.value} {told.value.hint}"

    def test_settings_for_nobody_are_refused(self, login: Login, tmp_path: Path, console: dict):
        del console["enterpriseID"]
        with pytest.raises(BadConfig):
            source(jwt_credential(tmp_path, console), login)


class TestUserLogin:
    async def test_the_new_refresh_token_is_kept(self, login: Login, tmp_path: Path):
        tokens = source(oauth(tmp_path), login)
        assert await tokens.token() == "token 1"
        assert login.asked == [
            {"grant_type": "refresh_token", "client_id": "app", "client_secret": SECRET, "refresh_token": "first"}
        ]
        assert await tokens.token(stale="token 1") == "token 2"
        assert json.loads((tmp_path / "tokens.json").read_text())["refresh_token"] == "refresh 2"

    async def test_processes_that_share_it_ask_once(self, login: Login, tmp_path: Path, clock: Clock):
        credential = oauth(tmp_path)
        several = [source(credential, login, clock=clock) for _ in range(4)]
        assert set(await asyncio.gather(*(one.token() for one in several))) == {"token 1"}
        assert set(await asyncio.gather(*(one.token(stale="token 1") for one in several))) == {"token 2"}
        clock.now += 3400
        assert set(await asyncio.gather(*(one.token() for one in several))) == {"token 3"}
        assert len(login.asked) == 3

    async def test_the_token_of_an_earlier_process_is_used_until_it_ends(
        self, login: Login, tmp_path: Path, clock: Clock
    ):
        credential = oauth(tmp_path, access_token="earlier", ends_at=clock.now + 3600)
        assert await source(credential, login, clock=clock).token() == "earlier"
        assert login.asked == []
        clock.now += 3601
        assert await source(credential, login, clock=clock).token() == "token 1"

    async def test_who_gives_up_waiting_loses_no_grant(self, login: Login, tmp_path: Path):
        credential = oauth(tmp_path)
        asked, go = asyncio.Event(), asyncio.Event()

        async def slowly() -> web.StreamResponse:
            asked.set()
            await go.wait()
            login.answer, login.refresh_token = None, "refresh 1"
            return web.json_response({"access_token": "token 1", "expires_in": 3600, "refresh_token": "refresh 1"})

        login.answer = slowly
        tokens = source(credential, login)
        impatient = asyncio.create_task(tokens.token())
        await asked.wait()
        impatient.cancel()
        patient = asyncio.create_task(tokens.token())
        go.set()
        assert await patient == "token 1"
        assert len(login.asked) == 1

    async def test_what_is_answered_to_a_process_that_is_ending_is_kept(self, login: Login, tmp_path: Path):
        credential = oauth(tmp_path)
        asked, go = threading.Event(), asyncio.Event()

        async def slowly() -> web.StreamResponse:
            asked.set()
            await go.wait()
            return web.json_response({"access_token": "token 1", "expires_in": 3600, "refresh_token": "refresh 1"})

        here = asyncio.get_running_loop()

        async def ends_in_the_midst() -> None:
            task = asyncio.create_task(source(credential, login).token())
            await asyncio.to_thread(asked.wait)
            task.cancel()
            here.call_soon_threadsafe(go.set)

        login.answer = slowly
        await asyncio.to_thread(asyncio.run, ends_in_the_midst())
        assert json.loads((tmp_path / "tokens.json").read_text())["refresh_token"] == "refresh 1"

    async def test_an_answer_that_never_came_is_asked_for_again_with_the_same_token(self, login: Login, tmp_path: Path):
        tokens = source(oauth(tmp_path), login)
        login.answer = broken(502)
        with pytest.raises(Unavailable):
            await tokens.token()
        login.answer = None
        assert await tokens.token() == "token 1"
        assert [one["refresh_token"] for one in login.asked] == ["first", "first"]

    @pytest.mark.parametrize("told", [{}, {"refresh_token": None}, {"refresh_token": {"a": 1}}, {"refresh_token": ""}])
    async def test_an_answer_without_a_new_one_changes_nothing(self, login: Login, tmp_path: Path, told: dict):
        credential = oauth(tmp_path)
        login.answer = telling({"access_token": "token", "expires_in": 3600, **told})
        with pytest.raises(UnexpectedAnswer, match="refresh token"):
            await source(credential, login).token()
        assert json.loads((tmp_path / "tokens.json").read_text()) == {"refresh_token": "first"}

    async def test_a_new_login_in_the_file_needs_no_restart(self, login: Login, tmp_path: Path):
        tokens = source(oauth(tmp_path), login)
        login.refresh_token = "of the new login"
        with pytest.raises(BadCredential, match="refresh token") as told:
            await tokens.token()
        assert "token_file" in told.value.hint
        oauth(tmp_path, refresh_token="of the new login")
        assert await tokens.token() == "token 2"

    async def test_one_that_another_process_holds_for_long_is_told(self, login: Login, tmp_path: Path):
        credential = oauth(tmp_path)
        elsewhere = msgspec.structs.replace(Owner.me(), host="elsewhere")
        (tmp_path / "tokens.json.lock").write_bytes(msgspec.json.encode(elsewhere))
        with pytest.raises(Unavailable, match="Another process"):
            await source(credential, login, patience=0.3).token()
        assert login.asked == []


class TestConfiguration:
    @pytest.mark.parametrize(
        "credential",
        [
            {"kind": "box_ccg"},
            {"kind": "box_ccg", **APP},
            {"kind": "box_ccg", "client_id": "app", "enterprise_id": "1"},
            {"kind": "box_ccg", "client_id": "app", "client_secret_env": "NOT_SET", "enterprise_id": "1"},
            {"kind": "box_ccg", "client_id": "app", "client_secret_file": "/nowhere", "enterprise_id": "1"},
            {**CCG, "user_id": "2"},
            {**CCG, "enterprise_id": 4242},
            {**CCG, "colour": "red"},
            {"kind": "box_jwt"},
            {"kind": "box_jwt", "config_file": "/nowhere"},
            {"kind": "box_jwt", "config_file": "/nowhere", "user_id": "77"},
            {"kind": "box_jwt", "config_env": "BOX_CLIENT_SECRET"},
            {"kind": "box_oauth", **APP},
            {"kind": "box_oauth", "token_file": "/nowhere/tokens.json", **APP},
            {"kind": "box_oauth", "token_file": "/dev/null", **APP},
        ],
    )
    def test_one_that_can_not_work_is_refused_at_once(self, credential: dict):
        with pytest.raises(BadConfig) as told:
            token_source(credential, connection="team")
        assert SECRET not in f"{told.value} {told.value.hint}"

    def test_secrets_go_over_tls_or_stay_on_this_machine(self):
        with pytest.raises(BadConfig, match="https"):
            BoxTokens(CCG, base_url="http://box.example.org")

    async def test_nothing_secret_is_shown(self, login: Login):
        tokens = source(CCG, login)
        token = await tokens.token()
        assert repr(tokens) == "BoxTokens('box_ccg')"
        assert token not in repr(tokens)


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_nothing_is_loaded_before_a_token_is_asked_for():
    code = f"""
import sys
from hubdrives.credentials.box import BoxTokens
BoxTokens({CCG!r})
print([name for name in ("box_sdk_gen", "requests", "cryptography", "jwt", "oauthlib") if name in sys.modules])
"""
    assert run(code) == "[]"


async def test_only_an_app_with_a_key_loads_boxs_library(login: Login, tmp_path: Path, console: dict):
    code = f"""
import asyncio, sys
from hubdrives.credentials.box import BoxTokens
from hubdrives.errors import UnexpectedAnswer
async def mint(credential, narrow):
    tokens = BoxTokens(credential, base_url={login.url!r})
    await tokens.token()
    try:
        if narrow:
            await tokens.narrowed("folders/7")
    except UnexpectedAnswer:
        print("narrowed")
    print([name for name in ("box_sdk_gen", "requests", "cryptography", "jwt") if name in sys.modules])
asyncio.run(mint({CCG!r}, True))
asyncio.run(mint({oauth(tmp_path)!r}, False))
asyncio.run(mint({jwt_credential(tmp_path, console)!r}, False))
"""
    minted = (await asyncio.to_thread(run, code)).splitlines()
    assert minted[:3] == ["narrowed", "[]", "[]"]
    assert "box_sdk_gen" in minted[3]


@pytest.mark.parametrize(("kind", "library"), [("box_ccg", "oauthlib.oauth2"), ("box_jwt", "box_sdk_gen")])
def test_without_a_library_one_sentence_says_what_to_install(tmp_path: Path, console: dict, kind: str, library: str):
    credential = CCG if kind == "box_ccg" else jwt_credential(tmp_path, console)
    code = f"""
import asyncio, sys
sys.modules[{library!r}] = None
from hubdrives.credentials.box import BoxTokens
from hubdrives.errors import BadConfig
try:
    asyncio.run(BoxTokens({credential!r}).token())
except BadConfig as error:
    print(error, error.hint)
"""
    assert "hubdrives[box]" in run(code)
