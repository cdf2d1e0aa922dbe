import pytest

from hubdrives.model import Location
from hubdrives.providers.gateway import Gateway

GATEWAY = "http://hub:8081/services/hubdrives/"
DRIVE = "https://drive.google.com/drive/folders/1AbC"


def parse(text: str, base_url: str | None = GATEWAY) -> Location | None:
    return Gateway.parse(text, base_url=base_url)


@pytest.mark.parametrize(
    "text",
    [
        DRIVE,
        f"  {DRIVE} ",
        "HTTPS://canvas.example.org/courses/1",
        "http://x",
        "course:/",
        "course-2.a:/week 1/x",
        "link:abc.def",
        "results@alice:/",
        "results@alice@uni.example:/a b/c",
        "results@a:b c@d:/x",
        "results@åse björk:/",
    ],
)
def test_what_the_gateway_may_know_is_taken(text: str) -> None:
    location = parse(text)
    assert location is not None
    assert (location.provider, location.host) == ("gateway", "hub:8081")


@pytest.mark.parametrize("name", ["course", "results@alice", "results@a:b c@d"])
def test_a_path_of_a_connection_lies_below_its_root(name: str) -> None:
    root = parse(f"{name}:/")
    assert root is not None
    assert parse(f"{name}:/week 1/x") == root.below("week 1/x")
    assert parse(f"{name}:/week 1/") == root.below("week 1")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "just words",
        "/srv/x",
        "./x",
        "../x",
        "~/x",
        "link:",
        "ftp://x/y",
        "course:week",
        "a b:/x",
        "C:\\x",
        "file:///srv/x",
        "https://",
        "results@:/x",
        "results@alice/x:/",
        "results@alice://x",
        "@alice:/x",
    ],
)
def test_what_it_can_not_know_is_left_to_others(text: str) -> None:
    assert parse(text) is None


def test_without_a_gateway_nothing_is_understood() -> None:
    assert [parse(text, None) for text in (DRIVE, "course:/", "link:abc")] == [None] * 3


def test_the_scheme_of_an_address_may_be_missing() -> None:
    assert parse("drive.google.com/drive/folders/1AbC") == parse(DRIVE)


def test_a_link_is_told_from_others_without_showing_its_token() -> None:
    one, same, other = parse("link:abc.def"), parse("link:abc.def"), parse("link:abc.deg")
    assert one == same != other
    assert "abc.def" not in f"{one!r} {one}"


def test_a_resource_key_is_not_shown_and_makes_no_other_place() -> None:
    bare, keyed = parse(f"{DRIVE}?x=1"), parse(f"{DRIVE}?x=1&resourcekey=0-s3cret")
    assert bare is not None
    assert keyed is not None
    assert "s3cret" not in f"{keyed!r} {keyed} {keyed.url}"
    assert dict(keyed.params)["source"].endswith("0-s3cret")


def test_folders_of_two_users_are_two_places() -> None:
    places = [parse(text) for text in ("results:/", "results@alice:/", "results@bob:/", "results@Alice:/")]
    assert len(set(places)) == 4


def test_other_gateways_are_other_places() -> None:
    assert parse(DRIVE) != parse(DRIVE, "http://other/")
