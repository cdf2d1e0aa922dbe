"""A Seafile server: seahub, which speaks JSON, and the fileserver, which has the bytes, below one address.

https://download.seafile.com/published/web-api/home.md

Operations, as they are counted: `auth.token`, `auth.ping`, `ping`, `server.info`, `account.info`, `.token`;
`repos.default`, `.make_default`, `.list`, `.create`, `.get`, `.change`, `.delete`, `.history`, `.password`;
`groups.list`, `.repos`; `users.search`;
`dir.list`, `dir.uptodate` (a list that is asked for with the `oid` that one knows), `.change`, `.delete`,
`.create_all`, `.detail`, `.revert`; `file.link`, `.detail`, `.change`, `.delete`, `.history`, `.revision`, `.revert`;
`upload.link`, `upload.bytes`, `update.link`; `zip.task`, `.progress`, `.cancel`; `move.task`, `.progress`, `.several`,
`copy.several`; `shares.list`, `.create`, `.change`, `.delete`, `.with_me`, `.leave`, `.by_me`, `.folders`;
`links.list`, `.create`, `.delete`, `.smart`, `.follow`; `public.list`, `.file`, `.get`; `search`, `search.names`;
`library.info` (all other operations by library token count as those by account); of the fileserver
`files.get`, `files.head`, `upload`, `update`, `zip.get`; `redirect` (a slash was missing), `unknown`.

Effects of faults that only this emulator has, beside those of `hubdrives.testing.emulators.faults`:

- `expire_tokens`: the tokens of all accounts end now, the one of this request too.
- `replace_content`: the file that the request is about, by its path, has the content `text` before the answer.
- `refuse_after_effect`: a write is carried out, and answered with 500, or `status`.
- `reset_after_effect`: a write is carried out, and the connection closed without an answer.
- `rival`: somebody makes a folder of the very name first: of `dir.change`, `file.change`, `move.*` and `copy.several`.
  Of `upload`: a file with the content `text`, or gives the one that is there that content.
- `mangled`: `upload` stores a file under the name `text`.
- `damaged`: other bytes arrive by `upload` than were sent.
- `duplicate_repos`: `repos.list` tells everything twice.
- `nfd_names`: names in `dir.list` are in the decomposed form of Unicode.
- `link_once`: `file.link` gives a link that serves once, whatever was asked for.
- `expired_link`: of `files.get`, `files.head`, `upload`, `update` and `zip.get`: the link is too old.
- `ignore_range`: `files.get` sends all the bytes, whatever part was asked for.
- `short_range`: `files.get` sends `size` (1) bytes less of a part than it says.
- `share_failed`: `shares.create` fails for every user, and says so in an answer of success.
- `move_failed`: a `move.task` from one library to another does nothing, and ends in failure.
- `zip_stuck`: `zip.progress` says that nothing is done yet.
- `zip_failed`: `zip.progress` says that it failed; the task is gone then.

And one that sticks to a library (by `id` or `name`; to all without either) until the rules are set anew; its
`operation` does not matter:

- `read_only`: who may read and write may only read.

A request is about the library in its path, and about the file or folder whose path is in its query; for the fileserver
those that the link is for.

Further control endpoints, each a POST of JSON:

- `/_emulator/users`: `{"email": ..., "name": ..., "password": ...}`, which answers with `{"email", "password"}`.
- `/_emulator/groups`: `{"name": ..., "owner": EMAIL, "members": [EMAIL, ...]}`, which answers with `{"id": ...}`.
- `/_emulator/libraries`: `{"name": ..., "owner": EMAIL, "password": ...}`, the same.
- `/_emulator/shares`: `{"library": ID, "email": ..., "permission": ...}`; `group` (its id) in place of `email`, neither
  for everybody.
- `/_emulator/tokens`: `{"email": ...}`, which answers `{"token": ...}`; without an address the account's.
- `/_emulator/library_tokens`: `{"library": ID, "permission": "rw"}`, the same; without an id the served library's.
- `/_emulator/settings`: an object with some of `Settings`; `login_issuer` is one of `LoginIssuer`.
"""

import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from aiohttp import web

from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.faults import Faults, Rule
from hubdrives.testing.emulators.seafile.asking import split
from hubdrives.testing.emulators.seafile.errors import REASONS, SeafileError, html_page
from hubdrives.testing.emulators.seafile.gate import Gate
from hubdrives.testing.emulators.seafile.libraries import Library
from hubdrives.testing.emulators.seafile.people import User
from hubdrives.testing.emulators.seafile.routes import Match, match
from hubdrives.testing.emulators.seafile.settings import LoginIssuer, Settings
from hubdrives.testing.emulators.seafile.site import Site
from hubdrives.testing.emulators.seafile.view import ANONYMOUS, View
from hubdrives.testing.emulators.server import Announcement, Answer, Call, Emulator

