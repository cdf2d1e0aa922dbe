"""What an error answer of an emulated provider is made of."""

from collections.abc import Mapping
from typing import Any


class ProblemError(Exception):
    """An error answer; what it looks like is the provider's to say.

    Args:
        reason: which, by the provider's table.
        message: in place of the usual one.
        status: in place of the usual one.
        extra: further members of the document.
    """

    def __init__(
        self,
        reason: str,
        message: str | None = None,
        *,
        status: int | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.message = message
        self.status = status
        self.extra = extra or {}
