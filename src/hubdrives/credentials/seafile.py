"""Tokens for a Seafile whose accounts are those of an OpenID Connect issuer, as EBRAINS' Drive has it.

The Drive hands out its own token for an access token of the issuer. Its own has no end that anybody is told: it is good
until it is refused.

https://wiki.ebrains.eu/bin/view/Collabs/the-collaboratory/Documentation%20IAM/FAQ/Interacting%20with%20the%20Drive/
"""

import math
import re
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from hubdrives.credentials.minting import Minted, Minting, may_have_secrets
from hubdrives.credentials.oidc import OidcClientSettings, OidcClientTokens
from hubdrives.errors import BadConfig, BadCredential, HubdrivesError, RateLimited, Unavailable, UnexpectedAnswer
from hubdrives.exchange import Failure, TokenSource
from hubdrives.http import Client
from hubdrives.retry import ONCE

_EXCHANGE = "/api2/account/token/"

# Seafile's own are 40 hexadecimal digits; what matters is that a page of the web is none.
_TOKEN = re.compile(rb"[\w.-]{16,1000}")

_NO_ACCOUNT = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.INTERNAL_SERVER_ERROR})
"""What the Drive answers for somebody whom it does not know; it makes no account by itself."""


class SeafileTokens:
    """Exchanges tokens of a login for the Drive's own; however many wait for one, that happens once.

    Args:
        logins: where the issuer's tokens come from; one that the Drive refuses is replaced once.
        base_url: where the Drive is.
        make_account: what to do if the Drive does not know whose login it is.
        clock: seconds, for the age of tokens.

    Raises:
        BadConfig: no address, or one without https.
    """

    scheme = "Token"

    def __init__(
        self,
        logins: TokenSource,
        *,
        base_url: str | None,
        make_account: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not base_url:
            raise BadConfig("A login can't be exchanged for a token of Seafile without `base_url` of the connection.")
        if not may_have_secrets(base_url):
            raise BadConfig("The tokens of a login would be sent to a Seafile without https.")
        self._logins = logins
        self._base_url = base_url.rstrip("/")
        self._make_account = make_account.format(base_url=self._base_url)
        self._minting = Minting(self._mint, clock=clock)

    def __repr__(self) -> str:
        return f"SeafileTokens({self._logins!r})"

    async def token(self, *, stale: str | None = None) -> str:
        """A token of the Drive.

        Args:
            stale: one that was refused; the exchange is made again unless that has happened already.

        Raises:
            BadCredential: the Drive refuses the login, or does not know whose it is.
            Unavailable: the Drive does not answer.
            UnexpectedAnswer: it answers something that is no token.
            HubdrivesError: what `logins` raises, such as LoginNeeded.
        """
        return await self._minting.token(stale=stale)

    async def _mint(self, old: str | None) -> Minted:
        # Whoever wants a token is in the midst of a request that is tried again as a whole.
        async with (
            Client(title="Seafile", errors=self._refusal, tokens=self._logins, policy=ONCE) as client,
            client.answer("GET", f"{self._base_url}{_EXCHANGE}", operation="token") as answer,
        ):
            # Bare, or as JSON.
            told = (await answer.read()).strip().removeprefix(b'"').removesuffix(b'"')
        if not _TOKEN.fullmatch(told):
            raise UnexpectedAnswer(
                "Seafile was asked for a token, and answered something else.",
                hint="Tell your hub's administrators: `base_url` of the connection must be the Drive's own address.",
            )
        token = told.decode("ascii")
        if token == old:
            raise BadCredential(
                "Seafile refuses the token that it hands out for this login.",
                hint="Tell your hub's administrators: the account may be switched off in Seafile.",
            )
        return Minted(token=token, lifetime=math.inf)

    def _refusal(self, failure: Failure) -> HubdrivesError:
        if failure.status == HTTPStatus.UNAUTHORIZED:
            return BadCredential(
                "Seafile does not accept the access token of this login.",
                hint="Tell your hub's administrators: Seafile must trust the login's issuer, and the token must have "
                "the scope that it asks for (collab.drive, at EBRAINS).",
            )
        if failure.status in _NO_ACCOUNT:
            return BadCredential("Seafile has no account for this login.", hint=self._make_account)
        if failure.status == HTTPStatus.TOO_MANY_REQUESTS:
            return RateLimited("Seafile is asked for tokens too often.", retry_after=failure.retry_after)
        if failure.status > HTTPStatus.INTERNAL_SERVER_ERROR:
            return Unavailable(f"Seafile does not answer ({failure.status}).", retry_after=failure.retry_after)
        return UnexpectedAnswer(f"Seafile was asked for a token, and answered {failure.status}.")


def token_source(
    credential: Mapping[str, Any], *, base_url: str | None, clock: Callable[[], float] = time.monotonic
) -> SeafileTokens:
    """See `hubdrives.credentials.token_source`; the fields are those of `OidcClientSettings`."""
    return SeafileTokens(
        OidcClientTokens(OidcClientSettings.of(credential), clock=clock),
        base_url=base_url,
        make_account="Tell your hub's administrators: whoever runs Seafile must make the account of this client there "
        "(EBRAINS' support does for its Drive); and `base_url` must be a Seafile that exchanges logins for tokens.",
        clock=clock,
    )
