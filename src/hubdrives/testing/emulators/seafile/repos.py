"""Libraries in api2: lists, details, new ones, passwords.

https://download.seafile.com/published/web-api/v2.1/libraries.md
"""

from collections.abc import Iterator, Mapping
from typing import Any

from hubdrives.testing.emulators.seafile import shapes
from hubdrives.testing.emulators.seafile.asking import is_name, number, read_data, read_form
from hubdrives.testing.emulators.seafile.errors import SeafileError
from hubdrives.testing.emulators.seafile.libraries import Library
from hubdrives.testing.emulators.seafile.people import Group
from hubdrives.testing.emulators.seafile.site import DEFAULT_NAME
from hubdrives.testing.emulators.seafile.view import View
from hubdrives.testing.emulators.server import Answer, Call

_SEEN = {"r": "r", "rw": "rw", "admin": "rw"}
_NOT_FOUND = "Library not found."


def seen(view: View, kinds: frozenset[str]) -> Iterator[tuple[str, Library, str, Group | None]]:
    """Every library in all ways that somebody has it: kind, library, permission, group.

    Those that may only be looked at in a browser are not for programs.
    """
    now = view.site.clock()
    everything = sorted(view.site.libraries.all(), key=lambda each: -each.head.ctime)
    groups = view.site.people.groups_of(view.user)
    for library in everything:
        mine = library.owner == view.user.email
        if "mine" in kinds and mine and not library.virtual:
            yield "mine", library, "rw", None
        if "shared" in kinds and not mine and (given := _SEEN.get(library.given(view.user.email, now) or "")):
            yield "shared", library, given, None
        for group in groups if "group" in kinds else ():
            if given := _SEEN.get(library.given(group.id, now) or ""):
                yield "group", library, given, group
        if "public" in kinds and (given := _SEEN.get(library.public or "")):
            yield "public", library, given, None


