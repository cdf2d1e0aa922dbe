from collections.abc import Callable
from pathlib import Path

import pytest
from tests.push.world import World
from tests.sync.conftest import ram as ram  # noqa: PLC0414 - a fixture, shared
from tests.sync.source import Tree


@pytest.fixture
def pulled(tmp_path: Path) -> Callable[[Tree], World]:
    """Makes a working folder into which a tree was pulled."""

    def make(tree: Tree) -> World:
        world = World(tmp_path / "course", tree)
        world.pull()
        return world

    return make
