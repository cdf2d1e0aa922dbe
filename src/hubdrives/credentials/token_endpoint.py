"""What an OAuth 2.0 token endpoint is asked and answers: a form goes there, a token or a refusal comes back.

What stands in a form and what an answer says, is oauthlib's to know.

https://www.rfc-editor.org/rfc/rfc6749#section-5
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, TypeAlias

from hubdrives.errors import BadConfig, BadCredential, HubdrivesError, RateLimited, Unavailable, UnexpectedAnswer
from hubdrives.exchange import Cut, Failure
from hubdrives.http import Client

Refusals: TypeAlias = tuple[tuple[str, str, type[HubdrivesError], str, str | None], ...]
"""error, a part of its description ("" is any) -> our error, what happened ("{title}" is whose endpoint it is), what to
do next (None: its own advice). The first that fits counts.

https://www.rfc-editor.org/rfc/rfc6749#section-5.2
"""

_PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY})

_FOREVER = 10_000_000_000
"""Seconds: whoever says so does not mean them."""

_HEADERS = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenEndpoint:
    """Whose endpoint it is, and what its refusals mean."""

    title: str
    """As a person calls it."""
    refusals: Refusals
    extra: str
    """What of hubdrives is to be installed where oauthlib is missing."""

    async def ask(
        self,
        client: Client,
        url: str,
        *,
        grant: str,
        fields: Mapping[str, str],
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> Mapping[str, Any]:
        """What it answers: a usable `access_token`; `expires_in`, if told, is a number of seconds above 0.

        Args:
            client: whom it is asked through; its table of errors ends in `refusal`.
            url: where it is.
            grant: "client_credentials", "refresh_token"...
            fields: what else stands in the form.
            headers: what else goes along.

        Raises:
            UnexpectedAnswer: no token came.
            BadConfig: oauthlib is not installed.
            HubdrivesError: as `refusals` have it, or Unavailable, RateLimited.
        """
        form = self._oauthlib().prepare_token_request(grant, **fields)
        try:
            async with client.answer(
                "POST", url, operation="token", headers={**_HEADERS, **headers}, payload=form.encode
            ) as answer:
                body = await answer.read()
        # Not the connection of whoever wants the token, so nothing of theirs is to be resumed.
        except Cut as error:
            raise Unavailable(f"{self.title} does not answer ({type(error.__context__).__name__}).") from None
        told = self._parsed(answer.status, body)
        token, lifetime = told["access_token"], told.get("expires_in")
        usable = isinstance(token, str) and token.isascii() and token.isprintable() and token
        if not usable or (lifetime is not None and not 0 < lifetime < _FOREVER):
            raise self._no_token(answer.status)
        return told

    def refusal(self, failure: Failure) -> HubdrivesError:
        """Our error for an answer that is no success."""
        if failure.status == HTTPStatus.TOO_MANY_REQUESTS:
            return RateLimited(f"{self.title} is asked too often.", retry_after=failure.retry_after)
        if failure.status >= HTTPStatus.INTERNAL_SERVER_ERROR or failure.status in _PASSING:
            return Unavailable(f"{self.title} has trouble at the moment.", retry_after=failure.retry_after)
        if failure.status < HTTPStatus.BAD_REQUEST:
            return Unavailable(f"{self.title} redirects whoever wants a token; secrets are not sent there.")
        try:
            self._parsed(failure.status, failure.body)
        except HubdrivesError as error:
            return error
        return self._no_token(failure.status)

    def _parsed(self, status: int, body: bytes) -> Mapping[str, Any]:
        """What oauthlib makes of an answer. Raises our error for a refusal."""
        parameters = self._oauthlib()
        from oauthlib.oauth2 import OAuth2Error  # noqa: PLC0415

        try:
            told: Mapping[str, Any] = parameters.parse_token_response(body.decode(errors="replace"))
        except OAuth2Error as error:
            if error.error == "missing_token":
                raise self._no_token(status) from None
            raise self._refused(str(error.error), str(error.description).lower()) from None
        # It takes every JSON for an object and every number for one that ends, and its messages hold the answer.
        except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
            raise self._no_token(status) from None
        return told

    def _refused(self, reason: str, description: str) -> HubdrivesError:
        for known, part, kind, message, hint in self.refusals:
            if reason == known and part in description:
                return kind(message.format(title=self.title), hint=hint)
        return BadCredential(f"{self.title} refuses this client, and does not say why in words known here.")

    def _no_token(self, status: int) -> UnexpectedAnswer:
        return UnexpectedAnswer(f"{self.title} was asked for a token, and answered something else ({status}).")

    def _oauthlib(self) -> Any:
        # Costs a hundredth of a second, in processes that may never need it.
        try:
            from oauthlib.oauth2.rfc6749 import parameters  # noqa: PLC0415
        except ModuleNotFoundError:
            raise BadConfig("oauthlib is not installed here.", hint=f"Install hubdrives[{self.extra}].") from None
        return parameters
