from hubdrives.testing.emulators.googledrive import OWNER, ROBOT


async def test_what_is_not_shared_is_not_there(drive, client):
    secret = drive.tree.add_file("secret", "x", parent=drive.home(OWNER))
    assert (await client.get(f"files/{secret.id}")).status == 404
    assert (await client.get(f"files/{secret.id}", alt="media")).status == 404
    assert await client.names("name contains 'secret'") == []
    assert (await client.get("files", q=f"'{drive.home(OWNER)}' in parents")).status == 404


async def test_the_top_of_what_is_shared_shows_no_parents(drive, client):
    file = drive.tree.add_file("a", "x", parent=drive.root)
    assert (await client.get(f"files/{drive.root}", fields="parents,ownedByMe,shared")).json == {
        "ownedByMe": False,
        "shared": True,
    }
    assert (await client.get(f"files/{file.id}", fields="parents")).json == {"parents": [drive.root]}
    assert await client.names("sharedWithMe = true") == ["Shared folder"]


async def test_a_service_accounts_own_drive_is_empty(client):
    assert await client.names("'root' in parents") == []
    assert (await client.get("files/root")).json["name"] == "My Drive"


async def test_each_account_sees_what_is_shared_with_it(drive, client):
    other = drive.add_service_account("other@emulated-project.iam.gserviceaccount.com")
    lesson = drive.tree.add("lesson", parent=drive.home(OWNER))
    drive.access.share(lesson.id, other.email)
    await client.log_in(other)
    assert (await client.get(f"files/{lesson.id}")).status == 200
    assert (await client.get(f"files/{drive.root}")).status == 404
    await client.log_in()
    assert (await client.get(f"files/{lesson.id}")).status == 404


async def test_taking_a_share_back_hides_all_below_it(drive, client):
    file = drive.tree.add_file("a", "x", parent=drive.root)
    assert (await client.get(f"files/{file.id}")).status == 200
    drive.access.unshare(drive.root, ROBOT)
    assert (await client.get(f"files/{file.id}")).status == 404
    drive.access.share(drive.root, ROBOT)
    assert (await client.get(f"files/{file.id}")).status == 200


async def test_shares_can_be_changed_from_outside(drive, client):
    for shared, status in ((False, 404), (True, 200)):
        change = [{"id": drive.root, "email": ROBOT, "shared": shared}]
        assert (await client.send("POST", "/_emulator/shares", json=change)).status == 204
        assert (await client.get(f"files/{drive.root}")).status == status


async def test_a_link_with_a_resource_key_needs_the_key(drive, client):
    folder = drive.tree.add("linked", parent=drive.home(OWNER))
    drive.tree.add_file("a", "x", parent=folder.id)
    drive.access.links[folder.id] = "0-key"
    key = {"X-Goog-Drive-Resource-Keys": f"other/0-x,{folder.id}/0-key"}
    wrong = {"X-Goog-Drive-Resource-Keys": f"{folder.id}/0-wrong"}
    q = f"'{folder.id}' in parents"
    for headers, status in (({}, 404), (wrong, 404), (key, 200)):
        assert (await client.get(f"files/{folder.id}", headers=headers)).status == status
        assert (await client.get("files", headers=headers, q=q)).status == status
    found = await client.get(f"files/{folder.id}", headers=key, fields="resourceKey")
    assert found.json == {"resourceKey": "0-key"}
    assert await client.names("sharedWithMe = true") == ["Shared folder"]


async def test_below_a_linked_folder_a_key_is_needed_only_where_there_is_one(drive, client):
    folder = drive.tree.add("linked", parent=drive.home(OWNER))
    plain, keyed = (drive.tree.add_file(name, "x", parent=folder.id) for name in ("plain", "keyed"))
    drive.access.links.update({folder.id: "0-key", keyed.id: "0-own"})
    listed = await client.get(
        "files",
        q=f"'{folder.id}' in parents",
        fields="files(resourceKey)",
        orderBy="name",
        headers={"X-Goog-Drive-Resource-Keys": f"{folder.id}/0-key"},
    )
    assert listed.json == {"files": [{"resourceKey": "0-own"}, {}]}
    own = {"X-Goog-Drive-Resource-Keys": f"{keyed.id}/0-own"}
    assert (await client.get(f"files/{plain.id}")).status == 200
    assert (await client.get(f"files/{keyed.id}")).status == 404
    assert (await client.get(f"files/{keyed.id}", headers=own)).status == 200


async def test_only_what_was_shared_itself_has_the_time_of_that(drive, client):
    inside = drive.tree.add_file("a", "x", parent=drive.root)
    for item, keys in ((drive.root, {"sharedWithMeTime"}), (inside.id, set())):
        assert (await client.get(f"files/{item}", fields="sharedWithMeTime")).json.keys() == keys


async def test_a_link_without_a_key_is_open_to_who_knows_the_id(drive, client):
    file = drive.tree.add_file("public", "x", parent=drive.home(OWNER))
    drive.access.links[file.id] = None
    assert (await client.get(f"files/{file.id}")).status == 200
    assert await client.names("name = 'public'") == []
