from collections.abc import AsyncIterator

import pytest

from hubdrives.model import Location
from hubdrives.providers.seafile import Seafile
from hubdrives.testing.contract import ProviderContract, World
from hubdrives.testing.contract_abilities import WritableContract
from hubdrives.testing.contract_sharing import SearchableContract, ShareableContract
from hubdrives.testing.contract_versions import VersionedContract
from hubdrives.testing.world_abilities import AbleWorld


class EmulatedFolder(AbleWorld):
    """The emulator's library, planted and looked at through its vault."""

    def __init__(self, bench, provider: Seafile) -> None:
        self.seafile, self.provider, self._bench = bench.seafile, provider, bench
        self.base_url = bench.seafile.url
        self.pasted = bench.seafile.location
        self.location = bench.root
        owner = bench.seafile.add_user("owner@example.org", "Owner")
        aside = bench.seafile.add_library("private", owner)
        bench.seafile.share(aside, bench.seafile.account)
        bench.file("private.txt", "private", library=aside)
        self.outside = bench.at("/private.txt", library=aside)
        self.missing = bench.location(f"{bench.seafile.url}/library/{'0' * 8}-0000-0000-0000-{'0' * 12}/none/a.txt")
        self.secrets = (bench.tokens[0].shown, "seafhttp")
        self.colleague = bench.seafile.add_user("colleague@example.org", "Colleague").email
        self.team = str(bench.seafile.add_group("Team", members=["colleague@example.org"]).id)
        self.stranger = "nobody@example.org"

    async def write(self, path: str, data: bytes) -> None:
        self.seafile.add_file(path, data)
        # Each is a version of its own.
        self.seafile.libraries.record()

    async def make_folder(self, path: str) -> None:
        self.seafile.add_folder(path)

    async def rename(self, path: str, name: str) -> None:
        self.seafile.vault.rename(self._node(path).id, name)

    async def remove(self, path: str) -> None:
        self.seafile.vault.trash(self._node(path).id)

    async def at(self, path: str) -> Location:
        return self._bench.at(path)

    async def names(self, path: str = "") -> list[str]:
        return sorted(each.name for each in self.seafile.vault.entries(self._node(path).id))

    async def history(self, path: str) -> list[bytes]:
        return self._bench.history(path)

    async def item(self, path: str) -> str:
        return self._node(path).id

    async def cut_next_write(self) -> None:
        self._bench.fault("upload", "drop", times=1)

    async def access(self, path: str) -> dict[str, str]:
        shared = self.seafile.libraries.of(self._node(path))
        if shared is None:
            return {}
        return {**shared.shares, **{str(group): role for group, role in shared.group_shares.items()}}

    def _node(self, path: str):
        found = self.seafile.vault.at(self.seafile.library.root, path)
        if found is None:
            raise LookupError(path)
        return found


class OnTheEmulator:
    @pytest.fixture
    async def world(self, bench, seafile) -> AsyncIterator[World]:
        return EmulatedFolder(bench, seafile)


class TestSeafile(OnTheEmulator, ProviderContract):
    tells_digests = False
    links = False
    hostile_names = (
        ".git",
        ".hubdrives",
        "bell\u2028",
        "Caf\u00e9",
        "-rf",
        " lead",
        "a:b",
        "CON",
        "e\u0301.txt",
        "A.csv",
        "a.csv",
        "back\\slash",
        "tail.",
    )
    refused = (
        "https://drive.ebrains.eu/u/d/0123456789abcdef0123/",
        "https://drive.ebrains.eu/seafhttp/files/6c9a/a.txt",
        "https://drive.ebrains.eu/profile/",
    )


class TestSeafileIsWritable(OnTheEmulator, WritableContract):
    large = 4_000_000


class TestALibraryTokenIsWritable(OnTheEmulator, WritableContract):
    large = 4_000_000

    @pytest.fixture
    async def world(self, bench) -> AsyncIterator[World]:
        token = bench.seafile.library_token().token
        return EmulatedFolder(bench, await bench.connect(token=token, library_token=True))


class TestSeafileIsVersioned(OnTheEmulator, VersionedContract):
    pass


class TestSeafileIsSearchable(OnTheEmulator, SearchableContract):
    """Newer servers search names."""


class TestSeafileWithAnIndexIsSearchable(OnTheEmulator, SearchableContract):
    @pytest.fixture(autouse=True)
    def _features(self, bench) -> None:
        bench.seafile.settings.features = ("seafile-basic", "seafile-pro", "file-search")


class TestAnOldSeafileIsSearchable(OnTheEmulator, SearchableContract):
    @pytest.fixture(autouse=True)
    def _features(self, bench) -> None:
        bench.seafile.settings.modern = False


class TestSeafileIsShareable(OnTheEmulator, ShareableContract):
    pass
