"""The demo is the README's first command: it must hold, and say so."""

import asyncio
import sys
from pathlib import Path

import pytest

from hubdrives.demo.findings import Findings


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
    figures = ["first pull", "second student", "unchanged pull", "one changed file", "50 users at once"]
    figures += [f"Canvas, {one}" for one in ("first pull", "second student", "two lifetimes later", "unchanged pull")]
    for figure in figures:
        assert f"  ok      {figure}: " in said


def test_what_does_not_hold_is_counted_and_shown(capsys):
    findings = Findings()
    findings.check("water is wet", True)
    findings.check("the moon is cheese", False, "basalt")
    assert findings.failed == ["the moon is cheese"]
    assert capsys.readouterr().out == "  ok      water is wet\n  FAILED  the moon is cheese: basalt\n"
