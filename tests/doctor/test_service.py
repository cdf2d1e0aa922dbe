"""What the gateway has on its own machine: configuration, secrets, folders, keys, grants; and whether it runs."""

import pytest
from tests.doctor.world import closed, codes, configured, look, of, only
from tests.gateway.bench import PREFIX

from hubdrives import config
from hubdrives.config import Grant
from hubdrives.errors import HubdrivesError
from hubdrives.gateway.signing import Signer

GRANT = '[[grants]]\nconnection = "course"\neveryone = true\n'


def course(folder, more=""):
    (folder / "course").mkdir(exist_ok=True)
    return f'[connections.course]\nprovider = "local"\nroot = "{folder}/course"\n{more}'


async def test_without_any_configuration_that_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    finding = only(await look({}), "configuration")
    assert (finding.level, finding.code) == ("warning", "not-configured")
    at_gateway = only(await look({"JUPYTERHUB_SERVICE_NAME": "hubdrives"}), "configuration")
    assert at_gateway.level == "wrong"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[connections", "hubdrives.toml"),
        ("[conections.course]", "conections"),
        ("[connections.course]\nprovider = 'local'\nrot = '/x'", "rot"),
        ("[connections.course]\nprovider = 'local'\ncredential = { kind = 'token', token = 'x' }", "'token' in clear"),
        ("[gateway]\nport = 'x'", "port"),
        (GRANT, "'course'"),
    ],
)
async def test_a_configuration_that_can_not_be_used_is_told_and_the_rest_is_looked_at(tmp_path, text, said):
    finding, *others = await look(configured(tmp_path, text) | {"JUPYTERHUB_SERVICE_NAME": "hubdrives"})
    assert (finding.check, finding.level, finding.code) == ("configuration", "wrong", "bad-config")
    assert said in finding.sentence
    assert "hub" in {one.check for one in others}


async def test_a_file_that_is_missing_or_can_not_be_read_is_told(tmp_path):
    for path in (tmp_path / "nowhere.toml", tmp_path):
        assert str(path) in only(await look({"HUBDRIVES_CONFIG": str(path)}), "configuration").sentence


async def test_a_secret_that_everybody_may_read_is_told(tmp_path):
    token = tmp_path / "token"
    token.write_text("s3cret-0123456789")
    text = course(tmp_path, f'credential = {{ kind = "token", token_file = "{token}" }}')
    token.chmod(0o644)
    finding = only(await look(configured(tmp_path, text)), "secret files")
    assert (finding.level, finding.code) == ("warning", "secret-open")
    assert f"chmod 600 {token}" in finding.advice
    token.chmod(0o640)
    assert only(await look(configured(tmp_path, text)), "secret files").level == "ok"


async def test_folders_that_can_not_be_written_are_told_and_none_is_made(tmp_path):
    (tmp_path / "file").write_text("")
    text = f"""
        {course(tmp_path)}
        {GRANT}
        [gateway]
        cache_folder = "{tmp_path}/file/cache"
        audit_file = "{tmp_path}/nowhere/audit.log"
        """
    findings = await look(configured(tmp_path, text))
    assert codes(of(findings, "cache folder") + of(findings, "audit file")) == ["folder-unusable"] * 2
    good = text.replace("/file/cache", "/new/cache").replace("/nowhere/", "/")
    findings = await look(configured(tmp_path, good))
    assert codes(of(findings, "cache folder") + of(findings, "audit file")) == []
    assert not (tmp_path / "new").exists()
    assert not (tmp_path / "audit.log").exists()


async def test_links_without_a_key_to_sign_them_are_told(tmp_path):
    text = course(tmp_path) + GRANT
    assert of(await look(configured(tmp_path, text)), "link key") == []
    finding = only(await look(configured(tmp_path, text + 'can = ["read", "link"]')), "link key")
    assert finding.code == "link-key-missing"
    assert "openssl rand -hex 32" in finding.advice


@pytest.mark.parametrize(
    "keys", ["a" * 32, f"{'a' * 32}\n{'b' * 40}\n", "a" * 31, f"{'a' * 32}\nshort\n", "", "\n", None]
)
async def test_a_link_key_is_good_for_the_doctor_if_it_is_for_the_gateway(tmp_path, keys):
    path = tmp_path / "keys"
    if keys is not None:
        path.write_text(keys)
    text = course(tmp_path) + GRANT + f'\n[gateway]\nlink_key_file = "{path}"'
    finding = only(await look(configured(tmp_path, text)), "link key")
    assert (finding.level == "ok") == can_sign(config.parse(text))
    assert finding.code in {"ok", "link-key-unusable"}


def can_sign(settings):
    try:
        return Signer.from_settings(settings.gateway) is not None
    except HubdrivesError:
        return False


async def test_grants_that_nobody_has_or_that_lead_nowhere_are_told(tmp_path):
    seat = {"JUPYTERHUB_SERVICE_NAME": "hubdrives"}
    assert only(await look(configured(tmp_path, course(tmp_path)) | seat), "grants").code == "no-grants"
    bad = course(tmp_path) + GRANT + 'root = "https://example.org/x"'
    finding = only(await look(configured(tmp_path, bad) | seat), "grants")
    assert finding.code == "grant-unusable"
    assert "https://example.org/x" in finding.sentence


async def test_spaces_and_the_grants_on_them_are_looked_at(tmp_path):
    seat = {"JUPYTERHUB_SERVICE_NAME": "hubdrives"}
    space = '[spaces.results]\nconnection = "course"\nfolder = "data"\n'
    granted = course(tmp_path) + space + GRANT.replace("course", "results") + 'services = ["neuron"]\n'
    assert only(await look(configured(tmp_path, granted) | seat), "grants").level == "ok"
    bad = granted.replace('folder = "data"', 'folder = "data"\nroot = "https://example.org/x"')
    finding = only(await look(configured(tmp_path, bad) | seat), "grants")
    assert finding.code == "grant-unusable"
    assert "space 'results'" in finding.sentence


async def test_whether_the_gateway_runs_is_looked_at_where_it_should(bench):
    url = await bench.start(Grant(connection="drive", everyone=True))
    environment = configured(bench.folder, course(bench.folder) + GRANT) | {
        "JUPYTERHUB_SERVICE_NAME": "hubdrives",
        "JUPYTERHUB_SERVICE_PREFIX": PREFIX,
        "JUPYTERHUB_SERVICE_URL": url.removesuffix(PREFIX),
    }
    assert only(await look(environment), "gateway").level == "ok"
    environment["JUPYTERHUB_SERVICE_URL"] = f"http://127.0.0.1:{closed()}"
    assert only(await look(environment), "gateway").code == "port-closed"


async def test_beside_the_gateway_a_source_is_told_with_who_may_read_it(tmp_path):
    (tmp_path / "course/week 1").mkdir(parents=True)
    (tmp_path / "other").mkdir()
    text = course(tmp_path) + '[[grants]]\nconnection = "course"\ngroups = ["rain"]\nusers = ["ada"]'
    seat = configured(tmp_path, text) | {"JUPYTERHUB_SERVICE_NAME": "hubdrives"}
    what, whom = of(await look(seat, "course:/week 1"), "source")
    assert "folder 'week 1'" in what.sentence
    assert whom.sentence == "It is granted to group rain, user ada (read)."
    _, nobody = of(await look(seat, str(tmp_path / "other")), "source")
    assert nobody.code == "source-not-granted"
