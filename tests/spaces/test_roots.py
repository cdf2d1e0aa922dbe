"""Spaces that lie in each other."""

import pytest

from hubdrives.config import SpaceSettings
from hubdrives.errors import BadConfig
from hubdrives.model import Location
from hubdrives.spaces.roots import refuse_overlaps

ROOT = Location(provider="seafile", host="drive.example.edu", id="default", path="users")


@pytest.mark.parametrize("path", ["users", "users/logs"])
def test_what_each_account_calls_its_own_is_another_folder_for_another_connection(path):
    roots = {"one": ROOT, "two": Location(provider=ROOT.provider, host=ROOT.host, id=ROOT.id, path=path)}

    def spaces(connection):
        return {
            "one": SpaceSettings(connection="drive", folder="data"),
            "two": SpaceSettings(connection=connection, folder="data"),
        }

    refuse_overlaps(spaces("other"), roots)
    with pytest.raises(BadConfig, match="'one'"):
        refuse_overlaps(spaces("drive"), roots)
