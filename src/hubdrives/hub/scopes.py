"""The hub's scopes and roles, as far as hubdrives needs them.

https://jupyterhub.readthedocs.io/en/stable/rbac/scopes.html
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from jupyterhub.app import JupyterHub
from jupyterhub.roles import get_default_roles
from jupyterhub.scopes import scope_definitions
from traitlets.config import Config

from hubdrives.credentials import hub, people
from hubdrives.hub import traits

SERVICE = "hubdrives"
"""The gateway's name as a service, and its role's."""

CALLERS = f"{SERVICE}-services"
"""The role of the services that use the gateway."""

ACCESS = f"access:services!service={SERVICE}"
"""To use the gateway. Users and their servers both need it: a server's token may do what its role and its owner may.
Services need it that grants name."""

TOKENS = hub.TOKENS
"""To ask the hub for users' access tokens, kept fresh; narrowed with `!user` or `!group=…`."""

IDENTITIES = people.IDENTITIES
"""To ask the hub who its users are: the `sub` and the e-mail address that their logins told."""

AUTH_STATE = "admin:auth_state"
"""To read all that a login left: access, refresh and id tokens. With `custom:hubdrives:tokens` nobody needs it."""

Role = Mapping[str, Any]


class Held(NamedTuple):
    """Scopes in users' hands."""

    where: str
    """What gives them; the start of a sentence."""
    scopes: tuple[str, ...]
    everyone: bool
    """Whether all users hold them."""


def names(scopes: Iterable[str]) -> set[str]:
    """What `scopes` allow, without filters: themselves and all that they imply."""
    todo, found = {scope.partition("!")[0] for scope in scopes}, set[str]()
    while todo:
        name = todo.pop()
        found.add(name)
        todo |= set(scope_definitions.get(name, {}).get("subscopes", ())) - found
    return found


def roles(c: Config) -> list[Role]:
    """The roles that the configuration defines."""
    return list(traits.effective(c, JupyterHub, "load_roles"))


def roles_of_the_gateway(c: Config) -> list[Role]:
    """The roles that its service has, or is going to have."""
    return [role for role in roles(c) if role.get("name") == SERVICE or SERVICE in role.get("services", ())]


def add_to_users(c: Config, scope: str) -> None:
    """Let users and their servers have `scope`, with all that they may do anyway."""
    defined = any(role.get("name") == "user" and "scopes" in role for role in roles(c))
    if _has_extra_user_scopes(c) and not defined:
        # The hub ignores these where the role itself is defined.
        c.JupyterHub.extra_user_scopes = {*traits.effective(c, JupyterHub, "extra_user_scopes"), scope}
    else:
        _add(c, "user", [scope])
    _add(c, "server", [scope])
    for server_token in _given_to_servers(c, "server_token_scopes"):
        # The role "server" counts no more.
        wider = [*server_token, *({scope} - set(server_token))]
        traits.replace(c, traits.class_of(c, "spawner_class"), "server_token_scopes", wider)


def add_to_services(c: Config, services: Sequence[str]) -> None:
    """Let those of `services` that the hub knows use the gateway."""
    known = {one.get("name") for one in traits.effective(c, JupyterHub, "services")}
    if callers := [name for name in services if name in known]:
        _add(c, CALLERS, [ACCESS], services=callers)


def add_to_gateway(c: Config, wanted: Sequence[str]) -> None:
    """Let the gateway have `wanted`; what an admin gave it already, narrower maybe, stays as it is."""
    held = names(scope for role in roles_of_the_gateway(c) for scope in role.get("scopes", ()))
    missing = [scope for scope in wanted if scope not in held]
    if missing or any(role.get("name") == SERVICE for role in roles(c)):
        _add(c, SERVICE, missing, services=[SERVICE])


def in_users_hands(c: Config) -> Iterator[Held]:
    """What the configuration lets users or their servers do.

    A function in place of a list of scopes says nothing before a server starts, and the role "admin" is what it is.
    """
    for role in roles(c):
        name, held = role.get("name"), tuple(role.get("scopes", ()))
        if name in {"user", "server"}:
            yield Held(f"The role '{name}'", held, everyone=True)
        elif name != "admin" and (role.get("users") or role.get("groups")):
            yield Held(f"The role '{name}'", held, everyone=False)
    if _has_extra_user_scopes(c):
        extra = traits.effective(c, JupyterHub, "extra_user_scopes")
        yield Held("JupyterHub.extra_user_scopes", tuple(sorted(extra)), everyone=True)
    for trait in ("server_token_scopes", "oauth_client_allowed_scopes"):
        for scopes in _given_to_servers(c, trait):
            yield Held(f"Spawner.{trait}", tuple(scopes), everyone=True)


def _has_extra_user_scopes(c: Config) -> bool:
    """JupyterHub 5 does not know them, and so they give nobody anything there."""
    return hasattr(JupyterHub, "extra_user_scopes") and "extra_user_scopes" in c.JupyterHub


def _given_to_servers(c: Config, trait: str) -> list[list[str]]:
    value = traits.effective(c, traits.class_of(c, "spawner_class"), trait)
    return [list(value)] if value and not callable(value) else []


def _add(c: Config, name: str, wanted: Sequence[str], *, services: Sequence[str] = ()) -> None:
    """Add to the role `name`, which is made if need be; the hub's defaults stay in roles that it defines itself."""
    standing = roles(c)
    old = next((role for role in standing if role.get("name") == name), {})
    defaults = next((list(role["scopes"]) for role in get_default_roles() if role["name"] == name), [])
    scopes = list(old.get("scopes", defaults))
    new = {**old, "name": name, "scopes": [*scopes, *(one for one in wanted if one not in scopes)]}
    if services:
        new["services"] = list(dict.fromkeys([*old.get("services", ()), *services]))
    c.JupyterHub.load_roles = [new if role is old else role for role in standing] + ([] if old else [new])
