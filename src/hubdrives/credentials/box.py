"""Tokens for Box: of an app's service account, of a user whom the app stands in for, or of a user who logged in.

https://developer.box.com/guides/authentication/select/
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

import msgspec
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_fixed

from hubdrives import config
from hubdrives.credentials import box_login
from hubdrives.credentials.minting import Minted, Minting, may_have_secrets
from hubdrives.credentials.rotating import BeingRenewed, Grant, GrantFile
from hubdrives.errors import BadConfig, BadCredential

_PAUSE = 0.2
"""Seconds between looks whether another process has renewed the login."""


class _App(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind"):
    client_id: str
    client_secret_file: str | None = None
    """Where the client secret is; it is read at each login, so a new one needs no restart."""
    client_secret_env: str | None = None
    """The variable that holds it."""

    def secret(self) -> str:
        """The client secret. Raises BadConfig: it is not there."""
        fields = {"client_secret_file": self.client_secret_file, "client_secret_env": self.client_secret_env}
        return config.secret(fields, "client_secret")


class ClientCredentials(_App, frozen=True, tag="box_ccg"):
    """The fields of a credential of kind "box_ccg"; one of the two ids."""

    enterprise_id: str | None = None
    """For the app's service account in this enterprise."""
    user_id: str | None = None
    """For a user whom the app may stand in for."""

    def check(self) -> None:
        """Raises BadConfig: something that it needs is not there."""
        if bool(self.enterprise_id) == bool(self.user_id):
            raise BadConfig("A credential of kind 'box_ccg' has either `enterprise_id` or `user_id`.")
        self.secret()


class UserLogin(_App, frozen=True, tag="box_oauth"):
    """The fields of a credential of kind "box_oauth"."""

    token_file: str
    """JSON with `refresh_token`. Box gives a new one with each renewal, so the file is replaced each time."""

    def check(self) -> None:
        """Raises BadConfig: something that it needs is not there."""
        GrantFile(self.token_file).read()
        self.secret()


class AppSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="box_jwt"):
    """The fields of a credential of kind "box_jwt"."""

    config_file: str | None = None
    """Where the JSON is that Box's developer console gave with the app's key."""
    config_env: str | None = None
    """The variable that holds it."""
    user_id: str | None = None
    """For a user whom the app may stand in for, instead of its service account."""

    def check(self) -> None:
        """Raises BadConfig: something that it needs is not there."""
        self.text()

    def text(self) -> str:
        """The JSON. Raises BadConfig: it is not there, or is no such JSON."""
        text = config.secret({"config_file": self.config_file, "config_env": self.config_env}, "config")
        try:
            app = msgspec.json.decode(text, type=_Console)
        # Its message may hold a part of it.
        except (msgspec.DecodeError, UnicodeDecodeError):
            app = None
        if app is None or not (self.user_id or app.enterprise or app.user):
            raise BadConfig(
                f"{self.config_file or self.config_env} is not what Box's developer console gives for an app's key.",
                hint="Generate a public/private key pair for the app and use the JSON that is downloaded with it.",
            )
        return text


class _Key(msgspec.Struct, rename="camel"):
    private_key: str
    passphrase: str
    public_key: str = msgspec.field(name="publicKeyID")


class _Keys(msgspec.Struct):
    client: str = msgspec.field(name="clientID")
    secret: str = msgspec.field(name="clientSecret")
    key: _Key = msgspec.field(name="appAuth")


class _Console(msgspec.Struct):
    """What that JSON must hold; Box's SDK takes some of it for granted."""

    app: _Keys = msgspec.field(name="boxAppSettings")
    enterprise: str | None = msgspec.field(name="enterpriseID", default=None)
    user: str | None = msgspec.field(name="userID", default=None)


_Settings: TypeAlias = ClientCredentials | AppSettings | UserLogin


