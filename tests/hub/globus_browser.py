"""Somebody at Globus' pages, who logs in and allows whatever is asked for."""

import re
from html import unescape
from types import SimpleNamespace
from typing import Any

import aiohttp
from yarl import URL

from hubdrives.testing.emulators.globus import Globus

BACK = "http://127.0.0.1/hub/oauth_callback"
OWNER = "researcher@example.edu"

_ACTION = re.compile(r'<form method="post" action="([^"]+)">')


async def through_globus(browser: aiohttp.ClientSession, start: URL | str, who: str = OWNER) -> aiohttp.ClientResponse:
    """Where a browser ends that goes to `start`, and fills in the forms of Globus as `who`; to be released.

    The address `BACK`, where nobody answers, is looked up no more: its answer is the redirect to it.
    """
    method, url, form = "GET", URL(start), None
    while True:
        answer = await browser.request(method, url, data=form, allow_redirects=False)
        method, form = "GET", None
        if 300 <= answer.status < 400:
            following = answer.url.join(URL(answer.headers["Location"], encoded=True))
            if str(following).startswith(BACK):
                return answer
            url = following
            answer.release()
            continue
        text = await answer.text()
        if (action := _ACTION.search(text)) is None:
            return answer
        decision = "login" if "/login?" in action[1] else "allow"
        method, url = "POST", answer.url.join(URL(unescape(action[1]), encoded=True))
        form = {"identity": who, "decision": decision}


async def log_in(authenticator: Any, user: Any, *, scopes: tuple[str, ...] = (), who: str = OWNER) -> Any:
    """What the hub does at a login: the model, which is saved. `scopes` are asked for beyond the configured."""
    query = {
        "response_type": "code",
        "client_id": authenticator.client_id,
        "redirect_uri": BACK,
        "scope": " ".join([*authenticator.scope, *scopes]),
        "state": "s",
        **authenticator.extra_authorize_params,
    }
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        answer = await through_globus(browser, URL(authenticator.authorize_url).with_query(query), who)
        code = URL(answer.headers["Location"]).query["code"]
    # What the hub hands over of the browser's request.
    handler = SimpleNamespace(get_argument={"code": code}.get, find_user=lambda _name: user)
    model = await authenticator.get_authenticated_user(handler, None)
    await user.save_auth_state(model["auth_state"])
    return model


def traits(globus: Globus, **more: Any) -> dict[str, Any]:
    """The settings of an authenticator for the emulator."""
    return {
        "client_id": globus.client.id,
        "client_secret": globus.client.secret,
        "oauth_callback_url": BACK,
        "authorize_url": f"{globus.url}/v2/oauth2/authorize",
        "token_url": f"{globus.url}/v2/oauth2/token",
        "userdata_url": f"{globus.url}/v2/oauth2/userinfo",
        "revocation_url": f"{globus.url}/v2/oauth2/token/revoke",
        "extra_authorize_params": {"access_type": "offline"},
        "enable_pkce": False,
        "enable_auth_state": True,
        "allow_all": True,
        **more,
    }
