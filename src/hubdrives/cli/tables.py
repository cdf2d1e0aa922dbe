"""Tables on standard output, for people and for pipes."""

import sys

from rich.console import Console
from rich.table import Table

from hubdrives.cli.terminal import is_terminal

# Lines are never broken where a program reads them.
_ENDLESS = 1_000_000


def new_table() -> Table:
    """A plain table without borders."""
    return Table(box=None, pad_edge=False, header_style="bold")


def show(table: Table) -> None:
    """Print it: as wide as the terminal, or as wide as need be where there is none."""
    Console(width=None if is_terminal(sys.stdout) else _ENDLESS, highlight=False).print(table)
