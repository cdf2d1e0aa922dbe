"""Who asks: tokens in headers, and how often they may."""

from collections import deque
from collections.abc import Callable
from math import ceil

from hubdrives.testing.emulators.seafile.errors import SeafileError
from hubdrives.testing.emulators.seafile.people import LibraryToken, User
from hubdrives.testing.emulators.seafile.site import Site

_MINUTE = 60.0  # seconds
_PARTS = 2


class Gate:
    """Lets requests in.

    Args:
        site: knows the tokens.
        clock: seconds since 1970.
    """

    def __init__(self, site: Site, *, clock: Callable[[], float]) -> None:
        self._site = site
        self._clock = clock
        self._latest: dict[str, deque[float]] = {}

    def user(self, header: str) -> User:
        """Whose account token is in an `Authorization` header.

        Raises:
            SeafileError: 403 without such a header, 401 for what is wrong with it, 429 for who asks too often.
        """
        user = self._site.people.of_token(self._credentials(header))
        if user is None:
            raise SeafileError("invalid_token")
        if not user.active:
            raise SeafileError("inactive")
        self._count(user.email)
        return user

    def library(self, header: str) -> LibraryToken:
        """The library token in one. Raises the same."""
        found = self._site.people.library_token(self._credentials(header))
        if found is None:
            raise SeafileError("library_token")
        self._count(found.token)
        return found

    def _count(self, who: str) -> None:
        rate = self._site.settings.user_rate
        if rate is None:
            return
        now, latest = self._clock(), self._latest.setdefault(who, deque())
        while latest and latest[0] <= now - _MINUTE:
            latest.popleft()
        if len(latest) >= rate:
            raise SeafileError("throttled", wait=max(1, ceil(latest[0] + _MINUTE - now)))
        latest.append(now)

    def _credentials(self, header: str) -> str:
        schemes = {"token", "bearer"} if self._site.settings.takes_bearer else {"token"}
        parts = header.split()
        if not parts or parts[0].lower() not in schemes:
            raise SeafileError("not_authenticated")
        if len(parts) < _PARTS:
            raise SeafileError("no_credentials")
        if len(parts) > _PARTS:
            raise SeafileError("token_with_spaces")
        return parts[1]
