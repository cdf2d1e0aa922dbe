"""Reading through links that other people made: public ones, and internal ones."""

import pytest
from tests.providers.asking import read
from tests.providers.seafile.conftest import read_many

from hubdrives.errors import BadConfig, BadInput, Forbidden, NotFound, NotShared, Unreadable, VersionGone
from hubdrives.model import Kind
from hubdrives.providers.seafile.options import Options
from hubdrives.testing.emulators.seafile.public import ShareLink

FOLDER, FILE = "0123456789abcdef0123", "fedcba98765432100123"


@pytest.fixture
def shared(bench):
    """A folder and a file of somebody else's, each with a public link."""
    library = bench.seafile.add_library("theirs", bench.seafile.add_user("colleague@example.org"))
    bench.file("course/a.txt", "one", library=library)
    bench.file("course/week 1/b \u00e9.txt", "two", library=library)
    bench.theirs = library
    link(bench, FOLDER, "/course/")
    link(bench, FILE, "/course/a.txt")
    bench.asked()
    return bench


def link(bench, token, path, *, password=None, ends=None):
    bench.seafile.links.add(ShareLink(token, bench.theirs.id, path, "colleague@example.org", password, 0.0, ends))


def at(bench, address):
    return bench.location(f"{bench.seafile.url}{address}")


async def test_a_shared_folder_is_read_like_any(shared, seafile):
    folder = at(shared, f"/d/{FOLDER}/")
    snapshot = await seafile.snapshot(folder)
    assert [(entry.path, entry.kind) for entry in snapshot.entries] == [
        ("a.txt", Kind.FILE),
        ("week 1", Kind.FOLDER),
        ("week 1/b \u00e9.txt", Kind.FILE),
    ]
    assert [await read(seafile, entry) for entry in snapshot.files] == [b"one", b"two"]
    assert await read_many(seafile, list(snapshot.files)) == ({"a.txt": b"one", "week 1/b \u00e9.txt": b"two"}, {})
    assert [entry.path async for entry in seafile.list(folder)] == ["week 1", "a.txt"]
    assert (await seafile.stat(folder.below("week 1/b \u00e9.txt"))).size == 3
    assert (await seafile.stat(at(shared, f"/d/{FOLDER}/?p=/week 1"))).kind is Kind.FOLDER
    assert await seafile.contains(folder, folder.below("week 1"))
    assert not await seafile.contains(shared.root, folder)
    assert not await seafile.contains(shared.account, folder)


async def test_that_nothing_is_new_behind_a_link_costs_one_request(shared, seafile):
    folder = at(shared, f"/d/{FOLDER}/")
    first = await seafile.snapshot(folder)
    shared.asked()
    assert await seafile.snapshot(folder, known=first) == first
    assert shared.asked() == {"public.list": 1}
    shared.file("course/week 1/new.txt", "new", library=shared.theirs)
    assert len((await seafile.snapshot(folder, known=first)).files) == 3


async def test_a_shared_file_is_read_like_any(shared, seafile):
    location = at(shared, f"/f/{FILE}/?dl=1")
    entry = await seafile.stat(location)
    assert (entry.path, entry.size) == ("a.txt", 3)
    assert await read(seafile, entry) == b"one"
    assert await read(seafile, entry, start=1, stop=2) == b"n"
    snapshot = await seafile.snapshot(location)
    assert [each.path for each in snapshot.entries] == ["a.txt"]
    assert await seafile.snapshot(location, known=snapshot) == snapshot
    with pytest.raises(NotFound):
        await seafile.stat(location.below("more"))


async def test_a_shared_file_that_changed_is_not_taken_for_the_listed_one(shared, seafile):
    entry = await seafile.stat(at(shared, f"/f/{FILE}/"))
    shared.file("course/a.txt", "eno", library=shared.theirs)
    with pytest.raises(VersionGone):
        await read(seafile, entry)
    shared.remove("course/a.txt", library=shared.theirs)
    with pytest.raises(VersionGone):
        await read(seafile, entry)


async def test_a_cut_is_taken_up_behind_a_link_too(shared, seafile):
    data = bytes(range(256)) * 4000
    shared.file("course/large.bin", data, library=shared.theirs)
    entry = await seafile.stat(at(shared, f"/d/{FOLDER}/?p=/large.bin"))
    shared.fault("files.get", "cut", bytes=600_000)
    assert await read(seafile, entry) == data


