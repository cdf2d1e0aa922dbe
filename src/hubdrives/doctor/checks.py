"""Runs checks at the same time, each for itself: one that fails or hangs takes no other along."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import TypeAlias

from hubdrives.doctor.findings import Code, Finding
from hubdrives.errors import HubdrivesError

Work: TypeAlias = Callable[[], Awaitable[list[Finding]]]

Told: TypeAlias = Callable[[Collection[str]], None]
"""Is told the names of the checks that are still under way, whenever one has ended."""

_log = logging.getLogger(__name__)


async def run(works: Mapping[str, Work], *, seconds: float, told: Told = lambda _names: None) -> list[Finding]:
    """What all checks have found, in their order.

    Args:
        works: the checks by name.
        seconds: how long each may take.
        told: see `Told`.
    """
    running = dict.fromkeys(works)
    told(running)

    async def one(name: str, work: Work) -> list[Finding]:
        try:
            return await _guarded(name, work, seconds)
        finally:
            del running[name]
            told(running)

    found = await asyncio.gather(*(one(name, work) for name, work in works.items()))
    return [finding for findings in found for finding in findings]


async def _guarded(name: str, work: Work, seconds: float) -> list[Finding]:
    try:
        async with asyncio.timeout(seconds):
            return await work()
    except TimeoutError:
        advice = "Try again; if it stays so, somebody whom it asks hangs."
        return [Finding.wrong(name, Code.SLOW, f"This check has not ended within {seconds:g} seconds.", advice)]
    except HubdrivesError as error:
        return [Finding.of_error(name, error)]
    except Exception as error:  # noqa: BLE001 - a doctor who faints helps nobody
        _log.debug("The error's history:", exc_info=error)
        return [
            Finding.wrong(
                name,
                Code.CHECK_FAILED,
                f"This check itself went wrong ({type(error).__name__}).",
                "Run it as `hubdrives --verbose doctor` for details, and report them.",
            )
        ]
