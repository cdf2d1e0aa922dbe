"""Who a hub's users are: asked once, told letter by letter, and every refusal in words about whom was asked for."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from hubdrives.credentials.people import IDENTITIES, HubPeople, Person
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


class FakeHub:
    """What JupyterHub answers: to the endpoint of ours, if it has it, and to its own /users/NAME."""

    def __init__(self) -> None:
        self.questions: list[web.Request] = []
        self.identity: Any = None
        """The endpoint's answer; None: a hub without it."""
        self.user: Any = None
        """What /users/NAME answers; None: it is not there."""
        self.status = 0
        self.wait = asyncio.Event()
        self.wait.set()

    async def answer(self, request: web.Request) -> web.Response:
        self.questions.append(request)
        await self.wait.wait()
        if self.status:
            return web.json_response({"status": self.status, "message": "no"}, status=self.status)
        answer = self.identity if request.path.startswith("/hub/api/hubdrives/") else self.user
        if isinstance(answer, HubdrivesError):
            return web.json_response(answer.to_wire(), status=404 if isinstance(answer, NotFound) else 403)
        if answer is None:
            return web.json_response({"status": 404, "message": "Not Found"}, status=404)
        return web.json_response(answer)


@pytest.fixture
def hub() -> FakeHub:
    return FakeHub()


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def people(hub: FakeHub, clock: Clock, serve: Callable[..., Awaitable[str]]) -> AsyncIterator[HubPeople]:
    url = await serve(hub.answer)
    environment = {"JUPYTERHUB_API_URL": f"{url}/hub/api/", "JUPYTERHUB_API_TOKEN": "hub-token"}
    async with HubPeople(environment, fresh=60.0, clock=clock) as made:
        yield made


def told(name: str = "alice", sub: str = "0a1b", email: str = "alice@example.org") -> dict[str, str]:
    return {"name": name, "sub": sub, "email": email}


ALICE = Person(name="alice", sub="0a1b", email="alice@example.org")


class TestAsking:
    async def test_the_hub_is_asked_for_that_user_with_our_token(self, hub: FakeHub, people: HubPeople) -> None:
        hub.identity = told("a/b@c d")
        assert await people.person("a/b@c d") == Person(name="a/b@c d", sub="0a1b", email="alice@example.org")
        (question,) = hub.questions
        assert question.raw_path == "/hub/api/hubdrives/users/a%2Fb@c%20d/identity"
        assert question.headers["Authorization"] == "token hub-token"

    async def test_an_answer_is_believed_for_a_while(self, hub: FakeHub, people: HubPeople, clock: Clock) -> None:
        hub.identity = told()
        assert await people.person("alice") == ALICE
        hub.identity = told(email="new@example.org")
        clock.now += 59
        assert await people.person("alice") == ALICE
        clock.now += 1
        assert (await people.person("alice")).email == "new@example.org"

    async def test_however_many_ask_the_hub_is_asked_once(self, hub: FakeHub, people: HubPeople) -> None:
        hub.identity = told()
        hub.wait.clear()
        asking = [asyncio.create_task(people.person("alice")) for _ in range(20)]
        await asyncio.sleep(0.05)
        asking[0].cancel()
        hub.wait.set()
        assert await asyncio.gather(*asking[1:]) == [ALICE] * 19
        assert len(hub.questions) == 1

    async def test_a_refusal_is_not_kept(self, hub: FakeHub, people: HubPeople) -> None:
        hub.identity = LoginNeeded("No login is kept.")
        with pytest.raises(LoginNeeded):
            await people.person("alice")
        hub.identity = told()
        assert await people.person("alice") == ALICE

    async def test_one_who_is_called_nearly_so_is_another(self, hub: FakeHub, people: HubPeople) -> None:
        """The databases of some hubs take "Alice" for "alice"."""
        hub.identity = told("alice")
        with pytest.raises(NotFound, match="no user 'Alice'"):
            await people.person("Alice")

    @pytest.mark.parametrize(
        ("answer", "expected", "says"),
        [
            (NotFound("The hub has no such user."), NotFound, "no user 'alice'"),
            (LoginNeeded("x", login_url="/hub/login"), LoginNeeded, "does not know yet who 'alice' is"),
            (NotGranted("x"), BadConfig, IDENTITIES),
            (BadConfig("The hub does not keep it."), BadConfig, "does not keep it"),
            ({"sub": "0a1b"}, UnexpectedAnswer, "something else"),
            ({"name": "alice", "sub": 7, "email": "s3cret@example.org"}, UnexpectedAnswer, "something else"),
            ([], UnexpectedAnswer, "something else"),
        ],
    )
    async def test_what_the_hub_refuses_is_told(
        self, hub: FakeHub, people: HubPeople, answer: Any, expected: type[HubdrivesError], says: str
    ) -> None:
        hub.identity = answer
        with pytest.raises(expected, match=says) as raised:
            await people.person("alice")
        assert "s3cret" not in f"{raised.value} {raised.value.hint}"

    async def test_where_a_login_begins_is_no_use_to_who_asks(self, hub: FakeHub, people: HubPeople) -> None:
        hub.identity = LoginNeeded("x", login_url="/hub/login")
        with pytest.raises(LoginNeeded) as raised:
            await people.person("alice")
        assert raised.value.login_url is None
        assert "'alice' has logged out of the hub and in again" in raised.value.hint

    @pytest.mark.parametrize(("status", "expected"), [(403, BadConfig), (500, Unavailable), (429, Unavailable)])
    async def test_a_hub_in_trouble_is_told_so(
        self, hub: FakeHub, people: HubPeople, status: int, expected: type[HubdrivesError]
    ) -> None:
        hub.status = status
        with pytest.raises(expected):
            await people.person("alice")

    async def test_a_token_that_the_hub_does_not_know_is_told_so(self, hub: FakeHub, people: HubPeople) -> None:
        hub.identity = BadCredential("The hub does not know this token.")
        with pytest.raises(BadCredential):
            await people.person("alice")

    @pytest.mark.parametrize("missing", ["JUPYTERHUB_API_URL", "JUPYTERHUB_API_TOKEN"])
    def test_outside_of_a_hub_nobody_can_be_asked(self, missing: str) -> None:
        environment = {"JUPYTERHUB_API_URL": "http://x", "JUPYTERHUB_API_TOKEN": "t", missing: " "}
        with pytest.raises(BadConfig, match=f"{missing} is not set, so this can't ask a hub for who its users are"):
            HubPeople(environment)


