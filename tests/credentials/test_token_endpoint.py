"""What a token endpoint answers, as every login takes it."""

import pytest
from aiohttp import web
from tests.conftest import Serve

from hubdrives.credentials.token_endpoint import TokenEndpoint
from hubdrives.errors import BadConfig, BadCredential, HubdrivesError, Unavailable, UnexpectedAnswer
from hubdrives.http import Client
from hubdrives.retry import ONCE

ENDPOINT = TokenEndpoint(
    title="Acme's login",
    refusals=(
        ("invalid_grant", "too old", BadConfig, "{title} finds it old.", "Take a new one."),
        ("invalid_grant", "", BadCredential, "{title} refuses.", None),
    ),
    extra="acme",
)


async def asked(url: str, **fields: str) -> dict:
    async with Client(title=ENDPOINT.title, errors=ENDPOINT.refusal, policy=ONCE, redirects=False) as client:
        return dict(await ENDPOINT.ask(client, f"{url}/token", grant="urn:acme:grant", fields=fields))


async def refusal(serve: Serve, answer: web.Response) -> HubdrivesError:
    async def handle(_request: web.Request) -> web.Response:
        return answer

    with pytest.raises(HubdrivesError) as told:
        await asked(await serve(handle))
    assert "s3cret" not in f"{told.value} {told.value.hint}"
    return told.value


async def test_what_is_asked_stands_in_the_body_letter_by_letter(serve: Serve):
    forms = []

    async def handle(request: web.Request) -> web.Response:
        forms.append((dict(await request.post()), request.query_string, request.headers["Accept"]))
        return web.json_response({"access_token": "t", "expires_in": "60", "restricted_to": [{"scope": "x"}]})

    told = await asked(await serve(handle), client_secret="a&b=ü +%", resource="https://example.org/1")
    form = {"grant_type": "urn:acme:grant", "client_secret": "a&b=ü +%", "resource": "https://example.org/1"}
    assert forms == [(form, "", "application/json")]
    assert (told["access_token"], told["expires_in"], told["restricted_to"]) == ("t", 60, [{"scope": "x"}])


@pytest.mark.parametrize(
    ("description", "kind", "message"),
    [("It is TOO OLD s3cret", BadConfig, "finds it old"), ("s3cret", BadCredential, "Acme's login refuses.")],
)
@pytest.mark.parametrize("status", [200, 400, 401, 403])
async def test_a_refusal_is_the_first_row_that_fits(
    serve: Serve, status: int, description: str, kind: type[HubdrivesError], message: str
):
    answer = web.json_response({"error": "invalid_grant", "error_description": description}, status=status)
    told = await refusal(serve, answer)
    assert type(told) is kind
    assert message in str(told)


async def test_words_that_are_not_known_are_not_repeated(serve: Serve):
    told = await refusal(serve, web.json_response({"error": "s3cret"}, status=400))
    assert type(told) is BadCredential
    assert "words known here" in str(told)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "s3cret",
        "7",
        '{"access_token": ""}',
        '{"access_token": "s3cret\\n"}',
        '{"access_token": "s3cr\u00e9t"}',
        '{"access_token": "s3cret", "expires_in": -1}',
        '{"access_token": "s3cret", "expires_in": 1e999}',
        '{"access_token": "s3cret", "expires_in": NaN}',
        '{"access_token": "s3cret", "expires_in": [60]}',
        f'{{"access_token": "s3cret", "expires_in": 1{"0" * 400}}}',
        "[" * 100_000,
    ],
    ids=lambda body: body[:50],
)
@pytest.mark.parametrize("status", [200, 404])
async def test_what_is_no_token_is_told_with_its_status(serve: Serve, body: str, status: int):
    told = await refusal(serve, web.Response(text=body, status=status))
    assert type(told) is UnexpectedAnswer
    assert f"({status})" in str(told)


async def test_a_redirect_is_trouble_that_may_pass(serve: Serve):
    told = await refusal(serve, web.Response(status=307, headers={"Location": "https://s3cret.example.org"}))
    assert type(told) is Unavailable


async def test_a_connection_that_fails_is_not_one_that_can_be_resumed():
    with pytest.raises(Unavailable, match="Acme's login does not answer") as told:
        await asked("http://127.0.0.1:9")
    assert type(told.value) is Unavailable