_LINK = frozenset({"expired_link"})
_RIVAL = frozenset({"rival"})
_SPECIAL: Mapping[str, frozenset[str]] = {
    "repos.list": frozenset({"duplicate_repos"}),
    "dir.list": frozenset({"nfd_names"}),
    "dir.uptodate": frozenset({"nfd_names"}),
    "file.link": frozenset({"link_once"}),
    "files.get": _LINK | {"ignore_range", "short_range"},
    "files.head": _LINK,
    "upload": _LINK | _RIVAL | {"damaged", "mangled"},
    "update": _LINK,
    "zip.get": _LINK,
    "shares.create": frozenset({"share_failed"}),
    "zip.progress": frozenset({"zip_stuck", "zip_failed"}),
    "move.task": _RIVAL | {"move_failed"},
    **{f"{each}": _RIVAL for each in ("dir.change", "file.change", "move.several", "copy.several")},
}
_ALWAYS = frozenset({"expire_tokens", "replace_content"})
_OF_WRITES = frozenset({"refuse_after_effect", "reset_after_effect"})
_LASTING = frozenset({"read_only"})
_HARMLESS = frozenset({"GET", "HEAD"})
_ERRORS = 400  # and above
_DEFAULT_WAIT = 7  # seconds


class Seafile(Site, Emulator):
    """A server with an account on it, and a library of that account.

    Args:
        directory: served live as that library: an edit there is its owner's, and what clients do through the API is
            done there, too. Without one the library is empty, and tests plant what they need with
            `seafile.add_file("a/b.txt", "text")`.
        latency: seconds that each answer waits.
        clock: seconds since 1970.

    Raises:
        SidecarError: from every look at a directory while its `.emulator.json` can't be read.
    """

    def __init__(
        self, directory: Path | None = None, *, latency: float = 0.0, clock: Callable[[], float] = time.time
    ) -> None:
        special = (_ALWAYS | _OF_WRITES).union(*_SPECIAL.values())
        Emulator.__init__(self, faults=Faults(special=special, lasting=_LASTING, reasons=REASONS), latency=latency)
        Site.__init__(self, directory, clock=clock)
        self._gate = Gate(self, clock=clock)

    @property
    def location(self) -> str:
        """What a person would paste for the library."""
        return self.url + self.web_address(self.library)

    def announce(self, scratch: Path) -> Announcement:
        config = scratch / "hubdrives.toml"
        # A JSON string is a TOML string.
        config.write_text(
            "[connections.seafile]\n"
            'provider = "seafile"\n'
            f"base_url = {json.dumps(self.url)}\n"
            f"root = {json.dumps(self.location)}\n"
            'credential = { kind = "token", scheme = "Token", token_env = "SEAFILE_TOKEN" }\n',
            encoding="utf-8",
        )
        return Announcement(
            self.location,
            {"HUBDRIVES_CONFIG": str(config), "SEAFILE_TOKEN": self.token()},
            {
                "token": self.token(),
                "username": self.account.email,
                "password": self.account.password,
                "library": self.libraries.name(self.library),
                "library_id": self.library.id,
                "library_token": self.library_token().token,
            },
        )

    def web_app(self) -> web.Application:
        app = super().web_app()
        app.cleanup_ctx.append(self._keep_store)
        return app

    async def _keep_store(self, _app: web.Application) -> AsyncIterator[None]:
        self.store.open()
        yield
        self.store.close()

    async def understand(self, request: web.Request) -> Call:
        found = match(request.method, request.rel_url.raw_path)
        operation = "dir.uptodate" if found.operation == "dir.list" and "oid" in request.query else found.operation
        call = Call(request, operation, request.query, tuple(request.path.strip("/").split("/")))
        call.ids, call.names = self._concerned(call, found)
        writes = frozenset() if request.method in _HARMLESS else _OF_WRITES
        call.possible = _ALWAYS | _SPECIAL.get(operation, frozenset()) | writes
        return call

    def refuse(self, rule: Rule) -> Answer:
        reason = rule.reason or "internal"
        wait = rule.retry_after if reason == "throttled" else None
        return SeafileError(reason, status=rule.status, wait=wait).answer()

    def busy(self) -> Answer:
        return SeafileError("operation_failed").answer()

    async def answer(self, call: Call) -> Answer:
        try:
            answer = await self._do(call)
        except SeafileError as error:
            return error.answer()
        except NotADirectoryError:
            return SeafileError("operation_failed").answer()
        if answer.status >= _ERRORS:
            return answer
        if rule := call.faults.get("refuse_after_effect"):
            return SeafileError("internal", status=rule.status).answer()
        if "reset_after_effect" in call.faults and call.request.transport is not None:
            call.request.transport.close()
        return answer

    async def _do(self, call: Call) -> Answer:
        found = match(call.request.method, call.request.rel_url.raw_path)
        if rule := call.faults.get("replace_content"):
            await self._replace(call, found, rule)
        if "expire_tokens" in call.faults:
            self.people.end_tokens()
        if found.handler is not None:
            return await found.handler(self._view(call, found), call, found.args)
        match found.status:
            case 301:
                url = call.request.rel_url
                return Answer(
                    301, headers={"Location": str(url.with_path(f"{url.raw_path}/", encoded=True, keep_query=True))}
                )
            case 405:
                raise SeafileError("method_not_allowed", f'Method "{call.request.method}" not allowed.')
        return html_page(404, "Page not found")

    def _view(self, call: Call, found: Match) -> View:
        """Who asks, and what they may see. Raises SeafileError: 401, 403 or 429."""
        header = call.request.headers.get("Authorization", "")
        match found.who:
            case "user":
                return View(self, self._gate.user(header), self.url, self.faults)
            case "library":
                token = self._gate.library(header)
                return View(self, User(token.app, token.app, ""), self.url, self.faults, token)
        return View(self, ANONYMOUS, self.url, self.faults)

    def _concerned(self, call: Call, found: Match) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Ids and names of what a request is about; worked out only when a rule might ask for them."""
        if not self.faults.rules:
            return (), ()
        names = [split(call.params[each])[1] for each in ("p", "path") if each in call.params]
        library = self._library(found)
        if (ticket := self.tickets.peek(found.args.get("token", ""))) is not None:
            names.append(ticket.name)
        if library is None:
            return (), tuple(names)
        return (library.id,), (*names, self.libraries.name(library))

    def _library(self, found: Match) -> Library | None:
        ticket = self.tickets.peek(found.args.get("token", ""))
        return self.libraries.get(found.args.get("repo", "") if ticket is None else ticket.library)

    async def _replace(self, call: Call, found: Match, rule: Rule) -> None:
        library = self._library(found) or self.library
        node = self.vault.at(library.root, call.params.get("p", call.params.get("path", "")))
        if node is not None and node.content is not None:
            async with self.writing(library.owner):
                self.vault.replace(node.id, Content.of(rule.text))

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/_emulator/users", self._make_user),
            web.post("/_emulator/groups", self._make_group),
            web.post("/_emulator/libraries", self._make_library),
            web.post("/_emulator/shares", self._make_share),
            web.post("/_emulator/tokens", self._make_token),
            web.post("/_emulator/library_tokens", self._make_library_token),
            web.post("/_emulator/settings", self._set_settings),
        ]

    async def _make_user(self, request: web.Request) -> web.Response:
        wanted = await request.json()
        user = self.add_user(wanted["email"], wanted.get("name", ""), password=wanted.get("password"))
        return web.json_response({"email": user.email, "password": user.password})

    async def _make_group(self, request: web.Request) -> web.Response:
        wanted = await request.json()
        group = self.add_group(wanted["name"], wanted.get("members", ()), owner=wanted.get("owner"))
        return web.json_response({"id": group.id})

    async def _make_library(self, request: web.Request) -> web.Response:
        wanted = await request.json()
        made = self.add_library(wanted["name"], wanted.get("owner"), password=wanted.get("password"))
        return web.json_response({"id": made.id})

    async def _make_share(self, request: web.Request) -> web.Response:
        wanted = await request.json()
        library = self.libraries.get(wanted["library"])
        if library is None:
            raise web.HTTPBadRequest(text=f"no library {wanted['library']}\n")
        group = self.people.groups[wanted["group"]] if "group" in wanted else None
        self.share(library, group or wanted.get("email"), wanted.get("permission", "r"))
        return web.Response(status=204)

    async def _make_token(self, request: web.Request) -> web.Response:
        return web.json_response({"token": self.token((await request.json()).get("email"))})

    async def _make_library_token(self, request: web.Request) -> web.Response:
        wanted = await request.json()
        library = self.libraries.get(wanted.get("library", ""))
        return web.json_response({"token": self.library_token(library, wanted.get("permission", "rw")).token})

    async def _set_settings(self, request: web.Request) -> web.Response:
        settings: dict[str, Any] = await request.json()
        if unknown := settings.keys() - {each.name for each in fields(Settings)}:
            raise web.HTTPBadRequest(text=f"unknown settings {sorted(unknown)}\n")
        for name, value in settings.items():
            setattr(self.settings, name, LoginIssuer(**value) if name == "login_issuer" and value else value)
        return web.Response(status=204)
