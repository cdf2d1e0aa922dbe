"""What a client sends somebody's browser to Globus Auth with.

https://docs.globus.org/api/auth/reference/#authorization_code_grant_preferred, .../sessions/#client-initiated-authns
"""

from collections.abc import Mapping
from dataclasses import dataclass

from yarl import URL

from hubdrives.testing.emulators.globus.known import unknown_scopes, with_dependencies
from hubdrives.testing.emulators.globus.people import Client, Identity
from hubdrives.testing.emulators.globus.scopes import Scope, ScopeError, parse_scopes
from hubdrives.testing.emulators.globus.sessions import Session
from hubdrives.testing.emulators.globus.site import Site

CODE_PAGE = "/v2/web/auth-code"
_METHODS = frozenset({"S256", "plain"})


class PageError(Exception):
    """What Globus tells the person, as it does not trust the address to go back to.

    Args:
        title: of the page.
        text: what happened.
        code: as Globus names it.
    """

    def __init__(self, title: str, text: str, code: str) -> None:
        super().__init__(code)
        self.title, self.text, self.code = title, text, code


class BackError(Exception):
    """The browser goes back to the client with an error; `url` is where."""

    def __init__(self, url: URL) -> None:
        super().__init__(url.query["error"])
        self.url = url


@dataclass(frozen=True, slots=True)
class Asked:
    """The request, which makes sense.

    Attributes:
        client: whose it is.
        back: where the browser is to go then.
        scopes: trees, with what services need for theirs.
        state, nonce: of the client, sent back as they are.
        offline: with refresh tokens.
        challenge, method: of PKCE.
        login: even somebody who is logged in has to log in.
        identities: ids or usernames that must be logged in, all of them.
        domains: one identity with a domain of these must be logged in.
        mfa: one must be with a second factor.
        message: what the person is told.
    """

    client: Client
    back: URL
    scopes: tuple[Scope, ...]
    state: str | None
    nonce: str | None
    offline: bool
    challenge: str | None
    method: str
    login: bool
    identities: tuple[str, ...]
    domains: tuple[str, ...]
    mfa: bool
    message: str

    def refuse(self, error: str, description: str) -> BackError:
        """Send the browser back without a code."""
        return BackError(_back(self.back, self.state, error=error, error_description=description))

    def returned(self, code: str) -> URL:
        """Where the browser goes with a code."""
        return _back(self.back, self.state, code=code)

    def may_log_in(self, identity: Identity) -> bool:
        """Whether the client, or the session that it wants, takes an identity at all."""
        provider = self.client.required_provider
        return (
            identity.kind == "login"
            and provider in {None, identity.provider}
            and (not self.identities or identity.id in self.identities or identity.username in self.identities)
            and (not self.domains or identity.domain in self.domains)
        )

    def is_met(self, session: Session, site: Site) -> bool:
        """Whether the logins of a session are enough."""
        logins = [site.people.identities[each] for each in session.authentications]
        names = {name for identity in logins for name in (identity.id, identity.username)}
        factors = not self.mfa or any(each.mfa for each in session.authentications.values())
        return factors and set(self.identities) <= names and any(self.may_log_in(each) for each in logins)


def read_request(params: Mapping[str, str], site: Site) -> Asked:
    """What a request asks for.

    Args:
        params: its query.
        site: knows clients and scopes.

    Raises:
        PageError: the client, the address to go back to, or a scope is not known.
        BackError: something else is wrong.
    """
    client = _client(params, site)
    if client is None:
        raise PageError("Unknown client", "No client is registered with this id.", "UNKNOWN_CLIENT_ERROR")
    back = params.get("redirect_uri", "")
    if back not in client.redirect_uris and not back.endswith(CODE_PAGE):
        raise PageError("Mismatching redirect URI", f"{back} is not registered.", "REDIRECT_URI_MISMATCH_ERROR")
    where, state = URL(back), params.get("state")
    if params.get("response_type") != "code":
        raise BackError(_back(where, state, error="unsupported_response_type"))
    try:
        scopes = with_dependencies(parse_scopes(params.get("scope", "")), site.people.clients)
    except ScopeError as error:
        raise BackError(_back(where, state, error="invalid_scope", error_description=str(error))) from None
    if unknown := unknown_scopes(scopes, site.collections, site.people.clients):
        text = f"client_id={client.id} requested unknown scopes: {unknown}"
        if site.settings.redirect_unknown_scopes:
            raise BackError(_back(where, state, error="UNKNOWN_SCOPE_ERROR", error_description=text))
        raise PageError("Unknown scope(s)", text, "UNKNOWN_SCOPE_ERROR")
    challenge, method = params.get("code_challenge"), params.get("code_challenge_method", "plain")
    if (challenge is None and client.secret is None) or method not in _METHODS:
        raise BackError(_back(where, state, error="invalid_request", error_description="code_challenge is wanted"))
    return Asked(
        client=client,
        back=where,
        scopes=scopes,
        state=state,
        nonce=params.get("nonce"),
        offline=params.get("access_type") == "offline",
        challenge=challenge,
        method=method,
        login=params.get("prompt") == "login",
        identities=_several(params, "session_required_identities"),
        domains=_several(params, "session_required_single_domain"),
        mfa=params.get("session_required_mfa", "").lower() == "true",
        message=params.get("session_message", ""),
    )


def _client(params: Mapping[str, str], site: Site) -> Client | None:
    """The client of a request; the HTTPS servers of collections are clients, too."""
    name = params.get("client_id", "")
    server = site.collections.get(name)
    if server is None or server.https_server is None:
        return site.people.clients.get(name)
    return Client(
        name, server.display_name or name, secret="", redirect_uris=(f"{server.https_server}/oauth_callback",)
    )


def _several(params: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(each for each in params.get(name, "").split(",") if each)


def _back(where: URL, state: str | None, **params: str) -> URL:
    return where.update_query(params if state is None else {**params, "state": state})