class TestHubsWithoutOurs:
    async def test_all_of_auth_state_tells_it(self, hub: FakeHub, people: HubPeople) -> None:
        claims = {"sub": "0a1b", "email": "alice@example.org"}
        hub.user = {"name": "alice", "auth_state": {"access_token": "s3cret", "oauth_user": claims}}
        assert await people.person("alice") == ALICE

    @pytest.mark.parametrize(
        ("user", "expected", "says"),
        [
            (None, NotFound, "no user 'alice'"),
            ({"name": "alice"}, BadConfig, "admin:auth_state"),
            ({"name": "alice", "auth_state": None}, LoginNeeded, "who 'alice' is"),
            ({"name": "alice", "auth_state": {}}, LoginNeeded, "who 'alice' is"),
            ({"name": "Alice", "auth_state": {"sub": "1"}}, NotFound, "no user 'alice'"),
        ],
    )
    async def test_what_is_missing_is_told(
        self, hub: FakeHub, people: HubPeople, user: Any, expected: type[HubdrivesError], says: str
    ) -> None:
        hub.user = user
        with pytest.raises(expected, match=says):
            await people.person("alice")


class TestClaims:
    @pytest.mark.parametrize(
        "auth_state",
        [
            {"access_token": "x", "oauth_user": {"sub": "0a1b", "email": "alice@example.org"}},
            {"google_user": {"sub": "0a1b", "email": "alice@example.org"}},
            {"user": {"sub": "0a1b", "email": "alice@example.org"}},
            {"sub": "0a1b", "email": "alice@example.org", "iss": "https://lms.example.org"},
            {"other_user": {"sub": "other"}, "oauth_user": {"sub": "0a1b", "email": "alice@example.org"}},
            {"a_user": {"login": "a"}, "z_user": {"sub": "0a1b", "email": "alice@example.org"}},
            {"oauth_user": None, "cilogon_user": {"sub": "0a1b", "email": "alice@example.org"}},
        ],
        ids=["generic", "google", "azure", "lti", "generic first", "the one with a subject", "nothing in the first"],
    )
    def test_they_stand_where_the_authenticators_put_them(self, auth_state: dict[str, Any]) -> None:
        assert Person.of_login("alice", auth_state) == ALICE

    def test_a_number_is_an_identifier_too(self) -> None:
        assert Person.of_login("alice", {"oauth_user": {"sub": 12}}).sub == "12"

    @pytest.mark.parametrize("sub", [None, "", True, ["x"], {"x": 1}, 1.5])
    def test_what_is_none_is_told_as_none(self, sub: Any) -> None:
        person = Person.of_login("alice", {"github_user": {"sub": sub, "email": "alice@example.org"}})
        assert person == Person(name="alice", email="alice@example.org")

    def test_what_is_deeper_does_not_count(self) -> None:
        """Some providers let users write into parts of what they tell of them."""
        nested = {"oauth_user": {"metadata": {"sub": "another's"}}, "extra": {"sub": "another's"}}
        assert Person.of_login("alice", nested).sub == ""
