import pytest

from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.googledrive import OWNER, ROBOT

BOTH = {"supportsAllDrives": "true", "includeItemsFromAllDrives": "true"}


@pytest.fixture
async def start(client):
    async def token(**params):
        return (await client.get("changes/startPageToken", **params)).json["startPageToken"]

    return token


@pytest.fixture
async def since(client):
    async def changes(token, **params):
        answer = await client.get("changes", pageToken=token, **params)
        assert answer.status == 200, answer.body
        return [(each.get("fileId"), each["removed"]) for each in answer.json["changes"]]

    return changes


async def test_several_changes_of_one_file_are_one_entry(drive, start, since):
    file = drive.tree.add_file("a", "1", parent=drive.root)
    token = await start()
    drive.tree.replace(file.id, Content.of("2"))
    drive.tree.rename(file.id, "b")
    assert await since(token) == [(file.id, False)]


async def test_paging_loses_no_file_that_changed_before_and_after_another(drive, client, start):
    one, two = (drive.tree.add_file(name, "1", parent=drive.root) for name in ("one", "two"))
    token = await start()
    for file in (one, two, one):
        drive.tree.replace(file.id, Content.of("2"))
    first = (await client.get("changes", pageToken=token, pageSize="1")).json
    second = (await client.get("changes", pageToken=first["nextPageToken"], pageSize="1")).json
    assert [each["fileId"] for page in (first, second) for each in page["changes"]] == [two.id, one.id]


async def test_trashing_is_a_change_and_deleting_a_removal(drive, client, start, since):
    file = drive.tree.add_file("a", "1", parent=drive.root)
    token = await start()
    drive.tree.trash(file.id)
    answer = await client.get("changes", pageToken=token, fields="changes(removed,file(trashed))")
    assert answer.json == {"changes": [{"removed": False, "file": {"trashed": True}}]}
    drive.tree.delete(file.id)
    assert await since(token) == [(file.id, True)]
    assert await since(token, includeRemoved="false") == []


async def test_losing_access_is_a_removal_and_nothing_is_told_afterwards(drive, start, since):
    token = await start()
    drive.access.unshare(drive.root, ROBOT)
    assert await since(token) == [(drive.root, True)]
    later = await start()
    drive.tree.add_file("a", "1", parent=drive.root)
    assert await since(later) == []


async def test_getting_access_is_a_change(drive, start, since):
    folder = drive.tree.add("new", parent=drive.home(OWNER))
    token = await start()
    drive.access.share(folder.id, ROBOT)
    assert await since(token) == [(folder.id, False)]


async def test_moving_a_folder_in_or_out_tells_of_the_folder_only(drive, start, since):
    folder = drive.tree.add("folder", parent=drive.home(OWNER))
    drive.tree.add_file("a", "1", parent=folder.id)
    token = await start()
    drive.tree.move(folder.id, drive.root)
    assert await since(token) == [(folder.id, False)]
    token = await start()
    drive.tree.move(folder.id, drive.home(OWNER))
    assert await since(token) == [(folder.id, True)]


async def test_what_others_do_in_private_is_not_told(drive, start, since):
    token = await start()
    drive.tree.add_file("secret", "1", parent=drive.home(OWNER))
    assert await since(token) == []


async def test_changes_come_in_pages_that_end_with_a_new_start(drive, client, start):
    token = await start()
    ids = [drive.tree.add_file(str(number), "1", parent=drive.root).id for number in range(5)]
    found, ends = [], []
    while True:
        answer = (await client.get("changes", pageToken=token, pageSize="2")).json
        found += [each["fileId"] for each in answer["changes"]]
        ends.append("newStartPageToken" in answer)
        if ends[-1]:
            break
        token = answer["nextPageToken"]
    assert found == ids
    assert ends == [False, False, True]
    assert answer["newStartPageToken"] == await start()


async def test_a_shared_drive_has_a_log_of_its_own(drive, client, start, since):
    team = drive.add_shared_drive("Team", ROBOT)
    own, users = await start(supportsAllDrives="true", driveId=team), await start()
    drive.tree.add_file("a", "1", parent=drive.root)
    file = drive.tree.add_file("b", "1", parent=team)
    assert await since(own, driveId=team, **BOTH) == [(file.id, False)]
    assert (file.id, False) in await since(users, **BOTH)
    assert (file.id, False) not in await since(users)
    assert (await client.get("changes", pageToken=users, driveId=team, **BOTH)).status == 400
    assert (await client.get("changes", pageToken=own)).status == 400


async def test_membership_of_a_shared_drive_is_a_change_of_the_drive(drive, client, start):
    token = await start()
    team = drive.add_shared_drive("Team", ROBOT)
    answer = await client.get("changes", pageToken=token, fields="changes(changeType,driveId,fileId)", **BOTH)
    assert answer.json == {"changes": [{"changeType": "drive", "driveId": team}]}


@pytest.mark.parametrize("token", ["", "x", "1", "999999999"])
async def test_a_token_that_was_never_given_is_refused(client, token):
    answer = await client.get("changes", pageToken=token)
    assert (answer.status, answer.reason) == (400, "invalid")


async def test_a_token_is_required(client):
    assert (await client.get("changes")).reason == "required"
