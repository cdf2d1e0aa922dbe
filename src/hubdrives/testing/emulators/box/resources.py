"""Box's JSON for files, folders, versions, users and the rest.

https://developer.box.com/reference/resources/
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hubdrives.testing.emulators.box.access import Access
from hubdrives.testing.emulators.box.cdn import Cdn
from hubdrives.testing.emulators.box.drive import WEB_LINK, FileVersion
from hubdrives.testing.emulators.box.enterprise import Enterprise
from hubdrives.testing.emulators.box.people import Group, User
from hubdrives.testing.emulators.box.sessions import Sessions
from hubdrives.testing.emulators.box.sharing import Collaboration, SharedLink
from hubdrives.testing.emulators.box.site import Site
from hubdrives.testing.emulators.faults import Faults
from hubdrives.testing.emulators.tree import FILE, FOLDER, Node

_WEST = timezone(timedelta(hours=-8))  # where Box's servers think they are
_BASE = ("type", "id", "etag")
_MINI: Mapping[str, tuple[str, ...]] = {
    FILE: ("file_version", "sequence_id", "etag", "sha1", "name"),
    FOLDER: ("sequence_id", "etag", "name"),
    WEB_LINK: ("sequence_id", "etag", "name", "url"),
}
_ALL_KINDS = (
    "sequence_id",
    "etag",
    "name",
    "created_at",
    "modified_at",
    "description",
    "path_collection",
    "created_by",
    "modified_by",
    "trashed_at",
    "purged_at",
    "owned_by",
    "shared_link",
    "parent",
    "item_status",
)
_FULL: Mapping[str, tuple[str, ...]] = {
    FILE: ("file_version", "sha1", "size", "content_created_at", "content_modified_at", *_ALL_KINDS),
    FOLDER: (
        "size",
        "content_created_at",
        "content_modified_at",
        "folder_upload_email",
        "item_collection",
        *_ALL_KINDS,
    ),
    WEB_LINK: ("url", *_ALL_KINDS),
}
FIRST_ITEMS = 100  # that a folder's own JSON has


def rfc3339(seconds: float | None, zone: timezone = _WEST) -> str | None:
    """A time as Box writes it: whole seconds, with an offset."""
    return None if seconds is None else datetime.fromtimestamp(int(seconds), zone).isoformat()


def parse_time(text: str) -> float:
    """Seconds since 1970. Raises ValueError."""
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


@dataclass(frozen=True, slots=True)
class View:
    """Box as one request may see it, at one moment (`now`, seconds since 1970)."""

    box: Enterprise
    access: Access
    faults: Faults
    site: Site
    cdn: Cdn
    sessions: Sessions
    url: str
    now: float

    @property
    def user(self) -> User:
        return self.access.user

    def lasts(self, effect: str, node: Node) -> bool:
        return self.faults.lasts(effect, node_id=node.id, name=node.name)

    def shown_id(self, node: Node) -> str:
        return node.id if node.parents else "0"

    def etag(self, node: Node) -> str | None:
        return str(node.version - 1) if node.parents else None

    def item(self, node: Node, fields: Collection[str] | None = None, *, mini: bool = False) -> dict[str, Any]:
        """An item with these fields, or with those that it has when nobody asks for certain ones."""
        names = fields if fields is not None else (_MINI if mini else _FULL)[node.kind]
        found: dict[str, Any] = {"type": node.kind, "id": self.shown_id(node)}
        for name in dict.fromkeys((*_BASE, *names)):
            if name in found:
                continue
            make = _FIELDS.get(name) or _OF_KIND[node.kind].get(name)
            if make is not None:
                found[name] = make(self, node)
        return found

    def mini(self, node: Node) -> dict[str, Any]:
        return self.item(node, mini=True)

    def version(self, version: FileVersion) -> dict[str, Any]:
        """One of the past versions of a file."""
        by = self.author(version.by)
        return {
            "type": "file_version",
            "id": version.id,
            "sha1": version.sha1,
            "name": version.name,
            "size": version.content.size,
            "created_at": rfc3339(version.created),
            "modified_at": rfc3339(version.created),
            "modified_by": by,
            "uploader_display_name": by["name"],
            "trashed_at": rfc3339(version.trashed),
            "purged_at": None,
        }

    def author(self, user: str | None) -> dict[str, Any]:
        return self.mini_user(self.box.owner if user is None else self.box.people.users[user])

    def mini_user(self, user: User) -> dict[str, Any]:
        return {"type": "user", "id": user.id, "name": user.name, "login": user.login}

    def group(self, group: Group) -> dict[str, Any]:
        return {"type": "group", "id": group.id, "name": group.name, "group_type": "managed_group"}

    def collaboration(self, found: Collaboration) -> dict[str, Any]:
        who = found.who
        return {
            "type": "collaboration",
            "id": found.id,
            "created_by": self.mini_user(self.box.people.users[found.by]),
            "created_at": rfc3339(found.created),
            "modified_at": rfc3339(found.modified),
            "expires_at": rfc3339(found.expires),
            "status": found.status,
            "accessible_by": None
            if who is None
            else (self.group(who) if isinstance(who, Group) else self.mini_user(who)),
            "invite_email": found.invited if who is None else None,
            "role": found.role,
            "acknowledged_at": rfc3339(found.modified) if found.status == "accepted" else None,
            "item": None if found.status == "pending" else self.mini(self.box.tree[found.item]),
            "is_access_only": False,
            "can_view_path": found.can_view_path,
        }


def _by(view: View, node: Node, place: int) -> dict[str, Any]:
    author = view.box.tree.authors[node.id][place]
    return view.mini_user(view.box.owner_of(node)) if author is None else view.author(author)


def _parent(view: View, node: Node) -> dict[str, Any] | None:
    if not node.parents:
        return None
    above = view.access.parent(node)
    return _top(view) if above is None else view.mini(above)


def _top(view: View) -> dict[str, Any]:
    return view.mini(view.box.tree[view.user.root])


def _path_collection(view: View, node: Node) -> dict[str, Any]:
    above = [_top(view), *map(view.mini, view.access.path(node))] if node.parents else []
    return {"total_count": len(above), "entries": above}


def _status(view: View, node: Node) -> str:
    return "trashed" if view.box.tree.in_trash(node.id) else "active"


def _size(view: View, node: Node) -> int | float:
    size = sum(each.content.size for each in view.box.tree.below(node.id) if each.content and not each.trashed)
    return float(size) if view.lasts("float_sizes", node) else size


def _shared_link(view: View, node: Node) -> dict[str, Any] | None:
    link = view.box.sharing.link(node.id)
    return None if link is None else _link(link, node)


def _link(link: SharedLink, node: Node) -> dict[str, Any]:
    extension = f".{_extension(node)}" if _extension(node) else ""
    direct = link.url.replace("/s/", "/shared/static/") + extension
    return {
        "url": link.url,
        "download_url": direct if node.kind == FILE and link.download else None,
        "vanity_url": None,
        "vanity_name": None,
        "effective_access": link.access,
        "effective_permission": "can_download" if link.download else "can_preview",
        "is_password_enabled": link.password is not None,
        "unshared_at": None,
        "download_count": 0,
        "preview_count": 0,
        "access": link.access,
        "permissions": {"can_preview": True, "can_download": link.download, "can_edit": False},
    }


def _permissions(view: View, node: Node) -> dict[str, bool]:
    verbs = view.access.verbs(node)
    found = {
        "can_download": "download" in verbs,
        "can_upload": "upload" in verbs,
        "can_rename": "rename" in verbs,
        "can_delete": "delete" in verbs,
        "can_share": "share" in verbs,
        "can_invite_collaborator": "invite" in verbs,
        "can_set_share_access": "share" in verbs,
    }
    if node.kind != FILE:
        return found
    return found | {
        "can_preview": "preview" in verbs,
        "can_comment": "preview" in verbs,
        "can_annotate": "preview" in verbs,
        "can_view_annotations_all": "preview" in verbs,
        "can_view_annotations_self": "preview" in verbs,
        "can_apply_watermark": False,
    }


def _item_collection(view: View, node: Node) -> dict[str, Any]:
    children = sort_items(view.access.children(node))
    return {
        "total_count": len(children),
        "entries": [view.mini(each) for each in children[:FIRST_ITEMS]],
        "offset": 0,
        "limit": FIRST_ITEMS,
        "order": [{"by": "type", "direction": "ASC"}, {"by": "name", "direction": "ASC"}],
    }


def sort_items(nodes: list[Node]) -> list[Node]:
    """As lists are sorted: folders, files, bookmarks; each by name."""
    return sorted(nodes, key=item_key)


def item_key(node: Node) -> tuple[int, str, int]:
    """What an item is sorted by."""
    return ((FOLDER, FILE, WEB_LINK).index(node.kind), node.name.casefold(), int(node.id))


def _extension(node: Node) -> str:
    return node.name.rpartition(".")[2] if "." in node.name else ""


def _file_version(view: View, node: Node) -> dict[str, Any]:
    current = view.box.tree.versions(node.id)[-1]
    return {"type": "file_version", "id": current.id, "sha1": current.sha1}


_FIELDS: Mapping[str, Callable[[View, Node], Any]] = {
    "etag": View.etag,
    "sequence_id": View.etag,
    "name": lambda _view, node: node.name,
    "description": lambda view, node: view.box.tree.descriptions.get(node.id, ""),
    "created_at": lambda _view, node: rfc3339(node.created) if node.parents else None,
    "modified_at": lambda _view, node: rfc3339(node.updated) if node.parents else None,
    "created_by": lambda view, node: _by(view, node, 0),
    "modified_by": lambda view, node: _by(view, node, 1),
    "owned_by": lambda view, node: view.mini_user(view.box.owner_of(node)),
    "trashed_at": lambda _view, node: rfc3339(node.updated) if node.trashed else None,
    "purged_at": lambda _view, _node: None,
    "parent": _parent,
    "path_collection": _path_collection,
    "item_status": _status,
    "shared_link": _shared_link,
    "permissions": _permissions,
    "tags": lambda _view, _node: [],
    "has_collaborations": lambda view, node: bool(view.box.sharing.of(node.id)),
}
_TIMES: Mapping[str, Callable[[View, Node], Any]] = {
    "content_created_at": lambda _view, node: rfc3339(node.modified),
    "content_modified_at": lambda _view, node: rfc3339(node.modified),
    "size": _size,
}
_OF_KIND: Mapping[str, Mapping[str, Callable[[View, Node], Any]]] = {
    FILE: {
        **_TIMES,
        "sha1": lambda _view, node: node.content.sha1 if node.content else None,
        "file_version": _file_version,
        "extension": lambda _view, node: _extension(node),
        "version_number": lambda view, node: str(len(view.box.tree.versions(node.id))),
        "comment_count": lambda _view, _node: 0,
        "lock": lambda view, node: {"type": "lock", "id": "1"} if view.lasts("locked", node) else None,
        "is_download_available": lambda view, node: not view.lasts("malware", node),
    },
    FOLDER: {
        **_TIMES,
        "item_collection": _item_collection,
        "folder_upload_email": lambda _view, _node: None,
        "can_non_owners_invite": lambda _view, _node: True,
        "allowed_invitee_roles": lambda _view, _node: [
            "editor",
            "viewer",
            "previewer",
            "uploader",
            "previewer uploader",
            "viewer uploader",
            "co-owner",
        ],
    },
    WEB_LINK: {"url": lambda _view, _node: "https://example.org/"},
}
