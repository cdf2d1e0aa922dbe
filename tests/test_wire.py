from datetime import UTC, datetime

import msgspec
import pytest

from hubdrives.errors import UnexpectedAnswer
from hubdrives.model import Entry, Kind, Location, Skipped, Snapshot
from hubdrives.wire import DescriptionDocument, EntryDocument, LocationDocument, SnapshotDocument

ENTRY = Entry(
    path="week 1/a.ipynb",
    kind=Kind.FILE,
    id="secret-id",
    size=3,
    version="v1",
    digest="md5:00",
    modified=datetime(2026, 11, 22, tzinfo=UTC),
    params=(("resource_key", "secret-key"),),
)
SNAPSHOT = Snapshot.of(
    Location(provider="googledrive", id="abc", url="https://example.org/abc", params=(("resource_key", "secret-key"),)),
    "Course",
    [ENTRY, Entry(path="week 1", kind=Kind.FOLDER, id="secret-id-2")],
    skipped=[Skipped(path="x", reason="It is a form.", code="unreadable")],
    cursor=b"secret-cursor",
)


def test_a_snapshot_arrives_as_it_was_but_for_what_is_secret() -> None:
    sent = msgspec.json.encode(SnapshotDocument.of(SNAPSHOT))
    assert b"secret" not in sent
    came = msgspec.json.decode(sent, type=SnapshotDocument).snapshot((("source", "here"),))
    assert came == Snapshot.of(
        SNAPSHOT.location,
        "Course",
        [
            Entry(path="week 1", kind=Kind.FOLDER, params=(("source", "here"),)),
            Entry(
                path=ENTRY.path,
                kind=Kind.FILE,
                size=3,
                version="v1",
                digest="md5:00",
                modified=ENTRY.modified,
                params=(("source", "here"),),
            ),
        ],
        skipped=SNAPSHOT.skipped,
    )
    assert came.digest == SNAPSHOT.digest


def test_a_description_holds_no_secret() -> None:
    told = DescriptionDocument(
        LocationDocument.of(SNAPSHOT.location), "Course", "Google Drive", EntryDocument.of(ENTRY)
    )
    assert b"secret" not in msgspec.json.encode(told)


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../b", "", "a//b", "./a", "a\0b"])
def test_a_path_that_is_not_safe_is_refused(path: str) -> None:
    with pytest.raises(UnexpectedAnswer, match="not safe"):
        EntryDocument(path, Kind.FILE).entry(())
