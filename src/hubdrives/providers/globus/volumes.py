"""Collections as volumes: what people want to know of one before they use it, in words."""

from collections.abc import Iterator, Mapping
from typing import Final

from hubdrives.providers.globus import urls
from hubdrives.providers.globus.item import MAPPED, Collection
from hubdrives.providers.volumes import Volume

_KINDS: Final[Mapping[str, str]] = {
    MAPPED: "mapped collection",
    "GCSv5_guest_collection": "guest collection",
    "GCP_mapped_collection": "mapped collection on a personal computer",
    "GCP_guest_collection": "guest collection on a personal computer",
}


def volume_of(collection: Collection, *, app: str) -> Volume:
    """A collection as a volume; `app` is the address of the web app."""
    return Volume(
        address=urls.page_of(collection.id, app=app),
        name=collection.name,
        owner=collection.owner_string or "",
        description=collection.description or "",
        facts=tuple((name, value) for name, value in _facts(collection) if value),
    )


def _facts(collection: Collection) -> Iterator[tuple[str, str | None]]:
    """All that may be told, with None for what is not."""
    yield "Kind", _KINDS.get(collection.entity_type, collection.entity_type)
    yield "Organization", collection.organization
    yield "HTTPS", collection.https_server or "no: transfers only"
    yield "Opens at", collection.default_directory
    yield "High assurance", _told(collection.high_assurance)
    yield "Subscription", "yes" if collection.subscription_id else "no"
    yield "Visible to everybody", _told(collection.public)
    # Of a server, neither is told.
    yield "Online", _told(collection.gcp_connected)
    yield "Paused", _told(collection.gcp_paused)
    yield "Contact", collection.contact_email
    yield "Page", collection.info_link
    yield "Message", collection.user_message


def _told(value: bool | None) -> str | None:  # noqa: FBT001 - what is told of
    return None if value is None else "yes" if value else "no"
