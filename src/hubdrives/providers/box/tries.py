"""How often a request was made, where a second time is not like the first."""

from collections.abc import Callable
from typing import Any

from hubdrives.providers.box.failures import Again


class Tries:
    """Counts how often the body of a request is made: after the second time, the first may have had its effect."""

    def __init__(self) -> None:
        self.count = 0

    def of(self, make: Callable[[], Any], *, once: bool = False) -> Callable[[], Any]:
        """`make`, counted; with `once`, Again is raised instead of a second try."""

        def counted() -> Any:
            if once and self.count:
                raise Again("Box did not say whether a change was made.")
            self.count += 1
            return make()

        return counted

    @property
    def repeated(self) -> bool:
        return self.count > 1
