"""Which request is which operation, what answers it, and whom it must come from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias
from urllib.parse import unquote

from hubdrives.testing.emulators.globus import auth_routes, transfer_routes
from hubdrives.testing.emulators.globus.view import Handler, Line

Who: TypeAlias = Literal["anybody", "auth", "transfer"]
"""Nobody in particular, or a bearer token of a resource server."""
TRANSFER_PATH = "/v0.10/"


@dataclass(frozen=True, slots=True)
class Match:
    """What a request asks for.

    Attributes:
        operation: as it is counted.
        handler: what answers it; None for what is not there.
        args: the parts of its path that have names in the template.
        who: whom it must come from.
    """

    operation: str
    handler: Handler | None = None
    args: Mapping[str, str] = field(default_factory=dict)
    who: Who = "anybody"


@dataclass(frozen=True, slots=True)
class _Route:
    method: str
    parts: tuple[str, ...]
    operation: str
    handler: Handler
    who: Who


def _routes(who: Who, lines: Iterable[Line]) -> list[_Route]:
    return [
        _Route(method, tuple(template.split("/")), operation, handler, who)
        for method, template, operation, handler in lines
    ]


_ROUTES = (
    *_routes("anybody", auth_routes.OPEN),
    *_routes("auth", auth_routes.BEARER),
    *_routes("transfer", transfer_routes.LINES),
)


def match(method: str, raw_path: str) -> Match:
    """What a request asks for."""
    segments = raw_path.split("/")
    for route in _ROUTES:
        if route.method == method and (args := _fit(route.parts, segments)) is not None:
            return Match(route.operation, route.handler, args, route.who)
    return Match("unknown")


def _fit(parts: tuple[str, ...], segments: list[str]) -> dict[str, str] | None:
    """The named parts of a path, if it is of this template."""
    if len(segments) != len(parts):
        return None
    args: dict[str, str] = {}
    for part, segment in zip(parts, segments, strict=True):
        if part.startswith(":"):
            args[part[1:]] = unquote(segment)
        elif part != segment:
            return None
    return args
