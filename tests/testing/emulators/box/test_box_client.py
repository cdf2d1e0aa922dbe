"""boxsdk, Box's own client, as it is, against the emulator."""

import io
import json
import os
import time

import pytest
from box_sdk_gen import (
    BoxAPIError,
    BoxCCGAuth,
    BoxDeveloperTokenAuth,
    BoxJWTAuth,
    BoxOAuth,
    CCGConfig,
    CreateCollaborationAccessibleBy,
    CreateCollaborationItem,
    CreateFolderParent,
    JWTConfig,
    OAuthConfig,
    PromoteFileVersionType,
    SearchForContentContentTypes,
    SearchForContentType,
    UploadFileAttributes,
    UploadFileAttributesParentField,
    UploadFileVersionAttributes,
)
from box_sdk_gen.schemas import AccessToken

from .conftest import PART, sha1


def attributes(name: str, parent: str) -> UploadFileAttributes:
    return UploadFileAttributes(name=name, parent=UploadFileAttributesParentField(id=parent))


async def test_logs_in_with_its_secret_as_the_application_and_as_a_user(box, official, official_of):
    assert (await official(lambda api: api.users.get_user_me())).login == box.service_account.login
    ada = box.add_user("ada@example.edu")
    config = CCGConfig(client_id=box.app.client_id, client_secret=box.app.client_secret, user_id=ada.id)
    assert (await official_of(BoxCCGAuth(config))(lambda api: api.users.get_user_me())).id == ada.id
    assert box.requests.by_operation == {"oauth.token": 2, "users.me": 2}


async def test_logs_in_with_a_key_pair(box, official_of, clock):
    clock.now = time.time()
    settings = json.dumps(box.jwt_config())
    auth = BoxJWTAuth(JWTConfig.from_config_json_string(settings))
    assert (await official_of(auth)(lambda api: api.users.get_user_me())).id == box.service_account.id
    ada = box.add_user("ada@example.edu")
    as_ada = auth.with_user_subject(ada.id)
    assert (await official_of(as_ada)(lambda api: api.users.get_user_me())).id == ada.id


async def test_logs_in_with_a_code_and_stays_so_with_refresh_tokens(box, official_of, clock):
    auth = BoxOAuth(OAuthConfig(client_id=box.app.client_id, client_secret=box.app.client_secret))
    client, code = official_of(auth), box.code(box.owner)
    first = await client(lambda _api: auth.get_tokens_authorization_code_grant(code, network_session=client.network))
    clock.now += 3601
    assert (await client(lambda api: api.users.get_user_me())).login == box.owner.login
    second = auth.token_storage.get()
    assert second.refresh_token not in {first.refresh_token, None}
    assert second.access_token != first.access_token


async def test_narrows_its_token_to_a_folder(box, official, official_of, plant):
    inside, outside = plant("inside/a.txt"), plant("outside/b.txt")
    resource = f"https://api.box.com/2.0/folders/{inside.parents[0]}"
    token: AccessToken = await official(
        lambda api: api.auth.downscope_token(
            ["base_explorer", "item_download"], resource=resource, network_session=official.network
        )
    )
    assert {each.object.id for each in token.restricted_to} == {inside.parents[0]}
    narrow = official_of(BoxDeveloperTokenAuth(token.access_token))
    assert (await narrow(lambda api: api.downloads.download_file(inside.id).read())) == b"text"
    assert [each.name for each in (await narrow(lambda api: api.folders.get_folder_items(inside.parents[0]))).entries]
    with pytest.raises(BoxAPIError) as refused:
        await narrow(lambda api: api.files.get_file_by_id(outside.id))
    assert refused.value.response_info.status_code == 404
    with pytest.raises(BoxAPIError) as refused:
        await narrow(lambda api: api.files.delete_file_by_id(inside.id))
    assert refused.value.response_info.code == "insufficient_scope"


async def test_lists_by_marker_and_by_offset(box, official):
    for number in range(25):
        box.tree.add_file(f"{number:02}.txt", str(number), parent=box.root)
    found, marker = [], None
    while True:
        page = await official(
            lambda api, marker=marker: api.folders.get_folder_items(box.root, usemarker=True, limit=10, marker=marker)
        )
        found += [each.name for each in page.entries]
        marker = page.next_marker
        if not marker:
            break
    assert found == [f"{number:02}.txt" for number in range(25)]
    page = await official(lambda api: api.folders.get_folder_items(box.root, limit=10, offset=20))
    assert (page.total_count, [each.name for each in page.entries]) == (25, found[20:])
    assert box.requests.by_operation["folders.items"] == 4