async def list_libraries(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    """All of them, a library once for every way that one has it."""
    wanted = frozenset(each.strip() for each in call.params.get("type", "").split(",") if each.strip())
    wanted = (wanted | ({"public"} if "org" in wanted else set())) or frozenset({"mine", "shared", "group", "public"})
    part = call.params.get("nameContains", "").lower()
    found = [
        _shape(view, *each)
        for each in seen(view, wanted)
        if not part or part in view.site.libraries.name(each[1]).lower()
    ]
    return Answer.json(found * (2 if "duplicate_repos" in call.faults else 1))


def _shape(view: View, kind: str, library: Library, permission: str, group: Group | None) -> dict[str, Any]:
    common = shapes.library(view.site, library, permission)
    match kind:
        case "mine":
            return {**common, "type": "repo"}
        case "shared":
            return {**common, "type": "srepo", "share_type": "personal", "is_admin": False}
        case "group" if group is not None:
            about = {"groupid": group.id, "group_name": group.name, "owner": group.name}
            giver = shapes.modifier(view.site, library.owner, "share_from")
            return {**common, **about, **giver, "type": "grepo", "share_from": library.owner}
    return {**common, "type": "grepo", "owner": "Organization", "share_from": library.owner, "share_type": "public"}


async def get_library(view: View, _call: Call, args: Mapping[str, str]) -> Answer:
    library = view.library(args, _NOT_FOUND)
    permission = view.need_sight(library, reason="library_denied")
    return Answer.json(
        {
            **shapes.library(view.site, library, permission),
            "type": "repo",
            "owner": "self" if library.owner == view.user.email else "share",
            "root": library.head.root,
            "file_count": view.site.libraries.file_count(library),
            "enc_version": 2 if library.encrypted else 0,
            "desc": "",
        }
    )


async def create_library(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    data = await read_data(call)
    name = data.text("name")
    if not view.site.settings.can_add_repo:
        raise SeafileError("permission_denied", "You do not have permission to create library.")
    if not name:
        raise SeafileError("bad_request", "Library name is required.")
    if not is_name(name):
        raise SeafileError("bad_request", "name invalid.")
    library = view.site.libraries.add(name, view.user, password=data.text("passwd") or None)
    return Answer.json(
        {
            "relay_id": "44e8f253849ad910dc142247227c8ece8ec0f971",
            "relay_addr": "127.0.0.1",
            "relay_port": "80",
            "email": view.user.email,
            "token": view.site.people.add_library_token(library.id, "rw", "sync").token,
            "repo_id": library.id,
            "repo_name": name,
            "repo_desc": data.text("desc"),
            "repo_size": 0,
            "repo_size_formatted": shapes.formatted(0),
            "mtime": library.head.ctime,
            "encrypted": 1 if library.encrypted else "",
            "permission": "rw",
            "head_commit_id": library.head.id,
            "repo_version": 1,
        }
    )


async def delete_library(view: View, _call: Call, args: Mapping[str, str]) -> Answer:
    library = view.library(args, _NOT_FOUND)
    view.need_owner(library, "You do not have permission to delete this library.")
    _remove(view, library)
    return Answer.json("success")


async def delete_library21(view: View, _call: Call, args: Mapping[str, str]) -> Answer:
    library = view.library(args)
    view.need_owner(library, "Permission denied.")
    _remove(view, library)
    return Answer.json({"success": True})


def _remove(view: View, library: Library) -> None:
    if library.root == view.site.library.root:
        # It is the directory that is served: there would be nothing left to serve.
        raise SeafileError("permission_denied")
    view.site.libraries.remove(library)


async def change_library(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """Rename a library, or give the password of an encrypted one."""
    form = await read_form(call)
    library = view.library(args, _NOT_FOUND)
    view.need_sight(library, reason="library_denied")
    if call.params.get("op") == "rename":
        name = form.get("repo_name", "")
        view.need_owner(library, "You do not have permission to rename this library.")
        if not is_name(name):
            raise SeafileError("bad_request", "Library name invalid.")
        async with view.writing(f'Renamed library as "{name}"'):
            view.site.vault.rename(library.root, name)
        return Answer.json("success")
    if not library.encrypted:
        raise SeafileError("conflict", "Library is not encrypted.")
    if not form.get("password"):
        raise SeafileError("password_needed")
    _unlock(view, library, form["password"], "Incorrect password")
    return Answer.json("success")


async def set_password(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """The same in v2.1."""
    data = await read_data(call)
    library = view.library(args)
    view.need_sight(library)
    if not data.text("password"):
        raise SeafileError("bad_request", "password invalid.")
    if not library.encrypted:
        raise SeafileError("bad_request", "Library is not encrypted.")
    _unlock(view, library, data.text("password"), "Wrong password")
    return Answer.json({"success": True})


def _unlock(view: View, library: Library, password: str, refusal: str) -> None:
    if password != library.password:
        raise SeafileError("bad_request", refusal)
    library.unlocked.add(view.user.email)


async def default_library(view: View, _call: Call, _args: Mapping[str, str]) -> Answer:
    return Answer.json(_default(view))


async def make_default_library(view: View, _call: Call, _args: Mapping[str, str]) -> Answer:
    if not view.site.settings.can_add_repo:
        raise SeafileError("permission_denied", "You do not have permission to create library.")
    if not _default(view)["exists"]:
        view.user.default_library = view.site.libraries.add(DEFAULT_NAME, view.user).id
    return Answer.json(_default(view))


def _default(view: View) -> dict[str, Any]:
    library = view.user.default_library
    if library is None or view.site.libraries.get(library) is None:
        return {"exists": False}
    return {"exists": True, "repo_id": library}


async def library_history(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    library = view.library(args, _NOT_FOUND)
    view.need_sight(library)
    page, size = number(call, "page", 1), number(call, "per_page", 25)
    commits = library.commits[::-1][(page - 1) * size : page * size]
    return Answer.json(
        {
            "commits": [
                {
                    "id": each.id,
                    "parent_id": each.parent,
                    "root_id": each.root,
                    "creator_name": each.creator,
                    "ctime": each.ctime,
                    "desc": each.desc,
                    "repo_id": library.id,
                }
                for each in commits
            ],
            "page_next": page * size < len(library.commits),
        }
    )
