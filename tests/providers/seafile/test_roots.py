import pytest

from hubdrives.errors import BadInput, BadPath, NotFound, NotShared, Unreadable
from hubdrives.model import Kind
from hubdrives.providers.abilities import Invitee, Query
from hubdrives.providers.seafile.failures import Encrypted


@pytest.fixture
def account(bench):
    """An account with a library of its own, and what others share with it."""
    site = bench.seafile
    colleague = site.add_user("colleague@example.org")
    bench.file("mine.txt", "mine")
    for name, who in (("theirs", site.account), ("team's", site.add_group("Team", [site.account])), ("all's", None)):
        library = site.add_library(name, colleague)
        site.share(library, who, "r")
        bench.file("a/file.txt", name, library=library)
    bench.asked()
    return bench


def locked(bench):
    """An encrypted library whose password was not given for a while."""
    library = bench.seafile.add_library("secret", password="hunter2")
    library.unlocked.clear()
    return library


async def names(seafile, location):
    return sorted([entry.path async for entry in seafile.list(location)])


async def searched(seafile, location):
    return [entry async for entry in seafile.search(Query(text="a"), under=location)]


async def test_everything_lies_as_in_the_mounted_drive(account, seafile):
    snapshot = await seafile.snapshot(account.account)
    assert [entry.path for entry in snapshot.files] == [
        "My Libraries/My Library/mine.txt",
        "Shared with all/all's/a/file.txt",
        "Shared with groups/team's/a/file.txt",
        "Shared with me/theirs/a/file.txt",
    ]
    folders = {entry.path for entry in snapshot.entries if entry.kind is Kind.FOLDER}
    assert {"My Libraries", "Shared with me", "Shared with me/theirs", "Shared with me/theirs/a"} < folders


async def test_each_level_of_the_root_can_be_listed(account, seafile):
    sections = ["My Libraries", "Shared with all", "Shared with groups", "Shared with me"]
    assert await names(seafile, account.account) == sections
    assert await names(seafile, account.account.below("Shared with me")) == ["theirs"]
    assert await names(seafile, account.account.below("Shared with me/theirs")) == ["a"]
    assert await names(seafile, account.account.below("Shared with me/theirs/a")) == ["file.txt"]
    for path, name in (("", "Seafile"), ("My Libraries", "My Libraries"), ("Shared with groups/team's", "team's")):
        entry = await seafile.stat(account.account.below(path))
        assert (entry.path, entry.kind) == (name, Kind.FOLDER)


@pytest.mark.parametrize("path", ["Elsewhere", "My Libraries/none", "Shared with me/theirs/none", "Elsewhere/a/b"])
async def test_what_is_not_in_the_root_is_not_found(account, seafile, path):
    with pytest.raises(NotFound):
        await seafile.stat(account.account.below(path))


async def test_a_section_costs_the_list_and_only_the_libraries_that_changed(account, seafile):
    location = account.account.below("Shared with me")
    first = await seafile.snapshot(location)
    assert [entry.path for entry in first.files] == ["theirs/a/file.txt"]
    account.asked()
    account.clock.now += 60
    assert await seafile.snapshot(location, known=first) == first
    assert account.asked() == {"repos.list": 1}


async def test_of_the_whole_account_only_what_changed_is_listed_again(account, seafile):
    first = await seafile.snapshot(account.account)
    account.file("mine.txt", "changed")
    account.asked()
    account.clock.now += 60
    second = await seafile.snapshot(account.account, known=first)
    assert account.asked() == {"repos.list": 1, "dir.list": 1}
    assert second != first
    assert second == await seafile.snapshot(account.account)


async def test_a_folder_by_its_path_costs_the_list_and_its_parents(account, seafile):
    assert await names(seafile, account.account.below("Shared with me/theirs")) == ["a"]
    assert account.asked() == {"repos.list": 1, "dir.list": 1}
    assert await names(seafile, account.account.below("Shared with me/theirs/a")) == ["file.txt"]
    assert account.asked() == {"dir.list": 2}


