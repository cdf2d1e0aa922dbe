import pytest
from yarl import URL

from hubdrives.choice import Choice
from hubdrives.errors import BadInput, BadLink
from hubdrives.links import PullRequest
from hubdrives.model import Policy

DRIVE = "https://drive.google.com/drive/folders/1AbC?resourcekey=0-x&usp=sharing"


@pytest.mark.parametrize(
    "hub",
    [
        "https://hub.example.org",
        "https://hub.example.org/",
        "https://hub.example.org/hub/home",
        "https://hub.example.org/hub",
        "https://hub.example.org/hub/user-redirect/lab?x=1#y",
    ],
)
def test_the_address_leads_to_the_pull_page_of_whoever_opens_it(hub: str) -> None:
    address = PullRequest(source="link:abc.def").address(hub)
    assert address == "https://hub.example.org/hub/user-redirect/hubdrives/pull?link=abc.def"


def test_the_hubs_base_path_is_kept() -> None:
    address = PullRequest(source="drive:/week 1").address("https://example.org/jupyter/hub/spawn")
    assert URL(address).path == "/jupyter/hub/user-redirect/hubdrives/pull"


@pytest.mark.parametrize(
    "request_",
    [
        PullRequest(source=DRIVE),
        PullRequest(source=DRIVE, target="stats/2027 & more", urlpath="lab/tree/stats/a b.ipynb?x=1#c"),
        PullRequest(source="link:aB-_.c", target="Übung"),
        PullRequest(source="drive:/a+b/c%20d;e"),
        PullRequest(
            source="link:a.b",
            choice=Choice(
                subfolder="week 1/a&b", include=("*.py", "a+b"), exclude=("!x",), max_file=7, policy=Policy.THEIRS
            ),
        ),
    ],
)
def test_what_an_address_asks_for_is_what_was_put_in(request_: PullRequest) -> None:
    query = URL(request_.address("https://hub.example.org")).query
    assert PullRequest.from_query(query) == request_


def test_the_parameters_are_called_as_in_nbgitpuller() -> None:
    query = URL(PullRequest(source="s:/", target="t", urlpath="u").address("https://h.org")).query
    assert dict(query) == {"source": "s:/", "targetpath": "t", "urlpath": "u"}


@pytest.mark.parametrize(
    "query",
    [
        {"source": "s:/", "targetpath": "t", "include": ["a", "b"]},
        [("source", "s:/"), ("source", "other:/"), ("include", "a"), ("targetpath", "t"), ("include", "b")],
        URL("https://x.org/?source=s:/&include=a&include=b&targetpath=t&targetpath=u").query,
    ],
)
def test_any_form_of_a_query_will_do(query) -> None:
    wanted = PullRequest(source="s:/", target="t", choice=Choice(include=("a", "b")))
    assert PullRequest.from_query(query) == wanted


def test_a_choice_that_can_not_be_meant_is_refused() -> None:
    with pytest.raises(BadInput, match="no size"):
        PullRequest.from_query({"source": "s:/", "maxfile": "much"})


@pytest.mark.parametrize("query", [{}, {"source": " "}, {"link": ""}, {"targetpath": "x"}])
def test_an_address_that_does_not_say_what_to_pull_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(BadLink, match="does not say"):
        PullRequest.from_query(query)


@pytest.mark.parametrize(
    "hub", ["", "hub.example.org", "ftp://hub.example.org", "https://", "http://[", "javascript:alert(1)"]
)
def test_what_is_no_web_address_is_no_hub(hub: str) -> None:
    with pytest.raises(BadInput, match="not the web address"):
        PullRequest(source="s:/").address(hub)
