"""`hubdrives link`: plain links, and signed ones from a real gateway."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from click.exceptions import BadParameter
from tests.gateway.bench import benched
from yarl import URL

from hubdrives.cli.link import Moment
from hubdrives.config import Grant

pytestmark = pytest.mark.usefixtures("inside")

HUB = "https://hub.example.org/"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2027-01-31", "2027-01-31T23:59:59+00:00"),
        ("2027-01-31T18:00", "2027-01-31T18:00:00+00:00"),
        ("2027-01-31 18:00:30", "2027-01-31T18:00:30+00:00"),
        ("2027-01-31T18:00+01:00", "2027-01-31T18:00:00+01:00"),
        ("2027-01-31T00:00", "2027-01-31T00:00:00+00:00"),
    ],
)
def test_a_date_lasts_through_its_end_and_a_moment_is_a_moment(text, moment):
    assert Moment().convert(text, None, None) == moment


@pytest.mark.parametrize("text", ["tomorrow", "31.1.2027", "2027-02-30", ""])
def test_what_is_no_date_is_refused(text):
    with pytest.raises(BadParameter):
        Moment().convert(text, None, None)


def test_a_plain_link_is_all_that_is_printed(shell, course):
    done = shell.run("link", course, "--hub", f"{HUB}hub/home")
    url = URL(done.out.strip())
    assert (done.code, done.out.count("\n")) == (0, 1)
    assert str(url.with_query(None)) == "https://hub.example.org/hub/user-redirect/hubdrives/pull"
    assert dict(url.query) == {"source": str(course)}
    assert "plain link to the folder 'course'" in done.err


def test_what_to_open_and_where_to_go_to_are_in_it(shell, course):
    done = shell.run("link", course, "--hub", HUB, "--open", "week 1/rain.csv", "--to", "stats")
    assert dict(URL(done.out.strip()).query) == {
        "source": str(course),
        "targetpath": "stats",
        "urlpath": "lab/tree/stats/week%201/rain.csv",
    }
    named = shell.run("link", course, "--hub", HUB, "--open", "readme.md", "--json").report
    assert dict(URL(named["link"]).query)["urlpath"] == "lab/tree/course/readme.md"
    assert (named["signed"], named["name"]) == (False, "course")


def test_what_is_chosen_is_in_it(shell, course):
    done = shell.run(
        "link", course, "--hub", HUB, "--subfolder", "week 1", "--include", "*.csv", "--include", "*.txt",
        "--exclude", "old/", "--max-file", "100MB", "--max-total", "1 GB", "--conflicts", "both",
        "--open", "week 1/rain.csv",
    )  # fmt: skip
    assert list(URL(done.out.strip()).query.items()) == [
        ("source", str(course)),
        ("targetpath", "week 1"),
        ("urlpath", "lab/tree/week%201/rain.csv"),
        ("subfolder", "week 1"),
        ("include", "*.csv"),
        ("include", "*.txt"),
        ("exclude", "old/"),
        ("maxfile", "100MB"),
        ("maxtotal", "1GB"),
        ("conflicts", "both"),
    ]


def test_a_link_to_a_link_keeps_what_that_chose(shell, course):
    first = shell.run("link", course, "--hub", HUB, "--include", "*.csv", "--conflicts", "both").out.strip()
    second = shell.run("link", first, "--hub", HUB, "--include", "*.md").out.strip()
    assert dict(URL(second).query) == {"source": str(course), "include": "*.md", "conflicts": "both"}


@pytest.mark.parametrize(("subfolder", "said"), [("week 9", "week 9"), ("readme.md", "is a file")])
def test_no_link_is_made_to_a_subfolder_that_is_none(shell, course, subfolder, said):
    done = shell.run("link", course, "--hub", HUB, "--subfolder", subfolder)
    assert (done.code, done.out) == (1, "")
    assert said in done.err


async def test_a_subfolder_of_a_drive_is_found(shell, drive):
    made = await shell.arun("link", drive.location, "--hub", HUB, "--subfolder", "week 1", env=drive.env)
    assert made.code == 0, made.err
    pulled = await shell.arun("pull", made.out.strip(), "mine", "--json", env=drive.env)
    assert sorted(pulled.report["added"]) == ["rain.csv", "été.txt"]


def test_the_hub_may_come_from_the_environment(shell, course):
    done = shell.run("link", course, env={"JUPYTERHUB_PUBLIC_HUB_URL": "https://hub.example.org/base/hub/"})
    assert done.out.startswith("https://hub.example.org/base/hub/user-redirect/hubdrives/pull?")
    assert shell.run("link", course).code == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--open", "../x"], "leads out"),
        (["--for", "students"], "gateway"),
        (["--until", "2099-01-01"], "gateway"),
        (["--hub", "nonsense"], "web address of a hub"),
    ],
)
def test_what_can_not_be_is_a_failure(shell, course, options, said):
    done = shell.run("link", course, "--hub", HUB, *options)
    assert (done.code, done.out) == (1, "")
    assert said in done.err


def test_wrong_dates_are_wrong_usage(shell, course):
    assert shell.run("link", course, "--hub", HUB, "--until", "soon").code == 2


def test_no_link_is_made_to_what_is_not_there(shell, tmp_path):
    done = shell.run("link", tmp_path / "nowhere", "--hub", HUB)
    assert (done.code, done.out) == (1, "")


# With a gateway


@pytest.fixture
async def bench(tmp_path):
    folder = tmp_path / "bench"
    folder.mkdir()
    async with benched(folder) as bench:
        yield bench


def on_hub(bench, name, *groups):
    return {
        "HUBDRIVES_GATEWAY_URL": bench.url,
        "JUPYTERHUB_API_TOKEN": bench.people.token(name, *groups),
        "JUPYTERHUB_PUBLIC_HUB_URL": f"{HUB}hub/",
    }


async def test_the_gateway_signs_for_those_who_may(shell, bench):
    bench.file("a.txt", b"hello")
    await bench.start(Grant(connection="drive", users=("ada",), can=("read", "link")))
    made = await shell.arun(
        "link", bench.drive.location, "--for", "stats", "--until", "2099-01-01", "--open", "a.txt", "--to", "course",
        "--max-file", "1MB",
        env=on_hub(bench, "ada"),
    )  # fmt: skip
    assert made.code == 0, made.err
    link = made.out.strip()
    assert set(URL(link).query) == {"link", "maxfile"}
    assert "signed link to the folder" in made.err
    # Whoever has it may pull, if in the group, though there is no grant for them.
    bob = await shell.arun("pull", link, "--json", env=on_hub(bench, "bob", "stats"))
    assert (bob.code, bob.report["added"]) == (0, ["a.txt"]), bob.err
    assert (shell.folder / "course/a.txt").read_text() == "hello"
    eve = await shell.arun("pull", link, "--json", env=on_hub(bench, "eve"))
    assert (eve.code, eve.out) == (1, "")
    token = URL(link).query["link"]
    assert token not in eve.err
    by_token = await shell.arun("ls", f"link:{token}", "--json", env=on_hub(bench, "bob", "stats"))
    assert [entry["path"] for entry in by_token.report["entries"]] == ["a.txt"]


async def test_who_may_only_read_gets_a_plain_link_and_is_told(shell, bench):
    bench.file("a.txt", b"hello")
    await bench.start(Grant(connection="drive", users=("ada",), can=("read",)))
    plain = await shell.arun("link", "drive:/", "--json", env=on_hub(bench, "ada"))
    assert (plain.code, plain.report["signed"]) == (0, False), plain.err
    assert "plain" in plain.err
    refused = await shell.arun("link", "drive:/", "--for", "stats", env=on_hub(bench, "ada"))
    assert (refused.code, refused.out) == (1, "")


async def test_a_day_in_the_past_is_refused(shell, bench):
    await bench.start(Grant(connection="drive", users=("ada",), can=("read", "link")))
    past = (datetime.now(UTC) - timedelta(days=2)).date().isoformat()
    done = await shell.arun("link", "drive:/", "--until", past, env=on_hub(bench, "ada"))
    assert (done.code, done.out) == (1, "")
    assert "expired" in done.err


async def test_connections_shows_what_the_gateway_offers(shell, bench):
    await bench.start(Grant(connection="drive", users=("ada",)))
    done = await shell.arun("connections", "--json", env=on_hub(bench, "ada"))
    lines = {(line["name"], line["via"]): line for line in json.loads(done.out)}
    assert lines["gateway", None]["state"] == "ok"
    assert lines["drive", "gateway"]["provider"] == "Google Drive"
    assert lines["drive", "gateway"]["root"]
    eve = await shell.arun("connections", "--json", env={**on_hub(bench, "eve"), "JUPYTERHUB_API_TOKEN": "wrong"})
    states = {line["name"]: line["state"] for line in json.loads(eve.out)}
    assert states["gateway"] not in {"", "ok"}
