"""Box's Content API 2.0, as far as files, folders, versions, search and sharing go.

https://developer.box.com/reference/

One server stands for all of Box's hosts: `/2.0/...` is api.box.com, `/api/2.0/...` upload.box.com, `/oauth2/...` both
api.box.com and account.box.com. The bytes are on another port, as they are on another host in the real one. Operations,
as they are counted: `oauth.token`, `oauth.revoke`, `oauth.authorize`, `users.me`, `users.list`, `groups.list`;
`folders.get`, `.items`, `.create`, `.update`, `.delete`, `.collaborations`, `.trash`, `.restore`, `.purge`;
`files.get`, `.content` (which redirects), `.update`, `.delete`, `.copy`, `.preflight`, `.collaborations`, `.trash`,
`.restore`, `.purge`, `.upload`, `.upload_version`; `uploads.create`, `.create_version`, `.part`, `.parts`, `.status`,
`.plan`, `.commit`, `.abort`; `versions.list`, `.get`, `.promote`, `.delete`; `search`, `shared_items`, `events`,
`trash.items`; `collaborations.create`, `.get`, `.list`, `.update`, `.delete`; `cdn.get` (the bytes), `unknown`.

Effects of faults that only this emulator has, beside those of `hubdrives.testing.emulators.faults`:

- `short_pages`: a page holds at most `size` items (1), whatever was asked for.
- `empty_marker`: `next_marker` is "" on the last page, not null.
- `order_object`: `order` of a list by offset is an object, not a list.
- `skip_item`, `repeat_item`: a page after the first begins one item too late, or too early: something was moved.
- `replace_content`: a file becomes a new version with the content `text` before the answer: the one with the rule's
  `id` or `name`, else the one that the request is about.
- `expire_tokens`: all access tokens end now, the one of this request too.
- `refuse_after_effect`: a write is carried out, and answered with 503; `retry_after`.
- `not_ready`: `files.content` is answered with 202; `retry_after` (0).
- `commit_later`: `uploads.commit` is answered with 202; `retry_after` (0).
- `session_expired`: the upload session has ended.
- `expired_address`: of `cdn.get`, the signed address is too old.
- `ignore_range`: `cdn.get` sends all the bytes, whatever part was asked for.
- `expired_position`: `events` has forgotten what came after the position.
- `repeat_events`, `shuffle_events`, `delay_events`: `events` tells everything twice, or the newest first, or holds the
  newest back.

And those that stick to an item (by `id` or `name`; to all items without either) until the rules are set anew; their
`operation` does not matter:

- `locked`: somebody locked the file: it can be neither read nor written.
- `malware`: a policy keeps people from reading it.
- `float_sizes`: its size in JSON is a number with a point.

A request is about the file or folder in its path and what is in that folder; an upload of a new file is about none.

Further control endpoints, each a POST of JSON:

- `/_emulator/users`: `{"login": ..., "name": ...}`, which answers with `{"id": ...}`.
- `/_emulator/groups`: `{"name": ..., "members": [LOGIN, ...]}`, the same.
- `/_emulator/collaborations`: `{"item": ID, "login": ..., "role": ...}`, the same.
- `/_emulator/tokens`: `{"login": ...}`, which answers `{"token": ...}`; without a login the service account's.
- `/_emulator/site`: an object with some of the settings of `Site`.
"""

import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from aiohttp import web

from hubdrives.testing.emulators.box.access import Access
from hubdrives.testing.emulators.box.cdn import Cdn
from hubdrives.testing.emulators.box.enterprise import Enterprise
from hubdrives.testing.emulators.box.errors import ALL_REASONS, BoxError
from hubdrives.testing.emulators.box.links import link_of
from hubdrives.testing.emulators.box.resources import View
from hubdrives.testing.emulators.box.routes import HARMLESS, Match, match
from hubdrives.testing.emulators.box.sessions import Sessions
from hubdrives.testing.emulators.box.site import MIB, Site
from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.faults import Faults, Rule
from hubdrives.testing.emulators.server import Announcement, Answer, Call, Emulator
from hubdrives.testing.emulators.tree import FILE

