"""Who has access to a folder or file by invitation: https://developer.box.com/guides/collaborations/"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from hubdrives.errors import BadInput, Forbidden, NotFound
from hubdrives.providers.abilities import Invitee, Share
from hubdrives.providers.box.api import Api, Collaboration
from hubdrives.providers.box.failures import AlreadyShared, MissingScope
from hubdrives.providers.box.resolve import Place

ROLES = ("viewer", "previewer", "uploader", "previewer uploader", "viewer uploader", "editor", "co-owner")
"""https://support.box.com/hc/en-us/articles/360044196413"""

_ADDRESS = "Give an e-mail address, or the number of an account in Box."
_NUMBER = "Give the group's number, which is in the address of its page in Box."


async def share(api: Api, place: Place, with_: Invitee, role: str) -> Share:
    """See `Shareable.share`. Box tells people by e-mail."""
    check_role(role)
    if with_.group:
        with_ = await _group(api, with_)
    try:
        return _share(await api.collaborate(place.item.key, _accessible_by(with_), role))
    except AlreadyShared:
        for each in await _own(api, place):
            if _is(each, with_):
                return _share(each) if each.role == role else _share(await api.change_collaboration(each.id, role))
        raise
    except NotFound:
        # Of the item, or of whom it is to be shared with?
        await api.item(place.item.key, link=place.link)
        what = "group" if with_.group else "person"
        raise BadInput(f"Box knows no {what} '{with_.who[:100]}'.") from None


async def shares(api: Api, place: Place) -> Sequence[Share]:
    """See `Shareable.shares`."""
    return [_share(each) for each in await _own(api, place)]


async def change_share(api: Api, place: Place, share: str, role: str) -> Share:
    """See `Shareable.change_share`."""
    check_role(role)
    await _check_own(api, place, share)
    return _share(await api.change_collaboration(share, role))


async def unshare(api: Api, place: Place, share: str) -> None:
    """See `Shareable.unshare`."""
    await _check_own(api, place, share)
    await api.end_collaboration(share)


def check_role(role: str) -> None:
    """Raise BadInput if Box has no such role."""
    if role not in ROLES:
        raise BadInput(f"Box has no role '{role[:40]}'.", hint=f"The roles are: {', '.join(ROLES)}.")


async def _own(api: Api, place: Place) -> list[Collaboration]:
    """Those of this very item: what is given on a folder above is told as well."""
    found = await api.collaborations(place.item.key, link=place.link)
    return [each for each in found if each.item is None or each.item.get("id") == place.item.id]


async def _check_own(api: Api, place: Place, share: str) -> None:
    """Raise NotFound if a share is not of this item: its number alone would lead to any folder."""
    if share not in {each.id for each in await _own(api, place)}:
        raise NotFound(f"'{place.item.name}' in Box has no such share.")


async def _group(api: Api, with_: Invitee) -> Invitee:
    """A group by its number: Box takes no names, but some accounts may look them up."""
    name = with_.who
    if name.isdecimal():
        return with_
    try:
        found = [each for each in await api.groups(name) if each.name == name]
    except (MissingScope, Forbidden):
        raise BadInput("This account may not look groups up in Box by name.", hint=_NUMBER) from None
    if not found:
        raise BadInput(f"Box tells this account of no group '{name[:100]}'.", hint=_NUMBER)
    if len(found) > 1:
        raise BadInput(f"Box has {len(found)} groups '{name[:100]}'.", hint=_NUMBER)
    return replace(with_, who=found[0].id)


def _accessible_by(with_: Invitee) -> Mapping[str, str]:
    if with_.group:
        return {"type": "group", "id": with_.who}
    if not (with_.who.isdecimal() or "@" in with_.who):
        raise BadInput(f"Box knows no person '{with_.who[:100]}'.", hint=_ADDRESS)
    return {"type": "user", "id" if with_.who.isdecimal() else "login": with_.who}


def _is(each: Collaboration, with_: Invitee) -> bool:
    told = each.accessible_by or {}
    names = {told.get("id"), str(told.get("login", "")).casefold(), (each.invite_email or "").casefold()}
    return (told.get("type") == "group") == with_.group and with_.who.casefold() in names


def _share(each: Collaboration) -> Share:
    told = each.accessible_by or {}
    return Share(
        id=each.id,
        who=str(told.get("login") or told.get("name") or each.invite_email or told.get("id") or ""),
        role=each.role,
        group=told.get("type") == "group",
        accepted=each.status == "accepted",
        until=each.expires_at,
    )
