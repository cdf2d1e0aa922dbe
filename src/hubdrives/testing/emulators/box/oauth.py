"""How the application gets tokens.

https://developer.box.com/reference/post-oauth2-token/
"""

import base64
import secrets
from collections.abc import Callable, Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from yarl import URL

from hubdrives.testing.emulators.box.access import SCOPES
from hubdrives.testing.emulators.box.drive import Drive
from hubdrives.testing.emulators.box.errors import BoxError
from hubdrives.testing.emulators.box.people import App, People, User
from hubdrives.testing.emulators.box.sharing import Sharing
from hubdrives.testing.emulators.box.tokens import Tokens
from hubdrives.testing.emulators.server import Answer, Call

_GRANT = "urn:ietf:params:oauth:grant-type:"
_ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - the name of a type
AUDIENCE = "https://api.box.com/oauth2/token"
LONGEST_ASSERTION = 60.0  # seconds ahead
_SLACK = 5.0  # seconds that clocks may differ by
_SHORTEST_JTI, _LONGEST_JTI = 16, 128


class OAuth:
    """The endpoints below /oauth2."""

    def __init__(
        self,
        people: People,
        tokens: Tokens,
        tree: Drive,
        sharing: Sharing,
        service_account: User,
        *,
        clock: Callable[[], float],
    ) -> None:
        self._people = people
        self._tokens = tokens
        self._tree = tree
        self._sharing = sharing
        self._service_account = service_account
        self._clock = clock
        self._keys: dict[str, rsa.RSAPublicKey] = {}
        self._assertions: set[str] = set()

    @property
    def _app(self) -> App:
        return self._people.app

    def settings(self) -> dict[str, Any]:
        """The JSON that the developer console gives for a new key pair."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        key_id, passphrase = secrets.token_hex(4), secrets.token_hex(16)
        self._keys[key_id] = key.public_key()
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(passphrase.encode()),
        )
        return {
            "boxAppSettings": {
                "clientID": self._app.client_id,
                "clientSecret": self._app.client_secret,
                "appAuth": {"publicKeyID": key_id, "privateKey": private.decode(), "passphrase": passphrase},
            },
            "enterpriseID": self._app.enterprise_id,
        }

    async def authorize(self, call: Call) -> Answer:
        """Send a person back to the application with a code; who it is says `login`, here without a password."""
        params = call.params
        if params.get("client_id") != self._app.client_id:
            raise BoxError("invalid_client")
        back = URL(params.get("redirect_uri", self._app.redirect_uri))
        if str(back) != self._app.redirect_uri:
            raise BoxError("redirect_uri_mismatch")
        state = {"state": params["state"]} if "state" in params else {}
        user = self._people.by_login(params.get("login", ""))
        if params.get("response_type") != "code":
            return _see(back.update_query({"error": "unsupported_response_type", **state}))
        if user is None:
            return _see(back.update_query({"error": "access_denied", **state}))
        return _see(back.update_query({"code": self._tokens.code(user.id), **state}))

    async def token(self, call: Call) -> Answer:
        """A token, for whatever is shown.

        Raises:
            BoxError: in the shape of this endpoint.
        """
        form = await _form(call)
        refresh = None
        match form.get("grant_type", ""):
            case "client_credentials":
                self._check_client(form)
                self._check_authorized()
                access = self._tokens.issue(
                    self._subject(form.get("box_subject_type", ""), form.get("box_subject_id", "")).id
                )
            case grant if grant == _GRANT + "jwt-bearer":
                self._check_client(form)
                self._check_authorized()
                access = self._tokens.issue(self._asserted(form.get("assertion", "")).id)
            case "authorization_code":
                self._check_client(form)
                if form.get("redirect_uri", self._app.redirect_uri) != self._app.redirect_uri:
                    raise BoxError("redirect_uri_mismatch")
                access, refresh = self._tokens.redeem(form.get("code", ""))
            case "refresh_token":
                self._check_client(form)
                access, refresh = self._tokens.refresh(form.get("refresh_token", ""))
            case grant if grant == _GRANT + "token-exchange":
                return self._exchange(form)
            case _:
                raise BoxError("unsupported_grant_type")
        body = {
            "access_token": access,
            "expires_in": int(self._tokens.lifetime),
            "restricted_to": [],
            "token_type": "bearer",
        }
        return _secret(body | ({} if refresh is None else {"refresh_token": refresh}))

    async def revoke(self, call: Call) -> Answer:
        """Take back a token, and all that came from the same login."""
        form = await _form(call)
        self._check_client(form)
        self._tokens.revoke(form.get("token", ""))
        return Answer(200)

    def _check_client(self, form: Mapping[str, str]) -> None:
        shown, known = form.get("client_secret", "").encode(), self._app.client_secret.encode()
        if form.get("client_id") != self._app.client_id or not secrets.compare_digest(shown, known):
            raise BoxError("invalid_client")

    def _check_authorized(self) -> None:
        if not self._app.authorized:
            raise BoxError("unauthorized_client")

    def _subject(self, kind: str, subject: str) -> User:
        if kind == "enterprise" and subject == self._app.enterprise_id:
            return self._service_account
        if kind == "user" and self._app.user_access and subject in self._people.users:
            return self._people.users[subject]
        raise BoxError("invalid_grant")

    def _asserted(self, assertion: str) -> User:
        try:
            key = self._keys.get(str(jwt.get_unverified_header(assertion).get("kid", "")))
            if key is None:
                raise BoxError("invalid_grant", "OAuth JWT signature can't be verified: there is no such public key")
            claims = jwt.decode(
                assertion,
                key,
                algorithms=["RS256", "RS384", "RS512"],
                audience=AUDIENCE,
                issuer=self._app.client_id,
                # The time is our own clock's business.
                options={"require": ["exp", "sub", "jti"], "verify_exp": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError as error:
            raise BoxError("invalid_grant", f"Please check the assertion: {error}") from None
        now, ends, jti = self._clock(), float(claims["exp"]), str(claims["jti"])
        if ends <= now:
            raise BoxError("expired_assertion")
        if ends > now + LONGEST_ASSERTION + _SLACK:
            raise BoxError("invalid_grant", "Please check the 'exp' claim: it is more than 60 seconds ahead")
        if not _SHORTEST_JTI <= len(jti) <= _LONGEST_JTI or jti in self._assertions:
            raise BoxError("invalid_grant", "Please check the 'jti' claim")
        self._assertions.add(jti)
        return self._subject(str(claims.get("box_sub_type", "")), str(claims["sub"]))

    def _exchange(self, form: Mapping[str, str]) -> Answer:
        """Narrow a token to some scopes, and to an item."""
        token = form.get("subject_token", "")
        if form.get("subject_token_type") != _ACCESS_TOKEN:
            raise BoxError("invalid_request")
        try:
            parent = self._tokens.grant(token)
        except BoxError:
            raise BoxError("invalid_grant", "Invalid subject token") from None
        wanted, has = frozenset(form.get("scope", "").split()), self._tokens.scopes(parent)
        allowed = frozenset().union(*(SCOPES.get(each, frozenset()) for each in has))
        for scope in wanted:
            if scope not in has and not (scope in SCOPES and SCOPES[scope] <= allowed):
                raise BoxError("invalid_scope")
        if not wanted:
            raise BoxError("invalid_scope")
        resource = self._resource(form)
        if parent.resource is not None and resource is not None and parent.resource not in self._tree.lineage(resource):
            raise BoxError("invalid_resource")
        access, grant = self._tokens.narrow(token, wanted, resource)
        about = {} if grant.resource is None else {"object": self._about(grant.resource)}
        return _secret(
            {
                "access_token": access,
                "expires_in": int(grant.ends - self._clock()),
                "token_type": "bearer",
                "restricted_to": [{"scope": each, **about} for each in sorted(wanted)],
                "issued_token_type": _ACCESS_TOKEN,
            }
        )

    def _resource(self, form: Mapping[str, str]) -> str | None:
        if link := form.get("box_shared_link"):
            found = self._sharing.by_url(link)
            if found is None or found.password is not None or "resource" in form:
                raise BoxError("invalid_resource")
            return found.item
        if "resource" not in form:
            return None
        *_, kind, item = URL(form["resource"]).path.split("/")
        node = self._tree.nodes.get(item)
        if node is None or f"{node.kind}s" != kind or self._tree.in_trash(item):
            raise BoxError("invalid_resource")
        return item

    def _about(self, item: str) -> dict[str, Any]:
        node = self._tree[item]
        count = str(node.version - 1)
        return {"type": node.kind, "id": item, "sequence_id": count, "etag": count, "name": node.name}


def _see(url: URL) -> Answer:
    return Answer(302, headers={"Location": str(url)})


def _secret(body: Mapping[str, Any]) -> Answer:
    return Answer.json(body, headers={"Cache-Control": "no-store"})


async def _form(call: Call) -> dict[str, str]:
    """What came in the body: what stands in the query does not count."""
    form = {name: value for name, value in (await call.request.post()).items() if isinstance(value, str)}
    header = call.request.headers.get("Authorization", "")
    if header.startswith("Basic "):
        try:
            name, _, secret = base64.b64decode(header.removeprefix("Basic "), validate=True).decode().partition(":")
        except ValueError:
            raise BoxError("invalid_client") from None
        form = {"client_id": name, "client_secret": secret} | form
    return form
