"""Who a user is at the provider: an address that changes, that nobody has there yet, or that the server made up."""

from contextlib import AsyncExitStack

import pytest
from tests.spaces.conftest import SeafileWorld

from hubdrives.errors import BadInput
from hubdrives.providers.abilities import Invitee


@pytest.fixture
async def seafile(tmp_path):
    """A space at a Seafile, where folders are shared only with who has an account."""
    async with AsyncExitStack() as stack:
        made = SeafileWorld(stack, tmp_path / "service-token")
        await made.start()
        yield made


async def test_a_new_address_gets_the_folder_and_the_others_are_told_once(world, spaces):
    assert (await spaces.ensure("alice")).others == ()
    world.people.emails["alice"] = "carol@example.edu"
    # Opened anew, for what the hub tells of a user is believed for a while.
    spaces = await world.open()
    report = await spaces.ensure_all(["alice", "bob"])
    assert (report.shared, report.others) == (["alice", "bob"], {"alice": ["alice@example.edu"]})
    assert world.access("sub-of-alice") == {"alice@example.edu": world.read, "carol@example.edu": world.read}
    assert (await spaces.ensure("alice")).others == ()


async def test_what_somebody_gave_by_hand_is_never_taken_away(direct):
    spaces = await direct.open()
    space = (await spaces.ensure("alice")).space
    await spaces.unshare("alice")
    # Now it is as if they had it by a former address.
    await spaces.provider.share(space.location, Invitee(who="bob@example.edu"), direct.write)
    ensured = await spaces.ensure("alice")
    assert (ensured.shared, ensured.others) == (True, ("bob@example.edu",))
    await spaces.ensure_all(["alice", "carol"])
    assert direct.access("sub-of-alice") == {"alice@example.edu": direct.read, "bob@example.edu": direct.write}


async def test_who_has_no_account_yet_is_told_what_to_do_and_gets_theirs_the_next_time(seafile):
    spaces = await seafile.open()
    seafile.people.emails["bob"] = "new@example.edu"
    report = await spaces.ensure_all(["alice", "bob", "carol"])
    assert report.ensured == ["alice", "carol"]
    (failed,) = report.failed
    assert (failed.user, failed.code) == ("bob", BadInput.code)
    assert failed.reason.startswith("'new@example.edu' is not known to this Seafile server.")
    assert "must have logged in to Seafile (opened the Drive) once; then repeat" in failed.reason
    # What was made meanwhile is the service's alone, at every level.
    assert seafile.access("sub-of-bob") == seafile.access_above("sub-of-bob") == {}
    visible = {library.root for library in seafile.emulator.libraries.all() if library.virtual}
    assert len(visible) == 2
    seafile.emulator.add_user("new@example.edu")
    again = await spaces.ensure_all(["alice", "bob", "carol"])
    assert (again.created, again.shared, again.failed) == ([], ["bob"], [])
    assert seafile.access("sub-of-bob") == {"new@example.edu": seafile.read}


async def test_whose_account_has_a_made_up_name_is_found_by_their_address_and_asked_for_as_anybody(seafile):
    account = seafile.emulator.add_user(f"{'d' * 32}@auth.local", "Dan")
    account.address = "dan@example.edu"
    spaces = await seafile.open()
    await spaces.ensure("dan")
    assert seafile.access("sub-of-dan") == {account.email: seafile.read}
    seafile.asked()
    again = await spaces.ensure("dan")
    assert (again.shared, again.others, seafile.asked()) == (False, (), seafile.asking)
    assert (await spaces.ensure_all(["alice", "dan"])).shared == ["alice"]
    assert "users.search" not in seafile.asked()
    # The account stays the same, whatever address it has now.
    account.address = seafile.people.emails["dan"] = "daniel@example.edu"
    assert not (await spaces.ensure("dan")).shared
    await spaces.unshare("dan")
    assert seafile.access("sub-of-dan") == {}
