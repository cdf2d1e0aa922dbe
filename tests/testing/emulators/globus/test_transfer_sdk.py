"""globus-sdk's own TransferClient, as it is, against the emulator, and its example answers beside the emulator's."""

import uuid
from datetime import UTC, datetime, timedelta
from hashlib import md5

import globus_sdk
import pytest
from tests.testing.emulators.globus.conftest import NOON, in_thread
from tests.testing.emulators.globus.likeness import assert_like, shipped

from hubdrives.testing.emulators.globus.collections import MAPPED, PERSONAL
from hubdrives.testing.emulators.globus.named import TRANSFER_ALL, scope_of

# The example of an endpoint is of a sort that is no more.
_OLD = {"expire_time"}
_NEWER = {
    "acl_max_expiration_period_mins", "authentication_assurance_timeout", "authentication_policy_id",
    "authentication_timeout_mins", "canonical_name", "contact_email", "contact_info", "department", "gcs_manager_url",
    "gcs_version", "high_assurance", "host_endpoint", "host_endpoint_display_name", "https_server", "info_link",
    "keywords", "local_user_info_available", "location", "mapped_collection_display_name", "mapped_collection_id",
    "max_concurrency", "max_parallelism", "my_effective_roles", "name", "network_use", "owner_id", "owner_string",
    "preferred_concurrency", "preferred_parallelism", "requester_pays", "sharing_target_endpoint",
    "sharing_target_root_path", "storage_type", "subscription_id", "tlsftp_server", "user_message",
    "user_message_link",
}  # fmt: skip


async def done(globus, client, task: str) -> dict:
    """Let a minute pass, and look at a task."""
    globus.advance(60)
    return (await in_thread(lambda: client.get_task(task))).data


async def test_describes_a_collection(globus, official):
    found = await in_thread(lambda: official().get_endpoint(globus.collection.id))
    assert (found["entity_type"], found["https_server"]) == (MAPPED, globus.collection.https_server)
    example = {each: value for each, value in shipped("transfer", "get_endpoint").items() if each not in _OLD}
    example |= {"DATA": [], "description": None}
    assert_like(example, found.data, more=_NEWER | _OLD)


async def test_lists_looks_makes_and_renames(globus, official):
    globus.add_file("/project/b.txt", "text", modified=NOON)
    client = official()
    made = await in_thread(lambda: client.operation_mkdir(globus.collection.id, path="/~/project/new"))
    assert_like(shipped("transfer", "operation_mkdir"), made.data)
    renamed = await in_thread(
        lambda: client.operation_rename(globus.collection.id, "/project/b.txt", "/project/new/c.txt")
    )
    assert_like(shipped("transfer", "operation_rename"), renamed.data)
    listed = await in_thread(lambda: list(client.operation_ls(globus.collection.id, path="/project/new/")))
    assert [(each["name"], each["type"], each["size"]) for each in listed] == [("c.txt", "file", 4)]
    looked = await in_thread(lambda: client.operation_stat(globus.collection.id, "/project/new/c.txt"))
    assert looked.data == listed[0]
    assert_like(shipped("transfer", "operation_stat"), looked.data)
    assert looked["last_modified"] == "2030-03-17 17:46:40+00:00"


async def test_filters_and_orders_a_list(globus, official):
    for name in ("a.nc", "b.nc", "c.txt", ".hidden"):
        globus.add_file(f"/{name}", name, modified=NOON)
    globus.add_file("/old.nc", "", modified=datetime(2020, 6, 1, tzinfo=UTC).timestamp())
    client, here = official(), globus.collection.id

    def names(**options):
        return [each["name"] for each in client.operation_ls(here, path="/", **options)]

    assert await in_thread(lambda: names(filter={"name": ["~*.nc"]})) == ["a.nc", "b.nc", "old.nc"]
    assert await in_thread(lambda: names(filter={"last_modified": ["", "2021-01-01"]})) == ["old.nc"]
    assert await in_thread(lambda: names(filter=[{"name": "~*.nc"}, {"name": "!~a*"}])) == ["b.nc", "old.nc"]
    assert await in_thread(lambda: names(show_hidden=False, orderby=["size DESC", "name"], limit=2)) == [
        "c.txt",
        "a.nc",
    ]


async def test_searches_page_after_page(globus, official):
    for number in range(230):
        globus.add_collection(f"Ocean {number:03}")
    client = official()
    found = await in_thread(lambda: list(client.paginated.endpoint_search("ocean").items()))
    assert len({each["id"] for each in found}) == 230
    assert globus.requests.by_operation["transfer.search"] == 3
    mine = await in_thread(lambda: client.endpoint_search(filter_scope="my-endpoints", limit=1))
    assert (mine["has_next_page"], len(mine["DATA"])) == (True, 1)


