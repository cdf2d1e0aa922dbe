"""Time, for clients of emulated providers."""

import asyncio

NOW = 1_900_000_000.0
"""2030-03-17 17:46:40 UTC."""


class Clock:
    """Time that passes only while somebody sleeps, or when a test says so."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)
