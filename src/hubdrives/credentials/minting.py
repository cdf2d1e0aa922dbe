"""One live token for everybody who wants one: minted once however many wait, and renewed before it ends."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import urlsplit

from hubdrives.errors import Unavailable

_EARLY = 300.0
"""Seconds before its end that a token is renewed."""

_PAUSE = 5.0
"""Seconds until a login that did not answer is asked again, while the token that is known lives."""

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Minted:
    """A token, and for how many seconds it lives from when it was asked for."""

    token: str = field(repr=False)
    lifetime: float


Mint: TypeAlias = Callable[[str | None], Awaitable[Minted]]
"""Makes a token. It is given the one that is to be replaced, None at first."""


class Minting:
    """Holds a token, and has another one minted when that is due.

    Args:
        mint: makes tokens; raises Unavailable where trying again later makes sense.
        clock: seconds, for the age of tokens.
    """

    def __init__(self, mint: Mint, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._mint = mint
        self._clock = clock
        self._token: str | None = None
        self._renew_at = 0.0
        self._ends_at = 0.0
        self._renewal: asyncio.Task[None] | None = None

    async def token(self, *, stale: str | None = None) -> str:
        """A live token. Five minutes before its end another is minted; the old one does while that does not succeed.

        All who want one meanwhile wait for the same, and share what becomes of it, a failure too.

        Args:
            stale: one that was refused; another is minted unless that has happened already.

        Raises:
            HubdrivesError: what `mint` raises.
        """
        while self._token is None or self._token == stale or self._clock() >= self._renew_at:
            mine = self._renewal is None
            self._renewal = self._renewal or asyncio.create_task(self._renew(refused=self._token == stale))
            # Whoever gives up waiting leaves it to the others.
            await asyncio.shield(self._renewal)
            if mine:
                break
        return str(self._token)

    async def _renew(self, *, refused: bool) -> None:
        started = self._clock()
        try:
            minted = await self._mint(self._token)
        except Unavailable:
            if self._token is None or refused or started >= self._ends_at:
                raise
            self._renew_at = min(started + _PAUSE, self._ends_at)
            return
        finally:
            self._renewal = None
        self._token = minted.token
        self._ends_at = started + minted.lifetime
        self._renew_at = started + max(minted.lifetime - _EARLY, minted.lifetime / 2)


def may_have_secrets(url: str) -> bool:
    """Whether nobody on the way to `url` can read what is sent there: https, or this machine."""
    try:
        where = urlsplit(url)
    except ValueError:
        return False
    return where.scheme == "https" or (where.scheme == "http" and where.hostname in _LOOPBACK)
