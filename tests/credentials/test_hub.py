"""A user's token as the hub tells it: kept while it is good, asked for once, and every refusal told."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest
from aiohttp import web

from hubdrives.credentials import is_personal, token_source
from hubdrives.credentials.hub import HubLogin
from hubdrives.errors import (
    BadConfig,
    BadCredential,
    HubdrivesError,
    LoginNeeded,
    NotFound,
    NotGranted,
    Unavailable,
    UnexpectedAnswer,
)

NOW = 1_790_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


class FakeHub:
    """What JupyterHub answers: to the endpoint of ours, if it has it, and to its own /users/NAME."""

    def __init__(self) -> None:
        self.questions: list[web.Request] = []
        self.tokens: Mapping[str, Any] | HubdrivesError | None = None
        """The endpoint's answer; None: a hub without it."""
        self.user: Any = None
        """What /users/NAME answers; None: it is not there."""
        self.broken: web.Response | None = None
        self.wait = asyncio.Event()
        self.wait.set()

    async def answer(self, request: web.Request) -> web.Response:
        self.questions.append(request)
        await self.wait.wait()
        if self.broken is not None:
            return web.Response(status=self.broken.status, body=self.broken.body)
        answer = self.tokens if request.path.startswith("/hub/api/hubdrives/") else self.user
        if isinstance(answer, HubdrivesError):
            return web.json_response(answer.to_wire(), status=403)
        if answer is None:
            return web.json_response({"status": 404, "message": "Not Found"}, status=404)
        return web.json_response(answer)


@pytest.fixture
def hub() -> FakeHub:
    return FakeHub()


@pytest.fixture
def clock() -> Clock:
    return Clock()


Make = Callable[..., HubLogin]


@pytest.fixture
async def make(hub: FakeHub, clock: Clock, serve: Callable[..., Awaitable[str]]) -> Make:
    url = await serve(hub.answer)

    def made(*, user: str = "alice", **credential: Any) -> HubLogin:
        environment = {
            "JUPYTERHUB_API_URL": f"{url}/hub/api",
            "JUPYTERHUB_API_TOKEN": "hub-token",
            "JUPYTERHUB_USER": "bob",
        }
        return HubLogin({"kind": "hub_login", **credential}, user=user, environment=environment, clock=clock)

    return made


def told(token: str, *, lasts: float | None = 3600) -> dict[str, Any]:
    return {"token": token, "ends_at": None if lasts is None else NOW + lasts}


