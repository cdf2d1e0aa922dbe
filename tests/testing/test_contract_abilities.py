"""The suites of the abilities: a provider that keeps its promises passes, each that breaks one is noticed."""

import asyncio
import inspect
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from tests.testing.shelf import ShelfProvider
from tests.testing.shelf_world import ShelfWorld

from hubdrives.content import Bytes
from hubdrives.errors import HubdrivesError, LocalFailure
from hubdrives.model import Kind
from hubdrives.providers.abilities import Invitee
from hubdrives.testing.contract import ProviderContract
from hubdrives.testing.contract_abilities import WritableContract
from hubdrives.testing.contract_sharing import TREE, SearchableContract, ShareableContract
from hubdrives.testing.contract_versions import VersionedContract
from hubdrives.testing.world_abilities import Failing, Pieces


class OnShelf:
    @pytest.fixture
    async def world(self) -> AsyncIterator[ShelfWorld]:
        made = ShelfWorld()
        yield made
        await made.provider.close()
        del ShelfProvider.shelves[made.host]


class TestShelf(OnShelf, ProviderContract):
    links = False
    served = False


class TestWritable(OnShelf, WritableContract):
    served = False


class TestVersioned(OnShelf, VersionedContract): ...


class TestSearchable(OnShelf, SearchableContract): ...


class TestShareable(OnShelf, ShareableContract): ...


class Overwrites(ShelfProvider):
    async def write(self, parent, name, content, *, if_version=None, modified=None):
        entry = await super().write(parent, name, content, if_version=if_version, modified=modified)
        del self._shelf(parent).by_id(entry.id).history[1:]
        return entry


class ComparesTooEarly(ShelfProvider):
    async def write(self, parent, name, content, *, if_version=None, modified=None):
        folder = await self._folder(parent, name)
        self._check(folder.child(name), if_version)
        await asyncio.sleep(0.001)
        return await super().write(parent, name, content, modified=modified)


class ForgetsToCompare(ShelfProvider):
    async def write(self, parent, name, content, *, if_version=None, modified=None):
        return await super().write(parent, name, content, modified=modified)


class MakesAnotherFile(ShelfProvider):
    async def write(self, parent, name, content, *, if_version=None, modified=None):
        folder = await self._folder(parent, name)
        if there := folder.child(name):
            there.name = f"{name} (1)"
        return await super().write(parent, name, content, if_version=if_version, modified=modified)


class WritesWhatCame(ShelfProvider):
    async def write(self, parent, name, content, *, if_version=None, modified=None):
        data = b""
        try:
            async for piece in content.read():
                data += piece
        except LocalFailure:
            await super().write(parent, name, Bytes(data))
            raise
        return await super().write(parent, name, Bytes(data), if_version=if_version, modified=modified)


class TakesTheFirstPiece(ShelfProvider):
    async def write(self, parent, name, content, *, if_version=None, modified=None):
        pieces = [piece async for piece in content.read()][:1]
        return await super().write(parent, name, Bytes(b"".join(pieces)), if_version=if_version, modified=modified)


class MakesManyFolders(ShelfProvider):
    async def make_folder(self, parent, name):
        there = (await self._folder(parent, name)).child(name)
        await asyncio.sleep(0.001)
        return self._entry(there or self._shelf(parent).add(await self._folder(parent, name), name, Kind.FOLDER))


class TakesAnyName(ShelfProvider):
    @staticmethod
    def _usable(name):
        return name


class CopiesInsteadOfMoving(ShelfProvider):
    async def move(self, location, *, parent=None, name=None):
        item = await self._item(location)
        old = item.id
        entry = await super().move(location, parent=parent, name=name)
        item.id = f"copy-of-{old}"
        return replace(entry, id=item.id)


class LosesTheHistoryOnMoving(ShelfProvider):
    async def move(self, location, *, parent=None, name=None):
        item = await self._item(location)
        entry = await super().move(location, parent=parent, name=name)
        del item.history[1:]
        return entry


class MovesOverOthers(ShelfProvider):
    async def move(self, location, *, parent=None, name=None):
        target = await self._item(parent) if parent else (await self._item(location)).parent
        if there := target.child(name or (await self._item(location)).name):
            target.children.remove(there)
        return await super().move(location, parent=parent, name=name)


class RemovesWhateverIsThere(ShelfProvider):
    async def remove(self, location, *, if_version=None):
        await super().remove(location)


class OldestFirst(ShelfProvider):
    async def versions(self, location):
        return list(reversed(await super().versions(location)))


class RestoringCutsOff(ShelfProvider):
    async def restore(self, location, version):
        item = await self._file(location)
        while item.history[0].id != version:
            if len(item.history) == 1:
                return await super().restore(location, version)
            del item.history[0]
        return self._entry(item)


class ReadsVersionsOfAnybody(ShelfProvider):
    async def read_version(self, location, version, *, start=0, stop=None):
        shelf = self._shelf(location)
        for item in shelf.top.all_below():
            for one in item.history:
                if one.id == version:
                    yield one.data[start:stop]
                    return
        async for piece in super().read_version(location, version, start=start, stop=stop):
            yield piece


