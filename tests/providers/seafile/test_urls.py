import pytest

from hubdrives.errors import BadPath, UnsupportedLink
from hubdrives.providers.seafile import Seafile

SERVER = "https://files.example.org"
LIBRARY = "0af3d9c2-8b1e-4f6a-9c3d-2f1e0a9b8c7d"
LINK = "3b9a1d5e-0c4f-4a2b-8e7d-6f5a4b3c2d1e"


def parse(text, base_url=SERVER):
    return Seafile.parse(text, base_url=base_url)


@pytest.mark.parametrize(
    ("address", "item", "path"),
    [
        ("", "", ""),
        ("/", "", ""),
        ("/my-libs/", "", ""),
        ("/shared-libs/", "", ""),
        ("/#my-libs/", "", ""),
        (f"/library/{LIBRARY}/My%20Library/", LIBRARY, ""),
        (f"/library/{LIBRARY}/My%20Library", LIBRARY, ""),
        (f"/library/{LIBRARY}/", LIBRARY, ""),
        (f"/library/{LIBRARY.upper()}/Any name/", LIBRARY, ""),
        (f"/library/{LIBRARY}/x/week%201/data/", LIBRARY, "week 1/data"),
        (f"/library/{LIBRARY}/x/caf%C3%A9/100%25", LIBRARY, "café/100%"),
        (f"/library/{LIBRARY}/x/cafe%CC%81", LIBRARY, "café"),
        ("/library/default/", "default", ""),
        ("/library/default/users/42", "default", "users/42"),
        (f"/lib/{LIBRARY}/file/a%20b.txt", LIBRARY, "a b.txt"),
        (f"/lib/{LIBRARY}/file/week%201/a.txt?dl=1", LIBRARY, "week 1/a.txt"),
        (f"/lib/{LIBRARY}/file/a.txt?raw=1", LIBRARY, "a.txt"),
        (f"/repo/{LIBRARY}/", LIBRARY, ""),
        (f"/#common/lib/{LIBRARY}/week%201/data", LIBRARY, "week 1/data"),
        (f"/#group/7/lib/{LIBRARY}", LIBRARY, ""),
        (f"/api2/repos/{LIBRARY}/dir/?p=/week%201", LIBRARY, "week 1"),
        (f"/api/v2.1/repos/{LIBRARY}/", LIBRARY, ""),
        (f"/smart-link/{LINK}/", f"smart-link/{LINK}", ""),
        (f"/smart-link/{LINK}/a.txt", f"smart-link/{LINK}", ""),
        ("/d/a1b2c3d4e5/", "d/a1b2c3d4e5", ""),
        ("/d/a1b2c3d4e5/?p=/sub%20folder/x&mode=list", "d/a1b2c3d4e5", "sub folder/x"),
        ("/d/a1b2c3d4e5/files/?p=/x.txt&dl=1", "d/a1b2c3d4e5", "x.txt"),
        ("/f/a1b2c3d4e5/", "f/a1b2c3d4e5", ""),
        ("/f/a1b2c3d4e5/?dl=1", "f/a1b2c3d4e5", ""),
    ],
)
def test_addresses_name_a_library_and_a_path(address, item, path):
    found = parse(SERVER + address)
    assert (found.provider, found.host, found.id, found.path) == ("seafile", "files.example.org", item, path)


@pytest.mark.parametrize(
    "address", ["/", f"/library/{LIBRARY}/x/a/b", "/library/default/a", f"/smart-link/{LINK}/", "/d/a1b2c3d4e5/?p=/x"]
)
def test_the_address_of_a_location_is_that_of_what_its_path_starts_at(address):
    found = parse(SERVER + address)
    again = parse(found.url)
    assert (again.id, again.path, again.url) == (found.id, "", found.url)


@pytest.mark.parametrize(
    ("base_url", "address"),
    [
        (SERVER, f"files.example.org/library/{LIBRARY}/x/a"),
        (SERVER, f"HTTPS://Files.Example.ORG:443/library/{LIBRARY}/x/a"),
        (SERVER, f"http://files.example.org/library/{LIBRARY}/x/a"),
        ("https://files.example.org/", f"{SERVER}/library/{LIBRARY}/x/a"),
    ],
)
def test_one_server_may_be_written_in_several_ways(base_url, address):
    assert parse(address, base_url) == parse(f"{SERVER}/library/{LIBRARY}/x/a")


