"""Who asked for what, when, and what came of it: one line of JSON for each request, refusals too."""

import logging
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from pathlib import Path

import msgspec

from hubdrives.errors import BadConfig
from hubdrives.redaction import redact


class Line(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What is written of one request. No token ever goes in; of a signed link its id, which opens nothing."""

    time: str
    request: str
    operation: str
    outcome: str
    """"ok", "not-yet" for an answer that takes time, "cut" when the client went away, or an error's code."""
    status: int
    ms: int
    user: str | None = None
    service: str | None = None
    """The service of the hub that asked, in place of a user."""
    connection: str | None = None
    location: str | None = None
    space: str | None = None
    """What was asked for, if it lies in a space: "results:/" is the asker's own folder, "results@alice:/" alice's."""
    path: str | None = None
    to: str | None = None
    """Where something was moved, or is transferred, to."""
    version: str | None = None
    """The earlier version that was read or restored."""
    who: str | None = None
    """With whom something was shared, whose access was changed, or whose folder in a space it is."""
    role: str | None = None
    task: str | None = None
    """The transfer that was begun, looked at or ended."""
    link_id: str | None = None
    again: bool = False
    """This change had been asked for before, and was not made again."""
    files: int = 0
    bytes: int = 0
    """Of content that was sent."""
    received: int = 0
    """Bytes of content that came in."""


@dataclass(slots=True)
class Record:
    """One request on its way."""

    line: Line
    began: float
    written: bool = False
    """The request was answered; what still comes of it is another line."""

    @classmethod
    def begin(cls, request: str, operation: str) -> "Record":
        """A record of what begins now."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = Line(time=now, request=request, operation=operation, outcome="ok", status=0, ms=0)
        return cls(line, time.monotonic())

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self.began


class AuditLog:
    """Appends lines to a file, opened anew when something has moved it away (logrotate), or to standard error.

    Raises:
        BadConfig: the file can't be written.
    """

    def __init__(self, path: str | None) -> None:
        self._handler: logging.Handler
        if path is None:
            self._handler = logging.StreamHandler(sys.stderr)
        else:
            try:
                self._handler = WatchedFileHandler(Path(path).expanduser(), encoding="utf-8")
            except OSError as error:
                raise BadConfig(f"The audit file {path} can't be written: {error.strerror}.") from None

    def write(self, record: Record) -> None:
        """Write `record` as it is now."""
        line = record.line
        record.written = True
        line.ms = round(record.seconds * 1000)
        # Before they become JSON: afterwards, what is hidden could take a quote along and break the line.
        line.location = line.location and redact(line.location)
        line.path = line.path and redact(line.path)
        line.to = line.to and redact(line.to)
        line.task = line.task and redact(line.task)
        text = msgspec.json.encode(line).decode()
        self._handler.handle(logging.LogRecord("hubdrives.audit", logging.INFO, "", 0, text, None, None))

    def close(self) -> None:
        self._handler.close()
