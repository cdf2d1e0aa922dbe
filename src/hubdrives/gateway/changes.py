"""What users change: done once however often it is asked for, and carried to its end whoever goes away meanwhile."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aiohttp import web

from hubdrives.errors import BadInput, HubdrivesError, Unavailable
from hubdrives.gateway.access import Place
from hubdrives.gateway.answers import STATUS, document
from hubdrives.gateway.audit import Record
from hubdrives.gateway.parts import CALLER, PARTS, RECORD, Outcome, Parts
from hubdrives.wire import IDEMPOTENCY

_KEY = re.compile(r"[!-~]{16,128}")

Change = Callable[[], Awaitable[Any]]
"""Makes the change; the document that answers it."""


def under_way(request: web.Request) -> bool:
    """Whether this very change was asked for before: then it need not be sent again."""
    key = _key(request)
    return key is not None and request.app[PARTS].outcomes.answers(key)


async def make(request: web.Request, place: Place, change: Change, *, moved: bool = False) -> web.Response:
    """Make a change, or answer with what came of it when it was asked for before.

    Afterwards no listing from before is handed out to whoever shares the writer's view.

    Args:
        request: with a key, the answer may be "not yet"; without one, it comes when there is one.
        place: where.
        change: makes it.
        moved: what lies in what may be another now.

    Raises:
        NotYet: it takes its time.
        HubdrivesError: what `change` raises.
    """
    parts, record = request.app[PARTS], request[RECORD]
    record.line.again = under_way(request)

    async def work(_before: Outcome | None) -> Outcome:
        ended = _Ended(parts, record)
        try:
            return Outcome(await change())
        except HubdrivesError as error:
            ended.outcome, ended.status = error.code, STATUS.get(error.code, 500)
            raise
        except BaseException:
            ended.outcome, ended.status = "failed", HTTPStatus.INTERNAL_SERVER_ERROR
            raise
        finally:
            parts.access.forget(place.connection, moved=moved)
            parts.listings.forget(place.connection, place.user)
            parts.looks.forget(lambda key, _found: key[:2] == (place.connection, place.user), wholly=True)
            ended.tell()

    key = _key(request)
    if key is None:
        return document((await parts.outcomes.get((record.line.request, ""), work)).document)
    return document((await parts.outcomes.get(key, work, patience=parts.patience)).document)


async def outcome(request: web.Request) -> web.Response:
    """What came of a change of the caller's that took its time."""
    parts, key = request.app[PARTS], (request[CALLER].id, request.query.get("key", ""))
    unknown = Unavailable(
        "The hub's gateway does not know what became of this change.", hint="Look at what is there, then try again."
    )

    async def nothing(_before: Outcome | None) -> Outcome:
        raise unknown

    if not parts.outcomes.answers(key):
        raise unknown
    return document((await parts.outcomes.get(key, nothing, patience=parts.patience)).document)


@dataclass(slots=True)
class _Ended:
    """How a change ended."""

    parts: Parts
    record: Record
    outcome: str = "ok"
    status: int = HTTPStatus.OK

    def tell(self) -> None:
        """Write a line of its own if the request has been answered already, so that the log knows how it ended."""
        if self.record.written:
            self.record.line.outcome, self.record.line.status = self.outcome, self.status
            self.parts.audit.write(self.record)


def _key(request: web.Request) -> tuple[str, str] | None:
    told = request.headers.get(IDEMPOTENCY)
    if told is None:
        return None
    if not _KEY.fullmatch(told):
        raise BadInput(f"The header {IDEMPOTENCY} takes 16 to 128 characters of ASCII.")
    # Another's key is another change.
    return request[CALLER].id, told
