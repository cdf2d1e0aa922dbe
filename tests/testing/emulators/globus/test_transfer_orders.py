"""Orders that are refused, sent again, changed, canceled and listed; and deletes."""

import aiohttp
import pytest
from tests.testing.emulators.globus.conftest import texts

MINUTE = 60
_ITEM = {"DATA_TYPE": "transfer_item", "source_path": "/a", "destination_path": "/b"}


async def test_to_cancel_may_take_a_while_and_come_too_late(globus, transfer, planted):
    globus.settings.cancel_lag, globus.settings.bandwidth = 30.0, 0.05
    slow, quick = [await transfer.copy(("/from" + name, "/to" + name)) for name in ("/below/c.txt", "/a.txt")]
    globus.advance(20)
    for task in (slow, quick):
        answer = await transfer.call("POST", f"task/{task}/cancel")
        assert (answer.status, answer.json["code"]) == (202, "CancelAccepted")
        assert (await transfer.task(task))["status"] == "ACTIVE"
    globus.advance(30)
    assert [(await transfer.task(each))["status"] for each in (slow, quick)] == ["FAILED", "SUCCEEDED"]
    found = await transfer.task(slow)
    assert (found["fatal_error"]["code"], found["subtasks_canceled"]) == ("CANCELED", 2)
    assert (await transfer.codes(slow))[-1] == "CANCELED"


async def test_a_cancel_may_meet_a_task_that_has_just_ended(globus, transfer, planted, strike):
    task = await transfer.copy(("/from", "/to"))
    strike("cancel_race", "task.cancel")
    answer = await transfer.call("POST", f"task/{task}/cancel")
    assert (answer.status, answer.json["code"]) == (200, "TaskComplete")
    assert (await transfer.task(task))["status"] == "SUCCEEDED"


async def test_label_and_deadline_can_be_changed(globus, transfer):
    task = await transfer.copy(("/gone", "/to"))
    document = {"DATA_TYPE": "task", "label": "new", "deadline": "2030-03-17 18:00:00"}
    assert (await transfer.call("PUT", f"task/{task}", document)).json["code"] == "Updated"
    found = await transfer.task(task)
    assert (found["label"], found["deadline"]) == ("new", "2030-03-17T18:00:00+00:00")
    globus.advance(3600)
    assert (await transfer.task(task))["fatal_error"]["code"] == "EXPIRED"
    assert (await transfer.call("PUT", f"task/{task}", document)).json["code"] == "Conflict"


@pytest.mark.parametrize(
    ("options", "items", "left"),
    [
        ({"recursive": True}, ["/from"], set()),
        ({}, ["/from/a.txt", "/from/b.nc"], {"/below/c.txt"}),
        ({"ignore_missing": True}, ["/from/a.txt", "/gone"], {"/b.nc", "/below/c.txt"}),
        ({"interpret_globs": True}, ["/from/*.txt"], {"/b.nc", "/below/c.txt"}),
        ({"interpret_globs": True, "recursive": True}, ["/from/b*"], {"/a.txt"}),
    ],
)
async def test_deletes(globus, transfer, planted, options, items, left):
    answer = await transfer.order("delete", *({"path": each} for each in items), **options)
    globus.advance(MINUTE)
    found = await transfer.task(answer.json["task_id"])
    assert (found["status"], found["destination_endpoint_id"]) == ("SUCCEEDED", None)
    assert set(texts(globus, "/from")) == left


