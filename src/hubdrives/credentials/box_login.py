"""What Box's login is asked and what it answers; the one place that knows it.

Box's official SDK signs for an app with a key. It costs too much to be loaded where nothing is signed.

https://developer.box.com/reference/post-oauth2-token/
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from hubdrives.credentials.token_endpoint import Refusals, TokenEndpoint
from hubdrives.errors import BadConfig, BadCredential, ClockSkew, HubdrivesError, Unavailable, UnexpectedAnswer
from hubdrives.exchange import Failure, Session
from hubdrives.http import Client
from hubdrives.retry import ONCE

API = "https://api.box.com"
"""Where Box is, and its login: the same for everybody."""

READ_ONLY = ("base_explorer", "item_download")
"""The scopes of a token that lists and downloads: https://developer.box.com/guides/api-calls/permissions-and-errors/scopes/"""

_CONNECT, _READ = 10.0, 20.0
"""Seconds. Both together are less than a lock of another process is believed to be alive."""

_ADMIN = "Tell your hub's administrators: "
_AGAIN = "a Box admin must authorise the app in the Admin Console, and again after each change of its settings"
_NO_USERS = "The app's settings at Box don't let it stand in for this user."
_LET_IT = f"{_ADMIN}allow it to generate user access tokens, in Box's developer console; then {_AGAIN}."
_WRONG_WAY = "The app may not log in to Box in this way."
_RIGHT_WAY = f"{_ADMIN}its authentication method in the developer console must be that of this credential's kind."
_NO_KEY = "Box does not know the key of this app; it was deleted, or belongs to another app."
_NEW_KEY = f"{_ADMIN}generate a new key pair in the developer console and use its JSON."
_ANEW = f"{_ADMIN}log in to Box anew and put what it answers into the file that `token_file` names."

_REFUSALS: Refusals = (
    (
        "invalid_client",
        "",
        BadCredential,
        "Box does not know this client id, or its secret is another one by now.",
        f"{_ADMIN}compare `client_id`, the secret and the app's authentication method with Box's developer console.",
    ),
    ("invalid_grant", "'exp' claim", ClockSkew, "Box finds this machine's clock wrong.", None),
    (
        "invalid_grant",
        "'sub' claim",
        BadCredential,
        "Box does not know the enterprise that the app's settings name, or the user of `user_id`.",
        f"{_ADMIN}correct `enterpriseID` in the JSON of the developer console, or `user_id`.",
    ),
    ("invalid_grant", "'kid'", BadCredential, _NO_KEY, _NEW_KEY),
    ("invalid_grant", "signature", BadCredential, _NO_KEY, _NEW_KEY),
    (
        "invalid_grant",
        "refresh token has expired",
        BadCredential,
        "This login to Box has expired: it was not used for 60 days.",
        _ANEW,
    ),
    (
        "invalid_grant",
        "refresh token",
        BadCredential,
        "Box takes the refresh token of this login no more: it was taken back, or something else has used it.",
        _ANEW,
    ),
    (
        "invalid_grant",
        "",
        BadCredential,
        "Box does not let the app log in: it is not authorised, or may not be for whom this credential says.",
        f"{_ADMIN}{_AGAIN}; the enterprise or user id, the client id and the secret must be those of this app.",
    ),
    ("unauthorized_client", "enterprise configuration", BadCredential, _NO_USERS, _LET_IT),
    ("invalid_request", "enterprise configuration", BadCredential, _NO_USERS, _LET_IT),
    (
        "unauthorized_client",
        "",
        BadCredential,
        "The app is not authorised in this Box enterprise.",
        f"{_ADMIN}{_AGAIN}.",
    ),
    ("invalid_request", "grant type", BadCredential, _WRONG_WAY, _RIGHT_WAY),
    ("unsupported_grant_type", "", BadCredential, _WRONG_WAY, _RIGHT_WAY),
)

_LOGIN = TokenEndpoint(title="Box's login", refusals=_REFUSALS, extra="box")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What Box's login gave."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    """"" except for an exchanged one."""
    lifetime: float
    """Of the access token, in seconds."""


async def by_client_credentials(
    url: str, *, client_id: str, client_secret: str, enterprise_id: str | None, user_id: str | None
) -> Tokens:
    """Tokens for the app's service account (`enterprise_id`), or for a user whom it stands in for.

    https://developer.box.com/guides/authentication/client-credentials/

    Raises:
        BadCredential: Box refuses.
        Unavailable: Box's login does not answer.
        UnexpectedAnswer: it answers something that is no token.
        BadConfig: oauthlib is not installed.
    """
    fields = {
        "client_id": client_id,
        "client_secret": client_secret,
        "box_subject_type": "user" if user_id else "enterprise",
        "box_subject_id": user_id or enterprise_id or "",
    }
    return _tokens(await _asked(url, "client_credentials", fields))


async def by_refresh_token(url: str, *, client_id: str, client_secret: str, refresh_token: str) -> Tokens:
    """Tokens for the user who logged in; `refresh_token` is spent with it.

    https://developer.box.com/guides/authentication/tokens/refresh/

    Raises:
        UnexpectedAnswer: no new refresh token came, or as `by_client_credentials`.
        BadCredential, Unavailable, BadConfig: as `by_client_credentials`.
    """
    fields = {"client_id": client_id, "client_secret": client_secret, "refresh_token": refresh_token}
    found = _tokens(await _asked(url, "refresh_token", fields))
    if not found.refresh_token:
        raise UnexpectedAnswer("Box's login gave no new refresh token.")
    return found