class TestAsking:
    async def test_the_hub_is_asked_for_that_user_with_our_token(self, hub: FakeHub, make: Make) -> None:
        hub.tokens = told("access-1")
        assert await make(user="a/b@c d").token() == "access-1"
        (question,) = hub.questions
        assert question.raw_path == "/hub/api/hubdrives/users/a%2Fb@c%20d/token"
        assert question.headers["Authorization"] == "token hub-token"

    async def test_without_a_name_it_is_whose_server_this_is(self, hub: FakeHub, make: Make) -> None:
        hub.tokens = told("access-1")
        await make(user="").token()
        assert hub.questions[0].path == "/hub/api/hubdrives/users/bob/token"

    async def test_which_token_is_meant_goes_along(self, hub: FakeHub, make: Make) -> None:
        hub.tokens = told("access-1")
        await make(resource_server="flows.globus.org").token()
        await make(path=["a", "b/c"]).token()
        assert dict(hub.questions[0].query) == {"resource_server": "flows.globus.org"}
        assert json.loads(hub.questions[1].query["path"]) == ["a", "b/c"]

    async def test_it_is_kept_until_shortly_before_it_ends(self, hub: FakeHub, make: Make, clock: Clock) -> None:
        hub.tokens = told("access-1")
        login = make()
        await login.token()
        hub.tokens = told("access-2", lasts=7200)
        clock.now += 3530
        assert await login.token() == "access-1"
        clock.now += 20
        assert await login.token() == "access-2"
        assert len(hub.questions) == 2

    async def test_one_that_lives_shortly_is_not_asked_for_at_each_request(
        self, hub: FakeHub, make: Make, clock: Clock
    ) -> None:
        hub.tokens = told("access-1", lasts=15)
        login = make()
        for _ in range(5):
            await login.token()
        clock.now += 7
        await login.token()
        assert len(hub.questions) == 1
        clock.now += 1
        await login.token()
        assert len(hub.questions) == 2

    async def test_one_without_an_end_is_kept_until_it_is_refused(self, hub: FakeHub, make: Make, clock: Clock) -> None:
        hub.tokens = told("access-1", lasts=None)
        login = make()
        await login.token()
        clock.now += 1e9
        assert await login.token() == "access-1"
        hub.tokens = told("access-2", lasts=None)
        assert await login.token(stale="access-1") == "access-2"
        assert len(hub.questions) == 2

    async def test_one_whose_end_is_past_by_our_clock_is_used_all_the_same(
        self, hub: FakeHub, make: Make, clock: Clock
    ) -> None:
        hub.tokens = told("access-1", lasts=60)
        clock.now += 1000
        assert await make().token() == "access-1"

    async def test_what_was_refused_is_told_by_its_digest_alone(self, hub: FakeHub, make: Make) -> None:
        hub.tokens = told("access-2")
        await make().token(stale="access-1")
        (question,) = hub.questions
        assert question.query["refused"] == hashlib.sha256(b"access-1").hexdigest()
        assert "access-1" not in question.raw_path

    async def test_a_refused_one_that_is_old_already_costs_no_question(self, hub: FakeHub, make: Make) -> None:
        hub.tokens = told("access-2")
        login = make()
        await login.token()
        assert await login.token(stale="access-1") == "access-2"
        assert len(hub.questions) == 1

    async def test_many_ask_once(self, hub: FakeHub, make: Make) -> None:
        hub.tokens = told("access-1")
        login = make()
        assert set(await asyncio.gather(*(login.token() for _ in range(50)))) == {"access-1"}
        hub.tokens = told("access-2")
        assert set(await asyncio.gather(*(login.token(stale="access-1") for _ in range(50)))) == {"access-2"}
        assert len(hub.questions) == 2

    async def test_many_share_a_refusal(self, hub: FakeHub, make: Make) -> None:
        hub.tokens = LoginNeeded("Your login has ended.")
        login = make()
        results = await asyncio.gather(*(login.token() for _ in range(50)), return_exceptions=True)
        assert {type(result) for result in results} == {LoginNeeded}
        assert len(hub.questions) == 1
        # Whoever asks later may have logged in again.
        hub.tokens = told("access-2")
        assert await login.token() == "access-2"

    async def test_who_waits_for_a_question_that_brings_the_refused_one_asks_again(
        self, hub: FakeHub, make: Make
    ) -> None:
        hub.tokens = told("access-1")
        hub.wait.clear()
        login = make()
        first = asyncio.create_task(login.token())
        second = asyncio.create_task(login.token(stale="access-1"))
        while not hub.questions:
            await asyncio.sleep(0)
        hub.wait.set()
        assert await first == "access-1"
        with pytest.raises(LoginNeeded):
            await second
        assert ["refused" in question.query for question in hub.questions] == [False, True]

    async def test_who_gives_up_waiting_does_not_spoil_it_for_others(self, hub: FakeHub, make: Make) -> None:
        hub.tokens = told("access-1")
        login = make()
        impatient = asyncio.create_task(login.token())
        await asyncio.sleep(0)
        patient = asyncio.create_task(login.token())
        await asyncio.sleep(0)
        impatient.cancel()
        assert await patient == "access-1"
        assert len(hub.questions) == 1


class TestFailures:
    async def test_who_must_log_in_is_told_where(self, hub: FakeHub, make: Make) -> None:
        hub.tokens = LoginNeeded("Your login to the hub has ended.", login_url="/hub/oauth_login")
        with pytest.raises(LoginNeeded, match="has ended") as raised:
            await make().token()
        assert raised.value.login_url == "/hub/oauth_login"

    async def test_after_a_new_login_a_refused_token_is_not_shown_again(self, hub: FakeHub, make: Make) -> None:
        hub.tokens = told("access-1")
        login = make()
        await login.token()
        hub.tokens = LoginNeeded("Your login to the hub has ended.")
        with pytest.raises(LoginNeeded):
            await login.token(stale="access-1")
        hub.tokens = told("access-2")
        assert await login.token() == "access-2"

    async def test_a_missing_scope_is_named(self, hub: FakeHub, make: Make) -> None:
        hub.tokens = NotGranted("No.")
        with pytest.raises(BadConfig, match="custom:hubdrives:tokens"):
            await make().token()

    async def test_a_hub_that_keeps_no_tokens_is_told(self, hub: FakeHub, make: Make) -> None:
        hub.tokens = BadConfig("The hub keeps no tokens of its users' logins.")
        with pytest.raises(BadConfig, match="keeps no tokens"):
            await make().token()

    @pytest.mark.parametrize("status", [500, 502, 503, 504])
    async def test_a_hub_in_trouble_is_unavailable(self, hub: FakeHub, make: Make, status: int) -> None:
        hub.broken = web.Response(status=status, body=b"<html>")
        with pytest.raises(Unavailable):
            await make().token()
        # The request for which the token is wanted is tried again as a whole.
        assert len(hub.questions) == 1

    async def test_no_hub_is_unavailable(self) -> None:
        environment = {"JUPYTERHUB_API_URL": "http://127.0.0.1:1/hub/api", "JUPYTERHUB_API_TOKEN": "x"}
        with pytest.raises(Unavailable):
            await HubLogin({"kind": "hub_login"}, user="alice", environment=environment).token()

    async def test_a_hub_that_is_away_for_a_moment_does_no_harm_while_the_token_lives(
        self, hub: FakeHub, make: Make, clock: Clock
    ) -> None:
        hub.tokens = told("access-1")
        login = make()
        await login.token()
        hub.broken = web.Response(status=503)
        clock.now += 3590
        for _ in range(5):
            assert await login.token() == "access-1"
        assert len(hub.questions) == 2
        with pytest.raises(Unavailable):
            await login.token(stale="access-1")
        clock.now += 11
        with pytest.raises(Unavailable):
            await login.token()

    async def test_the_end_of_the_login_counts_though_the_token_lives(
        self, hub: FakeHub, make: Make, clock: Clock
    ) -> None:
        hub.tokens = told("access-1")
        login = make()
        await login.token()
        hub.tokens = LoginNeeded("Your login has ended.")
        clock.now += 3590
        with pytest.raises(LoginNeeded):
            await login.token()

    @pytest.mark.parametrize("answer", [{"token": None, "ends_at": 5}, {"secret": "access-1"}, ["access-1"]])
    async def test_an_answer_that_is_none_is_told_without_what_is_in_it(
        self, hub: FakeHub, make: Make, answer: Any
    ) -> None:
        hub.tokens = answer
        with pytest.raises(UnexpectedAnswer) as raised:
            await make().token()
        assert "access-1" not in str(raised.value)

    @pytest.mark.parametrize("missing", ["JUPYTERHUB_API_URL", "JUPYTERHUB_API_TOKEN", "JUPYTERHUB_USER"])
    def test_outside_of_a_hub_it_can_not_be(self, missing: str) -> None:
        environment = {
            "JUPYTERHUB_API_URL": "http://hub/hub/api",
            "JUPYTERHUB_API_TOKEN": "x",
            "JUPYTERHUB_USER": "bob",
        }
        environment[missing] = " "
        with pytest.raises(BadConfig, match=missing):
            HubLogin({"kind": "hub_login"}, user="", environment=environment)

    def test_nor_with_a_wrong_credential(self, make: Make) -> None:
        with pytest.raises(BadConfig, match="access token"):
            make(path=["refresh_token"])

    async def test_its_repr_holds_no_token(self, hub: FakeHub, make: Make) -> None:
        hub.tokens = told("access-1")
        login = make()
        await login.token()
        assert repr(login) == "HubLogin('alice')"


