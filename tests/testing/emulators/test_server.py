import asyncio
import socket

import pytest

from hubdrives.testing.emulators.googledrive import GoogleDrive
from hubdrives.testing.emulators.server import serving


async def test_requests_are_counted_by_operation_and_method_and_logged(client):
    await client.get("files")
    await client.get("files/nope")
    assert (await client.send("GET", "/_emulator/requests")).json == {
        "total": 3,
        "by_operation": {"token": 1, "files.list": 1, "files.get": 1},
        "by_method": {"POST": 1, "GET": 2},
        "log": [
            {"method": "POST", "operation": "token", "status": 200},
            {"method": "GET", "operation": "files.list", "status": 200},
            {"method": "GET", "operation": "files.get", "status": 404},
        ],
    }


async def test_counts_start_again(drive, client):
    await client.get("files")
    assert (await client.send("POST", "/_emulator/reset")).status == 204
    assert (drive.requests.total, len(drive.requests.log), drive.requests.by_method) == (0, 0, {})


async def test_what_is_not_part_of_the_api_counts_as_unknown(drive, client):
    await client.log_in()
    assert (await client.get("nothing")).status == 404
    assert (await client.send("GET", "/other")).status == 403
    assert drive.requests.by_operation["unknown"] == 2


async def test_faults_are_set_and_cleared_from_outside(client):
    rules = [{"operation": "files.list", "effect": "error", "reason": "backendError", "times": None}]
    assert (await client.send("POST", "/_emulator/faults", json=rules)).status == 204
    assert [(await client.get("files")).status for _ in range(2)] == [503, 503]
    assert (await client.send("POST", "/_emulator/faults", json=[])).status == 204
    assert (await client.get("files")).status == 200


@pytest.mark.parametrize("body", ['[{"operation": "*", "effect": "explode"}]', "{", '{"a": 1}', "7"])
async def test_faults_that_mean_nothing_are_refused_with_a_reason(client, body):
    answer = await client.send("POST", "/_emulator/faults", data=body)
    assert answer.status == 400
    assert answer.body


async def test_each_answer_waits_as_long_as_the_latency_says(connect):
    async with serving(GoogleDrive(latency=0.1)) as drive:
        client = connect(drive)
        await client.log_in()
        started = asyncio.get_running_loop().time()
        await asyncio.gather(*(client.get("files") for _ in range(5)))
        assert 0.1 <= asyncio.get_running_loop().time() - started < 0.45


async def test_a_port_can_be_chosen_and_is_free_afterwards():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for _ in range(2):
        async with serving(GoogleDrive(), port=port) as drive:
            assert drive.url == f"http://127.0.0.1:{port}"
