"""The gateway as a web application: who asks is settled before a handler runs, what came of it is written after."""

import asyncio
import logging
import re
import secrets
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler

from hubdrives.config import Settings
from hubdrives.errors import BadInput, HubdrivesError, LoginNeeded, NotFound, NotGranted, Unavailable
from hubdrives.gateway import (
    answers,
    changes,
    checking,
    handlers,
    managing,
    searching,
    shares,
    tokens,
    transfers,
    versions,
    volumes,
    writing,
)
from hubdrives.gateway.audit import Record
from hubdrives.gateway.identity import Identity
from hubdrives.gateway.parts import CALLER, PARTS, RECORD, STARTED, Parts
from hubdrives.gateway.shared import NotYet
from hubdrives.retry import RetryPolicy
from hubdrives.wire import API, Wait, WaitingDocument

log = logging.getLogger(__name__)

_DELIVERY_PAUSE = 0.01
"""Seconds between looks whether a slow client has taken the rest of its answer."""

_MAX_BODY = 8 << 20
_TOKEN = re.compile(r"(?:token|bearer) +([\x21-\x7e]{1,512})", re.IGNORECASE)
_HEALTH = "health"
_METRICS = "metrics"
_BYTES = frozenset({"file", "files", "version"})
"""What answers with bytes can't answer "not yet" with a document."""


def make_app(
    settings: Settings,
    identity: Identity,
    *,
    prefix: str = "/",
    patience: float = 8.0,
    policy: RetryPolicy | None = None,
    environment: Mapping[str, str] | None = None,
) -> web.Application:
    """The application, to be run by aiohttp's runner or test server. It closes what it opened, `identity` too.

    Args:
        settings: connections, grants and the gateway's own.
        identity: who is behind a token.
        prefix: the path below which the hub's proxy sends us requests; it is not stripped.
        patience: seconds after which an answer that is not ready yet says so (202).
        policy: how patient the providers' clients are, if not as the connections say.
        environment: JUPYTERHUB_API_URL and JUPYTERHUB_API_TOKEN, for connections on which users show their own tokens.

    Raises:
        BadConfig: something in the settings can't be used.
    """
    app = web.Application(middlewares=[_answered], client_max_size=_MAX_BODY)
    app[PARTS] = Parts.of(settings, identity, patience=patience, policy=policy, environment=environment)
    app.cleanup_ctx.append(_running)
    app.on_response_prepare.append(_starting)
    checking.prepare(app, environment or {})
    root = f"/{prefix.strip('/')}".rstrip("/")
    api = f"{root}/{API}"
    app.add_routes(
        [
            web.get(f"{root}/health", handlers.health, name=_HEALTH),
            web.get(f"{root}/metrics", handlers.metrics, name=_METRICS),
            web.get(f"{api}/connections", handlers.connections, name="connections"),
            web.get(f"{api}/check", checking.check, name="check"),
            web.get(f"{api}/describe", handlers.describe, name="describe"),
            web.get(f"{api}/contains", handlers.contains, name="contains"),
            web.get(f"{api}/snapshot", handlers.snapshot, name="snapshot"),
            web.get(f"{api}/file", handlers.file, name="file"),
            web.post(f"{api}/files", handlers.files, name="files"),
            web.post(f"{api}/links", handlers.links, name="links"),
            web.get(f"{api}/search", searching.search, name="search"),
            web.put(f"{api}/file", writing.write, name="write"),
            web.post(f"{api}/folders", writing.make_folder, name="make-folder"),
            web.delete(f"{api}/entry", writing.remove, name="remove"),
            web.post(f"{api}/move", writing.move, name="move"),
            web.get(f"{api}/versions", versions.versions, name="versions"),
            web.get(f"{api}/version", versions.version, name="version"),
            web.post(f"{api}/restore", writing.restore, name="restore"),
            web.get(f"{api}/shares", shares.shares, name="shares"),
            web.post(f"{api}/shares", shares.share, name="share"),
            web.patch(f"{api}/shares", shares.change_share, name="change-share"),
            web.delete(f"{api}/shares", shares.unshare, name="unshare"),
            web.post(f"{api}/token", tokens.token, name="token"),
            web.get(f"{api}/submission", transfers.submission, name="submission"),
            web.post(f"{api}/transfers", transfers.submit, name="submit"),
            web.get(f"{api}/transfers", transfers.tasks, name="tasks"),
            web.get(f"{api}/transfer", transfers.task, name="task"),
            web.delete(f"{api}/transfer", transfers.cancel, name="cancel"),
            web.get(f"{api}/transfer/events", transfers.events, name="events"),
            web.get(f"{api}/volumes", volumes.volumes, name="volumes"),
            web.get(f"{api}/volume", volumes.volume, name="volume"),
            web.get(f"{api}/spaces", managing.spaces, name="spaces"),
            web.post(f"{api}/space", managing.ensure, name="ensure-space"),
            web.delete(f"{api}/space", managing.remove, name="remove-space"),
            web.delete(f"{api}/space/share", managing.unshare, name="unshare-space"),
            web.get(f"{api}/outcome", changes.outcome, name="outcome"),
        ]
    )
    return app


