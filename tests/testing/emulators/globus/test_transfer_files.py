"""Lists, looks, new directories and new names, by bare requests."""

import pytest
from tests.testing.emulators.globus.conftest import NOON

from hubdrives.testing.emulators.globus.collections import ALL_USERS, PERSONAL
from hubdrives.testing.emulators.globus.named import scope_of
from hubdrives.testing.emulators.tree import SHORTCUT

_LISTING = "ExternalError.DirListingFailed"
_MKDIR = "ExternalError.MkdirFailed"


def refused(answer) -> tuple[int, str]:
    """Status and code of an error, whose document must be whole."""
    assert {"code", "message", "request_id", "resource"} <= answer.json.keys()
    assert len(answer.json["request_id"]) == 9
    return answer.status, answer.json["code"]


async def mkdir(transfer, path: str, **members):
    where = transfer.globus.collection.id
    return await transfer.call(
        "POST", f"operation/endpoint/{where}/mkdir", {"DATA_TYPE": "mkdir", "path": path, **members}
    )


async def rename(transfer, old: str, new: str):
    where = transfer.globus.collection.id
    document = {"DATA_TYPE": "rename", "old_path": old, "new_path": new}
    return await transfer.call("POST", f"operation/endpoint/{where}/rename", document)


async def test_a_list_is_of_one_directory_and_says_which(globus, transfer):
    globus.add_file("/d/a.txt", "text", modified=NOON)
    globus.add_file("/d/below/b.txt", "more")
    answer = await transfer.on("ls", "/d")
    head = {name: value for name, value in answer.json.items() if name != "DATA"}
    assert head == {
        "DATA_TYPE": "file_list",
        "endpoint": globus.collection.id,
        "path": "/d/",
        "absolute_path": "/d/",
        "rename_supported": True,
        "symlink_supported": False,
        "length": 2,
        "total": 2,
    }
    file, folder = answer.json["DATA"]
    assert (folder["type"], folder["size"], folder["permissions"]) == ("dir", 4096, "0755")
    assert file == {
        "DATA_TYPE": "file",
        "name": "a.txt",
        "type": "file",
        "size": 4,
        "last_modified": "2030-03-17 17:46:40+00:00",
        "permissions": "0644",
        "user": "researcher",
        "group": "researcher",
        "link_target": None,
        "link_size": None,
        "link_user": None,
        "link_group": None,
        "link_last_modified": None,
    }


@pytest.mark.parametrize(
    ("path", "shown", "absolute"),
    [
        (None, "/~/", "/home/researcher/"),
        ("", "/~/", "/home/researcher/"),
        ("/~/", "/~/", "/home/researcher/"),
        ("~/runs", "/~/runs/", "/home/researcher/runs/"),
        ("runs", "/~/runs/", "/home/researcher/runs/"),
        ("//home/./researcher//", "/home/researcher/", "/home/researcher/"),
        ("/home/researcher/runs/../", "/home/researcher/", "/home/researcher/"),
        ("/", "/", "/"),
    ],
)
async def test_a_path_begins_at_the_top_or_at_home(globus, transfer, path, shown, absolute):
    globus.collection.home = "/home/{user}"
    globus.add_folder("/home/researcher/runs")
    answer = await transfer.on("ls", path)
    assert (answer.json["path"], answer.json["absolute_path"]) == (shown, absolute)


async def test_without_a_path_the_default_directory_is_listed(globus, transfer):
    globus.add_file("/shared/a.txt")
    globus.collection.default_directory = "/shared/"
    assert await transfer.names(None) == ["a.txt"]


async def test_a_path_out_of_the_collection_is_not_allowed(transfer):
    assert refused(await transfer.on("ls", "/../etc")) == (403, "EndpointPermissionDenied")


async def test_files_and_directories_are_told_apart_by_errors(globus, transfer):
    globus.add_file("/a.txt")
    assert refused(await transfer.on("ls", "/a.txt")) == (502, f"{_LISTING}.NotDirectory")
    assert refused(await transfer.on("ls", "/gone")) == (404, "ClientError.NotFound")
    assert refused(await transfer.on("ls", "/a.txt/gone")) == (404, "ClientError.NotFound")
    assert refused(await transfer.on("stat", "/gone")) == (404, "NotFound")
    assert (await transfer.on("stat", "/a.txt")).json["type"] == "file"
    assert (await transfer.on("stat", "/")).json["type"] == "dir"


