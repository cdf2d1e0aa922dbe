"""The gateway as a user's server sees it: the real application, and what may stand in its place."""

import pytest
from aiohttp import web
from tests.doctor.world import codes, look, of, only
from tests.gateway.bench import PREFIX, address
from tests.gateway.campus import campus_of

from hubdrives.config import ConnectionSettings, Grant
from hubdrives.errors import NotFound, NotGranted, Unavailable


def inside(url, token):
    """The environment of a user's server, as far as the gateway is concerned."""
    return {"HUBDRIVES_GATEWAY_URL": url, "JUPYTERHUB_API_TOKEN": token}


def without_hub(findings):
    return [one for one in findings if one.check != "hub"]


async def test_what_the_gateway_finds_for_this_user_is_told(bench):
    url = await bench.start(Grant(connection="drive", users=("ada",)))
    findings = without_hub(await look(inside(url, bench.people.token("ada"))))
    assert codes(findings) == []
    assert [one.check for one in findings] == ["configuration", "gateway", "connection drive (by gateway)"]
    assert "'Shared folder'" in findings[-1].sentence


async def test_what_is_wrong_at_the_gateway_is_told_with_its_advice(bench):
    url = await bench.start(Grant(connection="drive", users=("ada",)))
    bench.drive.access.unshare(bench.drive.root)
    finding = only(await look(inside(url, bench.people.token("ada"))), "connection drive (by gateway)")
    assert (finding.level, finding.code) == ("wrong", "not-shared")
    assert bench.key["client_email"] in finding.advice


async def test_a_key_that_was_withdrawn_is_noticed_though_the_gateway_holds_a_token_made_with_it(bench):
    url = await bench.start(Grant(connection="drive", users=("ada",)))
    token = bench.people.token("ada")
    assert (await bench.ask("GET", "api/v1/describe?source=drive:/", token=token))[0] == 200
    bench.drive.faults.set([{"operation": "token", "effect": "error", "reason": "deleted_client", "times": None}])
    assert codes(of(await look(inside(url, token)), "connection drive (by gateway)")) == ["bad-credential"]


async def test_nobody_is_told_of_a_connection_that_is_not_granted_to_them(bench):
    other = ConnectionSettings(provider="local", root=str(bench.folder / "secret-plans"))
    url = await bench.start(Grant(connection="drive", users=("ada",)), connections={"plans": other})
    for person in ("ada", "bob"):
        findings = await look(inside(url, bench.people.token(person)))
        assert "plans" not in str(findings)
    assert "Nothing is granted to you" in str(findings)
    assert "drive" not in str(of(findings, "grants (by gateway)"))


async def test_who_asks_again_at_once_is_told_the_same_and_the_provider_is_not_asked(bench):
    await bench.start(Grant(connection="drive", everyone=True))
    token = bench.people.token("ada")
    first = await bench.ask("GET", "api/v1/check", token=token)
    bench.asked()
    second = await bench.ask("GET", "api/v1/check", token=token)
    assert (first[0], first[1]) == (second[0], second[1])
    assert first[0] == 200
    assert bench.asked() == {}


async def test_a_check_is_in_the_audit_log(bench):
    await bench.start(Grant(connection="drive", everyone=True))
    await bench.ask("GET", "api/v1/check", token=bench.people.token("ada"))
    await bench.ask("GET", "api/v1/check", token="nobody-7f3a")
    lines = [(line["operation"], line.get("user"), line["outcome"]) for line in bench.audit()]
    assert lines == [("check", "ada", "ok"), ("check", None, "login-needed")]


async def test_a_token_that_the_hub_does_not_know_is_told(bench):
    url = await bench.start(Grant(connection="drive", everyone=True))
    finding = of(await look(inside(url, "old-token-123456")), "gateway")[-1]
    assert finding.code == "token-refused"
    assert "Stop your server" in finding.advice
    assert "old-token" not in str(finding)


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (NotGranted("This token may not use the hub's gateway.", hint="Roles 'user' and 'server'."), "access-missing"),
        (Unavailable("The hub does not answer the gateway's question who you are."), "gateway-without-hub"),
    ],
)
async def test_what_the_hub_says_to_the_gateway_is_told(bench, monkeypatch, refusal, code):
    async def refuse(_token):
        raise refusal

    url = await bench.start(Grant(connection="drive", everyone=True))
    monkeypatch.setattr(bench.people, "caller", refuse)
    reached, finding = of(await look(inside(url, "t")), "gateway")
    assert (reached.level, finding.code) == ("ok", code)
    assert str(refusal) in finding.sentence