def test_a_server_may_be_served_below_a_path():
    base_url = "https://example.org:8443/seafile/"
    found = parse(f"https://example.org:8443/seafile/library/{LIBRARY}/x/a", base_url)
    assert (found.host, found.id, found.path) == ("example.org:8443/seafile", LIBRARY, "a")
    assert parse(found.url, base_url).host == found.host
    assert parse(f"https://example.org:8443/library/{LIBRARY}/x/a", base_url) is None
    assert parse(f"https://example.org:8443/other/library/{LIBRARY}/x/a", base_url) is None


@pytest.mark.parametrize(
    "other", ["https://drive.ebrains.eu", "https://files.example.org:8000", "https://xfiles.example.org"]
)
def test_another_server_is_not_this_one(other):
    assert parse(f"{other}/library/{LIBRARY}/x/a") is None
    assert parse(other) is None


@pytest.mark.parametrize("host", ["drive.ebrains.eu", "drive-dev.ebrains.eu", "drive-int.ebrains.eu"])
def test_ebrains_drive_is_known_without_a_connection(host):
    assert parse(f"https://{host}/my-libs/", None).host == host
    assert parse(f"https://{host}/d/a1b2c3d4e5/", None).id == "d/a1b2c3d4e5"


def test_of_other_servers_only_what_can_be_nothing_else_is_known_without_a_connection():
    found = parse(f"https://cloud.example.edu/box/library/{LIBRARY}/x/a", None)
    assert (found.host, found.id, found.path) == ("cloud.example.edu/box", LIBRARY, "a")
    assert parse(f"https://cloud.example.edu/lib/{LIBRARY}/file/a.txt", None).path == "a.txt"
    for address in ("/", "/d/a1b2c3d4e5/", "/library/", "/library/default/", f"/lib/{LIBRARY}/", "/library/dune/x"):
        assert parse(f"https://cloud.example.edu{address}", None) is None
    assert parse("https://drive.ebrains.eu.example.org/my-libs/", None) is None


@pytest.mark.parametrize(
    "address",
    [
        "/u/d/0123456789abcdef0123/",
        "/seafhttp/files/0af3d9c2-8b1e-4f6a-9c3d-2f1e0a9b8c7d/a.txt",
        "/profile/",
        "/library/not-an-id/x/",
        f"/lib/{LIBRARY}/",
        f"/lib/{LIBRARY}/file/",
        "/smart-link/none/",
        "/d/NOTHEX/",
        "/#common/lib/none/",
        "/#search",
    ],
)
def test_what_is_no_item_is_refused_with_advice(address):
    with pytest.raises(UnsupportedLink) as refusal:
        parse(SERVER + address)
    assert refusal.value.hint


@pytest.mark.parametrize("base_url", [None, "https://drive.ebrains.eu"])
@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("https://lab.ebrains.eu/user/ada/lab/tree/drive/shared%20with%20me/data/a.csv", "Shared with me/data/a.csv"),
        ("https://lab.de.ebrains.eu/hub/user-redirect/lab/tree/drive/My%20Libraries/My%20Library", "My Libraries/"),
        ("https://lab-int.ebrains.eu/user/ada/2/lab/workspaces/x/tree/shared/collab/b", "Shared with groups/collab/b"),
        ("lab.ebrains.eu/user/ada/lab/tree/drive/", "CONNECTION:/"),
    ],
)
def test_of_an_address_in_a_lab_it_is_told_what_to_write(base_url, address, path):
    # Whose drive it is, the address does not tell.
    with pytest.raises(UnsupportedLink) as refusal:
        parse(address, base_url)
    assert path in refusal.value.hint


@pytest.mark.parametrize(
    ("address", "base_url"),
    [
        ("https://lab.ebrains.eu/user/ada/lab/tree/other/drive", None),
        ("https://lab.ebrains.eu/user/ada/lab/tree/drive/a", SERVER),
        ("https://lab.example.org/user/ada/lab/tree/drive/a", None),
        ("https://lab.ebrains.eu/drive/a", None),
    ],
)
def test_other_addresses_in_labs_are_somebody_elses(address, base_url):
    assert parse(address, base_url) is None


def test_an_address_can_not_lead_out_of_a_library():
    with pytest.raises(BadPath):
        parse(f"{SERVER}/library/{LIBRARY}/x/a/%2E%2E/%2E%2E/b")


def test_locations_are_equal_when_they_name_the_same_thing():
    assert parse(f"{SERVER}/library/{LIBRARY}/Old%20name/a") == parse(f"{SERVER}/lib/{LIBRARY}/file/a?dl=1")
    assert parse(f"{SERVER}/library/{LIBRARY}/x/a") != parse(f"{SERVER}/library/{LINK}/x/a")
