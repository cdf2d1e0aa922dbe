"""Users and groups.

https://developer.box.com/reference/resources/user/
"""

from collections.abc import Mapping

from hubdrives.testing.emulators.box.asking import limit, offset
from hubdrives.testing.emulators.box.resources import View, rfc3339
from hubdrives.testing.emulators.server import Answer, Call


async def get_me(view: View, _call: Call, _args: Mapping[str, str]) -> Answer:
    return Answer.json(
        {
            **view.mini_user(view.user),
            "created_at": rfc3339(0),
            "modified_at": rfc3339(0),
            "language": "en",
            "timezone": "America/Los_Angeles",
            "space_amount": 10_000_000_000,
            "space_used": 0,
            "max_upload_size": 5_368_709_120,
            "status": "active",
        }
    )


async def list_users(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    view.access.need_scope("manage_managed_users", "manage_app_users")
    wanted = call.params.get("filter_term", "").casefold()
    found = [
        view.mini_user(each)
        for each in view.box.people.users.values()
        if each.login.casefold().startswith(wanted) or each.name.casefold().startswith(wanted)
    ]
    return _page(call, found)


async def list_groups(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    """Those of the enterprise: https://developer.box.com/reference/get-groups/"""
    view.access.need_scope("manage_groups")
    wanted = call.params.get("filter_term", "").casefold()
    found = [view.group(each) for each in view.box.people.groups.values() if each.name.casefold().startswith(wanted)]
    return _page(call, found)


def _page(call: Call, found: list[dict[str, object]]) -> Answer:
    start, size = offset(call), limit(call)
    return Answer.json(
        {"total_count": len(found), "entries": found[start : start + size], "offset": start, "limit": size}
    )
