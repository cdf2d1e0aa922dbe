"""One token for everybody, minted when it is due."""

import asyncio

import pytest

from hubdrives.credentials.minting import Minted, Minting, may_have_secrets
from hubdrives.errors import BadCredential, HubdrivesError, Unavailable


class Login:
    """A login that gives tokens for an hour, with a clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.lifetime = 3600.0
        self.asked: list[str | None] = []
        self.error: HubdrivesError | None = None
        self.open = asyncio.Event()
        self.open.set()
        self.minting = Minting(self.mint, clock=lambda: self.now)

    async def mint(self, old: str | None) -> Minted:
        self.asked.append(old)
        await self.open.wait()
        if self.error is not None:
            raise self.error
        return Minted(token=f"token {len(self.asked)}", lifetime=self.lifetime)


@pytest.fixture
def login() -> Login:
    return Login()


async def test_however_many_want_one_it_is_minted_once(login: Login):
    tokens = await asyncio.gather(*(login.minting.token() for _ in range(50)))
    assert set(tokens) == {"token 1"}
    assert login.asked == [None]


async def test_however_many_were_refused_another_is_minted_once(login: Login):
    old = await login.minting.token()
    tokens = await asyncio.gather(*(login.minting.token(stale=old) for _ in range(50)))
    assert set(tokens) == {"token 2"}
    assert login.asked == [None, old]
    assert await login.minting.token(stale=old) == "token 2"


async def test_it_is_renewed_five_minutes_before_its_end(login: Login):
    old = await login.minting.token()
    login.now += 3299
    assert await login.minting.token() == old
    login.now += 2
    assert await login.minting.token() == "token 2"


async def test_one_that_lives_shortly_serves_half_its_life(login: Login):
    login.lifetime = 60
    old = await login.minting.token()
    login.now += 29
    assert await login.minting.token() == old
    login.now += 2
    assert await login.minting.token() == "token 2"


async def test_while_the_login_is_away_the_old_one_serves_and_the_login_is_left_alone_for_some_seconds(login: Login):
    old = await login.minting.token()
    login.error = Unavailable("away")
    login.now += 3400
    assert await login.minting.token() == await login.minting.token() == old
    assert len(login.asked) == 2
    login.now += 6
    assert await login.minting.token() == old
    assert len(login.asked) == 3
    with pytest.raises(Unavailable):
        await login.minting.token(stale=old)
    login.now += 200
    with pytest.raises(Unavailable):
        await login.minting.token()
    login.error = None
    assert await login.minting.token() == "token 6"


async def test_a_refusal_is_told_even_while_the_old_one_lives(login: Login):
    await login.minting.token()
    login.error = BadCredential("no more")
    login.now += 3400
    with pytest.raises(BadCredential):
        await login.minting.token()


async def test_who_gives_up_waiting_does_not_spoil_it_for_others(login: Login):
    login.open.clear()
    impatient = asyncio.create_task(login.minting.token())
    await asyncio.sleep(0)
    patient = asyncio.create_task(login.minting.token())
    await asyncio.sleep(0)
    impatient.cancel()
    login.open.set()
    assert await patient == "token 1"
    assert len(login.asked) == 1


async def test_however_many_wait_for_a_failure_it_is_one_and_the_next_tries_again(login: Login):
    login.error = Unavailable("away")
    results = await asyncio.gather(*(login.minting.token() for _ in range(50)), return_exceptions=True)
    assert {type(result) for result in results} == {Unavailable}
    assert len(login.asked) == 1
    login.error = None
    assert await login.minting.token() == "token 2"


async def test_who_waits_for_one_that_brings_the_refused_one_has_another_minted(login: Login):
    old = await login.minting.token()
    login.now += 3400
    login.error = Unavailable("away")
    login.open.clear()
    early = asyncio.create_task(login.minting.token())
    await asyncio.sleep(0)
    refused = asyncio.create_task(login.minting.token(stale=old))
    await asyncio.sleep(0)
    login.open.set()
    assert await early == old
    with pytest.raises(Unavailable):
        await refused
    assert login.asked == [None, old, old]


def test_a_token_is_not_shown(login: Login):
    assert "s3cret" not in repr(Minted(token="s3cret", lifetime=1))


@pytest.mark.parametrize(
    ("url", "may"),
    [
        ("https://api.box.com", True),
        ("http://127.0.0.1:8000", True),
        ("http://[::1]:8000", True),
        ("http://localhost", True),
        ("http://api.box.com", False),
        ("http://localhost.example.org", False),
        ("ftp://127.0.0.1", False),
        ("", False),
        ("https://[", False),
    ],
)
def test_secrets_go_over_tls_or_stay_on_this_machine(url: str, may: bool):
    assert may_have_secrets(url) is may
