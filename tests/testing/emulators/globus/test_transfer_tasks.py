"""What tasks do, how long they take, and what can come between."""

import json

import pytest
from tests.testing.emulators.globus.conftest import NOON, texts

from hubdrives.testing.emulators.globus.collections import PERSONAL
from hubdrives.testing.emulators.tree import SHORTCUT

MINUTE, DAY = 60, 86400


async def test_a_folder_is_copied_with_all_that_is_in_it(globus, transfer, planted):
    task = await transfer.copy(("/from/", "/to/"))
    globus.advance(MINUTE)
    found = await transfer.task(task)
    assert (found["status"], found["files_transferred"], found["bytes_transferred"]) == ("SUCCEEDED", 3, 9)
    assert texts(globus) == {"/a.txt": "aa", "/b.nc": "bbb", "/below/c.txt": "cccc"}
    assert await transfer.codes(task) == ["STARTED", "SUCCEEDED"]
    assert (await transfer.on("stat", "/to/a.txt")).json["last_modified"] > "2030-03-17 17:46:40"


async def test_a_file_is_copied_to_its_full_path_and_folders_on_it_are_made(globus, transfer, planted):
    task = await transfer.copy(("/from/a.txt", "/new/deep/z.txt"), preserve_timestamp=True)
    globus.advance(MINUTE)
    assert (await transfer.task(task))["subtasks_total"] == 2
    assert texts(globus, "/new") == {"/deep/z.txt": "aa"}
    assert (await transfer.on("stat", "/new/deep/z.txt")).json["last_modified"] == "2030-03-17 17:45:00+00:00"


