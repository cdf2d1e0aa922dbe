"""Logging in, and what is known of the server and of an account.

https://download.seafile.com/published/web-api/v2.1/account.md
"""

from collections.abc import Mapping

from hubdrives.testing.emulators.seafile.asking import read_data
from hubdrives.testing.emulators.seafile.errors import SeafileError
from hubdrives.testing.emulators.seafile.people import UNLIMITED
from hubdrives.testing.emulators.seafile.view import View
from hubdrives.testing.emulators.server import Answer, Call

_FOUND = 10


async def log_in(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    """The token of an account, for its name and password."""
    data = await read_data(call)
    name, password = data.text("username"), data.text("password")
    missing = {each: ["This field is required."] for each in ("username", "password") if not data.text(each)}
    if missing:
        return Answer.json(missing, status=400)
    user = view.site.people.users.get(name)
    if user is None or user.password != password:
        return Answer.json({"non_field_errors": ["Unable to login with provided credentials."]}, status=400)
    if not user.active:
        return Answer.json({"non_field_errors": ["User account is disabled."]}, status=400)
    return Answer.json({"token": view.site.people.token(user)})


async def ping(_view: View, _call: Call, _args: Mapping[str, str]) -> Answer:
    return Answer.json("pong")


async def server_info(view: View, _call: Call, _args: Mapping[str, str]) -> Answer:
    settings = view.site.settings
    return Answer.json(
        {"version": settings.version, "encrypted_library_version": 2, "features": list(settings.features)}
    )


async def search_users(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    """Who has a text in their name or address; ten at most.

    https://download.seafile.com/published/web-api/v2.1/user-search.md
    """
    if not call.params.get("q"):
        raise SeafileError("bad_request", "q invalid.")
    avatar = f"{view.url}/media/avatars/default.png"
    found = [
        {"email": each.email, "avatar_url": avatar, "name": each.name, "contact_email": each.contact_email}
        for each in view.site.people.search(call.params["q"])[:_FOUND]
    ]
    return Answer.json({"users": found})


async def account_info(view: View, _call: Call, _args: Mapping[str, str]) -> Answer:
    user, used = view.user, view.site.libraries.usage(view.user)
    limited = user.quota != UNLIMITED
    return Answer.json(
        {
            "email": user.email,
            "name": user.name,
            "contact_email": user.contact_email,
            "login_id": "",
            "department": "",
            "institution": "",
            "is_staff": False,
            "usage": used,
            "total": user.quota,
            "space_usage": f"{100 * used / user.quota:.2f}%" if limited and user.quota else "0.00%",
            "email_notification_interval": 0,
        }
    )
