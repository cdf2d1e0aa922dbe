"""Tokens that open one place only."""

import pytest
from tests.providers.box.conftest import Bench

from hubdrives.errors import BadInput, NotFound
from hubdrives.providers.abilities import Narrows
from hubdrives.providers.box import Box


async def test_what_is_asked_for_is_the_item_that_the_place_means(bench: Bench, monkeypatch):
    inside = bench.folder("inside")
    box = await bench.connect()
    assert isinstance(box, Narrows)
    asked = []

    async def narrowed(resource: str) -> tuple[str, float]:
        asked.append(resource)
        return "narrow", 60.0

    monkeypatch.setattr(bench.tokens[-1], "narrowed", narrowed, raising=False)
    made = await box.narrowed(bench.root.below("inside"))
    assert asked == [f"folders/{inside}"]
    assert made.value == "narrow"
    assert "narrow'" not in repr(made)


async def test_a_credential_that_can_not_make_them_says_so(box: Box, bench: Bench):
    with pytest.raises(BadInput, match="no tokens"):
        await box.narrowed(bench.root)


async def test_of_nothing_there_is_none(box: Box, bench: Bench):
    with pytest.raises(NotFound):
        await box.narrowed(bench.root.below("nothing"))


async def test_what_only_a_shared_link_opens_needs_none(bench: Bench):
    stranger = bench.box.add_user("eve@example.org", "Eve")
    link = bench.box.shared_link(bench.folder("shared"))
    box = await bench.connect(stranger)
    with pytest.raises(BadInput, match="shared link"):
        await box.narrowed(bench.location(link))
