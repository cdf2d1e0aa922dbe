import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubdrives.errors import UnexpectedAnswer
from hubdrives.frames import Frame, Reader


def read(data: bytes, cuts: list[int]) -> list[tuple[Frame, bytes]]:
    reader, found, last = Reader(), [], 0
    for cut in [*sorted(cuts), len(data)]:
        found += reader.feed(data[last:cut])
        last = max(last, cut)
    return found


PIECES = st.lists(
    st.one_of(
        st.tuples(st.integers(0, 3), st.binary(max_size=300), st.sampled_from([None, "sha256:00", ""])),
        st.just("waiting"),
    ),
    max_size=8,
)


@given(PIECES, st.lists(st.integers(0, 2000), max_size=12))
def test_frames_are_found_however_the_stream_is_cut(pieces, cuts) -> None:
    sent = b""
    expected: list[tuple[int, bytes, str | None]] = []
    for piece in pieces:
        if piece == "waiting":
            sent += Frame(done=True).line()
        else:
            index, data, end = piece
            sent += Frame(file=index, size=len(data), end=end).line() + data
            expected.append(piece)
    found = read(sent, [min(cut, len(sent)) for cut in cuts])
    joined: list[tuple[int, bytes, str | None]] = []
    data = b""
    for frame, part in found:
        if frame.done:
            continue
        data += part
        # How much belongs together, only who sent it knows here; a frame that is cut comes in parts.
        if len(data) == len(expected[len(joined)][1]):
            joined.append((frame.file, data, frame.end))
            data = b""
    assert joined == expected
    assert sum(frame.done for frame, _ in found) == pieces.count("waiting")


def test_the_bytes_of_a_large_frame_are_passed_on_as_they_come() -> None:
    reader = Reader()
    line = Frame(file=0, size=10, end="sha256:00").line()
    assert [(frame.end, part) for frame, part in reader.feed(line + b"1234")] == [(None, b"1234")]
    assert [(frame.end, part) for frame, part in reader.feed(b"567890")] == [("sha256:00", b"567890")]


@pytest.mark.parametrize(
    "data", [b"<html>\n", b'{"no": "frame"}\n', b'{"size": 5}\nhello', b'{"file": 0, "size": -1}\n', b"x" * 70_000]
)
def test_what_is_no_stream_of_files_is_refused(data: bytes) -> None:
    with pytest.raises(UnexpectedAnswer, match="no stream"):
        list(Reader().feed(data))
