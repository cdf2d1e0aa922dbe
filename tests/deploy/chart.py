"""What Zero to JupyterHub's chart (4.x) takes, as far as deploy/z2jh uses it, and what its hub makes of it.

Written after the chart's reference, https://z2jh.jupyter.org/en/stable/resources/reference.html. It refuses names that
it does not know, and so does this. `helm upgrade` checks values by the chart's own schema, too.
"""

from typing import Any

TEXT, NUMBER, TOKEN = {"type": "string"}, {"type": "number"}, {"type": ["string", "null"]}
ANYTHING = {"type": "object"}


def closed(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": list(required), "properties": properties}


IMAGE = closed(("name", "tag"), name=TEXT, tag=TEXT, pullSecrets={"type": "array"})
NETWORK_POLICY = closed(ingress={"type": "array"}, egress={"type": "array"})
FILE = closed(("mountPath",), mountPath=TEXT, stringData=TEXT, mode=NUMBER) | {"minProperties": 2}
ENVIRONMENT = {"type": "object", "additionalProperties": {"type": ["string", "object"]}}
SERVICE = {"type": "object", "properties": {"url": TEXT, "name": TEXT, "api_token": TOKEN, "apiToken": TOKEN}}

VALUES = closed(
    hub=closed(
        image=IMAGE,
        networkPolicy=NETWORK_POLICY,
        services={"type": "object", "additionalProperties": SERVICE},
        loadRoles={"type": "object", "additionalProperties": ANYTHING},
        extraConfig={"type": "object", "additionalProperties": TEXT},
        extraEnv=ENVIRONMENT,
    ),
    proxy=closed(chp=closed(networkPolicy=NETWORK_POLICY)),
    singleuser=closed(
        image=IMAGE,
        networkPolicy=NETWORK_POLICY,
        extraEnv=ENVIRONMENT,
        extraFiles={"type": "object", "additionalProperties": FILE},
    ),
)
"""A JSON schema."""


def config_lines(values: dict[str, Any]) -> list[str]:
    """What the chart's jupyterhub_config.py does with `values`, in its order."""
    hub = values.get("hub", {})
    return [
        f"c.KubeSpawner.environment = {values.get('singleuser', {}).get('extraEnv', {})!r}\n",
        *(
            f"c.JupyterHub.services.append({ {'name': name, 'api_token': 'd' * 64} | one!r})\n"
            for name, one in hub.get("services", {}).items()
        ),
        *(
            f"c.JupyterHub.load_roles.append({ {'name': name} | one!r})\n"
            for name, one in hub.get("loadRoles", {}).items()
        ),
        *(text for _, text in sorted(hub.get("extraConfig", {}).items())),
    ]