async def test_makes_changes_and_deletes_folders_and_files(box, official):
    folder = await official(lambda api: api.folders.create_folder("new", CreateFolderParent(id=box.root)))
    with pytest.raises(BoxAPIError) as refused:
        await official(lambda api: api.folders.create_folder("NEW", CreateFolderParent(id=box.root)))
    assert refused.value.response_info.context_info["conflicts"][0]["id"] == folder.id
    uploaded = await official(lambda api: api.uploads.upload_file(attributes("a.txt", folder.id), io.BytesIO(b"one")))
    file = uploaded.entries[0]
    assert (file.size, file.sha_1) == (3, sha1(b"one"))
    renamed = await official(lambda api: api.files.update_file_by_id(file.id, name="b.txt"))
    assert (renamed.name, renamed.etag) == ("b.txt", "1")
    await official(lambda api: api.files.delete_file_by_id(file.id))
    await official(lambda api: api.folders.delete_folder_by_id(folder.id))
    assert [each for each in box.tree.children(box.root) if not each.trashed] == []
    trashed = await official(lambda api: api.trashed_items.get_trashed_items())
    assert {each.id for each in trashed.entries} == {file.id, folder.id}
    await official(lambda api: api.trashed_folders.restore_folder_from_trash(folder.id))
    await official(lambda api: api.trashed_files.restore_file_from_trash(file.id))
    assert box.tree.find("new", "b.txt", under=box.root).id == file.id


async def test_keeps_all_versions_and_brings_one_back(box, official):
    uploaded = await official(lambda api: api.uploads.upload_file(attributes("a.txt", box.root), io.BytesIO(b"one")))
    file = uploaded.entries[0].id
    for text in (b"two", b"three"):
        await official(
            lambda api, text=text: api.uploads.upload_file_version(
                file, UploadFileVersionAttributes(name="a.txt"), io.BytesIO(text)
            )
        )
    past = (await official(lambda api: api.file_versions.get_file_versions(file))).entries
    assert [each.sha_1 for each in past] == [sha1(b"two"), sha1(b"one")]
    assert await official(lambda api: api.downloads.download_file(file, version=past[1].id).read()) == b"one"
    await official(
        lambda api: api.file_versions.promote_file_version(
            file, id=past[1].id, type=PromoteFileVersionType.FILE_VERSION
        )
    )
    assert await official(lambda api: api.downloads.download_file(file).read()) == b"one"
    past = (await official(lambda api: api.file_versions.get_file_versions(file))).entries
    assert [each.sha_1 for each in past] == [sha1(b"three"), sha1(b"two"), sha1(b"one")]
    await official(lambda api: api.file_versions.delete_file_version_by_id(file, past[2].id))
    assert (await official(lambda api: api.file_versions.get_file_versions(file))).total_count == 2


async def test_uploads_a_big_file_and_a_new_version_of_it_in_chunks(box, official):
    data = os.urandom(3 * PART + 10)
    made = await official(
        lambda api: api.chunked_uploads.upload_big_file(io.BytesIO(data), "big.bin", len(data), box.root)
    )
    assert (made.size, made.sha_1) == (len(data), sha1(data))
    assert box.requests.by_operation["uploads.part"] == 4
    changed = data[:-10] + os.urandom(20)
    again = await official(
        lambda api: api.chunked_uploads.upload_big_file_version(made.id, io.BytesIO(changed), len(changed))
    )
    assert (again.id, again.sha_1) == (made.id, sha1(changed))
    # Of the four parts, the file had three already.
    assert box.requests.by_operation["uploads.part"] == 5
    assert len(box.tree.versions(made.id)) == 2


