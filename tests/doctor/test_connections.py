"""What is wrong with a connection is told by trying it, with a real Drive emulator that has faults."""

import json

import pytest
from tests.doctor.world import CALM, HASTY, closed, codes, configured, look, only, silent, swallowing

from hubdrives.doctor import Patience


def connection(bench, *, url=None, root=None, more=""):
    return configured(
        bench.folder,
        f"""
        [connections.course]
        provider = "googledrive"
        base_url = "{url or bench.drive.url}"
        root = "{root or bench.drive.location}"
        credential = {{ kind = "google_service_account", key_file = "{bench.folder}/key.json" }}
        {more}
        """,
    )


async def found(bench, patience=CALM, **settings):
    return only(await look(connection(bench, **settings), patience=patience), "connection course")


async def test_a_connection_that_works_is_told_with_what_it_shows(bench):
    (bench.folder / "key.json").chmod(0o600)
    findings = await look(connection(bench))
    assert codes(findings) == []
    assert "Google Drive shows 'Shared folder'" in only(findings, "connection course").sentence


@pytest.mark.parametrize(
    ("reason", "code"), [("invalid_grant", "bad-credential"), ("disabled_client", "bad-credential")]
)
async def test_a_key_that_is_refused_is_told(bench, reason, code):
    bench.drive.faults.set([{"operation": "token", "effect": "error", "reason": reason, "times": None}])
    finding = await found(bench)
    assert (finding.level, finding.code) == ("wrong", code)
    assert finding.advice


async def test_a_clock_that_is_wrong_is_told(bench, monkeypatch):
    from google.auth import _helpers

    now = _helpers.utcnow
    monkeypatch.setattr(_helpers, "utcnow", lambda: now().replace(year=2019))
    finding = await found(bench)
    assert finding.code == "clock-skew"
    assert "clock" in finding.advice


async def test_a_folder_that_is_not_shared_is_told_with_whom_to_share_it(bench):
    bench.drive.access.unshare(bench.drive.root)
    finding = await found(bench)
    assert finding.code == "not-shared"
    assert bench.key["client_email"] in finding.advice


async def test_a_folder_in_the_bin_is_told(bench):
    bench.drive.tree.trash(bench.drive.root)
    assert (await found(bench)).code == "trashed"


async def test_a_rate_limit_is_a_warning_at_once_and_nothing_is_waited_for(bench):
    fault = {"operation": "files.*", "effect": "error", "reason": "userRateLimitExceeded", "times": None}
    bench.drive.faults.set([fault])
    finding = await found(bench)
    assert (finding.level, finding.code) == ("warning", "rate-limited")
    assert bench.drive.requests.by_operation["files.get"] == 1


async def test_a_key_file_that_is_missing_is_told(bench):
    (bench.folder / "key.json").unlink()
    finding = await found(bench)
    assert finding.code == "bad-config"
    assert "key.json" in finding.sentence


@pytest.mark.parametrize("url", ["http://no-such-host.invalid", "closed"])
async def test_a_wrong_host_is_told_with_the_setting_that_names_it(bench, url):
    url = url.replace("closed", f"http://127.0.0.1:{closed()}")
    finding = await found(bench, url=url)
    assert finding.code == ("port-closed" if "127" in url else "host-unknown")
    assert "`base_url` of connection 'course'" in finding.advice
    assert "Google Drive" in finding.sentence


async def test_a_host_that_swallows_connections_is_told_from_one_that_is_slow(bench):
    with swallowing() as port:
        assert (await found(bench, HASTY, url=f"http://127.0.0.1:{port}")).code == "port-blocked"
    with silent() as port:
        assert (await found(bench, HASTY, url=f"http://127.0.0.1:{port}")).code == "no-answer"
    bench.drive.faults.set([{"operation": "files.get", "effect": "delay", "seconds": 30, "times": None}])
    finding = await found(bench, patience=Patience(connect=0.2, answer=0.2, provider=0.3, check=5.0))
    assert finding.code == "slow"


async def test_another_server_that_answers_in_the_provider_s_place_is_told(bench, serve):
    async def page(_request):
        from aiohttp import web

        return web.Response(text="<h1>Welcome</h1>", content_type="text/html")

    finding = await found(bench, url=await serve(page))
    assert finding.code == "unexpected-answer"
    assert "`base_url` of connection 'course'" in finding.advice


async def test_every_root_that_a_grant_names_is_tried(bench):
    lost = bench.folder_in("Lost")
    bench.drive.tree.delete(lost)
    grant = f"""
        [[grants]]
        connection = "course"
        root = "https://drive.google.com/drive/folders/{lost}"
        everyone = true
        """
    findings = [one for one in await look(connection(bench, more=grant)) if one.check == "connection course"]
    assert [one.level for one in findings] == ["ok", "wrong"]
    assert codes(findings) == ["not-shared"]


async def test_without_a_root_the_key_is_tried_all_the_same(bench):
    environment = connection(bench)
    file = bench.folder / "hubdrives.toml"
    file.write_text(file.read_text().replace(f'root = "{bench.drive.location}"', ""))
    assert "no folder is configured" in only(await look(environment), "connection course").sentence
    bench.drive.faults.set([{"operation": "token", "effect": "error", "reason": "deleted_client", "times": None}])
    assert only(await look(environment), "connection course").code == "bad-credential"


async def test_a_provider_that_is_not_installed_is_told_beside_the_others(bench):
    environment = connection(bench, more='[connections.disk]\nprovider = "floppy"')
    findings = await look(environment)
    assert only(findings, "connection disk").code == "no-connection"
    assert only(findings, "connection course").level == "ok"


async def test_only_gets_are_sent_and_no_secret_is_told(bench):
    bench.drive.access.unshare(bench.drive.root)
    findings = await look(connection(bench), bench.drive.location)
    told = json.dumps([str(one) for one in findings])
    assert bench.key["private_key"][40:80] not in told
    assert "ya29." not in told
    assert set(bench.drive.requests.by_operation) == {"token", "files.get"}
