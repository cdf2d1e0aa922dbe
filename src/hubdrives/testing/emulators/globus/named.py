"""Names that Globus has given: resource servers, scopes, hosts."""

AUTH = "auth.globus.org"
TRANSFER = "transfer.api.globus.org"
GROUPS = "groups.api.globus.org"
CLIENTS_DOMAIN = "clients.auth.globus.org"
ISSUER = "https://auth.globus.org"
WEB_APP = "https://app.globus.org"

_URN = "urn:globus:auth:scope:"
TRANSFER_ALL = f"{_URN}{TRANSFER}:all"
TRANSFER_MONITOR = f"{_URN}{TRANSFER}:monitor_ongoing"
VIEW_IDENTITIES = f"{_URN}{AUTH}:view_identities"
VIEW_IDENTITY_SET = f"{_URN}{AUTH}:view_identity_set"
VIEW_CONSENTS = f"{_URN}{AUTH}:view_consents"
MANAGE_CONSENTS = f"{_URN}{AUTH}:manage_consents"
VIEW_MY_GROUPS = f"{_URN}{GROUPS}:view_my_groups_and_memberships"
GROUPS_ALL = f"{_URN}{GROUPS}:all"

OPENID, PROFILE, EMAIL = "openid", "profile", "email"

# Scope: resource server.
SCOPES = {
    OPENID: AUTH,
    PROFILE: AUTH,
    EMAIL: AUTH,
    VIEW_IDENTITIES: AUTH,
    VIEW_IDENTITY_SET: AUTH,
    VIEW_CONSENTS: AUTH,
    MANAGE_CONSENTS: AUTH,
    TRANSFER_ALL: TRANSFER,
    TRANSFER_MONITOR: TRANSFER,
    VIEW_MY_GROUPS: GROUPS,
    GROUPS_ALL: GROUPS,
}


def scope_of(resource_server: str, name: str) -> str:
    """A scope of a collection (`https`, `data_access`) or of a service; both are named by UUID."""
    return f"{ISSUER}/scopes/{resource_server}/{name}"
