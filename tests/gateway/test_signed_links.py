"""Signed links at the gateway's door: what they open, for whom, and for how long."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.gateway.bench import LINK_KEY, Bench, address

from hubdrives.config import Grant
from hubdrives.errors import BadInput, BadLink, HubdrivesError, NotGranted
from hubdrives.gateway.signing import Link, Signer
from hubdrives.model import Description, Location
from hubdrives.providers.gateway import Gateway
from hubdrives.pull import pull, pulled_from

TEACHER = Grant(connection="drive", users=("teacher",), can=("read", "link"))


@dataclass
class Course:
    """A teacher's folder with a week in it, and a student who has no grant."""

    bench: Bench
    week: str

    def locate(self, source: str) -> Location:
        location = Gateway.parse(source, base_url=self.bench.url)
        assert location is not None
        return location

    async def link(self, source: str | None = None, author: str = "teacher", **options) -> str:
        provider = self.bench.connect(self.bench.people.token(author, *self.groups(author)))
        signed = await provider.sign_link(self.locate(source or address(self.week)), **options)
        return f"link:{signed.token}"

    def groups(self, user: str) -> frozenset[str]:
        known = self.bench.people.users.get(user)
        return known.groups if known else frozenset()

    async def pulled(self, source: str, user: str = "student", *groups: str) -> dict[str, bytes]:
        provider = self.bench.connect(self.bench.people.token(user, *groups))
        snapshot = await provider.snapshot(self.locate(source))
        content: dict[str, bytes] = {}
        async for piece in provider.read_many(snapshot.files):
            assert piece.error is None
            content[piece.entry.path] = content.get(piece.entry.path, b"") + piece.data
        return content

    async def refusal(self, source: str, user: str = "student", *groups: str) -> HubdrivesError:
        with pytest.raises(HubdrivesError) as caught:
            await self.pulled(source, user, *groups)
        return caught.value


@pytest.fixture
async def course(bench: Bench) -> Course:
    week = bench.folder_in("week 1")
    bench.file("a.txt", "hello", week)
    bench.file("solutions.txt", "secret")
    return Course(bench, week)


async def test_a_link_lets_a_student_read_what_the_teacher_linked(course: Course) -> None:
    await course.bench.start(TEACHER)
    link = await course.link()
    assert await course.pulled(link) == {"a.txt": b"hello"}
    # Without the link there is no grant, and with it only for what it names.
    assert isinstance(await course.refusal(address(course.week)), NotGranted)
    assert isinstance(await course.refusal(course.bench.drive.location), NotGranted)


async def test_a_link_is_described_as_signed_with_what_its_author_chose(course: Course) -> None:
    await course.bench.start(TEACHER)
    link = await course.link(open_path="a.txt", target="Stats 101")
    provider = course.bench.connect(course.bench.people.token("student"))
    told: Description = await provider.describe(course.locate(link))
    assert (told.signed, told.open_path, told.name) == (True, "a.txt", "Stats 101")
    assert (told.location.provider, told.location.id) == ("googledrive", course.week)
    assert (await provider.snapshot(course.locate(link))).name == "week 1"
    plain = await course.bench.connect(course.bench.people.token("teacher")).describe(
        course.locate(address(course.week))
    )
    assert (plain.signed, plain.open_path, plain.name) == (False, None, "week 1")


async def test_a_link_to_a_file_has_no_folder_to_name(course: Course) -> None:
    await course.bench.start(TEACHER)
    assert await course.pulled(await course.link("drive:/week 1/a.txt")) == {"a.txt": b"hello"}
    with pytest.raises(BadInput, match="no folder to name"):
        await course.link("drive:/week 1/a.txt", target="Stats 101")


async def test_a_link_below_a_folder_opens_that_part_only(course: Course) -> None:
    await course.bench.start(TEACHER)
    link = await course.link("drive:/week 1")
    assert await course.pulled(link) == {"a.txt": b"hello"}
    provider = course.bench.connect(course.bench.people.token("student"))
    for under in ("../solutions.txt", "..", "x/../../solutions.txt"):
        with pytest.raises(HubdrivesError):
            await provider.snapshot(course.locate(link).below(under))


