"""Search, by an index that lags behind.

https://developer.box.com/reference/get-search/
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence

from hubdrives.testing.emulators.box.asking import asked_fields, limit, offset
from hubdrives.testing.emulators.box.errors import BoxError
from hubdrives.testing.emulators.box.resources import View, parse_time
from hubdrives.testing.emulators.server import Answer, Call
from hubdrives.testing.emulators.tree import Node

_WORD = re.compile(r"\w+")
_TERM = re.compile(r'"([^"]+)"|(\S+)')
_USUAL, _MOST = 30, 200  # entries of a page
_MOST_OFFSET = 10_000
_LONGEST_TEXT = 1 << 20  # bytes of a file that are read for its words
_FILTERS = (
    "query",
    "file_extensions",
    "ancestor_folder_ids",
    "type",
    "created_at_range",
    "updated_at_range",
    "size_range",
    "owner_user_ids",
    "recent_updater_user_ids",
)
_TYPES = ("file", "folder", "web_link")
_WHERE = frozenset({"name", "description", "file_content", "comments", "tag"})


async def search(view: View, call: Call, _args: Mapping[str, str]) -> Answer:
    """What matches all that is asked for, those that have the words in their names first."""
    if not any(call.params.get(each) for each in _FILTERS):
        raise BoxError("bad_request", "Missing parameter 'query'")
    if call.params.get("scope", "user_content") != "user_content":
        view.access.need_scope("enterprise_content")
    start, size = offset(call, _MOST_OFFSET), limit(call, _USUAL, _MOST)
    found = await _search(view, call)
    fields = asked_fields(call)
    return Answer.json(
        {
            "type": "search_results_items",
            "total_count": len(found),
            "offset": start,
            "limit": size,
            "entries": [view.item(each, fields) for each in found[start : start + size]],
        }
    )


async def _search(view: View, call: Call) -> list[Node]:
    wanted = _filter(view, call)
    found = [each for each in view.box.tree.nodes.values() if wanted(each)]
    terms = [(phrase or word).casefold() for phrase, word in _TERM.findall(call.params.get("query", ""))]
    if terms:
        where = set((call.params.get("content_types") or ",".join(_WHERE)).split(","))
        if not where <= _WHERE:
            raise BoxError("bad_request", "Invalid value for 'content_types'")
        found = await asyncio.to_thread(_matching, view, found, terms, where)
    if call.params.get("sort") == "modified_at":
        found.sort(key=lambda node: node.updated, reverse=call.params.get("direction", "DESC").upper() == "DESC")
    return found


def _filter(view: View, call: Call) -> Callable[[Node], bool]:
    """Whether an item is of those asked for, whatever its words."""
    params, tree = call.params, view.box.tree
    extensions = {each.lower().lstrip(".") for each in _listed(call, "file_extensions")}
    under = {view.access.user.root if each == "0" else each for each in _listed(call, "ancestor_folder_ids")}
    owners, updaters = set(_listed(call, "owner_user_ids")), set(_listed(call, "recent_updater_user_ids"))
    kind = params.get("type")
    if kind is not None and kind not in _TYPES:
        raise BoxError("bad_request", "Invalid value for 'type'")
    created, updated = _range(call, "created_at_range", parse_time), _range(call, "updated_at_range", parse_time)
    sizes = _range(call, "size_range", float)
    trash = params.get("trash_content", "non_trashed_only")
    indexed = view.now - view.site.search_lag

    def wanted(node: Node) -> bool:
        by = tree.authors[node.id][1]
        return (
            bool(node.parents)
            and node.updated <= indexed
            and (kind is None or node.kind == kind)
            and (not extensions or (node.kind == "file" and node.name.rpartition(".")[2].lower() in extensions))
            and (not under or bool(under & (tree.lineage(node.id) - {node.id})))
            and (trash == "all_items" or tree.in_trash(node.id) == (trash == "trashed_only"))
            and created(node.created)
            and updated(node.updated)
            and sizes(node.content.size if node.content else 0)
            and (not owners or view.box.owner_of(node).id in owners)
            and (not updaters or (by or view.box.owner_of(node).id) in updaters)
            and view.access.sees(node)
        )

    return wanted


def _matching(view: View, nodes: Sequence[Node], terms: Sequence[str], where: set[str]) -> list[Node]:
    named, others = [], []
    for node in nodes:
        if "name" in where and _holds(node.name, terms):
            named.append(node)
        elif _holds(_text(view, node, where), terms):
            others.append(node)
    return named + others


def _text(view: View, node: Node, where: set[str]) -> str:
    found = [node.name] if "name" in where else []
    if "description" in where:
        found.append(view.box.tree.descriptions.get(node.id, ""))
    if "file_content" in where and node.content is not None and node.content.size <= _LONGEST_TEXT:
        found.append(node.content.read().decode(errors="ignore"))
    return "\n".join(found)


def _holds(text: str, terms: Sequence[str]) -> bool:
    """Whether a text has every phrase, and a word that begins with every word."""
    folded = text.casefold()
    words = _WORD.findall(folded)
    return all(
        (term in folded) if not _WORD.fullmatch(term) else any(word.startswith(term) for word in words)
        for term in terms
    )


def _listed(call: Call, name: str) -> list[str]:
    return [each for each in call.params.get(name, "").split(",") if each]


def _range(call: Call, name: str, parse: Callable[[str], float]) -> Callable[[float], bool]:
    """Whether a number lies between two that are parted by a comma; either may be left out."""
    first, _, last = call.params.get(name, ",").partition(",")
    try:
        least = parse(first) if first else float("-inf")
        most = parse(last) if last else float("inf")
    except ValueError:
        raise BoxError("bad_request", f"Invalid value for '{name}'") from None
    return lambda value: least <= value <= most
