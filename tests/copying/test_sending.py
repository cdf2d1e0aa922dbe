"""Copies of this machine's files to a provider: what changes here meanwhile."""

from pathlib import Path

from tests.sync.source import HERE
from tests.sync.writable import WritableMemory

from hubdrives.copying.sending import Sending, gather
from hubdrives.sync.meter import Meter


async def test_a_file_that_goes_away_before_its_turn_is_told_and_the_rest_goes_up(tmp_path: Path):
    for name in ("here.txt", "gone.txt"):
        (tmp_path / name).write_text(name)
    items = list(gather([tmp_path / "here.txt", tmp_path / "gone.txt"]))
    (tmp_path / "gone.txt").unlink()
    provider, meter = WritableMemory(), Meter(None, waiting=lambda: None)
    sent = await Sending(provider=provider, writer=provider, parent=HERE, meter=meter, is_new=True).run(items)
    assert [entry.path for entry in sent.uploaded] == ["here.txt"]
    assert [one.path for one in sent.failed] == ["gone.txt"]
