"""The error tree: codes, hints, the wire, pickles, and that no secret gets into any of it."""

import copy
import pickle
import re

import pytest

import hubdrives.http  # noqa: F401 - modules with private errors of their own must not enlarge the tree
from hubdrives import errors
from hubdrives.errors import HubdrivesError, LoginNeeded, NotShared, RateLimited, all_errors

every_error = pytest.mark.parametrize("kind", all_errors(), ids=lambda kind: kind.__name__)


@every_error
def test_every_error_has_a_code_of_its_own_and_says_what_to_do(kind):
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", vars(kind)["code"])
    assert re.fullmatch(r"[A-Z`].*\.", kind.default_hint)


def test_no_two_errors_have_the_same_code():
    codes = [kind.code for kind in all_errors()]
    assert len(codes) == len(set(codes))


@every_error
def test_every_error_travels_over_the_wire(kind):
    error = kind("It went wrong.", hint="Do this.", retry_after=2.5)
    back = HubdrivesError.from_wire(error.to_wire())
    assert type(back) is kind
    assert (str(back), back.hint, back.retry_after) == ("It went wrong.", "Do this.", 2.5)


@every_error
def test_every_error_survives_pickling(kind):
    back = pickle.loads(pickle.dumps(kind("It went wrong.", hint="Do this.", retry_after=1)))
    assert type(back) is kind
    assert (str(back), back.hint, back.retry_after) == ("It went wrong.", "Do this.", 1)


@every_error
def test_every_error_says_just_its_sentence_and_has_a_hint(kind):
    error = kind("One sentence.")
    assert str(error) == "One sentence."
    assert error.hint == kind.default_hint
    assert "retry_after" not in error.to_wire()


@every_error
def test_no_error_keeps_a_secret(kind):
    error = kind("GET https://x.org/?sig=s3cret failed", hint="Bearer s3cret0123456789")
    for shown in (str(error), repr(error), error.hint, str(error.to_wire()), str(error.args)):
        assert "s3cret" not in shown


@pytest.mark.parametrize("wire", [{}, {"code": "new-kind", "message": "Hm."}, {"code": 7, "retry_after": "soon"}])
def test_what_is_not_known_becomes_a_plain_error(wire):
    error = HubdrivesError.from_wire(wire)
    assert type(error) is HubdrivesError
    assert str(error) == wire.get("message", "It failed for a reason that was not told.")
    assert error.hint
    assert error.retry_after is None


def test_errors_are_the_builtin_ones_where_these_fit():
    assert issubclass(errors.NotFound, FileNotFoundError)
    assert issubclass(errors.Forbidden, PermissionError)
    assert issubclass(errors.Unavailable, ConnectionError)
    assert issubclass(errors.BadInput, ValueError)
    assert issubclass(errors.LocalFailure, OSError)


def test_only_what_may_pass_by_itself_is_transient():
    assert RateLimited.transient
    assert errors.Corrupt.transient
    assert not NotShared.transient
    assert not HubdrivesError.transient


def test_the_tree_that_is_drawn_is_the_tree_that_is_there():
    drawn, path = {}, []
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"    ([│ ├└─]*)(\w+)(?: \((\w+)\))?", line):
            depth = len(found[1]) // 4
            path[depth:] = [found[2]]
            drawn[found[2]] = (path[depth - 1] if depth else None, found[3])
    real = {}
    for kind in all_errors():
        ours, *others = kind.__bases__
        real[kind.__name__] = (
            None if kind is HubdrivesError else ours.__name__,
            others[0].__name__ if others else None,
        )
    assert drawn == real


def test_the_whole_tree_stands_in_the_module():
    here = {value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, HubdrivesError)}
    assert set(all_errors()) == here


def test_where_to_log_in_travels_with_the_error():
    error = LoginNeeded("It has ended.", login_url="/hub/oauth_login", agree_at="Some Provider")
    assert error.to_wire()["login_url"] == "/hub/oauth_login"
    assert error.to_wire()["agree_at"] == "Some Provider"
    for again in (HubdrivesError.from_wire(error.to_wire()), pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert isinstance(again, LoginNeeded)
        assert (again.login_url, again.agree_at) == ("/hub/oauth_login", "Some Provider")
    assert not {"login_url", "agree_at"} & LoginNeeded("It has ended.").to_wire().keys()


@pytest.mark.parametrize("name", ["", "x" * 41, "a\nb", "a\u202eb", 7, None])
def test_only_a_name_is_who_wants_an_agreement(name):
    again = HubdrivesError.from_wire({"code": "login-needed", "message": "Agree.", "agree_at": name})
    assert isinstance(again, LoginNeeded)
    assert again.agree_at is None


@pytest.mark.parametrize(
    "url", ["//evil.example/", "https://evil.example/", "/\\evil.example", "hub/login", "", "/a b", "/a\n", 7, None]
)
def test_only_a_path_at_the_hub_is_where_to_log_in(url):
    again = HubdrivesError.from_wire({"code": "login-needed", "message": "It has ended.", "login_url": url})
    assert isinstance(again, LoginNeeded)
    assert again.login_url is None
