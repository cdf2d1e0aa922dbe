import pytest

from hubdrives.errors import BadPath, UnsupportedLink
from hubdrives.providers.globus import Globus

ID = "6c54cade-bde5-45c1-bdea-f4bd71dba2cc"
OTHER = "0c1e7e2e-8d3f-11ee-b1a3-d5a2d0ea7a55"
APP = "https://app.globus.org"
EMULATED = "http://127.0.0.1:9800"


@pytest.mark.parametrize(
    ("address", "item", "path"),
    [
        (f"/file-manager?origin_id={ID}&origin_path=%2Fa%2Fb%2F", ID, "a/b"),
        (f"/file-manager?origin_id={ID}&origin_path=/a/b", ID, "a/b"),
        (f"/file-manager?origin_path=%2Fa%2Fb%2F&origin_id={ID.upper()}&two_pane=true", ID, "a/b"),
        (f"/file-manager?origin_id={ID}", ID, ""),
        (f"/file-manager?origin_id={ID}&origin_path=%2F", ID, ""),
        (f"/file-manager?origin_id={ID}&origin_path=%2F~%2F", ID, "~"),
        (f"/file-manager?origin_id={ID}&origin_path=%2F~%2Fweek%201%2F", ID, "~/week 1"),
        (f"/file-manager?origin_id={ID}&origin_path=~%2Fweek", ID, "~/week"),
        (f"/file-manager?origin_id={ID}&origin_path=%2Fcaf%C3%A9%2F100%25%2Fa%2Bb%23c%3Fd%2F", ID, "café/100%/a+b#c?d"),
        (f"/file-manager?origin_id={ID}&origin_path=%2F%2Fa%2F.%2Fb%2F%2F", ID, "a/b"),
        (f"/file-manager?origin_id={ID}&origin_path=%2Fa%2F&destination_id={OTHER}&destination_path=%2Fb%2F", ID, "a"),
        (f"/file-manager?destination_id={OTHER}&destination_path=%2Fb%2F", OTHER, "b"),
        (f"/file-manager/collections/{ID}/overview", ID, ""),
        (f"/file-manager/collections/{ID}", ID, ""),
        (f"/file-manager/collections/{ID}/sharing?x=1#y", ID, ""),
        (f"/collections/{ID}", ID, ""),
        (f"/collections/{ID}/", ID, ""),
        (f"/endpoints/{ID}", ID, ""),
        ("/file-manager", "", ""),
        ("/collections?scope=recent", "", ""),
        ("", "", ""),
        ("/", "", ""),
    ],
)
@pytest.mark.parametrize("base_url", [None, EMULATED])
def test_addresses_name_a_collection_and_a_path(address, item, path, base_url):
    found = Globus.parse((base_url or APP) + address, base_url=base_url)
    assert (found.provider, found.host, found.id, found.path) == ("globus", "", item, path)
    assert found.url.startswith(base_url or APP)
    again = Globus.parse(found.url, base_url=base_url)
    assert (again.id, again.path, again.url) == (found.id, "", found.url)


@pytest.mark.parametrize(
    ("address", "server", "path"),
    [
        ("https://m-1a2b3.4c5d.8443.data.globus.org/a/b.nc", "https://m-1a2b3.4c5d.8443.data.globus.org", "a/b.nc"),
        ("https://G-1A2B3.4c5d.8443.data.globus.org/", "https://g-1a2b3.4c5d.8443.data.globus.org", ""),
        ("m-1.2.3.data.globus.org:443/a%20b/100%25.nc?download", "https://m-1.2.3.data.globus.org", "a b/100%.nc"),
        ("https://m-1.2.3.data.globus.org:8443/a", "https://m-1.2.3.data.globus.org:8443", "a"),
    ],
)
def test_an_address_of_a_collections_own_server_names_the_server_and_a_path(address, server, path):
    found = Globus.parse(address)
    assert (found.id, found.path, found.url) == (server, path, f"{server}/")


def test_locations_are_equal_when_they_name_the_same_thing():
    one = Globus.parse(f"{APP}/file-manager?origin_id={ID}&origin_path=%2Fa%2F&two_pane=true")
    assert one == Globus.parse(f"app.globus.org/file-manager?origin_path=/a&origin_id={ID.upper()}")
    assert one == Globus.parse(f"{APP}/file-manager?origin_id={ID}").below("a")
    assert one != Globus.parse(f"{APP}/file-manager?origin_id={ID}&origin_path=%2F~%2Fa%2F")


@pytest.mark.parametrize(
    "address",
    [
        f"/activity/{ID}/overview",
        f"/activity/{ID}",
        "/activity",
        f"/groups/{ID}/about",
        f"/flows/{ID}",
        "/settings/tokens",
        "/file-manager?origin_id=none&origin_path=%2Fa",
        "/file-manager/collections/none/overview",
        "/file-manager/bookmarks",
        f"/x/{ID}",
    ],
)
def test_pages_that_are_no_files_are_refused_with_advice(address):
    with pytest.raises(UnsupportedLink) as refusal:
        Globus.parse(APP + address)
    assert "file manager" in refusal.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "https://app.globus.org.example.org/file-manager",
        "https://xapp.globus.org/file-manager",
        "https://data.globus.org/a",
        "https://m-1.data.globus.org.example.org/a",
        f"http://127.0.0.1:9801/file-manager?origin_id={ID}",
        "https://docs.globus.org/",
        "ftp://app.globus.org/file-manager",
        "https://app.globus.org:notaport/",
        "globus",
    ],
)
def test_other_servers_are_not_globus(text):
    assert Globus.parse(text, base_url=EMULATED) is None


@pytest.mark.parametrize("path", ["%2Fa%2F..%2F..%2Fb", "..", "%2F~%2F..%2F..", "%2Fa%00b"])
def test_an_address_can_not_lead_out_of_a_collection(path):
    with pytest.raises(BadPath):
        Globus.parse(f"{APP}/file-manager?origin_id={ID}&origin_path={path}")
