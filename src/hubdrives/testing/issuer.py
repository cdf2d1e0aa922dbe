"""A real OpenID Connect issuer on loopback: the library that runs it is `oidc-provider`, https://oidc-provider.dev."""

import asyncio
import json
import secrets
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO

import aiohttp
from yarl import URL

from hubdrives.errors import LocalFailure
from hubdrives.testing.processes import clean_environment, node_command, stop

DRIVE_SCOPE = "openid email collab.drive"
"""What EBRAINS' Drive wants of a token."""

_START_SECONDS = 30
_CLIENT_ID = "jupyterhub"
# The hub gets its port later than the issuer its clients. For native applications the port of a loopback address
# does not count, https://www.rfc-editor.org/rfc/rfc8252#section-7.3
_CALLBACK = "http://127.0.0.1/hub/oauth_callback"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """A request for a token that the issuer got.

    Attributes:
        grant: "authorization_code", "refresh_token" or "client_credentials".
        client: which client asked.
        login: whose token; None if there is no telling.
        error: why there is none, such as "invalid_grant: refresh token already used"; None if there is one.
    """

    grant: str | None
    client: str | None
    login: str | None
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """An issuer that runs. Whoever has an account logs in by the name alone."""

    url: str
    """The issuer's identifier, without a slash at the end; the endpoints are below it."""
    client_id: str
    client_secret: str = field(repr=False)
    _session: aiohttp.ClientSession = field(repr=False)

    @property
    def authorize_url(self) -> str:
        return f"{self.url}/auth"

    @property
    def token_url(self) -> str:
        return f"{self.url}/token"

    @property
    def introspection_url(self) -> str:
        """Where clients ask whose a token is, https://www.rfc-editor.org/rfc/rfc7662; a client's own account has the
        name "service-account-" and the client's.
        """
        return f"{self.url}/token/introspection"

    @property
    def userinfo_url(self) -> str:
        return f"{self.url}/me"

    async def person(self, token: str) -> str | None:
        """Whose access token that is, by the issuer's own word; None if it is no live token of a person."""
        headers = {"Authorization": f"Bearer {token}"}
        async with self._session.get(self.userinfo_url, headers=headers) as answer:
            if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
                return None
            answer.raise_for_status()
            return str((await answer.json())["preferred_username"])

    async def sign_in(
        self, session: aiohttp.ClientSession, login: str, *, at: str | URL
    ) -> tuple[URL, HTTPStatus, str]:
        """Go to `at`, which leads to the issuer's login page, send that, and go on to where it leads.

        An issuer that knows this browser already shows no page.

        Returns:
            The address, the status and the text of the last answer.
        """
        async with session.get(at) as answer:
            page = answer.url
            if str(page.origin()) != self.url:
                return page, HTTPStatus(answer.status), await answer.text()
        async with session.post(page, data={"login": login}) as answer:
            return answer.url, HTTPStatus(answer.status), await answer.text()

    async def revoke(self, login: str) -> None:
        """End all that `login` has at the issuer: sessions, access tokens, refresh tokens."""
        await self._do("revoke", {"login": login})

    async def expire(self, login: str) -> None:
        """End the access tokens of `login` now, before what they say themselves; refresh tokens live on."""
        await self._do("expire", {"login": login})

    async def disturb(self, *, delay: float = 0.0, failures: int = 0) -> None:
        """Let requests for tokens take `delay` seconds longer, and the next `failures` of them fail with a 503."""
        await self._do("faults", {"delay_seconds": delay, "failures": failures})

    async def token_requests(self, login: str | None = None) -> list[TokenRequest]:
        """All requests for tokens so far, the oldest first; of everyone, or of `login` alone."""
        async with self._session.get(f"{self.url}/_issuer/grants") as answer:
            answer.raise_for_status()
            requests = [TokenRequest(**one) for one in await answer.json()]
        return [request for request in requests if login in {None, request.login}]

    async def refreshes(self, login: str | None = None) -> int:
        """How often a refresh token brought a new access token, to everyone or to `login`."""
        requests = await self.token_requests(login)
        return sum(request.grant == "refresh_token" and request.error is None for request in requests)

    async def _do(self, what: str, body: Mapping[str, Any]) -> None:
        async with self._session.post(f"{self.url}/_issuer/{what}", json=body) as answer:
            answer.raise_for_status()


