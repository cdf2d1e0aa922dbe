"""The bucket: what requests cost, what is held back meanwhile, and what a full one answers."""

import asyncio

import pytest

from hubdrives.testing.emulators.canvas import Canvas
from hubdrives.testing.emulators.server import serving


def remaining(answer):
    return float(answer.headers["X-Rate-Limit-Remaining"])


async def test_every_answer_says_what_it_cost_and_what_remains(canvas, client, plant, strike):
    node = plant("a.txt")
    strike("delay", "courses.get")  # an answer with a fault goes another way
    for path in (f"courses/{canvas.course.id}", "users/self", "files/1", f"files/{node.id}"):
        answer = await client.get(path)
        assert float(answer.headers["X-Request-Cost"]) == canvas.site.request_cost
        assert 599 < remaining(answer) < 600
    assert remaining(await client.send("POST", "/login/oauth2/token")) == pytest.approx(400, abs=1)


async def test_a_bucket_is_a_tokens_own_and_leaks(canvas, client, teacher, clock, strike):
    strike("costly", "users.get", size=300)
    assert remaining(await client.get("users/self")) == pytest.approx(300, abs=1)
    assert remaining(await teacher.get("users/self")) == pytest.approx(600, abs=1)
    clock.now += 10
    assert remaining(await client.get("users/self")) == pytest.approx(400, abs=1)
    clock.now += 60
    assert remaining(await client.get("users/self")) == pytest.approx(600, abs=1)


@pytest.mark.parametrize("status", [403, 429])
async def test_a_full_bucket_answers_in_plain_text_without_saying_when_to_come_again(canvas, client, clock, status):
    canvas.site.throttled, canvas.site.request_cost = status, 300.0
    statuses = [(await client.get("users/self")).status for _ in range(3)]
    assert statuses == [200, 200, status]
    answer = await client.get("users/self")
    assert answer.body in {b"403 Forbidden (Rate Limit Exceeded)\n", b"429 Too Many Requests (Rate Limit Exceeded)\n"}
    assert answer.body.startswith(str(status).encode())
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.headers["X-Rate-Limit-Remaining"] == "0.0"
    assert not {"Retry-After", "X-Request-Cost"} & answer.headers.keys()
    assert list(canvas.requests.log)[-1] == {"method": "GET", "operation": "users.get", "status": status}
    clock.now += 10
    assert (await client.get("users/self")).status == 200


async def test_it_is_off_unless_it_is_set(canvas, client):
    canvas.site.request_cost = 500.0
    assert {(await client.get("users/self")).status for _ in range(5)} == {200}
    assert remaining(await client.get("users/self")) < 0


async def test_twelve_requests_at_once_fill_a_bucket_by_themselves(session, clock):
    async with serving(Canvas(clock=clock, latency=0.05)) as canvas:
        canvas.site.throttled = 403
        header = {"Authorization": f"Bearer {canvas.token('student')}"}

        async def ask():
            async with session.get(f"{canvas.url}/api/v1/users/self", headers=header) as response:
                return response.status, float(response.headers["X-Rate-Limit-Remaining"])

        few = await asyncio.gather(*(ask() for _ in range(11)))
        assert {status for status, _ in few} == {200}
        assert min(left for _, left in few) < 200
        many = await asyncio.gather(*(ask() for _ in range(12)))
        assert sorted(status for status, _ in many) == [200] * 11 + [403]
        assert (await ask())[0] == 200
