"""When somebody logged in, and as whom: what collections with high assurance ask for.

https://docs.globus.org/api/auth/sessions/
"""

from dataclasses import dataclass, field
from uuid import uuid4


@dataclass(frozen=True, slots=True)
class Authentication:
    """A login: the id of the identity, when (seconds since 1970), and whether with a second factor."""

    identity: str
    time: float
    mfa: bool = False


@dataclass(slots=True)
class Session:
    """The logins of one browser. Tokens remember the session that they came from, and a new login there helps them.

    Attributes:
        id: a UUID, which is the browser's cookie, too.
        authentications: the latest of each identity, by its id.
        primary: the id of the identity that it stands for: the first that logged in.
    """

    id: str = field(default_factory=lambda: str(uuid4()))
    authentications: dict[str, Authentication] = field(default_factory=dict)
    primary: str = ""

    def log_in(self, identity: str, *, now: float, mfa: bool = False) -> None:
        self.primary = self.primary or identity
        self.authentications[identity] = Authentication(identity, now, mfa)

    def since(self, identity: str) -> float | None:
        """When an identity logged in last, seconds since 1970; None is not at all."""
        found = self.authentications.get(identity)
        return None if found is None else found.time


class Sessions:
    """All of them, by id."""

    def __init__(self) -> None:
        self._all: dict[str, Session] = {}

    def get(self, session: str) -> Session | None:
        return self._all.get(session)

    def begin(self) -> Session:
        made = Session()
        self._all[made.id] = made
        return made

    def expire_all(self) -> None:
        """Forget all logins; tokens stay, and are worth less."""
        for each in self._all.values():
            each.authentications.clear()
