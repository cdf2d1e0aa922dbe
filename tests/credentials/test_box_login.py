"""What Box's login refuses, told in our words, however the app logs in."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from tests.conftest import Serve
from tests.credentials.box_endpoint import CCG, Login, broken, jwt_credential, oauth, refused, source, telling

from hubdrives.credentials import box_login
from hubdrives.credentials.box import BoxTokens
from hubdrives.credentials.box_login import _REFUSALS
from hubdrives.errors import (
    BadCredential,
    ClockSkew,
    HubdrivesError,
    RateLimited,
    Unavailable,
    UnexpectedAnswer,
)

pytestmark = pytest.mark.usefixtures("secret")


@pytest.fixture(params=["box_ccg", "box_jwt", "box_oauth"])
def credential(request: pytest.FixtureRequest, tmp_path: Path, console: dict[str, Any]) -> dict[str, Any]:
    match request.param:
        case "box_jwt":
            return jwt_credential(tmp_path, console)
        case "box_oauth":
            return oauth(tmp_path)
    return CCG


class TestRefusals:
    # What Box documents and people report, in Box's own words.
    @pytest.mark.parametrize(
        ("error", "description", "kind", "advice"),
        [
            ("invalid_client", "The client credentials are invalid", BadCredential, "client_id"),
            ("invalid_client", "The client credentials are not valid", BadCredential, "secret"),
            ("invalid_grant", "Grant credentials are invalid", BadCredential, "after each change"),
            ("invalid_grant", "Refresh token has expired", BadCredential, "log in to Box anew"),
            ("invalid_grant", "Invalid refresh token", BadCredential, "log in to Box anew"),
            (
                "invalid_grant",
                "Current date time must be before the expiration date time listed in the 'exp' claim.",
                ClockSkew,
                "clock",
            ),
            ("invalid_grant", "Please check the 'exp' claim.", ClockSkew, "clock"),
            (
                "invalid_grant",
                "Please check the 'sub' claim. The 'sub' specified is invalid.",
                BadCredential,
                "enterpriseID",
            ),
            ("invalid_grant", "Please check the 'kid' header.", BadCredential, "key pair"),
            ("invalid_grant", "OAuth JWT signature verification failed", BadCredential, "key pair"),
            (
                "unauthorized_client",
                "This app is not authorized by the enterprise admin",
                BadCredential,
                "Admin Console",
            ),
            (
                "unauthorized_client",
                "Cannot obtain token based on the enterprise configuration for your app",
                BadCredential,
                "user access tokens",
            ),
            (
                "invalid_request",
                "Cannot obtain user token based on the enterprise configuration for your app",
                BadCredential,
                "user access tokens",
            ),
            (
                "invalid_request",
                "The grant type is unauthorized for this client_id.",
                BadCredential,
                "authentication method",
            ),
            ("unsupported_grant_type", "", BadCredential, "authentication method"),
            ("never_heard_of", "", BadCredential, "administrators"),
        ],
    )
    async def test_each_of_boxs_words_is_one_error_of_ours(
        self,
        login: Login,
        credential: dict[str, Any],
        error: str,
        description: str,
        kind: type[HubdrivesError],
        advice: str,
    ):
        async def answer() -> web.StreamResponse:
            return refused(error, f"{description} s3cret")

        login.answer = answer
        with pytest.raises(HubdrivesError) as told:
            await source(credential, login).token()
        assert type(told.value) is kind
        assert advice in told.value.hint
        assert "s3cret" not in f"{told.value} {told.value.hint}"
        assert len(login.asked) == 1

    def test_each_row_of_the_table_can_be_reached(self):
        for number, (error, part, *_rest) in enumerate(_REFUSALS):
            assert not [one for one in _REFUSALS[:number] if one[0] == error and one[1] in part]

    @pytest.mark.parametrize(
        ("status", "kind"), [(429, RateLimited), (500, Unavailable), (503, Unavailable), (404, UnexpectedAnswer)]
    )
    async def test_what_is_no_answer_of_boxs_login(
        self, login: Login, credential: dict[str, Any], status: int, kind: type[HubdrivesError]
    ):
        login.answer = broken(status)
        with pytest.raises(HubdrivesError) as told:
            await source(credential, login).token()
        assert type(told.value) is kind
        assert told.value.retry_after == (None if kind is UnexpectedAnswer else 7)
        assert "s3cret" not in f"{told.value}"
        assert len(login.asked) == 1

    @pytest.mark.parametrize(
        "answer",
        [
            {},
            [],
            "token",
            {"access_token": "t"},
            {"access_token": 7, "expires_in": 3600},
            {"expires_in": 5},
            {"access_token": "t", "expires_in": 0},
        ],
    )
    async def test_an_answer_that_is_no_token(self, login: Login, credential: dict[str, Any], answer: Any):
        login.answer = telling(answer)
        with pytest.raises(UnexpectedAnswer):
            await source(credential, login).token()

    @pytest.mark.parametrize("status", [302, 307])
    async def test_a_redirect_takes_no_secret_along(
        self, login: Login, credential: dict[str, Any], serve: Serve, status: int
    ):
        elsewhere: list[str] = []

        async def other(request: web.Request) -> web.Response:
            elsewhere.append(await request.text())
            return web.json_response({"access_token": "t", "expires_in": 3600})

        target = await serve(other)

        async def answer() -> web.StreamResponse:
            return web.Response(status=status, headers={"Location": f"{target}/oauth2/token"})

        login.answer = answer
        with pytest.raises(Unavailable):
            await source(credential, login).token()
        assert elsewhere == []

    async def test_nobody_there(self, credential: dict[str, Any]):
        with pytest.raises(Unavailable, match="does not answer") as told:
            await BoxTokens(credential, base_url="http://127.0.0.1:9").token()
        assert type(told.value) is Unavailable

    async def test_one_that_never_answers_is_not_waited_for(
        self, login: Login, credential: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(box_login, "_READ", 0.2)
        end = asyncio.Event()

        async def never() -> web.StreamResponse:
            await end.wait()
            return web.Response()

        login.answer = never
        with pytest.raises(Unavailable, match="does not answer"):
            await source(credential, login).token()
        end.set()
