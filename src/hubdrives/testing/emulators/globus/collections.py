"""Collections: what people call endpoints, where the files are.

https://docs.globus.org/api/transfer/endpoints_and_collections/
"""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

EntityType: TypeAlias = Literal[
    "GCSv5_endpoint",
    "GCSv5_mapped_collection",
    "GCSv5_guest_collection",
    "GCP_mapped_collection",
    "GCP_guest_collection",
]

MAPPED: EntityType = "GCSv5_mapped_collection"
GUEST: EntityType = "GCSv5_guest_collection"
PERSONAL: EntityType = "GCP_mapped_collection"
EVERYBODY = "anonymous"
"""Anybody, without a login."""
ALL_USERS = "all_authenticated_users"


@dataclass(frozen=True, slots=True)
class AccessRule:
    """What somebody may do below a path of a collection.

    Attributes:
        path: a folder from the top of the collection, with `/` at both ends.
        who: an identity's id, EVERYBODY or ALL_USERS.
        permissions: `r` or `rw`.
        id: a UUID.
    """

    path: str
    who: str
    permissions: str
    id: str


@dataclass(slots=True)
class Collection:
    """One of them.

    Attributes:
        id: a UUID; also the name of its resource server.
        display_name: as people see it; need not be unique.
        entity_type: of what sort.
        owner: an identity's id; the owner may do everything.
        root: the id of the node in the tree that is its `/`.
        https: it has a server for its bytes.
        https_server: the address of that, without a slash at the end; None while there is none.
        high_assurance: it wants a recent login in an identity that has access.
        authentication_timeout_mins: how recent, minutes.
        authentication_policy_id: a policy that a login must have met.
        required_domain: the only domain whose identities are let in; None for all.
        public: everybody finds it in a search.
        default_directory: where a listing without a path begins.
        home: the folder that `/~/` means; `{user}` in it is the name in front of the username's @.
        host: the id of the mapped collection that a guest collection is in.
        acl: who else may do what.
        gcp_connected, gcp_paused: of Globus Connect Personal; None for others.
        description: in the owner's words; searched as well.
        subscription_id: a UUID; None for what nobody pays for.
    """

    id: str
    display_name: str | None
    entity_type: EntityType
    owner: str
    root: str
    https: bool = True
    https_server: str | None = None
    high_assurance: bool = False
    authentication_timeout_mins: int = 15840
    authentication_policy_id: str | None = None
    required_domain: str | None = None
    public: bool = True
    default_directory: str | None = None
    home: str = "/"
    host: str | None = None
    acl: list[AccessRule] = field(default_factory=list)
    gcp_connected: bool | None = None
    gcp_paused: bool | None = None
    description: str | None = None
    subscription_id: str | None = None

    @property
    def has_data_access(self) -> bool:
        """Whether the Transfer service and the HTTPS server want a consent for this very collection."""
        return self.entity_type == MAPPED and not self.high_assurance

    def permissions(self, who: frozenset[str], path: str) -> str | None:
        """What somebody may do at a path from the top: `rw`, `r` or None.

        Args:
            who: the ids of all identities that they have; none for somebody unknown.
            path: of a file or folder.
        """
        if self.owner in who:
            return "rw"
        names = {EVERYBODY, *who, *([ALL_USERS] if who else [])}
        below = path if path.endswith("/") else f"{path}/"
        found = {each.permissions for each in self.acl if each.who in names and below.startswith(each.path)}
        return "rw" if "rw" in found else "r" if found else None
