"""What `hubdrives.hub.configure` sets, read back by JupyterHub's own classes."""

import copy
import sys
from pathlib import Path
from typing import Any

import pytest
from jupyterhub.app import JupyterHub
from jupyterhub.services.service import Service
from oauthenticator.generic import GenericOAuthenticator
from tests.hub.configuring import (
    KEY,
    KUBE,
    OAUTH,
    PERSONAL,
    SHARED,
    SPACES,
    authenticator,
    hub,
    load,
    scopes,
    service,
    spawner_environment,
)
from traitlets.config import Config

from hubdrives.errors import BadConfig
from hubdrives.hub import configure

MANAGED = 'hubdrives.hub.configure(c, config="FOLDER/hubdrives.toml")\n'
EXTERNAL = 'hubdrives.hub.configure(c, gateway_url="http://hubdrives:8000", api_token="a" * 64, user_tokens=True)\n'
SIMPLE = "hubdrives.hub.configure(c, simple=True)\n"
ACCESS = "access:services!service=hubdrives"
TOKENS = "custom:hubdrives:tokens"
IDENTITIES = "custom:hubdrives:identities"
DEFAULTS = {"user": ["self"], "server": ["users:activity!user", "access:servers!server"]}


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_CRYPT_KEY", KEY)


@pytest.fixture
def _hub_5(monkeypatch: pytest.MonkeyPatch) -> None:
    """JupyterHub lacks what only 6 has."""
    monkeypatch.delattr(JupyterHub, "extra_user_scopes", raising=False)
    monkeypatch.delattr(Service, "timeout", raising=False)


def plain(config: Config) -> Any:
    """What can be compared: the lists of changes in it become values."""
    app = hub(config)
    return {
        "hub": {
            name: getattr(app, name)
            for name in ("services", "load_roles", "extra_user_scopes", "custom_scopes", "authenticator_class")
            if hasattr(app, name)
        },
        "environment": spawner_environment(config),
        "authenticator": dict(config.Authenticator),
    }


def test_the_hub_starts_the_gateway(tmp_path):
    config = load(tmp_path, MANAGED, toml=SHARED)
    assert service(config) == {
        "name": "hubdrives",
        "url": "http://127.0.0.1:9300",
        "command": [sys.executable, "-m", "hubdrives", "gateway"],
        "environment": {"HUBDRIVES_CONFIG": str(tmp_path / "hubdrives.toml")},
        "oauth_no_confirm": True,
        "display": False,
    }
    assert spawner_environment(config) == {"HUBDRIVES_GATEWAY_URL": "http://127.0.0.1:9300/services/hubdrives/"}
    assert scopes(config, "hubdrives") == ["read:users:name", "read:users:groups"]
    for role, defaults in DEFAULTS.items():
        assert scopes(config, role) == [*defaults, ACCESS]
    assert "authenticator_class" not in config.JupyterHub
    assert "Authenticator" not in config


def test_a_personal_connection_lets_the_hub_keep_logins_and_the_gateway_ask_for_tokens(tmp_path):
    text = 'c.JupyterHub.authenticator_class = "generic-oauth"\n'
    config = load(tmp_path, text + MANAGED, toml=SHARED + PERSONAL)
    assert scopes(config, "hubdrives") == ["read:users:name", "read:users:groups", TOKENS]
    assert scopes(config, "server") == [*DEFAULTS["server"], ACCESS]
    assert TOKENS in hub(config).custom_scopes
    assert issubclass(hub(config).authenticator_class, GenericOAuthenticator)
    assert authenticator(config).enable_auth_state


NEURON = 'c.JupyterHub.services = [{"name": "neuron", "api_token": "b" * 64}]\n'


def test_a_space_lets_the_hub_keep_what_logins_tell_and_the_gateway_ask_who_users_are(tmp_path):
    text = 'c.JupyterHub.authenticator_class = "generic-oauth"\n'
    config = load(tmp_path, text + NEURON + MANAGED, toml=SPACES)
    assert scopes(config, "hubdrives") == ["read:users:name", "read:users:groups", IDENTITIES]
    assert IDENTITIES in hub(config).custom_scopes
    assert authenticator(config).enable_auth_state
    paths = [path for path, *_ in authenticator(config).get_handlers(None)]
    assert "/api/hubdrives/users/([^/]+)/identity" in paths


