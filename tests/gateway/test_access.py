"""Who may read what: through the gateway's own door, with the emulated Drive behind it."""

from typing import Any

import pytest
from tests.gateway.bench import Bench, address

from hubdrives.config import ConnectionSettings, Grant
from hubdrives.testing.emulators.googledrive import OWNER

ENDPOINTS = [
    ("GET", "connections"),
    ("GET", "describe"),
    ("GET", "contains"),
    ("GET", "snapshot"),
    ("GET", "file"),
    ("HEAD", "file"),
    ("POST", "files"),
    ("POST", "links"),
]
ABOUT_A_SOURCE = [endpoint for endpoint in ENDPOINTS if endpoint[1] != "connections"]


async def ask(bench: Bench, method: str, operation: str, source: str, *, token: str | None = None, **more: Any):
    """Ask an endpoint about `source`: status and JSON."""
    query = {"source": source, "path": "x", "version": "1", **more.pop("query", {})}
    if operation == "contains":
        query.setdefault("root", source)
    body = {"files": {"source": source, "files": []}, "links": {"source": source}}.get(operation)
    status, answer, headers = await bench.ask(
        method, f"api/v1/{operation}", token=token, params=query, json=body if method == "POST" else None, **more
    )
    assert headers["X-Request-Id"] or status == 200
    return status, answer


def code(answer: Any) -> str | None:
    return answer["code"] if isinstance(answer, dict) else None


@pytest.mark.parametrize(("method", "operation"), ENDPOINTS)
@pytest.mark.parametrize(
    "authorization",
    [None, "", "token", "token ", "token wrong", "Bearer wrong", "Basic YWxpY2U6eA==", "token a b", "token \xff"],
)
async def test_nobody_gets_in_without_a_good_token(
    bench: Bench, method: str, operation: str, authorization: str | None
) -> None:
    await bench.start(Grant(connection="drive", everyone=True))
    headers = {} if authorization is None else {"Authorization": authorization}
    cookies = {"jupyterhub-services": bench.people.token("alice"), "token": bench.people.token("alice")}
    status, answer = await ask(
        bench,
        method,
        operation,
        bench.drive.location,
        headers=headers,
        cookies=cookies,
        query={"token": "token-of-alice-7f3a"},
    )
    assert status == 403
    assert method == "HEAD" or code(answer) == "login-needed"
    assert bench.asked() == {}
    assert [(line["outcome"], line.get("user"), line["status"]) for line in bench.audit()] == [
        ("login-needed", None, 403)
    ]


@pytest.mark.parametrize(("method", "operation"), ABOUT_A_SOURCE)
async def test_without_a_grant_nothing_is_told(bench: Bench, method: str, operation: str) -> None:
    await bench.start(Grant(connection="drive", users=("bob",), groups=("stats",), can=("read", "link")))
    token = bench.people.token("alice", "other")
    answers = [
        await ask(bench, method, operation, source, token=token)
        for source in (
            bench.drive.location,
            "drive:/",
            "drive:/a",
            "no-such-connection:/",
            address("1NothingHasThisIdAndNothingWill00"),
        )
    ]
    assert {status for status, _ in answers} == {403}
    if method != "HEAD":
        assert {(code(answer), answer["message"], answer["hint"]) for _, answer in answers} == {
            (
                "not-granted",
                "You have no access to this through the hub's gateway.",
                "Ask your instructor or your hub's administrators to grant you access.",
            )
        }
    assert bench.asked() == {}
    assert [(line["user"], line["operation"], line["outcome"]) for line in bench.audit()] == [
        ("alice", operation, "not-granted")
    ] * 5
    assert bench.audit()[0]["location"] == bench.drive.location


@pytest.mark.parametrize(
    ("grant", "user", "groups", "status"),
    [
        (Grant(connection="drive", everyone=True), "anybody", (), 200),
        (Grant(connection="drive", users=("alice",)), "alice", (), 200),
        (Grant(connection="drive", users=("alice",)), "Alice", (), 403),
        (Grant(connection="drive", users=("alice",)), "bob", ("alice",), 403),
        (Grant(connection="drive", groups=("stats",)), "bob", ("stats", "x"), 200),
        (Grant(connection="drive", groups=("stats",)), "stats", ("x",), 403),
        (Grant(connection="drive", everyone=True, can=("link",)), "bob", (), 403),
    ],
)
async def test_a_grant_is_for_those_it_names(
    bench: Bench, grant: Grant, user: str, groups: tuple[str, ...], status: int
) -> None:
    await bench.start(grant)
    token = bench.people.token(user, *groups)
    assert (await ask(bench, "GET", "snapshot", bench.drive.location, token=token))[0] == status


