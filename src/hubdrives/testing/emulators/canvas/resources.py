"""Canvas's JSON: courses, people, folders, files, modules.

https://canvas.instructure.com/doc/api/files.html
"""

import hashlib
import mimetypes
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote_plus

from hubdrives.testing.emulators.canvas.access import Access
from hubdrives.testing.emulators.canvas.attachments import is_folder
from hubdrives.testing.emulators.canvas.modules import Item, Module
from hubdrives.testing.emulators.canvas.people import TYPES, Context, Course, Person
from hubdrives.testing.emulators.canvas.site import Site
from hubdrives.testing.emulators.canvas.storage import Storage
from hubdrives.testing.emulators.faults import Faults
from hubdrives.testing.emulators.tree import Node

# The types of the system the emulator happens to run on must not show.
_TYPES = mimetypes.MimeTypes(filenames=())
_TYPES.add_type("application/x-ipynb+json", ".ipynb")
_TYPES.add_type("text/markdown", ".md")

_MIME_CLASSES = {
    "application/pdf": "pdf",
    "application/zip": "zip",
    "text/html": "html",
    "text/csv": "text",
    "text/plain": "text",
    "text/markdown": "text",
    "text/x-python": "code",
}


def content_type(node: Node) -> str:
    return _TYPES.guess_type(PurePosixPath(node.name).name)[0] or "application/octet-stream"


def uuid(node: Node) -> str:
    """40 letters and digits that go with a file; the same in each run."""
    return hashlib.blake2b(node.id.encode(), digest_size=20).hexdigest()


