import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubdrives.errors import BadInput, BadTarget, HubdrivesError
from hubdrives.lab.request import checked, urlpath_of, without_secrets
from hubdrives.links import PullRequest
from hubdrives.model import Description, Kind, Location
from hubdrives.paths import working_folder_name


def asking(**query: str) -> PullRequest:
    return checked({"source": "/srv/course", **query})


def description(name: str = "Week 1", *, kind: Kind = Kind.FOLDER, open_path: str | None = None) -> Description:
    location = Location(provider="local", path="srv/course")
    return Description(location=location, name=name, kind=kind, source="This machine", open_path=open_path)


@pytest.mark.parametrize(
    "target",
    [
        *("", " ", ".", "./", "/etc", "//etc", "..", "../x", "a/../../x", "a/..", "~", "~/x", "~root"),
        *("a\0b", "a\nb", "a\x1bb", "x" * 300),
    ],
)
def test_a_target_that_can_be_no_folder_in_the_home_is_refused_in_a_sentence(target: str) -> None:
    with pytest.raises(BadTarget) as refused:
        asking(targetpath=target)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(("target", "folder"), [("a", "a"), ("a//b/", "a/b"), ("./a", "a"), ("Über uns", "Über uns")])
def test_a_target_in_the_home_is_taken_and_made_plain(target: str, folder: str) -> None:
    assert asking(targetpath=target).target == folder


@pytest.mark.parametrize(
    "urlpath",
    [
        *(
            "https://evil.example/",
            "http:evil.example",
            "//evil.example",
            "/lab",
            "/\\evil.example",
            "\\\\evil.example",
        ),
        *("javascript:alert(1)", "data:text/html,x", "lab\\..\\x", "lab//x", "../hub/logout", "lab/../../x"),
        *(
            "%2e%2e/%2e%2e/hub",
            "lab/%2E%2E/%2e./x",
            "%2F%2Fevil.example",
            "lab%5cx",
            "http://[evil",
            "?next=\\x",
            "\\\\evil.example",
        ),
        *("lab\r\nSet-Cookie: x", "\tlab", "lab%0d%0a", "#\\x"),
    ],
)
def test_a_urlpath_that_leads_off_this_server_is_refused(urlpath: str) -> None:
    with pytest.raises(BadInput):
        asking(urlpath=urlpath)


@pytest.mark.parametrize(
    "urlpath",
    ["lab/tree/a/b.ipynb", "lab/tree/Week%201/a.ipynb?factory=Markdown", "rstudio/", "lab/tree/x#here", "tree/a:b"],
)
def test_a_urlpath_on_this_server_is_taken_as_it_is(urlpath: str) -> None:
    assert asking(urlpath=urlpath).urlpath == urlpath


@given(st.text(st.sampled_from("./\\%2eEfF5cC:?#@a")))
def test_no_urlpath_that_is_taken_resolves_to_another_place_than_below_the_base(urlpath: str) -> None:
    from urllib.parse import unquote, urljoin, urlsplit

    try:
        taken = asking(urlpath=urlpath).urlpath
    except HubdrivesError:
        return
    # Browsers read "\" as "/" and "%2e" as ".".
    seen = urljoin("https://hub.example/user/ada/", unquote("/user/ada/" + (taken or "")).replace("\\", "/"))
    assert urlsplit(seen).netloc == "hub.example"
    assert urlsplit(seen).path.startswith("/user/ada/")


@pytest.mark.parametrize("query", [{}, {"source": " "}, {"link": ""}])
def test_a_query_that_names_no_source_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(BadInput):
        checked(query)


@pytest.mark.parametrize(
    ("name", "target"),
    [("Week 1", "Week 1"), (".ssh", "ssh"), ("..", "__"), ("~", "files"), ("a/b", "a_b"), (".git", "_.git"), ("", "_")],
)
def test_the_folder_named_after_the_source_is_one_that_would_be_taken(name: str, target: str) -> None:
    assert working_folder_name(name) == target
    assert asking(targetpath=target).target == target


@pytest.mark.parametrize(
    ("what", "urlpath"),
    [
        (description(), "lab/tree/Week%201"),
        (description(open_path="a b/c#.ipynb"), "lab/tree/Week%201/a%20b/c%23.ipynb"),
        (description("100%?.ipynb", kind=Kind.FILE), "lab/tree/Week%201/100%25%3F.ipynb"),
    ],
)
def test_what_is_opened_by_default_is_what_was_pulled(what: Description, urlpath: str) -> None:
    assert urlpath_of(what, "Week 1") == urlpath


@pytest.mark.parametrize(
    "text",
    [
        "GET /hubdrives/pull?link=TOPSECRET.x_y-z&urlpath=lab",
        "302 GET /login?next=%2Fhubdrives%2Fpull%3Flink%3DTOPSECRET.x_y-z%26urlpath%3Dlab",
        "next=%252Fhubdrives%252Fpull%253Flink%253DTOPSECRET.x_y-z",
        "source=link:TOPSECRET.x_y-z",
        "source=link%3ATOPSECRET",
        "source=https%3A%2F%2Fdrive.google.com%2Fx%3Fresourcekey%3D0-TOPSECRET",
        "https://drive.google.com/x?resourcekey=0-TOPSECRET",
    ],
)
def test_link_tokens_and_resource_keys_are_taken_out_of_text_however_encoded(text: str) -> None:
    assert "TOPSECRET" not in without_secrets(text)
    assert "[hidden]" in without_secrets(text)
