"""Which space is meant, what there is, and where it is in the home."""

import pytest

from hubdrives.config import ConnectionSettings, Settings, SpaceSettings, parse
from hubdrives.errors import BadConfig, BadInput, NoConnection
from hubdrives.spaces import list_spaces, mounted, open_spaces


def settings(*names, **space):
    chosen = {"connection": "team", "key": "name", "address": "{name}", **space}
    return Settings(
        connections={
            "team": ConnectionSettings(
                provider="box", root="https://app.box.com/folder/1", credential={"kind": "token", "token_env": "T"}
            )
        },
        spaces={name: SpaceSettings(folder=f"{name}-data", **chosen) for name in names},
    )


async def opened(*names, name="", **space):
    async with open_spaces(name, settings=settings(*names, **space), environment={}) as spaces:
        return spaces


async def test_the_only_one_needs_no_name_and_of_several_one_is_named():
    assert (await opened("results")).name == "results"
    assert (await opened("results", "logs", name="logs")).name == "logs"
    with pytest.raises(BadInput, match="several"):
        await opened("results", "logs")
    with pytest.raises(NoConnection, match="no space 'other'"):
        await opened("results", "logs", name="other")
    with pytest.raises(NoConnection, match="no space here"):
        await opened()


async def test_whose_folder_is_whose_is_asked_of_the_hub_which_must_be_there():
    for space in ({"key": "sub"}, {"address": "{email}"}):
        with pytest.raises(BadConfig):
            await opened("results", **space)


async def test_a_root_that_is_no_address_of_the_provider_is_refused():
    with pytest.raises(BadConfig, match="Box"):
        await opened("results", root="https://drive.google.com/drive/folders/1AbC")


def nested(**spaces):
    """Two spaces of one connection, which differ in `root` and `folder`."""
    chosen = {"key": "name", "address": "{name}"}
    return Settings(
        connections={
            name: ConnectionSettings(
                provider="seafile",
                base_url="https://drive.example.edu",
                root="https://drive.example.edu/library/default/",
                credential={"kind": "token", "token_env": "T"},
            )
            for name in ("drive", "other")
        },
        spaces={
            name: SpaceSettings(**{"connection": "drive", "folder": "data", **chosen, **space})
            for name, space in spaces.items()
        },
    )


LIBRARY = "https://drive.example.edu/library/0f7a1b66-2f4c-4b6b-9d3b-6c1f5f7b2a10"
OVERLAPS = {
    "the same twice": ({}, {}),
    "written in two ways": ({"root": "drive:/users/"}, {"root": "https://drive.example.edu/library/default/users"}),
    "of another name of the library": ({"root": f"{LIBRARY}/Course/a"}, {"root": f"{LIBRARY}/-/a/b", "folder": "logs"}),
    "below the connection's root": ({}, {"root": "drive:/users", "folder": "logs"}),
    "whose letters are composed otherwise": ({"root": "drive:/K\u00f6ln"}, {"root": "drive:/Ko\u0308ln/b"}),
    "below it, in another case": ({"root": "drive:/Users"}, {"root": "drive:/users/logs", "folder": "logs"}),
}


@pytest.mark.parametrize(("one", "two"), OVERLAPS.values(), ids=OVERLAPS)
async def test_two_spaces_that_lie_in_each_other_are_refused_whichever_is_opened(one, two):
    for name in ("one", "two"):
        with pytest.raises(BadConfig, match=r"are the same folders|'two' lies in the root of space 'one'") as refused:
            async with open_spaces(name, settings=nested(one=one, two=two), environment={}):
                pass
        assert "`folder`" in refused.value.hint


BESIDE = {
    "one root, two folders": ({"root": "drive:/users"}, {"root": "drive:/users", "folder": "logs"}),
    "two roots": ({"root": "drive:/users"}, {"root": "drive:/users2"}),
    "two accounts": ({}, {"connection": "other", "root": "other:/users"}),
    "one that is no address": ({}, {"root": "https://elsewhere.example.edu/x"}),
}


@pytest.mark.parametrize(("one", "two"), BESIDE.values(), ids=BESIDE)
async def test_two_spaces_beside_each_other_are_opened(one, two):
    async with open_spaces("one", settings=nested(one=one, two=two), environment={"T": "t"}) as spaces:
        assert spaces.name == "one"


async def test_others_that_lie_in_each_other_are_their_own_affair():
    spaces = {"one": {"root": "drive:/a"}, "two": {"root": "drive:/b"}, "three": {"root": "drive:/b/c"}}
    async with open_spaces("one", settings=nested(**spaces), environment={"T": "t"}) as opened:
        assert opened.name == "one"
    with pytest.raises(BadConfig):
        async with open_spaces("two", settings=nested(**spaces), environment={"T": "t"}):
            pass


async def test_those_of_the_configuration_are_managed_from_here():
    (one,) = await list_spaces(settings=settings("results"), environment={})
    assert (one.name, one.title, one.folder, one.can, one.roles[0]) == (
        "results", "Box", "results-data", ("manage",), "viewer"
    )  # fmt: skip


@pytest.mark.parametrize("shown", ["Shared with me", "shared with me", "SHARED WITH ME"])
async def test_a_mounted_folder_is_found_in_any_case(tmp_path, monkeypatch, shown):
    config = tmp_path / "hubdrives.toml"
    config.write_text(
        '[connections.team]\nprovider = "box"\nroot = "https://app.box.com/folder/1"\n'
        'credential = { kind = "token", token_env = "T" }\n'
        '[spaces.results]\nconnection = "team"\nfolder = "results-data"\nkey = "name"\naddress = "{name}"\n'
        'mounted = "drive/Shared with me"\n'
    )
    assert parse(config.read_text()).spaces
    environment = {"HUBDRIVES_CONFIG": str(config)}
    assert mounted("results", home=tmp_path, environment=environment) is None
    there = tmp_path / "drive" / shown / "results-data"
    there.mkdir(parents=True)
    (tmp_path / "drive" / shown / "Results-Data").mkdir()
    assert mounted("results", home=tmp_path, environment=environment) == there
    monkeypatch.setenv("HOME", str(tmp_path))
    assert mounted(environment=environment) == there


async def test_what_is_not_mounted_is_nowhere(tmp_path):
    spaces = await opened("results")
    assert spaces.mounted(tmp_path) is None
