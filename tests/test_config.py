"""Settings from TOML: what is understood, what is refused, and that no secret stands in them."""

import pytest

from hubdrives import config
from hubdrives.config import ConnectionSettings, GatewaySettings, Grant, LimitSettings, Settings
from hubdrives.errors import BadConfig

WHOLE = """
[connections.course]
provider = "googledrive"
root = "https://drive.google.com/drive/folders/1AbC"
credential = { kind = "google_service_account", key_file = "/etc/key.json" }
options = { group_size = 10 }
limits = { concurrency = 4, rate = 2.5, patience = 60 }

[connections.shared]
provider = "local"
root = "/srv/shared"

[[grants]]
connection = "course"
groups = ["students"]

[[grants]]
connection = "shared"
root = "/srv/shared/staff"
users = ["ada"]
can = ["read", "link"]

[gateway]
port = 9400
fresh_seconds = 5
"""


def test_a_whole_file_is_understood():
    assert config.parse(WHOLE) == Settings(
        connections={
            "course": ConnectionSettings(
                provider="googledrive",
                root="https://drive.google.com/drive/folders/1AbC",
                credential={"kind": "google_service_account", "key_file": "/etc/key.json"},
                options={"group_size": 10},
                limits=LimitSettings(concurrency=4, rate=2.5, patience=60),
            ),
            "shared": ConnectionSettings(provider="local", root="/srv/shared"),
        },
        grants=(
            Grant(connection="course", groups=("students",)),
            Grant(connection="shared", root="/srv/shared/staff", users=("ada",), can=("read", "link")),
        ),
        gateway=GatewaySettings(port=9400, fresh_seconds=5),
    )


def test_an_empty_file_is_all_defaults():
    assert config.parse("") == Settings()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[connections", "can't be used"),
        ("[connections.x]\nprovder = 'local'", "provder"),
        ("[connections.x]\nroot = '/srv'", "provider"),
        ("[connections.x]\nprovider = 3", "provider"),
        ("[gateway]\nport = 'many'", "port"),
        ("[gateway]\nport = 99999", "port"),
        ("[gateway]\nfresh_seconds = -1", "fresh_seconds"),
        ("[connections.x]\nprovider = 'local'\nlimits = { concurrency = 0 }", "concurrency"),
        ("[connections.x]\nprovider = 'local'\nlimits = { rate = 0 }", "rate"),
        ("[connections.x]\nprovider = 'local'\nlimits = { patience = -1 }", "patience"),
        ("[[grants]]\nconnection = 'x'\neveryone = true", "'x', which is not configured"),
        ("[connections.x]\nprovider = 'local'\nroot = '/s'\n[[grants]]\nconnection = 'x'", "names nobody"),
        (
            """[connections.x]\nprovider = 'local'\nroot = '/s'
            [[grants]]\nconnection = 'x'\neveryone = true\ncan = ['fly']""",
            "'fly'; known: read, link, write, share",
        ),
    ],
)
def test_a_mistake_is_named(text, said):
    with pytest.raises(BadConfig, match=said) as caught:
        config.parse(text, origin="my.toml")
    assert "my.toml" in str(caught.value)


@pytest.mark.parametrize(
    "field",
    ["token", "secret", "client_secret", "password", "key", "private_key", "refresh_token", "api_key", "ACCESS_TOKEN"],
)
def test_a_secret_in_clear_is_refused_and_not_repeated(field):
    text = f"[connections.x]\nprovider = 'box'\ncredential = {{ kind = 'token', {field} = 'hush' }}"
    with pytest.raises(BadConfig, match="in clear") as caught:
        config.parse(text)
    assert "hush" not in f"{caught.value}{caught.value.hint}"
    assert f"{field}_file" in caught.value.hint


def test_a_reference_to_a_secret_is_welcome():
    text = "[connections.x]\nprovider = 'box'\ncredential = { token_env = 'A', key_file = '/b', token_uri = 'c' }"
    assert config.parse(text).connections["x"].credential["token_env"] == "A"


# Spaces


SPACES = """
[connections.x]
provider = 'box'
root = 'https://app.box.com/folder/1'
[spaces.results]
connection = 'x'
folder = 'neuron-data'
"""


