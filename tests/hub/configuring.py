"""jupyterhub_config.py files, loaded as JupyterHub loads them."""

from pathlib import Path
from typing import Any

from jupyterhub.app import JupyterHub
from traitlets.config import Config, PyFileConfigLoader

KEY = "0f" * 32

PERSONAL = """
[connections.campus]
provider = "local"
root = "/srv/campus"
credential = { kind = "hub_login" }
"""
"""A connection that uses the tokens of users' logins."""

SHARED = """
[connections.course]
provider = "local"
root = "/srv/course"
"""
"""One that does not."""

SPACES = """
[connections.robot]
provider = "box"
root = "https://app.box.com/folder/1"

[spaces.results]
connection = "robot"
folder = "neuron-data"

[[grants]]
connection = "results"
services = ["neuron", "ghost"]
can = ["manage"]
"""
"""A space whose folders are named for the subjects of logins, and which a service manages."""

OAUTH = """
c.JupyterHub.authenticator_class = "generic-oauth"
c.Authenticator.enable_auth_state = True
"""

KUBE = """
from jupyterhub.spawner import LocalProcessSpawner

class KubeSpawner(LocalProcessSpawner):
    def get_env(self):
        return {
            name: value.format(username=self.user.name) if isinstance(value, str) else value
            for name, value in super().get_env().items()
        }

c.JupyterHub.spawner_class = KubeSpawner
"""
"""Named and expanding braces like the real one."""


def load(folder: Path, text: str, *, toml: str | None = None) -> Config:
    """What jupyterhub_config.py with `text` sets; FOLDER in it is where hubdrives.toml is, if there is one."""
    if toml is not None:
        (folder / "hubdrives.toml").write_text(toml)
    source = f"import hubdrives.hub\nc = get_config()\n{text}"
    (folder / "jupyterhub_config.py").write_text(source.replace("FOLDER", str(folder)))
    return PyFileConfigLoader("jupyterhub_config.py", path=str(folder)).load_config()


def hub(config: Config) -> JupyterHub:
    """A hub that has read it, and does nothing yet."""
    return JupyterHub(config=config)


def authenticator(config: Config) -> Any:
    """The hub's authenticator, as it makes it when it starts."""
    app = hub(config)
    return app.authenticator_class(parent=app)


def spawner_environment(config: Config) -> dict[str, Any]:
    """What the configuration adds to the environment of users' servers."""
    return dict(hub(config).spawner_class(config=config).environment)


def service(config: Config, name: str = "hubdrives") -> dict[str, Any]:
    (found,) = [one for one in hub(config).services if one["name"] == name]
    return dict(found)


def scopes(config: Config, role: str) -> list[str]:
    (found,) = [one for one in hub(config).load_roles if one["name"] == role]
    return list(found["scopes"])
