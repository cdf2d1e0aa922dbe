"""When a failed request is tried again. The arithmetic is tenacity's; what may be retried, the error itself says."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import tenacity

from hubdrives.errors import HubdrivesError, RateLimited

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How patient a client is. Waits are random between 0 and a bound that doubles ("full jitter")."""

    attempts: int = 6
    """Tries of one request at most, where the trouble is not the rate limit."""
    first: float = 1.0
    """Seconds: the bound of the first wait."""
    longest: float = 32.0
    """Seconds: what the bound grows to at most."""
    patience: float = 300.0
    """Seconds that one request waits at most, all its waits taken together."""


ONCE = RetryPolicy(attempts=1, patience=0.0)
"""What is in trouble now is told, not waited for."""


def retrying(
    policy: RetryPolicy,
    *,
    throttled: Callable[[float], None] = lambda _seconds: None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> tenacity.AsyncRetrying:
    """The attempts at one request, to be walked with `async for attempt in …: with attempt: …`.

    A `retry_after` in the error is honoured in full, jitter comes on top of it, so that many who were told the same
    time don't return at the same moment.

    Args:
        policy: how often and how long.
        throttled: called with the seconds of each wait that the provider's rate limit causes.
        sleep: how to wait.
    """
    backoff = tenacity.wait_random_exponential(multiplier=policy.first, max=policy.longest)
    troubles = 0

    def wait(state: tenacity.RetryCallState) -> float:
        error = _error(state)
        asked = error.retry_after if error is not None else None
        return (asked or 0.0) + backoff(state)

    def stop(state: tenacity.RetryCallState) -> bool:
        nonlocal troubles
        troubles += not isinstance(_error(state), RateLimited)
        # Only the waits count, not the time that was spent in the queue behind other requests.
        return troubles >= policy.attempts or state.idle_for + state.upcoming_sleep > policy.patience

    def before_sleep(state: tenacity.RetryCallState) -> None:
        _log.debug("Again in %.1f s: %s", state.upcoming_sleep, _error(state))
        if isinstance(_error(state), RateLimited):
            throttled(state.upcoming_sleep)

    return tenacity.AsyncRetrying(
        retry=tenacity.retry_if_exception(lambda error: isinstance(error, HubdrivesError) and error.transient),
        wait=wait,
        stop=stop,
        before_sleep=before_sleep,
        sleep=sleep,
        reraise=True,
    )


def _error(state: tenacity.RetryCallState) -> HubdrivesError | None:
    error = state.outcome.exception() if state.outcome is not None else None
    return error if isinstance(error, HubdrivesError) else None
