"""How the hub's API is asked: with which token, and what its refusals mean.

https://jupyterhub.readthedocs.io/en/stable/reference/rest-api.html
"""

from collections.abc import Mapping

from hubdrives.errors import BadConfig, BadCredential, HubdrivesError, NotFound, NotGranted, Unavailable
from hubdrives.exchange import Failure
from hubdrives.http import Client
from hubdrives.retry import ONCE

AUTH_STATE = "admin:auth_state"
"""The scope for reading all that logins left, on hubs that have none of our endpoints."""


class NoEndpoint(NotFound):
    """The hub has nothing there: neither an answer of ours, nor a failure."""


class HubApi:
    """The hub's API, and our own token at it.

    Args:
        environment: JUPYTERHUB_API_URL, JUPYTERHUB_API_TOKEN: a service's own, or those of a user's server.
        scope: what our endpoint needs.
        purpose: what is asked for, as in "this can't ask a hub for the token of a user's login".
        hint: what to do where there is no hub.

    Raises:
        BadConfig: this does not run in a hub.
    """

    def __init__(self, environment: Mapping[str, str], *, scope: str, purpose: str, hint: str | None = None) -> None:
        self._purpose = purpose
        self._scope = scope
        self._hint = hint
        self.url = self.needed(environment, "JUPYTERHUB_API_URL").rstrip("/")
        self._token = _HubToken(self.needed(environment, "JUPYTERHUB_API_TOKEN"))

    def client(self) -> Client:
        """A client for the API, to be closed."""
        # Whoever asks is in the midst of a request that is tried again as a whole.
        return Client(title="The hub", errors=self._error, tokens=self._token, policy=ONCE)

    def needed(self, environment: Mapping[str, str], name: str) -> str:
        """A variable. Raises BadConfig: it is not set."""
        value = environment.get(name, "").strip()
        if not value:
            raise BadConfig(f"{name} is not set, so this can't ask a hub for {self._purpose}.", hint=self._hint)
        return value

    def scope_missing(self, scope: str) -> BadConfig:
        """What it means that the hub does not tell."""
        return BadConfig(
            f"The hub does not let this read {self._purpose}: the scope {scope} is missing.",
            hint="Tell your hub's administrators: hubdrives.hub.configure in jupyterhub_config.py sets what is needed. "
            "A server's token can do what both the roles 'server' and 'user' allow.",
        )

    def _error(self, failure: Failure) -> HubdrivesError:
        said = failure.json()
        told = said if isinstance(said, dict) else {}
        if "code" in told:
            error = HubdrivesError.from_wire(told)
            return self.scope_missing(self._scope) if isinstance(error, NotGranted) else error
        match failure.status:
            case 404:
                return NoEndpoint("The hub has no such address.")
            case 403 if "credentials" in str(told.get("message")):
                return _unknown()
            case 403:
                return self.scope_missing("read:users:name")
            case _:
                return Unavailable(f"The hub does not answer ({failure.status}).", retry_after=failure.retry_after)


class _HubToken:
    """Our own token at the hub."""

    scheme = "token"

    def __init__(self, token: str) -> None:
        self._token = token

    async def token(self, *, stale: str | None = None) -> str:
        if stale is not None:
            raise _unknown()
        return self._token


def _unknown() -> BadCredential:
    return BadCredential(
        "The hub does not know the token that it was shown.",
        hint="Stop your server and start it again; if that does not help, tell your hub's administrators.",
    )
