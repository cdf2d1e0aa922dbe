"""What `hubdrives.hub.configure` refuses, with what the admin is told; and what it only warns of."""

import logging
from pathlib import Path

import pytest
from jupyterhub.app import JupyterHub
from tests.hub.configuring import KEY, KUBE, OAUTH, PERSONAL, SHARED, SPACES, load

from hubdrives.errors import BadConfig

MANAGED = 'hubdrives.hub.configure(c, config="FOLDER/hubdrives.toml")\n'
EXTERNAL = 'hubdrives.hub.configure(c, gateway_url="http://hubdrives:8000", api_token="a" * 64, user_tokens=True)\n'
SIMPLE = "hubdrives.hub.configure(c, simple=True)\n"
TOKENS = "custom:hubdrives:tokens"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_CRYPT_KEY", KEY)


def refused(folder: Path, text: str, *, toml: str | None = PERSONAL) -> tuple[str, str]:
    """The sentence and the advice with which it is refused; the hub shows both."""
    with pytest.raises(BadConfig) as refusal:
        load(folder, text, toml=toml)
    (note,) = refusal.value.__notes__
    assert note == refusal.value.hint
    return str(refusal.value), note


@pytest.fixture
def warned(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    def warnings(text: str, *, toml: str | None = PERSONAL) -> list[str]:
        caplog.clear()
        with caplog.at_level(logging.WARNING, logger="traitlets"):
            load(tmp_path, text, toml=toml)
        return [record.getMessage() for record in caplog.records if record.name == "traitlets"]

    return warnings


def role(name: str, *scopes: str, **more: object) -> str:
    return f"c.JupyterHub.load_roles.append({ {'name': name, 'scopes': list(scopes)} | more })\n"


# Logins.


def test_personal_connections_need_auth_state(tmp_path):
    for section in ("Authenticator", "GenericOAuthenticator"):
        said, advice = refused(tmp_path, f"{OAUTH}c.{section}.enable_auth_state = False\n{MANAGED}")
        assert "enable_auth_state is False" in said
        assert "enable_auth_state = True" in advice


def test_spaces_need_what_logins_tell(tmp_path):
    said, _ = refused(tmp_path, f"{OAUTH}c.Authenticator.enable_auth_state = False\n{MANAGED}", toml=SPACES)
    assert said.startswith("Spaces are for whom users' logins name, but enable_auth_state is False")
    said, _ = refused(tmp_path, MANAGED, toml=SPACES)
    assert "authenticator_class is not set" in said


@pytest.mark.parametrize("scope", ["custom:hubdrives:identities", "custom:hubdrives:identities!group=lab"])
def test_users_may_not_read_who_others_are(tmp_path, scope):
    said, _ = refused(tmp_path, f"{OAUTH}{role('user', 'self', scope)}{MANAGED}", toml=SPACES)
    assert f"The role 'user' has '{scope}', with which one user could read who others are" in said


def test_what_logins_leave_stays_with_the_hub_where_only_spaces_need_them(tmp_path):
    said, _ = refused(tmp_path, f"{OAUTH}{role('server', 'admin:auth_state!user')}{MANAGED}", toml=SPACES)
    assert "whole login" in said


def test_the_authenticator_must_be_set_before(tmp_path):
    said, advice = refused(tmp_path, f'{MANAGED}c.JupyterHub.authenticator_class = "generic-oauth"\n')
    assert "authenticator_class is not set" in said
    assert "before hubdrives.hub.configure" in advice


def test_an_authenticator_that_is_not_there_is_named(tmp_path):
    for name in ("no-such-thing", "os.path.join", "no.such.Thing"):
        said, _ = refused(tmp_path, f'c.JupyterHub.authenticator_class = "{name}"\n{MANAGED}')
        assert f"JupyterHub.authenticator_class is '{name}'" in said


@pytest.mark.parametrize("section", ["Authenticator", "GenericOAuthenticator"])
def test_an_age_of_nothing_switches_renewal_off(tmp_path, section):
    said, advice = refused(tmp_path, f"{OAUTH}c.{section}.auth_refresh_age = 0\n{EXTERNAL}")
    assert "auth_refresh_age = 0" in said
    assert "300 seconds" in advice


def test_an_authenticator_that_renews_nothing_is_said_to(tmp_path, warned):
    text = 'c.JupyterHub.authenticator_class = "shared-password"\n'
    assert any("renews no tokens" in one for one in warned(text + SIMPLE))
    assert not any("renews no tokens" in one for one in warned(OAUTH + SIMPLE))


# The key.


@pytest.mark.parametrize("call", [MANAGED, EXTERNAL, SIMPLE])
def test_logins_are_kept_under_a_key_only(tmp_path, monkeypatch, call):
    monkeypatch.delenv("JUPYTERHUB_CRYPT_KEY")
    said, advice = refused(tmp_path, OAUTH + call)
    assert "without a key" in said
    assert "openssl rand -hex 32" in advice


def test_auth_state_without_a_key_is_refused_whoever_wants_it(tmp_path, monkeypatch):
    monkeypatch.delenv("JUPYTERHUB_CRYPT_KEY")
    assert "without a key" in refused(tmp_path, OAUTH + MANAGED, toml=SHARED)[0]
    load(tmp_path, MANAGED, toml=SHARED)


@pytest.mark.parametrize("key", ["secret", "0f" * 16 + "zz", "ü" * 32, f"{KEY};short", "0f" * 31])
def test_a_key_that_is_none_is_refused_and_not_shown(tmp_path, monkeypatch, key):
    monkeypatch.setenv("JUPYTERHUB_CRYPT_KEY", key)
    said, advice = refused(tmp_path, OAUTH + MANAGED)
    assert "no key of 32 bytes" in said
    assert not any(part in said + advice for part in key.split(";"))


def test_keys_may_stand_in_the_configuration(tmp_path, monkeypatch):
    monkeypatch.delenv("JUPYTERHUB_CRYPT_KEY")
    load(tmp_path, f'c.CryptKeeper.keys = ["{KEY}"]\n{OAUTH}{MANAGED}', toml=PERSONAL)
    assert "32 bytes" in refused(tmp_path, f'c.CryptKeeper.keys = ["x"]\n{OAUTH}{MANAGED}')[0]
    monkeypatch.setenv("JUPYTERHUB_CRYPT_KEY", f"{KEY};{'1e' * 32}")
    load(tmp_path, OAUTH + MANAGED, toml=PERSONAL)


@pytest.mark.parametrize(
    "line",
    [
        'c.Spawner.env_keep = ["PATH", "JUPYTERHUB_CRYPT_KEY"]\n',
        'c.LocalProcessSpawner.environment = {"JUPYTERHUB_CRYPT_KEY": "x"}\n',
    ],
)
def test_the_key_is_not_for_users(tmp_path, line):
    said, _ = refused(tmp_path, OAUTH + line + MANAGED)
    assert "opens everybody's login" in said


# Who may read what.


@pytest.mark.parametrize("scope", ["admin:auth_state", "admin:auth_state!user", "admin:users", "admin:users!group=x"])
@pytest.mark.parametrize("call", [MANAGED, EXTERNAL])
def test_users_and_servers_read_no_login_past_a_gateway(tmp_path, scope, call):
    added = {"JupyterHub.extra_user_scopes": f'c.JupyterHub.extra_user_scopes = {{"{scope}"}}\n'}
    for where, text in {
        "The role 'server'": role("server", "users:activity!user", scope),
        "The role 'user'": role("user", "self", scope),
        "The role 'helpers'": role("helpers", scope, users=["ann"]),
        "The role 'staff'": role("staff", scope, groups=["staff"]),
        # JupyterHub 5 does not know these.
        **(added if hasattr(JupyterHub, "extra_user_scopes") else {}),
        "Spawner.server_token_scopes": f'c.LocalProcessSpawner.server_token_scopes = ["{scope}"]\n',
        "Spawner.oauth_client_allowed_scopes": f'c.Spawner.oauth_client_allowed_scopes = ["{scope}"]\n',
    }.items():
        said, advice = refused(tmp_path, OAUTH + text + call)
        assert said.startswith(f"{where} has '{scope}'")
        assert "Remove it there" in advice


@pytest.mark.parametrize("scope", [TOKENS, f"{TOKENS}!user", f"{TOKENS}!group=x"])
def test_users_ask_for_no_tokens_past_a_gateway(tmp_path, scope):
    for text in (role("server", scope), role("user", "self", scope), role("helpers", scope, users=["ann"])):
        assert f"has '{scope}'" in refused(tmp_path, text + MANAGED, toml=SHARED)[0]


@pytest.mark.parametrize(
    "text",
    [
        role("server", "inherit"),
        'c.Spawner.server_token_scopes = ["inherit"]\n',
        'c.Spawner.oauth_client_allowed_scopes = ["inherit"]\n',
    ],
)
def test_an_administrators_server_does_not_inherit_everybodys_login(tmp_path, text):
    for call in (MANAGED, EXTERNAL, SIMPLE):
        assert "administrator's server" in refused(tmp_path, OAUTH + text + call)[0]
    load(tmp_path, text + MANAGED, toml=SHARED)


def test_what_administrators_and_other_services_may_do_is_the_hubs_affair(tmp_path):
    text = role("admin", users=["ann"]).replace("'scopes': [], ", "") + role("cull", "admin:users", services=["cull"])
    load(tmp_path, OAUTH + text + MANAGED, toml=PERSONAL)


def test_servers_that_read_all_logins_are_refused_though_no_connection_uses_them(tmp_path):
    assert "admin:auth_state" in refused(tmp_path, role("server", "admin:auth_state") + MANAGED, toml=SHARED)[0]


def test_servers_that_read_their_own_login_for_other_ends_are_warned_of(tmp_path, warned):
    text = OAUTH + role("server", "admin:auth_state!user")
    (warning,) = warned(text + MANAGED, toml=SHARED)
    assert "refresh token included" in warning
    (warning,) = warned(text + SIMPLE)
    assert "refresh token included" in warning


@pytest.mark.parametrize("scope", [TOKENS, f"{TOKENS}!group=x", "admin:auth_state", "admin:auth_state!user=ann"])
def test_without_a_gateway_nobody_reads_anothers_tokens(tmp_path, scope):
    for text in (role("user", "self", scope), role("helpers", scope, users=["ann"])):
        assert f"has '{scope}'" in refused(tmp_path, OAUTH + text + SIMPLE)[0]


def test_the_gateway_itself_reads_no_more_than_it_needs(tmp_path):
    for text in (role("hubdrives", "admin:auth_state"), role("gateways", "admin:users", services=["hubdrives"])):
        said, advice = refused(tmp_path, OAUTH + text + EXTERNAL)
        assert "lets the gateway read all of users' logins" in said
        assert TOKENS in advice
    said, _ = refused(tmp_path, f'{OAUTH}c.JupyterHub.services = [{{"name": "hubdrives", "admin": True}}]\n{MANAGED}')
    assert "admin: True" in said


# What servers find in their environment.


def test_a_token_of_the_login_is_not_put_into_the_environment(tmp_path, warned):
    for name in ("ACCESS_TOKEN", "CANVAS_API_TOKEN", "OAUTH2_TOKEN", "MY_REFRESH_TOKEN", "GLOBUS_DATA"):
        text = f'{OAUTH}c.Spawner.environment = {{"{name}": lambda spawner: "x"}}\n'
        assert name in refused(tmp_path, text + MANAGED)[0]
        load(tmp_path, text + SIMPLE)
        text = f'{OAUTH}c.Spawner.environment = {{"{name}": "x", "PLAIN": lambda spawner: "x"}}\n'
        assert any(name in one for one in warned(text + MANAGED))


def test_a_hook_that_is_given_tokens_is_warned_of(warned):
    text = OAUTH + "c.Spawner.auth_state_hook = lambda spawner, auth_state: None\n"
    assert any("auth_state_hook" in one for one in warned(text + MANAGED))
    assert warned(OAUTH + MANAGED) == []


def test_nothing_is_warned_of_where_nothing_is_wrong(warned):
    for call in (MANAGED, EXTERNAL, SIMPLE):
        assert warned(OAUTH + call) == []
    assert warned(MANAGED, toml=SHARED) == []


# The gateway and how to get there.


def test_a_gateway_that_something_else_starts_has_a_token(tmp_path):
    for text in (
        'hubdrives.hub.configure(c, gateway_url="http://hubdrives:8000")\n',
        'c.JupyterHub.services = [{"name": "hubdrives", "url": "http://hubdrives:8000"}]\nhubdrives.hub.configure(c)\n',
    ):
        said, advice = refused(tmp_path, text)
        assert "does not know its token" in said
        assert "api_token=" in advice


def test_two_tokens_are_one_too_many(tmp_path):
    text = 'c.JupyterHub.services = [{"name": "hubdrives", "api_token": "b" * 64}]\n'
    said, advice = refused(tmp_path, OAUTH + text + EXTERNAL)
    assert "another api_token" in said
    assert not any(letter * 64 in said + advice for letter in "ab")


@pytest.mark.parametrize("reach", ["http://127.0.0.1:9300", "http://localhost:9300", "http://[::1]:9300"])
def test_pods_can_not_reach_the_hubs_loopback(tmp_path, reach):
    text = f'hubdrives.hub.configure(c, gateway_url="{reach}", api_token="a" * 64)\n'
    said, advice = refused(tmp_path, KUBE + text)
    assert "pods of their own" in said
    assert "http://hubdrives:8000" in advice
    assert "pods of their own" in refused(tmp_path, KUBE + MANAGED, toml='[gateway]\nhost = "0.0.0.0"\n')[0]
    environment = f'c.KubeSpawner.environment = {{"HUBDRIVES_GATEWAY_URL": "{reach}/services/hubdrives/"}}\n'
    assert "pods of their own" in refused(tmp_path, KUBE + OAUTH + environment + EXTERNAL)[0]
    load(tmp_path, text)


def test_containers_that_may_not_reach_it_are_warned_of(warned):
    text = (
        "from jupyterhub.spawner import LocalProcessSpawner\n"
        "class DockerSpawner(LocalProcessSpawner): pass\n"
        "c.JupyterHub.spawner_class = DockerSpawner\n"
    )
    assert any("may not reach" in one for one in warned(text + MANAGED, toml=SHARED))
    assert warned(text + MANAGED, toml='[gateway]\nhost = "172.17.0.1"\n') == []


def test_servers_that_run_as_the_hubs_own_user_are_warned_of(warned):
    assert any("own user" in one for one in warned('c.JupyterHub.spawner_class = "simple"\n' + MANAGED, toml=SHARED))


@pytest.mark.parametrize(
    "url", ["hubdrives:8000", "", "ftp://hubdrives:8000", "http://", "http://hubdrives:99999", "http://hubdrives/other"]
)
def test_what_is_no_address_is_refused(tmp_path, url):
    said, _ = refused(tmp_path, f'hubdrives.hub.configure(c, gateway_url="{url}", api_token="a" * 64)\n')
    assert "can't be the gateway's address" in said or "where the gateway is" in said


def test_a_port_that_nobody_knows_is_refused(tmp_path):
    assert "its port" in refused(tmp_path, MANAGED, toml="[gateway]\nport = 0\n")[0]


def test_arguments_that_do_not_go_together_are_refused(tmp_path):
    for arguments in ('config="x"', 'gateway_url="http://a"', 'api_token="x"', "user_tokens=False"):
        assert "simple=True" in refused(tmp_path, f"hubdrives.hub.configure(c, simple=True, {arguments})\n")[0]
    said, advice = refused(tmp_path, "hubdrives.hub.configure(c)\n")
    assert "where the gateway is" in said
    assert "simple=True" in advice
    text = 'hubdrives.hub.configure(c, config="FOLDER/hubdrives.toml", user_tokens=False)\n'
    assert "connection 'campus'" in refused(tmp_path, text)[0]


@pytest.mark.parametrize(
    "text",
    [
        'c.JupyterHub.services = [{"name": "hubdrives", "url": "http://a:1", "api_token": "a" * 64}]\n',
        'c.Spawner.environment = {"HUBDRIVES_GATEWAY_URL": "http://a:1"}\n',
    ],
)
def test_there_is_a_gateway_or_there_is_none(tmp_path, text):
    assert "without a gateway" in refused(tmp_path, OAUTH + text + SIMPLE)[0]


# The gateway's own configuration.


def test_a_configuration_that_is_wrong_is_refused_before_the_hub_starts(tmp_path):
    assert "There is no file" in refused(tmp_path, MANAGED, toml=None)[0]
    assert "can't be used" in refused(tmp_path, MANAGED, toml="[connections.x]\n")[0]


def test_a_secret_in_a_variable_does_not_reach_a_service_of_the_hub(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_TOKEN", "x")
    toml = SHARED + 'credential = { kind = "token", token_env = "COURSE_TOKEN" }\n'
    said, advice = refused(tmp_path, MANAGED, toml=toml)
    assert "'course'" in said
    assert "$COURSE_TOKEN" in said
    assert "token_file" in advice
    services = [{"name": "hubdrives", "environment": {"COURSE_TOKEN": "x"}}]
    load(tmp_path, f"c.JupyterHub.services = {services}\n{MANAGED}", toml=toml)


def test_secrets_that_everybody_may_open_are_warned_of(tmp_path, warned):
    for name in ("token", "keys"):
        (tmp_path / name).write_text("secret")
    toml = f'{SHARED}credential = {{ kind = "token", token_file = "{tmp_path}/token" }}\n'
    toml += f'[gateway]\nlink_key_file = "{tmp_path}/keys"\n'
    (tmp_path / "keys").chmod(0o640)
    (tmp_path / "token").chmod(0o644)
    (warning,) = warned(MANAGED, toml=toml)
    assert f"{tmp_path}/token" in warning
    (tmp_path / "token").chmod(0o600)
    assert warned(MANAGED, toml=toml) == []
