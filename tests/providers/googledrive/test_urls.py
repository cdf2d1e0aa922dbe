import pytest

from hubdrives.errors import UnsupportedLink
from hubdrives.providers.googledrive.urls import parse

ID = "1AbC_d-EfGhIjKlMnOpQrStUvWxYz01234"
DRIVE_ID = "0AAbCdEfGhIjKUk9PVA"

ITEMS = [
    f"https://drive.google.com/drive/folders/{ID}",
    f"https://drive.google.com/drive/folders/{ID}?usp=sharing",
    f"https://drive.google.com/drive/folders/{ID}/?usp=drive_link&hl=de#x",
    f"https://drive.google.com/drive/u/0/folders/{ID}",
    f"https://drive.google.com/drive/u/12/folders/{ID}",
    f"https://drive.google.com/drive/mobile/folders/{ID}",
    f"http://drive.google.com/drive/folders/{ID}",
    f"drive.google.com/drive/folders/{ID}",
    f"  https://drive.google.com/drive/folders/{ID}\n",
    f"https://drive.google.com/a/example.edu/drive/folders/{ID}",
    f"https://drive.google.com/a/example.edu/drive/u/1/folders/{ID}",
    f"https://drive.google.com/folderview?id={ID}&usp=sharing",
    f"https://drive.google.com/a/example.edu/folderview?id={ID}",
    f"https://drive.google.com/embeddedfolderview?id={ID}#list",
    f"https://drive.google.com/drive/#folders/{ID}",
    f"https://drive.google.com/drive/u/0/#folders/{ID}",
    f"https://drive.google.com/file/d/{ID}/view?usp=sharing",
    f"https://drive.google.com/file/d/{ID}/edit",
    f"https://drive.google.com/file/d/{ID}/preview",
    f"https://drive.google.com/file/d/{ID}",
    f"https://drive.google.com/file/u/1/d/{ID}/view",
    f"https://drive.google.com/a/example.edu/file/d/{ID}/view",
    f"https://drive.google.com/open?id={ID}",
    f"https://drive.google.com/open?authuser=1&id={ID}",
    f"https://drive.google.com/uc?id={ID}&export=download",
    f"https://drive.google.com/u/0/uc?id={ID}",
    f"https://drive.google.com/thumbnail?id={ID}",
    f"https://drive.usercontent.google.com/download?id={ID}&export=download",
    f"https://lh3.googleusercontent.com/d/{ID}",
    f"https://docs.google.com/document/d/{ID}/edit?usp=sharing#heading=h.1",
    f"https://docs.google.com/spreadsheets/d/{ID}/edit#gid=0",
    f"https://docs.google.com/presentation/d/{ID}",
    f"https://docs.google.com/drawings/d/{ID}/edit",
    f"https://docs.google.com/forms/d/{ID}/edit",
    f"https://docs.google.com/document/u/0/d/{ID}/edit",
    f"https://docs.google.com/a/example.edu/document/d/{ID}/edit",
    f"https://colab.research.google.com/drive/{ID}",
    f"https://colab.research.google.com/drive/{ID}?usp=sharing#scrollTo=x",
    f"https://colab.research.google.com/notebook#fileId={ID}",
    f"https://colab.research.google.com/notebook#fileId={ID.replace('_', '%5F')}&scrollTo=1",
    f"https://script.google.com/d/{ID}/edit",
    f"https://script.google.com/home/projects/{ID}/edit",
    f"https://script.google.com/a/example.edu/d/{ID}/edit",
    f"https://www.googleapis.com/drive/v3/files/{ID}",
    f"https://www.googleapis.com/drive/v2/files/{ID}?alt=media",
    ID,
    f" {ID} ",
]

