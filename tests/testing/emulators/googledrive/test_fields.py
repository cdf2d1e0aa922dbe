import pytest

from hubdrives.testing.emulators.googledrive.errors import DriveError
from hubdrives.testing.emulators.googledrive.fields import parse_mask, pick

SCHEMA = {
    "nextPageToken": None,
    "files": {"id": None, "name": None, "details": {"target": None, "type": None}, "free": None},
}
VALUE = {
    "nextPageToken": "t",
    "files": [
        {"id": "1", "name": "a", "details": {"target": "2", "type": "x"}, "free": {"any": 1, "more": 2}},
        {"id": "3"},
    ],
}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("*", VALUE),
        ("nextPageToken", {"nextPageToken": "t"}),
        ("files(id)", {"files": [{"id": "1"}, {"id": "3"}]}),
        ("files/id", {"files": [{"id": "1"}, {"id": "3"}]}),
        (
            " nextPageToken , files( id,details/target )",
            {"nextPageToken": "t", "files": [{"id": "1", "details": {"target": "2"}}, {"id": "3"}]},
        ),
        ("files(details(type,target))", {"files": [{"details": {"target": "2", "type": "x"}}, {}]}),
        ("files/free/any", {"files": [{"free": {"any": 1}}, {}]}),
        ("files(*)", {"files": VALUE["files"]}),
        ("files/id,files/name", {"files": [{"id": "1", "name": "a"}, {"id": "3"}]}),
        ("files,files/name", {"files": VALUE["files"]}),
    ],
)
def test_only_what_is_asked_for_is_sent(fields, expected):
    assert pick(VALUE, parse_mask(fields, SCHEMA)) == expected


@pytest.mark.parametrize(
    "fields", ["", "nope", "files(nope)", "files(id", "files)", "files(id),", "files()", "id files", "a-b"]
)
def test_what_is_no_mask_is_refused(fields):
    with pytest.raises(DriveError) as caught:
        parse_mask(fields, SCHEMA)
    assert caught.value.reason == "invalidParameter"
    assert str(caught.value.message).startswith("Invalid field selection")