@pytest.mark.parametrize(
    ("more", "asks"),
    [
        ('key = "name"\naddress = "{name}@uni.example"', False),
        ('key = "name"', True),
        ('key = "name"\naddress = "{sub}"', True),
        ('address = "{name}"', True),
    ],
)
def test_the_gateway_asks_who_users_are_only_where_a_space_needs_it(tmp_path, more, asks):
    toml = SPACES.replace('folder = "neuron-data"', f'folder = "neuron-data"\n{more}')
    config = load(tmp_path, OAUTH + NEURON + MANAGED, toml=toml)
    assert (IDENTITIES in scopes(config, "hubdrives")) == asks


def test_of_a_gateway_elsewhere_the_admin_says_that_it_has_spaces(tmp_path):
    for said, asks in (("identities=True", True), ("identities=False", False)):
        text = f'hubdrives.hub.configure(c, gateway_url="http://a:1", api_token="a" * 64, {said})\n'
        config = load(tmp_path, 'c.JupyterHub.authenticator_class = "generic-oauth"\n' + text)
        assert (IDENTITIES in scopes(config, "hubdrives")) == asks
        assert bool(authenticator(config).enable_auth_state) == asks


def test_services_that_grants_name_may_use_the_gateway(tmp_path, caplog):
    config = load(tmp_path, OAUTH + NEURON + MANAGED, toml=SPACES)
    (role,) = [one for one in hub(config).load_roles if one["name"] == "hubdrives-services"]
    assert role == {"name": "hubdrives-services", "scopes": [ACCESS], "services": ["neuron"]}
    assert "a grant names the service 'ghost'" in caplog.text
    again = load(tmp_path, OAUTH + NEURON + MANAGED + MANAGED, toml=SPACES)
    assert plain(again)["hub"]["load_roles"] == plain(config)["hub"]["load_roles"]


def test_without_such_grants_no_service_may(tmp_path):
    config = load(tmp_path, NEURON + MANAGED, toml=SHARED)
    assert not [one for one in hub(config).load_roles if one["name"] == "hubdrives-services"]


def test_where_the_gateway_listens_its_configuration_says(tmp_path):
    config = load(tmp_path, MANAGED, toml='[gateway]\nhost = "172.17.0.1"\nport = 9400\n')
    assert service(config)["url"] == "http://172.17.0.1:9400"
    assert spawner_environment(config)["HUBDRIVES_GATEWAY_URL"] == "http://172.17.0.1:9400/services/hubdrives/"


def test_a_gateway_that_listens_everywhere_is_reached_where_the_admin_says(tmp_path):
    toml = '[gateway]\nhost = "0.0.0.0"\n'
    config = load(tmp_path, MANAGED, toml=toml)
    assert service(config)["url"] == "http://0.0.0.0:9300"
    assert spawner_environment(config)["HUBDRIVES_GATEWAY_URL"] == "http://127.0.0.1:9300/services/hubdrives/"
    text = 'hubdrives.hub.configure(c, config="FOLDER/hubdrives.toml", gateway_url="http://hub:9300")\n'
    config = load(tmp_path, text, toml=toml)
    assert service(config)["url"] == "http://0.0.0.0:9300"
    assert spawner_environment(config)["HUBDRIVES_GATEWAY_URL"] == "http://hub:9300/services/hubdrives/"


def test_an_address_given_with_the_configuration_is_where_the_gateway_listens(tmp_path):
    text = 'hubdrives.hub.configure(c, config="FOLDER/hubdrives.toml", gateway_url="http://127.0.0.1:9500")\n'
    config = load(tmp_path, text, toml=SHARED)
    assert service(config)["url"] == "http://127.0.0.1:9500"
    assert spawner_environment(config)["HUBDRIVES_GATEWAY_URL"] == "http://127.0.0.1:9500/services/hubdrives/"


