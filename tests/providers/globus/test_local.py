"""Where a file of this machine is on the collection that reaches it."""

from pathlib import Path

import pytest

from hubdrives.errors import BadConfig, BadInput
from hubdrives.providers.base import Here
from hubdrives.providers.globus import Globus

ID = "d8c1f5a2-7a0b-4c1d-9e2f-3b4a5c6d7e8f"
TOP = f"https://app.globus.org/file-manager?origin_id={ID}&origin_path="


@pytest.mark.parametrize(
    ("said", "file", "there"),
    [
        ({}, "data/a.txt", "~/data/a.txt"),
        ({}, "", "~"),
        ({"GLOBUS_HOST_POSIX_BASEPATH": "{home}"}, "data/a.txt", "data/a.txt"),
        ({"GLOBUS_HOST_POSIX_BASEPATH": "{home}/work"}, "work/a #1.txt", "a #1.txt"),
        (
            {"GLOBUS_HOST_POSIX_BASEPATH": "{home}/", "GLOBUS_HOST_COLLECTION_BASEPATH": "/users/ann/"},
            "a",
            "users/ann/a",
        ),
        ({"GLOBUS_HOST_COLLECTION_BASEPATH": "/users/ann"}, "a", "users/ann/a"),
    ],
)
def test_paths_here_become_paths_there(tmp_path: Path, said: dict[str, str], file: str, there: str) -> None:
    environment = {"HOME": str(tmp_path), "GLOBUS_LOCAL_ENDPOINT": ID}
    environment |= {name: value.format(home=tmp_path) for name, value in said.items()}
    here = Globus.files_here(tmp_path / file, options={}, environment=environment)
    assert here is not None
    location = Globus.parse(here.address)
    assert location is not None
    found = location.below(here.path)
    assert (found.id, found.path) == (ID, there)


def test_the_options_of_the_connection_come_first(tmp_path: Path) -> None:
    options = {"local_collection": ID, "local_path": str(tmp_path), "local_collection_path": "/scratch"}
    environment = {"GLOBUS_LOCAL_ENDPOINT": "another", "GLOBUS_HOST_POSIX_BASEPATH": "/nowhere", "HOME": "/nowhere"}
    here = Globus.files_here(tmp_path / "a", options=options, environment=environment)
    assert here == Here(address=f"{TOP}/scratch/", path="a")


def test_a_home_that_is_reached_by_a_link_is_the_home(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "home").symlink_to("real")
    environment = {"HOME": str(tmp_path / "home"), "GLOBUS_LOCAL_ENDPOINT": ID}
    for name in ("home", "real"):
        here = Globus.files_here(tmp_path / name / "a", options={}, environment=environment)
        assert here == Here(address=f"{TOP}/~/", path="a")


def test_nothing_is_known_where_nothing_is_said(tmp_path: Path) -> None:
    for unset in ({}, {"GLOBUS_LOCAL_ENDPOINT": ""}):
        assert Globus.files_here(tmp_path, options={}, environment=unset) is None


def test_what_is_no_collection_is_told_to_who_can_mend_it(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "GLOBUS_LOCAL_ENDPOINT": "my-lab&origin_id=x"}
    with pytest.raises(BadConfig, match="no identifier"):
        Globus.files_here(tmp_path, options={}, environment=environment)


def test_without_a_home_there_is_nothing_to_be_found_in(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as told:
        Globus.files_here(tmp_path, options={}, environment={"GLOBUS_LOCAL_ENDPOINT": ID})
    assert "local_path" in told.value.hint
