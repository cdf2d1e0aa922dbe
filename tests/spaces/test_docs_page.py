"""The examples of the page about spaces run, in a service that keeps its own at a Seafile."""

import ast
import asyncio
import re
from contextlib import AsyncExitStack
from pathlib import Path

from hubdrives.testing.emulators.seafile import Seafile
from hubdrives.testing.emulators.server import serving

PAGE = (Path(__file__).parents[2] / "docs" / "spaces.md").read_text()


async def test_every_example_runs(tmp_path, monkeypatch, capsys):
    async with AsyncExitStack() as stack:
        seafile = await stack.enter_async_context(serving(Seafile()))
        for user in ("alice", "bob"):
            seafile.add_user(f"{user}@example.edu")
        secret, config = tmp_path / "token", tmp_path / "hubdrives.toml"
        secret.write_text(seafile.token())
        config.write_text(
            f'[connections.drive]\nprovider = "seafile"\nbase_url = "{seafile.url}"\n'
            f'root = "{seafile.url}/library/default/"\n'
            f'credential = {{ kind = "token", scheme = "Token", token_file = "{secret}" }}\n'
            '[spaces.results]\nconnection = "drive"\nfolder = "neuron-data"\nroot = "drive:/users"\n'
            'key = "name"\naddress = "{name}@example.edu"\nmounted = "drive/Shared with me"\n'
        )
        monkeypatch.setenv("HUBDRIVES_CONFIG", str(config))
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.chdir(tmp_path)
        (tmp_path / "drive/shared with me/neuron-data").mkdir(parents=True)
        world = {}
        for block in re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE):
            # A source by the name of a space is the gateway's to answer.
            if "hubdrives://" not in block:
                running = eval(compile(block, "docs/spaces.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), world)
                if asyncio.iscoroutine(running):
                    await running
        told = capsys.readouterr().out.splitlines()
        assert told[0] == "True True r"
        assert told[1].startswith("carol 'carol@example.edu' is not known to this Seafile server. Check the spelling;")
        assert "1 sent, 0 failed" in told
        assert (tmp_path / "copy/plots/one.svg").read_text() == "<svg/>"
        assert (world["voltage"], world["before"]) == (b"time,mV\n0,-65\n", b"time,mV\n0,-65\n")
        assert world["size"] == sum(len(f"{number},-65\n") for number in range(1000))
        assert world["folder"] == tmp_path / "drive/shared with me/neuron-data"
        top = seafile.library.root
        assert seafile.vault.at(top, "users/carol/neuron-data") is None
        shared = {library.root: library.shares for library in seafile.libraries.all() if library.virtual}
        alice, bob = (seafile.vault.at(top, f"users/{user}/neuron-data").id for user in ("alice", "bob"))
        assert (shared[alice], shared.get(bob, {})) == ({"alice@example.edu": "rw"}, {})
