"""Tokens for Globus of a client in its own name: a service account, with which collections are shared as with people.

https://docs.globus.org/guides/recipes/automate-with-service-account/
"""

import asyncio
import base64
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any
from uuid import UUID

import msgspec

from hubdrives import config
from hubdrives.credentials import globus_auth
from hubdrives.credentials.globus_scopes import TRANSFER, usual
from hubdrives.credentials.minting import Minted, Minting, may_have_secrets
from hubdrives.credentials.token_endpoint import Refusals, TokenEndpoint
from hubdrives.errors import BadConfig, BadCredential, HubdrivesError, UnexpectedAnswer
from hubdrives.exchange import Failure, Session
from hubdrives.http import Client
from hubdrives.retry import ONCE

_TIMEOUT = 20.0
"""Seconds."""

_ADMIN = "Tell your hub's administrators: "
_UNKNOWN = (
    BadCredential,
    "Globus does not know this client, or its secret is another one by now.",
    f"{_ADMIN}compare `client_id` and the secret of the credential with app.globus.org/settings/developers.",
)
_NO_SCOPE = (
    BadConfig,
    "Globus does not know a scope that this needs: the collection is gone, or does not serve its files that way.",
    "Look at the collection in app.globus.org: its id, and whether HTTPS is on.",
)
_REFUSALS: Refusals = (
    ("invalid_client", "", *_UNKNOWN),
    ("unauthorized", "", *_UNKNOWN),
    (
        "unauthorized_client",
        "",
        BadCredential,
        "Globus gives no tokens to this client in its own name.",
        f"{_ADMIN}it must be registered as a service account or as a confidential client.",
    ),
    ("unknown_scope", "", *_NO_SCOPE),
    ("unknown_scope_error", "", *_NO_SCOPE),
    ("invalid_scope", "", *_NO_SCOPE),
)
_AUTH = TokenEndpoint(title="Globus' login", refusals=_REFUSALS, extra="globus")


class GlobusClientSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The fields of a credential of kind "globus_client"."""

    kind: str
    client_id: UUID
    client_secret_file: str | None = None
    """Where the client secret is; it is read at each login, so a new one needs no restart."""
    client_secret_env: str | None = None
    """The variable that holds it."""

    def secret(self) -> str:
        """The client secret. Raises BadConfig: it is not there."""
        fields = {"client_secret_file": self.client_secret_file, "client_secret_env": self.client_secret_env}
        return config.secret(fields, "client_secret")


class GlobusClient:
    """Mints tokens, one for each server and its scopes; a renewal happens once however many wait for it.

    Servers that were meant (`for_audience`) before any of them is asked get their first tokens by one request.

    Args:
        credential: the fields of `GlobusClientSettings`.
        base_url: where Globus Auth is, if it is an emulated one.
        clock: seconds, for the age of tokens.

    Attributes:
        account: the identity that the client is, which content is shared with.

    Raises:
        BadConfig: unknown or missing fields, or the secret can't be read.
    """

    scheme = "Bearer"

    def __init__(
        self,
        credential: Mapping[str, Any],
        *,
        base_url: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = (base_url or globus_auth.API).rstrip("/")
        if not may_have_secrets(self._url):
            raise BadConfig("The credential of a Globus client would be sent to an address without https.")
        try:
            self._settings = msgspec.convert(dict(credential), GlobusClientSettings)
        except msgspec.ValidationError as error:
            raise BadConfig(f"The credential of a Globus client can't be used: {error}.") from None
        self._settings.secret()
        self._clock = clock
        self._known: dict[tuple[str, tuple[str, ...]], _ForServer] = {}
        self._together = _Together(self._minted, clock)
        self.account = f"{self._settings.client_id}@clients.auth.globus.org"

    def __repr__(self) -> str:
        return f"GlobusClient({self.account!r})"

    async def token(self, *, stale: str | None = None) -> str:
        """A live token for Transfer, as that of `for_audience`."""
        return await self.for_audience(TRANSFER).token(stale=stale)

    def for_audience(self, audience: str, *, scopes: Sequence[str] = ()) -> "_ForServer":
        """The tokens for Transfer ("transfer.api.globus.org") or for a collection's HTTPS server (its UUID).

        Args:
            audience: the resource server.
            scopes: what they must allow; what the server mostly wants unless given.
        """
        wanted = tuple(scopes) or (usual(audience),)
        if (audience, wanted) not in self._known:
            self._known[audience, wanted] = _ForServer(self, audience, wanted)
        return self._known[audience, wanted]

    def login_url(
        self,
        *,
        scopes: Sequence[str] = (),  # noqa: ARG002 - no user stands behind it
        session: Mapping[str, str] = MappingProxyType({}),  # noqa: ARG002
    ) -> None:
        """No login of a user would help."""
        return

    def minting(self, server: str, scopes: Sequence[str]) -> Minting:
        """What mints the tokens for one server."""
        if not self._together.joined(server, scopes):
            self._together = _Together(self._minted, self._clock)
            self._together.joined(server, scopes)
        together = self._together

        async def mint(_old: str | None) -> Minted:
            found = await together.first(server) or (await self._minted(scopes)).get(server)
            if found is None:
                raise UnexpectedAnswer("Globus answered with tokens for others than the server that was meant.")
            return found

        return Minting(mint, clock=self._clock)

    async def _minted(self, scopes: Sequence[str]) -> Mapping[str, Minted]:
        pair = f"{self._settings.client_id}:{self._settings.secret()}"
        async with Client(
            title=_AUTH.title,
            errors=_refusal,
            # Whoever wants a token is in the midst of a request that is tried again as a whole.
            policy=ONCE,
            session=Session(connect=_TIMEOUT, read=_TIMEOUT),
            # They would take the secret along.
            redirects=False,
        ) as client:
            told = await _AUTH.ask(
                client,
                f"{self._url}{globus_auth.ENDPOINT}",
                grant="client_credentials",
                fields={"scope": " ".join(scopes)},
                headers={"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"},
            )
        answer = globus_auth.converted(dict(told))
        # Which of several comes first is Globus' choice.
        return {
            one.resource_server: Minted(token=one.access_token, lifetime=one.expires_in)
            for one in (answer, *answer.other_tokens)
            if one.access_token and one.expires_in > 0
        }


class _Together:
    """Servers whose first tokens come by one request, that of whoever wants one first.

    Args:
        ask: gives tokens with these scopes, by server.
        clock: seconds.
    """

    def __init__(
        self, ask: Callable[[Sequence[str]], Awaitable[Mapping[str, Minted]]], clock: Callable[[], float]
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._waiting: dict[str, Sequence[str]] = {}
        self._asked_at = 0.0
        self._answer: asyncio.Future[Mapping[str, Minted]] | None = None

    def joined(self, server: str, scopes: Sequence[str]) -> bool:
        """Whether a server gets its first token here: not if that is asked for already, nor with two sets of scopes."""
        if self._answer is not None or server in self._waiting:
            return False
        self._waiting[server] = scopes
        return True

    async def first(self, server: str) -> Minted | None:
        """The first token for a server; None if it has to be asked for by itself, and whenever it is not the first.

        Raises:
            HubdrivesError: Globus Auth does not answer, or with something else.
        """
        if server not in self._waiting:
            return None
        if self._answer is None and len(self._waiting) > 1:
            self._asked_at = self._clock()
            scopes = [scope for each in self._waiting.values() for scope in each]
            self._answer = asyncio.ensure_future(self._ask(scopes))
        del self._waiting[server]
        # What failed before, another try may change.
        if self._answer is None or (self._answer.done() and self._answer.exception() is not None):
            return None
        try:
            found = (await self._answer).get(server)
        except (BadConfig, BadCredential):
            # What is wrong with one must not be told of another.
            return None
        # It has grown older if it waited here.
        left = found.lifetime - (self._clock() - self._asked_at) if found is not None else 0.0
        return replace(found, lifetime=left) if found is not None and left > 0 else None


class _ForServer:
    """The tokens for one server."""

    scheme = "Bearer"

    def __init__(self, client: GlobusClient, server: str, scopes: Sequence[str]) -> None:
        self._minting = client.minting(server, scopes)
        self.account = client.account

    async def token(self, *, stale: str | None = None) -> str:
        """A live access token.

        Args:
            stale: one that was refused; another is minted unless that has happened already.

        Raises:
            BadCredential: Globus refuses the client.
            BadConfig: Globus does not know the scopes, the secret can't be read any more, or oauthlib is not installed.
            Unavailable: Globus Auth does not answer.
        """
        return await self._minting.token(stale=stale)


class _Word(msgspec.Struct):
    code: str = ""


class _Said(msgspec.Struct):
    error: str = ""
    errors: list[_Word] = []


def _refusal(failure: Failure) -> HubdrivesError:
    """Our error for an answer that is no success; some come in Globus' own form, and not in OAuth's.

    https://docs.globus.org/api/auth/reference/#errors
    """
    try:
        said = msgspec.json.decode(failure.body, type=_Said)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _AUTH.refusal(failure)
    words = [*(one.code.lower() for one in said.errors), said.error]
    if known := next((word for word in words if any(word == row[0] for row in _REFUSALS)), None):
        failure = replace(failure, body=msgspec.json.encode({"error": known}))
    return _AUTH.refusal(failure)


def token_source(credential: Mapping[str, Any], *, base_url: str | None) -> GlobusClient:
    """See `hubdrives.credentials.token_source`."""
    return GlobusClient(credential, base_url=base_url)