async def test_the_account_may_read_more_than_the_grant(bench: Bench) -> None:
    """Folders beside the granted one are shared with the same account, and stay out of reach at any depth."""
    granted = bench.folder_in("stats")
    inside = bench.folder_in("week 1", granted)
    bench.file("a.txt", "mine", inside)
    beside = bench.folder_in("exams")
    deep = bench.folder_in("2027", bench.folder_in("spring", beside))
    exam = bench.file("exam.txt", "secret", deep)
    await bench.start(Grant(connection="drive", root=address(granted), everyone=True))
    token = bench.people.token("alice")
    for item, status in (
        (granted, 200),
        (inside, 200),
        (beside, 403),
        (deep, 403),
        (exam, 403),
        (bench.drive.root, 403),
    ):
        for operation in ("describe", "snapshot"):
            got, answer = await ask(bench, "GET", operation, address(item), token=token)
            assert got == status, (item, operation, answer)
            assert "secret" not in str(answer)
    assert [line["outcome"] for line in bench.audit()] == ["ok"] * 4 + ["not-granted"] * 8


@pytest.mark.parametrize(
    "path",
    [
        *("../exams", "..", "a/../../exams", "/exams", "//exams", "week 1/../../exams", "%2e%2e/exams", "..%2fexams"),
        *("out", "out/2027", "out/exam.txt", "week 1/deep out/exam.txt", "exams", "a\0b"),
    ],
)
async def test_no_path_leads_out_of_the_root(bench: Bench, path: str) -> None:
    granted = bench.folder_in("stats")
    week = bench.folder_in("week 1", granted)
    bench.file("a.txt", "mine", week)
    beside = bench.folder_in("exams")
    bench.file("exam.txt", "secret", beside)
    bench.folder_in("2027", beside)
    bench.drive.tree.add("out", parent=granted, kind="shortcut", target=beside)
    bench.drive.tree.add("deep out", parent=week, kind="shortcut", target=beside)
    course = ConnectionSettings(
        provider="googledrive",
        base_url=bench.drive.url,
        root=address(granted),
        credential={"kind": "google_service_account", "key_file": str(bench.folder / "key.json")},
    )
    await bench.start(Grant(connection="course", everyone=True, can=("read", "link")), connections={"course": course})
    token = bench.people.token("alice")
    for method, operation in ABOUT_A_SOURCE:
        for query, source in (
            ({}, f"course:/{path}"),
            ({"under": path}, "course:/"),
            ({"under": path}, address(granted)),
        ):
            if operation in {"files", "links"} and query:
                continue
            status, answer = await ask(bench, method, operation, source, token=token, query=query)
            assert status in {400, 403, 404}, (operation, source, query, answer)
            assert "secret" not in str(answer)
            assert "exam" not in str(answer).replace(path, "")


async def test_a_shortcut_out_of_the_root_is_listed_as_left_out(bench: Bench) -> None:
    granted = bench.folder_in("stats")
    bench.file("a.txt", "mine", granted)
    beside = bench.folder_in("exams")
    bench.file("exam.txt", "secret", beside)
    bench.drive.tree.add("out", parent=granted, kind="shortcut", target=beside)
    shortcut = bench.drive.tree.find("out", under=granted).id
    await bench.start(Grant(connection="drive", root=address(granted), everyone=True))
    token = bench.people.token("alice")
    status, answer = await ask(bench, "GET", "snapshot", address(granted), token=token)
    assert status == 200
    assert [entry["path"] for entry in answer["entries"]] == ["a.txt"]
    assert [(item["path"], item["code"]) for item in answer["skipped"]] == [("out", "not-granted")]
    for operation in ("describe", "snapshot"):
        assert (await ask(bench, "GET", operation, address(shortcut), token=token))[0] == 403


async def test_what_is_missing_is_told_only_to_those_who_see_where(bench: Bench) -> None:
    granted = bench.folder_in("stats")
    beside = bench.folder_in("exams")
    bench.file("there.txt", "secret", beside)
    bench.drive.tree.add("out", parent=granted, kind="shortcut", target=beside)
    await bench.start(Grant(connection="drive", root=address(granted), everyone=True))
    token = bench.people.token("alice")

    async def outcome(under: str) -> tuple[int, str | None]:
        status, answer = await ask(bench, "GET", "describe", address(granted), token=token, query={"under": under})
        return status, code(answer)

    assert await outcome("week 9") == (404, "not-found")
    assert await outcome("week 9/more") == (404, "not-found")
    assert await outcome("out/there.txt") == await outcome("out/not there.txt") == (403, "not-granted")
    assert await outcome("out/not there/deeper") == (403, "not-granted")