async def test_a_gateway_at_another_path_is_told(bench):
    url = await bench.start(Grant(connection="drive", everyone=True))
    finding = only(await look(inside(url.replace(PREFIX, "/hub/services/drives/"), "t")), "gateway")
    assert finding.code == "gateway-prefix"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"status": 503, "text": "Service Unavailable"}, "gateway-down"),
        ({"status": 404, "text": "<h1>404</h1>", "content_type": "text/html"}, "gateway-elsewhere"),
        ({"status": 302, "headers": {"Location": "/hub/login"}}, "gateway-elsewhere"),
        ({"text": '{"status": "UP"}', "content_type": "application/json"}, "gateway-elsewhere"),
    ],
)
async def test_who_answers_in_the_gateway_s_place_is_told(serve, answer, code):
    async def other(_request):
        return web.Response(**answer)

    finding = only(await look(inside(f"{await serve(other)}{PREFIX}", "t")), "gateway")
    assert (finding.level, finding.code) == ("wrong", code)
    assert str(answer.get("status", 200)) in finding.sentence


async def test_what_others_have_written_moves_no_cursor_and_tells_no_secret(serve):
    async def answer(request):
        if request.path.endswith("/health"):
            return web.json_response({"status": "ok"})
        said = "Course\x1b[2J\x07 at https://example.org/x?access_token=abc123"
        return web.json_response(
            [{"check": "c\x1b", "level": "wrong", "sentence": said, "advice": said, "code": "\x1b"}]
        )

    finding = (await look(inside(f"{await serve(answer)}{PREFIX}", "t")))[-1]
    assert finding.sentence == finding.advice == "Course [2J  at https://example.org/x?access_token=[hidden]"
    assert (finding.check, finding.code) == ("c  (by gateway)", " ")


async def test_a_gateway_that_does_not_know_the_question_is_old(serve):
    async def old(request):
        if request.path.endswith("/health"):
            return web.json_response({"status": "ok"})
        told = NotFound("The gateway has nothing at this address.").to_wire() | {"request": "1"}
        return web.json_response(told, status=404)

    reached, finding = of(await look(inside(f"{await serve(old)}{PREFIX}", "t")), "gateway")
    assert (reached.level, finding.level, finding.code) == ("ok", "warning", "gateway-old")


async def test_why_an_address_does_not_work_is_asked_of_the_gateway(bench):
    url = await bench.start(Grant(connection="drive", users=("ada",)))
    granted, other = address(bench.drive.root), address(bench.folder_in("Other", bench.drive.home("eve@example.org")))
    ada, bob = bench.people.token("ada"), bench.people.token("bob")
    works = only(await look(inside(url, ada), granted), "source")
    assert works.level == "ok"
    assert "folder 'Shared folder' at Google Drive" in works.sentence
    assert only(await look(inside(url, ada), other), "source").code in {"not-granted", "not-shared"}
    assert only(await look(inside(url, bob), granted), "source").code == "not-granted"
    assert only(await look(inside(url, ada), "https://example.org/x"), "source").code == "no-connection"


async def test_on_a_personal_connection_each_user_s_own_token_is_tried_and_tells_them_nothing_of_others(tmp_path):
    async with campus_of(tmp_path) as campus:
        rain = campus.course("Rain 101", "alice", files={"answers.txt": "42"})
        await campus.open(Grant(connection="canvas", root=rain, everyone=True))
        campus.logins.ended.add("eve")
        told = {}
        for person in ("alice", "bob", "eve"):
            _, findings, _ = await campus.ask("GET", "api/v1/check", token=campus.people.token(person))
            told[person] = [one for one in findings if one["check"] == "connection canvas"]
        tokens = [*campus.logins.tokens.values(), "of-the-gateway"]
    assert [one["level"] for one in told["alice"]] == ["ok"]
    assert "Rain 101" in told["alice"][0]["sentence"]
    assert [one["level"] for one in told["bob"]] == ["wrong"]
    assert [one["code"] for one in told["eve"]] == ["login-needed"]
    assert "Rain 101" not in str(told["bob"] + told["eve"])
    assert not any(token in str(told) for token in tokens)
