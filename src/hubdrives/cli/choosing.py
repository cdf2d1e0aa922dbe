"""Options that choose what of a source is brought: the same for pulling it and for a link to it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, TypeVar

import click

from hubdrives.choice import EVERYTHING, Choice, parse_size
from hubdrives.errors import BadInput
from hubdrives.model import Policy

_TOLD: Final = f"{__name__}.told"
_Decorated = TypeVar("_Decorated", bound=Callable[..., Any])


class Size(click.ParamType[int]):
    """Bytes, as a person writes them."""

    name = "size"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The same as a number."""
        try:
            return parse_size(value)
        except BadInput as error:
            self.fail(f"{error} {error.hint}", param, ctx)


def _note(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    if value not in (None, ()):
        context.meta.setdefault(_TOLD, {})[parameter.name] = value


def _note_policy(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    _note(context, parameter, value and Policy(value))


_OPTIONS = (
    click.option("--subfolder", metavar="PATH", expose_value=False, callback=_note,
                 help="Only what is in this folder of the source."),
    click.option("--include", metavar="GLOB", multiple=True, expose_value=False, callback=_note,
                 help="Only what matches, as in .gitignore; may be repeated."),
    click.option("--exclude", metavar="GLOB", multiple=True, expose_value=False, callback=_note,
                 help="Nothing that matches; may be repeated."),
    click.option("--max-file", metavar="SIZE", type=Size(), expose_value=False, callback=_note,
                 help="No file larger than this: 500kB, 100MB, 1.5GB."),
    click.option("--max-total", metavar="SIZE", type=Size(), expose_value=False, callback=_note,
                 help="Not more than this in all: the largest files stay at the source."),
    click.option("--conflicts", "policy", type=click.Choice([one.value for one in Policy]), expose_value=False,
                 callback=_note_policy, help="Whose lines stay where both changed the same; mine, if not said."),
)  # fmt: skip


def choosing(command: _Decorated) -> _Decorated:
    """Give `command` these options; `chosen` tells what they say."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def chosen(context: click.Context, *, over: Choice = EVERYTHING) -> Choice:
    """What the command line chooses; `over` is for what it does not say.

    Raises:
        BadInput: it can't be meant.
    """
    return replace(over, **context.meta.get(_TOLD, {}))
