"""A user's own token for a Seafile that is part of the login of the hub, as EBRAINS' Drive is of EBRAINS' lab."""

from collections.abc import Mapping
from typing import Any

from hubdrives.credentials.hub import HubLogin
from hubdrives.credentials.seafile import SeafileTokens


def token_source(
    credential: Mapping[str, Any], *, base_url: str | None, user: str, environment: Mapping[str, str]
) -> SeafileTokens:
    """See `hubdrives.credentials.token_source`; the fields are those of `HubLoginSettings`."""
    return SeafileTokens(
        HubLogin(credential, user=user, environment=environment),
        base_url=base_url,
        make_account="Open {base_url} in your browser once and log in there: that makes your account. Then try again.",
    )
