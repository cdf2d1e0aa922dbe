"""Names of folders: safe anywhere, another one for each key; addresses, of what is known of a user."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.spaces.directory import User

from hubdrives import paths
from hubdrives.config import SpaceSettings
from hubdrives.errors import BadInput
from hubdrives.spaces.people import address_of, asks_people, folder_name, key_in, key_of

KEYS = st.one_of(
    st.text(min_size=1, max_size=400),
    st.text(alphabet="aAbB./%~\\ \n\x00é", min_size=1, max_size=8),
    st.sampled_from([".", "..", "...", ".git", ".hubdrives", "a.", " a", "CON", "a/../b", "%2e", "\ud800"]),
)


@given(KEYS)
def test_a_key_is_a_name_that_leads_nowhere_and_is_taken_everywhere(key):
    name = folder_name(key)
    assert paths.relative(name) == name == paths.safe_name(name)
    assert "/" not in name
    assert name not in {"", ".", ".."}
    assert not paths.reserved(name)
    assert len(name) <= paths.MAX_NAME_BYTES
    assert name.isascii()


@given(KEYS, KEYS)
def test_two_keys_never_have_one_folder_not_even_where_case_is_ignored(one, other):
    assert (folder_name(one).casefold() == folder_name(other).casefold()) == (one == other)


@given(KEYS)
def test_two_keys_that_differ_in_case_have_folders_of_their_own(key):
    for other in {key.lower(), key.upper(), key.swapcase()} - {key}:
        assert folder_name(other).casefold() != folder_name(key).casefold()


@given(KEYS)
def test_a_folder_tells_whose_it_is_unless_the_key_was_too_long(key):
    name = folder_name(key)
    assert key_in(name) == (name if len(name) == paths.MAX_NAME_BYTES and "%sha256-" in name else key)


def test_a_folder_that_is_nobody_s_is_called_what_it_is_called():
    assert [key_in(name) for name in ("%ff", "100% sure", "été")] == ["%ff", "100% sure", "été"]


def test_keys_as_logins_have_them_stay_as_they_are():
    for key in ("0c9d4f4c-6b1e-4d7a-9f5f-0f4a6a6a2b7d", "ada.lovelace@example.edu", "ada_l-1"):
        assert folder_name(key) == key
    assert folder_name("aB==") == "a%42%3d%3d"
    assert not set(folder_name(string.ascii_uppercase)) & set(string.ascii_uppercase)


def test_an_address_is_made_of_what_the_login_told():
    ada = User(name="ada", sub="4711", email="ada@example.edu")
    settings = SpaceSettings(connection="c", folder="f", address="{name}@{sub}+{email}")
    assert address_of(ada, settings) == "ada@4711+ada@example.edu"
    assert key_of(ada, settings) == "4711"
    nobody = User(name="bob", sub="", email="")
    with pytest.raises(BadInput, match=r"'bob' did not tell their sub"):
        address_of(nobody, settings)
    with pytest.raises(BadInput, match=r"'bob' did not tell their sub"):
        key_of(nobody, settings)


@pytest.mark.parametrize(
    ("key", "address", "asks"),
    [("sub", "{name}", True), ("name", "{email}", True), ("name", "{sub}", True), ("name", "{name}@corp", False)],
)
def test_nobody_is_asked_where_the_name_says_all(key, address, asks):
    assert asks_people(SpaceSettings(connection="c", folder="f", key=key, address=address)) is asks
