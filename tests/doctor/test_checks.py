"""Checks run at the same time, each for itself."""

import asyncio

from tests.doctor.world import codes

from hubdrives.doctor import Finding
from hubdrives.doctor.checks import run
from hubdrives.errors import NotShared


async def fine():
    return [Finding.ok("fine", "It works.")]


async def hangs():
    await asyncio.Event().wait()


async def refuses():
    raise NotShared("It is not shared.", hint="Share it.")


async def breaks():
    raise KeyError("secret-0123456789")


async def test_one_that_hangs_fails_or_breaks_is_a_finding_and_the_others_are_told():
    works = {"slow": hangs, "first": fine, "refused": refuses, "broken": breaks, "last": fine}
    findings = await run(works, seconds=0.1)
    assert codes(findings) == ["slow", "not-shared", "check-failed"]
    assert [one.check for one in findings] == ["slow", "fine", "refused", "broken", "fine"]
    refused, broken = findings[2:4]
    assert (refused.sentence, refused.advice) == ("It is not shared.", "Share it.")
    assert "KeyError" in broken.sentence
    assert "secret" not in broken.sentence


async def test_all_are_under_way_at_once_and_what_is_left_is_told_whenever_one_ends():
    met = asyncio.Barrier(2)

    async def meets():
        await met.wait()
        return await fine()

    told = []
    findings = await run({"one": meets, "other": meets}, seconds=5, told=lambda names: told.append(set(names)))
    assert codes(findings) == []
    assert (told[0], told[-1], len(told)) == ({"one", "other"}, set(), 3)