@pytest.mark.parametrize("address", ["/d/aaaaaaaaaa/", "/f/aaaaaaaaaa/", f"/d/{FILE}/"])
async def test_a_link_that_is_none_is_not_found(shared, seafile, address):
    with pytest.raises(NotFound):
        await seafile.stat(at(shared, address))


async def test_a_link_that_has_ended_is_not_found(shared, seafile):
    link(shared, "abcdef0123", "/course/", ends=shared.clock.now - 1)
    with pytest.raises(NotFound):
        await seafile.snapshot(at(shared, "/d/abcdef0123/"))


async def test_a_link_with_a_password_wants_it(shared, seafile):
    link(shared, "abcdef0123", "/course/", password="s3cret-word")
    with pytest.raises(Forbidden) as refusal:
        await seafile.snapshot(at(shared, "/d/abcdef0123/"))
    assert "password" in str(refusal.value)
    assert "link_passwords_file" in refusal.value.hint


@pytest.fixture
def passwords(shared, tmp_path):
    file = tmp_path / "passwords"
    link(shared, "abcdef0123", "/course/", password="s3cret word")
    link(shared, "abcdef0124", "/course/a.txt", password="another")
    file.write_text(
        f"# links\n\n{shared.seafile.url}/d/abcdef0123/ s3cret word\n{shared.seafile.url}/f/abcdef0124/  another \n"
    )
    return file


async def test_a_password_that_is_known_is_shown(shared, passwords):
    seafile = await shared.connect(link_passwords_file=str(passwords))
    snapshot = await seafile.snapshot(at(shared, "/d/abcdef0123/"))
    assert [await read(seafile, entry) for entry in snapshot.files] == [b"one", b"two"]
    assert await read(seafile, await seafile.stat(at(shared, "/f/abcdef0124/"))) == b"one"
    assert "s3cret" not in repr(seafile) + repr(snapshot)


async def test_a_page_is_not_taken_for_the_file(shared, passwords, seafile):
    knowing = await shared.connect(link_passwords_file=str(passwords))
    entry = await knowing.stat(at(shared, "/f/abcdef0124/"))
    with pytest.raises(Unreadable):
        await read(seafile, entry)


@pytest.mark.parametrize(
    "line", ["{url}/d/abcdef0123/", "{url}/my-libs/ word", "https://other.org/d/abcdef0123/ word", "word"]
)
async def test_a_line_that_is_no_link_with_a_password_is_refused(bench, tmp_path, line):
    file = tmp_path / "passwords"
    file.write_text(f"# first\n{line.format(url=bench.seafile.url)}\n")
    with pytest.raises(BadConfig, match="Line 2"):
        await bench.connect(link_passwords_file=str(file))


async def test_a_file_of_passwords_that_is_not_there_is_refused(bench, tmp_path):
    with pytest.raises(BadConfig, match="can't be read"):
        await bench.connect(link_passwords_file=str(tmp_path / "none"))


@pytest.mark.parametrize("options", [{"zip": "yes"}, {"library_token": 1}, {"unknown": True}])
def test_options_that_can_not_be_used_are_refused(options):
    with pytest.raises(BadConfig):
        Options.of(options)


async def test_an_internal_link_is_followed(bench, seafile):
    bench.file("week 1/a.txt", "one")
    internal = bench.seafile.links.internal_to(bench.seafile.library.id, "/week 1", is_dir=True)
    location = at(bench, f"/smart-link/{internal.token}/")
    assert [entry.path for entry in (await seafile.snapshot(location)).files] == ["a.txt"]
    assert (await seafile.stat(location.below("a.txt"))).size == 3
    assert await seafile.contains(bench.root, location)
    with pytest.raises(BadInput):
        [entry async for entry in seafile.list(location.below("a.txt"))]


async def test_an_internal_link_to_what_is_not_shared_opens_nothing(shared, seafile):
    internal = shared.seafile.links.internal_to(shared.theirs.id, "/course", is_dir=True)
    with pytest.raises(NotShared):
        await seafile.stat(at(shared, f"/smart-link/{internal.token}/"))


async def test_an_internal_link_that_is_none_is_not_found(bench, seafile):
    with pytest.raises(NotFound):
        await seafile.stat(at(bench, "/smart-link/3b9a1d5e-0c4f-4a2b-8e7d-6f5a4b3c2d1e/"))
