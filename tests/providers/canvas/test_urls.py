import pytest

from hubdrives.errors import UnsupportedLink
from hubdrives.providers.canvas.urls import MINE, context_of, origin, parse

SCHOOL = "https://canvas.school.edu"
ROUND = 10_320_000_000_000_023
"""Beyond 2^53: shard 1032, number 23."""


def at(path: str):
    return parse(SCHOOL + path, base_url=SCHOOL)


# What a person pastes, after the host -> id, path below it, and the course, group or user that is told.
TABLE = [
    ("/courses/101", "courses/101", "", "courses/101"),
    ("/courses/101/", "courses/101", "", "courses/101"),
    ("/courses/101/files", "courses/101", "", "courses/101"),
    ("/groups/7/files", "groups/7", "", "groups/7"),
    ("/users/9", "users/9", "", "users/9"),
    ("/courses/sis_course_id:BIO-1/files", "courses/sis_course_id:BIO-1", "", "courses/sis_course_id:BIO-1"),
    ("/courses/101/files?preview=5001", "files/5001", "", "courses/101"),
    ("/files?preview=5001", "files/5001", "", None),
    ("/courses/101/files/5001", "files/5001", "", "courses/101"),
    ("/courses/101/files/5001?wrap=1", "files/5001", "", "courses/101"),
    ("/courses/101/files/5001?module_item_id=700", "files/5001", "", "courses/101"),
    ("/courses/101/files/5001?fd_cookie_set=1", "files/5001", "", "courses/101"),
    ("/courses/101/files/5001/download?download_frd=1", "files/5001", "", "courses/101"),
    ("/courses/101/files/5001/download?verifier=s3cretVerifier", "files/5001", "", "courses/101"),
    ("/courses/101/files/5001/download.pdf", "files/5001", "", "courses/101"),
    ("/courses/101/files/5001/preview", "files/5001", "", "courses/101"),
    ("/courses/101/files/5001/inline", "files/5001", "", "courses/101"),
    ("/courses/101/files/5001/file_preview?annotate=0", "files/5001", "", "courses/101"),
    ("/courses/101/files/5001/contents", "files/5001", "", "courses/101"),
    ("/courses/101/files/5001/A/x%20y.pdf", "courses/101/files/5001/A/x y.pdf", "", "courses/101"),
    ("/courses/101/files/folder/A/B%20c", "courses/101", "A/B c", "courses/101"),
    ("/courses/101/files/folder/50%25/%C3%A9", "courses/101", "50%/é", "courses/101"),
    ("/courses/101/files/folder/A?preview=5001", "files/5001", "", "courses/101"),
    ("/courses/101/folders/300", "folders/300", "", "courses/101"),
    ("/folders/300", "folders/300", "", None),
    ("/courses/101/files?folder_id=300", "folders/300", "", "courses/101"),
    ("/courses/101/file_contents/course%20files/A/x.pdf", "courses/101", "A/x.pdf", "courses/101"),
    ("/files", MINE, "", MINE),
    ("/files/folder/courses_101/A", "courses/101", "A", "courses/101"),
    ("/files/folder/users_9/A/B", "users/9", "A/B", "users/9"),
    ("/files/folder/groups_7", "groups/7", "", "groups/7"),
    ("/files/folder/courses_101?preview=5001", "files/5001", "", "courses/101"),
    ("/files/5001", "files/5001", "", None),
    ("/files/5001/download?download_frd=1&verifier=s3cretVerifier", "files/5001", "", None),
    ("/courses/101/modules/items/700", "courses/101/modules/items/700", "", "courses/101"),
    ("/courses/101/modules/70/items/700", "courses/101/modules/items/700", "", "courses/101"),
    ("/courses/101/module_item_redirect/700", "courses/101/modules/items/700", "", "courses/101"),
    ("/users/9/files/5001", "files/5001", "", "users/9"),
    ("/users/self/files", MINE, "", MINE),
    ("/groups/7/files/5001/download", "files/5001", "", "groups/7"),
    ("/api/v1/files/5001", "files/5001", "", None),
    ("/api/v1/courses/101/files/5001", "files/5001", "", "courses/101"),
    ("/api/v1/folders/300", "folders/300", "", None),
    ("/api/v1/folders/300/files", "folders/300", "", None),
    ("/api/v1/courses/101/folders/root", "courses/101", "", "courses/101"),
    ("/api/v1/courses/101/folders/by_path/A/B%20c", "courses/101", "A/B c", "courses/101"),
    ("/api/v1/files/5001/public_url", "files/5001", "", None),
    ("/api/v1/courses/101/modules/70/items/700", "courses/101/modules/items/700", "", "courses/101"),
    ("/courses/1032~23", f"courses/{ROUND}", "", f"courses/{ROUND}"),
    ("/files/1032~23", f"files/{ROUND}", "", None),
    (f"/files/{ROUND}", f"files/{ROUND}", "", None),
]


@pytest.mark.parametrize(("path", "item", "below", "context"), TABLE)
def test_each_form_of_address_means_a_thing(path: str, item: str, below: str, context: str | None) -> None:
    location = at(path)
    assert (location.provider, location.host, location.id, location.path) == (
        "canvas",
        "canvas.school.edu",
        item,
        below,
    )
    assert context_of(location) == context