class TestHubsWithoutTheEndpoint:
    async def test_auth_state_is_read_where_it_is(self, hub: FakeHub, make: Make) -> None:
        hub.user = {"name": "alice", "auth_state": {"access_token": "access-1", "expires_at": NOW + 3600}}
        login = make()
        assert await login.token() == "access-1"
        assert await login.token() == "access-1"
        assert [question.path for question in hub.questions] == [
            "/hub/api/hubdrives/users/alice/token",
            "/hub/api/users/alice",
        ]

    async def test_the_endpoint_is_looked_for_once(self, hub: FakeHub, make: Make) -> None:
        hub.user = {"auth_state": {"access_token": "access-1"}}
        login = make()
        await login.token()
        hub.user = {"auth_state": {"access_token": "access-2"}}
        assert await login.token(stale="access-1") == "access-2"
        assert len(hub.questions) == 3

    async def test_a_404_on_the_way_is_not_the_hubs_last_word(self, hub: FakeHub, make: Make) -> None:
        login = make()
        with pytest.raises(NotFound):
            await login.token()
        hub.tokens = told("access-1")
        assert await login.token() == "access-1"

    async def test_a_refused_token_that_is_still_there_needs_a_login(self, hub: FakeHub, make: Make) -> None:
        hub.user = {"auth_state": {"access_token": "access-1"}}
        with pytest.raises(LoginNeeded, match="not renewed"):
            await make().token(stale="access-1")

    @pytest.mark.parametrize("auth_state", [None, {}, {"access_token": None}])
    async def test_so_does_none(self, hub: FakeHub, make: Make, auth_state: Any) -> None:
        hub.user = {"auth_state": auth_state}
        with pytest.raises(LoginNeeded, match="no token"):
            await make().token()

    async def test_a_missing_scope_is_named(self, hub: FakeHub, make: Make) -> None:
        hub.user = {"name": "alice"}
        with pytest.raises(BadConfig, match="admin:auth_state"):
            await make().token()

    @pytest.mark.parametrize(
        ("message", "error", "named"),
        [
            ("Action is not authorized with current scopes", BadConfig, "read:users:name"),
            ("Missing or invalid credentials.", BadCredential, "does not know"),
        ],
    )
    async def test_its_own_refusals_are_told(
        self, hub: FakeHub, make: Make, message: str, error: type[HubdrivesError], named: str
    ) -> None:
        hub.broken = web.json_response({"status": 403, "message": message}, status=403)
        with pytest.raises(error, match=named):
            await make().token()


def test_a_connection_says_that_it_is_personal(make: Make) -> None:
    assert is_personal({"kind": "hub_login"})
    environment = {"JUPYTERHUB_API_URL": "http://hub/hub/api", "JUPYTERHUB_API_TOKEN": "x"}
    source = token_source({"kind": "hub_login"}, connection="canvas", user="alice", environment=environment)
    assert isinstance(source, HubLogin)
