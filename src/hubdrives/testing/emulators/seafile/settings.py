"""How the emulated Seafile server is set up."""

from dataclasses import dataclass, field
from typing import Literal

MIB = 1 << 20
_BEARER_SINCE = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginIssuer:
    """An OpenID Connect issuer whose tokens the server takes for its own.

    Attributes:
        url: its identifier, without a slash at the end.
        client_id, client_secret: the server's own client, which may introspect.
        scope: what a token must have.
    """

    url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str = "collab.drive"


@dataclass(slots=True)
class Settings:
    """Settings that may be changed at any time.

    Attributes:
        version: of the server; since 11 it takes `Authorization: Bearer` beside `Token`.
        features: as `/api2/server-info/` tells them; `seafile-pro` is the Professional Edition.
        fileserver: which of the two hands out bytes: the one in C makes zip files first and says how far it is, and
            takes form fields that have a filename; the one in Go does neither, and stores names in NFC.
        modern: has what younger servers have: `batch-create-dir`, and `create_parents` of mkdir.
        link_lifetime: of the links to the fileserver, seconds.
        zip_limit: of all that goes into one zip file, bytes.
        zip_polls: how often the C fileserver says that a zip file is not ready yet.
        max_files: in a library; None is no limit.
        max_upload: the largest file that may be uploaded, bytes; None is no limit.
        user_rate: requests a minute of one user; None is no limit.
        listing_needs_password: of an encrypted library, as with old servers.
        can_add_repo: users may make libraries.
        share_lag: until those whom something is shared with have it, seconds.
        search_lag: until the index knows of what was put there, seconds.
        login_issuer: whose tokens are exchanged at `/api2/account/token/`; None leaves that out, as plain Seafile does.
    """

    version: str = "9.0.16"
    features: tuple[str, ...] = ("seafile-basic", "seafile-pro")
    fileserver: Literal["c", "go"] = "c"
    modern: bool = True
    link_lifetime: float = 3600.0
    zip_limit: int = 100 * MIB
    zip_polls: int = 0
    max_files: int | None = None
    max_upload: int | None = None
    user_rate: int | None = None
    listing_needs_password: bool = False
    can_add_repo: bool = True
    share_lag: float = 0.0
    search_lag: float = 0.0
    login_issuer: LoginIssuer | None = None

    @property
    def takes_bearer(self) -> bool:
        return int(self.version.partition(".")[0]) >= _BEARER_SINCE
