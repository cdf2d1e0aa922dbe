"""A part of a file on its way: what is asked for next, and what is refused."""

import asyncio
import hashlib
from contextlib import nullcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubdrives import ranges
from hubdrives.errors import Corrupt, VersionGone
from hubdrives.ranges import Part

CONTENT = bytes(range(100))
DIGEST = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"


def part(**options):
    return Part(**{"title": "Test Drive", **options})


@pytest.mark.parametrize(
    ("options", "header"),
    [
        ({}, None),
        ({"size": 100}, None),
        ({"start": 5}, "bytes=5-"),
        ({"stop": 9}, "bytes=0-8"),
        ({"start": 5, "stop": 9, "size": 100}, "bytes=5-8"),
    ],
)
def test_only_what_is_needed_is_asked_for(options, header):
    assert part(**options).range_header == header


def test_after_a_cut_the_rest_is_asked_for():
    rest = part(size=100, digest=DIGEST)
    rest.begin(200, {})
    rest.take(CONTENT[:60])
    assert rest.range_header == "bytes=60-"
    assert not rest.complete


@pytest.mark.parametrize(("options", "complete"), [({}, False), ({"size": 0}, True), ({"start": 9, "stop": 9}, True)])
def test_nothing_may_be_missing_from_the_start(options, complete):
    assert part(**options).complete == complete


@given(
    start=st.integers(0, 100),
    length=st.one_of(st.none(), st.integers(0, 120)),
    known=st.booleans(),
    cuts=st.lists(st.integers(1, 40), max_size=6),
    honours=st.lists(st.booleans(), min_size=8, max_size=8),
)
def test_however_it_is_cut_and_whether_ranges_are_honoured_the_bytes_are_the_right_ones(
    start, length, known, cuts, honours
):
    stop = None if length is None else start + length
    wanted = part(start=start, stop=stop, size=100 if known or stop is None else None, digest=DIGEST)
    got = b""
    for cut, honoured in zip([*cuts, 1000], honours, strict=False):
        if wanted.complete or (wanted.position >= 100):
            break
        first = wanted.position
        asked = wanted.range_header is not None
        partial = asked and honoured
        last = 100 if stop is None else min(stop, 100)
        body = CONTENT[first:last] if partial else CONTENT
        headers = {"Content-Range": f"bytes {first}-{last - 1}/100"} if partial else {}
        skip = wanted.begin(206 if partial else 200, headers)
        got += wanted.take(body[skip:][:cut])
    assert got == CONTENT[start:stop]
    asyncio.run(wanted.finish())


async def test_the_digest_of_the_whole_is_no_measure_for_a_part():
    some = part(start=10, stop=20, size=100, digest=DIGEST)
    some.begin(206, {"Content-Range": "bytes 10-19/100"})
    some.take(CONTENT[10:20])
    await some.finish()


async def test_wrong_bytes_are_corrupt():
    whole = part(size=100, digest=DIGEST)
    whole.begin(200, {})
    whole.take(CONTENT[::-1])
    with pytest.raises(Corrupt, match="checksum"):
        await whole.finish()


@pytest.mark.parametrize("large", [1, 256], ids=lambda large: f"large from {large} MiB")
@pytest.mark.parametrize("wrong", [None, 0, 3, 4, 5])
async def test_the_checksum_of_much_may_be_brought_up_on_the_way(monkeypatch, wrong, large):
    monkeypatch.setattr(ranges, "_LARGE", large << 20)
    pieces = [bytes([number]) * (1 << 20) for number in range(6)]
    digest = f"sha1:{hashlib.sha1(b''.join(pieces)).hexdigest()}"
    whole = part(size=6 << 20, digest=digest)
    whole.begin(200, {})
    for number, piece in enumerate(pieces):
        whole.take(piece[::-1] if number != wrong else b"!" + piece[1:])
        if number < 5:
            await whole.hash()
    with nullcontext() if wrong is None else pytest.raises(Corrupt, match="checksum"):
        await whole.finish()


@pytest.mark.parametrize(("large", "batches"), [(256, [1, 1, 1, 1, 1, 1]), (1, [4, 2])], ids=["small", "large"])
async def test_of_a_large_file_more_is_brought_up_at_a_time(monkeypatch, large, batches):
    monkeypatch.setattr(ranges, "_LARGE", large << 20)
    seen, brought_up = [], ranges._hash
    monkeypatch.setattr(ranges, "_hash", lambda hasher, some: (seen.append(len(some)), brought_up(hasher, some)))
    content = bytes(6 << 20)
    whole = part(size=len(content), digest=f"sha1:{hashlib.sha1(content).hexdigest()}")
    whole.begin(200, {})
    for _ in range(6):
        whole.take(bytes(1 << 20))
        await whole.hash()
    await whole.finish()
    assert [count for count in seen if count] == batches


@pytest.mark.parametrize("told", ["", "bytes 0-9/100", "bytes 11-19/100", "items 10-19/100", "bytes 10-19"])
def test_another_part_is_corrupt(told):
    with pytest.raises(Corrupt):
        part(start=10).begin(206, {"Content-Range": told})


@pytest.mark.parametrize("total", ["100", "*"])
def test_the_total_may_be_told_or_not(total):
    assert part(start=10, size=100).begin(206, {"Content-Range": f"bytes 10-99/{total}"}) == 0


def test_another_total_or_another_etag_is_another_version():
    with pytest.raises(VersionGone):
        part(start=10, size=100).begin(206, {"Content-Range": "bytes 10-98/99"})
    resumed = part(size=100)
    resumed.begin(200, {"ETag": '"a"'})
    resumed.take(CONTENT[:10])
    with pytest.raises(VersionGone):
        resumed.begin(206, {"ETag": '"b"', "Content-Range": "bytes 10-99/100"})


def test_more_than_was_promised_is_corrupt():
    whole = part(size=10)
    whole.begin(200, {})
    with pytest.raises(Corrupt, match="more bytes"):
        whole.take(CONTENT[:11])
