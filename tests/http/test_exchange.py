"""One request and its answer: failures, tokens, redirects, secrets."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web
from tests.http.servers import (
    CONTENT,
    QUICK,
    Tokens,
    answering,
    collect,
    cut,
    ok,
    ranged,
    redirect,
    status,
)

from hubdrives.errors import (
    BadCredential,
    Forbidden,
    UnexpectedAnswer,
)
from hubdrives.exchange import Failure
from hubdrives.http import Client

# Failure


def failure(**headers):
    return Failure(status=429, headers={"Retry-After": headers["after"]} if headers else {}, body=b"", operation="test")


@pytest.mark.parametrize(("told", "seconds"), [("7", 7), ("0", 0), (" 12 ", 12)])
def test_retry_after_in_seconds(told, seconds):
    assert failure(after=told).retry_after == seconds


@pytest.mark.parametrize("told", ["", "soon", "inf", "nan", "-3", "1e9", "٣", "2026-13-45"])
def test_retry_after_that_means_nothing_is_none(told):
    assert failure(after=told).retry_after is None
    assert failure().retry_after is None


def test_retry_after_as_a_date():
    later = datetime.now(UTC) + timedelta(seconds=90)
    assert failure(after=format_datetime(later, usegmt=True)).retry_after == pytest.approx(90, abs=2)
    assert failure(after="Wed, 21 Oct 2015 07:28:00 GMT").retry_after == 0
    assert failure(after="Wed, 21 Oct 2015 07:28:00 -0000").retry_after == 0


def test_a_failure_shows_neither_headers_nor_body():
    shown = repr(Failure(status=403, headers={"Location": "hush"}, body=b"quiet", operation="test"))
    assert "hush" not in shown
    assert "quiet" not in shown


def test_a_body_that_is_not_json_is_none():
    for body in (b"<html>", b"", b'"\xff"'):
        assert Failure(status=500, headers={}, body=body, operation="test").json() is None


# Tokens


async def test_the_token_is_sent(bearer, serve):
    handler = answering(ok)
    await bearer.json("GET", await serve(handler), operation="test")
    assert handler.seen[0].headers["Authorization"] == "Bearer token-1"


async def test_a_refused_token_is_renewed_once_and_the_request_repeated(bearer, serve):
    handler = answering(status(401), ok)
    assert await bearer.json("POST", await serve(handler), operation="test", body={"a": 1}) == {"method": "POST"}
    assert [request.headers["Authorization"] for request in handler.seen] == ["Bearer token-1", "Bearer token-2"]
    assert await handler.seen[1].json() == {"a": 1}


async def test_a_token_that_is_refused_again_is_an_error(bearer, serve):
    handler = answering(status(401))
    with pytest.raises(BadCredential):
        await bearer.json("GET", await serve(handler), operation="test")
    assert len(handler.seen) == 2


class _Final(BadCredential):
    renewable = False


@pytest.mark.parametrize("kind", [Forbidden, _Final])
async def test_a_refusal_that_is_not_the_tokens_fault_renews_none(serve, kind):
    handler = answering(status(401))
    async with Client(title="Test Drive", errors=lambda _: kind("no"), policy=QUICK, tokens=Tokens()) as own:
        with pytest.raises(kind):
            await own.json("GET", await serve(handler), operation="test")
    assert [request.headers["Authorization"] for request in handler.seen] == ["Bearer token-1"]


async def test_without_tokens_401_is_an_error_at_once(client, serve):
    handler = answering(status(401))
    with pytest.raises(BadCredential):
        await client.json("GET", await serve(handler), operation="test")
    assert len(handler.seen) == 1
    assert "Authorization" not in handler.seen[0].headers


# Redirects


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_a_redirect_on_the_same_host_keeps_credentials(bearer, serve, code):
    handler = answering(redirect(code, "/other?x=1"), ok)
    await bearer.json("GET", await serve(handler) + "/a", operation="test", headers={"X-Resource-Keys": "k"})
    assert handler.seen[1].path_qs == "/other?x=1"
    assert handler.seen[1].headers["Authorization"] == "Bearer token-1"
    assert handler.seen[1].headers["X-Resource-Keys"] == "k"


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_a_redirect_to_another_host_carries_no_credential_and_no_header_of_the_provider(bearer, serve, code):
    elsewhere = answering(ranged(CONTENT))
    other = await serve(elsewhere)
    url = await serve(answering(redirect(code, f"{other}/blob")))
    content = await collect(
        bearer.stream(url, operation="test", headers={"X-Resource-Keys": "k", "Cookie": "c"}, start=5, stop=9)
    )
    (request,) = elsewhere.seen
    assert content == CONTENT[5:9]
    assert not {"Authorization", "X-Resource-Keys", "Cookie"} & set(request.headers)
    assert request.headers["Range"] == "bytes=5-8"


async def test_credentials_do_not_come_back_when_the_way_leads_home_again(bearer, serve):
    home = answering(redirect(302, lambda: f"{other}/away"), ok)
    url = await serve(home)
    other = await serve(answering(redirect(302, f"{url}/back")))
    await bearer.json("GET", url, operation="test")
    assert home.seen[1].path == "/back"
    assert "Authorization" not in home.seen[1].headers


async def test_a_host_that_got_no_token_can_not_have_it_renewed(bearer, serve):
    other = answering(status(401))
    away = await serve(other)
    url = await serve(answering(redirect(302, away)))
    with pytest.raises(BadCredential):
        await bearer.json("GET", url, operation="test")
    assert bearer._tokens.minted == 1
    assert len(other.seen) == 1


async def test_a_signed_address_is_followed_to_the_letter(client, serve):
    signed = "/blob?sig=a%2Fb%3D%7E&who=x%40y"
    handler = answering(redirect(302, signed), ok)
    await client.json("GET", await serve(handler), operation="test")
    assert handler.seen[1].raw_path == signed


@pytest.mark.parametrize(("code", "method"), [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")])
async def test_what_becomes_of_a_post(client, serve, code, method):
    handler = answering(redirect(code, "/other"), ok)
    assert await client.json("POST", await serve(handler), operation="test", body=[1]) == {"method": method}
    assert await handler.seen[1].text() == ("[1]" if method == "POST" else "")


async def test_what_was_written_for_one_host_is_not_handed_to_another(client, serve):
    other = answering(ok)
    away = await serve(other)
    with pytest.raises(UnexpectedAnswer, match="not safe"):
        await client.json("POST", await serve(answering(redirect(307, away))), operation="test", body={"secret": 1})
    assert other.seen == []


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "ftp://127.0.0.1/", "http://[::1", "http://x:99999/", "javascript:1"]
)
async def test_redirects_to_nowhere_sensible_are_refused(client, serve, location):
    with pytest.raises(UnexpectedAnswer):
        await client.json("GET", await serve(answering(redirect(302, location))), operation="test")


async def test_redirects_in_circles_end(client, serve):
    handler = answering(redirect(302, "/again"))
    with pytest.raises(UnexpectedAnswer, match="circles"):
        await client.json("GET", await serve(handler), operation="test")
    assert len(handler.seen) == 6


# Secrets


@pytest.mark.parametrize("kind", ["drop", "cut", "circles", "html", "refused"])
async def test_no_message_ever_holds_the_address_or_the_token(bearer, serve, unused_tcp_port, kind):
    async def drop(request):
        request.transport.abort()
        return web.Response()

    answers = {"drop": drop, "cut": cut(10), "circles": redirect(302, "/s3cret?sig=s3cret"), "html": status(200, "<p>")}
    url = f"http://127.0.0.1:{unused_tcp_port}" if kind == "refused" else await serve(answering(answers[kind]))
    with pytest.raises(Exception) as caught:
        await bearer.json("GET", f"{url}/s3cret?sig=s3cret", operation="test")
    shown = f"{caught.value} {caught.value!r} {caught.value.hint}"
    assert "s3cret" not in shown
    assert "token-1" not in shown
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


async def test_a_certificate_that_nobody_vouches_for_is_an_error_at_once(client, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    _self_signed(key, certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    connections = 0

    async def count(_reader, writer):
        nonlocal connections
        connections += 1
        writer.close()

    handshakes = []

    def note(_socket, _name, _context):
        handshakes.append(_name)

    context.sni_callback = note
    server = await asyncio.start_server(count, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    try:
        with pytest.raises(UnexpectedAnswer, match="certificate"):
            await client.json("GET", f"https://localhost:{port}/", operation="test")
    finally:
        server.close()
    assert len(handshakes) == 1


def _self_signed(key_file, certificate_file):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