async def _running(app: web.Application) -> AsyncIterator[None]:
    parts = app[PARTS]
    for name in parts.settings.connections:
        if parts.connections.is_personal(name):
            continue
        try:
            await parts.connections.provider(name)
        except HubdrivesError as error:
            # The others work; who asks for this one is told.
            log.error("Connection '%s' can't be used: %s %s", name, error, error.hint)  # noqa: TRY400
    yield
    await parts.close()


@web.middleware
async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Write the audit line and the numbers of each request, whatever becomes of it."""
    parts = request.app[PARTS]
    operation = request.match_info.route.name or "unknown"
    record = request[RECORD] = Record.begin(secrets.token_hex(8), operation)
    line, numbers = record.line, parts.metrics
    with numbers.in_flight.track_inprogress():
        try:
            response = await _handled(request, handler, record)
            if request.get(STARTED):
                await _delivered(request)
            line.status = response.status
        except BaseException:
            # The client went away, or this process ends.
            line.outcome = "cut"
            raise
        finally:
            numbers.requests.labels(operation, line.outcome).inc()
            numbers.seconds.labels(operation).observe(record.seconds)
            if operation not in {_HEALTH, _METRICS, "unknown"}:
                parts.audit.write(record)
    return response


async def _delivered(request: web.Request) -> None:
    """Wait until what was sent has left this process: the rest of it would be lost if the process was told to end."""
    transport = request.transport
    # A transport has no event for it.
    while transport is not None and not transport.is_closing() and transport.get_write_buffer_size():  # noqa: ASYNC110
        await asyncio.sleep(_DELIVERY_PAUSE)


async def _handled(request: web.Request, handler: Handler, record: Record) -> web.StreamResponse:
    """The answer; a failure is one too."""
    line = record.line
    try:
        await _identify(request, record)
        return await handler(request)
    except NotYet:
        if line.operation not in _BYTES:
            line.outcome = "not-yet"
            waiting = request.app[PARTS].waiting(line.connection, line.user)
            return answers.document(Wait(WaitingDocument.of(waiting)), status=HTTPStatus.ACCEPTED)
        error: HubdrivesError = Unavailable("The gateway does not know yet where this file is.", retry_after=1)
    except HubdrivesError as caught:
        error = caught
    except web.HTTPException as caught:
        error = _of_http(caught)
    except ConnectionResetError:
        raise
    except Exception:
        log.exception("Request %s failed.", line.request)
        error = HubdrivesError("The hub's gateway has made a mistake.")
    line.outcome = error.code
    if request.get(STARTED) and request.transport is not None:
        # What was begun can't become an error any more; a cut is all that the client can notice.
        request.transport.abort()
    return answers.failure(error, request=line.request)


async def _starting(request: web.Request, response: web.StreamResponse) -> None:
    request[STARTED] = True
    if (record := request.get(RECORD)) is not None:
        response.headers["X-Request-Id"] = record.line.request


async def _identify(request: web.Request, record: Record) -> None:
    """Let the hub say who asks. Cookies don't count, so no other site can make a browser ask.

    Raises:
        LoginNeeded: there is no token, or the hub does not know it.
        NotGranted: it may not use this service, or not this of it.
    """
    parts, operation = request.app[PARTS], record.line.operation
    if operation in {_HEALTH, "unknown"} or (operation == _METRICS and parts.settings.gateway.metrics_public):
        return
    match = _TOKEN.fullmatch(request.headers.get("Authorization", ""))
    if match is None:
        raise LoginNeeded("The request carries no hub token.")
    if operation == _METRICS:
        if not await parts.identity.may_read_metrics(match[1]):
            raise NotGranted("This token may not read metrics.", hint="It needs the hub's scope read:metrics.")
        return
    caller = request[CALLER] = await parts.identity.caller(match[1])
    if not caller.service:
        record.line.user = caller.name
        return
    record.line.service = caller.name
    if not parts.access.is_known(caller):
        raise NotGranted(
            "This token belongs to a service of the hub to which nothing is granted.",
            hint="Name it in `services` of a grant, or ask with a user's token.",
        )


def _of_http(caught: web.HTTPException) -> HubdrivesError:
    match caught.status:
        case 404:
            return NotFound("The gateway has nothing at this address.")
        case 413:
            return BadInput("The request is too large.")
        case _:
            return BadInput(f"The gateway does not take this request: {caught.reason}.")
