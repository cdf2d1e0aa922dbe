"""With whom a folder is shared: https://help.seafile.com/sharing_collaboration/share_libraries/

Who it is shared with sees it as a library of its own, called like the folder. A share's id is "user:NAME" or
"group:NUMBER". Since version 11, servers make up the names of new accounts, "…@auth.local", and who it is stands in
their contact address: https://manual.seafile.com/11.0/upgrade/upgrade_notes_for_11.0.x/
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import msgspec

from hubdrives.errors import BadInput, Forbidden, NotFound, UnexpectedAnswer
from hubdrives.providers.abilities import Invitee, Share
from hubdrives.providers.seafile.api import Api, converted, is_link
from hubdrives.providers.seafile.changes import Changes

ROLES: Final = ("r", "rw")
_USER, _GROUP = "user", "group"
_MADE_UP: Final = "@auth.local"
"""How the names end that servers make up."""


class _User(msgspec.Struct):
    name: str
    contact_email: str | None = None


class _Group(msgspec.Struct):
    id: int
    name: str = ""


class _Item(msgspec.Struct):
    share_type: str
    permission: str
    user_info: _User | None = None
    group_info: _Group | None = None


class _Folder(msgspec.Struct):
    """A folder that is shared, once for each whom it is shared with."""

    repo_id: str
    path: str
    share_permission: str
    user_email: str = ""
    """Empty for a group."""
    contact_email: str | None = None


class _Failed(msgspec.Struct):
    error_msg: str = ""


class _Result(msgspec.Struct):
    success: tuple[_Item, ...] = ()
    failed: tuple[_Failed, ...] = ()


class _Account(msgspec.Struct):
    email: str
    contact_email: str | None = None


class _Groups(msgspec.Struct):
    groups: tuple[_Group, ...] = ()


class Sharing:
    """Shares folders.

    Args:
        api: who is asked.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self._changes = Changes(api)

    async def share(self, library: str, path: str, with_: Invitee, role: str) -> Share:
        """See `Shareable.share`. `path` is "/" for the whole library, and only then.

        One request. Who is no account's name costs two more; and if the server knows just one made-up name by that
        address, one more, which gives it to that account.
        """
        check_role(role)
        kind, who = (_GROUP, await self._group(with_.who)) if with_.group else (_USER, with_.who.strip())
        return await self._share(library, path, with_, role, kind, who)

    async def _share(self, library: str, path: str, with_: Invitee, role: str, kind: str, who: str) -> Share:
        form = [("share_type", kind), ("permission", role), ("group_id" if with_.group else "username", who)]
        _status, answer, _headers = await self._change("PUT", "shares.create", library, path, form=form)
        result = converted(answer, _Result, "shares.create")
        for each in result.success:
            return _share(each)
        # It is a success with a list of failures.
        said = result.failed[0].error_msg if result.failed else ""
        there = next((each for each in await self.shares(library, path) if _is(each, kind, who, with_)), None)
        if there is not None:
            return there if there.role == role else await self.change(library, path, there.id, role)
        if "not found" in said or "invalid" in said or "not registered" in said.lower():
            if kind == _USER and (account := await self._account(who)) is not None:
                return await self._share(library, path, with_, role, kind, account)
            raise BadInput(
                f"'{with_.who[:100]}' is not known to this Seafile server.",
                hint="Check the spelling; they must have logged in to Seafile (opened the Drive) once; then repeat.",
            )
        raise UnexpectedAnswer("Seafile did not share the folder, and gave no reason that is known.")

    async def shares(self, library: str, path: str) -> Sequence[Share]:
        """See `Shareable.shares`."""
        _check_place(library)
        params = _at(path)
        answer, _headers = await self._api.get(self._url(library), "shares.list", params)
        found = converted(answer, tuple[_Item, ...], "shares.list")
        return [_share(each) for each in found if each.user_info is not None or each.group_info is not None]

    async def below(self, library: str, path: str) -> Mapping[str, Sequence[Share]]:
        """See `TellsShares.shares_below`. One request, which is answered with all folders that the account shares.

        A folder that is removed is not shared any more, so those that are told of are there.
        """
        _check_place(library)
        top = f"{_at(path)['p'].rstrip('/')}/"
        answer, _headers = await self._api.get(f"{self._api.base}/api/v2.1/shared-folders/", "shares.folders")
        found: dict[str, list[Share]] = {}
        for each in converted(answer, tuple[_Folder, ...], "shares.folders"):
            if each.user_email and each.repo_id == library and each.path.startswith(top):
                user = _User(name=each.user_email, contact_email=each.contact_email)
                found.setdefault(each.path.removeprefix(top), []).append(_share_of(user, each.share_permission))
        return found

    async def change(self, library: str, path: str, share: str, role: str) -> Share:
        """See `Shareable.change_share`."""
        check_role(role)
        there = await self._own(library, path, share)
        await self._change("POST", "shares.update", library, path, of=share, form=[("permission", role)])
        return Share(id=there.id, who=there.who, role=role, group=there.group)

    async def end(self, library: str, path: str, share: str) -> None:
        """See `Shareable.unshare`."""
        await self._own(library, path, share)
        await self._change("DELETE", "shares.delete", library, path, of=share)

    async def _own(self, library: str, path: str, share: str) -> Share:
        """A share of this very folder: Seafile calls it a success to take away what nobody has."""
        found = next((each for each in await self.shares(library, path) if each.id == share), None)
        if found is None:
            raise NotFound("There is no such share of this folder in Seafile.")
        return found

    async def _account(self, address: str) -> str | None:
        """The name that the server made up for the account of an address; None if that is none, or not just one.

        https://seafile-api.readme.io/reference/get_api2-search-user
        """
        if "@" not in address or address.endswith(_MADE_UP):
            return None
        url, operation = f"{self._api.base}/api2/search-user/", "users.search"
        accounts: tuple[_Account, ...] = ()
        # Not all servers let everybody search.
        with suppress(Forbidden, NotFound, UnexpectedAnswer):
            answer, _headers = await self._api.get(url, operation, {"q": address})
            # The documentation shows the list alone.
            told = answer.get("users") if isinstance(answer, dict) else answer
            accounts = converted(told, tuple[_Account, ...], operation)
        found = [
            each.email
            for each in accounts
            if (each.contact_email or "").casefold() == address.casefold() and each.email.endswith(_MADE_UP)
        ]
        return found[0] if len(found) == 1 else None

    async def _group(self, who: str) -> str:
        """The number of a group that this account is in, by number or name."""
        url = f"{self._api.base}/api2/groups/"
        answer, _headers = await self._api.get(url, "groups.list", {"with_msg": "false"})
        groups = converted(answer, _Groups, "groups.list").groups
        found = [each for each in groups if who in {str(each.id), each.name}]
        if not found:
            raise BadInput(f"This account is in no group '{who[:100]}' in Seafile.")
        if len(found) > 1:
            raise BadInput(f"Several groups in Seafile are called '{who[:100]}'.", hint="Name it by its number.")
        return str(found[0].id)

    async def _change(
        self,
        method: str,
        operation: str,
        library: str,
        path: str,
        *,
        of: str = "",
        form: Sequence[tuple[str, str]] | None = None,
    ) -> tuple[int, Any, Mapping[str, str]]:
        _check_place(library)
        kind, _, who = of.partition(":")
        whose = {"share_type": kind, "group_id" if kind == _GROUP else "username": who} if of else {}
        params = {**_at(path), **whose}
        return await self._api.change(method, self._url(library), operation, params=params, form=form)

    def _url(self, library: str) -> str:
        return self._api.of(library, "dir/shared_items")