def service_account(client_id: str, client_secret: str, *, scope: str = DRIVE_SCOPE) -> dict[str, Any]:
    """One of `running_issuer`'s `clients`: it gets tokens in its own name, and may introspect those of others."""
    return {
        "client_id": client_id,
        "client_secret": client_secret,
        "grant_types": ["client_credentials"],
        "response_types": [],
        "redirect_uris": [],
        "scope": scope,
    }


@asynccontextmanager
async def running_issuer(
    *,
    accounts: Mapping[str, Sequence[str]],
    clients: Sequence[Mapping[str, Any]] = (),
    access_seconds: int = 3600,
    refresh_seconds: int = 86400,
    rotate: bool = False,
    port: int = 0,
) -> AsyncIterator[Issuer]:
    """Start an issuer, wait until it listens (about a second), stop it at the end.

    Args:
        accounts: who can log in, and in which groups each is (the claim `groups`).
        clients: more clients than the hub, as https://openid.net/specs/openid-connect-registration-1_0.html has them.
        access_seconds: how long an access token lives; up to a second less, as the issuer counts whole seconds.
        refresh_seconds: how long a refresh token lives.
        rotate: whether each use of a refresh token ends it; a second use then ends all that came of the login.
        port: where it listens on 127.0.0.1; 0 takes a free one.

    Raises:
        LocalFailure: Node.js or the library is missing, or the issuer did not come up.
    """
    command = issuer_command()
    client_secret = secrets.token_urlsafe()
    hub = {
        "client_id": _CLIENT_ID,
        "client_secret": client_secret,
        "application_type": "native",
        "redirect_uris": [_CALLBACK],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "client_secret_post",
    }
    settings = {
        "port": port,
        "accounts": {login: list(groups) for login, groups in accounts.items()},
        "clients": [hub, *clients],
        "access_seconds": access_seconds,
        "refresh_seconds": refresh_seconds,
        "rotate": rotate,
    }
    with tempfile.TemporaryFile() as complaints:
        process = await asyncio.create_subprocess_exec(
            *command,
            env=clean_environment() | {"HUBDRIVES_ISSUER": json.dumps(settings)},
            stdout=asyncio.subprocess.PIPE,
            stderr=complaints,
        )
        try:
            url = await _url(process, complaints)
            async with aiohttp.ClientSession() as session:
                yield Issuer(url=url, client_id=_CLIENT_ID, client_secret=client_secret, _session=session)
        finally:
            await stop(process)


def issuer_command() -> list[str]:
    """How to start the issuer, from this repository's `tools/issuer`.

    Raises:
        LocalFailure: Node.js, the script or the library is missing.
    """
    install = "make install, in a copy of hubdrives' repository"
    command = node_command(Path("tools/issuer/issuer.mjs"), install=install)
    if not Path(command[-1]).with_name("node_modules").is_dir():
        raise LocalFailure("The login issuer's library is not installed.", hint=f"Install it: {install}")
    return command


async def _url(process: asyncio.subprocess.Process, complaints: BinaryIO) -> str:
    try:
        async with asyncio.timeout(_START_SECONDS):
            line = await process.stdout.readline() if process.stdout else b""
        return str(json.loads(line)["url"])
    except (TimeoutError, ValueError):
        complaints.seek(0)
        said = complaints.read().decode(errors="replace").splitlines()[-15:]
        raise LocalFailure("The login issuer did not come up.", hint="It said:\n" + "\n".join(said)) from None