async def narrowed(url: str, *, token: str, resource: str) -> Tokens:
    """A token that lists and downloads what is at `resource` ("folders/1", "files/2"), made of a live one.

    https://developer.box.com/guides/authentication/tokens/downscope/

    Raises:
        UnexpectedAnswer: the token that came opens something else, too, or as `by_client_credentials`.
        BadCredential, Unavailable, BadConfig: as `by_client_credentials`.
    """
    fields = {
        "subject_token": token,
        "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "scope": " ".join(READ_ONLY),
        # A name, not where it is asked: it is the same with an emulated Box.
        "resource": f"{API}/2.0/{resource}",
    }
    told = await _asked(url, "urn:ietf:params:oauth:grant-type:token-exchange", fields)
    if not _is_for(told, resource):
        raise UnexpectedAnswer("Box made a token that opens more than it was asked for; it was thrown away.")
    return _tokens(told)


def by_jwt(url: str, settings: str, *, user_id: str | None) -> Tokens:
    """Tokens for the account that the app's settings name, or for a user whom the app stands in for; blocks.

    https://developer.box.com/guides/authentication/jwt/

    Args:
        url: where Box is.
        settings: the JSON of Box's developer console.
        user_id: of the user; None is the account of the settings.

    Raises:
        BadConfig: their key can't be read, or Box's SDK is not installed.
        ClockSkew: this machine's clock is off.
        BadCredential, Unavailable, UnexpectedAnswer: as `by_client_credentials`.
    """
    # Costs a fifth of a second and 22 MB.
    try:
        import box_sdk_gen as sdk  # noqa: PLC0415
    except ModuleNotFoundError:
        raise BadConfig("Box's SDK is not installed here.", hint="Install hubdrives[box].") from None
    config = sdk.JWTConfig.from_config_json_string(settings)
    try:
        sdk.DefaultPrivateKeyDecryptor().decrypt_private_key(config.private_key, config.private_key_passphrase)
    # Its message may hold a part of the key.
    except (ValueError, TypeError):
        raise BadConfig(
            "The key in the settings of the Box app can't be read.",
            hint="Use the JSON as Box's developer console gave it, with its passphrase.",
        ) from None
    auth = sdk.BoxJWTAuth(config)
    if user_id:
        auth = auth.with_user_subject(user_id)
    return _signed(sdk, auth, url)


class _Item(msgspec.Struct):
    type: str
    id: str


class _Restriction(msgspec.Struct):
    """One thing that a token may do, and to what."""

    scope: str
    object: _Item


def _is_for(told: Mapping[str, Any], resource: str) -> bool:
    """Whether a token is restricted to reading one item, as Box tells of it."""
    kind, _, number = resource.partition("/")
    try:
        restricted = msgspec.convert(told.get("restricted_to"), list[_Restriction])
    except msgspec.ValidationError:
        return False
    item = _Item(type=kind.removesuffix("s"), id=number)
    return bool(restricted) and all(one.scope in READ_ONLY and one.object == item for one in restricted)


async def _asked(url: str, grant: str, fields: Mapping[str, str]) -> Mapping[str, Any]:
    async with Client(
        title=_LOGIN.title,
        errors=_LOGIN.refusal,
        # Whoever wants a token is in the midst of a request that is tried again as a whole.
        policy=ONCE,
        session=Session(connect=_CONNECT, read=_READ),
        # They would take the secrets along.
        redirects=False,
    ) as client:
        return await _LOGIN.ask(client, f"{url}/oauth2/token", grant=grant, fields=fields)


def _tokens(told: Mapping[str, Any]) -> Tokens:
    lifetime = told.get("expires_in")
    if lifetime is None:
        raise UnexpectedAnswer("Box's login does not say how long its token lives.")
    refresh_token = told.get("refresh_token")
    return Tokens(
        access_token=told["access_token"],
        refresh_token=refresh_token if isinstance(refresh_token, str) else "",
        lifetime=float(lifetime),
    )


def _signed(sdk: Any, auth: Any, url: str) -> Tokens:
    """What Box's SDK is given for what it signs; blocks."""
    import requests  # noqa: PLC0415

    with requests.Session() as http:
        # A redirect would take the secrets along.
        http.max_redirects = 0
        session = sdk.NetworkSession(
            base_urls=sdk.BaseUrls(base_url=url),
            network_client=sdk.BoxNetworkClient(http),
            # As with `ONCE`.
            retry_strategy=sdk.BoxRetryStrategy(max_attempts=1, max_retries_on_exception=0),
            timeout_config=sdk.TimeoutConfig(
                connection_timeout_ms=int(_CONNECT * 1000), read_timeout_ms=int(_READ * 1000)
            ),
        )
        try:
            answer = auth.refresh_token(network_session=session)
        # Their messages hold the whole request.
        except sdk.BoxAPIError as error:
            raise _refusal(error.response_info) from None
        except sdk.BoxSDKError as error:
            raise Unavailable(f"Box's login does not answer ({type(error.error).__name__}).") from None
        # The SDK takes every JSON for an object.
        except AttributeError:
            raise UnexpectedAnswer("Box's login answered something that is no token.") from None
    token, lifetime = answer.access_token, answer.expires_in
    if not (isinstance(token, str) and token and isinstance(lifetime, int | float) and lifetime > 0):
        raise UnexpectedAnswer("Box's login answered something that is no token.")
    return Tokens(access_token=token, refresh_token="", lifetime=float(lifetime))


def _refusal(answer: Any) -> HubdrivesError:
    """Our error for an answer that Box's SDK takes for no success."""
    from requests.structures import CaseInsensitiveDict  # noqa: PLC0415

    return _LOGIN.refusal(
        Failure(
            status=answer.status_code,
            headers=CaseInsensitiveDict(answer.headers),
            body=(answer.raw_body or "").encode(),
            operation="token",
        )
    )
