"""What the docs show of a terminal is what is to be seen there."""

import re
import subprocess
from pathlib import Path

from tests.cli.conftest import HUBDRIVES

PAGE = Path(__file__).parents[2] / "docs/user.md"


def transcript() -> list[tuple[str, str]]:
    """The commands in the page, and what each prints."""
    (block,) = re.findall(r"^```console\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    _before, *parts = re.split(r"^\$ ", block, flags=re.MULTILINE)
    return [(command, output) for command, _, output in (part.partition("\n") for part in parts)]


def timeless(text: str) -> str:
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "2030-01-02 03:04", text)
    return re.sub(r"\d{4}-\d\d-\d\dT\d{6}(-\d+)?", "2030-01-02T030405", text)


def test_the_commands_print_what_the_page_shows(shell, tmp_path):
    course = tmp_path / "srv"
    course.mkdir()
    (course / "readme.md").write_text("# Course\n")
    (course / "rain.csv").write_text("town,mm\nBonn,12\n")
    (course / "intro.py").write_text("print('hello')\n")
    steps = transcript()
    assert {command.split()[1] for command, _ in steps} >= {"status", "log", "diff", "undo", "reset"}
    path = f"{Path(HUBDRIVES[0]).parent}:{shell.env['PATH']}"
    for command, output in steps:
        done = subprocess.run(
            ["sh", "-c", command.replace("/srv/course", str(course))],
            cwd=shell.folder,
            env={**shell.env, "PATH": path},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert timeless(done.stdout.replace(str(course), "/srv/course")) == output, command
