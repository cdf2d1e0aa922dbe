"""An OpenID Connect issuer, small, and what asks it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from hubdrives.credentials.oidc import OidcClientSettings, OidcClientTokens

SECRET = "s3cret-of-the-client"
SCOPE = "openid email collab.drive"
REALM = "/auth/realms/hbp"


class SmallIssuer:
    """A discovery document, and a token endpoint that takes anything unless `answer` says something else."""

    def __init__(self) -> None:
        self.url = ""
        """The identifier."""
        self.document: dict[str, Any] = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
        """What the discovery document has beside, or in place of, the usual."""
        self.path = "/somewhere/token"
        self.forms: list[dict[str, str]] = []
        self.headers: list[Mapping[str, str]] = []
        self.discoveries = 0
        self.answer: Callable[[], Awaitable[web.StreamResponse]] | None = None
        self.discovery: Callable[[], Awaitable[web.StreamResponse]] | None = None
        self.fields: dict[str, Any] = {}
        """What a token's answer has beside, or in place of, the usual."""
        self.email = ""
        """Whose all its tokens are, for who introspects them."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if (request.method, request.path) == ("GET", f"{REALM}/.well-known/openid-configuration"):
            self.discoveries += 1
            if self.discovery is not None:
                return await self.discovery()
            host = self.url.removesuffix(REALM)
            usual = {
                "issuer": self.url,
                "token_endpoint": f"{host}{self.path}",
                "introspection_endpoint": f"{host}/whose",
            }
            return web.json_response(usual | self.document)
        if request.path == "/whose":
            return web.json_response({"active": True, "scope": SCOPE, "email": self.email})
        assert (request.method, request.path, request.query_string) == ("POST", self.path, "")
        self.forms.append({key: str(value) for key, value in (await request.post()).items()})
        self.headers.append(request.headers)
        if self.answer is not None:
            return await self.answer()
        usual = {"access_token": f"login-{len(self.forms)}", "expires_in": 3600, "token_type": "bearer", "scope": SCOPE}
        return web.json_response(usual | {"refresh_token": "never-used", "refresh_expires_in": 0} | self.fields)

    def credential(self, **fields: Any) -> dict[str, Any]:
        client = {"kind": "seafile_oidc", "client_id": "neuron", "client_secret_env": "CLIENT_SECRET"}
        return {"issuer": self.url, **client, **fields}

    def tokens(self, *, clock: Callable[[], float] | None = None, **fields: Any) -> OidcClientTokens:
        settings = OidcClientSettings.of(self.credential(**fields))
        return OidcClientTokens(settings, **({} if clock is None else {"clock": clock}))


def refused(error: str, description: str = "", status: int = 400) -> Callable[[], Awaitable[web.StreamResponse]]:
    async def answer() -> web.StreamResponse:
        return web.json_response({"error": error, "error_description": f"{description} {SECRET}"}, status=status)

    return answer


def saying(body: str, *, status: int = 200, **headers: str) -> Callable[[], Awaitable[web.StreamResponse]]:
    async def answer() -> web.StreamResponse:
        return web.Response(status=status, text=body, headers=headers)

    return answer