async def test_a_directory_that_is_too_large_is_not_listed_at_all(globus, transfer):
    globus.settings.list_limit = 3
    for number in range(3):
        globus.add_file(f"/{number}")
    assert await transfer.names(limit=1, offset=1) == ["1"]
    assert refused(await transfer.on("ls", "/", limit=4)) == (400, "ClientError.BadRequest")
    globus.add_file("/3")
    assert refused(await transfer.on("ls", "/", limit=1)) == (502, f"{_LISTING}.SizeLimit")


async def test_pages_are_cut_from_what_passes_the_filter(globus, transfer):
    for name in ("b", "a", "c", ".a"):
        globus.add_file(f"/{name}")
    answer = await transfer.on("ls", "/", limit=2, offset=1, show_hidden=0, orderby="name DESC")
    assert [each["name"] for each in answer.json["DATA"]] == ["b", "a"]
    assert (answer.json["length"], answer.json["total"]) == (2, 3)


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ("name:~*.nc", ["a.nc", "b.nc"]),
        ("name:a.nc,c.txt", ["a.nc", "c.txt"]),
        ("name:=a.nc", ["a.nc"]),
        ("name:!a.nc/type:file", ["b.nc", "c.txt"]),
        ("name:!~*.nc/type:file", ["c.txt"]),
        ("type:dir", ["d"]),
        ("type:file/size:>1", ["c.txt"]),
        ("type:file/size:<2", ["a.nc", "b.nc"]),
        ("type:file/last_modified:2030-03-17 17:46:40,2030-03-17 17:46:41", ["a.nc"]),
        ("type:file/last_modified:2030-03-17 17:46:41", ["b.nc", "c.txt"]),
        ("name:~*.nc/name:~b*", ["b.nc"]),
    ],
)
async def test_filters(globus, transfer, wanted, names):
    globus.add_file("/a.nc", "1", modified=NOON)
    globus.add_file("/b.nc", "1", modified=NOON + 1)
    globus.add_file("/c.txt", "22", modified=NOON + 2)
    globus.add_folder("/d")
    assert await transfer.names("/", filter=wanted) == names


@pytest.mark.parametrize(
    "params",
    [
        {"filter": "colour:red"},
        {"filter": "name"},
        {"filter": "last_modified:yesterday"},
        {"filter": "size:many"},
        {"orderby": "colour"},
        {"orderby": "name UP"},
        {"limit": "0"},
        {"offset": "-1"},
        {"show_hidden": "maybe"},
    ],
)
async def test_nonsense_in_a_query_is_refused(transfer, params):
    assert refused(await transfer.on("ls", "/", **params)) == (400, "ClientError.BadRequest")


async def test_a_symbolic_link_is_shown_as_what_it_leads_to(globus, transfer):
    target = globus.add_file("/data/a.nc", "four", modified=NOON)
    root = globus.collection.root
    globus.tree.add("link.nc", parent=root, kind=SHORTCUT, target=target.id, modified=NOON + 5)
    globus.tree.add("broken", parent=root, kind=SHORTCUT, target="gone")
    globus.tree.add("data2", parent=root, kind=SHORTCUT, target=target.parents[0])
    globus.tree.add("pipe", parent=root, kind="pipe")
    found = {each["name"]: each for each in (await transfer.on("ls", "/")).json["DATA"]}
    kinds = {name: each["type"] for name, each in found.items()}
    assert kinds == {"data": "dir", "link.nc": "file", "broken": "invalid_symlink", "data2": "dir", "pipe": "pipe"}
    link = found["link.nc"]
    assert (link["size"], link["link_target"], link["link_user"]) == (4, "/data/a.nc", "researcher")
    assert (link["last_modified"], link["link_last_modified"]) == (
        "2030-03-17 17:46:40+00:00",
        "2030-03-17 17:46:45+00:00",
    )
    assert await transfer.names("/data2/") == ["a.nc"]
    assert (await transfer.on("stat", "/link.nc")).json == link
    assert refused(await transfer.on("ls", "/broken")) == (404, "ClientError.NotFound")


async def test_a_directory_is_made_in_one_that_is_there(globus, transfer):
    answer = await mkdir(transfer, "/new")
    assert (answer.status, answer.json["code"]) == (202, "DirectoryCreated")
    assert answer.json["resource"] == f"/v0.10/operation/endpoint/{globus.collection.id}/mkdir"
    assert refused(await mkdir(transfer, "/new/")) == (502, f"{_MKDIR}.Exists")
    assert refused(await mkdir(transfer, "/a/b/c")) == (404, "ClientError.NotFound")
    assert refused(await mkdir(transfer, "")) == (400, "BadRequest")
    assert refused(await mkdir(transfer, "/x", DATA_TYPE="rename")) == (400, "BadRequest")
    assert await transfer.names() == ["new"]


