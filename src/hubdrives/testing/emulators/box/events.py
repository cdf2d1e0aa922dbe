"""What happened, as one user may know it.

https://developer.box.com/guides/events/user-events/
"""

from collections.abc import Mapping
from typing import Any

from hubdrives.testing.emulators.box.asking import limit
from hubdrives.testing.emulators.box.drive import Happening
from hubdrives.testing.emulators.box.errors import BoxError
from hubdrives.testing.emulators.box.resources import View, rfc3339
from hubdrives.testing.emulators.server import Answer, Call

_FIRST = 30_401_068_076_164_269  # positions are large numbers
_MOST = 500
_TREE_EVENTS = frozenset(
    {
        "ITEM_CREATE",
        "ITEM_UPLOAD",
        "ITEM_MAKE_CURRENT_VERSION",
        "ITEM_MOVE",
        "ITEM_RENAME",
        "ITEM_TRASH",
        "ITEM_UNDELETE_VIA_TRASH",
        "ITEM_SHARED_UPDATE",
        "ITEM_SHARED_UNSHARE",
        "COLLAB_ADD_COLLABORATOR",
        "COLLAB_ROLE_CHANGE",
        "COLLAB_REMOVE_COLLABORATOR",
        "COLLAB_INVITE_COLLABORATOR",
    }
)


async def list_events(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    """What happened since a position; every stream has the same here, as all that happens changes the tree."""
    if view.access.resource is not None:
        raise BoxError("insufficient_scope")
    stream = call.params.get("stream_type", "all")
    if stream in {"admin_logs", "admin_logs_streaming"}:
        view.access.need_scope("manage_enterprise_properties")
    if stream not in {"all", "changes"}:
        raise BoxError("bad_request", "Invalid value for 'stream_type'")
    log = view.box.tree.happenings
    start = _start(call, len(log))
    size = limit(call, most=_MOST)
    if "delay_events" in call.faults:
        log = log[: max(start, len(log) - 1)]
    found = [each for each in log[start:] if each.kind in _TREE_EVENTS and view.access.concerns(each.lineage)]
    page = found[:size]
    reached = page[-1].position if len(found) > size else len(log)
    if "repeat_events" in call.faults:
        page = [each for each in page for _ in range(2)]
    if "shuffle_events" in call.faults:
        page.reverse()
    return Answer.json(
        {
            "chunk_size": len(page),
            "next_stream_position": _FIRST + reached,
            "entries": [_show(view, each) for each in page],
        }
    )


def _start(call: Call, known: int) -> int:
    """How many happenings come before the position that is asked for."""
    text = call.params.get("stream_position", "0")
    if text == "now":
        return known
    if not text.isdecimal():
        raise BoxError("bad_request", "Invalid value for 'stream_position'")
    if "expired_position" in call.faults:  # what was kept no longer is left out silently
        return known
    return min(max(0, int(text) - _FIRST), known) if int(text) else 0


def _show(view: View, found: Happening) -> dict[str, Any]:
    node = view.box.tree.nodes.get(found.node)
    when = rfc3339(found.time)
    owner = view.box.owner if node is None else view.box.owner_of(node)
    return {
        "type": "event",
        "event_id": f"e{found.position:039d}",
        "event_type": found.kind,
        "created_at": when,
        "recorded_at": when,
        "session_id": None,
        "created_by": view.mini_user(owner) if found.by is None else view.author(found.by),
        "source": None if node is None or not view.access.sees(node) else view.item(node),
    }