class IgnoresTheRange(ShelfProvider):
    async def read_version(self, location, version, *, start=0, stop=None):
        async for piece in super().read_version(location, version):
            yield piece


class FindsEverywhere(ShelfProvider):
    async def search(self, query, *, under, limit=1000):
        await self._item(under)
        async for entry in super().search(query, under=replace(under, id="top", path=""), limit=limit):
            yield entry


class FindsOneOrTheOther(ShelfProvider):
    async def search(self, query, *, under, limit=1000):
        async for entry in super().search(replace(query, extensions=()), under=under, limit=limit):
            yield entry


class KnowsNoLimit(ShelfProvider):
    async def search(self, query, *, under, limit=1000):
        async for entry in super().search(query, under=under):
            yield entry


class TakesAnyRole(ShelfProvider):
    def _role(self, role):
        pass


class SharesTwice(ShelfProvider):
    async def share(self, location, with_, role):
        share = await super().share(location, with_, role)
        item = await self._item(location)
        item.shares[f"{share.id}-{role}"] = replace(item.shares.pop(share.id), id=f"{share.id}-{role}")
        return item.shares[f"{share.id}-{role}"]


class TakesSharesOfAnyFolder(ShelfProvider):
    async def unshare(self, location, share):
        for item in self._shelf(location).top.all_below():
            if share in item.shares:
                del item.shares[share]
                return
        await super().unshare(location, share)


class SharesWithAPersonForAGroup(ShelfProvider):
    async def share(self, location, with_, role):
        return replace(await super().share(location, Invitee(who=with_.who, group=with_.group), role), group=False)


@pytest.mark.parametrize(
    ("broken", "suite"),
    [
        (Overwrites, TestWritable),
        (ComparesTooEarly, TestWritable),
        (ForgetsToCompare, TestWritable),
        (MakesAnotherFile, TestWritable),
        (WritesWhatCame, TestWritable),
        (TakesTheFirstPiece, TestWritable),
        (MakesManyFolders, TestWritable),
        (TakesAnyName, TestWritable),
        (CopiesInsteadOfMoving, TestWritable),
        (LosesTheHistoryOnMoving, TestWritable),
        (MovesOverOthers, TestWritable),
        (RemovesWhateverIsThere, TestWritable),
        (OldestFirst, TestVersioned),
        (RestoringCutsOff, TestVersioned),
        (ReadsVersionsOfAnybody, TestVersioned),
        (IgnoresTheRange, TestVersioned),
        (FindsEverywhere, TestSearchable),
        (FindsOneOrTheOther, TestSearchable),
        (KnowsNoLimit, TestSearchable),
        (TakesAnyRole, TestShareable),
        (SharesTwice, TestShareable),
        (TakesSharesOfAnyFolder, TestShareable),
        (SharesWithAPersonForAGroup, TestShareable),
    ],
)
async def test_a_provider_that_breaks_a_promise_is_noticed(broken: type[ShelfProvider], suite: type) -> None:
    assert await failures(suite, broken)
    assert await failures(suite, ShelfProvider) == []


async def failures(suite: type, kind: type[ShelfProvider]) -> list[str]:
    """The tests of `suite` that a shelf of this kind does not pass."""
    failed = []
    for name, test in inspect.getmembers(suite, inspect.iscoroutinefunction):
        for values in cases(test) if name.startswith("test_") else ():
            world = ShelfWorld(kind)
            (fixture,) = set(inspect.signature(test).parameters) - {"self", *values}
            await plant(world, fixture)
            try:
                await test(suite(), **{fixture: world, **values})
            except pytest.skip.Exception:
                pass
            except (Exception, pytest.fail.Exception):
                failed.append(name)
            del ShelfProvider.shelves[world.host]
    return failed


def cases(test) -> list[dict[str, object]]:
    """What the test's parameters are, one time after the other."""
    for mark in getattr(test, "pytestmark", ()):
        names, rows = mark.args
        names = (names,) if isinstance(names, str) else names
        return [dict(zip(names, row if len(names) > 1 else (row,), strict=True)) for row in rows]
    return [{}]


async def plant(world: ShelfWorld, fixture: str) -> None:
    """What the suites' fixtures of these names plant."""
    planted = {
        "world": [],
        "thrice": [("a.txt", b"first"), ("a.txt", b"the second"), ("a.txt", b"3rd"), ("other.txt", b"another")],
        "planted": [(path, path.rpartition("/")[2].encode()) for path in TREE],
        "room": [("room/a.txt", b"a"), ("beside/b.txt", b"b")],
    }
    for path, data in planted[fixture]:
        await world.write(path, data)


async def test_content_comes_in_pieces_from_wherever_it_is_wanted() -> None:
    data = bytes(range(256)) * 1000
    for start, stop in [(0, None), (5, 5), (17, 200_000), (250_000, None)]:
        pieces = [piece async for piece in Pieces(data).read(start, stop)]
        assert b"".join(pieces) == data[start:stop]
    with pytest.raises(HubdrivesError):
        [piece async for piece in Failing(b"abc").read()]
    assert [piece async for piece in Failing(b"abc").read(0, 2)] == [b"ab"]
