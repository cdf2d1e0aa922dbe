"""Which request to Globus Auth, or to the web app, is which operation.

https://docs.globus.org/api/auth/reference/

Operations, as they are counted: `auth.authorize`, `.login` and `.consent` (the forms of the pages), `.code` (a page to
copy a code from); `auth.token`, `.revoke`, `.introspect`, `.userinfo`, `.configuration`, `.keys`; `auth.identities`,
`.identity`, `.providers`, `.consents`; `web.page`.
"""

from hubdrives.testing.emulators.globus import authorize, discovery, grants, identities, introspection
from hubdrives.testing.emulators.globus.authorize_request import CODE_PAGE
from hubdrives.testing.emulators.globus.view import Line

OPEN: tuple[Line, ...] = (
    ("GET", "/v2/oauth2/authorize", "auth.authorize", authorize.authorize),
    ("POST", "/v2/web/login", "auth.login", authorize.log_in),
    ("POST", "/v2/web/consent", "auth.consent", authorize.consent),
    ("GET", CODE_PAGE, "auth.code", authorize.show_code),
    ("POST", "/v2/oauth2/token", "auth.token", grants.give_tokens),
    ("POST", "/v2/oauth2/token/revoke", "auth.revoke", introspection.revoke),
    ("POST", "/v2/oauth2/token/introspect", "auth.introspect", introspection.introspect),
    ("GET", "/.well-known/openid-configuration", "auth.configuration", discovery.configuration),
    ("GET", "/jwk.json", "auth.keys", discovery.keys),
    ("GET", "/v2/api/identities", "auth.identities", identities.list_identities),
    ("GET", "/v2/api/identities/:id", "auth.identity", identities.get_identity),
    ("GET", "/v2/api/identity_providers", "auth.providers", identities.list_providers),
    ("GET", "/file-manager", "web.page", discovery.web_app),
    ("GET", "/file-manager/collections/:id", "web.page", discovery.web_app),
    ("GET", "/file-manager/collections/:id/overview", "web.page", discovery.web_app),
    ("GET", "/collections/:id", "web.page", discovery.web_app),
    ("GET", "/activity/:id/overview", "web.page", discovery.web_app),
)
"""They come from anybody, or say for themselves who they are."""

BEARER: tuple[Line, ...] = (
    ("GET", "/v2/oauth2/userinfo", "auth.userinfo", introspection.userinfo),
    ("GET", "/v2/api/identities/:id/consents", "auth.consents", identities.list_consents),
)
"""They want a token for Globus Auth."""