async def test_a_shortcut_in_a_linked_folder_does_not_widen_the_link(course: Course) -> None:
    solutions = course.bench.drive.tree.find("solutions.txt", under=course.bench.drive.root).id
    course.bench.drive.tree.add("more", parent=course.week, kind="shortcut", target=solutions)
    await course.bench.start(TEACHER)
    assert await course.pulled(await course.link()) == {"a.txt": b"hello"}


async def test_a_link_for_a_group_is_for_that_group(course: Course) -> None:
    await course.bench.start(TEACHER)
    link = await course.link(group="stats")
    assert await course.pulled(link, "student", "stats", "other") == {"a.txt": b"hello"}
    error = await course.refusal(link, "student", "other")
    assert isinstance(error, BadLink)
    assert "for the group 'stats'" in str(error)


async def test_a_link_that_has_expired_opens_nothing(course: Course) -> None:
    from datetime import UTC, datetime

    await course.bench.start(TEACHER)
    location = Location(provider="googledrive", id=course.week)
    signer = Signer(LINK_KEY.split())
    fine, old = (
        signer.sign(
            Link(
                id="1", author="teacher", connection="drive", location=location, until=datetime(year, 1, 1, tzinfo=UTC)
            )
        )
        for year in (2999, 2020)
    )
    assert await course.pulled(f"link:{fine}") == {"a.txt": b"hello"}
    error = await course.refusal(f"link:{old}")
    assert isinstance(error, BadLink)
    assert "expired on 01 January 2020" in str(error)


async def test_a_changed_link_opens_nothing(course: Course) -> None:
    await course.bench.start(TEACHER)
    link = await course.link()
    for position in range(5, len(link), 7):
        other = "B" if link[position] != "B" else "C"
        assert isinstance(await course.refusal(link[:position] + other + link[position + 1 :]), BadLink)
    assert {line["outcome"] for line in course.bench.audit()[1:]} == {"bad-link"}


async def test_a_link_signed_with_an_older_key_still_opens(course: Course) -> None:
    await course.bench.start(TEACHER)
    old = Signer(LINK_KEY.split()[:1])
    location = Location(provider="googledrive", id=course.week)
    token = old.sign(Link(id="1", author="teacher", connection="drive", location=location))
    assert await course.pulled(f"link:{token}") == {"a.txt": b"hello"}
    foreign = Signer(["a key that this gateway never had, nor has"])
    token = foreign.sign(Link(id="1", author="teacher", connection="drive", location=location))
    assert isinstance(await course.refusal(f"link:{token}"), BadLink)


@pytest.mark.parametrize(
    "grant",
    [Grant(connection="drive", users=("teacher",)), Grant(connection="drive", users=("bob",), can=("link", "read"))],
)
async def test_only_who_may_link_gets_a_link(course: Course, grant: Grant) -> None:
    await course.bench.start(grant)
    with pytest.raises(NotGranted):
        await course.link()
    assert [(line["operation"], line["outcome"]) for line in course.bench.audit()] == [("links", "not-granted")]


async def test_nobody_gets_a_link_from_a_link(course: Course) -> None:
    await course.bench.start(TEACHER)
    link = await course.link()
    for author in ("student", "teacher"):
        with pytest.raises(NotGranted):
            await course.link(link, author=author)


async def test_a_teacher_links_no_more_than_what_they_may_link(course: Course) -> None:
    await course.bench.start(
        Grant(connection="drive", root=address(course.week), users=("teacher",), can=("read", "link")),
        Grant(connection="drive", users=("teacher",)),
    )
    assert await course.pulled(await course.link()) == {"a.txt": b"hello"}
    with pytest.raises(NotGranted):
        await course.link(course.bench.drive.location)


