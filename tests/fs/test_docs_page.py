"""The examples of the page for data scientists run."""

import re
from pathlib import Path

import pytest
from tests.fs.conftest import RAIN, Drive
from tests.fs.test_open import brought

from hubdrives.fs import HubdrivesFileSystem

PAGE = (Path(__file__).parents[2] / "docs/python.md").read_text()


async def test_every_example_runs(drive: Drive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drive.file("rain.csv", RAIN * 10, parent=drive.folder("data"))
    logs = drive.folder("logs")
    for number in range(3):
        drive.file(f"{number}.txt", "dry\nwet\n", parent=logs)
    await brought(drive.source, tmp_path / "course")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    examples = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert len(examples) == 5
    known: dict[str, object] = {}
    for example in examples:
        exec(example.replace("https://drive.google.com/drive/folders/1AbC", drive.source), known)
    assert len(known["table"]) == 29
    assert len(known["blocks"]) == 3
    assert (tmp_path / "copy/rain.csv").read_bytes() == RAIN * 10


def test_every_option_is_told() -> None:
    told = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE))))
    code = HubdrivesFileSystem.__init__.__code__
    assert told == set(code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount])
