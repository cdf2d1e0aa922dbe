"""Public links: made, listed, ended, and read by whoever has them."""

import ast
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.providers.asking import read

from hubdrives.errors import BadInput, Forbidden, NotFound

PAGE = Path(__file__).parents[3] / "docs" / "providers" / "seafile.md"


@pytest.fixture
def place(bench):
    bench.file("data/a.txt", "a")
    return bench.root.below("data")


async def test_a_link_lets_anybody_read(bench, seafile, place):
    link = await seafile.make_link(place)
    assert (link.password, link.until, link.views) == (False, None, 0)
    stranger = await bench.connect(bench.seafile.add_user("stranger@example.org"))
    (entry,) = (await stranger.snapshot(bench.location(link.url))).files
    assert await read(stranger, entry) == b"a"
    single = await seafile.make_link(place.below("a.txt"))
    assert await read(stranger, await stranger.stat(bench.location(single.url))) == b"a"


async def test_a_link_may_want_a_password_and_may_end(bench, seafile, place):
    link = await seafile.make_link(place, password="correct horse", days=3)
    assert link.password
    assert link.until == datetime.fromtimestamp(bench.clock.now, UTC) + timedelta(days=3)
    with pytest.raises(Forbidden, match="password"):
        await seafile.snapshot(bench.location(link.url))
    bench.clock.now += 4 * 86400
    with pytest.raises(NotFound):
        await seafile.snapshot(bench.location(link.url))


async def test_links_are_listed_and_ended_one_place_at_a_time(bench, seafile, place):
    made = await seafile.make_link(place)
    other = await seafile.make_link(place.below("a.txt"), password="correct horse")
    assert await seafile.links(place) == [made]
    assert [each.password for each in await seafile.links(place.below("a.txt"))] == [True]
    for link in (other.id, "../x", ""):
        with pytest.raises(NotFound):
            await seafile.remove_link(place, link)
    await seafile.remove_link(place, made.id)
    assert await seafile.links(place) == []
    assert list(bench.seafile.links.public) == [other.id]


async def test_what_the_server_does_not_take_is_told(bench, seafile, place):
    await seafile.make_link(place)
    for options in ({}, {"password": "short"}, {"days": 0}):
        with pytest.raises(BadInput):
            await seafile.make_link(place, **options)


@pytest.mark.parametrize("effect", ["reset_after_effect", "refuse_after_effect"])
async def test_a_link_whose_making_was_not_told_is_the_one_that_was_made(bench, seafile, place, effect):
    bench.fault("links.create", effect, times=1)
    link = await seafile.make_link(place, days=3)
    assert [link.id] == list(bench.seafile.links.public)


@pytest.mark.parametrize("wanted", [{"password": "correct horse"}, {"days": 3}, {}])
async def test_a_link_that_was_there_before_is_not_taken_for_one_that_was_asked_for(bench, seafile, place, wanted):
    await seafile.make_link(place, password="another horse", days=30)
    bench.fault("links.create", "drop", times=1)
    with pytest.raises(BadInput, match="link to this in Seafile already"):
        await seafile.make_link(place, **wanted)


async def test_only_what_is_in_a_library_can_have_a_link(bench, seafile):
    with pytest.raises(Forbidden):
        await seafile.make_link(bench.account)


async def test_a_link_is_not_shown_where_values_are_shown(seafile, place):
    link = await seafile.make_link(place)
    assert link.id not in repr(link)


async def test_the_example_in_the_docs_does_what_it_says(bench, seafile, tmp_path, monkeypatch, capsys):
    bench.folder("results")
    config = tmp_path / "hubdrives.toml"
    config.write_text(
        f'[connections.cloud]\nprovider = "seafile"\nbase_url = "{bench.seafile.url}"\n'
        f'root = "{bench.seafile.location}"\n'
        'credential = { kind = "token", scheme = "Token", token_env = "SEAFILE_TOKEN" }\n'
    )
    monkeypatch.setenv("HUBDRIVES_CONFIG", str(config))
    monkeypatch.setenv("SEAFILE_TOKEN", bench.seafile.token())
    (block,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    await eval(compile(block, str(PAGE), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), {})
    assert capsys.readouterr().out.startswith(f"{bench.seafile.url}/d/")
    assert bench.asked()["links.delete"] == 1
    assert bench.seafile.links.public == {}
