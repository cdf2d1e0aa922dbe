"""Canvas LMS, API version 1, as far as files go, as people see it with tokens of their own.

https://canvas.instructure.com/doc/api/

The paths are those of the real hosts: `/api/v1/...`, `/files/ID/download`, `/login/oauth2/...`. The bytes are on
another port, as they are on another host in the real one. Operations, as they are counted: `courses.list`,
`courses.get`, `groups.list`, `groups.get`, `users.get`, `users.profile`, `files.list` and `folders.list` (flat),
`folders.files` and `folders.folders` (those of one folder), `folders.by_path`, `folders.get`, `files.get`,
`files.public_url`, `files.download` (the page that redirects), `files.content` (the bytes), `modules.list`,
`modules.get`, `modules.items`, `modules.item`, `modules.sequence`, `oauth.auth`, `oauth.token`, `oauth.revoke`,
`login`, `write` (which is always refused), `unknown`.

Effects of faults that only this emulator has, beside those of `hubdrives.testing.emulators.faults`:

- `link_host`, `link_scheme`: the `Link` header leads to another host, or from http to https.
- `link_no_last`, `link_trimmed`: it lacks the last page, or all but the next.
- `short_pages`: a page holds `size` items (1), whatever was asked for.
- `empty_page`: a page holds nothing but the link to the next.
- `skip_item`, `repeat_item`: a page after the first begins one item too late, or too early: the list was changed.
- `replace_content`: a file gets the content `text` before the answer, and with it another id: the one with the rule's
  `id` or `name`, else the one that the request is about, or the first of the list.
- `expire_tokens`, `revoke_tokens`: all of Canvas's tokens end now, the one of this request too.
- `costly`: the request costs `size` units more.
- `login_page`: the way to the bytes leads to the page for logging in.
- `expired_address`: the signed address of the bytes is too old.
- `deny`: the person doesn't agree to what the application asks for.

And those that stick to an item (by `id` or `name`; to all items without either) until the rules are set anew; their
`operation` does not matter:

- `pending`: it is not yet uploaded.
- `size_mismatch`: its JSON says one byte too many.
- `no_uuid`, `no_modified_at`: its JSON lacks these.
- `no_public_url`: there is no such address for it.

Further control endpoints, each a POST of JSON:

- `/_emulator/enrolments`: a list of `{"login": ..., "course": ID, "role": "student", "teacher" or null}`.
- `/_emulator/locks`: a list of `{"id": ...}` with some of `locked`, `hidden`, `unlock_at`, `lock_at`.
- `/_emulator/site`: an object with some of the settings of `Site`.
- `/_emulator/tokens`: `{"login": ...}`, which answers `{"token": ...}`.
"""

import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import fields, replace
from functools import partial
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler
from yarl import URL

from hubdrives.testing.emulators.canvas import files
from hubdrives.testing.emulators.canvas.access import Access
from hubdrives.testing.emulators.canvas.attachments import is_folder, parse_id
from hubdrives.testing.emulators.canvas.errors import ALL_REASONS, CanvasError
from hubdrives.testing.emulators.canvas.oauth import TOKEN_COST, OAuth, bearer
from hubdrives.testing.emulators.canvas.people import Course
from hubdrives.testing.emulators.canvas.resources import View, uuid, with_string_ids
from hubdrives.testing.emulators.canvas.routes import Match, match
from hubdrives.testing.emulators.canvas.school import STUDENT, School
from hubdrives.testing.emulators.canvas.site import Site
from hubdrives.testing.emulators.canvas.storage import Storage
from hubdrives.testing.emulators.canvas.throttle import Throttle, Visit
from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.faults import Faults, Rule
from hubdrives.testing.emulators.server import Announcement, Answer, Call, Emulator

_STORAGE = web.AppKey("storage", bool)
_LISTS = frozenset(
    {
        "link_host",
        "link_scheme",
        "link_no_last",
        "link_trimmed",
        "short_pages",
        "empty_page",
        "skip_item",
        "repeat_item",
    }
)
_SPECIAL = {"files.download": {"login_page"}, "files.content": {"expired_address"}, "oauth.auth": {"deny"}}
_ALWAYS = _LISTS | {"replace_content", "expire_tokens", "revoke_tokens", "costly"}
_LASTING = {"pending", "size_mismatch", "no_uuid", "no_modified_at", "no_public_url"}
_STRING_IDS = "application/json+canvas-string-ids"


