"""The hub of demo and tests: a login, one machine, and in the last line what any hub needs for hubdrives."""

import json
import os
import sys
from pathlib import Path

from jupyterhub.services.service import Service

given = json.loads(os.environ["HUBDRIVES_TESTING_HUB"])
folder = Path(given["folder"])
c = get_config()  # type: ignore[name-defined]  # noqa: F821 - JupyterHub defines it where it runs this file

# Who logs in, and how.
if given["issuer"]:
    issuer = given["issuer"]
    c.JupyterHub.authenticator_class = "generic-oauth"
    c.GenericOAuthenticator.client_id = issuer["client_id"]
    c.GenericOAuthenticator.client_secret = issuer["client_secret"]
    c.GenericOAuthenticator.oauth_callback_url = f"{given['url']}/hub/oauth_callback"
    c.GenericOAuthenticator.authorize_url = issuer["authorize_url"]
    c.GenericOAuthenticator.token_url = issuer["token_url"]
    c.GenericOAuthenticator.userdata_url = issuer["userinfo_url"]
    c.GenericOAuthenticator.scope = ["openid", "profile", "offline_access"]
    c.GenericOAuthenticator.username_claim = "preferred_username"
    if given["groups"] is None:
        c.GenericOAuthenticator.auth_state_groups_key = "oauth_user.groups"
        c.Authenticator.manage_groups = True
    if given["plain"]:
        # Else `configure` does it, where connections need it.
        c.Authenticator.enable_auth_state = True
    c.Authenticator.auth_refresh_age = given["refresh_age"]
    c.Authenticator.auto_login = True
else:
    c.JupyterHub.authenticator_class = "shared-password"
    c.SharedPasswordAuthenticator.user_password = given["password"]
c.Authenticator.allow_all = True
c.JupyterHub.load_groups = {name: {"users": users} for name, users in (given["groups"] or {}).items()}

# The services have names and tokens here; `configure` completes the gateway's. "operator" is the hand that makes users,
# groups, tokens and servers.
c.JupyterHub.services = given["services"]
c.JupyterHub.load_roles = given["roles"]

# One machine, one process for each server.
c.JupyterHub.bind_url = given["url"]
c.JupyterHub.hub_bind_url = given["hub_url"]
c.JupyterHub.db_url = f"sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = str(folder / "cookie_secret")
c.ConfigurableHTTPProxy.api_url = given["proxy_api_url"]
c.ConfigurableHTTPProxy.command = given["proxy_command"]
c.ConfigurableHTTPProxy.pid_file = str(folder / "proxy.pid")
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(folder / "home" / "{username}")
c.Spawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]
c.Spawner.args = ["--allow-root"] if os.geteuid() == 0 else []
c.Spawner.default_url = "/lab"
c.Spawner.start_timeout = c.Spawner.http_timeout = 120

for section, traits in given["config"].items():
    for name, value in traits.items():
        c[section][name] = value

if given["last_lines"] is not None:
    exec(given["last_lines"])  # noqa: S102 - a test's own text, such as a page of the docs
elif given["plain"]:
    # `configure` sees to it elsewhere: nobody starts the gateway, and JupyterHub 6 would wait for it.
    for service in c.JupyterHub.services if hasattr(Service, "timeout") else ():
        service["timeout"] = 1
else:
    from hubdrives.hub import configure

    configure(c, **given["configure"])
