"""Who the users of a hub are, as its administrators know it."""

from dataclasses import dataclass, field

from hubdrives.errors import LoginNeeded, NotFound


@dataclass(frozen=True)
class User:
    name: str
    sub: str
    email: str


@dataclass
class Directory:
    """Every name is a user's, but for those of whom it is said otherwise."""

    unknown: set[str] = field(default_factory=set)
    never_logged_in: set[str] = field(default_factory=set)
    emails: dict[str, str] = field(default_factory=dict)
    """Of those whose address is not what their name says."""
    asked: list[str] = field(default_factory=list)

    def of(self, name: str) -> User:
        return User(name=name, sub=f"sub-of-{name}", email=self.emails.get(name, f"{name}@example.edu"))

    async def person(self, name: str) -> User:
        self.asked.append(name)
        if name in self.unknown:
            raise NotFound(f"The hub has no user '{name}'.")
        if name in self.never_logged_in:
            raise LoginNeeded(f"'{name}' has never logged in.")
        return self.of(name)