@pytest.mark.parametrize(
    "text",
    [
        'c.JupyterHub.base_url = "/hubs/north"\n',
        'c.JupyterHub.base_url = "/hubs/north/"\n',
        'c.JupyterHub.bind_url = "http://:8000/hubs/north/"\n',
    ],
)
def test_the_hubs_own_prefix_is_in_the_gateways_address(tmp_path, text):
    config = load(tmp_path, text + MANAGED, toml=SHARED)
    reach = spawner_environment(config)["HUBDRIVES_GATEWAY_URL"]
    assert reach == "http://127.0.0.1:9300/hubs/north/services/hubdrives/"
    assert hub(config).base_url == "/hubs/north/"


def test_something_else_starts_the_gateway(tmp_path):
    config = load(tmp_path, OAUTH + EXTERNAL)
    # JupyterHub 6 does not answer before its services do, or this many seconds have passed.
    patience = {"timeout": 1} if hasattr(Service, "timeout") else {}
    assert service(config) == {
        "name": "hubdrives",
        "url": "http://hubdrives:8000",
        "api_token": "a" * 64,
        "oauth_no_confirm": True,
        "display": False,
        **patience,
    }
    assert spawner_environment(config) == {"HUBDRIVES_GATEWAY_URL": "http://hubdrives:8000/services/hubdrives/"}
    assert TOKENS in scopes(config, "hubdrives")


@pytest.mark.usefixtures("_hub_5")
def test_jupyterhub_5_is_told_only_what_it_knows(tmp_path):
    """It does not start if a service has a field that it does not know, and warns of any other name."""
    config = load(tmp_path, OAUTH + EXTERNAL)
    assert set(service(config)) == {"name", "url", "api_token", "oauth_no_confirm", "display"}
    config = load(tmp_path, 'c.JupyterHub.extra_user_scopes = {"list:groups"}\n' + MANAGED, toml=SHARED)
    assert config.JupyterHub.extra_user_scopes == {"list:groups"}
    assert scopes(config, "user") == ["self", ACCESS]


@pytest.mark.parametrize("way", ["=", "append"])
def test_a_service_that_is_there_is_completed_not_doubled(tmp_path, way):
    known = {"name": "hubdrives", "url": "http://hubdrives:8000", "api_token": "b" * 64, "display": True, "timeout": 9}
    said = f"c.JupyterHub.services = [{known}]\n" if way == "=" else f"c.JupyterHub.services.append({known})\n"
    said += 'c.JupyterHub.services.append({"name": "other", "api_token": "c" * 64})\n'
    config = load(tmp_path, OAUTH + said + "hubdrives.hub.configure(c, user_tokens=True)\n")
    assert service(config) == known | {"oauth_no_confirm": True}
    assert [one["name"] for one in hub(config).services] == ["hubdrives", "other"]
    assert spawner_environment(config) == {"HUBDRIVES_GATEWAY_URL": "http://hubdrives:8000/services/hubdrives/"}


def test_without_a_gateway_servers_may_ask_for_the_tokens_of_their_own_login(tmp_path):
    config = load(tmp_path, OAUTH + SIMPLE)
    assert hub(config).services == []
    assert spawner_environment(config) == {}
    for role, defaults in DEFAULTS.items():
        assert scopes(config, role) == [*defaults, f"{TOKENS}!user"]
    assert not any(role["name"] == "hubdrives" for role in hub(config).load_roles)


@pytest.mark.parametrize("way", ["=", "append"])
def test_what_the_admin_let_users_do_stays(tmp_path, way):
    mine = [
        {"name": "user", "scopes": ["self", "list:groups"], "description": "mine"},
        {"name": "graders", "scopes": ["list:users"], "groups": ["staff"]},
    ]
    text = f"c.JupyterHub.load_roles = {mine}\n" if way == "=" else f"c.JupyterHub.load_roles.extend({mine})\n"
    config = load(tmp_path, text + MANAGED, toml=SHARED)
    first, second, *_ = hub(config).load_roles
    assert first == {"name": "user", "scopes": ["self", "list:groups", ACCESS], "description": "mine"}
    assert second == mine[1]
    assert scopes(config, "server") == [*DEFAULTS["server"], ACCESS]