async def test_a_folder_is_deleted_only_by_who_says_so(globus, transfer, planted):
    task = (await transfer.order("delete", {"path": "/from"})).json["task_id"]
    globus.advance(MINUTE)
    assert (await transfer.task(task))["fatal_error"]["code"] == "IS_A_DIRECTORY"
    task = (await transfer.order("delete", {"path": "/gone"})).json["task_id"]
    globus.advance(MINUTE)
    assert (await transfer.task(task))["nice_status"] == "FILE_NOT_FOUND"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"DATA": []}, "ClientError.BadRequest.NoTransferItems"),
        ({"submission_id": "8ca28797-3541-4a5d-a264-05b00f91e608"}, "BadRequest"),
        ({"sync_level": 4}, "BadRequest"),
        ({"label": "two\nlines"}, "BadRequest"),
        ({"label": "x" * 129}, "BadRequest"),
        ({"deadline": "tomorrow"}, "BadRequest"),
        ({"deadline": "2001-01-01"}, "BadRequest"),
        ({"verify_checksum": "yes"}, "BadRequest"),
        ({"source_endpoint": "8ca28797-3541-4a5d-a264-05b00f91e608"}, "EndpointNotFound"),
        ({"DATA_TYPE": "delete"}, "BadRequest"),
        ({"DATA": [{"DATA_TYPE": "transfer_item", "source_path": "/a"}]}, "BadRequest"),
        ({"DATA": [{**_ITEM, "recursive": True, "external_checksum": "0" * 32}]}, "BadRequest"),
        ({"DATA": [{**_ITEM, "checksum_algorithm": "CRC32"}]}, "BadRequest"),
        ({"filter_rules": [{"method": "include"}]}, "BadRequest"),
    ],
)
async def test_an_order_that_makes_no_sense_is_refused(globus, transfer, change, code):
    item = {"source_path": "/a", "destination_path": "/b"}
    assert (await transfer.order("transfer", item, **change)).json["code"] == code
    assert globus.tasks.tasks == {}


async def test_an_order_that_is_sent_again_makes_no_second_task(globus, transfer, planted, strike):
    strike("reset_after_effect", "transfer.submit")
    new = (await transfer.call("GET", "submission_id")).json
    assert new["DATA_TYPE"] == "submission_id"
    document = {
        "DATA_TYPE": "transfer",
        "submission_id": new["value"],
        "source_endpoint": globus.collection.id,
        "destination_endpoint": globus.collection.id,
        "DATA": [{"DATA_TYPE": "transfer_item", "source_path": "/from/a.txt", "destination_path": "/b.txt"}],
    }
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await transfer.call("POST", "transfer", document)
    answer = await transfer.call("POST", "transfer", document)
    assert (answer.status, answer.json["code"]) == (202, "Duplicate")
    assert list(globus.tasks.tasks) == [answer.json["task_id"]]


async def test_tasks_are_their_owners_alone(globus, transfer, planted):
    task = await transfer.copy(("/from", "/to"), label="mine")
    ada = transfer.with_(globus.transfer_token(globus.add_identity("ada@example.edu")))
    answer = await ada.call("GET", f"task/{task}")
    assert (answer.status, answer.json["code"]) == (404, "ClientError.NotFound")
    assert answer.json["message"] == f"No task found with id '{task}'"
    assert (await ada.call("GET", "task_list")).json["DATA"] == []
    for method, path in (("POST", "cancel"), ("GET", "event_list"), ("GET", "skipped_errors")):
        assert (await ada.call(method, f"task/{task}/{path}")).status == 404


async def test_a_list_of_tasks_has_the_latest_first(globus, transfer, planted):
    tasks = []
    for label in ("one", "two", "three"):
        tasks.append(await transfer.copy(("/from", "/to"), label=label))
        globus.advance(MINUTE)

    async def labels(**params) -> list[str]:
        return [each["label"] for each in (await transfer.call("GET", "task_list", **params)).json["DATA"]]

    assert await labels() == ["three", "two", "one"]
    assert await labels(limit=1, offset=1) == ["two"]
    assert await labels(orderby="label") == ["one", "three", "two"]
    assert await labels(filter=f"task_id:{tasks[0]},{tasks[1]}/label:~t*") == ["two"]
    assert await labels(filter="status:ACTIVE,INACTIVE") == []
    assert await labels(filter="request_time:2030-03-17T17:47:40+00:00,2030-03-17T17:48:00+00:00") == ["two"]