_CDN = web.AppKey("cdn", bool)
_LISTS = frozenset({"short_pages", "empty_marker", "order_object", "skip_item", "repeat_item"})
_EVENTS = frozenset({"expired_position", "repeat_events", "shuffle_events", "delay_events", "short_pages"})
_SESSION = frozenset({"session_expired"})
_SPECIAL: Mapping[str, frozenset[str]] = {
    "files.content": frozenset({"not_ready"}),
    "cdn.get": frozenset({"expired_address", "ignore_range"}),
    "events": _EVENTS,
    "uploads.commit": _SESSION | {"commit_later"},
    **{f"uploads.{each}": _SESSION for each in ("part", "parts", "status", "plan", "abort")},
}
_ALWAYS = _LISTS | {"replace_content", "expire_tokens"}
_LASTING = frozenset({"locked", "malware", "float_sizes"})
_ERRORS = 400  # and above


class Box(Enterprise, Emulator):
    """Box with one enterprise, an application in it, and a person's folder that the application may edit.

    Args:
        directory: served live as that folder: an edit there is its owner's new version, and what clients do through the
            API is done there, too. Without one the folder is empty, and tests plant what they need with
            `box.tree.add_file("a.txt", "text", parent=box.root)`.
        latency: seconds that each answer waits.
        token_lifetime: of access tokens, seconds.
        clock: seconds since 1970.
        part_size, chunked_minimum, search_lag, address_lifetime: see `Site`.

    Attributes:
        site: how it is set up.
        cdn: where the bytes are.

    Raises:
        SidecarError: from every look at a directory while its `.emulator.json` can't be read.
    """

    def __init__(
        self,
        directory: Path | None = None,
        *,
        latency: float = 0.0,
        token_lifetime: float = 3600.0,
        clock: Callable[[], float] = time.time,
        part_size: int = 8 * MIB,
        chunked_minimum: int = 20_000_000,
        search_lag: float = 0.0,
        address_lifetime: float = 900.0,
    ) -> None:
        special = _ALWAYS.union(*_SPECIAL.values()) | {"refuse_after_effect"}
        Emulator.__init__(self, faults=Faults(special=special, lasting=_LASTING, reasons=ALL_REASONS), latency=latency)
        Enterprise.__init__(self, directory, token_lifetime=token_lifetime, clock=clock)
        self.site = Site(part_size, chunked_minimum, search_lag, address_lifetime)
        self.cdn = Cdn(self.site, clock=clock)
        self._sessions = Sessions(self.blobs, self.site, clock=clock)
        self._clock = clock

    def announce(self, scratch: Path) -> Announcement:
        config = scratch / "hubdrives.toml"
        # A JSON string is a TOML string.
        config.write_text(
            "[connections.box]\n"
            'provider = "box"\n'
            f"base_url = {json.dumps(self.url)}\n"
            f"root = {json.dumps(self.location)}\n"
            f'credential = {{ kind = "box_ccg", client_id = {json.dumps(self.app.client_id)}, '
            f'client_secret_env = "BOX_CLIENT_SECRET", enterprise_id = {json.dumps(self.app.enterprise_id)} }}\n',
            encoding="utf-8",
        )
        return Announcement(
            self.location,
            {"HUBDRIVES_CONFIG": str(config), "BOX_CLIENT_SECRET": self.app.client_secret},
            {
                "client_id": self.app.client_id,
                "client_secret": self.app.client_secret,
                "enterprise_id": self.app.enterprise_id,
            },
        )

    def web_app(self) -> web.Application:
        app = super().web_app()
        app.cleanup_ctx.append(self._run_cdn)
        return app

    async def _run_cdn(self, _app: web.Application) -> AsyncIterator[None]:
        """Serve the bytes on a port of their own: to HTTP clients, another origin."""
        app = web.Application()
        app[_CDN] = True
        app.add_routes([web.route("*", "/{path:.*}", self._serve)])
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        self.blobs.open()
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.cdn.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield
        finally:
            await runner.cleanup()
            self.blobs.close()

    async def understand(self, request: web.Request) -> Call:
        segments = tuple(request.path.strip("/").split("/"))
        if _CDN in request.app:
            call = Call(request, "cdn.get" if request.method == "GET" else "unknown", request.query, segments)
            address = self.cdn.address(call)
            call.ids = () if address is None else (address.file,)
        else:
            found = match(request.method, request.rel_url.raw_path)
            call = Call(request, found.operation, request.query, segments, self._concerned(found))
        call.names = tuple(self.tree[each].name for each in call.ids if each in self.tree)
        writes = frozenset() if request.method in HARMLESS else frozenset({"refuse_after_effect"})
        call.possible = _ALWAYS | _SPECIAL.get(call.operation, frozenset()) | writes
        return call

    def refuse(self, rule: Rule) -> Answer:
        return BoxError(rule.reason or "internal_server_error", status=rule.status).answer()

    def busy(self) -> Answer:
        return BoxError("unavailable").answer()

    async def answer(self, call: Call) -> Answer:
        try:
            answer = await self._do(call)
        except BoxError as error:
            return error.answer()
        rule = call.faults.get("refuse_after_effect")
        if rule is None or answer.status >= _ERRORS:
            return answer
        refused = BoxError("unavailable", status=rule.status).answer()
        wait = {} if rule.retry_after is None else {"Retry-After": str(rule.retry_after)}
        return Answer(refused.status, refused.body, {**refused.headers, **wait})

    async def _do(self, call: Call) -> Answer:
        if rule := call.faults.get("replace_content"):
            await self._replace(call, rule)
        if "expire_tokens" in call.faults:
            self.tokens.expire_all()
        if _CDN in call.request.app:
            return self.cdn.get(call)
        if answer := self._of_oauth(call.operation):
            return await answer(call)
        found = match(call.request.method, call.request.rel_url.raw_path)
        view = self._view(call)
        if found.handler is None:
            raise BoxError("not_found")
        return await found.handler(view, call, found.args)

    def _of_oauth(self, operation: str) -> Callable[[Call], Awaitable[Answer]] | None:
        match operation:
            case "oauth.authorize":
                return self.oauth.authorize
            case "oauth.token":
                return self.oauth.token
            case "oauth.revoke":
                return self.oauth.revoke
        return None

    def _view(self, call: Call) -> View:
        """Who asks, and what they may see.

        Raises:
            BoxError: 401, or what is wrong with a shared link.
        """
        header = call.request.headers.get("Authorization", "")
        token = header[7:] if header[:7].lower() == "bearer " else call.params.get("access_token", "")
        grant = self.tokens.grant(token)
        access = Access(
            self.tree,
            self.sharing,
            self.people.users[grant.user],
            self.tokens.scopes(grant),
            grant.resource,
            link_of(call, self.sharing),
        )
        return View(self, access, self.faults, self.site, self.cdn, self._sessions, self.url, self._clock())

    def _concerned(self, found: Match) -> tuple[str, ...]:
        """The ids of what a request is about; worked out only when a rule might ask for them."""
        node = found.args.get("id", "")
        if not self.faults.rules or node not in self.tree:
            return ()
        return (node, *(each.id for each in self.tree.children(node)))

    async def _replace(self, call: Call, rule: Rule) -> None:
        for each in call.ids:
            node = self.tree[each]
            if node.kind == FILE and rule.id in {None, each} and rule.name in {None, node.name}:
                async with self.writing(self.owner):
                    self.tree.replace(each, Content.of(rule.text))
                return

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/_emulator/users", self._make_user),
            web.post("/_emulator/groups", self._make_group),
            web.post("/_emulator/collaborations", self._make_collaboration),
            web.post("/_emulator/tokens", self._make_token),
            web.post("/_emulator/site", self._set_site),
        ]

    async def _make_user(self, request: web.Request) -> web.Response:
        wanted = await request.json()
        return web.json_response({"id": self.add_user(wanted["login"], wanted.get("name", "")).id})

    async def _make_group(self, request: web.Request) -> web.Response:
        wanted = await request.json()
        return web.json_response({"id": self.add_group(wanted["name"], wanted.get("members", ())).id})

    async def _make_collaboration(self, request: web.Request) -> web.Response:
        wanted = await request.json()
        return web.json_response({"id": self.collaborate(wanted["item"], wanted["login"], wanted["role"]).id})

    async def _make_token(self, request: web.Request) -> web.Response:
        return web.json_response({"token": self.token((await request.json()).get("login"))})

    async def _set_site(self, request: web.Request) -> web.Response:
        settings: dict[str, Any] = await request.json()
        if unknown := settings.keys() - {each.name for each in fields(Site)}:
            raise web.HTTPBadRequest(text=f"unknown settings {sorted(unknown)}\n")
        for name, value in settings.items():
            setattr(self.site, name, value)
        return web.Response(status=204)
