"""Globus: Auth, Transfer, the web app's addresses, and the HTTPS servers of collections.

https://docs.globus.org/api/

One server stands for auth.globus.org (`/v2/...`), transfer.api.globus.org (`/v0.10/...`) and app.globus.org; each
collection has its HTTPS server on a port of its own. Operations, as they are counted: those of `auth_routes` and of
`transfer_routes`; `https.get`, `.head`, `.put`, `.delete`; `unknown`.

Effects of faults that only this emulator has, beside those of `hubdrives.testing.emulators.faults` and those that
`transfer_routes` tells of:

- `expire_tokens`: all access tokens end now, the one of this request too.
- `forget_refresh_tokens`: the same of all refresh tokens: to use one gives `invalid_grant`.
- `withdraw_consents`: people have taken back all that they ever allowed.
- `withdraw_data_access`: the same of nothing but the consents for the data of collections.
- `expire_sessions`: all logins are forgotten: collections that want a recent one refuse.

A request is about the collection, or the task, in its path, and about the file or folder whose `path` is in its query;
one to an HTTPS server about that collection and the file.

Further control endpoints, each a POST of JSON:

- `/_emulator/identities`: `{"username": ..., "name": ...}`, which answers with `{"id": ...}`; `linked_to` is the
  username of another identity of the same person.
- `/_emulator/collections`: `{"display_name": ..., "entity_type": ..., "owner": USERNAME}`, the same.
- `/_emulator/shares`: `{"collection": ID, "who": USERNAME, "permissions": "r", "path": "/"}`.
- `/_emulator/tokens`: `{"scope": ..., "who": USERNAME}`, which answers `{"token": ...}`.
- `/_emulator/clock`: `{"advance": SECONDS}`.
- `/_emulator/settings`: an object with some of `Settings`.
"""

import json
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import fields
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from aiohttp import web

from hubdrives.testing.emulators.faults import Faults, Rule
from hubdrives.testing.emulators.globus import https, transfer_routes
from hubdrives.testing.emulators.globus.collections import MAPPED
from hubdrives.testing.emulators.globus.data_servers import SERVES_DATA, DataServers
from hubdrives.testing.emulators.globus.errors import REASONS, AuthError, GlobusError, TransferError, error_of
from hubdrives.testing.emulators.globus.named import AUTH, TRANSFER
from hubdrives.testing.emulators.globus.routes import TRANSFER_PATH, Match, match
from hubdrives.testing.emulators.globus.settings import Settings
from hubdrives.testing.emulators.globus.shelf import names_of
from hubdrives.testing.emulators.globus.site import Site
from hubdrives.testing.emulators.globus.tokens import Grant, InvalidTokenError
from hubdrives.testing.emulators.globus.view import View
from hubdrives.testing.emulators.server import Announcement, Answer, Call, Emulator

_ALWAYS = frozenset(
    {"expire_tokens", "forget_refresh_tokens", "withdraw_consents", "withdraw_data_access", "expire_sessions"}
)
_ERRORS = 400  # and above