class BoxTokens:
    """Mints tokens; a renewal happens once however many wait for it, five minutes before the old one ends.

    Args:
        credential: the fields of `ClientCredentials`, `AppSettings` or `UserLogin`.
        base_url: where Box is, if it is an emulated one.
        clock: seconds of `time.time`.
        patience: seconds to wait for another process that renews the same login.

    Raises:
        BadConfig: unknown or missing fields, or something that they name can't be read.
    """

    scheme = "Bearer"

    def __init__(
        self,
        credential: Mapping[str, Any],
        *,
        base_url: str | None = None,
        clock: Callable[[], float] = time.time,
        patience: float = 5.0,
    ) -> None:
        self._url = (base_url or box_login.API).rstrip("/")
        if not may_have_secrets(self._url):
            raise BadConfig("The credential of a Box app would be sent to an address without https.")
        try:
            settings: _Settings = msgspec.convert(dict(credential), _Settings)
        except msgspec.ValidationError as error:
            raise BadConfig(f"The credential of a Box app can't be used: {error}.") from None
        settings.check()
        self._settings = settings
        self._clock = clock
        self._patience = patience
        self._minting = Minting(self._mint, clock=clock)

    def __repr__(self) -> str:
        return f"BoxTokens({self._settings.__struct_config__.tag!r})"

    async def token(self, *, stale: str | None = None) -> str:
        """A live access token.

        Args:
            stale: one that was refused; another is minted unless that has happened already.

        Raises:
            BadCredential: Box refuses the app or the login; ClockSkew where the clock is the cause.
            BadConfig: what the credential names can't be read any more, or a library is not installed.
            Unavailable: Box's login does not answer.
            UnexpectedAnswer: it answers something that is no token.
            LocalFailure: the file of a login can't be replaced.
        """
        return await self._minting.token(stale=stale)

    async def narrowed(self, resource: str) -> tuple[str, float]:
        """A token that lists and downloads what is at `resource` ("folders/1", "files/2"), and its lifetime in seconds.

        Raises:
            UnexpectedAnswer: Box made one that opens more.
            HubdrivesError: as `token`.
        """
        token = await self._minting.token()
        try:
            made = await box_login.narrowed(self._url, token=token, resource=resource)
        except BadCredential:
            # Ours may have been taken back before its time; Box says the same of much else.
            renewed = await self._minting.token(stale=token)
            made = await box_login.narrowed(self._url, token=renewed, resource=resource)
        return made.access_token, made.lifetime

    async def _mint(self, old: str | None) -> Minted:
        match self._settings:
            case ClientCredentials() as app:
                tokens = await box_login.by_client_credentials(
                    self._url,
                    client_id=app.client_id,
                    client_secret=app.secret(),
                    enterprise_id=app.enterprise_id,
                    user_id=app.user_id,
                )
            case AppSettings() as app:
                tokens = await asyncio.to_thread(box_login.by_jwt, self._url, app.text(), user_id=app.user_id)
            case UserLogin() as login:
                return await self._renewed(login, old)
        return Minted(token=tokens.access_token, lifetime=tokens.lifetime)

    async def _renewed(self, login: UserLogin, old: str | None) -> Minted:
        stop, wait = stop_after_delay(self._patience), wait_fixed(_PAUSE)
        patiently = AsyncRetrying(stop=stop, wait=wait, retry=retry_if_exception_type(BeingRenewed), reraise=True)
        now = self._clock()
        grant: Grant = await patiently(asyncio.to_thread, _renewed, login, self._url, old, now)
        return Minted(token=grant.access_token, lifetime=grant.ends_at - now)


def token_source(credential: Mapping[str, Any], *, base_url: str | None) -> BoxTokens:
    """See `hubdrives.credentials.token_source`."""
    return BoxTokens(credential, base_url=base_url)


def _renewed(login: UserLogin, url: str, old: str | None, now: float) -> Grant:
    """One with another access token than `old`; blocks. `now` is seconds of `time.time`."""
    return GrantFile(login.token_file).renew(old, partial(_exchanged, login, url, now), now=now)


def _exchanged(login: UserLogin, url: str, now: float, refresh_token: str) -> Grant:
    asking = box_login.by_refresh_token(
        url, client_id=login.client_id, client_secret=login.secret(), refresh_token=refresh_token
    )
    # In a loop of its own: whatever ends the other one meanwhile, what Box answers gets into the file.
    tokens = asyncio.run(asking)
    return Grant(refresh_token=tokens.refresh_token, access_token=tokens.access_token, ends_at=now + tokens.lifetime)