async def test_a_new_name_never_replaces_anything(globus, transfer):
    globus.add_file("/a.txt", "a")
    globus.add_file("/d/b.txt", "b")
    assert refused(await rename(transfer, "/a.txt", "/d/b.txt")) == (502, "ExternalError.RenameFailed")
    assert refused(await rename(transfer, "/d", "/d/e")) == (502, "ExternalError.RenameFailed")
    assert refused(await rename(transfer, "/gone", "/here")) == (404, "ClientError.NotFound")
    assert refused(await rename(transfer, "/a.txt", "/gone/a.txt")) == (404, "ClientError.NotFound")
    assert (await rename(transfer, "/a.txt", "/d/c.txt")).json["code"] == "FileRenamed"
    assert await transfer.names("/d") == ["b.txt", "c.txt"]


async def test_who_may_only_read_makes_nothing(globus, transfer):
    ada = globus.add_identity("ada@example.edu")
    globus.share(globus.collection, ada, "r", path="/open")
    globus.add_file("/open/a.txt")
    hers = transfer.with_(globus.transfer_token(ada))
    assert await hers.names("/open") == ["a.txt"]
    assert refused(await hers.on("ls", "/")) == (403, "EndpointPermissionDenied")
    assert (await hers.on("stat", "/open")).json["type"] == "dir"
    assert refused(await mkdir(hers, "/open/new")) == (403, "EndpointPermissionDenied")
    assert refused(await rename(hers, "/open/a.txt", "/open/b.txt")) == (403, "EndpointPermissionDenied")
    globus.share(globus.collection, ALL_USERS, "rw", path="/open")
    assert (await mkdir(hers, "/open/new")).status == 202


async def test_a_guest_collection_begins_at_its_folder_and_has_no_home(globus, transfer):
    globus.add_file("/project/a.txt")
    guest = globus.add_guest_collection("Project", "/project")
    answer = await transfer.on("ls", "/", at=guest)
    assert (answer.json["absolute_path"], [each["name"] for each in answer.json["DATA"]]) == (None, ["a.txt"])
    assert await transfer.names(None, at=guest) == ["a.txt"]
    assert refused(await transfer.on("ls", "/~/", at=guest)) == (403, "EndpointPermissionDenied")


async def test_a_laptop_that_sleeps_answers_nothing(globus, transfer):
    laptop = globus.add_collection("Laptop", entity_type=PERSONAL)
    assert await transfer.names("/", at=laptop) == []
    laptop.gcp_connected = False
    assert refused(await transfer.on("ls", "/", at=laptop)) == (502, f"{_LISTING}.GCDisconnected")
    shown = (await transfer.call("GET", f"endpoint/{laptop.id}")).json
    assert (shown["gcp_connected"], shown["https_server"], shown["entity_type"]) == (False, None, PERSONAL)
    laptop.gcp_connected, laptop.gcp_paused = True, True
    assert refused(await transfer.on("stat", "/", at=laptop)) == (502, f"{_LISTING}.GCPaused")


async def test_an_endpoint_itself_has_no_files(globus, transfer):
    endpoint = globus.add_collection("Endpoint", entity_type="GCSv5_endpoint")
    assert refused(await transfer.on("ls", "/", at=endpoint)) == (502, "EndpointError")


async def test_what_is_not_public_is_found_by_those_who_get_in_only(globus, transfer):
    hidden = globus.add_collection("Secret", owner=globus.add_identity("ada@example.edu"))
    hidden.public = False
    assert refused(await transfer.call("GET", f"endpoint/{hidden.id}")) == (404, "EndpointNotFound")
    assert (await transfer.call("GET", "endpoint_search", filter_fulltext="secret")).json["DATA"] == []
    globus.share(hidden, globus.owner)
    assert (await transfer.call("GET", f"endpoint/{hidden.id}")).json["display_name"] == "Secret"
    found = await transfer.call("GET", "endpoint_search", filter_scope="shared-with-me")
    assert [each["id"] for each in found.json["DATA"]] == [hidden.id]


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({"filter_fulltext": "lab"}, ["Lab data"]),
        ({"filter_fulltext": "DATA lab"}, ["Lab data"]),
        ({"filter_fulltext": "labs"}, []),
        ({"filter_fulltext": "researcher"}, ["Lab data", "Laptop", "Project"]),
        ({"filter_scope": "my-gcp-endpoints"}, ["Laptop"]),
        ({"filter_scope": "shared-by-me"}, ["Project"]),
        ({"filter_scope": "my-endpoints", "filter_entity_type": "GCSv5_guest_collection"}, ["Project"]),
        ({"filter_scope": "recently-used"}, []),
    ],
)
async def test_a_search_looks_for_beginnings_of_words_in_a_scope(globus, transfer, params, names):
    globus.add_collection("Laptop", entity_type=PERSONAL)
    globus.add_guest_collection("Project", "/project")
    found = await transfer.call("GET", "endpoint_search", **params)
    assert [each["display_name"] for each in found.json["DATA"]] == names