async def test_a_library_that_was_renamed_is_at_its_new_place(account, seafile):
    first = await seafile.snapshot(account.account)
    account.seafile.vault.rename(account.seafile.library.root, "New name")
    account.clock.now += 60
    second = await seafile.snapshot(account.account, known=first)
    assert "My Libraries/New name/mine.txt" in {entry.path for entry in second.files}
    assert second == await seafile.snapshot(account.account)


async def test_a_library_that_is_told_twice_is_there_once_with_the_better_leave(account, seafile):
    account.fault("repos.list", "duplicate_repos", times=None)
    assert await names(seafile, account.account.below("My Libraries")) == ["My Library"]
    assert len((await seafile.snapshot(account.account)).files) == 4


async def test_libraries_of_one_name_are_kept_apart(account, seafile):
    for number in range(3):
        library = account.seafile.add_library("same")
        account.file("which.txt", f"number {number}", library=library)
    found = await names(seafile, account.account.below("My Libraries"))
    assert len(found) == 4
    assert "same" in found
    sizes = {(await seafile.stat(account.account.below(f"My Libraries/{name}"))).id for name in found}
    assert len(sizes) == 4


async def test_an_encrypted_library_is_seen_and_nothing_in_it_read(account, seafile):
    secret = locked(account)
    account.file("diary.txt", "text", library=secret)
    assert await names(seafile, account.account.below("My Libraries")) == ["My Library", "secret"]
    by_path, by_id = account.account.below("My Libraries/secret"), account.at("/", library=secret)
    for location in (by_path, by_id):
        for ask in (seafile.snapshot(location), names(seafile, location), seafile.stat(location)):
            with pytest.raises(Encrypted) as refusal:
                await ask
            assert "encrypted" in str(refusal.value)
            assert "without a password" in refusal.value.hint
    with pytest.raises(Unreadable):
        [piece async for piece in seafile.read(await seafile.stat(account.at("/diary.txt", library=secret)))]
    snapshot = await seafile.snapshot(account.account.below("My Libraries"))
    assert [(each.path, each.code) for each in snapshot.skipped] == [("secret", "unreadable")]
    assert [entry.path for entry in snapshot.files] == ["My Library/mine.txt"]


async def test_a_folder_in_an_encrypted_library_is_not_listed(account, seafile):
    secret = locked(account)
    account.file("a/diary.txt", "text", library=secret)
    with pytest.raises(Encrypted):
        await names(seafile, account.at("/a", library=secret))


async def test_an_old_servers_encrypted_library_is_refused_the_same(account, seafile):
    account.seafile.settings.listing_needs_password = True
    secret = locked(account)
    account.file("a/diary.txt", "text", library=secret)
    with pytest.raises(Encrypted):
        await seafile.stat(account.at("/a/diary.txt", library=secret))


@pytest.mark.parametrize("permission", ["r", "rw", "admin"])
async def test_who_may_read_reads(account, seafile, permission):
    library = account.seafile.add_library("lent", "colleague@example.org")
    account.seafile.share(library, account.seafile.account, permission)
    account.file("a.txt", "lent", library=library)
    entry = await seafile.stat(account.account.below("Shared with me/lent/a.txt"))
    assert b"".join([piece async for piece in seafile.read(entry)]) == b"lent"


async def test_a_library_that_is_not_shared_is_not_for_this_account(account, seafile):
    library = account.seafile.add_library("private", "colleague@example.org")
    account.file("a.txt", "text", library=library)
    for location in (account.at("/", library=library), account.at("/a.txt", library=library)):
        with pytest.raises(NotShared) as refusal:
            await seafile.stat(location)
        assert refusal.value.hint == "Share it in Seafile with service@example.org, for reading or more."


async def test_whom_to_share_with_is_asked_if_the_credential_does_not_tell(account, seafile):
    account.tokens[0].account = None
    library = account.seafile.add_library("private", "colleague@example.org")
    with pytest.raises(NotShared) as refusal:
        await seafile.snapshot(account.at("/", library=library))
    assert "service@example.org" in refusal.value.hint
    assert seafile.explain_access() == refusal.value.hint


async def test_a_path_can_not_lead_out_of_a_library(account, seafile):
    with pytest.raises(BadPath):
        await seafile.stat(account.root.below("a/../../b"))


