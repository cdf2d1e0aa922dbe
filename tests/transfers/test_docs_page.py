"""The examples of the page about transfers run, and every option that it may say something about is on it."""

import ast
import asyncio
import re
from pathlib import Path

import click
import pytest
from tests.transfers.world import World

from hubdrives.cli.transfer import command
from hubdrives.model import SyncLevel
from hubdrives.providers.globus.local import OPTIONS, VARIABLES

PAGE = (Path(__file__).parents[2] / "docs" / "transfers.md").read_text()


async def test_every_example_runs(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        world.plant(f"shared/run1/{name}.txt", "text")
    config = tmp_path / "hubdrives.toml"
    config.write_text(world.toml)
    for name, value in (world.environment | {"HUBDRIVES_CONFIG": str(config)}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(world.folder)
    names: dict[str, object] = {}
    for block in re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE):
        running = eval(compile(block, "docs/transfers.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names)
        if asyncio.iscoroutine(running):
            await running
    told = capsys.readouterr().out.splitlines()
    assert told[-2:] == ["2 of 2 ", "8 bytes 0 faults"]
    assert await world.brought("/run1/b.txt") == b"text"


def test_every_option_is_in_the_docs() -> None:
    named = {option.opts[-1] for option in command.params if isinstance(option, click.Option)} - {"--json"}
    assert {option for option in named if f"`{option}`" not in PAGE} == set()
    assert all(f"`{level}`" in PAGE for level in SyncLevel)


def test_every_way_to_say_where_the_home_is_is_in_the_docs() -> None:
    rows = re.findall(r"^\| `(GLOBUS_\w+)` \| `(\w+)` \|", PAGE, re.MULTILINE)
    assert rows == list(zip(VARIABLES, OPTIONS, strict=True))
