"""What is reached by a shared link: the link goes along with every request, and a password too."""

import pytest

from hubdrives.errors import BadConfig, BadInput, Forbidden, NotFound
from hubdrives.providers.abilities import Query


@pytest.fixture
async def private(bench):
    """A folder that the service account is not invited to, with a file in a folder in it."""
    tree = bench.box.tree
    folder = tree.add("private", parent=bench.box.owner.root).id
    inner = tree.add("inner", parent=folder).id
    return {"folder": folder, "inner": inner, "file": tree.add_file("a.txt", "hello", parent=inner).id}


async def contents(box, location):
    snapshot = await box.snapshot(location)
    return {entry.path: b"".join([piece async for piece in box.read(entry)]).decode() for entry in snapshot.files}


async def test_without_the_link_there_is_nothing(bench, box, private):
    with pytest.raises(NotFound):
        await box.snapshot(bench.at(private["folder"]))


async def test_all_below_a_link_can_be_listed_and_read(bench, box, private):
    link = bench.location(bench.box.shared_link(private["folder"]))
    assert await contents(box, link) == {"inner/a.txt": "hello"}
    assert await contents(box, link.below("inner")) == {"a.txt": "hello"}
    assert (await box.stat(link)).path == "private"
    assert [entry.path async for entry in box.list(link)] == ["inner"]


async def test_an_item_inside_a_link_is_reached_through_it(bench, box, private):
    link = bench.box.shared_link(private["folder"])
    assert await contents(box, bench.location(f"{link}/folder/{private['inner']}")) == {"a.txt": "hello"}
    assert await contents(box, bench.location(f"{link}/file/{private['file']}")) == {"a.txt": "hello"}
    mark = link.rpartition("/")[2]
    pasted = bench.location(f"https://app.box.com/folder/{private['inner']}?s={mark}")
    assert await contents(box, pasted) == {"a.txt": "hello"}


async def test_what_only_a_link_opens_is_listed_each_time_for_no_event_tells_of_it(bench, box, private):
    link = bench.location(bench.box.shared_link(private["folder"]))
    first = await box.snapshot(link)
    bench.box.tree.add_file("b.txt", "new", parent=private["inner"])
    bench.asked()
    second = await box.snapshot(link, known=first)
    assert [entry.path for entry in second.files] == ["inner/a.txt", "inner/b.txt"]
    assert "events" not in bench.asked()


async def test_who_is_invited_as_well_goes_by_events_and_needs_the_link_no_more(bench, box, private):
    link = bench.box.shared_link(private["folder"])
    bench.box.collaborate(private["folder"], bench.box.service_account.login, "viewer")
    location = bench.location(link)
    first = await box.snapshot(location)
    bench.asked()
    assert await box.snapshot(location, known=first) == first
    assert bench.asked() == {"events": 1}
    pasted = bench.location(f"https://app.box.com/folder/{private['inner']}?s=0123456789abcdef")
    assert await contents(box, pasted) == {"a.txt": "hello"}


async def test_a_password_comes_from_a_file_and_goes_along(bench, private, tmp_path):
    link = bench.box.shared_link(private["folder"], password="open, Sesame 1!")
    location = bench.location(link)
    with pytest.raises(Forbidden, match="password"):
        await (await bench.connect()).snapshot(location)
    file = tmp_path / "passwords"
    file.write_text(f"# links\n\n{link} open, Sesame 1!\n")
    box = await bench.connect(link_passwords_file=str(file))
    assert await contents(box, location) == {"inner/a.txt": "hello"}


@pytest.mark.parametrize("text", ["https://app.box.com/s/0123456789abcdef", "https://example.org/ secret", "word word"])
async def test_a_file_of_passwords_that_is_wrong_is_refused_without_telling_them(bench, tmp_path, text):
    file = tmp_path / "passwords"
    file.write_text(text)
    with pytest.raises(BadConfig, match="Line 1") as refused:
        await bench.connect(link_passwords_file=str(file))
    assert "secret" not in str(refused.value)


async def test_a_link_contains_what_is_below_it(bench, box, private):
    link = bench.location(bench.box.shared_link(private["folder"]))
    inner = bench.location(f"{link.url}/folder/{private['inner']}")
    assert await box.contains(link, inner)
    assert await box.contains(link, link.below("inner/a.txt"))
    assert not await box.contains(inner, link)
    assert not await box.contains(link, bench.root)


async def test_a_link_is_not_searched(bench, box, private):
    link = bench.location(bench.box.shared_link(private["folder"]))
    with pytest.raises(BadInput, match="shared link"):
        [entry async for entry in box.search(Query(text="a"), under=link)]


async def test_a_link_that_does_not_let_download_gives_no_entries(bench, box, private):
    link = bench.location(bench.box.shared_link(private["folder"], download=False))
    snapshot = await box.snapshot(link)
    assert [entry.path for entry in snapshot.files] == []
    assert [each.code for each in snapshot.skipped] == ["unreadable"]


async def test_entries_do_not_show_the_link_that_they_carry(bench, box, private):
    link = bench.location(bench.box.shared_link(private["folder"]))
    snapshot = await box.snapshot(link)
    mark = link.url.rpartition("/")[2]
    assert mark not in repr(snapshot.entries)
