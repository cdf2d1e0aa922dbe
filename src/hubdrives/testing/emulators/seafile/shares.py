"""Folders and libraries shared with users and groups: who they are shared with, and what they then have.

A folder that is shared becomes a library of its own, a virtual one, for all whom it is shared with.
https://download.seafile.com/published/web-api/v2.1/share.md
"""

from collections.abc import Iterator, Mapping
from typing import Any

from hubdrives.testing.emulators.seafile import shapes
from hubdrives.testing.emulators.seafile.asking import read_data
from hubdrives.testing.emulators.seafile.errors import SeafileError
from hubdrives.testing.emulators.seafile.libraries import Library
from hubdrives.testing.emulators.seafile.people import Group
from hubdrives.testing.emulators.seafile.vault import Node
from hubdrives.testing.emulators.seafile.view import View
from hubdrives.testing.emulators.server import Answer, Call

_PERMISSIONS = frozenset({"r", "rw", "admin", "preview", "cloud-edit"})


async def list_shares(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """With whom a folder is shared."""
    _library, _folder, target = _asked(view, call, args)
    users, groups = _kinds(call)
    found: list[dict[str, Any]] = []
    if target is not None and users:
        found += [_user(view, email, permission) for email, permission in target.shares.items()]
    if target is not None and groups:
        every = view.site.people.groups
        found += [_group(every[each], permission) for each, permission in target.group_shares.items() if each in every]
    return Answer.json(found)


async def share(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """Share a folder with some users or groups; what is not done for some of them is in the answer, which is 200."""
    data = await read_data(call)
    library, folder, target = _asked(view, call, args)
    kind, permission = data.text("share_type"), data.text("permission") or "r"
    if kind not in {"user", "group"}:
        raise SeafileError("bad_request", "share_type invalid.")
    if permission not in _PERMISSIONS:
        raise SeafileError("bad_request", "permission invalid.")
    if library.encrypted and folder.id != library.root:
        raise SeafileError("bad_request", "Folder invalid.")
    # Not before there is somebody to share it with.
    done, failed = list[dict[str, Any]](), list[dict[str, str]]()
    if kind == "user":
        for email in data.several("username"):
            if email == library.owner:
                raise SeafileError("bad_request", "Library can not be shared to owner")
            refusal = _refusal(view, target, email)
            if refusal or "share_failed" in call.faults:
                failed.append({"email": email, "error_msg": refusal or "Internal Server Error"})
                continue
            target = target or view.site.libraries.add_virtual(library, folder)
            view.site.give(target, email, permission)
            done.append(_user(view, email, permission))
    else:
        for group in [_known_group(view, each) for each in data.several("group_id")]:
            if target is not None and group.id in target.group_shares:
                failed.append({"group_name": group.name, "error_msg": f"This item has been shared to {group.name}."})
                continue
            target = target or view.site.libraries.add_virtual(library, folder)
            view.site.give(target, group.id, permission)
            done.append(_group(group, permission))
    return Answer.json({"success": done, "failed": failed})


async def change_share(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """Give those whom a folder is shared with another permission; that it is not is no error."""
    data = await read_data(call)
    _library, _folder, target = _asked(view, call, args)
    permission = data.text("permission") or "r"
    if permission not in _PERMISSIONS:
        raise SeafileError("bad_request", "permission invalid.")
    for who in _named(view, call):
        if target is not None and isinstance(who, str) and who in target.shares:
            target.shares[who] = permission
        if target is not None and isinstance(who, int) and who in target.group_shares:
            target.group_shares[who] = permission
    return Answer.json({"success": True})


async def end_share(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """Share a folder with somebody no longer; that it was not is no error."""
    _library, _folder, target = _asked(view, call, args)
    for who in _named(view, call):
        if target is not None and isinstance(who, str):
            target.shares.pop(who, None)
        if target is not None and isinstance(who, int):
            target.group_shares.pop(who, None)
    return Answer.json({"success": True})


async def shared_with_me(view: View, _call: Call, _args: Mapping[str, str]) -> Answer:
    """The libraries and folders that other users have shared with this one."""
    found = []
    for each in view.site.libraries.all():
        permission = each.given(view.user.email, view.site.clock())
        if permission is not None and each.owner != view.user.email:
            found.append(
                {
                    **_common(view, each),
                    "user": each.owner,
                    "permission": permission,
                    "share_type": "personal",
                    **_origin(view, each),
                }
            )
    return Answer.json(found)


async def leave(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """Have no longer what somebody shared."""
    library = view.library(args)
    if call.params.get("share_type") != "personal":
        raise SeafileError("bad_request", "share_type invalid.")
    if call.params.get("from") != library.owner:
        raise SeafileError("bad_request", "from invalid.")
    library.shares.pop(view.user.email, None)
    return Answer.json({"success": True})


async def shared_by_me(view: View, _call: Call, _args: Mapping[str, str]) -> Answer:
    """Whom this user's libraries are shared with; folders are told elsewhere."""
    found = []
    for each in (each for each in view.site.libraries.all() if each.owner == view.user.email and not each.virtual):
        for told in _given(view, each):
            shown = {"user": told["user_email"], "share_type": told["share_type"], "permission": told["permission"]}
            found.append({**_common(view, each), **shown, "group_id": told["group_id"]})
    return Answer.json(found)


async def shared_folders(view: View, _call: Call, _args: Mapping[str, str]) -> Answer:
    """Whom folders of this user are shared with."""
    found = []
    for each in (each for each in view.site.libraries.all() if each.owner == view.user.email and each.virtual):
        origin = _origin(view, each)
        for told in _given(view, each):
            shown = {name: value for name, value in told.items() if name != "permission"}
            found.append(
                {
                    "repo_id": origin["origin_repo_id"],
                    "path": origin["origin_path"],
                    "folder_name": view.site.libraries.name(each),
                    "share_permission": told["permission"],
                    **shown,
                }
            )
    return Answer.json(found)


def _asked(view: View, call: Call, args: Mapping[str, str]) -> tuple[Library, Node, Library | None]:
    """A folder, its library, and what is shared by it: without a path in the query, that is the whole library.

    Raises:
        SeafileError: 404; 403 for anybody but the owner.
    """
    library = view.library(args)
    path = call.params.get("p", "/")
    found = view.at(library, path)
    if found is None or found.content is not None:
        raise SeafileError("not_found", f"Folder {path} not found.")
    view.need_owner(library, "Permission denied.")
    return library, found, view.site.libraries.of(found)


def _refusal(view: View, target: Library | None, email: str) -> str:
    """Why a folder can't be shared with a user, "" if it can."""
    if "@" not in email:
        return "username invalid."
    if email not in view.site.people.users:
        return f"User {email} not found."
    if target is not None and email in target.shares:
        return f"This item has been shared to {email}."
    return ""


def _kinds(call: Call) -> tuple[bool, bool]:
    """Whether users are meant, and whether groups are: without a word on it, both."""
    wanted = {each.strip() for each in call.params.get("share_type", "user,group").split(",")}
    return "user" in wanted, "group" in wanted


def _named(view: View, call: Call) -> Iterator[str | int]:
    """Who is meant by the query: an e-mail address or the id of a group, or both."""
    users, groups = _kinds(call)
    if users:
        email = call.params.get("username", "")
        if "@" not in email:
            raise SeafileError("bad_request", f"Email {email or None} invalid.")
        if email not in view.site.people.users:
            raise SeafileError("bad_request", "Invalid user, should be registered")
        yield email
    if groups:
        yield _known_group(view, call.params.get("group_id", "")).id


def _known_group(view: View, told: str) -> Group:
    if not told.isdecimal():
        raise SeafileError("bad_request", f"group_id {told or None} invalid.")
    found = view.site.people.groups.get(int(told))
    if found is None:
        raise SeafileError("not_found", f"Group {told} not found")
    return found


def _user(view: View, email: str, permission: str) -> dict[str, Any]:
    known = permission == "admin"
    return {
        "share_type": "user",
        "user_info": {
            "name": email,
            "nickname": view.site.people.name(email),
            "contact_email": view.site.people.contact_email(email),
            "avatar_url": f"{view.url}/media/avatars/default.png",
        },
        "permission": "rw" if known else permission,
        "is_admin": known,
    }


def _group(group: Group, permission: str) -> dict[str, Any]:
    known = permission == "admin"
    return {
        "share_type": "group",
        "group_info": {"id": group.id, "name": group.name},
        "permission": "rw" if known else permission,
        "is_admin": known,
    }


def _given(view: View, library: Library) -> Iterator[dict[str, Any]]:
    for email, permission in library.shares.items():
        yield {
            "share_type": "personal",
            "user_name": view.site.people.name(email),
            "user_email": email,
            "contact_email": view.site.people.contact_email(email),
            "group_id": "",
            "group_name": "",
            "permission": permission,
        }
    for each, permission in library.group_shares.items():
        group = view.site.people.groups.get(each)
        if group is not None:
            yield {
                "share_type": "group",
                "user_name": "",
                "user_email": "",
                "group_id": group.id,
                "group_name": group.name,
                "permission": permission,
            }


def _common(view: View, library: Library) -> dict[str, Any]:
    return {
        "repo_id": library.id,
        "repo_name": view.site.libraries.name(library),
        "repo_desc": "",
        "encrypted": library.encrypted,
        "last_modified": library.head.ctime,
        "size": view.site.libraries.size(library),
        **shapes.modifier(view.site, library.head.creator),
    }


def _origin(view: View, library: Library) -> dict[str, Any]:
    """Where a virtual library comes from."""
    origin = view.site.libraries.get(library.origin or "")
    if origin is None:
        return {"is_virtual": False}
    return {
        "is_virtual": True,
        "origin_repo_id": origin.id,
        "origin_repo_name": view.site.libraries.name(origin),
        "origin_path": view.site.vault.path(library.root, under=origin.root),
    }