async def test_of_several_connections_the_one_with_a_grant_wins(bench: Bench) -> None:
    """The first account knows the address too, but nobody granted alice anything on it."""
    other = bench.drive.add_service_account("other@p.iam.gserviceaccount.com")
    bench.drive.access.share(bench.drive.root, other.email)
    bench.file("a.txt", "mine")
    (bench.folder / "other.json").write_text(__import__("json").dumps(bench.drive.key_file(other)))
    second = ConnectionSettings(
        provider="googledrive",
        base_url=bench.drive.url,
        credential={"kind": "google_service_account", "key_file": str(bench.folder / "other.json")},
    )
    await bench.start(
        Grant(connection="drive", users=("bob",)),
        Grant(connection="second", root=bench.drive.location, users=("alice",)),
        connections={"second": second},
    )
    for user, connection in (("alice", "second"), ("bob", "drive")):
        status, _ = await ask(bench, "GET", "snapshot", bench.drive.location, token=bench.people.token(user))
        assert status == 200
        assert bench.audit()[-1]["connection"] == connection


async def test_what_no_connection_knows_is_a_mistake_not_a_refusal(bench: Bench) -> None:
    await bench.start(Grant(connection="drive", everyone=True))
    token = bench.people.token("alice")
    for source, expected in (
        ("https://example.org/a", "no-connection"),
        ("just words", "not-a-location"),
        ("https://drive.google.com/drive/my-drive", "unsupported-link"),
        ("", "bad-input"),
        ("drive:/../x", "bad-path"),
    ):
        status, answer = await ask(bench, "GET", "describe", source, token=token)
        assert (status, code(answer)) == (400, expected), source


async def test_what_was_shared_and_is_not_any_more_is_not_shared(bench: Bench) -> None:
    await bench.start(Grant(connection="drive", everyone=True, can=("read", "link")))
    bench.drive.access.unshare(bench.drive.root, bench.drive.robot.email)
    token = bench.people.token("alice")
    for method, operation in (("GET", "describe"), ("GET", "snapshot"), ("POST", "links")):
        status, answer = await ask(bench, method, operation, bench.drive.location, token=token)
        assert (status, code(answer)) == (404, "not-shared")
        assert bench.drive.robot.email in answer["hint"]


async def test_other_peoples_private_items_look_as_if_they_were_not_there(bench: Bench) -> None:
    private = bench.file("diary.txt", "secret", bench.drive.home(OWNER))
    await bench.start(Grant(connection="drive", everyone=True))
    token = bench.people.token("alice")
    answers = [
        await ask(bench, "GET", "describe", address(item), token=token)
        for item in (private, "1NothingHasThisIdAndNothingWill00")
    ]
    assert {(status, code(answer), answer["message"]) for status, answer in answers} == {
        (403, "not-granted", "You have no access to this through the hub's gateway.")
    }


async def test_what_the_account_itself_is_refused_looks_the_same(bench: Bench) -> None:
    item = bench.folder_in("odd")
    await bench.start(Grant(connection="drive", everyone=True))
    token = bench.people.token("alice")
    bench.drive.faults.set(
        [
            {
                "operation": "files.get",
                "id": item,
                "effect": "error",
                "reason": "insufficientFilePermissions",
                "times": None,
            }
        ]
    )
    status, answer = await ask(bench, "GET", "describe", address(item), token=token)
    assert (status, answer["message"]) == (403, "You have no access to this through the hub's gateway.")


async def test_connections_are_told_to_those_who_may_use_them(bench: Bench) -> None:
    granted = bench.folder_in("stats")
    await bench.start(
        Grant(connection="drive", root=address(granted), groups=("stats",)),
        Grant(connection="drive", users=("teacher",), can=("read", "link")),
    )
    provider = bench.connect(bench.people.token("alice", "stats"))
    assert [(one.name, one.provider, one.title, one.can, one.access) for one in await provider.connections()] == [
        ("drive", "googledrive", "Google Drive", ("read",), None)
    ]
    (told,) = await provider.connections()
    assert [root["url"] for root in told.roots] == [address(granted)]
    (told,) = await bench.connect(bench.people.token("teacher")).connections()
    assert told.can == ("link", "read")
    assert bench.drive.robot.email in (told.access or "")
    assert await bench.connect(bench.people.token("bob")).connections() == []