REFUSED = [
    f"https://docs.google.com/document/d/e/2PACX-{ID}/pub",
    f"https://docs.google.com/spreadsheets/d/e/2PACX-{ID}/pubhtml?gid=0",
    f"https://docs.google.com/forms/d/e/{ID}/viewform",
    f"https://docs.google.com/a/example.edu/forms/d/e/{ID}/viewform",
    "https://forms.gle/AbCdEf123",
    "https://drive.google.com/drive/my-drive",
    "https://drive.google.com/drive/u/0/my-drive",
    "https://drive.google.com/drive/shared-with-me",
    "https://drive.google.com/drive/recent",
    "https://drive.google.com/drive/shared-drives",
    "https://drive.google.com/drive/search?q=course",
    "https://drive.google.com/drive/folders/root",
    "https://drive.google.com/drive/folders/",
    "https://drive.google.com/",
    "https://drive.google.com/open",
    "https://docs.google.com/document/u/0/",
    "https://colab.research.google.com/github/org/repo/blob/main/a.ipynb",
    "https://colab.research.google.com/gist/someone/0123456789abcdef0123",
    "https://colab.research.google.com/",
    "https://script.google.com/home",
]

OTHERS = [
    f"https://example.org/drive/folders/{ID}",
    f"https://drive.google.com.example.org/drive/folders/{ID}",
    f"https://example.org/?u=https://drive.google.com/drive/folders/{ID}",
    "https://www.googleapis.com/storage/v1/b/bucket",
    "https://canvas.example.edu/courses/1",
    "a-very-long-folder-name-without-capitals-1",
    "AnotherLongNameWithoutAnyDigitInIt",
    "Short1",
    f"{ID}.ipynb",
    f"{ID} {ID}",
    f"course/{ID}",
    f"/srv/{ID}",
    "http://[broken",
    "",
]


@pytest.mark.parametrize("text", ITEMS)
def test_every_form_that_people_paste_leads_to_the_id(text: str) -> None:
    location = parse(text)
    assert location is not None
    assert (location.provider, location.host, location.id, location.path) == ("googledrive", "", ID, "")
    assert location.url.startswith(("https://drive.google.com/", "https://docs.google.com/"))
    assert parse(location.url) == location
    assert location.params == ()


def test_the_id_of_a_shared_drive_is_one_too() -> None:
    for text in (DRIVE_ID, f"https://drive.google.com/drive/folders/{DRIVE_ID}"):
        location = parse(text)
        assert location is not None
        assert location.id == DRIVE_ID


@pytest.mark.parametrize("text", REFUSED)
def test_pages_of_googles_without_an_item_are_refused(text: str) -> None:
    with pytest.raises(UnsupportedLink) as refusal:
        parse(text)
    assert "Drive" in f"{refusal.value} {refusal.value.hint}"


@pytest.mark.parametrize("text", OTHERS)
def test_what_is_not_googles_is_none_of_ours(text: str) -> None:
    assert parse(text) is None


def test_an_address_of_the_connections_own_server_counts() -> None:
    address = f"http://127.0.0.1:9400/drive/v3/files/{ID}"
    found = parse(address, base_url="http://127.0.0.1:9400")
    assert found is not None
    assert found.id == ID
    assert parse(address) is None
    assert parse(address, base_url="http://127.0.0.1:9401") is None


@pytest.mark.parametrize("name", ["resourcekey", "resourceKey"])
def test_a_resource_key_is_kept_and_not_shown(name: str) -> None:
    location = parse(f"https://drive.google.com/drive/folders/{ID}?usp=sharing&{name}=0-s3cretKEY")
    assert location is not None
    assert location.params == (("resource_key", "0-s3cretKEY"),)
    assert "s3cret" not in f"{location} {location!r} {location.url}"
    assert location == parse(ID)


def test_a_resource_key_that_could_not_go_into_a_header_is_dropped() -> None:
    location = parse(f"https://drive.google.com/open?id={ID}&resourcekey=0-a%0d%0aX-Evil:%201")
    assert location is not None
    assert location.params == ()


def test_addresses_that_could_leave_the_path_are_not_ids() -> None:
    for evil in ("..%2F..%2Fabout", "a%27%20or%20trashed", "a%0Ab"):
        with pytest.raises(UnsupportedLink):
            parse(f"https://drive.google.com/drive/folders/{evil}")
