"""Programs are found and ports are chosen so that nobody stands in another's way."""

import asyncio
from pathlib import Path

from hubdrives.testing.processes import free_ports, port_or_free, proxy_command


async def test_a_port_that_is_taken_is_left_alone():
    [port] = free_ports(1)
    assert port_or_free(port) == port
    server = await asyncio.start_server(lambda _r, _w: None, "127.0.0.1", port)
    async with server:
        assert port_or_free(port) != port


def test_the_proxy_is_found_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    node, script = proxy_command()
    assert Path(node).is_file()
    assert Path(script).is_file()
