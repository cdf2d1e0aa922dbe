"""Scope strings, read as globus-sdk reads and writes them."""

import pytest
from globus_sdk.scopes import Scope as OfficialScope
from hypothesis import given
from hypothesis import strategies as st

from hubdrives.testing.emulators.globus.scopes import Scope, ScopeError, parse_scopes

ALL = "urn:globus:auth:scope:transfer.api.globus.org:all"
DATA = "https://auth.globus.org/scopes/5ee3a4e0-0f7e-4ef5-9e2b-b0b9f2d1cbb5/data_access"

names = st.text("abcdefgh:/._-", min_size=1, max_size=5)
trees = st.recursive(
    st.builds(OfficialScope, names, optional=st.booleans()),
    lambda inner: st.builds(
        lambda name, below, optional: OfficialScope(name, dependencies=below, optional=optional),
        names,
        st.lists(inner, max_size=3, unique_by=lambda each: each.scope_string).map(tuple),
        st.booleans(),
    ),
    max_leaves=6,
)


def test_a_scope_has_those_that_depend_on_it():
    assert parse_scopes(f"openid {ALL}[*{DATA} email]") == (
        Scope("openid"),
        Scope(ALL, (Scope(DATA, optional=True), Scope("email"))),
    )


def test_the_same_scope_twice_is_one_with_the_dependencies_of_both():
    assert parse_scopes("a[b] a[c[d]] a") == (Scope("a", (Scope("b"), Scope("c", (Scope("d"),)))),)


@given(tree=trees)
def test_what_the_official_client_writes_is_read_as_it_was_meant(tree):
    (found,) = parse_scopes(str(tree))
    assert as_official(found) == tree


def as_official(scope: Scope) -> OfficialScope:
    below = tuple(as_official(each) for each in scope.dependencies)
    return OfficialScope(scope.name, dependencies=below, optional=scope.optional)


@pytest.mark.parametrize(
    "text", ["", "  ", "a[", "a[]", "a]", "a[b]]", "*", "* a", "**a", "[a]", "a[b]c", "a*b", "a [b]"]
)
def test_what_is_no_scope_string_is_an_error(text):
    with pytest.raises(ScopeError):
        parse_scopes(text)