async def test_a_search_ends_at_a_thousand(globus, official):
    globus.settings.search_limit = 200
    for number in range(230):
        globus.add_collection(f"Ocean {number:03}")
    client = official()
    found = [
        await in_thread(lambda offset=offset: client.endpoint_search("ocean", limit=100, offset=offset))
        for offset in (0, 100)
    ]
    assert [each["has_next_page"] for each in found] == [True, False]
    with pytest.raises(globus_sdk.TransferAPIError) as refused:
        await in_thread(lambda: client.endpoint_search("ocean", limit=100, offset=200))
    assert refused.value.http_status == 400


async def test_asks_for_the_consent_that_is_missing(globus, official):
    with pytest.raises(globus_sdk.TransferAPIError) as refused:
        await in_thread(lambda: official(globus.token(TRANSFER_ALL)).operation_ls(globus.collection.id))
    wanted = f"{TRANSFER_ALL}[*{scope_of(globus.collection.id, 'data_access')}]"
    assert (refused.value.http_status, refused.value.code) == (403, "ConsentRequired")
    assert refused.value.info.consent_required.required_scopes == [wanted]
    again = official(globus.token(wanted))
    assert list(await in_thread(lambda: again.operation_ls(globus.collection.id))) == []


async def test_a_transfer_names_all_consents_that_are_missing_at_once(globus, official):
    other = globus.add_collection("Other")
    client = official(globus.token(TRANSFER_ALL))
    order = globus_sdk.TransferData(globus.collection.id, other.id)
    order.add_item("/a", "/b")
    with pytest.raises(globus_sdk.TransferAPIError) as refused:
        await in_thread(lambda: client.submit_transfer(order))
    below = " ".join(f"*{scope_of(each.id, 'data_access')}" for each in (globus.collection, other))
    assert refused.value.info.consent_required.required_scopes == [f"{TRANSFER_ALL}[{below}]"]


async def test_says_which_login_a_collection_wants(globus, official):
    globus.collection.required_domain = "elsewhere.edu"
    with pytest.raises(globus_sdk.TransferAPIError) as refused:
        await in_thread(lambda: official().operation_ls(globus.collection.id))
    assert (refused.value.http_status, refused.value.code) == (502, "ExternalError.DirListingFailed.LoginFailed")
    assert refused.value.info.authorization_parameters.session_required_single_domain == ["elsewhere.edu"]


async def test_errors_are_like_the_examples(globus, official):
    closed = globus.add_collection("Closed", owner=globus.add_identity("other@example.edu"))
    client = official()
    with pytest.raises(globus_sdk.TransferAPIError) as missing:
        await in_thread(lambda: client.operation_stat(globus.collection.id, "/foo"))
    assert_like(shipped("transfer", "operation_stat", "not_found"), missing.value.raw_json)
    assert (missing.value.http_status, missing.value.code) == (404, "NotFound")
    assert "c=PATH_NOT_FOUND" in missing.value.message
    with pytest.raises(globus_sdk.TransferAPIError) as denied:
        await in_thread(lambda: client.operation_stat(closed.id, "/foo"))
    assert_like(shipped("transfer", "operation_stat", "permission_denied"), denied.value.raw_json)
    assert (denied.value.http_status, denied.value.code) == (403, "EndpointPermissionDenied")
    empty = globus_sdk.TransferData(globus.collection.id, globus.collection.id)
    with pytest.raises(globus_sdk.TransferAPIError) as refused:
        await in_thread(lambda: client.submit_transfer(empty))
    assert_like(shipped("transfer", "submit_transfer", "failure"), refused.value.raw_json)
    assert (refused.value.http_status, refused.value.code) == (400, "ClientError.BadRequest.NoTransferItems")
    with pytest.raises(globus_sdk.TransferAPIError) as unknown:
        await in_thread(lambda: client.get_endpoint(uuid.UUID(int=1)))
    assert (unknown.value.http_status, unknown.value.code) == (404, "EndpointNotFound")


async def test_submits_and_watches_a_transfer(globus, official):
    globus.add_file("/from/a.txt", "text")
    globus.add_file("/from/below/b.txt", "more")
    laptop = globus.add_collection("Laptop", entity_type=PERSONAL)
    client = official()
    order = globus_sdk.TransferData(
        globus.collection.id, laptop.id, label="two files", verify_checksum=True, sync_level="checksum",
        deadline=datetime.fromtimestamp(NOON, UTC) + timedelta(hours=1),
    )  # fmt: skip
    order.add_item("/from/", "/to/", recursive=True)
    answer = await in_thread(lambda: client.submit_transfer(order))
    assert_like(shipped("transfer", "submit_transfer"), answer.data)
    assert answer.http_status == 202
    again = await in_thread(lambda: client.submit_transfer(order))
    assert (again["code"], again["task_id"]) == ("Duplicate", answer["task_id"])
    queued = (await in_thread(lambda: client.get_task(answer["task_id"]))).data
    assert (queued["status"], queued["nice_status"], queued["subtasks_pending"]) == ("ACTIVE", "Queued", 1)
    found = await done(globus, client, answer["task_id"])
    assert found["DATA_TYPE"] == "task"
    assert_like(shipped("transfer", "task_list")["DATA"][0], found, more={"DATA_TYPE"})
    assert (found["status"], found["files"], found["directories"], found["bytes_transferred"]) == ("SUCCEEDED", 2, 2, 8)
    assert (found["subtasks_total"], found["subtasks_succeeded"], found["subtasks_pending"]) == (5, 5, 0)
    assert found["deadline"] == "2030-03-17T18:46:40+00:00"
    listed = await in_thread(lambda: client.task_list(filter={"status": "SUCCEEDED", "type": "TRANSFER"}))
    assert [each["task_id"] for each in listed] == [answer["task_id"]]
    assert_like(shipped("transfer", "task_list"), listed.data)
    events = await in_thread(lambda: list(client.paginated.task_event_list(answer["task_id"]).items()))
    assert [each["code"] for each in events] == ["SUCCEEDED", "STARTED"]
    arrived = await in_thread(lambda: list(client.paginated.task_successful_transfers(answer["task_id"]).items()))
    assert {each["destination_path"]: each["checksum"] for each in arrived} == {
        "/to/a.txt": md5(b"text").hexdigest(),
        "/to/below/b.txt": md5(b"more").hexdigest(),
    }
    assert globus.tree.at(laptop.root, "/to/below/b.txt").content.read() == b"more"


