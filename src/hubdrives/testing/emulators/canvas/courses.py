"""Courses, groups, people and modules.

https://canvas.instructure.com/doc/api/courses.html
"""

from collections.abc import Mapping
from typing import Any

from hubdrives.testing.emulators.canvas.attachments import parse_id
from hubdrives.testing.emulators.canvas.errors import CanvasError
from hubdrives.testing.emulators.canvas.files import find_context
from hubdrives.testing.emulators.canvas.modules import Item, Module
from hubdrives.testing.emulators.canvas.paging import paginate
from hubdrives.testing.emulators.canvas.people import Course, Group
from hubdrives.testing.emulators.canvas.resources import View
from hubdrives.testing.emulators.server import Answer, Call


async def list_courses(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    """The courses that one is in."""
    people = view.access.people
    found = [each for each in people.courses() if people.may_enter(view.person, each)]
    shown, headers = paginate(view, call, found, lambda each: (int(each.id),))
    return Answer.json([view.course(each) for each in shown], headers=headers)


async def get_course(view: View, _call: Call, args: Mapping[str, str]) -> Answer:
    return Answer.json(view.course(_course(view, {"course_id": args["id"]})))


async def list_groups(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """The groups that one is in, of all or of one course."""
    people = view.access.people
    course = _course(view, args) if "course_id" in args else None
    found = [
        each
        for each in people.groups()
        if people.may_enter(view.person, each) and (course is None or each.course is course)
    ]
    shown, headers = paginate(view, call, found, lambda each: (int(each.id),))
    return Answer.json([view.group(each, each.course) for each in shown], headers=headers)


async def get_group(view: View, _call: Call, args: Mapping[str, str]) -> Answer:
    group = view.access.enter(find_context(view, {"group_id": args["id"]}))
    return Answer.json(view.group(group, group.course if isinstance(group, Group) else None))


async def get_user(view: View, _call: Call, args: Mapping[str, str]) -> Answer:
    """Oneself: of others a student learns nothing here."""
    view.access.enter(find_context(view, {"user_id": args["id"]}))
    return Answer.json(view.user())


async def get_profile(view: View, _call: Call, args: Mapping[str, str]) -> Answer:
    """What a hub reads of whoever logs in: https://canvas.instructure.com/doc/api/users.html#method.profile.settings"""
    view.access.enter(find_context(view, args))
    return Answer.json({**view.user(), "primary_email": f"{view.person.login}@example.edu"})


async def list_modules(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    course = _course(view, args)
    found = view.access.modules.of(course.id, drafts=view.access.manages(course))
    shown, headers = paginate(view, call, found, lambda each: (found.index(each),))
    return Answer.json([view.module(each) for each in shown], headers=headers)


async def get_module(view: View, _call: Call, args: Mapping[str, str]) -> Answer:
    return Answer.json(view.module(_module(view, {**args, "module_id": args["id"]})))


async def list_items(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    module = _module(view, args)
    found = _items(view, module)
    shown, headers = paginate(view, call, found, lambda each: (found.index(each),))
    return Answer.json([view.item(each) for each in shown], headers=headers)


async def get_item(view: View, _call: Call, args: Mapping[str, str]) -> Answer:
    wanted = parse_id(args["id"])
    for item in _items(view, _module(view, args)):
        if item.id == wanted:
            return Answer.json(view.item(item))
    raise CanvasError("not_found")


async def item_sequence(view: View, call: Call, args: Mapping[str, str]) -> Answer:
    """What comes before and after an item, or a file, in the modules of a course."""
    course = _course(view, args)
    modules = view.access.modules.of(course.id, drafts=view.access.manages(course))
    items = [each for module in modules for each in _items(view, module)]
    kind, asset = call.params.get("asset_type"), parse_id(call.params.get("asset_id", ""))
    if kind not in {"ModuleItem", "File", "Page", "Quiz", "Discussion", "Assignment", "ExternalTool"}:
        raise CanvasError("bad_request", "invalid asset_type")
    nodes: list[dict[str, Any]] = []
    holding: dict[str, Module] = {}
    for position, item in enumerate(items):
        content = view.access.modules.content(item)
        if (asset == item.id) if kind == "ModuleItem" else (item.type == kind and content == asset):
            around = {
                "prev": items[position - 1] if position else None,
                "current": item,
                "next": items[position + 1] if position + 1 < len(items) else None,
            }
            nodes.append({name: each and view.item(each) for name, each in around.items()})
            holding |= {each.module.id: each.module for each in around.values() if each}
    return Answer.json({"items": nodes, "modules": [view.module(each) for each in holding.values()]})


def _course(view: View, args: Mapping[str, str]) -> Course:
    found = view.access.enter(find_context(view, {"course_id": args["course_id"]}))
    if not isinstance(found, Course):
        raise CanvasError("not_found")
    return found


def _module(view: View, args: Mapping[str, str]) -> Module:
    course = _course(view, args)
    wanted = parse_id(args["module_id"])
    for module in view.access.modules.of(course.id, drafts=view.access.manages(course)):
        if module.id == wanted:
            return module
    raise CanvasError("not_found")


def _items(view: View, module: Module) -> list[Item]:
    return view.access.modules.items(module, drafts=view.access.manages(module.course))
