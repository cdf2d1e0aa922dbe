"""Addresses that start a pull: plain ones name the content, signed ones carry the gateway's token."""

from dataclasses import dataclass
from typing import Self

from yarl import URL

from hubdrives.choice import EVERYTHING, Choice, Query, pairs
from hubdrives.errors import BadInput, BadLink
from hubdrives.wire import LINK_PREFIX

PULL_PAGE = "hubdrives/pull"
"""The page of a user's server that such an address leads to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """What such an address asks for. `targetpath` and `urlpath` are nbgitpuller's names, where they mean the same."""

    source: str
    """A pasted address, `connection:/path`, or `link:` and a token of the gateway's."""
    target: str | None = None
    """The working folder, relative to the home; None is a folder called as the content. In the query: `targetpath`."""
    urlpath: str | None = None
    """What to show afterwards, below the user's server: `lab/tree/course/week1.ipynb`."""
    choice: Choice = EVERYTHING
    """What of it to bring. In the query: `subfolder`, `include`, `exclude`, `maxfile`, `maxtotal`, `conflicts`."""

    @classmethod
    def from_query(cls, query: Query) -> Self:
        """What the address' query asks for; whether it may, whoever does it must check.

        Raises:
            BadLink: there is neither `link` nor `source`.
            BadInput: what it chooses of the source can't be meant.
        """
        told = list(pairs(query))
        # Of what there can be but one, the first counts.
        first = dict(reversed(told))
        link, source = first.get("link", "").strip(), first.get("source", "").strip()
        if not (link or source):
            raise BadLink("This address does not say what to pull.")
        return cls(
            source=f"{LINK_PREFIX}{link}" if link else source,
            target=first.get("targetpath") or None,
            urlpath=first.get("urlpath") or None,
            choice=Choice.from_query(told),
        )

    @classmethod
    def from_address(cls, text: str) -> Self | None:
        """What a pasted address asks for, None if it is not one that starts a pull. Raises what `from_query` does."""
        try:
            url = URL(text.strip())
        except ValueError:
            return None
        is_one = url.scheme in {"http", "https"} and url.path.rstrip("/").endswith(f"/{PULL_PAGE}")
        return cls.from_query(url.query) if is_one else None

    def address(self, hub: str) -> str:
        """What to give to people; the hub sends each of them to the pull page of their own server.

        Args:
            hub: the hub's public address with its base path, for example "https://hub.example.org/".

        Raises:
            BadInput: `hub` is no web address.
        """
        token = self.source.removeprefix(LINK_PREFIX)
        query = [("link", token) if token != self.source else ("source", self.source)]
        query += [("targetpath", self.target)] if self.target else []
        query += [("urlpath", self.urlpath)] if self.urlpath else []
        query += self.choice.to_query()
        return str((_root(hub) / "hub/user-redirect" / PULL_PAGE).with_query(query))


def _root(hub: str) -> URL:
    try:
        url = URL(hub.strip())
    except ValueError:
        url = URL()
    if url.scheme not in {"http", "https"} or not url.host:
        raise BadInput(f"'{hub[:80]}' is not the web address of a hub.")
    # People copy it from the browser, from wherever they happen to be.
    path = url.path.partition("/hub/")[0].removesuffix("/hub")
    return url.origin().with_path(path)
