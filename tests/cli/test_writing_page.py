"""What docs/writing.md shows of a terminal is what is to be seen there."""

import re
import shlex
from pathlib import Path

import click

from hubdrives.cli import cli

PAGE = (Path(__file__).parents[2] / "docs/writing.md").read_text()


def test_the_commands_print_what_the_page_shows(shell, team):
    (shell.folder / "plots").mkdir()
    (shell.folder / "plots/one.png").write_bytes(b"1")
    (block,) = re.findall(r"^```console\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        # Each time it is put there, it is another.
        (shell.folder / "rain.csv").write_text(f"town,mm\nBonn,{len(team.now.writes):02}\n")
        done = shell.run(*shlex.split(command)[1:])
        assert done.code == 0, done.err
        shown = [
            line.rstrip() for line in re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "2030-01-02 03:04", done.out).splitlines()
        ]
        assert shown == output.splitlines(), command


def test_every_option_of_these_commands_is_on_the_page():
    for name in ("put", "get", "mkdir", "mv", "rm", "find", "share", "push"):
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        options = {one.opts[-1] for one in command.params if isinstance(one, click.Option)}
        assert {one for one in options if one not in PAGE} == set(), name
