"""Providers whose servers each want a token of their own: one client for each, over the same sockets and limit."""

import pytest
from tests.http.servers import QUICK, Tokens, answering, ok, status, table

from hubdrives.errors import BadConfig, Forbidden, NotFound
from hubdrives.http import Client


class Named:
    """Tokens that say for whom they are, as "transfer-1"."""

    scheme = "Bearer"

    def __init__(self, name):
        self.name = name
        self.count = 1

    async def token(self, *, stale=None):
        self.count += stale == f"{self.name}-{self.count}"
        return f"{self.name}-{self.count}"


class Audiences(Named):
    """An own token for each server, "plain-1" for whoever names none."""

    def __init__(self):
        super().__init__("plain")
        self.asked = []

    def for_audience(self, audience, *, scopes=()):
        self.asked.append((audience, tuple(scopes)))
        return Named(audience)

    def login_url(self, *, scopes=(), session=()):
        return f"/hub/consent?{'+'.join([*scopes, *session])}"


@pytest.fixture
async def client():
    async with Client(title="Test Drive", errors=table, policy=QUICK, tokens=Audiences()) as client:
        yield client


async def test_each_server_is_shown_its_own_token(client, serve):
    handler = answering(ok)
    url = await serve(handler)
    for one in (client, client.for_audience("transfer"), client.for_audience("files")):
        await one.json("GET", url, operation="test")
    shown = [request.headers["Authorization"] for request in handler.seen]
    assert shown == ["Bearer plain-1", "Bearer transfer-1", "Bearer files-1"]


async def test_what_its_tokens_must_allow_goes_along(serve):
    tokens = Audiences()
    async with Client(title="Test Drive", errors=table, tokens=tokens) as client:
        client.for_audience("files", scopes=["read", "write"])
    assert tokens.asked == [("files", ("read", "write"))]


async def test_a_refused_token_is_renewed_where_it_came_from(client, serve):
    handler = answering(status(401), ok)
    await client.for_audience("transfer").json("GET", await serve(handler), operation="test")
    assert [request.headers["Authorization"] for request in handler.seen] == ["Bearer transfer-1", "Bearer transfer-2"]


async def test_they_share_the_limit_the_sockets_and_unless_told_otherwise_the_errors(client, serve):
    ports = []

    def answer(request):
        ports.append(request.transport.get_extra_info("peername")[1])
        return status(404)(request)

    url = await serve(answering(answer))
    alike = client.for_audience("transfer")
    other = client.for_audience("files", errors=lambda _failure: Forbidden("No."))
    for one, kind in ((client, NotFound), (alike, NotFound), (other, Forbidden)):
        with pytest.raises(kind):
            await one.json("GET", url, operation="test")
    assert client.limit is alike.limit is other.limit
    assert len(set(ports)) == 1


async def test_without_a_credential_none_is_shown(serve):
    handler = answering(ok)
    async with Client(title="Test Drive", errors=table) as client:
        await client.for_audience("files").json("GET", await serve(handler), operation="test")
        assert client.login_url(scopes=["read"]) is None
    assert "Authorization" not in handler.seen[0].headers


async def test_one_token_for_all_servers_will_not_do():
    async with Client(title="Test Drive", errors=table, tokens=Tokens()) as client:
        with pytest.raises(BadConfig, match="Test Drive wants a token for each of its servers"):
            client.for_audience("files")
        assert client.login_url(scopes=["read"]) is None


async def test_where_a_wider_login_begins_the_tokens_know(client):
    assert client.login_url(scopes=["a"], session={"mfa": "1"}) == "/hub/consent?a+mfa"
