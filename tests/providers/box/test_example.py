"""The worked example in the docs runs, on an emulated Box in a thread of its own, for pandas blocks."""

import ast
import asyncio
import json
import re
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from hubdrives.testing.emulators.box import Box as Emulator
from hubdrives.testing.emulators.server import serving

PAGE = Path(__file__).parents[3] / "docs" / "box-example.md"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    loop, stack = asyncio.new_event_loop(), AsyncExitStack()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield asyncio.run_coroutine_threadsafe(stack.enter_async_context(serving(Emulator())), loop).result(10)
    finally:
        asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def test_the_worked_example_does_what_it_says(emulator, tmp_path, monkeypatch, capsys):
    config = tmp_path / "hubdrives.toml"
    config.write_text(
        f'[connections.team]\nprovider = "box"\nbase_url = "{emulator.url}"\nroot = "{emulator.location}"\n'
        'credential = { kind = "token", token_env = "BOX_TOKEN" }\n'
    )
    monkeypatch.setenv("HUBDRIVES_CONFIG", str(config))
    monkeypatch.setenv("BOX_TOKEN", emulator.token())
    monkeypatch.chdir(tmp_path)

    world: dict[str, object] = {}
    for block in re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE):
        code = compile(block, str(PAGE), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        running = eval(code, world)
        if asyncio.iscoroutine(running):
            await running

    assert (tmp_path / "copy of run 7.csv").read_text() == "second,bar\n0,9.9\n1,9.9\n"
    assert capsys.readouterr().out.splitlines()[-1] == "ada@example.edu viewer"
    assert json.loads(world["table"].to_json())["bar"] == {"0": 1.0, "1": 1.2}
    assert [version.size for version in world["versions"]] == [23, 23]
    folder = emulator.tree.find("machine logs", under=emulator.root)
    (file,) = emulator.tree.children(folder.id)
    assert len(emulator.tree.versions(file.id)) == 3
