"""The command group: imports subcommands when they are used, and tells failures in sentences, not tracebacks."""

import errno
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click

from hubdrives.cli.login import advice
from hubdrives.errors import HubdrivesError
from hubdrives.redaction import RedactingFilter

FAILED = 1
INCOMPLETE = 3
"""Done, but some wanted files could not be brought."""
INTERRUPTED = 130

_log = logging.getLogger(__name__)

_COMMAND = f"{__name__}.command"

# What `pip install` calls the part that a subcommand needs beyond the notebook's.
_EXTRAS = {"gateway": "gateway", "emulate": "emulators", "demo": "demo"}


class Commands(click.Group):
    """A group whose subcommands are modules of a package.

    https://click.palletsprojects.com/en/stable/complex/#lazily-loading-subcommands

    Args:
        subcommands: name -> what it does in one line; `hubdrives --help` needs no import for it.
        package: has a module for each subcommand, with the command as `command`.
        options: click's own.
    """

    def __init__(self, *, subcommands: dict[str, str], package: str, **options: Any) -> None:
        super().__init__(**options)
        self._subcommands = subcommands
        self._package = package

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        return list(self._subcommands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._subcommands:
            return None
        # Already its import may need something that is not installed.
        ctx.meta[_COMMAND] = cmd_name
        command: click.Command = import_module(f"{self._package}.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        with formatter.section("Commands"):
            formatter.write_dl(list(self._subcommands.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what goes wrong ends in a sentence, a hint and an exit code."""
        ctx.with_resource(_logging_to_stderr(verbose=bool(ctx.params.get("verbose"))))
        code = FAILED
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except KeyboardInterrupt:
            click.echo("\nStopped. Start it again to go on.", err=True)
            code = INTERRUPTED
        except HubdrivesError as error:
            _log.debug("The error's history:", exc_info=error)
            _say(str(error), advice(error, os.environ))
        except ModuleNotFoundError as error:
            extra = _EXTRAS.get(ctx.meta.get(_COMMAND, ""), "googledrive")
            _say(f"This needs '{error.name}', which is not installed.", f"pip install 'hubdrives[{extra}]'")
        except Exception as error:
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                # Whoever read our output has seen enough; click ends quietly.
                raise
            _log.debug("The error's history:", exc_info=error)
            _say(
                f"Something went wrong that nobody expected ({type(error).__name__}).",
                "Run it as `hubdrives --verbose …` for details, and report them.",
            )
        raise click.exceptions.Exit(code)


def _say(sentence: str, hint: str) -> None:
    click.echo(f"{click.style('error:', fg='red')} {sentence}\n{hint}", err=True)


@contextmanager
def _logging_to_stderr(*, verbose: bool) -> Iterator[None]:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.addFilter(RedactingFilter())
    root, ours = logging.getLogger(), logging.getLogger("hubdrives")
    before = ours.level
    root.addHandler(handler)
    ours.setLevel(logging.DEBUG if verbose else before)
    try:
        yield
    finally:
        ours.setLevel(before)
        root.removeHandler(handler)
