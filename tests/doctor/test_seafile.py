"""What keeps a service from its Drive: its issuer, the login there, or that the Drive does not know it."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from tests.conftest import Serve
from tests.credentials.oidc_endpoint import REALM, SECRET, SmallIssuer, refused
from tests.doctor.world import HASTY, closed, configured, look, only, silent, swallowing

from hubdrives.doctor import Finding, Patience
from hubdrives.testing.emulators.seafile import LoginIssuer, Seafile
from hubdrives.testing.emulators.server import serving

PATIENT = Patience()
"""Where all answer, a test may take its time."""


@pytest.fixture
async def issuer(serve: Serve) -> SmallIssuer:
    small = SmallIssuer()
    small.url = f"{await serve(small.handle)}{REALM}"
    return small


@pytest.fixture
async def drive(issuer: SmallIssuer) -> AsyncIterator[Seafile]:
    async with serving(Seafile()) as emulator:
        emulator.settings.login_issuer = LoginIssuer(url=issuer.url, client_id="drive", client_secret="x")
        issuer.email = emulator.account.email
        yield emulator


Look = Callable[..., Awaitable[Finding]]


@pytest.fixture
def found(tmp_path: Path, drive: Seafile, issuer: SmallIssuer) -> Look:
    """What the doctor finds of a service's connection, with these fields of its credential."""
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)

    async def found(*, url: str = drive.url, root: bool = True, patience: Patience = PATIENT, **fields: str) -> Finding:
        credential = {
            "kind": "seafile_oidc",
            "issuer": issuer.url,
            "client_id": "neuron",
            "client_secret_file": str(secret),
            **fields,
        }
        text = f"""
            [connections.results]
            provider = "seafile"
            base_url = "{url}"
            {f'root = "{url}{drive.web_address(drive.library)}"' if root else ""}
            [connections.results.credential]
            """
        lines = [f"{name} = {json.dumps(value)}" for name, value in credential.items()]
        findings = await look(configured(tmp_path, text + "\n".join(lines)), patience=patience)
        assert SECRET not in str(findings)
        return only(findings, "connection results")

    return found


@pytest.mark.parametrize("root", [True, False])
async def test_a_connection_that_works_is_told(found: Look, root: bool):
    finding = await found(root=root)
    assert finding.level == "ok"
    assert ("shows 'My Library'" in finding.sentence) == root


@pytest.mark.parametrize("root", [True, False])
async def test_an_issuer_that_is_not_reached_is_told_from_the_drive(found: Look, root: bool):
    finding = await found(root=root, issuer=f"http://127.0.0.1:{closed()}")
    assert finding.code == "port-closed"
    assert "the login's issuer" in finding.sentence
    assert "`issuer` in the credential of connection 'results'" in finding.advice
    finding = await found(root=root, issuer="https://no-such-host.invalid/realms/hbp")
    assert finding.code == "host-unknown"
    assert "`issuer`" in finding.advice


async def test_an_issuer_that_swallows_or_says_nothing_is_told(found: Look):
    with swallowing() as port:
        finding = await found(issuer=f"http://127.0.0.1:{port}", patience=HASTY)
        assert (finding.code, "issuer" in finding.sentence) == ("port-blocked", True)
    with silent() as port:
        finding = await found(issuer=f"http://127.0.0.1:{port}", patience=HASTY)
        assert (finding.code, "issuer" in finding.sentence) == ("no-answer", True)


async def test_a_drive_that_is_not_reached_is_told_from_the_issuer(found: Look):
    finding = await found(url=f"http://127.0.0.1:{closed()}")
    assert finding.code == "port-closed"
    assert "`base_url` of connection 'results'" in finding.advice


@pytest.mark.parametrize(
    ("error", "description", "code", "advice"),
    [
        ("unauthorized_client", "Client not enabled to retrieve service account", "bad-credential", "service account"),
        ("unauthorized_client", "Invalid client or Invalid client credentials", "bad-credential", "the secret"),
        ("invalid_scope", "Invalid scopes: collab.drive", "bad-config", "`scope`"),
    ],
)
async def test_what_the_issuer_refuses_is_told(
    found: Look, issuer: SmallIssuer, error: str, description: str, code: str, advice: str
):
    issuer.answer = refused(error, description, 401)
    finding = await found()
    assert (finding.level, finding.code) == ("wrong", code)
    assert advice in finding.advice


async def test_a_wrong_issuer_is_told(found: Look, issuer: SmallIssuer):
    finding = await found(issuer=f"{issuer.url}/")
    assert finding.code == "bad-config"
    assert issuer.url in finding.advice


async def test_an_account_that_the_drive_does_not_know_is_told(found: Look, issuer: SmallIssuer):
    issuer.email = "somebody@example.org"
    finding = await found()
    assert (finding.code, finding.sentence) == ("bad-credential", "Seafile has no account for this login.")
    assert "support" in finding.advice
