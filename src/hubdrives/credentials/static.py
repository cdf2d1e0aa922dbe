"""A token that somebody else minted, in a file or a variable; read anew when refused: it may have been renewed."""

from collections.abc import Mapping
from typing import Any

from hubdrives import config
from hubdrives.errors import BadConfig, BadCredential


class StaticToken:
    """Reads `token_file` or `token_env`; `scheme` ("Bearer" unless given) goes before it in the header."""

    def __init__(self, credential: Mapping[str, Any]) -> None:
        self.scheme = str(credential.get("scheme", "Bearer"))
        self._credential = credential
        self._token: str | None = None

    def __repr__(self) -> str:
        return "StaticToken()"

    async def token(self, *, stale: str | None = None) -> str:
        """The token; raises BadCredential when the one that was refused is still the one that is there."""
        if self._token is None or self._token == stale:
            self._token = config.secret(self._credential, "token")
        if self._token == stale:
            raise BadCredential("The token of this connection was refused.")
        if not self._token.isprintable():
            raise BadConfig("The token of this connection holds more than a token: line breaks or control characters.")
        return self._token


def token_source(credential: Mapping[str, Any]) -> StaticToken:
    """See `hubdrives.credentials.token_source`."""
    return StaticToken(credential)
