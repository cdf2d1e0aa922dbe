"""What a hub's jupyterhub_config.py needs for the service; the login (`c.GenericOAuthenticator…`) stands above it."""

import sys
from pathlib import Path

from hubdrives.hub import configure

# Where the hub is started: the folder with the files of this example.
here = Path.cwd()

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - JupyterHub defines it where it runs this file
c.JupyterHub.services.append(
    {
        "name": "neuron",
        "url": "http://127.0.0.1:9310",
        "command": [sys.executable, str(here / "service.py")],
        "environment": {"HUBDRIVES_GATEWAY_URL": "http://127.0.0.1:9300/services/hubdrives/"},
        "oauth_no_confirm": True,
    }
)
# The service may ask the gateway, and everybody the service.
c.JupyterHub.load_roles.append(
    {"name": "neuron", "services": ["neuron"], "scopes": ["access:services!service=hubdrives"]}
)
c.JupyterHub.load_roles.append({"name": "user", "scopes": ["self", "access:services!service=neuron"]})

configure(c, config=here / "hubdrives.toml")
