"""What one request sees of the emulated Globus."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from hubdrives.testing.emulators.faults import Faults
from hubdrives.testing.emulators.globus.errors import AuthError
from hubdrives.testing.emulators.globus.site import Site
from hubdrives.testing.emulators.globus.tokens import Grant
from hubdrives.testing.emulators.server import Answer, Call


@dataclass(frozen=True, slots=True)
class View:
    """One request's.

    Attributes:
        site: what there is.
        url: of the server for Auth, Transfer and the web app, without a slash at the end.
        faults: that are set.
        granted: what its bearer token is good for; None where none need be shown.
    """

    site: Site
    url: str
    faults: Faults
    granted: Grant | None = None

    @property
    def grant(self) -> Grant:
        """The same, where one was shown. Raises AuthError (401) without."""
        if self.granted is None:
            raise AuthError("UNAUTHORIZED")
        return self.granted


Handler: TypeAlias = Callable[[View, Call, Mapping[str, str]], Awaitable[Answer]]
"""What answers a request; the mapping has the parts of its path that have names."""
Line: TypeAlias = tuple[str, str, str, Handler]
"""Method, path with named parts (`:id`), operation as it is counted, handler."""
