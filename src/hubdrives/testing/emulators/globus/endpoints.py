"""Collections as Transfer describes them, and the search for them.

https://docs.globus.org/api/transfer/endpoints_and_collections/, https://docs.globus.org/api/transfer/endpoint_and_collection_search/
"""

import re
from collections.abc import Mapping
from typing import Any

from hubdrives.testing.emulators.globus.collections import Collection
from hubdrives.testing.emulators.globus.errors import TransferError
from hubdrives.testing.emulators.globus.listing import number
from hubdrives.testing.emulators.globus.reach import known_collection
from hubdrives.testing.emulators.globus.tasks import username
from hubdrives.testing.emulators.globus.view import View
from hubdrives.testing.emulators.server import Answer, Call

PAGE = 100  # results at most
USUAL_PAGE = 25
_SCOPES = frozenset(
    {
        "all",
        "my-endpoints",
        "my-gcp-endpoints",
        "recently-used",
        "in-use",
        "shared-by-me",
        "shared-with-me",
        "administered-by-me",
    }
)
_WORD = re.compile(r"\w+")


async def get_endpoint(view: View, _call: Call, args: Mapping[str, str]) -> Answer:
    found = known_collection(view, args["id"])
    if not _is_visible(view, found):
        raise TransferError("EndpointNotFound", f"No such endpoint '{found.id}'")
    return Answer.json(document(view, found))


async def search(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    """Collections by words of their names, a page at a time and a thousand at most."""
    scope = call.params.get("filter_scope") or "all"
    words = _WORD.findall(call.params.get("filter_fulltext", "").lower())
    if scope not in _SCOPES:
        raise TransferError("ClientError.BadRequest", "Invalid value for 'filter_scope'")
    if scope == "all" and not words and "filter_owner_id" not in call.params:
        raise TransferError("ClientError.BadRequest", "'filter_fulltext' is required with this scope")
    limit, offset = number(call, "limit", USUAL_PAGE, PAGE), number(call, "offset", 0)
    most = view.site.settings.search_limit
    if offset + limit > most:
        text = f"offset + limit must not be greater than {most}"
        raise TransferError("ClientError.BadRequest", text)
    found = [
        each
        for each in view.site.collections.values()
        if _is_visible(view, each) and _is_in(view, each, scope) and _fits(view, each, words) and _passes(call, each)
    ]
    page = found[offset : offset + limit]
    return Answer.json(
        {
            "DATA_TYPE": "endpoint_list",
            "offset": offset,
            "limit": limit,
            "has_next_page": offset + limit < min(len(found), most),
            "DATA": [document(view, each) for each in page],
        }
    )


def _is_visible(view: View, found: Collection) -> bool:
    who = view.grant.identities
    return found.public or found.owner in who or any(each.who in who for each in found.acl)


def _is_in(view: View, found: Collection, scope: str) -> bool:
    """Whether somebody would look for a collection there."""
    who, mine = view.grant.identities, found.owner in view.grant.identities
    used = [
        each
        for each in view.site.tasks.tasks.values()
        if each.order.owner.id in who and (found is each.order.source or found is each.order.destination)
    ]
    of_scope = {
        "all": True,
        "my-endpoints": mine,
        "administered-by-me": mine,
        "my-gcp-endpoints": mine and found.entity_type == "GCP_mapped_collection",
        "shared-by-me": mine and found.host is not None,
        "shared-with-me": not mine and any(each.who in who for each in found.acl),
        "recently-used": bool(used),
        "in-use": any(not each.is_over for each in used),
    }
    return of_scope[scope]


def _fits(view: View, found: Collection, words: list[str]) -> bool:
    """Whether each word is how a word of the collection begins."""
    owner = view.site.people.identities[found.owner]
    told = (found.display_name, found.description, owner.username, owner.organization, found.https_server)
    about = " ".join(each or "" for each in told)
    known = _WORD.findall(about.lower())
    return all(any(each.startswith(word) for each in known) for word in words)


def _passes(call: Call, found: Collection) -> bool:
    wanted = {
        "filter_entity_type": found.entity_type,
        "filter_owner_id": found.owner,
        "filter_host_endpoint": found.host or "",
        "filter_non_functional": "0",
    }
    return all(call.params[name] == value for name, value in wanted.items() if name in call.params)


def document(view: View, found: Collection) -> dict[str, Any]:
    """A collection as Transfer describes it."""
    owner = view.site.people.identities[found.owner]
    guest, personal = found.host is not None, found.entity_type.startswith("GCP_")
    mine = found.owner in view.grant.identities
    return {
        "DATA_TYPE": "endpoint",
        "id": found.id,
        "display_name": found.display_name,
        "canonical_name": f"{username(found.owner)}#{found.id}",
        "name": found.id,
        "username": username(found.owner),
        "owner_id": found.owner,
        "owner_string": owner.username,
        "organization": owner.organization,
        "department": None,
        "description": found.description,
        "keywords": None,
        "info_link": None,
        "contact_email": owner.email,
        "contact_info": None,
        "user_message": None,
        "user_message_link": None,
        "entity_type": found.entity_type,
        "public": found.public,
        "french_english_bilingual": False,
        "is_globus_connect": personal,
        "globus_connect_setup_key": None,
        "gcp_connected": found.gcp_connected,
        "gcp_paused": found.gcp_paused,
        "gcs_version": None if personal else "5.4.61",
        "gcs_manager_url": None if personal else "https://1a2b3.4c5d.gaccess.io",
        "https_server": found.https_server,
        "tlsftp_server": None if personal else f"tlsftp://m-{found.id[:8]}.1a2b.data.globus.org:443",
        "s3_url": None,
        "s3_owner_activated": False,
        "host_endpoint_id": found.host,
        "host_endpoint": found.host,
        "host_endpoint_display_name": view.site.collections[found.host].display_name if found.host else None,
        "host_path": None,
        "mapped_collection_id": found.host,
        "mapped_collection_display_name": view.site.collections[found.host].display_name if found.host else None,
        "sharing_target_endpoint": found.host,
        "sharing_target_root_path": None,
        "storage_type": None if personal else "POSIX",
        "authentication_policy_id": found.authentication_policy_id,
        "authentication_timeout_mins": None if personal else found.authentication_timeout_mins,
        "authentication_assurance_timeout": None,
        "high_assurance": found.high_assurance,
        "requester_pays": False,
        "disable_verify": False,
        "disable_anonymous_writes": False,
        "force_verify": False,
        "force_encryption": False,
        "mfa_required": False,
        "myproxy_server": None,
        "myproxy_dn": None,
        "oauth_server": None,
        "non_functional": False,
        "non_functional_endpoint_display_name": None,
        "non_functional_endpoint_id": None,
        "default_directory": found.default_directory,
        "activated": True,
        "expires_in": -1,
        "expire_time": None,
        "shareable": not guest,
        "acl_available": guest,
        "acl_editable": guest and mine,
        "acl_max_expiration_period_mins": None,
        "my_effective_roles": ["administrator"] if mine else [],
        "in_use": False,
        "subscription_id": found.subscription_id,
        "network_use": "normal",
        "preferred_concurrency": None,
        "preferred_parallelism": None,
        "max_concurrency": None,
        "max_parallelism": None,
        "location": None,
        "local_user_info_available": False,
        "DATA": [],
    }