def test_a_role_without_scopes_keeps_those_that_the_hub_gives_it(tmp_path):
    config = load(tmp_path, 'c.JupyterHub.load_roles = [{"name": "user", "users": ["ann"]}]\n' + MANAGED, toml=SHARED)
    assert scopes(config, "user") == ["self", ACCESS]


@pytest.mark.skipif(not hasattr(JupyterHub, "extra_user_scopes"), reason="JupyterHub 6 has them")
def test_scopes_added_to_all_users_are_not_lost(tmp_path):
    """JupyterHub 6 ignores them once the role "user" is defined."""
    text = 'c.JupyterHub.extra_user_scopes.add("list:groups")\n'
    config = load(tmp_path, text + MANAGED, toml=SHARED)
    assert hub(config).extra_user_scopes == {"list:groups", ACCESS}
    assert not any(role["name"] == "user" for role in hub(config).load_roles)


def test_what_the_admin_gave_the_gateway_is_not_widened(tmp_path):
    narrow = f"{TOKENS}!group=drives"
    role = {"name": "hubdrives", "scopes": [narrow], "services": ["hubdrives"]}
    config = load(tmp_path, f"c.JupyterHub.load_roles = [{role}]\n{OAUTH}{EXTERNAL}")
    assert scopes(config, "hubdrives") == [narrow, "read:users:name", "read:users:groups"]
    other = {"name": "gateways", "scopes": [narrow, "read:users"], "services": ["hubdrives"]}
    config = load(tmp_path, f"c.JupyterHub.load_roles = [{other}]\n{OAUTH}{EXTERNAL}")
    assert not any(role["name"] == "hubdrives" for role in hub(config).load_roles)


def test_a_role_of_the_gateways_name_is_given_to_it(tmp_path):
    role = {"name": "hubdrives", "scopes": ["read:users", TOKENS]}
    config = load(tmp_path, f"c.JupyterHub.load_roles = [{role}]\n{OAUTH}{EXTERNAL}")
    (role,) = [one for one in hub(config).load_roles if one["name"] == "hubdrives"]
    assert role["services"] == ["hubdrives"]
    assert role["scopes"] == ["read:users", TOKENS]


def test_scopes_for_servers_that_stand_in_for_the_role_are_widened_too(tmp_path):
    text = 'c.Spawner.server_token_scopes = ["users:activity!user", "access:servers!server"]\n'
    config = load(tmp_path, text + MANAGED, toml=SHARED)
    assert hub(config).spawner_class(config=config).server_token_scopes == [*DEFAULTS["server"], ACCESS]


@pytest.mark.parametrize(
    "text",
    [
        'c.Spawner.environment = {"A": "1", "B": lambda spawner: "2"}\n',
        'c.Spawner.environment.update({"A": "1", "B": lambda spawner: "2"})\n',
        'c.LocalProcessSpawner.environment = {"A": "1", "B": lambda spawner: "2"}\n',
        'c.Spawner.environment = {"A": "1"}\nc.LocalProcessSpawner.environment.update({"B": lambda spawner: "2"})\n',
    ],
)
def test_what_servers_find_in_their_environment_is_added_to(tmp_path, text):
    environment = spawner_environment(load(tmp_path, text + MANAGED, toml=SHARED))
    assert set(environment) == {"A", "B", "HUBDRIVES_GATEWAY_URL"}
    assert callable(environment["B"])


def test_the_admins_own_address_of_the_gateway_stays(tmp_path):
    text = 'c.Spawner.environment = {"HUBDRIVES_GATEWAY_URL": "http://10.0.0.7:9300/services/hubdrives/"}\n'
    config = load(tmp_path, text + MANAGED, toml=SHARED)
    assert spawner_environment(config) == {"HUBDRIVES_GATEWAY_URL": "http://10.0.0.7:9300/services/hubdrives/"}


def test_a_service_in_kubernetes_survives_what_kubespawner_does_to_values(tmp_path):
    text = f'{KUBE}c.KubeSpawner.environment = {{"HOME": "/home/{{username}}"}}\n'
    config = load(tmp_path, text + OAUTH + EXTERNAL)
    environment = spawner_environment(config)
    assert set(environment) == {"HOME", "HUBDRIVES_GATEWAY_URL"}
    assert environment["HUBDRIVES_GATEWAY_URL"].format(username="x") == environment["HUBDRIVES_GATEWAY_URL"]


