"""What a push does with every combination of was, here and there; the rest of the plan, without a disk."""

from itertools import product

import pytest

from hubdrives.errors import BadInput
from hubdrives.model import Entry, Kind
from hubdrives.sync.plan import Upstream
from hubdrives.sync.pushing import Reach, Verb, Wanted, decide, ignored, plan, to_read
from hubdrives.sync.table import Here, There, Was
from hubdrives.sync.values import Base, Record, Shape, Thing

EVERY = list(product(Was, Here, There))


def test_nothing_goes_up_over_what_the_base_does_not_know():
    for was, here, there in EVERY:
        verb = decide(was, here, there)
        if verb in {Verb.UPDATE, Verb.REMOVE}:
            assert (was, there) == (Was.FILE, There.SAME)
        if verb is Verb.ADD:
            assert there is There.ABSENT
            assert was is not Was.FILE


def test_no_change_of_the_user_s_is_passed_over_in_silence():
    for was, there in product(Was, There):
        assert decide(was, Here.CHANGED, there) in {Verb.UPDATE, Verb.ADD, Verb.WAIT}
    for there in (There.SAME, There.CHANGED, There.FOLDER):
        assert decide(Was.FILE, Here.ABSENT, there) in {Verb.REMOVE, Verb.WAIT_TO_REMOVE}


def test_what_the_user_did_not_change_stays_here():
    for was, here, there in EVERY:
        if here in {Here.SAME, Here.EQUAL}:
            assert decide(was, here, there) in {Verb.SAME, Verb.LEAVE, Verb.ADOPT}


@pytest.mark.parametrize(
    ("path", "stays"),
    [
        (".env", True),
        ("a/.ipynb_checkpoints/x.ipynb", True),
        ("a/__pycache__/m.pyc", True),
        ("a.txt~", True),
        ("a.b/c", False),
        ("week 1/été.txt", False),
    ],
)
def test_what_is_hidden_stays_unless_it_was_pulled(path, stays):
    assert ignored(path) is stays
    folder = path.rpartition("/")[0]
    base = Base(files={path: Record(version="1", size=1, digest="sha256:x")})
    assert not folder or folder in Reach.of(base, Upstream.of([]))


def test_a_scan_does_not_enter_hidden_folders_of_the_user_s():
    reach = Reach.of(Base(), Upstream.of([]))
    assert ("venv/lib" in reach, ".venv/lib" in reach, "a/.git" in reach) == (True, False, False)


def thing(size=1, mtime=1):
    return Thing(Shape.FILE, size, mtime, 1)


def entry(path, version, digest=None, size=1):
    return Entry(path=path, kind=Kind.FILE, size=size, version=version, digest=digest)


BASE = Base(files={"a": Record(version="1", size=1, digest="sha256:a", mtime_ns=1, inode=1)}, trusted_before_ns=10)


def test_what_is_as_pulled_is_not_read_and_what_may_be_another_is_though_it_is_not_wanted():
    upstream = Upstream.of([("a", entry("a", "1"))])
    assert to_read(BASE, {"a": thing()}, upstream, Wanted()) == {}
    assert to_read(BASE, {"a": thing(mtime=2)}, upstream, Wanted(exclude=("a",))) == {"a": frozenset({"sha256"})}
    assert to_read(BASE, {"b": thing()}, upstream, Wanted(new=False)) == {}


def test_bytes_that_may_be_equal_are_compared_in_upstream_s_own_digest():
    upstream = Upstream.of([("a", entry("a", "2", "sha1:x")), ("b", entry("b", "1", "sha1:x", size=5))])
    wanted = to_read(BASE, {"a": thing(mtime=2), "b": thing()}, upstream, Wanted())
    assert wanted == {"a": frozenset({"sha256", "sha1"})}


def test_the_version_that_is_replaced_is_the_one_that_is_there_now():
    # The same bytes under another version, as after somebody touched it.
    upstream = Upstream.of([("a", entry("a", "7", "sha256:a"))])
    read = {"a": frozenset({"sha256:new"})}
    (send,) = plan(BASE, {"a": thing(mtime=2)}, upstream, asked=read, read=read).sends
    assert send.over is not None
    assert (send.over.version, send.digest) == ("7", "sha256:new")


def test_what_can_not_be_read_is_told_and_not_sent():
    upstream = Upstream.of([("a", entry("a", "1"))])
    decided = plan(BASE, {"a": thing(mtime=2)}, upstream, asked=["a"], read={})
    assert (decided.sends, decided.unreadable) == ((), ("a",))


def test_folders_are_made_from_the_top():
    read = {"x/y/z": frozenset({"sha256:z"})}
    decided = plan(Base(), {"x/y/z": thing()}, Upstream.of([]), asked=read, read=read)
    assert decided.folders == ("x", "x/y")


def test_a_pattern_that_is_none_is_refused_at_once():
    with pytest.raises(BadInput):
        Wanted(include=("!",))
