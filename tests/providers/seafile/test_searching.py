"""Searching, in whichever way a server has."""

import pytest

from hubdrives.errors import BadInput
from hubdrives.model import Kind
from hubdrives.providers.abilities import Query


@pytest.fixture
def planted(bench):
    for path in ("rain.csv", "logs/rain 2030.csv", "logs/deep/rain fall.LOG", "snow.csv"):
        bench.file(path)
    bench.asked()
    return bench.root


async def found(seafile, under, limit=1000, **query):
    return sorted([each.path async for each in seafile.search(Query(**query), under=under, limit=limit)])


async def test_an_index_is_asked_where_there_is_one(bench, seafile, planted):
    bench.seafile.settings.features = ("seafile-basic", "seafile-pro", "file-search")
    assert await found(seafile, planted.below("logs"), text="rain") == ["deep/rain fall.LOG", "rain 2030.csv"]
    assert bench.asked() == {"dir.list": 1, "server.info": 1, "search": 1}
    assert await found(seafile, planted, text="rain") == ["logs/deep/rain fall.LOG", "logs/rain 2030.csv", "rain.csv"]
    assert bench.asked() == {"repos.get": 1, "search": 1}


async def test_all_pages_of_the_index_are_asked_for_as_far_as_they_are_wanted(bench, seafile):
    bench.seafile.settings.features = ("seafile-basic", "seafile-pro", "file-search")
    for number in range(250):
        bench.file(f"rain/{number:03}.rain")
    assert len(await found(seafile, bench.root, text="rain")) == 251
    assert bench.asked()["search"] == 3
    assert len(await found(seafile, bench.root, text="rain", limit=50)) == 50
    assert bench.asked()["search"] == 1


async def test_an_index_is_behind(bench, seafile, planted):
    bench.seafile.settings.features = ("seafile-basic", "seafile-pro", "file-search")
    bench.seafile.settings.search_lag = 60
    assert await found(seafile, planted, text="snow") == []
    bench.clock.now += 61
    assert await found(seafile, planted, text="snow") == ["snow.csv"]


async def test_names_are_searched_where_there_is_no_index(bench, seafile, planted):
    assert await found(seafile, planted, text="rain 2030") == ["logs/rain 2030.csv"]
    assert bench.asked() == {"repos.get": 1, "server.info": 1, "search.names": 1, "file.detail": 1}


async def test_what_an_old_server_has_is_listed_and_searched_here(bench, seafile, planted):
    bench.seafile.settings.modern = False
    assert await found(seafile, planted, text="fall rain") == ["logs/deep/rain fall.LOG"]
    assert bench.asked() == {"repos.get": 1, "server.info": 1, "search.names": 1, "dir.list": 1}
    await found(seafile, planted, text="rain")
    assert bench.asked() == {"dir.list": 1}


@pytest.mark.parametrize("features", [(), ("file-search",)])
async def test_without_words_all_is_listed(bench, seafile, planted, features):
    bench.seafile.settings.features = features
    assert await found(seafile, planted, extensions=("log",)) == ["logs/deep/rain fall.LOG"]
    assert await found(seafile, planted, kind=Kind.FOLDER) == ["logs", "logs/deep"]
    assert bench.asked() == {"repos.get": 1, "dir.list": 2}


async def test_only_below_a_folder_of_a_library_can_be_searched(bench, seafile, planted):
    for under in (bench.account, bench.account.below("My Libraries"), planted.below("rain.csv")):
        with pytest.raises(BadInput):
            await found(seafile, under, text="rain")


async def test_a_library_token_searches_its_library(bench, planted):
    narrow = await bench.connect(token=bench.seafile.library_token().token, library_token=True)
    assert await found(narrow, planted, text="snow") == ["snow.csv"]
