"""Libraries in v2.1, and groups.

https://download.seafile.com/published/web-api/v2.1/libraries.md
"""

from collections.abc import Mapping

from hubdrives.testing.emulators.seafile import shapes
from hubdrives.testing.emulators.seafile.errors import SeafileError
from hubdrives.testing.emulators.seafile.repos import seen
from hubdrives.testing.emulators.seafile.view import View
from hubdrives.testing.emulators.server import Answer, Call

_ALL = frozenset({"mine", "shared", "group", "public"})


async def list_libraries(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    wanted = frozenset(call.request.query.getall("type", [])) or _ALL
    found = []
    for kind, library, permission, group in seen(view, wanted):
        about = {} if group is None else {"group_id": group.id, "group_name": group.name}
        found.append({"type": kind, **about, **shapes.library21(view.site, library, permission)})
    return Answer.json({"repos": found})


async def get_library(view: View, _call: Call, args: Mapping[str, str]) -> Answer:
    library = view.library(args)
    permission = view.need_sight(library)
    return Answer.json(
        {
            **shapes.library21(view.site, library, permission),
            "file_count": view.site.libraries.file_count(library),
            "no_quota": not view.site.libraries.has_room(library),
            "is_admin": library.owner == view.user.email,
            "is_virtual": library.virtual,
            "has_been_shared_out": bool(library.shares or library.group_shares),
            "lib_need_decrypt": library.encrypted and view.user.email not in library.unlocked,
        }
    )


async def list_groups(view: View, _call: Call, _args: Mapping[str, str]) -> Answer:
    found = [
        {"id": each.id, "name": each.name, "creator": each.owner, "ctime": 0, "msgnum": 0}
        for each in view.site.people.groups_of(view.user)
    ]
    return Answer.json({"groups": found, "replynum": 0})


async def list_libraries_of_group(view: View, _call: Call, args: Mapping[str, str]) -> Answer:
    group = view.site.people.groups.get(int(args["group"])) if args["group"].isdecimal() else None
    if group is None:
        raise SeafileError("not_found", f"Group {args['group']} not found.")
    if view.user.email not in group.members:
        raise SeafileError("permission_denied")
    return Answer.json(
        [
            {**shapes.library(view.site, library, permission), "share_from": library.owner}
            for _, library, permission, given in seen(view, frozenset({"group"}))
            if given is group
        ]
    )
