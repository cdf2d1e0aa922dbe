"""The comparison itself: it must notice what it is for."""

import pytest
from tests.testing.emulators.globus.likeness import assert_like, shipped

UUID = "8ca28797-3541-4a5d-a264-05b00f91e608"
EXAMPLE = {"id": UUID, "size": 4, "when": "2024-01-01 12:00:00+00:00", "owner": None, "of": [{"name": "a"}]}


def test_the_examples_of_the_sdk_are_found():
    assert shipped("auth", "oauth2_revoke_token") == {"active": False}
    assert shipped("auth", "get_identities", "globusid")["identities"][0]["username"] == "globus@globusid.org"


def test_what_is_the_same_but_for_values_is_alike():
    assert_like(EXAMPLE, {**EXAMPLE, "size": 7, "owner": "somebody", "of": []})
    assert_like(EXAMPLE, {**EXAMPLE, "of": [{"name": "b"}, {"name": "c"}]})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"size": "4"}, ".size is str, not int"),
        ({"size": None}, ".size is NoneType, not int"),
        ({"id": "a"}, ".id is no UUID"),
        ({"when": "2024-01-01T12:00:00+00:00"}, ".when is no time with a space"),
        ({"of": [{"name": "a"}, {"name": 1}]}, ".of[1].name is int, not str"),
        ({"of": [{}]}, ".of[0].name is missing"),
        ({"new": 1}, ".new is not in the example"),
    ],
)
def test_every_difference_is_told(change, told):
    with pytest.raises(AssertionError) as caught:
        assert_like(EXAMPLE, {**EXAMPLE, **change})
    assert told in str(caught.value)


def test_differences_that_are_meant_are_named():
    assert_like(
        EXAMPLE,
        {each: EXAMPLE[each] for each in EXAMPLE.keys() - {"size"}} | {"new": 1},
        without={"size"},
        more={"new"},
    )
