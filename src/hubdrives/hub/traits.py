"""Reads and writes the `c` of jupyterhub_config.py as the hub will understand it.

https://traitlets.readthedocs.io/en/stable/config.html: a class reads the sections of its base classes too, and a
container may be a list of changes (`c.Spawner.environment.update(…)`) as well as a value.
"""

import copy
from collections.abc import Mapping
from typing import Any

from jupyterhub.app import JupyterHub
from traitlets import TraitError
from traitlets.config import Config, LazyConfigValue

from hubdrives.errors import BadConfig


def given(c: Config, kind: Any, name: str) -> bool:
    """Whether the configuration says anything of trait `name` of class `kind`."""
    return _place(c, kind, name) is not None


def effective(c: Config, kind: Any, name: str) -> Any:
    """The value that trait `name` of class `kind` would have if the hub started now; a copy of what is a container."""
    found = Config()
    for section in kind.section_names():
        # Looking up what is not there would make it.
        if section in c and name in c[section]:
            found.merge(copy.deepcopy(Config({name: c[section][name]})))
    default = getattr(kind, name).default()
    value = found.get(name, default)
    return value.get_value(default) if isinstance(value, LazyConfigValue) else value


def add(c: Config, kind: Any, name: str, more: Mapping[str, Any]) -> None:
    """Put `more` into the dict of trait `name`, where the hub reads it last; what is there already stays."""
    missing = {key: value for key, value in more.items() if key not in effective(c, kind, name)}
    place = c[_place(c, kind, name) or _base(kind)]
    if isinstance(value := place.get(name, {}), LazyConfigValue):
        if missing:
            value.update(missing)
    else:
        place[name] = {**value, **missing}


def replace(c: Config, kind: Any, name: str, value: Any) -> None:
    """Set trait `name` where it was set, else where its class has it from."""
    c[_place(c, kind, name) or _base(kind)][name] = value


def class_of(c: Config, name: str) -> Any:
    """The class that `c.JupyterHub.NAME` means: a class, an import path or the name of an entry point.

    Raises:
        BadConfig: there is none of this name, or it is of another kind.
    """
    value = effective(c, JupyterHub, name)
    try:
        return getattr(JupyterHub, name).validate(None, value)
    except TraitError:
        raise BadConfig(
            f"JupyterHub.{name} is {value!r}, which is no such class here.",
            hint="Install its package where the hub runs, or correct the name.",
        ) from None


def _place(c: Config, kind: Any, name: str) -> str | None:
    sections = reversed(kind.section_names())
    return next((section for section in sections if section in c and name in c[section]), None)


def _base(kind: Any) -> str:
    """The section that every hub's configuration uses for such a class."""
    return next(name for name in ("JupyterHub", "Authenticator", "Spawner") if name in kind.section_names())
