"""Signed links: grants that travel. Whoever holds one can read what is in it, and can change nothing of it."""

import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

import itsdangerous
import msgspec

from hubdrives import paths
from hubdrives.config import GatewaySettings
from hubdrives.errors import BadConfig, BadInput, BadLink
from hubdrives.model import Location

_SALT = b"hubdrives link 1"
_SHORTEST_KEY = 32
# Exactly so: lenient base64 decoding would let strangers write one signature in many ways.
_TOKEN = re.compile(r"\.?[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What an author signs: this content, for these people, until then. It grants reading, never more.

    A resource key in the location's `params` can be read by whoever holds the link, as in the address that the author
    pasted; it opens nothing that was not shared with everybody who has that address.
    """

    id: str
    author: str
    connection: str
    location: Location
    group: str | None = None
    """Only for this group of the hub; None is every user of the hub."""
    until: datetime | None = None
    open: str | None = None
    """What to open afterwards, relative to the working folder."""
    target: str | None = None
    """What the working folder is called."""


class _Payload(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A link as it is signed; short names, for it becomes part of an address."""

    i: str
    a: str
    c: str
    p: str
    h: str = ""
    d: str = ""
    f: str = ""
    u: str = ""
    k: tuple[tuple[str, str], ...] = ()
    g: str | None = None
    e: datetime | None = None
    o: str | None = None
    t: str | None = None


class Signer:
    """Signs links and reads them back. Of several keys the last signs, each is good for reading.

    https://itsdangerous.palletsprojects.com/en/stable/concepts/#key-rotation

    Args:
        keys: secrets of 32 characters or more.
        clock: the time, in UTC.
    """

    def __init__(self, keys: list[str], *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        self._serializer = itsdangerous.URLSafeSerializer(
            keys,
            salt=_SALT,
            # 384 bits are 64 characters with no bit to spare, so that there is one way only to write a signature.
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha384},
        )

    @classmethod
    def from_settings(cls, settings: GatewaySettings) -> "Signer | None":
        """The signer with the configured keys, None if there is no key file.

        Raises:
            BadConfig: the file can't be read, is empty, or a key is too short.
        """
        if settings.link_key_file is None:
            return None
        try:
            lines = Path(settings.link_key_file).expanduser().read_text(encoding="utf-8").split()
        except (OSError, UnicodeDecodeError):
            raise BadConfig(f"The key file {settings.link_key_file} can't be read.") from None
        if not lines or min(map(len, lines)) < _SHORTEST_KEY:
            raise BadConfig(
                f"{settings.link_key_file} needs a key of at least {_SHORTEST_KEY} characters on each line.",
                hint="Make one with: openssl rand -hex 32",
            )
        return cls(lines)

    def sign(self, link: Link) -> str:
        """The token of `link`: letters, digits, "-", "_" and "."."""
        where = link.location
        payload = _Payload(
            i=link.id,
            a=link.author,
            c=link.connection,
            p=where.provider,
            h=where.host,
            d=where.id,
            f=where.path,
            u=where.url,
            k=where.params,
            g=link.group,
            e=link.until,
            o=link.open,
            t=link.target,
        )
        return str(self._serializer.dumps(msgspec.to_builtins(payload)))

    def read(self, token: str) -> Link:
        """The link that `token` is.

        Raises:
            BadLink: it was not signed with one of the keys, was changed, or has expired.
        """
        damaged = BadLink("This link is damaged: it is not as its author made it.")
        if not _TOKEN.fullmatch(token):
            raise damaged
        try:
            payload = msgspec.convert(self._serializer.loads(token), _Payload)
        except (itsdangerous.BadData, msgspec.ValidationError):
            raise damaged from None
        if payload.e is not None and self._clock() >= payload.e:
            raise BadLink(f"This link has expired on {payload.e:%d %B %Y at %H:%M} UTC.")
        return Link(
            id=payload.i,
            author=payload.a,
            connection=payload.c,
            location=Location(
                provider=payload.p,
                host=payload.h,
                id=payload.d,
                path=payload.f,
                url=payload.u,
                params=payload.k,
            ),
            group=payload.g,
            until=payload.e,
            open=payload.o,
            target=payload.t,
        )

    def until(self, text: str | None) -> datetime | None:
        """The moment that an author means by an ISO 8601 date (through its end, UTC) or date and time.

        Raises:
            BadInput: it is neither, or lies in the past.
        """
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(text)
            if _is_date(text):
                moment = datetime.combine(moment, time.max)
        except ValueError:
            raise BadInput(f"'{text[:40]}' is no date: write it as 2027-01-31 or 2027-01-31T18:00+01:00.") from None
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)
        if moment <= self._clock():
            raise BadInput("The link would have expired already: choose a later date.")
        return moment


def new_id() -> str:
    """A link's name in the audit log; it opens nothing."""
    return secrets.token_hex(8)


def checked_open(path: str | None) -> str | None:
    """`path` relative to the working folder. Raises BadPath if it leads out."""
    return paths.relative(path) or None if path else None


def checked_target(name: str | None) -> str | None:
    """`name` if it can name a folder.

    Raises:
        BadInput: it holds a slash or something else that file systems do not take.
    """
    if not name:
        return None
    if paths.safe_name(name) != name:
        raise BadInput(f"'{name[:40]}' can't be the name of a folder.")
    return name


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
