"""Earlier versions of files.

https://developer.box.com/reference/resources/file-version/
"""

from collections.abc import Mapping

from hubdrives.testing.emulators.box.asking import limit, offset, read_json, text
from hubdrives.testing.emulators.box.errors import BoxError
from hubdrives.testing.emulators.box.files import check_open
from hubdrives.testing.emulators.box.resources import View
from hubdrives.testing.emulators.server import Answer, Call


async def list_versions(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """The past versions, the newest first; the current one is not among them."""
    node = view.access.item("file", args["id"])
    view.access.need(node, "preview")
    past = view.box.tree.versions(node.id)[-2::-1]
    start, size = offset(call), limit(call)
    page = past[start : start + size]
    return Answer.json(
        {
            "total_count": len(past),
            "entries": [view.version(each) for each in page],
            "offset": start,
            "limit": size,
            "order": [{"by": "created_at", "direction": "DESC"}],
        }
    )


async def get_version(view: View, _call: Call, args: Mapping[str, str]) -> Answer:
    node = view.access.item("file", args["id"])
    view.access.need(node, "preview")
    version = view.box.tree.version(node.id, args["version"])
    if version is None:
        raise BoxError("not_found")
    return Answer.json(view.version(version))


async def promote_version(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """Make a new current version of the bytes of an earlier one."""
    body = await read_json(call)
    async with view.box.writing(view.user):
        node = view.access.item("file", args["id"])
        view.access.need(node, "upload")
        check_open(view, node, to_read=False)
        version = view.box.tree.version(node.id, text(body, "id"))
        if version is None or body.get("type") != "file_version":
            raise BoxError("not_found" if version is None else "bad_request")
        view.box.tree.promote(node.id, version)
        return Answer.json(view.version(view.box.tree.versions(node.id)[-1]), status=201)


async def delete_version(view: View, _call: Call, args: Mapping[str, str]) -> Answer:
    async with view.box.writing(view.user):
        node = view.access.item("file", args["id"])
        view.access.need(node, "delete")
        version = view.box.tree.version(node.id, args["version"])
        if version is None:
            raise BoxError("not_found")
        if version == view.box.tree.versions(node.id)[-1]:
            raise BoxError("bad_request", "The current version can't be removed")
        view.box.tree.drop_version(node.id, version.id)
        return Answer(204)
