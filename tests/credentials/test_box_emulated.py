"""Tokens for Box, as an emulated Box gives and refuses them."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from hubdrives.credentials.box import BoxTokens
from hubdrives.errors import BadCredential, ClockSkew, HubdrivesError, RateLimited, Unavailable
from hubdrives.testing.emulators.box import Box
from hubdrives.testing.emulators.server import serving


@pytest.fixture
async def box(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Box]:
    async with serving(Box()) as emulator:
        monkeypatch.setenv("BOX_CLIENT_SECRET", emulator.app.client_secret)
        yield emulator


def ccg(box: Box, **fields: Any) -> BoxTokens:
    whom = fields or {"enterprise_id": box.app.enterprise_id}
    return BoxTokens({"kind": "box_ccg", **app(box), **whom}, base_url=box.url)


def app(box: Box) -> dict[str, str]:
    return {"client_id": box.app.client_id, "client_secret_env": "BOX_CLIENT_SECRET"}


def by_key(box: Box, folder: Path, settings: dict[str, Any], **whom: str) -> BoxTokens:
    (folder / "app.json").write_text(json.dumps(settings))
    return BoxTokens({"kind": "box_jwt", "config_file": str(folder / "app.json"), **whom}, base_url=box.url)


def logged_in(box: Box, folder: Path) -> BoxTokens:
    if not (folder / "login.json").exists():
        (folder / "login.json").write_text(json.dumps({"refresh_token": box.refresh_token(box.owner.login)}))
    return BoxTokens({"kind": "box_oauth", "token_file": str(folder / "login.json"), **app(box)}, base_url=box.url)


async def who(box: Box, token: str) -> str:
    """Whom Box takes the bearer of `token` for."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{box.url}/2.0/users/me", headers={"Authorization": f"Bearer {token}"}) as answer,
    ):
        return (await answer.json())["id"] if answer.ok else str(answer.status)


async def test_the_apps_own_account(box: Box):
    assert await who(box, await ccg(box).token()) == box.service_account.id


async def test_a_user_whom_it_stands_in_for(box: Box):
    ada = box.add_user("ada@example.edu")
    assert await who(box, await ccg(box, user_id=ada.id).token()) == ada.id


async def test_an_app_with_a_key(box: Box, tmp_path: Path):
    assert await who(box, await by_key(box, tmp_path, box.jwt_config()).token()) == box.service_account.id


async def test_an_app_with_a_key_that_stands_in_for_a_user(box: Box, tmp_path: Path):
    ada = box.add_user("ada@example.edu")
    assert await who(box, await by_key(box, tmp_path, box.jwt_config(), user_id=ada.id).token()) == ada.id


async def test_a_user_whom_an_app_with_a_key_may_not_stand_in_for(box: Box, tmp_path: Path):
    ada = box.add_user("ada@example.edu")
    box.app.user_access = False
    for user in (ada.id, "1"):
        with pytest.raises(BadCredential, match="does not let the app log in"):
            await by_key(box, tmp_path, box.jwt_config(), user_id=user).token()


async def test_a_person_who_logged_in(box: Box, tmp_path: Path):
    assert await who(box, await logged_in(box, tmp_path).token()) == box.owner.id


async def test_a_login_that_several_processes_share_outlives_many_renewals(box: Box, tmp_path: Path):
    several = [logged_in(box, tmp_path) for _ in range(3)]
    token: str | None = None
    for turn in range(1, 5):
        got = await asyncio.gather(*(one.token(stale=token) for one in several))
        assert len(set(got)) == 1
        token = got[0]
        assert await who(box, token) == box.owner.id
        assert box.requests.by_operation["oauth.token"] == turn


async def test_a_token_that_was_taken_back_is_replaced_once(box: Box):
    tokens = ccg(box)
    old = await tokens.token()
    box.faults.set([{"operation": "users.me", "effect": "expire_tokens"}])
    assert await who(box, old) == "401"
    (token,) = set(await asyncio.gather(*(tokens.token(stale=old) for _ in range(20))))
    assert await who(box, token) == box.service_account.id
    assert box.requests.by_operation["oauth.token"] == 2


async def test_an_app_that_no_admin_has_authorised(box: Box, tmp_path: Path):
    box.app.authorized = False
    for tokens in (ccg(box), by_key(box, tmp_path, box.jwt_config())):
        with pytest.raises(BadCredential, match="not authorised") as told:
            await tokens.token()
        assert "Admin Console" in told.value.hint


async def test_another_apps_secret(box: Box, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("BOX_CLIENT_SECRET", "another")
    with pytest.raises(BadCredential, match="client id"):
        await ccg(box).token()


@pytest.mark.parametrize("whom", [{"enterprise_id": "1"}, {"user_id": "1"}])
async def test_somebody_who_is_not_there(box: Box, whom: dict[str, str]):
    with pytest.raises(BadCredential, match="does not let the app log in"):
        await ccg(box, **whom).token()


async def test_a_key_that_was_deleted(box: Box, tmp_path: Path):
    settings = box.jwt_config()
    settings["boxAppSettings"]["appAuth"]["publicKeyID"] = "gone"
    with pytest.raises(BadCredential, match="key of this app"):
        await by_key(box, tmp_path, settings).token()


async def test_a_clock_that_is_off(tmp_path: Path):
    async with serving(Box(clock=lambda: time.time() + 120)) as later:
        with pytest.raises(ClockSkew):
            await by_key(later, tmp_path, later.jwt_config()).token()


async def test_a_login_that_something_else_has_used(box: Box, tmp_path: Path):
    tokens = logged_in(box, tmp_path)
    copy = json.loads((tmp_path / "login.json").read_text())
    token = await tokens.token()
    (tmp_path / "login.json").write_text(json.dumps(copy))
    with pytest.raises(BadCredential, match="something else has used it") as told:
        await tokens.token(stale=token)
    assert "token_file" in told.value.hint


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"effect": "drop"}, Unavailable),
        ({"effect": "error", "reason": "unavailable"}, Unavailable),
        ({"effect": "error", "reason": "rate_limit_exceeded"}, RateLimited),
    ],
)
async def test_a_login_that_is_away(box: Box, fault: dict[str, str], kind: type[HubdrivesError]):
    box.faults.set([{"operation": "oauth.token", "times": None, **fault}])
    with pytest.raises(HubdrivesError) as told:
        await ccg(box).token()
    assert type(told.value) is kind
    assert box.requests.by_operation["oauth.token"] == 1
