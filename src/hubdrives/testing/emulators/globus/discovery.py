"""What is told to everybody: OpenID Connect's configuration, the public key, and the pages of the web app."""

from collections.abc import Mapping

from hubdrives.testing.emulators.globus.named import EMAIL, ISSUER, OPENID, PROFILE
from hubdrives.testing.emulators.globus.pages import page
from hubdrives.testing.emulators.globus.view import View
from hubdrives.testing.emulators.server import Answer, Call


async def configuration(view: View, _call: Call, _args: Mapping[str, str]) -> Answer:
    """https://auth.globus.org/.well-known/openid-configuration"""
    oauth = f"{view.url}/v2/oauth2"
    return Answer.json(
        {
            "issuer": ISSUER,
            "authorization_endpoint": f"{oauth}/authorize",
            "token_endpoint": f"{oauth}/token",
            "userinfo_endpoint": f"{oauth}/userinfo",
            "revocation_endpoint": f"{oauth}/token/revoke",
            "jwks_uri": f"{view.url}/jwk.json",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token"],
            "response_modes_supported": ["query"],
            "subject_types_supported": ["public"],
            "scopes_supported": [OPENID, EMAIL, PROFILE],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "code_challenge_methods_supported": ["S256", "plain"],
            "claims_supported": ["iss", "sub", "aud", "exp", "iat", "name", "preferred_username", "email"],
        }
    )


async def keys(view: View, _call: Call, _args: Mapping[str, str]) -> Answer:
    """What ID tokens are checked with."""
    return Answer.json(view.site.keys.public())


async def web_app(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """A page of the web app, of which there is no more than that."""
    found = view.site.collections.get(args.get("id", call.params.get("origin_id", "")))
    return page("File Manager" if found is None or found.display_name is None else found.display_name, "")