async def test_a_link_dies_with_its_authors_right(course: Course) -> None:
    """The same link at gateways with other grants, or whose hub says other things about the author."""
    bench = course.bench
    by_group = Grant(connection="drive", groups=("staff",), can=("read", "link"))
    await bench.start(by_group)
    bench.people.token("teacher", "staff")
    link = await course.link()
    assert await course.pulled(link) == {"a.txt": b"hello"}
    bench.people.token("teacher", "retired")
    assert "author may not give access" in str(await course.refusal(link))
    bench.people.token("teacher", "staff")
    assert await course.pulled(link) == {"a.txt": b"hello"}
    del bench.people.users["teacher"]
    assert "author may not give access" in str(await course.refusal(link))
    for grants in ((), (Grant(connection="drive", users=("teacher",)),), (Grant(connection="drive", everyone=True),)):
        await bench.start(*grants)
        assert isinstance(await course.refusal(link), BadLink)


async def test_a_link_made_for_a_folder_that_was_moved_out_opens_nothing(course: Course) -> None:
    bench = course.bench
    granted = bench.folder_in("granted")
    bench.drive.tree.move(course.week, granted)
    await bench.start(Grant(connection="drive", root=address(granted), users=("teacher",), can=("read", "link")))
    link = await course.link()
    assert await course.pulled(link) == {"a.txt": b"hello"}
    await bench.start(Grant(connection="drive", root=address(granted), users=("teacher",), can=("read", "link")))
    bench.drive.tree.move(course.week, bench.drive.root)
    assert isinstance(await course.refusal(link), BadLink)


@pytest.mark.parametrize(
    "options",
    [{"until": "yesterday"}, {"until": "2001-01-01"}, {"target": "a/b"}, {"target": ".."}, {"open_path": "../x"}],
)
async def test_a_link_with_nonsense_in_it_is_not_signed(course: Course, options: dict[str, str]) -> None:
    await course.bench.start(TEACHER)
    with pytest.raises(BadInput):
        await course.link(**options)


async def test_a_gateway_without_keys_signs_and_opens_nothing(course: Course) -> None:
    await course.bench.start(TEACHER, link_key_file=None)
    with pytest.raises(BadInput, match="signs no links"):
        await course.link()
    assert isinstance(await course.refusal("link:abc.def"), BadLink)


async def test_the_audit_log_names_links_by_an_id_that_opens_nothing(course: Course) -> None:
    await course.bench.start(TEACHER)
    link = await course.link(group="stats")
    await course.pulled(link, "student", "stats")
    await course.refusal(link, "stranger")
    signed, snapshot, files, refused = course.bench.audit()
    assert [line["operation"] for line in (signed, snapshot, files, refused)] == [
        "links",
        "snapshot",
        "files",
        "snapshot",
    ]
    assert len({line["link_id"] for line in (signed, snapshot, files, refused)}) == 1
    assert (signed["user"], snapshot["user"], refused["user"]) == ("teacher", "student", "stranger")
    assert (snapshot["location"], refused["location"], refused["outcome"]) == (address(course.week), "link", "bad-link")
    assert link[5:] not in str(course.bench.audit())
    assert isinstance(await course.refusal(f"link:{signed['link_id']}"), BadLink)


async def test_a_new_link_to_the_same_folder_goes_on_where_the_old_one_was(course: Course, tmp_path: Path) -> None:
    await course.bench.start(TEACHER)
    first, second = await course.link(), await course.link()
    provider = course.bench.connect(course.bench.people.token("student"))
    target = tmp_path / "course"
    await pull(provider, course.locate(first), target)
    course.bench.file("b.txt", "new", course.week)
    report = await pull(provider, course.locate(second), target)
    assert (report.added, report.unchanged) == (["b.txt"], 1)
    told = await provider.describe(course.locate(second))
    assert pulled_from(target) == told.location
    # Nothing of the links themselves is left in the home.
    state = b"".join(path.read_bytes() for path in target.rglob("*") if path.is_file())
    assert not any(link.removeprefix("link:").encode() in state for link in (first, second))
