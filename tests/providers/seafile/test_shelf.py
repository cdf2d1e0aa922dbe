import pytest

from hubdrives.providers.seafile.item import Library, moment
from hubdrives.providers.seafile.shelf import shelve

ONE, TWO = "0" * 36, "1" * 36


def told(shelf):
    return {
        (section, name): (library.id, library.permission)
        for section, libraries in shelf.sections.items()
        for name, library in libraries.items()
    }


@pytest.mark.parametrize(
    ("kind", "owner", "section"),
    [
        ("repo", "me@example.org", "My Libraries"),
        ("srepo", "other@example.org", "Shared with me"),
        ("grepo", "collab-course-editor", "Shared with groups"),
        ("grepo", "Organization", "Shared with all"),
        ("a type of tomorrow", "other@example.org", "Shared with me"),
    ],
)
def test_each_library_has_its_section(kind, owner, section):
    shelf = shelve([Library(id=ONE, name="x", type=kind, owner=owner)])
    assert told(shelf) == {(section, "x"): (ONE, "rw")}
    assert shelf.by_id(ONE) is shelf.get(section, "x")
    assert shelf.by_id(TWO) is None


@pytest.mark.parametrize("permissions", [("r", "rw"), ("rw", "r"), ("preview", "rw"), ("rw", "custom-7")])
def test_a_library_that_is_told_several_times_is_there_once_with_the_best_leave(permissions):
    kinds = (("grepo", "Organization"), ("srepo", "other@example.org"))
    for order in (kinds, kinds[::-1]):
        libraries = [
            Library(id=ONE, name="x", type=kind, owner=owner, permission=permission)
            for (kind, owner), permission in zip(order, permissions, strict=True)
        ]
        assert told(shelve(libraries)) == {("Shared with me", "x"): (ONE, "rw")}


def test_libraries_of_one_name_keep_their_names_whatever_the_order():
    libraries = [Library(id=ONE, name="same"), Library(id=TWO, name="Same")]
    shelf = shelve(libraries)
    assert told(shelf) == told(shelve(libraries[::-1]))
    assert shelf.get("My Libraries", "same").id == ONE
    assert shelf.get("My Libraries", "Same").id == TWO
    assert len(shelf.sections["My Libraries"]) == 2


@pytest.mark.parametrize(
    ("value", "year"),
    [
        (1_700_000_000, 2023),
        ("2024-01-01T00:00:00+00:00", 2024),
        ("2024-01-01T00:00:00", 2024),
        (0, None),
        (None, None),
        ("<time>", None),
        (10**20, None),
    ],
)
def test_times_come_in_two_forms(value, year):
    found = moment(value)
    assert (found and found.year) == year
    assert found is None or found.tzinfo is not None
