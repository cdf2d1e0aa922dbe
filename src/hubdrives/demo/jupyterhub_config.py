"""The demo's hub. The first part is what any hub needs for hubdrives; the second makes this one run on one machine."""

import json
import os
import sys
from pathlib import Path

demo = json.loads(os.environ["HUBDRIVES_DEMO"])
folder = Path(demo["folder"])
c = get_config()  # type: ignore[name-defined]  # noqa: F821 - JupyterHub defines it where it runs this file

# The gateway is a service of the hub. Only its process can read the service account's key.
c.JupyterHub.services = [
    {
        "name": "hubdrives",
        "url": demo["gateway_url"],
        "command": [sys.executable, "-m", "hubdrives", "gateway"],
        "environment": {"HUBDRIVES_CONFIG": demo["config"]},
        "oauth_no_confirm": True,
        "display": False,
    },
    # The hand that creates the demo's users; a hub of yours has a login page for that.
    {"name": "demo", "api_token": demo["api_token"]},
]
access = "access:services!service=hubdrives"
c.JupyterHub.load_roles = [
    {"name": "hubdrives", "scopes": ["read:users:name", "read:users:groups"], "services": ["hubdrives"]},
    {"name": "demo", "scopes": ["admin:users", "admin:servers", "tokens"], "services": ["demo"]},
    # Both the user and the user's server must have it: a server's token can do what both may.
    {"name": "user", "scopes": ["self", access]},
    {"name": "server", "scopes": ["users:activity!user", "access:servers!server", access]},
]
c.JupyterHub.load_groups = {name: {"users": users} for name, users in demo["groups"].items()}
# How a notebook finds the gateway; its own JUPYTERHUB_API_TOKEN says who it is.
c.Spawner.environment = {"HUBDRIVES_GATEWAY_URL": f"{demo['gateway_url']}/services/hubdrives/"}

# From here on: one machine, no login provider.
c.JupyterHub.bind_url = demo["url"]
c.JupyterHub.hub_bind_url = demo["hub_url"]
c.ConfigurableHTTPProxy.api_url = demo["proxy_api_url"]
c.ConfigurableHTTPProxy.command = demo["proxy_command"]
c.ConfigurableHTTPProxy.pid_file = str(folder / "proxy.pid")
c.JupyterHub.db_url = f"sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = str(folder / "cookie_secret")
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = demo["password"]
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(folder / "home" / "{username}")
c.Spawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]
c.Spawner.args = ["--allow-root"] if os.geteuid() == 0 else []
c.Spawner.default_url = "/lab"
c.Spawner.start_timeout = c.Spawner.http_timeout = 120
