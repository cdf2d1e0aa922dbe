from datetime import UTC, datetime

import pytest

from hubdrives.testing.emulators.googledrive.errors import DriveError
from hubdrives.testing.emulators.googledrive.query import confined_to, matches, parents_in, parse_query

FACTS = {
    "name": "Week 1 notes.txt",
    "mimeType": "text/plain",
    "parents": ("A",),
    "owners": ("o@example.org",),
    "trashed": False,
    "sharedWithMe": True,
    "starred": False,
    "modifiedTime": datetime(2030, 1, 2, tzinfo=UTC),
    "createdTime": datetime(2029, 1, 2, tzinfo=UTC),
}


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("", True),
        ("'A' in parents", True),
        ("'B' in parents", False),
        ("('B' in parents or 'A' in parents) and trashed=false", True),
        ("'A' in parents and trashed = true", False),
        ("not 'B' in parents", True),
        ("not (trashed = false and 'A' in parents)", False),
        ("name = 'week 1 NOTES.txt'", True),
        ("name = 'Week 1'", False),
        ("name != 'other'", True),
        ("name contains 'note'", True),
        ("name contains 'otes'", False),
        ("name contains '1 notes'", True),
        ("mimeType='text/plain'", True),
        ("mimeType!='application/vnd.google-apps.folder'", True),
        ("mimeType contains 'text/'", True),
        ("modifiedTime > '2030-01-01T00:00:00'", True),
        ("modifiedTime <= '2030-01-02T01:00:00+01:00'", True),
        ("modifiedTime < '2030-01-02T00:00:00Z'", False),
        ("createdTime >= '2030-01-01T00:00:00'", False),
        ("sharedWithMe = true", True),
        ("sharedWithMe != true", False),
        ("'o@example.org' in owners", True),
        # Left to right: (true or true) and false.
        ("trashed=false or starred=false and 'B' in parents", False),
    ],
)
def test_conditions_mean_what_drive_means(q, expected):
    assert matches(parse_query(q), FACTS.__getitem__) is expected


@pytest.mark.parametrize("name", ["it's", "back\\slash", "\\'", "a) or (b"])
def test_quotes_and_backslashes_are_escaped(name):
    literal = name.replace("\\", "\\\\").replace("'", "\\'")
    assert matches(parse_query(f"name = '{literal}'"), {"name": name}.__getitem__)


@pytest.mark.parametrize(
    "q",
    [
        "name = 'it's'",
        "name = 'a\\b'",
        "name = 'open",
        "name",
        "name =",
        "name = true",
        "name > 'a'",
        "trashed = 'false'",
        "trashed contains true",
        "'A' in names",
        "'A' parents",
        "A in parents",
        "(trashed = false",
        "trashed = false)",
        "trashed = false and",
        "trashed = false trashed = false",
        "modifiedTime > 'yesterday'",
        "size > '1'",
        "name == 'a'",
        'name = "a"',
    ],
)
def test_what_drive_does_not_understand_is_refused(q):
    with pytest.raises(DriveError) as caught:
        parse_query(q)
    assert (caught.value.reason, caught.value.location) == ("invalid", "q")


@pytest.mark.parametrize(
    ("q", "named", "confined"),
    [
        ("trashed=false", (), None),
        ("'A' in parents and trashed=false", ("A",), {"A"}),
        ("trashed=false and ('A' in parents or 'B' in parents)", ("A", "B"), {"A", "B"}),
        ("'A' in parents or trashed=false", ("A",), None),
        ("not 'A' in parents", ("A",), None),
    ],
)
def test_the_folders_of_a_query_are_known(q, named, confined):
    query = parse_query(q)
    assert parents_in(query) == named
    assert confined_to(query) == confined