async def test_gives_an_id_to_each_submission(official):
    answer = await in_thread(lambda: official().get_submission_id())
    # The example leaves out what every document has.
    assert_like(shipped("transfer", "get_submission_id"), answer.data, more={"DATA_TYPE"})


async def test_waits_until_a_task_is_over(live, sdk):
    live.add_file("/a.txt", "text")
    client = sdk(
        globus_sdk.TransferClient(
            base_url=f"{live.url}/", authorizer=globus_sdk.AccessTokenAuthorizer(live.transfer_token())
        )
    )
    order = globus_sdk.TransferData(live.collection.id, live.collection.id)
    order.add_item("/a.txt", "/b.txt")
    task = (await in_thread(lambda: client.submit_transfer(order)))["task_id"]
    assert await in_thread(lambda: client.task_wait(task, timeout=10, polling_interval=1))
    assert live.tree.at(live.collection.root, "/b.txt").content.read() == b"text"


async def test_cancels_a_task(globus, official):
    globus.add_file("/a.txt", "text")
    client = official()
    order = globus_sdk.TransferData(globus.collection.id, globus.collection.id)
    order.add_item("/a.txt", "/b.txt")
    task = (await in_thread(lambda: client.submit_transfer(order)))["task_id"]
    answer = await in_thread(lambda: client.cancel_task(task))
    assert_like(shipped("transfer", "cancel_task"), answer.data)
    assert answer["code"] == "Canceled"
    found = (await in_thread(lambda: client.get_task(task))).data
    assert (found["status"], found["fatal_error"]["code"]) == ("FAILED", "CANCELED")
    assert (await in_thread(lambda: client.cancel_task(task)))["code"] == "TaskComplete"
    assert globus.tree.at(globus.collection.root, "/b.txt") is None


async def test_deletes(globus, official):
    globus.add_file("/gone/a.txt", "text")
    client = official()
    order = globus_sdk.DeleteData(endpoint=globus.collection.id, recursive=True)
    order.add_item("/gone")
    answer = await in_thread(lambda: client.submit_delete(order))
    assert_like(shipped("transfer", "submit_delete"), answer.data)
    found = await done(globus, client, answer["task_id"])
    assert (found["status"], found["type"], found["files"], found["directories"]) == ("SUCCEEDED", "DELETE", 1, 1)
    assert globus.tree.at(globus.collection.root, "/gone") is None


async def test_pages_of_what_arrived_go_on_at_a_marker(globus, official):
    globus.settings.marker_page = 4
    for number in range(10):
        globus.add_file(f"/from/{number}", "text")
    client = official()
    order = globus_sdk.TransferData(globus.collection.id, globus.collection.id)
    order.add_item("/from", "/to", recursive=True)
    task = (await in_thread(lambda: client.submit_transfer(order)))["task_id"]
    await done(globus, client, task)
    first = await in_thread(lambda: client.task_successful_transfers(task))
    # The example is of a user who may see less.
    more = {"size", "checksum", "checksum_algorithm", "dynamic"}
    assert_like(shipped("transfer", "endpoint_manager_task_successful_transfers"), first.data, more=more)
    found = await in_thread(lambda: list(client.paginated.task_successful_transfers(task).items()))
    assert [each["source_path"] for each in found] == [f"/from/{number}" for number in range(10)]
    assert globus.requests.by_operation["task.successful"] == 4


async def test_makes_its_requests_where_the_environment_says(globus, monkeypatch, sdk):
    monkeypatch.setenv("GLOBUS_SDK_SERVICE_URL_TRANSFER", f"{globus.url}/")
    client = sdk(globus_sdk.TransferClient(authorizer=globus_sdk.AccessTokenAuthorizer(globus.transfer_token())))
    assert (await in_thread(client.get_submission_id))["value"]
    assert globus.requests.by_operation == {"transfer.submission_id": 1}