@pytest.mark.parametrize(("path", "item"), [(path, item) for path, item, *_rest in TABLE])
def test_the_address_that_is_written_down_leads_there_again(path: str, item: str) -> None:
    location = at(path)
    again = parse(location.url, base_url=SCHOOL)
    assert (again.id, again.params) == (item, location.params)


@pytest.mark.parametrize("path", [path for path, *_rest in TABLE])
def test_no_capability_is_kept(path: str) -> None:
    assert "s3cret" not in repr(at(path)) + at(path).url + str(at(path).params)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/courses/101/files/5001?wrap=1", "/files/5001/download"),
        ("/courses/101/folders/300", "/folders/300"),
        ("/courses/101", "/courses/101/files"),
        ("/courses/1032~23", f"/courses/{ROUND}/files"),
        ("/courses/101/modules/70/items/700", "/courses/101/modules/items/700"),
        ("/courses/101/files/folder/A", "/files/folder/courses_101/A"),
    ],
)
def test_equal_things_have_equal_locations(one: str, other: str) -> None:
    assert at(one) == at(other)


def test_a_file_that_is_named_twice_is_another_location_than_the_one_with_that_id() -> None:
    assert at("/courses/101/files/5001/A/x.pdf") != at("/courses/101/files/5001")


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/login/canvas",
        "/courses",
        "/courses/101/files/search?search_term=exam",
        "/courses/101/pages/welcome",
        "/courses/101/assignments/7",
        "/courses/101/modules",
        "/groups/7/modules/items/700",
        "/courses/self/files",
        "/courses/x101",
        "/files/5001/A/x.pdf",
        "/files/folder/accounts_1/A",
        "/accounts/1/files",
        "/courses/101/folders/root2",
    ],
)
def test_pages_that_are_no_folder_and_no_file_are_refused(path: str) -> None:
    with pytest.raises(UnsupportedLink, match="no folder and no file") as refusal:
        at(path)
    assert "Files page" in refusal.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "https://school.inst-fs-iad-prod.inscloudgate.net/files/0a1b/x.pdf?token=eyJs3cret",
        "https://inst-fs-iad-prod.inscloudgate.net/files/0a1b/x.pdf?token=eyJs3cret",
        "https://cluster12.canvas-user-content.com/courses/101/files/5001/x.pdf?token=eyJs3cret",
    ],
)
@pytest.mark.parametrize("base_url", [None, SCHOOL])
def test_addresses_of_contents_are_refused_with_what_to_paste_instead(text: str, base_url: str | None) -> None:
    with pytest.raises(UnsupportedLink, match="minutes") as refusal:
        parse(text, base_url=base_url)
    assert "s3cret" not in f"{refusal.value} {refusal.value.hint}"


@pytest.mark.parametrize(
    "text",
    [
        "https://canvas.other.edu/courses/101",
        "https://canvas.school.edu.example.org/courses/101",
        "https://canvas.school.edu:8443/courses/101",
        "https://school.instructure.com/courses/101",
        "https://canvas.school.edu@example.org/courses/101",
        "ftp://canvas.school.edu/courses/101",
        "https://[canvas.school.edu/courses/101",
        "courses/101",
        "101",
        "",
    ],
)
def test_only_the_connections_own_host_is_understood(text: str) -> None:
    assert parse(text, base_url=SCHOOL) is None


@pytest.mark.parametrize(
    "text",
    [
        "canvas.school.edu/courses/101",
        "HTTP://Canvas.School.EDU/courses/101",
        "https://canvas.school.edu:443/courses/101/",
    ],
)
def test_how_the_host_is_written_does_not_matter(text: str) -> None:
    assert parse(text, base_url=SCHOOL) == at("/courses/101")
    assert parse(text, base_url=f"{SCHOOL}:443/") == at("/courses/101")


def test_without_a_configured_host_only_instructures_own_domain_tells_that_it_is_a_canvas() -> None:
    found = parse("https://school.instructure.com/courses/101/files")
    assert (found.host, found.id) == ("school.instructure.com", "courses/101")
    assert found.url == "https://school.instructure.com/courses/101/files"
    for text in (
        f"{SCHOOL}/courses/101/files",
        "https://instructure.com.example.org/courses/101",
        "https://example.org/files",
    ):
        assert parse(text) is None


def test_a_canvas_on_another_port_keeps_it() -> None:
    found = parse("http://127.0.0.1:8080/files/1", base_url="http://127.0.0.1:8080")
    assert (found.host, found.url) == ("127.0.0.1:8080", "http://127.0.0.1:8080/files/1")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://canvas.school.edu", SCHOOL),
        ("https://Canvas.School.edu:443/", SCHOOL),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("canvas.school.edu", None),
        ("https://canvas.school.edu/api/v1", None),
        ("https://me@canvas.school.edu", None),
        ("https://canvas.school.edu?x=1", None),
        ("", None),
    ],
)
def test_a_connections_address_is_a_host_and_nothing_more(text: str, found: str | None) -> None:
    assert origin(text) == found
