"""When a failed request is tried again, and after what wait."""

import asyncio

import pytest

from hubdrives.errors import NotFound, RateLimited, Unavailable
from hubdrives.retry import RetryPolicy, retrying


class Story:
    """A request that fails as told, walked through `retrying` with a clock that only counts."""

    def __init__(self, *outcomes, policy=None):
        self.outcomes = list(outcomes)
        self.policy = policy or RetryPolicy()
        self.tries = 0
        self.sleeps = []
        self.throttled = []

    async def sleep(self, seconds):
        self.sleeps.append(seconds)

    async def play(self):
        async for attempt in retrying(self.policy, throttled=self.throttled.append, sleep=self.sleep):
            with attempt:
                self.tries += 1
                outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
                if isinstance(outcome, BaseException):
                    raise outcome
        return outcome


async def test_success_needs_one_try():
    story = Story("fine")
    assert await story.play() == "fine"
    assert (story.tries, story.sleeps) == (1, [])


async def test_what_may_pass_is_tried_again():
    story = Story(Unavailable("down"), Unavailable("down"), "fine")
    assert await story.play() == "fine"
    assert story.tries == 3


async def test_what_will_not_pass_is_not():
    story = Story(NotFound("gone"), "fine")
    with pytest.raises(NotFound):
        await story.play()
    assert (story.tries, story.sleeps) == (1, [])


async def test_an_error_that_is_not_ours_is_not():
    story = Story(KeyError("bug"), "fine")
    with pytest.raises(KeyError):
        await story.play()
    assert story.tries == 1


async def test_cancellation_is_not_a_failure_to_try_again_after():
    story = Story(asyncio.CancelledError(), "fine")
    with pytest.raises(asyncio.CancelledError):
        await story.play()
    assert story.tries == 1


async def test_it_gives_up_after_the_attempts_with_the_error_itself():
    story = Story(Unavailable("still down"), policy=RetryPolicy(attempts=4))
    with pytest.raises(Unavailable, match="still down"):
        await story.play()
    assert story.tries == 4


async def test_the_bound_of_the_waits_doubles_up_to_the_longest():
    story = Story(Unavailable("down"), policy=RetryPolicy(attempts=8, first=1, longest=5, patience=1000))
    with pytest.raises(Unavailable):
        await story.play()
    bounds = [1, 2, 4, 5, 5, 5, 5]
    assert len(story.sleeps) == len(bounds)
    assert all(0 <= slept <= bound for slept, bound in zip(story.sleeps, bounds, strict=True))


async def test_waits_are_not_all_the_same():
    stories = [Story(Unavailable("down"), "fine") for _ in range(20)]
    for story in stories:
        await story.play()
    assert len({story.sleeps[0] for story in stories}) > 1


async def test_what_the_other_side_asks_for_is_waited_in_full_with_jitter_on_top():
    stories = [Story(RateLimited("slow", retry_after=7), "fine") for _ in range(20)]
    for story in stories:
        await story.play()
    assert all(7 <= story.sleeps[0] <= 8 for story in stories)
    assert len({story.sleeps[0] for story in stories}) > 1


async def test_a_rate_limit_is_not_counted_as_an_attempt():
    policy = RetryPolicy(attempts=2)
    story = Story(*[RateLimited("slow", retry_after=1)] * 10, Unavailable("down"), "fine", policy=policy)
    assert await story.play() == "fine"
    assert story.tries == 12


async def test_a_rate_limit_that_lasts_for_a_minute_is_waited_out():
    story = Story(*[RateLimited("slow", retry_after=5)] * 12, "fine")
    assert await story.play() == "fine"
    assert sum(story.sleeps) >= 60
    assert story.throttled == story.sleeps


async def test_a_rate_limit_is_waited_out_only_while_patience_lasts():
    story = Story(RateLimited("slow", retry_after=10), policy=RetryPolicy(attempts=2, patience=60))
    with pytest.raises(RateLimited):
        await story.play()
    assert 2 < story.tries <= 6
    assert sum(story.sleeps) <= 60


@pytest.mark.parametrize("error", [RateLimited, Unavailable])
async def test_who_asks_for_more_than_the_patience_is_not_waited_for_at_all(error):
    story = Story(error("closed for today", retry_after=3600), policy=RetryPolicy(patience=300))
    with pytest.raises(error) as caught:
        await story.play()
    assert story.sleeps == []
    assert caught.value.retry_after == 3600


async def test_only_waits_for_the_rate_limit_are_told():
    story = Story(Unavailable("down"), RateLimited("slow", retry_after=5), "fine")
    await story.play()
    assert story.throttled == story.sleeps[1:]
    assert len(story.throttled) == 1


async def test_time_in_the_queue_does_not_use_up_patience():
    tries = 0

    async def sleep(_seconds):
        pass

    async for attempt in retrying(RetryPolicy(first=0.001, patience=0.01), sleep=sleep):
        with attempt:
            tries += 1
            await asyncio.sleep(0.02)
            if tries == 1:
                raise RateLimited("slow")
    assert tries == 2
