"""What Canvas is to the rest of the house: hosts, options, tokens, throttle, paths, grants."""

import asyncio

import pytest

from hubdrives.errors import BadConfig, BadCredential, BadInput, Forbidden, NotFound
from hubdrives.http import Client
from hubdrives.model import Kind
from hubdrives.providers import provider_class
from hubdrives.providers.canvas import Canvas
from hubdrives.testing.emulators.canvas import STUDENT, TEACHER


def test_it_is_installed_under_its_name() -> None:
    assert provider_class("canvas") is Canvas


@pytest.mark.parametrize("base_url", [None, "", "canvas.school.edu", "https://canvas.school.edu/api/v1"])
def test_the_host_that_gets_the_token_is_configured(base_url: str | None) -> None:
    with pytest.raises(BadConfig, match="base_url"):
        Canvas.open(Client(title="Canvas", errors=Canvas.errors), base_url=base_url)


def test_it_asks_gently_unless_it_is_told_otherwise() -> None:
    assert Canvas.concurrency == 4


async def test_nobody_can_be_given_access_by_sharing(bench) -> None:
    assert (await bench.connect()).explain_access() is None


async def test_it_tells_whom_it_waits_for(bench) -> None:
    canvas = await bench.connect()
    canvas._client.limit.throttled(12)
    assert canvas.waiting is not None
    assert (canvas.waiting.on, canvas.waiting.seconds) == ("Canvas", 12)


class TestTokens:
    async def test_one_that_ended_is_renewed_once(self, bench) -> None:
        canvas = await bench.connect()
        bench.fault("folders.list", "expire_tokens")
        await canvas.snapshot(bench.course)
        assert bench.tokens[STUDENT].renewals >= 1

    @pytest.mark.parametrize("reason", ["invalid_token", "expired_token", "revoked_token"])
    async def test_one_that_stays_refused_is_an_error(self, bench, reason: str) -> None:
        canvas = await bench.connect()
        bench.fault("*", "error", reason=reason, times=None)
        with pytest.raises(BadCredential):
            await canvas.stat(bench.course)
        assert bench.tokens[STUDENT].renewals == 1

    @pytest.mark.parametrize("reason", ["unauthorized", "insufficient_scopes"])
    async def test_a_refusal_that_is_not_the_tokens_fault_renews_none(self, bench, reason: str) -> None:
        canvas = await bench.connect()
        bench.fault("*", "error", reason=reason, status=401, times=None)
        with pytest.raises(Forbidden) as told:
            await canvas.stat(bench.course)
        assert isinstance(told.value, BadCredential) is (reason == "insufficient_scopes")
        assert bench.tokens[STUDENT].renewals == 0
        assert bench.asked() == {"courses.get": 1}


class TestThrottle:
    @pytest.mark.parametrize("status", [403, 429])
    async def test_who_is_throttled_waits_and_goes_on(self, bench, status: int) -> None:
        bench.file("a.txt")
        canvas = await bench.connect()
        bench.fault("files.list", "error", reason="throttled", status=status, times=3)
        assert len((await canvas.snapshot(bench.course)).files) == 1

    @pytest.mark.parametrize("status", [403, 429])
    async def test_concurrency_falls_before_the_limit_is_hit(self, bench, status: int) -> None:
        """Eight requests at once hold back 400 units, which is too much when what went before has cost 300."""
        site = bench.school.site
        site.throttled, site.request_cost = status, 3.0
        canvas = await bench.connect(concurrency=8)
        names = [bench.file(f"{number}.txt") for number in range(100)]
        await canvas.stat(bench.course)
        bench.school.latency = 0.002
        await asyncio.gather(*(canvas.stat(bench.at(f"/files/{name}")) for name in names))
        refused = [each for each in bench.school.requests.log if each["status"] == status]
        assert refused == []
        assert bench.asked() == {"courses.get": 1, "files.get": 100, "folders.get": 1}
        assert canvas._client.limit.concurrency < 8


class TestPaths:
    async def test_names_are_looked_up_in_the_lists(self, bench) -> None:
        sub = bench.folder("sub", bench.folder("week 1"))
        item = bench.file("a.txt", parent=sub)
        canvas = await bench.connect()
        assert (await canvas.stat(bench.course.below("week 1/sub/a.txt"))).id == f"files/{item}"
        assert bench.asked() == {"folders.list": 1, "files.list": 1}
        assert (await canvas.stat(bench.at(f"/folders/{sub}").below("a.txt"))).id == f"files/{item}"

    async def test_local_names_lead_there_too(self, bench) -> None:
        slash = bench.file("a/b.csv")
        canvas = await bench.connect()
        for path in ("a_b.csv", "{course}/file_contents/course%20files/a%2Fb.csv"):
            location = bench.at(path) if path.startswith("{") else bench.course.below(path)
            assert (await canvas.stat(location)).id == f"files/{slash}"

    async def test_a_course_and_a_folder_have_their_names(self, bench) -> None:
        week = bench.folder("Week 1.")
        canvas = await bench.connect()
        course = await canvas.stat(bench.course)
        assert (course.path, course.kind) == (bench.school.course.name, Kind.FOLDER)
        assert (await canvas.stat(bench.at(f"/folders/{week}"))).path == "Week 1"
        assert bench.asked() == {"courses.get": 1, "folders.get": 2}

    async def test_a_file_that_is_named_twice_is_the_one_with_that_path(self, bench) -> None:
        slides = bench.folder("Slides")
        old, new = bench.file("old.pdf", parent=slides), bench.file("x.pdf", parent=slides)
        canvas = await bench.connect()
        for number, path in ((new, "Slides/x.pdf"), (new, "course%20files/Slides/x.pdf"), (old, "Slides/x.pdf")):
            entry = await canvas.stat(bench.at(f"{{course}}/files/{number}/{path}"))
            assert (entry.path, entry.id) == ("x.pdf", f"files/{new}")
        other = bench.file("x.pdf", parent=bench.folder("Exercises"))
        assert (await canvas.stat(bench.at(f"{{course}}/files/{other}/Slides/x.pdf"))).id == f"files/{new}"
        gone = bench.at("{course}/files/10320000000077777/course%20files/Slides/x.pdf")
        assert (await canvas.stat(gone)).id == f"files/{new}"
        with pytest.raises(NotFound):
            await canvas.stat(bench.at(f"{{course}}/files/{new}/Slides/y.pdf"))

    async def test_a_file_has_no_list(self, bench) -> None:
        bench.file("a.txt")
        canvas = await bench.connect()
        with pytest.raises(BadInput, match="is a file"):
            await anext(canvas.list(bench.course.below("a.txt")))

    async def test_a_file_alone_is_a_snapshot_of_one(self, bench) -> None:
        item = bench.file("a.txt", parent=bench.folder("Slides"))
        canvas = await bench.connect()
        for location in (bench.at(f"/files/{item}"), bench.course.below("Slides/a.txt")):
            snapshot = await canvas.snapshot(location)
            assert (snapshot.name, [entry.path for entry in snapshot.entries]) == ("a.txt", ["a.txt"])