def test_a_space_and_who_may_what_in_it_are_understood():
    text = f"""{SPACES}
    address = '{{name}}@example.org'
    [[grants]]
    connection = 'results'
    everyone = true
    can = ['read', 'write']
    [[grants]]
    connection = 'results'
    services = ['neuron']
    can = ['manage']
    """
    settings = config.parse(text)
    space = settings.spaces["results"]
    assert (space.connection, space.folder, space.key, space.address) == (
        "x",
        "neuron-data",
        "sub",
        "{name}@example.org",
    )
    assert [grant.services for grant in settings.grants] == [(), ("neuron",)]


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ("key = 'email'", "email"),
        ("address = '{user}'", "takes {name}, {sub} and {email}"),
        ("address = '{'", "takes {name}, {sub} and {email}"),
        ("address = '{}'", "takes {name}, {sub} and {email}"),
        ("address = '{name.upper}'", "takes {name}, {sub} and {email}"),
        ("[spaces.x]\nconnection = 'x'\nfolder = 'f'", "both a connection and a space"),
        ("[spaces.y]\nconnection = 'z'\nfolder = 'f'", "'z', which is not configured"),
        ("[spaces.y]\nconnection = 'x'\nfolder = 'a/b'", "'a/b', of space 'y'"),
        ("[spaces.y]\nconnection = 'x'\nfolder = '..'", "'..', of space 'y'"),
        ("[[grants]]\nconnection = 'results'\neveryone = true\ncan = ['link']", "'link'; known: read, write, manage"),
        ("[[grants]]\nconnection = 'x'\neveryone = true\ncan = ['manage']", "'manage'; known: read, link"),
        ("[[grants]]\nconnection = 'results'\neveryone = true\nroot = 'https://app.box.com/folder/2'", "has a root"),
        ("[[grants]]\nconnection = 'results'\ncan = ['manage']", "names nobody"),
    ],
)
def test_a_mistake_in_a_space_is_named(added, said):
    with pytest.raises(BadConfig, match=said) as caught:
        config.parse(SPACES + added, origin="my.toml")
    assert "my.toml" in str(caught.value)


# load


def test_the_file_that_the_variable_names_is_read(tmp_path):
    (tmp_path / "a.toml").write_text("[gateway]\nport = 1234")
    assert config.load({"HUBDRIVES_CONFIG": str(tmp_path / "a.toml")}).gateway.port == 1234


def test_without_the_variable_the_file_in_the_home_is_read_if_it_is_there(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert config.load({}) == Settings()
    (tmp_path / ".config/hubdrives").mkdir(parents=True)
    (tmp_path / ".config/hubdrives/hubdrives.toml").write_text("[gateway]\nport = 1234")
    assert config.load({}).gateway.port == 1234


def test_a_file_that_was_named_must_be_there(tmp_path):
    with pytest.raises(BadConfig, match=r"none\.toml"):
        config.load({"HUBDRIVES_CONFIG": str(tmp_path / "none.toml")})


def test_what_can_not_be_read_is_said(tmp_path):
    with pytest.raises(BadConfig, match="can't be read"):
        config.load({"HUBDRIVES_CONFIG": str(tmp_path)})
    (tmp_path / "latin").write_bytes(b"# caf\xe9")
    with pytest.raises(BadConfig, match="UTF-8"):
        config.load({"HUBDRIVES_CONFIG": str(tmp_path / "latin")})


# secret


def test_a_secret_comes_from_a_file_or_a_variable_without_trailing_white_space(tmp_path):
    (tmp_path / "token").write_text("hush \n")
    assert config.secret({"token_file": str(tmp_path / "token")}, "token") == "hush"
    assert config.secret({"token_env": "MINE"}, "token", {"MINE": "quiet\n"}) == "quiet"


@pytest.mark.parametrize(
    "credential",
    [
        {},
        {"token_env": "NONE"},
        {"token_env": "EMPTY"},
        {"token_file": "/none"},
        {"token_file": "/"},
        {"key_env": "SET"},
    ],
)
def test_a_secret_that_is_not_there_is_said(credential):
    with pytest.raises(BadConfig):
        config.secret(credential, "token", {"EMPTY": " \n", "SET": "x"})


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({}, None),
        ({"HOME": ""}, None),
        ({"HOME": "/home/ada"}, "/home/ada/.local/state/hubdrives"),
        ({"HOME": "/home/ada", "XDG_STATE_HOME": "/var/state"}, "/var/state/hubdrives"),
        ({"HOME": "/home/ada", "XDG_STATE_HOME": "state"}, "/home/ada/.local/state/hubdrives"),
    ],
)
def test_notes_of_this_user_s_processes_are_where_the_desktop_s_rules_have_them(environment, folder):
    found = config.state_folder(environment)
    assert (found and str(found)) == folder