async def test_searches_by_text_and_by_extension_below_a_folder(box, official, plant):
    plant("logs/machine one.log", "temperature")
    plant("logs/Machine two.CSV", "pressure")
    plant("machine.txt", "elsewhere")
    logs = box.tree.find("logs", under=box.root).id

    async def found(**what) -> list[str]:
        page = await official(lambda api: api.search.search_for_content(**what))
        return [each.name for each in page.entries]

    assert set(await found(query="mach", ancestor_folder_ids=[logs])) == {"machine one.log", "Machine two.CSV"}
    assert await found(query="machine", file_extensions=["csv"]) == ["Machine two.CSV"]
    assert await found(query="pressure") == ["Machine two.CSV"]
    assert await found(query="pressure", content_types=[SearchForContentContentTypes.NAME]) == []
    assert await found(query="logs", type=SearchForContentType.FOLDER) == ["logs"]


async def test_shares_with_a_person_and_a_group(box, official, plant):
    folder = plant("data/a.txt").parents[0]
    ada, team = box.add_user("ada@example.edu"), box.add_group("team")
    made = await official(
        lambda api: api.user_collaborations.create_collaboration(
            CreateCollaborationItem(type="folder", id=folder),
            CreateCollaborationAccessibleBy(type="user", login=ada.login),
            "viewer",
        )
    )
    assert (made.status, made.role, made.accessible_by.id) == ("accepted", "viewer", ada.id)
    await official(
        lambda api: api.user_collaborations.create_collaboration(
            CreateCollaborationItem(type="folder", id=folder),
            CreateCollaborationAccessibleBy(type="group", id=team.id),
            "viewer uploader",
        )
    )
    await official(lambda api: api.user_collaborations.update_collaboration_by_id(made.id, role="editor"))
    listed = (await official(lambda api: api.list_collaborations.get_folder_collaborations(folder))).entries
    assert [(each.accessible_by.type, each.role) for each in listed] == [
        ("user", "editor"),
        ("group", "viewer uploader"),
    ]
    await official(lambda api: api.user_collaborations.delete_collaboration_by_id(made.id))
    assert [each.who for each in box.collaborations(folder)] == [team]
    box.add_group("another team")
    groups = await official(lambda api: api.groups.get_groups(filter_term="TEA"))
    assert [each.id for each in groups.entries] == [team.id]


async def test_comes_in_by_a_shared_link(box, official_of, plant):
    file = plant("data/a.txt")
    link = box.shared_link(file.parents[0], "secret")
    stranger = official_of(BoxDeveloperTokenAuth(box.token(box.add_user("eve@example.org"))))
    with pytest.raises(BoxAPIError) as refused:
        await stranger(lambda api: api.shared_links_folders.find_folder_for_shared_link(f"shared_link={link}"))
    assert refused.value.response_info.code == "incorrect_shared_item_password"
    header = f"shared_link={link}&shared_link_password=secret"
    folder = await stranger(lambda api: api.shared_links_folders.find_folder_for_shared_link(header))
    assert folder.id == file.parents[0]
    inside = await stranger(lambda api: api.folders.get_folder_items(folder.id, boxapi=header))
    assert [each.id for each in inside.entries] == [file.id]
    assert await stranger(lambda api: api.downloads.download_file(file.id, boxapi=header).read()) == b"text"


async def test_learns_what_happened(box, official, plant):
    start = (await official(lambda api: api.events.get_events(stream_position="now"))).next_stream_position
    assert isinstance(start, int)
    file = plant("a.txt")
    box.tree.rename(file.id, "b.txt")
    page = await official(lambda api: api.events.get_events(stream_position=str(start)))
    assert [(each.event_type, each.source.id) for each in page.entries] == [
        ("ITEM_UPLOAD", file.id),
        ("ITEM_RENAME", file.id),
    ]
    rest = await official(lambda api: api.events.get_events(stream_position=str(page.next_stream_position)))
    assert rest.chunk_size == 0


async def test_waits_and_tries_again_as_it_does_with_box(box, official, plant, strike):
    file = plant("a.txt")
    await official(lambda api: api.users.get_user_me())
    for effect, keys in {
        "not_ready": {},
        "error": {"reason": "rate_limit_exceeded", "retry_after": 0},
        "expire_tokens": {},
        "html": {},
    }.items():
        strike(effect, "files.content", **keys)
        assert await official(lambda api: api.downloads.download_file(file.id).read()) == b"text", effect
    assert box.requests.by_operation["oauth.token"] == 2