async def test_a_search_for_everything_needs_words(transfer):
    assert refused(await transfer.call("GET", "endpoint_search")) == (400, "ClientError.BadRequest")
    for wrong in ({"filter_scope": "mine"}, {"filter_fulltext": "a", "limit": "101"}):
        assert refused(await transfer.call("GET", "endpoint_search", **wrong)) == (400, "ClientError.BadRequest")


async def test_a_recent_login_is_what_high_assurance_wants(globus, transfer):
    globus.collection.high_assurance = True
    globus.collection.authentication_timeout_mins = 30
    assert await transfer.names() == []
    globus.advance(1801)
    answer = await transfer.on("ls", "/")
    assert refused(answer) == (502, f"{_LISTING}.LoginFailed")
    wanted = answer.json["authorization_parameters"]
    assert wanted["session_required_identities"] == [globus.owner.id]
    assert (wanted["prompt"], "session_message" in wanted) == ("login", True)
    globus.collection.authentication_policy_id = "0d1f4b0a-7a4e-4a3e-9d0a-0b8a9a6b7c11"
    wanted = (await mkdir(transfer, "/new")).json
    assert wanted["code"] == f"{_MKDIR}.LoginFailed"
    assert wanted["authorization_parameters"]["session_required_policies"] == [
        globus.collection.authentication_policy_id
    ]


async def test_a_consent_that_is_taken_back_is_wanted_again(globus, transfer):
    assert await transfer.names() == []
    globus.consents.withdraw(scope=scope_of(globus.collection.id, "data_access"))
    answer = await transfer.on("ls", "/")
    assert refused(answer) == (403, "ConsentRequired")
    assert answer.json["message"] == "Missing required data_access consent"
    assert answer.json["authorization_parameters"]["required_scopes"] == answer.json["required_scopes"]


async def test_who_shows_no_good_token_is_not_let_in(globus, transfer):
    for token in ("", "AgNonsense", globus.https_token()):
        assert refused(await transfer.with_(token).on("ls", "/")) == (401, "AuthenticationFailed")


@pytest.mark.parametrize(
    ("effect", "code"),
    [
        ("disconnected", f"{_LISTING}.GCDisconnected"),
        ("unreachable", f"{_LISTING}.ConnectFailed"),
        ("session_expired", f"{_LISTING}.LoginFailed"),
        ("no_access", "EndpointPermissionDenied"),
    ],
)
async def test_some_faults_stick_to_a_collection(globus, transfer, strike, effect, code):
    other = globus.add_collection("Other")
    transfer = transfer.with_(globus.transfer_token())
    strike(effect, id=globus.collection.id)
    assert [(await transfer.on("ls", "/")).json["code"] for _ in range(2)] == [code, code]
    assert await transfer.names("/", at=other) == []


async def test_errors_of_the_service_come_on_request(globus, transfer, strike):
    strike("error", "transfer.ls", reason="TooManyRequests", retry_after=7)
    answer = await transfer.on("ls", "/")
    assert (refused(answer), answer.headers["Retry-After"]) == ((429, "TooManyRequests"), "7")
    strike("html", "transfer.ls", retry_after=60)
    answer = await transfer.on("ls", "/")
    assert (answer.status, answer.headers["Content-Type"]) == (503, "text/html; charset=UTF-8")
    strike("error", "transfer.*", reason=f"{_LISTING}.PermissionDenied")
    assert refused(await transfer.on("stat", "/")) == (502, f"{_LISTING}.PermissionDenied")
    strike("size_limit", "transfer.ls")
    assert refused(await transfer.on("ls", "/")) == (502, f"{_LISTING}.SizeLimit")


async def test_a_write_may_be_done_though_the_answer_says_no(globus, transfer, strike):
    strike("refuse_after_effect", "transfer.mkdir")
    assert refused(await mkdir(transfer, "/new")) == (503, "ServiceUnavailable")
    assert await transfer.names() == ["new"]


async def test_there_is_nothing_else(transfer):
    assert refused(await transfer.call("GET", "bookmark_list")) == (404, "ClientError.NotFound")