def check_role(role: str) -> None:
    """Raise BadInput if Seafile has no such role."""
    if role not in ROLES:
        raise BadInput(f"Seafile has no role '{role[:40]}'.", hint=f"The roles are: {', '.join(ROLES)}.")


def _check_place(library: str) -> None:
    if not library or is_link(library):
        raise Forbidden("Only folders of a library can be shared in Seafile.", hint="Open the library first.")


def _at(path: str) -> dict[str, str]:
    """The query that names the folder. Were it missing, Seafile would take the whole library for it, and share that."""
    if not path.startswith("/"):
        raise BadInput("A folder in Seafile is named by a path that begins with /.")
    return {"p": path}


def _is(each: Share, kind: str, who: str, with_: Invitee) -> bool:
    """Whether a share is of somebody, by the name of their account or by their address."""
    if kind == _USER and not each.group and each.who.casefold() == with_.who.strip().casefold():
        return True
    return each.id.casefold() == f"{kind}:{who}".casefold()


def _share(item: _Item) -> Share:
    if item.group_info is not None:
        number = str(item.group_info.id)
        return Share(id=f"{_GROUP}:{number}", who=item.group_info.name or number, role=item.permission, group=True)
    return _share_of(item.user_info or _User(name=""), item.permission)


def _share_of(user: _User, permission: str) -> Share:
    who = (user.contact_email if user.name.endswith(_MADE_UP) else None) or user.name
    return Share(id=f"{_USER}:{user.name}", who=who, role=permission)
