import string
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hubdrives.config import GatewaySettings
from hubdrives.errors import BadConfig, BadInput, BadLink, BadPath
from hubdrives.gateway import signing
from hubdrives.gateway.signing import Link, Signer
from hubdrives.model import Location

NOW = datetime(2027, 1, 15, 12, tzinfo=UTC)
OLD, NEW = "an old key that is long enough to be one", "a new key that is long enough to be one"
LINK = Link(
    id="0123456789abcdef",
    author="teacher",
    connection="drive",
    location=Location(
        provider="googledrive",
        id="1AbC",
        path="week 1",
        url="https://x.example/1AbC",
        params=(("resource_key", "0-k"),),
    ),
    group="stats",
    until=NOW + timedelta(days=1),
    open="start.ipynb",
    target="Statistik für alle",
)


def signer(*keys: str, now: datetime = NOW) -> Signer:
    return Signer(list(keys or (NEW,)), clock=lambda: now)


def test_a_link_is_read_as_it_was_signed() -> None:
    link = signer().read(signer().sign(LINK))
    assert link == LINK
    assert link.location.params == LINK.location.params


def test_a_link_may_have_nothing_but_content() -> None:
    bare = Link(id="0", author="teacher", connection="shared", location=Location(provider="local", path="srv/x"))
    assert signer().read(signer().sign(bare)) == bare


def test_a_token_needs_no_quoting_in_an_address() -> None:
    assert set(signer().sign(LINK)) <= set(string.ascii_letters + string.digits + "-_.")


def test_every_single_changed_character_breaks_the_link() -> None:
    token = signer().sign(LINK)
    for position, was in enumerate(token):
        for other in ("A", "B", "w", "_", ".", "=", "!", " ", "\n", "é"):
            if other != was:
                with pytest.raises(BadLink, match="damaged"):
                    signer().read(token[:position] + other + token[position + 1 :])


@pytest.mark.parametrize("added", ["A", "=", "\n", "!", ".", "\0", "é"])
def test_every_added_or_lost_character_breaks_the_link(added: str) -> None:
    token = signer().sign(LINK)
    for position in range(len(token) + 1):
        with pytest.raises(BadLink, match="damaged"):
            signer().read(token[:position] + added + token[position:])
    for position in range(len(token)):
        with pytest.raises(BadLink, match="damaged"):
            signer().read(token[:position] + token[position + 1 :])


def test_parts_of_two_good_links_make_no_third() -> None:
    other = signer().sign(Link(id="1", author="teacher", connection="drive", location=Location(provider="local")))
    body, _, _ = signer().sign(LINK).rpartition(".")
    _, _, signature = other.rpartition(".")
    with pytest.raises(BadLink, match="damaged"):
        signer().read(f"{body}.{signature}")


@pytest.mark.parametrize("token", ["", ".", "a.b", "x" * 5000, "eyJ.abc", "\ud800"])
def test_what_never_was_a_link_is_none(token: str) -> None:
    with pytest.raises(BadLink, match="damaged"):
        signer().read(token)


def test_keys_can_be_replaced_without_breaking_links() -> None:
    old = signer(OLD).sign(LINK)
    assert signer(OLD, NEW).read(old) == LINK
    assert signer(NEW).read(signer(OLD, NEW).sign(LINK)) == LINK
    with pytest.raises(BadLink, match="damaged"):
        signer(NEW).read(old)


def test_what_another_program_signed_with_the_same_key_is_no_link() -> None:
    import hashlib

    import itsdangerous
    import msgspec

    kwargs = {"key_derivation": "hmac", "digest_method": hashlib.sha384}
    foreign = itsdangerous.URLSafeSerializer(NEW, salt="something else", signer_kwargs=kwargs)
    payload = {"i": "0", "a": "teacher", "c": "drive", "p": "local"}
    with pytest.raises(BadLink, match="damaged"):
        signer().read(foreign.dumps(payload))
    ours = itsdangerous.URLSafeSerializer(NEW, salt=signing._SALT, signer_kwargs=kwargs)
    assert signer().read(ours.dumps(payload)).author == "teacher"
    with pytest.raises(BadLink, match="damaged"):
        signer().read(ours.dumps({**payload, "can": "write"}))
    assert msgspec.json.encode(payload)


def test_a_link_ends_when_its_time_has_come() -> None:
    token = signer().sign(LINK)
    assert signer(now=NOW + timedelta(hours=23)).read(token) == LINK
    with pytest.raises(BadLink, match="expired on 16 January 2027 at 12:00 UTC"):
        signer(now=NOW + timedelta(days=1)).read(token)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2027-01-31", datetime(2027, 1, 31, 23, 59, 59, tzinfo=UTC)),
        ("2027-01-15", datetime(2027, 1, 15, 23, 59, 59, tzinfo=UTC)),
        ("2027-01-31T18:00", datetime(2027, 1, 31, 18, tzinfo=UTC)),
        ("2027-01-31T18:00:00Z", datetime(2027, 1, 31, 18, tzinfo=UTC)),
        ("2027-01-31T18:00+02:00", datetime(2027, 1, 31, 16, tzinfo=UTC)),
        ("", None),
        (None, None),
    ],
)
def test_a_date_means_through_its_end_in_utc(text: str | None, meant: datetime | None) -> None:
    assert signer().until(text) == meant


@pytest.mark.parametrize("text", ["tomorrow", "2027-13-01", "31.1.2027", "2027-01-14", "2027-01-15T11:59"])
def test_a_date_that_is_none_or_past_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        signer().until(text)


@pytest.mark.parametrize("name", ["a/b", "..", ".", ".git", "a\0b", "x" * 300, " "])
def test_a_target_must_be_able_to_name_a_folder(name: str) -> None:
    with pytest.raises(BadInput):
        signing.checked_target(name)


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../b"])
def test_what_is_opened_lies_in_the_folder(path: str) -> None:
    with pytest.raises(BadPath):
        signing.checked_open(path)


def test_keys_come_from_a_file_the_newest_last(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(f"{'o' * 40}\n\n{'n' * 40}\n")
    made = Signer.from_settings(GatewaySettings(link_key_file=str(file)))
    assert made is not None
    token = made.sign(Link(id="0", author="t", connection="c", location=Location(provider="local")))
    assert signer("n" * 40).read(token).author == "t"
    assert Signer.from_settings(GatewaySettings()) is None


@pytest.mark.parametrize("content", ["", "\n", "short\n", f"{'n' * 40}\nshort\n", None])
def test_a_key_file_without_good_keys_is_refused(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "keys"
    if content is not None:
        file.write_text(content)
    with pytest.raises(BadConfig, match="key"):
        Signer.from_settings(GatewaySettings(link_key_file=str(file)))
