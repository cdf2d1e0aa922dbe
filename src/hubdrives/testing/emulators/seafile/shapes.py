"""How files, folders and libraries look in JSON: api2 tells seconds, v2.1 mostly ISO times."""

from datetime import UTC, datetime
from typing import Any

from hubdrives.testing.emulators.seafile.asking import split
from hubdrives.testing.emulators.seafile.libraries import Library
from hubdrives.testing.emulators.seafile.objects import Dirent
from hubdrives.testing.emulators.seafile.site import Site
from hubdrives.testing.emulators.seafile.vault import Node

_UNITS = (("GB", 10**9), ("MB", 10**6), ("KB", 10**3))


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).isoformat()


def modifier(site: Site, email: str, prefix: str = "modifier") -> dict[str, str]:
    return {
        f"{prefix}_email": email,
        f"{prefix}_name": site.people.name(email),
        f"{prefix}_contact_email": site.people.contact_email(email),
    }


def entry(site: Site, found: Dirent, permission: str) -> dict[str, Any]:
    """A line of a listing of api2."""
    common = {"id": found.id, "name": found.name, "mtime": found.mtime, "permission": permission}
    if found.folder:
        return {"type": "dir", **common}
    return {
        "type": "file",
        **common,
        "size": found.size,
        **modifier(site, found.modifier),
        "starred": False,
    }


def item(site: Site, library: Library, node: Node) -> dict[str, Any]:
    """A file or folder as the operations of v2.1 show it."""
    parent, _ = split(site.vault.path(node.id, under=library.root))
    common = {
        "repo_id": library.id,
        "parent_dir": parent,
        "obj_name": node.name,
        "obj_id": site.vault.id(node),
        "mtime": iso(node.modified),
    }
    if node.content is None:
        return {"type": "dir", **common}
    return {"type": "file", **common, "size": node.content.size, "is_locked": False}


def library(site: Site, found: Library, permission: str) -> dict[str, Any]:
    """What all lists of api2 say of a library."""
    head, size = found.head, site.libraries.size(found)
    return {
        "id": found.id,
        "name": site.libraries.name(found),
        "owner": found.owner,
        "owner_name": site.people.name(found.owner),
        "owner_contact_email": site.people.contact_email(found.owner),
        "mtime": head.ctime,
        "mtime_relative": f'<time datetime="{iso(head.ctime)}" is="relative-time">{iso(head.ctime)}</time>',
        "size": size,
        "size_formatted": formatted(size),
        "encrypted": found.encrypted,
        "permission": permission,
        "virtual": found.virtual,
        "root": "",
        "head_commit_id": head.id,
        "version": 1,
        "salt": "",
        **modifier(site, head.creator),
    }


def library21(site: Site, found: Library, permission: str) -> dict[str, Any]:
    """What v2.1 says of one."""
    head = found.head
    return {
        "repo_id": found.id,
        "repo_name": site.libraries.name(found),
        **modifier(site, found.owner, "owner"),
        "last_modified": iso(head.ctime),
        **modifier(site, head.creator),
        "size": site.libraries.size(found),
        "encrypted": found.encrypted,
        "permission": permission,
        "starred": False,
        "monitored": False,
        "status": found.status,
        "salt": "",
    }


def formatted(size: int) -> str:
    """A size in bytes as people read it."""
    for unit, bytes_of_it in _UNITS:
        if size >= bytes_of_it:
            return f"{size / bytes_of_it:.1f}\N{NO-BREAK SPACE}{unit}"
    return f"{size}\N{NO-BREAK SPACE}bytes"
