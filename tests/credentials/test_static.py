from pathlib import Path

import pytest

from hubdrives.credentials import token_source
from hubdrives.errors import BadConfig, BadCredential


async def test_a_token_is_read_from_its_file_and_again_when_it_was_renewed(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first\n")
    source = token_source({"kind": "token", "token_file": str(file)}, connection="any")
    assert source is not None
    assert (source.scheme, await source.token()) == ("Bearer", "first")
    file.write_text("second\n")
    assert await source.token() == "first"
    assert await source.token(stale="first") == "second"


async def test_a_token_that_is_refused_and_was_not_renewed_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "only")
    source = token_source({"kind": "token", "token_env": "TOKEN", "scheme": "token"}, connection="any")
    assert source is not None
    assert (source.scheme, await source.token()) == ("token", "only")
    with pytest.raises(BadCredential) as told:
        await source.token(stale="only")
    assert "only" not in f"{told.value} {source!r}"


async def test_a_token_that_is_not_there_is_told_when_it_is_needed(tmp_path: Path) -> None:
    source = token_source({"kind": "token", "token_file": str(tmp_path / "none")}, connection="any")
    assert source is not None
    with pytest.raises(BadConfig, match="none"):
        await source.token()


def test_no_credential_is_no_token_source() -> None:
    assert token_source({}, connection="any") is None


@pytest.mark.parametrize("credential", [{"kind": "magic"}, {"token_file": "x"}])
def test_an_unknown_kind_is_refused_with_the_known_ones(credential: dict) -> None:
    with pytest.raises(BadConfig, match="google_service_account"):
        token_source(credential, connection="course")