class Canvas(School, Emulator):
    """Canvas with one course that serves a directory, a teacher and a student in it, and whatever is planted.

    Args:
        directory: served live as the files of a course: an edit there is an upload over the file's name, which makes
            another file. Without one the course is empty, and tests plant what they need with
            `canvas.tree.add_file("a.txt", "text", parent=canvas.root)`.
        latency: seconds that each answer waits.
        token_lifetime: of access tokens, seconds; by default an hour for an application's, 120 days for a person's own.
        clock: seconds since 1970.
        authority: asked about access tokens that are not Canvas's own: gives the login of the person, None refuses. An
            unknown person gets an account, and is in no course.

    Attributes:
        site: how the installation is set up.
        storage: where the bytes are.

    Raises:
        SidecarError: from every look at a directory while its `.emulator.json` can't be read.
    """

    def __init__(
        self,
        directory: Path | None = None,
        *,
        latency: float = 0.0,
        token_lifetime: float | None = None,
        clock: Callable[[], float] = time.time,
        authority: Callable[[str], Awaitable[str | None]] | None = None,
    ) -> None:
        special = _ALWAYS.union(*_SPECIAL.values())
        faults = Faults(special=special, lasting=_LASTING, reasons=ALL_REASONS)
        Emulator.__init__(self, faults=faults, latency=latency)
        School.__init__(self, directory, token_lifetime=token_lifetime, clock=clock, host=lambda: self.url)
        self.site = Site()
        self.storage = Storage(self.tree, self.site, clock=clock)
        self._oauth = OAuth(self.tokens, self.people)
        self._throttle = Throttle(self.site, clock=clock)
        self._visits: dict[int, Visit] = {}
        self._clock = clock
        self._authority = authority

    def announce(self, scratch: Path) -> Announcement:
        config = scratch / "hubdrives.toml"
        # A JSON string is a TOML string.
        config.write_text(
            "[connections.canvas]\n"
            'provider = "canvas"\n'
            f"base_url = {json.dumps(self.url)}\n"
            f"root = {json.dumps(self.location)}\n"
            'credential = { kind = "token", token_env = "CANVAS_API_TOKEN" }\n',
            encoding="utf-8",
        )
        token = self.token(STUDENT)
        return Announcement(
            self.location, {"HUBDRIVES_CONFIG": str(config), "CANVAS_API_TOKEN": token}, {"token": token}
        )

    def web_app(self) -> web.Application:
        app = super().web_app()
        app.middlewares.append(self._count_cost)
        app.on_response_prepare.append(self._begin)
        app.cleanup_ctx.append(self._run_storage)
        return app

    async def _run_storage(self, _app: web.Application) -> AsyncIterator[None]:
        """Serve the bytes on a port of their own: to a browser, and to HTTP clients, another origin."""
        app = web.Application()
        app[_STORAGE] = True
        app.add_routes([web.route("*", "/{path:.*}", self._serve)])
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.storage.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield
        finally:
            await runner.cleanup()

    @web.middleware
    async def _count_cost(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith("/_emulator/"):
            return await handler(request)
        cost = TOKEN_COST if request.path == "/login/oauth2/token" else 0.0
        visit = self._visits[id(request)] = self._throttle.enter(bearer(request) or request.remote or "", cost=cost)
        try:
            response = await handler(request)
        finally:
            del self._visits[id(request)]
            self._throttle.leave(visit)
        if not response.prepared:
            _tell_cost(response, visit)
        return response

    async def _begin(self, request: web.Request, response: web.StreamResponse) -> None:
        """What is sent in pieces takes its headers along when it begins."""
        if visit := self._visits.get(id(request)):
            self._throttle.leave(visit)
            _tell_cost(response, visit)

    async def understand(self, request: web.Request) -> Call:
        segments = tuple(request.path.strip("/").split("/"))
        if _STORAGE in request.app:
            call = Call(request, "files.content" if request.method == "GET" else "unknown", request.query, segments)
            call.ids = (self.storage.file_of(call),)
        else:
            found = match(request.method, request.rel_url.raw_path)
            call = Call(request, found.operation, request.query, segments, self._concerned(found))
        call.names = tuple(self.tree[each].name for each in call.ids if each in self.tree)
        call.possible = frozenset(_ALWAYS | _SPECIAL.get(call.operation, set()))
        return call

    def refuse(self, rule: Rule) -> Answer:
        return self._worded(CanvasError(rule.reason or "internal_server_error", status=rule.status))

    def busy(self) -> Answer:
        return CanvasError("unavailable").answer()

    async def answer(self, call: Call) -> Answer:
        try:
            if rule := call.faults.get("replace_content"):
                await self._replace(call, rule)
            if _STORAGE in call.request.app:
                return self.storage.get(call)
            self._admit(call)
            answer = await self._dispatch(call, match(call.request.method, call.request.rel_url.raw_path))
        except CanvasError as error:
            return self._worded(error)
        if _STRING_IDS in call.request.headers.get("Accept", "") and call.segments[0] == "api":
            body = with_string_ids(json.loads(bytes(answer.body) if isinstance(answer.body, bytes) else b""))
            return Answer.json(body, status=answer.status, headers=answer.headers)
        return answer

    def _worded(self, error: CanvasError) -> Answer:
        """The answer that an error is at this installation."""
        if error.reason == "unauthorized" and error.status is None:
            error.status = self.site.forbidden
        elif error.reason == "throttled" and error.status is None:
            error.status = self.site.throttled
        return error.answer()

    def _admit(self, call: Call) -> None:
        """What is looked at before anything else.

        Raises:
            CanvasError: 403 or 429.
        """
        visit = self._visits[id(call.request)]
        if visit.refused:
            raise CanvasError("throttled")
        if rule := call.faults.get("costly"):
            visit.cost += rule.size
        if not call.request.headers.get("User-Agent"):
            raise CanvasError("no_user_agent")
        if "expire_tokens" in call.faults:
            self.tokens.expire_all()
        if "revoke_tokens" in call.faults:
            self.tokens.revoke_all()

    async def _dispatch(self, call: Call, found: Match) -> Answer:
        match found.operation:
            case "login":
                return await self._oauth.login(call)
            case "oauth.auth":
                return await self._oauth.authorize(call)
            case "oauth.token":
                return await self._oauth.token(call)
            case "oauth.revoke":
                return await self._oauth.revoke(call)
            case "files.download":
                return await self._download(call, found)
        if found.handler is None:
            raise CanvasError("not_found")
        view = await self._log_in(call.request, scope=found.scope)
        return await found.handler(view, call, found.args)

    async def _download(self, call: Call, found: Match) -> Answer:
        """The page of a file: who is not logged in is sent where one can."""
        file = parse_id(found.args["id"])
        shown = call.params.get("verifier")
        if self.site.verifiers and shown and self.tree.exists(file) and shown == uuid(self.tree[file]):
            return files.redirect_to_bytes(self._view(""), self.tree[file])
        view = None if "login_page" in call.faults else await self._visitor(call.request)
        if view is None:
            return Answer(302, headers={"Location": str(URL("/login") % {"return_to": call.request.path})})
        return await files.download(view, call, found.args)

    async def _visitor(self, request: web.Request) -> View | None:
        """Who looks at a page: by cookie, or by token where pages take one; None is nobody that is known."""
        login = self._oauth.logged_in(request)
        if login is not None:
            return self._view(login)
        try:
            return None if self.site.verifiers else await self._log_in(request)
        except CanvasError:
            return None

    async def _log_in(self, request: web.Request, *, scope: str = "") -> View:
        token = bearer(request)
        if token is None:
            raise CanvasError("unauthenticated")
        session = self.tokens.session(token)
        if session is not None:
            if scope and session.scopes is not None and scope not in session.scopes:
                raise CanvasError("insufficient_scopes")
            return self._view(session.login)
        login = None if self._authority is None else await self._authority(token)
        if login is None:
            raise CanvasError("invalid_token")
        return self._view(login)

    def _view(self, login: str) -> View:
        access = Access(self.tree, self.people, self.modules, self.people.person(login), self._clock())
        return View(access, self.faults, self.site, self.storage, self.url)

    def _concerned(self, found: Match) -> tuple[str, ...]:
        """The ids of what a request is about; worked out only when a rule might ask for them."""
        args = found.args
        if not self.faults.rules or not found.operation.startswith(("files.", "folders.")):
            return ()
        node = parse_id(args.get("id", ""))
        if node in self.tree:
            return (node, *(each.id for each in self.tree.children(node)))
        context = None if node else files.named_context(self.people, args)
        return () if context is None else (context.id, *(each.id for each in self.tree.living(context.root)))

    async def _replace(self, call: Call, rule: Rule) -> None:
        for each in call.ids:
            if not self.tree.exists(each) or is_folder(self.tree[each]):
                continue
            node = self.tree[each]
            if rule.id not in {None, each} or rule.name not in {None, node.name} or node.content is None:
                continue
            if node.content.path is None:
                self.tree.replace(each, Content.of(rule.text))
            else:
                node.content.path.write_text(rule.text, encoding="utf-8")
                await self.refresh()
            return

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/_emulator/enrolments", self._set_enrolments),
            web.post("/_emulator/locks", self._set_locks),
            web.post("/_emulator/site", self._set_site),
            web.post("/_emulator/tokens", self._make_token),
        ]

    async def _set_enrolments(self, request: web.Request) -> web.Response:
        for each in await request.json():
            course = self.people.find("courses", str(each["course"]))
            if not isinstance(course, Course):
                raise web.HTTPNotFound
            if each["role"] is None:
                self.unenrol(each["login"], course)
            else:
                self.enrol(each["login"], course, each["role"])
        return web.Response(status=204)

    async def _set_locks(self, request: web.Request) -> web.Response:
        for each in await request.json():
            changes = {name: value for name, value in each.items() if name != "id"}
            self._change_lock(each["id"], partial(replace, **changes))
        return web.Response(status=204)

    async def _set_site(self, request: web.Request) -> web.Response:
        settings = await request.json()
        if unknown := settings.keys() - {each.name for each in fields(Site)}:
            raise web.HTTPBadRequest(text=f"unknown settings {sorted(unknown)}\n")
        for name, value in settings.items():
            setattr(self.site, name, value)
        return web.Response(status=204)

    async def _make_token(self, request: web.Request) -> web.Response:
        return web.json_response({"token": self.token((await request.json())["login"])})


def _tell_cost(response: web.StreamResponse, visit: Visit) -> None:
    if "X-Rate-Limit-Remaining" not in response.headers:
        response.headers.update(visit.headers)