async def test_a_task_takes_time_and_tells_how_far_it_is(globus, transfer):
    globus.settings.task_lag, globus.settings.seconds_per_file, globus.settings.bandwidth = 5.0, 1.0, 100.0
    globus.add_file("/from/a.bin", bytes(1000))
    globus.add_file("/from/b.bin", bytes(3000))
    task = await transfer.copy(("/from", "/to"))

    async def after(seconds: float) -> tuple:
        globus.advance(seconds)
        found = await transfer.task(task)
        return tuple(found[each] for each in ("status", "nice_status", "files_transferred", "bytes_transferred"))

    assert await after(4) == ("ACTIVE", "Queued", 0, 0)
    # Two seconds for the item and its folder, eleven for the first file.
    assert await after(1 + 2 + 5.5) == ("ACTIVE", "OK", 0, 500)
    assert texts(globus) == {}
    assert await after(5.5) == ("ACTIVE", "OK", 1, 1000)
    assert list(texts(globus)) == ["/a.bin"]
    assert await after(15.5) == ("ACTIVE", "OK", 1, 2500)
    running = await transfer.task(task)
    assert (running["is_ok"], running["completion_time"], running["subtasks_pending"]) == (True, None, 2)
    assert await after(15.5) == ("SUCCEEDED", None, 2, 4000)
    done = await transfer.task(task)
    assert (done["effective_bytes_per_second"], done["completion_time"]) == (4000 // 44, "2030-03-17T17:47:29+00:00")
    answer = await transfer.call("GET", f"task/{task}/event_list", limit=2, offset=1)
    assert [each["code"] for each in answer.json["DATA"]] == ["PROGRESS", "STARTED"]
    assert json.loads(answer.json["DATA"][0]["details"])["bytes_transferred"] == 1000
    assert (answer.json["total"], answer.json["DATA"][0]["time"]) == (3, "2030-03-17 17:46:58+00:00")


async def test_three_tasks_run_at_once_and_the_others_wait(globus, transfer, planted):
    globus.settings.bandwidth = 0.1
    tasks = [await transfer.copy(("/from/a.txt", f"/to/{number}")) for number in range(4)]
    globus.advance(1)
    assert [(await transfer.task(each))["nice_status"] for each in tasks] == ["OK", "OK", "OK", "Queued"]
    globus.advance(MINUTE)
    assert [(await transfer.task(each))["status"] for each in tasks] == ["SUCCEEDED"] * 4


@pytest.mark.parametrize(
    ("level", "arrive"),
    [
        (None, {"/a.txt", "/b.nc", "/below/c.txt"}),
        (0, {"/below/c.txt"}),
        (1, {"/b.nc", "/below/c.txt"}),
        (2, {"/b.nc", "/below/c.txt"}),
        (3, {"/a.txt", "/b.nc", "/below/c.txt"}),
    ],
)
async def test_what_is_there_already_is_left_out_as_far_as_the_sync_level_says(
    globus, transfer, planted, level, arrive
):
    globus.add_file("/to/a.txt", "AA", modified=NOON)
    globus.add_file("/to/b.nc", "longer", modified=NOON)
    task = await transfer.copy(("/from", "/to"), sync_level=level)
    globus.advance(MINUTE)
    answer = await transfer.call("GET", f"task/{task}/successful_transfers")
    assert {each["destination_path"].removeprefix("/to") for each in answer.json["DATA"]} == arrive
    assert (await transfer.task(task))["files_skipped"] == 3 - len(arrive)


async def test_a_newer_file_arrives_at_the_level_of_times(globus, transfer, planted):
    globus.add_file("/to/a.txt", "AA", modified=NOON - 200)
    await transfer.copy(("/from", "/to"), sync_level=2)
    globus.advance(MINUTE)
    await globus.refresh()
    assert texts(globus)["/a.txt"] == "aa"


async def test_what_the_source_does_not_have_can_be_deleted(globus, transfer, planted):
    globus.add_file("/to/extra.txt")
    globus.add_file("/to/below/extra/deep.txt")
    task = await transfer.copy(("/from", "/to"), delete_destination_extra=True)
    globus.advance(MINUTE)
    assert (await transfer.task(task))["status"] == "SUCCEEDED"
    assert set(texts(globus)) == {"/a.txt", "/b.nc", "/below/c.txt"}


async def test_what_is_of_another_sort_is_in_the_way_unless_extra_things_are_deleted(globus, transfer, planted):
    globus.add_file("/to/a.txt/was_a_folder")
    globus.add_file("/to/below", "was a file")
    stuck = await transfer.copy(("/from", "/to"))
    globus.advance(MINUTE)
    assert (await transfer.task(stuck))["nice_status"] == "IS_A_DIRECTORY"
    await transfer.copy(("/from", "/to"), delete_destination_extra=True)
    globus.advance(MINUTE)
    assert (await transfer.task(stuck))["status"] == "SUCCEEDED"
    assert texts(globus) == {"/a.txt": "aa", "/b.nc": "bbb", "/below/c.txt": "cccc"}


async def test_filter_rules_say_what_of_a_folder_comes_along(globus, transfer, planted):
    rules = [
        {"DATA_TYPE": "filter_rule", "method": "include", "name": "a*", "type": "file"},
        {"DATA_TYPE": "filter_rule", "method": "exclude", "name": "*.txt", "type": "file"},
        {"DATA_TYPE": "filter_rule", "name": "below", "type": "dir"},
    ]
    task = await transfer.copy(("/from", "/to"), filter_rules=rules)
    globus.advance(MINUTE)
    found = await transfer.task(task)
    assert set(texts(globus)) == {"/a.txt", "/b.nc"}
    assert [each["method"] for each in found["filter_rules"]] == ["include", "exclude", "exclude"]


async def test_symbolic_links_in_a_folder_stay_behind(globus, transfer, planted):
    folder, target = (globus.tree.at(globus.collection.root, each) for each in ("/from", "/from/a.txt"))
    globus.tree.add("link", parent=folder.id, kind=SHORTCUT, target=target.id)
    task = await transfer.copy(("/from", "/to"), ("/from/link", "/linked.txt"))
    globus.advance(MINUTE)
    found = await transfer.task(task)
    assert (found["symlinks"], "/link" in texts(globus)) == (1, False)
    assert texts(globus, "/linked.txt") == {"/": "aa"}


@pytest.mark.parametrize(
    ("recursive", "source", "code"),
    [(False, "/from", "IS_A_DIRECTORY"), (True, "/from/a.txt", "NOT_A_DIRECTORY")],
)
async def test_an_item_of_the_wrong_sort_ends_the_task(globus, transfer, planted, recursive, source, code):
    item = {"source_path": source, "destination_path": "/to", "recursive": recursive}
    task = (await transfer.order("transfer", item)).json["task_id"]
    globus.advance(MINUTE)
    found = await transfer.task(task)
    assert (found["status"], found["fatal_error"]["code"], found["nice_status"]) == ("FAILED", code, None)
    assert set(found["fatal_error"]) == {"code", "description"}


@pytest.mark.parametrize("destination", ["/there", "/new/"])
async def test_a_file_needs_a_full_path_to_go_to(globus, transfer, planted, destination):
    globus.add_folder("/there")
    task = await transfer.copy(("/from/a.txt", destination))
    globus.advance(MINUTE)
    found = await transfer.task(task)
    assert (found["status"], found["nice_status"], found["is_ok"]) == ("ACTIVE", "IS_A_DIRECTORY", False)


async def test_a_path_that_is_not_there_is_tried_again_until_the_deadline(globus, transfer, planted):
    globus.settings.retry_wait = 600.0
    task = await transfer.copy(("/gone", "/to"), ("/from", "/to"))
    globus.advance(1500)
    found = await transfer.task(task)
    assert (found["status"], found["nice_status"], found["faults"]) == ("ACTIVE", "FILE_NOT_FOUND", 3)
    assert (found["subtasks_retrying"], found["nice_status_short_description"]) == (1, "file not found")
    assert "c=PATH_NOT_FOUND" in found["nice_status_details"]
    errors = await transfer.call("GET", f"task/{task}/event_list", filter_is_error=1)
    assert [each["code"] for each in errors.json["DATA"]] == ["FILE_NOT_FOUND"] * 3
    globus.advance(DAY)
    found = await transfer.task(task)
    assert (found["status"], found["fatal_error"]) == ("FAILED", {"code": "EXPIRED", "description": "deadline expired"})
    assert found["completion_time"] == found["deadline"] == "2030-03-18T17:46:40+00:00"
    assert (await transfer.codes(task))[-1] == "EXPIRED"


async def test_a_path_that_comes_to_be_lets_the_task_go_on(globus, transfer):
    task = await transfer.copy(("/later", "/to"))
    globus.advance(MINUTE)
    assert (await transfer.task(task))["nice_status"] == "FILE_NOT_FOUND"
    globus.add_file("/later", "text")
    globus.advance(MINUTE)
    found = await transfer.task(task)
    assert (found["status"], found["faults"] > 0, found["nice_status"]) == ("SUCCEEDED", True, None)


async def test_errors_at_the_source_can_be_skipped(globus, transfer, planted, strike):
    strike("denied_files", "transfer.submit", text="*.nc")
    task = await transfer.copy(("/gone.txt", "/x"), ("/from", "/to"), skip_source_errors=True)
    globus.advance(MINUTE)
    found = await transfer.task(task)
    assert (found["status"], found["subtasks_skipped_errors"], found["files_transferred"]) == ("SUCCEEDED", 2, 2)
    assert found["subtasks_total"] == found["subtasks_succeeded"] + 2
    answer = (await transfer.call("GET", f"task/{task}/skipped_errors")).json
    assert (answer["DATA_TYPE"], answer["marker"], answer["next_marker"]) == ("skipped_errors", 0, None)
    assert [(each["source_path"], each["error_code"]) for each in answer["DATA"]] == [
        ("/gone.txt", "FILE_NOT_FOUND"),
        ("/from/b.nc", "PERMISSION_DENIED"),
    ]
    assert answer["DATA"][1].keys() == {
        "DATA_TYPE", "checksum_algorithm", "destination_path", "error_code", "error_details", "error_time",
        "external_checksum", "is_delete_destination_extra", "is_directory", "is_symlink", "source_path",
    }  # fmt: skip
    assert await transfer.codes(task) == ["STARTED", "SKIPPED_ERRORS", "SUCCEEDED"]


async def test_nothing_extra_is_deleted_after_an_error_was_skipped(globus, transfer, planted, strike):
    globus.add_file("/to/extra.txt")
    strike("denied_files", "transfer.submit", text="b.nc")
    task = await transfer.copy(("/from", "/to"), skip_source_errors=True, delete_destination_extra=True)
    globus.advance(MINUTE)
    assert "DELETE_DESTINATION_EXTRA_SKIPPED" in await transfer.codes(task)
    assert "/extra.txt" in texts(globus)


async def test_who_may_not_read_or_write_there_sees_it_in_the_task_alone(globus, transfer, planted):
    closed = globus.add_collection("Closed", owner=globus.add_identity("ada@example.edu"))
    transfer = transfer.with_(globus.transfer_token())
    task = await transfer.copy(("/from/a.txt", "/a.txt"), destination_endpoint=closed.id, skip_source_errors=True)
    globus.advance(MINUTE)
    found = await transfer.task(task)
    assert (found["status"], found["nice_status"], found["subtasks_skipped_errors"]) == (
        "ACTIVE",
        "PERMISSION_DENIED",
        0,
    )
    globus.share(closed, globus.owner, "rw")
    globus.advance(MINUTE)
    assert (await transfer.task(task))["status"] == "SUCCEEDED"
    assert texts(globus, "/", closed) == {"/a.txt": "aa"}


async def test_a_sleeping_laptop_holds_a_task_up(globus, transfer, planted):
    laptop = globus.add_collection("Laptop", entity_type=PERSONAL)
    laptop.gcp_connected = False
    task = await transfer.copy(("/from/a.txt", "/a.txt"), destination_endpoint=laptop.id)
    globus.advance(MINUTE)
    assert (await transfer.task(task))["nice_status"] == "GC_NOT_CONNECTED"
    laptop.gcp_connected = True
    globus.advance(MINUTE)
    assert (await transfer.task(task))["status"] == "SUCCEEDED"


async def test_checksums_are_those_of_the_bytes(globus, transfer, planted):
    item = {"source_path": "/from/a.txt", "destination_path": "/a.txt", "checksum_algorithm": "SHA256"}
    task = (await transfer.order("transfer", item, verify_checksum=True)).json["task_id"]
    globus.advance(MINUTE)
    (line,) = (await transfer.call("GET", f"task/{task}/successful_transfers")).json["DATA"]
    assert line == {
        "DATA_TYPE": "successful_transfer",
        "source_path": "/from/a.txt",
        "destination_path": "/a.txt",
        "size": 2,
        "checksum": "961b6dd3ede3cb8ecbaacbd68de040cd78eb2ed5889130cceb4c49268ea4d506",
        "checksum_algorithm": "SHA256",
        "dynamic": False,
    }
    task = await transfer.copy(("/from/a.txt", "/b.txt"))
    globus.advance(MINUTE)
    (line,) = (await transfer.call("GET", f"task/{task}/successful_transfers")).json["DATA"]
    assert (line["checksum"], line["checksum_algorithm"]) == (None, None)


async def test_a_checksum_that_was_promised_and_is_wrong_ends_the_task(globus, transfer, planted):
    item = {"source_path": "/from/a.txt", "destination_path": "/a.txt", "external_checksum": "0" * 32}
    task = (await transfer.order("transfer", item)).json["task_id"]
    globus.advance(MINUTE)
    assert (await transfer.task(task))["fatal_error"]["code"] == "VERIFY_CHECKSUM"


async def test_damage_on_the_way_is_noticed_only_by_who_verifies(globus, transfer, planted, strike):
    strike("checksum_mismatch", "transfer.submit", times=None)
    careless = await transfer.copy(("/from/a.txt", "/a.txt"))
    careful = await transfer.copy(("/from/a.txt", "/b.txt"), verify_checksum=True)
    globus.advance(MINUTE)
    assert [(await transfer.task(each))["status"] for each in (careless, careful)] == ["SUCCEEDED"] * 2
    assert await transfer.codes(careful) == ["STARTED", "VERIFY_CHECKSUM", "SUCCEEDED"]
    assert globus.tree.at(globus.collection.root, "/a.txt").content.read() == b"\x9ea"
    assert texts(globus, "/b.txt") == {"/": "aa"}


async def test_tasks_are_born_with_troubles(globus, transfer, planted, strike):
    async def born(effect: str, **keys) -> dict:
        strike(effect, "transfer.submit", **keys)
        task = await transfer.copy(("/from/a.txt", "/to.txt"))
        globus.advance(MINUTE)
        return await transfer.task(task)

    stuck = await born("task_stuck", reason="ENDPOINT_ERROR")
    assert (stuck["status"], stuck["nice_status"], stuck["faults"]) == ("ACTIVE", "ENDPOINT_ERROR", 6)
    failed = await born("task_fails", reason="QUOTA_EXCEEDED")
    assert (failed["status"], failed["fatal_error"]["code"]) == ("FAILED", "QUOTA_EXCEEDED")
    troubled = await born("task_faults", size=2)
    assert (troubled["status"], troubled["faults"]) == ("SUCCEEDED", 2)
    codes = await transfer.codes(troubled["task_id"])
    assert codes == ["STARTED", "CONNECT_FAILED", "CONNECT_FAILED", "PROGRESS", "SUCCEEDED"]


async def test_a_task_waits_for_a_login_and_goes_on_after_it(globus, transfer, planted, strike):
    strike("task_inactive", "transfer.submit")
    task = await transfer.copy(("/from/a.txt", "/to.txt"))
    globus.advance(MINUTE)
    found = await transfer.task(task)
    assert (found["status"], found["nice_status"], found["completion_time"]) == (
        "INACTIVE",
        "EXPIRED_CREDENTIALS",
        None,
    )
    globus.tasks.resume(globus.tasks.tasks[task])
    globus.advance(MINUTE)
    assert (await transfer.task(task))["status"] == "SUCCEEDED"