async def test_a_folder_that_was_shared_by_itself_is_a_library(account, seafile):
    library = account.seafile.add_library("big", "colleague@example.org")
    account.file("users/42/results/a.txt", "results", library=library)
    account.file("users/43/results/a.txt", "another's", library=library)
    folder = account.seafile.vault.at(library.root, "users/42/results")
    virtual = account.seafile.libraries.add_virtual(library, folder)
    virtual.shares[account.seafile.account.email] = "r"
    snapshot = await seafile.snapshot(account.account.below("Shared with me/results"))
    assert [entry.path for entry in snapshot.files] == ["a.txt"]
    assert b"".join([piece async for piece in seafile.read(snapshot.files[0])]) == b"results"
    account.remove("users/42/results", library=library)
    account.clock.now += 60
    with pytest.raises(NotFound):
        await seafile.snapshot(account.account.below("Shared with me/results"))


async def test_what_lies_in_what_is_told_across_ways_of_naming_it(account, seafile):
    root, mine = account.account, account.root
    by_path = root.below("My Libraries/My Library")
    other = root.below("Shared with me/theirs/a/file.txt")
    assert await seafile.contains(root, mine)
    assert await seafile.contains(root, root.below("My Libraries"))
    assert await seafile.contains(root.below("My Libraries"), mine.below("mine.txt"))
    assert await seafile.contains(by_path, mine.below("mine.txt"))
    assert await seafile.contains(mine, by_path.below("mine.txt"))
    assert await seafile.contains(root.below("Shared with me/theirs"), other)
    assert not await seafile.contains(mine, other)
    assert not await seafile.contains(root.below("My Libraries"), other)
    assert not await seafile.contains(root.below("Shared with me"), root)
    assert not await seafile.contains(mine, root)


async def test_nothing_lies_in_what_is_not_there(account, seafile):
    for path in ("My Libraries/none", "Shared with me/theirs/none", "My Libraries/My Library/none"):
        assert not await seafile.contains(account.account.below(path), account.root)
        assert not await seafile.contains(account.account.below(path), account.root.below("mine.txt"))


async def test_a_name_that_begins_the_same_is_not_below(account, seafile):
    account.file("a/x.txt")
    account.file("ab/x.txt")
    assert await seafile.contains(account.root.below("a"), account.root.below("a/x.txt"))
    assert not await seafile.contains(account.root.below("a"), account.root.below("ab/x.txt"))


async def test_a_default_library_that_is_not_there_yet_is_told_so(bench):
    bench.seafile.add_user("new@example.org")
    seafile = await bench.connect(bench.seafile.people.users["new@example.org"])
    location = bench.location(f"{bench.seafile.url}/library/default/a")
    with pytest.raises(NotFound) as missing:
        await seafile.stat(location)
    assert "default library" in str(missing.value)
    assert "first put there" in missing.value.hint


async def test_no_question_makes_the_default_library(bench):
    newcomer = bench.seafile.add_user("new@example.org")
    bench.seafile.add_user("ada@example.org")
    seafile = await bench.connect(newcomer)
    for text in ("library/default/", "library/default/a"):
        place = bench.location(f"{bench.seafile.url}/{text}")
        for question in (
            seafile.stat(place),
            names(seafile, place),
            seafile.snapshot(place),
            seafile.shares(place),
            seafile.links(place),
            seafile.share(place, Invitee(who="ada@example.org"), "r"),
            seafile.unshare(place, "user:ada@example.org"),
            seafile.remove(place),
            searched(seafile, place),
        ):
            with pytest.raises(NotFound, match="default library") as missing:
                await question
            assert "first put there" in missing.value.hint
    assert newcomer.default_library is None


async def test_the_default_library_is_read_like_any(account, seafile):
    location = account.location(f"{account.seafile.url}/library/default/mine.txt")
    assert (await seafile.stat(location)).size == 4
    assert (await seafile.snapshot(account.location(f"{account.seafile.url}/library/default/"))).name == "My Library"


async def test_a_file_has_no_listing(account, seafile):
    with pytest.raises(BadInput):
        await names(seafile, account.account.below("Shared with me/theirs/a/file.txt"))