class Globus(Site, Emulator):
    """Globus with a person, a confidential client, and a mapped collection of the person's.

    Args:
        directory: served live as that collection. Without one it is empty, and tests plant what they need with
            `globus.add_file("a/b.txt", "text")`.
        latency: seconds that each answer waits.
        clock: seconds since 1970.
        tls: what the HTTPS servers of collections speak TLS with, for the name `localhost`; None is plain HTTP.

    Raises:
        SidecarError: from every look at a directory while its `.emulator.json` can't be read.
    """

    def __init__(
        self,
        directory: Path | None = None,
        *,
        latency: float = 0.0,
        clock: Callable[[], float] = time.time,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        special = _ALWAYS.union(*transfer_routes.SPECIAL.values())
        faults = Faults(special=special, lasting=transfer_routes.LASTING, reasons=REASONS)
        Emulator.__init__(self, faults=faults, latency=latency)
        Site.__init__(self, directory, clock=clock, faults=faults)
        self._data_servers = DataServers(self._serve, tls=tls)

    @property
    def location(self) -> str:
        """What a person would paste for the collection."""
        return self.web_address()

    def announce(self, scratch: Path) -> Announcement:
        config, secret = scratch / "hubdrives.toml", self.client.secret or ""
        # A JSON string is a TOML string.
        config.write_text(
            "[connections.globus]\n"
            'provider = "globus"\n'
            f"base_url = {json.dumps(self.url)}\n"
            f"root = {json.dumps(self.location)}\n"
            f'credential = {{ kind = "globus_client", client_id = {json.dumps(self.client.id)}, '
            'client_secret_env = "GLOBUS_CLIENT_SECRET" }\n',
            encoding="utf-8",
        )
        return Announcement(
            self.location,
            {
                "HUBDRIVES_CONFIG": str(config),
                "GLOBUS_CLIENT_SECRET": secret,
                "GLOBUS_SDK_SERVICE_URL_AUTH": f"{self.url}/",
                "GLOBUS_SDK_SERVICE_URL_TRANSFER": f"{self.url}/",
            },
            {
                "client_id": self.client.id,
                "client_secret": secret,
                "collection_id": self.collection.id,
                TRANSFER: self.transfer_token(self.client),
                self.collection.id: self.https_token(who=self.client),
            },
        )

    def web_app(self) -> web.Application:
        app = super().web_app()
        app.cleanup_ctx.append(self._run_data_servers)
        return app

    async def _run_data_servers(self, _app: web.Application) -> AsyncIterator[None]:
        self.store.open()
        await self._data_servers.open()
        yield
        await self._data_servers.close()
        self.store.close()

    async def refresh(self) -> None:
        """Look at the served directories, let tasks get on, and give each new collection its HTTPS server."""
        await Site.refresh(self)
        await self.tasks.run()
        for each in list(self.collections.values()):
            await self._data_servers.add(each)

    async def understand(self, request: web.Request) -> Call:
        segments = tuple(request.path.strip("/").split("/"))
        if SERVES_DATA in request.app:
            operation = f"https.{request.method.lower()}"
            call = Call(request, operation, request.query, segments, (self._data_servers.collection(request).id,))
            call.names = segments[-1:]
        else:
            found = match(request.method, request.rel_url.raw_path)
            call = Call(request, found.operation, request.query, segments)
            call.ids = tuple(found.args[each] for each in ("id",) if each in found.args)
            call.names = tuple(names_of(request.query.get("path", ""))[-1:])
        special = (
            effects for pattern, effects in transfer_routes.SPECIAL.items() if fnmatchcase(call.operation, pattern)
        )
        call.possible = _ALWAYS.union(*special)
        return call

    def refuse(self, rule: Rule) -> Answer:
        return error_of(rule.reason or "InternalError", status=rule.status).answer("/")

    def busy(self) -> Answer:
        return TransferError("EndpointError").answer("/")

    async def answer(self, call: Call) -> Answer:
        self._commit(call)
        try:
            answer = await self._do(call)
        except GlobusError as error:
            return error.answer(call.request.path)
        if answer.status >= _ERRORS:
            return answer
        if rule := call.faults.get("refuse_after_effect"):
            return TransferError("ServiceUnavailable", status=rule.status).answer(call.request.path)
        if "reset_after_effect" in call.faults and call.request.transport is not None:
            call.request.transport.close()
        return answer

    async def _do(self, call: Call) -> Answer:
        if SERVES_DATA in call.request.app:
            collection = self._data_servers.collection(call.request)
            return await https.answer(View(self, self.url, self.faults), collection, call)
        found = match(call.request.method, call.request.rel_url.raw_path)
        if found.handler is None:
            raise self._nowhere(call)
        return await found.handler(View(self, self.url, self.faults, self._granted(call, found)), call, found.args)

    def _nowhere(self, call: Call) -> GlobusError:
        if call.request.path.startswith(TRANSFER_PATH):
            return TransferError("ClientError.NotFound", f"No such resource: {call.request.path}")
        return AuthError("NOT_FOUND")

    def _granted(self, call: Call, found: Match) -> Grant | None:
        """Who asks. Raises GlobusError (401) for who shows no good token where one is wanted."""
        if found.who == "anybody":
            return None
        scheme, _, bearer = call.request.headers.get("Authorization", "").partition(" ")
        try:
            return self.tokens.check(
                bearer if scheme.lower() == "bearer" else "", AUTH if found.who == "auth" else TRANSFER
            )
        except InvalidTokenError:
            raise AuthError("UNAUTHORIZED") if found.who == "auth" else TransferError("AuthenticationFailed") from None

    def _commit(self, call: Call) -> None:
        if "expire_tokens" in call.faults:
            self.tokens.expire_all()
        if "forget_refresh_tokens" in call.faults:
            self.tokens.forget_refresh_tokens()
        if "withdraw_consents" in call.faults:
            self.consents.withdraw()
        if "withdraw_data_access" in call.faults:
            self.consents.withdraw(scope="*/data_access")
        if "expire_sessions" in call.faults:
            self.sessions.expire_all()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/_emulator/identities", self._make_identity),
            web.post("/_emulator/collections", self._make_collection),
            web.post("/_emulator/shares", self._make_share),
            web.post("/_emulator/tokens", self._make_token),
            web.post("/_emulator/clock", self._move_clock),
            web.post("/_emulator/settings", self._set_settings),
        ]

    async def _make_identity(self, request: web.Request) -> web.Response:
        wanted = await request.json()
        linked_to = self.people.identity(wanted["linked_to"]) if "linked_to" in wanted else None
        made = self.add_identity(wanted["username"], wanted.get("name"), linked_to=linked_to)
        return web.json_response({"id": made.id})

    async def _make_collection(self, request: web.Request) -> web.Response:
        wanted = await request.json()
        kind = wanted.get("entity_type", MAPPED)
        made = self.add_collection(wanted["display_name"], entity_type=kind, owner=wanted.get("owner"))
        return web.json_response({"id": made.id})

    async def _make_share(self, request: web.Request) -> web.Response:
        wanted = await request.json()
        where = self.collections.get(wanted["collection"])
        if where is None:
            raise web.HTTPBadRequest(text=f"no collection {wanted['collection']}\n")
        rule = self.share(where, wanted["who"], wanted.get("permissions", "r"), path=wanted.get("path", "/"))
        return web.json_response({"id": rule.id})

    async def _make_token(self, request: web.Request) -> web.Response:
        wanted = await request.json()
        return web.json_response({"token": self.token(wanted["scope"], wanted.get("who"))})

    async def _move_clock(self, request: web.Request) -> web.Response:
        self.advance((await request.json())["advance"])
        return web.Response(status=204)

    async def _set_settings(self, request: web.Request) -> web.Response:
        settings: Mapping[str, Any] = await request.json()
        if unknown := settings.keys() - {each.name for each in fields(Settings)}:
            raise web.HTTPBadRequest(text=f"unknown settings {sorted(unknown)}\n")
        for name, value in settings.items():
            setattr(self.settings, name, value)
        return web.Response(status=204)
