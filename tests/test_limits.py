"""The adaptive limit: who may start, when, and what becomes of those who give up waiting."""

import asyncio
import contextlib

import pytest

from hubdrives.errors import NotFound, RateLimited
from hubdrives.limits import AdaptiveLimit


class Time:
    """A clock that only sleeping moves."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now

    async def sleep(self, seconds):
        self.now += seconds
        await asyncio.sleep(0)


async def settle():
    for _ in range(20):
        await asyncio.sleep(0)


class Crowd:
    """Requests that hold their slot until they are told to end."""

    def __init__(self, limit):
        self.limit = limit
        self.inside = []
        self.ends = {}
        self.tasks = {}

    def start(self, *names):
        for name in names:
            self.ends[name] = asyncio.get_running_loop().create_future()
            self.tasks[name] = asyncio.create_task(self._hold(name))

    async def _hold(self, name):
        async with self.limit.slot():
            self.inside.append(name)
            try:
                await self.ends[name]
            finally:
                self.inside.remove(name)

    async def end(self, name, error=None):
        if error is None:
            self.ends[name].set_result(None)
        else:
            self.ends[name].set_exception(error)
        with contextlib.suppress(Exception):
            await self.tasks[name]
        await settle()


async def complain(limit):
    with contextlib.suppress(RateLimited):
        async with limit.slot():
            raise RateLimited("slow down")


async def test_no_more_requests_than_allowed_are_under_way_and_the_rest_follow_in_order():
    crowd = Crowd(AdaptiveLimit(concurrency=2))
    crowd.start("a", "b", "c", "d")
    await settle()
    assert crowd.inside == ["a", "b"]
    await crowd.end("a")
    assert crowd.inside == ["b", "c"]
    await crowd.end("c")
    assert crowd.inside == ["b", "d"]
    await crowd.end("b")
    await crowd.end("d")


async def test_a_newcomer_does_not_overtake_those_who_wait():
    crowd = Crowd(AdaptiveLimit(concurrency=1))
    crowd.start("a", "b")
    await settle()
    crowd.ends["a"].set_result(None)
    await crowd.tasks["a"]
    crowd.start("c")
    await settle()
    assert crowd.inside == ["b"]
    await crowd.end("b")
    await crowd.end("c")


async def test_a_place_given_to_a_request_that_is_cancelled_in_the_same_moment_goes_to_the_next():
    crowd = Crowd(AdaptiveLimit(concurrency=1))
    crowd.start("a", "b", "c")
    await settle()
    crowd.ends["a"].set_result(None)
    await crowd.tasks["a"]
    crowd.tasks["b"].cancel()
    await settle()
    assert crowd.inside == ["c"]
    await crowd.end("c")
    crowd.start("d")
    await settle()
    assert crowd.inside == ["d"]
    await crowd.end("d")


@pytest.mark.parametrize("delay", range(6))
async def test_no_place_is_lost_wherever_cancellation_strikes(delay):
    limit = AdaptiveLimit(concurrency=2)
    crowd = Crowd(limit)
    crowd.start(*"abcdefgh")
    await settle()
    for name in "ab":
        crowd.ends[name].set_result(None)
    for _ in range(delay):
        await asyncio.sleep(0)
    for name in "abcdef":
        crowd.tasks[name].cancel()
    await settle()
    assert sorted(crowd.inside) == ["g", "h"]
    await crowd.end("g")
    await crowd.end("h")
    crowd.start("x", "y", "z")
    await settle()
    assert crowd.inside == ["x", "y"]
    for name in "xyz":
        await crowd.end(name)


async def test_a_request_cancelled_while_it_waits_for_the_pause_gives_its_place_back():
    limit = AdaptiveLimit(concurrency=1)
    limit.throttled(3600)
    waiting = asyncio.create_task(limit.slot().__aenter__())
    await settle()
    waiting.cancel()
    await settle()
    limit._paused_until = 0.0
    async with asyncio.timeout(5), limit.slot():
        pass


async def test_everyone_waits_out_the_pause_and_of_several_the_longest_counts():
    time = Time()
    limit = AdaptiveLimit(clock=time, sleep=time.sleep)
    limit.throttled(12)
    limit.throttled(3)
    assert limit.waiting == 12
    async with limit.slot():
        assert time.now == 1012
    assert limit.waiting == 0


async def test_a_pause_that_is_prolonged_while_one_waits_for_it_is_waited_out_too():
    time = Time()

    async def sleep(seconds):
        if time.now == 1000:
            limit.throttled(30)
        await time.sleep(seconds)

    limit = AdaptiveLimit(clock=time, sleep=sleep)
    limit.throttled(5)
    async with limit.slot():
        assert time.now == 1030


async def test_a_complaint_halves_concurrency_and_sets_a_pace_below_what_was_seen():
    time = Time()
    limit = AdaptiveLimit(concurrency=8, clock=time, sleep=time.sleep)
    for _ in range(80):
        async with limit.slot():
            time.now += 0.05
    assert limit.rate is None
    await complain(limit)
    assert limit.concurrency == 4
    assert limit.rate == pytest.approx(81 / 4 / 2, rel=0.05)


async def test_an_idle_connection_is_not_slowed_to_a_crawl_by_one_complaint():
    time = Time()
    limit = AdaptiveLimit(concurrency=8, clock=time, sleep=time.sleep)
    await complain(limit)
    begun = time.now
    for _ in range(20):
        async with limit.slot():
            pass
    assert time.now - begun < 6


async def test_complaints_that_go_on_slow_it_down_to_a_crawl():
    time = Time()
    limit = AdaptiveLimit(concurrency=8, clock=time, sleep=time.sleep)
    for _ in range(20):
        await complain(limit)
    assert limit.rate == pytest.approx(0.2)


async def test_requests_that_were_under_way_together_complain_once():
    time = Time()
    limit = AdaptiveLimit(concurrency=8, clock=time, sleep=time.sleep)
    crowd = Crowd(limit)
    crowd.start("a", "b", "c")
    await settle()
    await crowd.end("a", RateLimited("slow down"))
    limit.throttled(1)
    # The others' complaints come long after the pause.
    time.now += 60
    await crowd.end("b", RateLimited("slow down"))
    await crowd.end("c", RateLimited("slow down"))
    assert limit.concurrency == 4
    await complain(limit)
    assert limit.concurrency == 2


async def test_other_errors_do_not_slow_anyone_down():
    limit = AdaptiveLimit(concurrency=8)
    for _ in range(5):
        with contextlib.suppress(NotFound):
            async with limit.slot():
                raise NotFound("gone")
    assert limit.concurrency == 8
    assert limit.rate is None


async def test_requests_are_spaced_by_the_rate():
    time = Time()
    limit = AdaptiveLimit(rate=4, clock=time, sleep=time.sleep)
    starts = []
    for _ in range(5):
        async with limit.slot():
            starts.append(time.now - 1000)
    assert starts == pytest.approx([0, 0.25, 0.5, 0.75, 1.0])


async def test_after_success_it_is_as_fast_as_at_first():
    time = Time()
    limit = AdaptiveLimit(concurrency=8, clock=time, sleep=time.sleep)
    await complain(limit)
    assert (limit.concurrency, limit.rate) == (4, pytest.approx(4))
    for _ in range(100):
        async with limit.slot():
            time.now += 0.01
    assert (limit.concurrency, limit.rate) == (8, None)


async def test_recovery_never_exceeds_the_rate_that_was_configured():
    time = Time()
    limit = AdaptiveLimit(rate=5, clock=time, sleep=time.sleep)
    await complain(limit)
    assert limit.rate is not None
    assert limit.rate < 5
    for _ in range(200):
        async with limit.slot():
            pass
    assert limit.rate == 5


async def test_recovery_lets_those_who_already_wait_start_too():
    time = Time()
    limit = AdaptiveLimit(concurrency=4, clock=time, sleep=time.sleep)
    await complain(limit)
    assert limit.concurrency == 2
    crowd = Crowd(limit)
    names = [str(number) for number in range(40)]
    crowd.start(*names)
    await settle()
    assert len(crowd.inside) == 2
    most = 0
    while crowd.inside:
        await crowd.end(crowd.inside[0])
        most = max(most, len(crowd.inside))
    assert most == 4


async def test_however_often_it_complains_one_request_may_always_start():
    time = Time()
    limit = AdaptiveLimit(concurrency=8, clock=time, sleep=time.sleep)
    for _ in range(20):
        await complain(limit)
    assert limit.concurrency == 1
    assert limit.rate == pytest.approx(0.2)
    async with limit.slot():
        pass


async def test_with_little_headroom_fewer_start_and_with_more_those_who_wait_follow():
    limit = AdaptiveLimit(concurrency=4)
    crowd = Crowd(limit)
    limit.headroom(0.5)
    crowd.start("a", "b", "c", "d", "e")
    await settle()
    assert crowd.inside == ["a", "b"]
    assert limit.busy
    limit.headroom(0.0)
    await crowd.end("a")
    assert crowd.inside == ["b"]
    limit.headroom(7.0)
    await crowd.end("b")
    assert crowd.inside == ["c", "d", "e"]
    for name in ("c", "d", "e"):
        await crowd.end(name)
    assert not limit.busy


async def test_without_any_headroom_one_request_may_still_start():
    limit = AdaptiveLimit(concurrency=4)
    limit.headroom(-1.0)
    assert limit.concurrency == 1
    async with limit.slot():
        assert limit.busy
