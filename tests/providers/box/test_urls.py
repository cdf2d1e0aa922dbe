import pytest

from hubdrives.errors import UnsupportedLink
from hubdrives.providers.box import urls
from hubdrives.providers.box.urls import LINK, link_of

HASH = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"


def parsed(text, **options):
    found = urls.parse(text, **options)
    return None if found is None else (found.id, dict(found.params).get(LINK, ""))


@pytest.mark.parametrize(
    ("text", "id_"),
    [
        ("https://app.box.com/folder/160001", "folders/160001"),
        ("app.box.com/folder/160001", "folders/160001"),
        ("  https://team.app.box.com/folder/160001?tab=all#top ", "folders/160001"),
        ("https://team.ent.box.com/folder/160001", "folders/160001"),
        ("https://cloud.box.com/folder/160001", "folders/160001"),
        ("https://box.com/folders/160001", "folders/160001"),
        ("https://app.box.com/file/1400000000001", "files/1400000000001"),
        ("https://app.box.com/files/1400000000001", "files/1400000000001"),
        ("https://app.box.com/notes/1400000000001", "files/1400000000001"),
        ("https://app.box.com/files/0/f/160001/Raw_data", "folders/160001"),
        ("https://www.box.com/files/0/f/160001/Raw", "folders/160001"),
        ("https://api.box.com/2.0/folders/160001", "folders/160001"),
        ("https://api.box.com/2.0/files/14/content", "files/14"),
    ],
)
def test_addresses_of_items_mean_the_items(text, id_):
    assert parsed(text) == (id_, "")


@pytest.mark.parametrize(
    ("text", "id_", "link"),
    [
        (f"https://app.box.com/s/{HASH}", f"s/{HASH}", f"https://app.box.com/s/{HASH}"),
        (f"https://team.app.box.com/s/{HASH}", f"s/{HASH}", f"https://team.app.box.com/s/{HASH}"),
        (f"https://www.box.com/s/{HASH}", f"s/{HASH}", f"https://app.box.com/s/{HASH}"),
        (f"https://app.box.com/s/{HASH}/folder/160001", "folders/160001", f"https://app.box.com/s/{HASH}"),
        (f"https://app.box.com/s/{HASH}/file/14", "files/14", f"https://app.box.com/s/{HASH}"),
        (f"https://team.app.box.com/folder/160001?s={HASH}", "folders/160001", f"https://team.app.box.com/s/{HASH}"),
        (f"https://app.box.com/file/14?s={HASH}", "files/14", f"https://app.box.com/s/{HASH}"),
        (f"https://app.box.com/embed/s/{HASH}?view=list", f"s/{HASH}", f"https://app.box.com/s/{HASH}"),
        (f"https://app.box.com/embed_widget/s/{HASH}", f"s/{HASH}", f"https://app.box.com/s/{HASH}"),
        (f"https://app.box.com/shared/static/{HASH}.csv", f"s/{HASH}", f"https://app.box.com/s/{HASH}"),
        ("https://team.app.box.com/v/our-logs", "team.app.box.com/v/our-logs", "https://team.app.box.com/v/our-logs"),
        ("https://team.box.com/v/our-logs/folder/160001", "folders/160001", "https://team.box.com/v/our-logs"),
    ],
)
def test_shared_links_keep_their_host_and_go_along(text, id_, link):
    assert parsed(text) == (id_, link)


def test_an_address_that_a_person_can_open_leads_back_to_the_same_location_and_link():
    for text in (
        "https://app.box.com/folder/160001",
        f"https://team.app.box.com/s/{HASH}",
        f"https://app.box.com/s/{HASH}/folder/160001",
        f"https://app.box.com/file/14?s={HASH}",
        "https://team.app.box.com/v/our-logs/folder/160001",
    ):
        location = urls.parse(text)
        again = urls.parse(location.url)
        assert (again, link_of(again)) == (location, link_of(location))


@pytest.mark.parametrize(
    "text",
    [
        "https://app.box.com/folder/0",
        "https://api.box.com/2.0/folders/0",
        f"https://app.box.com/s/{HASH}/folder/00",
        "https://app.box.com/",
        "https://app.box.com/folder/recents",
        "https://app.box.com/folder/12a",
        f"https://app.box.com/f/{HASH}",
        "https://team.app.box.com/hubs/1",
        "https://app.box.com/sign/1",
        "https://app.box.com/collection/favorites",
        f"https://app.box.com/upload-widget/view/{HASH}",
        "https://app.box.com/s/../x",
        "https://api.box.com/2.0/users/me",
    ],
)
def test_what_is_boxes_and_no_item_is_refused(text):
    with pytest.raises(UnsupportedLink):
        urls.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/folder/1",
        "https://notbox.com/folder/1",
        "https://box.com.example.org/folder/1",
        "ftp://app.box.com/folder/1",
        "160001",
        "https://[",
        "https://dl.boxcloud.com/d/1/secret/download",
    ],
)
def test_what_is_not_boxes_is_not_parsed(text):
    assert urls.parse(text) is None


def test_addresses_at_the_connections_own_server_count_too():
    assert parsed("http://127.0.0.1:8000/2.0/folders/7", base_url="http://127.0.0.1:8000") == ("folders/7", "")
    assert urls.parse("http://127.0.0.1:8000/2.0/folders/7") is None
    assert urls.parse("http://127.0.0.1:9000/2.0/folders/7", base_url="http://127.0.0.1:8000") is None