@pytest.mark.parametrize("login", [STUDENT, TEACHER])
class TestContains:
    @pytest.fixture
    async def world(self, bench, login):
        """Two courses that the account is in; in the first a folder in a folder, and a file in that."""
        other = bench.school.add_course("Other")
        bench.school.enrol(login, other, role=login)
        week = bench.folder("Week 1")
        data = bench.folder("data", week)
        return {
            "canvas": await bench.connect(login),
            "other": bench.at(f"/courses/{other.id}"),
            "week": bench.at(f"/folders/{week}"),
            "data": bench.at(f"/folders/{data}"),
            "file": bench.at(f"/files/{bench.file('a.txt', parent=data)}"),
            "elsewhere": bench.at(f"/files/{bench.file('b.txt', parent=other.root)}"),
        }

    async def test_a_way_up_costs_its_length_once(self, bench, world) -> None:
        canvas = world["canvas"]
        assert await canvas.contains(bench.course, world["file"])
        # The file, `data`, `Week 1` and the top folder.
        assert bench.asked() == {"files.get": 1, "folders.get": 3}
        assert await canvas.contains(world["week"], world["file"])
        assert bench.asked() == {"files.get": 1, "folders.get": 1}

    async def test_each_folder_above_contains_it_and_no_other(self, bench, world) -> None:
        canvas = world["canvas"]
        for root in (bench.course, world["week"], world["data"], world["file"], bench.course.below("Week 1")):
            assert await canvas.contains(root, world["file"]), root
            assert not await canvas.contains(root, world["elsewhere"]), root
            assert not await canvas.contains(root, world["other"]), root
        assert not await canvas.contains(world["data"], world["week"])
        assert not await canvas.contains(world["other"], world["file"])
        assert not await canvas.contains(world["file"], bench.course)

    async def test_a_wrong_course_in_an_address_changes_nothing(self, bench, world) -> None:
        """An address may name any course before a file's id; only where the file is counts."""
        file = bench.at(f"/courses/{world['other'].id.partition('/')[2]}/{world['file'].id}")
        assert await world["canvas"].contains(bench.course, file)
        assert not await world["canvas"].contains(world["other"], file)

    async def test_a_path_does_not_lead_out(self, bench, world) -> None:
        canvas = world["canvas"]
        bench.folder("Week")
        for path in ("../x", "Week 1/../../x", ".."):
            with pytest.raises(NotFound):
                await canvas.contains(bench.course, bench.course.below(path))
        assert not await canvas.contains(bench.course.below("Week"), bench.course.below("Week 1"))


async def test_a_closed_files_page_hides_folders_but_not_that_a_file_is_in_the_course(bench) -> None:
    item = bench.file("a.txt", parent=bench.folder("Slides"))
    other = bench.school.add_course("Other")
    bench.school.enrol(STUDENT, other)
    bench.school.course.files_tab = False
    canvas = await bench.connect()
    assert await canvas.contains(bench.course, bench.at(f"/files/{item}"))
    assert not await canvas.contains(bench.at(f"/courses/{other.id}"), bench.at(f"/files/{item}"))


async def test_large_ids_are_asked_for_as_they_are(bench) -> None:
    assert int(bench.school.root) > 2**53
    item = bench.file("a.txt")
    snapshot = await (await bench.connect()).snapshot(bench.course)
    assert [entry.id for entry in snapshot.files] == [f"files/{item}"]


async def test_nothing_but_get_ever_leaves(bench) -> None:
    """Every test here ends with this question (see the fixture); this one asks everything that can be asked first."""
    item = bench.file("a.txt", parent=bench.folder("Week 1"))
    canvas = await bench.connect()
    snapshot = await canvas.snapshot(bench.course)
    await canvas.snapshot(bench.course, known=snapshot)
    await canvas.stat(bench.at(f"/files/{item}"))
    [entry async for entry in canvas.list(bench.course)]
    [piece async for piece in canvas.read(snapshot.files[0])]
    await canvas.contains(bench.course, bench.at(f"/files/{item}"))
    assert bench.methods() == {"GET"}
