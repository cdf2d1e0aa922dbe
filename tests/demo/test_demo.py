"""The demo is the README's first command: it must hold, and say so."""

import asyncio
import sys
from pathlib import Path

import pytest

from hubdrives.demo.check import Findings
from hubdrives.demo.hub import free_ports, port_or_free, proxy_command


@pytest.mark.e2e
@pytest.mark.timeout(400)
async def test_all_that_the_unattended_demo_checks_holds():
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("hubdrives"),
        *("demo", "--check"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    said = out.decode()
    assert process.returncode == 0, said
    assert "FAILED" not in said
    assert "Traceback" not in said
    for figure in ("first pull", "second student", "unchanged pull", "one changed file", "50 users at once"):
        assert f"{figure}: " in said


def test_what_does_not_hold_is_counted_and_shown(capsys):
    findings = Findings()
    findings.check("water is wet", True)
    findings.check("the moon is cheese", False, "basalt")
    assert findings.failed == ["the moon is cheese"]
    assert capsys.readouterr().out == "  ok      water is wet\n  FAILED  the moon is cheese: basalt\n"


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
