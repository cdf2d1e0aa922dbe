"""Sharing with people and groups.

https://developer.box.com/reference/resources/collaboration/
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hubdrives.testing.emulators.box.asking import by_marker, read_json, text
from hubdrives.testing.emulators.box.errors import BoxError
from hubdrives.testing.emulators.box.people import Group, User
from hubdrives.testing.emulators.box.resources import View, parse_time
from hubdrives.testing.emulators.box.sharing import ROLES, Collaboration
from hubdrives.testing.emulators.server import Answer, Call
from hubdrives.testing.emulators.tree import Node

_STATUSES = ("accepted", "pending", "rejected")


async def list_of_folder(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    return _list(view, call, view.access.item("folder", args["id"]))


async def list_of_file(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    return _list(view, call, view.access.item("file", args["id"]))


def _list(view: View, call: Call, node: Node) -> Answer:
    found = sorted(view.box.sharing.of(node.id), key=lambda each: int(each.id))
    page, about = by_marker(call, found, lambda each: (int(each.id),))
    return Answer.json({**about, "entries": [view.collaboration(each) for each in page]})


async def list_pending(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    """The invitations that the user has yet to accept."""
    if call.params.get("status") != "pending":
        raise BoxError("bad_request", "Invalid value for 'status'")
    found = [
        each
        for each in view.box.sharing.collaborations.values()
        if each.status == "pending" and each.who is not None and each.who.id == view.user.id
    ]
    entries = [view.collaboration(each) for each in found]
    return Answer.json({"total_count": len(found), "offset": 0, "limit": 100, "entries": entries})


async def create(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    body = await read_json(call)
    role = _role(text(body, "role"))
    async with view.box.writing(view.user):
        node = view.access.item(text(body, "item", "type"), text(body, "item", "id"))
        view.access.need(node, "invite")
        if not node.parents:
            raise BoxError("access_denied_insufficient_permissions", "The top folder can't be shared")
        who = _invitee(view, body)
        known = who.id if isinstance(who, User | Group) else who
        for each in view.box.sharing.of(node.id):
            if known == (each.invited if each.who is None else each.who.id):
                raise BoxError("user_already_collaborator")
        if view.box.owner_of(node).id == known:
            raise BoxError("user_already_collaborator")
        made = view.box.sharing.invite(
            node.id,
            who,
            role,
            by=view.user.id,
            expires=_time(body),
            can_view_path=bool(body.get("can_view_path")),
        )
        view.box.tree.touch(node.id)
        view.box.tree.note(
            "COLLAB_ADD_COLLABORATOR" if made.status == "accepted" else "COLLAB_INVITE_COLLABORATOR", node.id
        )
        return Answer.json(view.collaboration(made), status=201)


async def get(view: View, _call: Call, args: Mapping[str, str]) -> Answer:
    return Answer.json(view.collaboration(_find(view, args)[0]))


async def update(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """Another role, end or status; the role of the owner goes to one who is in already."""
    body = await read_json(call)
    async with view.box.writing(view.user):
        found, node = _find(view, args)
        mine = found.who is not None and found.who.id == view.user.id
        status = body.get("status", found.status)
        if status not in _STATUSES or (status != found.status and not mine):
            raise BoxError("bad_request", "Invalid value for 'status'")
        changed = replace(found, status=status, modified=view.box.tree.nodes[node.id].updated)
        if "role" in body or "expires_at" in body or "can_view_path" in body:
            view.access.need(node, "invite")
        if body.get("role") == "owner":
            _hand_over(view, node, found)
            return Answer(204)
        if "role" in body:
            changed = replace(changed, role=_role(text(body, "role")))
        if "expires_at" in body:
            changed = replace(changed, expires=_time(body))
        if "can_view_path" in body:
            changed = replace(changed, can_view_path=bool(body["can_view_path"]))
        view.box.sharing.collaborations[found.id] = changed
        view.box.tree.note("COLLAB_ROLE_CHANGE", node.id)
        return Answer.json(view.collaboration(changed))


async def delete(view: View, _call: Call, args: Mapping[str, str]) -> Answer:
    async with view.box.writing(view.user):
        found, node = _find(view, args)
        if found.who is None or found.who.id != view.user.id:  # anybody may leave
            view.access.need(node, "invite")
        view.box.tree.note("COLLAB_REMOVE_COLLABORATOR", node.id)
        del view.box.sharing.collaborations[found.id]
        return Answer(204)


def _find(view: View, args: Mapping[str, str]) -> tuple[Collaboration, Node]:
    """A collaboration that one may know of, and its item."""
    found = view.box.sharing.collaborations.get(args["id"])
    node = None if found is None else view.box.tree.nodes.get(found.item)
    if found is None or node is None or not view.access.sees(node):
        raise BoxError("not_found")
    return found, node


def _invitee(view: View, body: Mapping[str, Any]) -> User | Group | str:
    """Whom a body is about; an address that no user has is one that gets an invitation by mail."""
    who = body.get("accessible_by")
    if not isinstance(who, Mapping):
        raise BoxError("bad_request", "Missing or invalid parameter 'accessible_by'")
    people = view.box.people
    if who.get("type") == "group":
        found: User | Group | None = people.groups.get(str(who.get("id")))
    elif "login" in who:
        login = text(who, "login")
        if "@" not in login:
            raise BoxError("bad_request", "Invalid value for 'login'")
        return people.by_login(login) or login
    else:
        found = people.users.get(str(who.get("id")))
    if found is None:
        raise BoxError("not_found")
    return found


def _role(role: str) -> str:
    if role not in ROLES or role == "owner":
        raise BoxError("bad_request", "Invalid value for 'role'")
    return role


def _time(body: Mapping[str, Any]) -> float | None:
    found = body.get("expires_at")
    try:
        return None if found is None else parse_time(str(found))
    except ValueError:
        raise BoxError("bad_request", "Invalid value for 'expires_at'") from None


def _hand_over(view: View, node: Node, found: Collaboration) -> None:
    """Give a folder to somebody who is in already; who had it becomes an editor."""
    owner = view.box.owner_of(node)
    if view.user.id != owner.id or node.parents != (owner.root,) or not isinstance(found.who, User):
        raise BoxError("access_denied_insufficient_permissions")
    view.box.tree.move(node.id, found.who.root)
    del view.box.sharing.collaborations[found.id]
    view.box.sharing.invite(node.id, owner, "editor", by=found.who.id)