def iso8601(seconds: float | None) -> str | None:
    """A time as Canvas writes it: UTC, whole seconds."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def with_string_ids(value: Any) -> Any:
    """What a client gets that accepts `application/json+canvas-string-ids`."""
    if isinstance(value, list):
        return [with_string_ids(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: str(each) if isinstance(each, int) and (name == "id" or name.endswith("_id")) else with_string_ids(each)
        for name, each in value.items()
    }


@dataclass(frozen=True, slots=True)
class View:
    """Canvas as one person sees it at one moment."""

    access: Access
    faults: Faults
    site: Site
    storage: Storage
    url: str

    @property
    def person(self) -> Person:
        return self.access.person

    def lasts(self, effect: str, node: Node) -> bool:
        return self.faults.lasts(effect, node_id=node.id, name=node.name)

    def download_url(self, node: Node) -> str:
        verifier = f"&verifier={uuid(node)}" if self.site.verifiers else ""
        return f"{self.url}/files/{node.id}/download?download_frd=1{verifier}"

    def file(self, node: Node) -> dict[str, Any]:
        """A file, as far as this person may see it."""
        lock, info = self.access.tree.lock(node.id), self.access.lock_info(node)
        size = node.content.size if node.content else 0
        hidden = self.access.hidden(node)
        kind = content_type(node)
        found: dict[str, Any] = {
            **self.names(node),
            "upload_status": "pending" if self.lasts("pending", node) else "success",
            "content-type": kind,
            "url": self.download_url(node) if info is None else "",
            "size": size + 1 if self.lasts("size_mismatch", node) else size,
            "created_at": iso8601(node.created),
            "updated_at": iso8601(node.updated),
            "modified_at": None if self.lasts("no_modified_at", node) else iso8601(node.modified),
            "unlock_at": iso8601(lock.unlock_at),
            "lock_at": iso8601(lock.lock_at),
            "locked": lock.locked,
            "hidden": hidden,
            "hidden_for_user": hidden and not self.access.manages(self.access.context(node)),
            "thumbnail_url": None if info is None else "",
            "mime_class": _MIME_CLASSES.get(kind, kind.partition("/")[0] if kind.startswith("image/") else "file"),
            "media_entry_id": None,
            "category": "uncategorized",
            "visibility_level": "inherit",
            "locked_for_user": info is not None,
        }
        if info is not None:
            times = {name: iso8601(info[name]) for name in ("unlock_at", "lock_at") if name in info}
            found |= {"lock_info": info | times, "lock_explanation": "This file is currently locked."}
        return found

    def names(self, node: Node) -> dict[str, Any]:
        """What `only[]=names` leaves of a file."""
        found = {
            "id": int(node.id),
            "uuid": uuid(node),
            "folder_id": int(node.parents[0]),
            "display_name": node.name,
            "filename": quote_plus(node.name),
        }
        if self.lasts("no_uuid", node):
            del found["uuid"]
        return found

    def folder(self, node: Node) -> dict[str, Any]:
        access = self.access
        path = access.tree.path(node.id)
        context = access.context(node)
        lock, manages = access.tree.lock(node.id), access.manages(context)
        hidden = access.hidden(node)
        inside = [each for each in access.tree.children(node.id) if access.tree.exists(each.id)]
        if not manages:
            inside = [each for each in inside if not access.tree.lock(each.id).hidden]
        siblings = access.tree.children(node.parents[0]) if node.parents else [node]
        return {
            "id": int(node.id),
            "name": node.name,
            "full_name": "/".join(each.name for each in path),
            "parent_folder_id": int(node.parents[0]) if node.parents else None,
            "context_type": TYPES[context.kind],
            "context_id": int(context.id),
            "position": siblings.index(node) + 1,
            "created_at": iso8601(node.created),
            "updated_at": iso8601(node.updated),
            "lock_at": iso8601(lock.lock_at),
            "unlock_at": iso8601(lock.unlock_at),
            "locked": lock.locked,
            "hidden": hidden,
            "locked_for_user": not manages and (lock.closed(access.now) or lock.hidden),
            "hidden_for_user": not manages and hidden,
            "for_submissions": False,
            "can_upload": manages,
            "folders_url": f"{self.url}/api/v1/folders/{node.id}/folders",
            "files_url": f"{self.url}/api/v1/folders/{node.id}/files",
            "files_count": sum(not is_folder(each) for each in inside),
            "folders_count": sum(is_folder(each) for each in inside),
        }

    def course(self, course: Course) -> dict[str, Any]:
        role = self.access.people.role(self.person, course)
        found: dict[str, Any] = {
            "id": int(course.id),
            "name": course.name,
            "course_code": course.name,
            "workflow_state": "available" if course.published else "unpublished",
            "account_id": 1,
            "created_at": iso8601(course.created),
            "default_view": "modules",
            "time_zone": "Etc/UTC",
            "enrollments": [
                {
                    "type": role,
                    "role": f"{str(role).title()}Enrollment",
                    "user_id": int(self.person.id),
                    "enrollment_state": "active",
                }
            ],
        }
        return found | ({"sis_course_id": course.sis_id} if role == "teacher" else {})

    def group(self, group: Context, course: Course | None) -> dict[str, Any]:
        return {
            "id": int(group.id),
            "name": group.name,
            "context_type": "Account" if course is None else "Course",
            "course_id": None if course is None else int(course.id),
            "created_at": iso8601(group.created),
        }

    def user(self) -> dict[str, Any]:
        """The person who asks."""
        name = self.person.login
        return {
            "id": int(self.person.id),
            "name": name,
            "short_name": name,
            "sortable_name": name,
            "login_id": name,
            "effective_locale": "en",
            "permissions": {"can_update_name": False},
        }

    def module(self, module: Module) -> dict[str, Any]:
        manages = self.access.manages(module.course)
        items = self.access.modules.items(module, drafts=manages)
        locked = not manages and module.locked(self.access.now)
        found = {
            "id": int(module.id),
            "name": module.name,
            "position": self.access.modules.of(module.course.id, drafts=True).index(module) + 1,
            "unlock_at": iso8601(module.unlock_at),
            "items_count": len(items),
            "items_url": f"{self.url}/api/v1/courses/{module.course.id}/modules/{module.id}/items",
        }
        return found | ({"published": module.published} if manages else {"state": "locked" if locked else "unlocked"})

    def item(self, item: Item) -> dict[str, Any]:
        module = item.module
        course = f"{self.url}/courses/{module.course.id}"
        found: dict[str, Any] = {
            "id": int(item.id),
            "title": item.title,
            "position": module.items.index(item) + 1,
            "indent": 0,
            "type": item.type,
            "module_id": int(module.id),
        }
        if item.type != "SubHeader":
            found["html_url"] = f"{course}/modules/items/{item.id}"
        if item.type == "ExternalUrl":
            found["external_url"] = "https://example.org/"
        elif item.type == "Page":
            found["page_url"] = f"page-{item.content}"
        elif item.type != "SubHeader":
            found["content_id"] = int(self.access.modules.content(item))
        if item.type == "File":
            api = f"{self.url}/api/v1/courses/{module.course.id}"
            found["url"] = f"{api}/files/{self.access.modules.content(item)}"
        return found | ({"published": item.published} if self.access.manages(module.course) else {})