@pytest.mark.parametrize(
    "said",
    [
        '"generic-oauth"',
        '"oauthenticator.generic.GenericOAuthenticator"',
        '__import__("oauthenticator.generic", fromlist=["x"]).GenericOAuthenticator',
    ],
)
def test_an_authenticator_is_meant_by_name_path_or_class(tmp_path, said):
    text = f"c.JupyterHub.authenticator_class = {said}\n"
    config = load(tmp_path, text + "c.GenericOAuthenticator.client_id = 'me'\n" + SIMPLE)
    made = authenticator(config)
    assert isinstance(made, GenericOAuthenticator)
    assert made.client_id == "me"
    assert made.enable_auth_state


@pytest.mark.parametrize("section", ["Authenticator", "OAuthenticator", "GenericOAuthenticator"])
def test_auth_state_may_be_on_in_any_section(tmp_path, section):
    text = f'c.JupyterHub.authenticator_class = "generic-oauth"\nc.{section}.enable_auth_state = True\n'
    config = load(tmp_path, text + SIMPLE)
    assert authenticator(config).enable_auth_state
    if section != "Authenticator":
        assert "enable_auth_state" not in config.Authenticator


@pytest.mark.parametrize("call", [MANAGED, EXTERNAL, SIMPLE])
def test_twice_is_once(tmp_path, call):
    text = (
        OAUTH
        + 'c.Spawner.environment.update({"A": "1"})\nc.JupyterHub.load_roles.append({"name": "user", "users": ["x"]})\n'
    )
    once = load(tmp_path, text + call, toml=PERSONAL)
    before = plain(copy.deepcopy(once))
    configure(once, **_arguments(call, tmp_path))
    assert plain(once) == before


def _arguments(call: str, folder: Path) -> dict[str, Any]:
    collected: dict[str, Any] = {}

    class Hubdrives:
        class hub:  # noqa: N801
            @staticmethod
            def configure(_c: Any, **options: Any) -> None:
                collected.update(options)

    exec(call.replace("FOLDER", str(folder)), {"hubdrives": Hubdrives, "c": None})
    return collected


def test_the_hub_finds_when_it_starts_what_later_lines_undid(tmp_path):
    later = {
        "JupyterHub.load_roles": "c.JupyterHub.load_roles = []\n",
        "JupyterHub.services": 'c.JupyterHub.services = [{"name": "other", "api_token": "a" * 64}]\n',
        "LocalProcessSpawner.environment": "c.Spawner.environment = {}\n",
    }
    for trait, line in later.items():
        config = load(tmp_path, OAUTH + MANAGED + line, toml=PERSONAL)
        with pytest.raises(BadConfig, match=f"{trait} was set after") as refusal:
            authenticator(config)
        assert "last line" in "".join(refusal.value.__notes__)


def test_the_hub_finds_when_it_starts_what_later_lines_made_unsafe(tmp_path):
    later = 'c.Spawner.server_token_scopes = ["admin:auth_state!user"]\n'
    with pytest.raises(BadConfig, match="admin:auth_state!user"):
        authenticator(load(tmp_path, OAUTH + MANAGED + later, toml=PERSONAL))
    with pytest.raises(BadConfig, match="auth_refresh_age"):
        authenticator(load(tmp_path, OAUTH + MANAGED + "c.GenericOAuthenticator.auth_refresh_age = 0\n", toml=PERSONAL))


def test_what_the_hub_adds_later_by_itself_is_fine(tmp_path):
    later = 'c.JupyterHub.services.append({"name": "other"})\nc.Spawner.environment.update({"A": "1"})\n'
    config = load(tmp_path, OAUTH + MANAGED + later, toml=PERSONAL)
    assert authenticator(config)
    assert [one["name"] for one in hub(config).services] == ["hubdrives", "other"]


def test_a_secret_is_in_no_repr(tmp_path):
    from hubdrives.hub.plan import Gateway

    assert "sesame" not in repr(Gateway(url="http://a", reach="http://a/", api_token="sesame"))
