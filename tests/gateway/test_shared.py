import asyncio

import pytest

from hubdrives.errors import LoginNeeded, NotFound, Unavailable
from hubdrives.gateway.shared import NotYet, Shared


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Work:
    """Something to find out, that ends when the test says so."""

    def __init__(self) -> None:
        self.begun = 0
        self.known: list[str | None] = []
        self.go_on = asyncio.Event()
        self.failure: Exception | None = None

    async def __call__(self, known: str | None) -> str:
        self.begun += 1
        self.known.append(known)
        await self.go_on.wait()
        if self.failure:
            raise self.failure
        return f"answer {self.begun}"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def work() -> Work:
    return Work()


async def test_many_who_ask_at_once_get_the_answer_of_one_work(clock: Clock, work: Work) -> None:
    shared: Shared[str, str] = Shared(fresh=10, clock=clock)
    asking = [asyncio.create_task(shared.get("a", work)) for _ in range(50)]
    await asyncio.sleep(0)
    work.go_on.set()
    assert set(await asyncio.gather(*asking)) == {"answer 1"}
    assert work.begun == 1


async def test_who_gives_up_takes_nothing_from_the_others(clock: Clock, work: Work) -> None:
    shared: Shared[str, str] = Shared(fresh=10, clock=clock)
    first, second = (asyncio.create_task(shared.get("a", work)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    work.go_on.set()
    assert await second == "answer 1"
    assert first.cancelled()


async def test_an_answer_is_handed_out_while_it_is_fresh_and_known_to_the_next_work(clock: Clock, work: Work) -> None:
    shared: Shared[str, str] = Shared(fresh=10, clock=clock)
    work.go_on.set()
    assert await shared.get("a", work) == "answer 1"
    clock.now = 9.9
    assert await shared.get("a", work) == "answer 1"
    clock.now = 10
    assert await shared.get("a", work) == "answer 2"
    assert work.known == [None, "answer 1"]


async def test_who_is_impatient_is_told_so_and_the_work_goes_on(clock: Clock, work: Work) -> None:
    shared: Shared[str, str] = Shared(fresh=0, clock=clock)
    with pytest.raises(NotYet):
        await shared.get("a", work, patience=0)
    clock.now = 20
    work.go_on.set()
    await asyncio.sleep(0.01)
    # It took 20 seconds, so it is believed for as long: else those who were told to come back would never get it.
    clock.now = 39
    assert await shared.get("a", work, patience=0) == "answer 1"
    assert work.begun == 1


async def test_a_failure_is_raised_in_everyone_and_forgotten_soon(clock: Clock, work: Work) -> None:
    shared: Shared[str, str] = Shared(fresh=60, clock=clock)
    work.failure = NotFound("It is gone.")
    work.go_on.set()
    failures = await asyncio.gather(*(shared.get("a", work) for _ in range(3)), return_exceptions=True)
    assert [str(failure) for failure in failures] == ["It is gone."] * 3
    assert len({id(failure) for failure in failures}) == 3
    clock.now = 1.9
    with pytest.raises(NotFound):
        await shared.get("a", work)
    assert work.begun == 1
    clock.now, work.failure = 2, None
    assert await shared.get("a", work) == "answer 2"


async def test_who_had_to_log_in_is_not_told_so_again(clock: Clock, work: Work) -> None:
    shared: Shared[str, str] = Shared(fresh=10, clock=clock)
    work.failure = LoginNeeded("Your login has ended.")
    work.go_on.set()
    with pytest.raises(LoginNeeded):
        await shared.get("a", work)
    work.failure = None
    assert await shared.get("a", work) == "answer 2"


async def test_a_failure_does_not_make_the_next_work_forget_what_was_known(clock: Clock, work: Work) -> None:
    shared: Shared[str, str] = Shared(fresh=1, clock=clock)
    work.go_on.set()
    await shared.get("a", work)
    clock.now, work.failure = 5, NotFound("It is gone.")
    with pytest.raises(NotFound):
        await shared.get("a", work)
    clock.now, work.failure = 10, None
    await shared.get("a", work)
    assert work.known == [None, "answer 1", "answer 1"]


async def test_what_was_asked_for_longest_ago_goes_first(clock: Clock, work: Work) -> None:
    shared: Shared[str, str] = Shared(fresh=10, keep=3, clock=clock)
    work.go_on.set()
    for key in ("a", "b", "c", "a", "d"):
        await shared.get(key, work)
    assert work.begun == 4
    await shared.get("a", work)
    assert work.begun == 4
    await shared.get("b", work)
    assert work.begun == 5


async def test_heavy_answers_push_out_more(clock: Clock, work: Work) -> None:
    shared: Shared[str, str] = Shared(fresh=10, keep=20, weigh=len, clock=clock)
    work.go_on.set()
    for key in ("a", "b", "c"):
        await shared.get(key, work)
    await shared.get("b", work)
    assert work.begun == 3
    await shared.get("a", work)
    assert work.begun == 4


async def test_closing_ends_what_is_under_way(clock: Clock, work: Work) -> None:
    shared: Shared[str, str] = Shared(fresh=10, clock=clock)
    asking = asyncio.create_task(shared.get("a", work))
    await asyncio.sleep(0)
    await shared.close()
    with pytest.raises(Unavailable, match="restarted"):
        await asking


async def test_what_was_forgotten_is_found_anew_and_the_work_is_told_what_was_known() -> None:
    shared: Shared[str, int] = Shared(fresh=600)
    told: list[int | None] = []

    async def work(known: int | None) -> int:
        told.append(known)
        return len(told)

    for key in ("a", "b"):
        await shared.get(key, work)
    shared.forget(lambda key, _value: key == "a")
    assert [await shared.get(key, work) for key in ("a", "b")] == [3, 2]
    shared.forget(lambda _key, value: value == 3, wholly=True)
    assert [await shared.get(key, work) for key in ("a", "b")] == [4, 2]
    assert told == [None, None, 1, None]


async def test_what_was_begun_before_it_was_forgotten_is_no_answer_after() -> None:
    shared: Shared[str, str] = Shared(fresh=600)
    going = asyncio.Event()

    async def before(_known: str | None) -> str:
        await going.wait()
        return "before"

    async def after(_known: str | None) -> str:
        return "after"

    early = asyncio.create_task(shared.get("a", before))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    shared.forget(lambda _key, _value: True)
    assert await shared.get("a", after) == "after"
    going.set()
    assert await early == "before"
    assert await shared.get("a", before) == "after"


async def test_what_was_forgotten_weighs_nothing_and_is_ended_at_the_end() -> None:
    shared: Shared[str, str] = Shared(fresh=600, keep=10, weigh=len)
    never = asyncio.Event()

    async def forever(_known: str | None) -> str:
        await never.wait()
        return ""

    async def work(_known: str | None) -> str:
        return "12345"

    waiting = asyncio.create_task(shared.get("a", forever))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    shared.forget(lambda _key, _value: True)
    for _ in range(3):
        for key in ("b", "c"):
            await shared.get(key, work)
        shared.forget(lambda _key, _value: True, wholly=True)
    for key in ("b", "c"):
        await shared.get(key, work)
    assert (shared.answers("b"), shared.answers("c"), shared.answers("a")) == (True, True, False)
    await shared.close()
    with pytest.raises(Unavailable):
        await waiting


async def test_what_was_forgotten_pushes_nothing_out_when_it_is_found_after_all() -> None:
    shared: Shared[str, str] = Shared(fresh=600, keep=10, weigh=len)
    going = asyncio.Event()

    async def heavy(_known: str | None) -> str:
        await going.wait()
        return "x" * 100

    async def light(_known: str | None) -> str:
        return "x"

    early = asyncio.create_task(shared.get("a", heavy))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    shared.forget(lambda _key, _value: True)
    going.set()
    assert len(await early) == 100
    await shared.get("b", light)
    await shared.get("c", light)
    assert (shared.answers("b"), shared.answers("c")) == (True, True)
