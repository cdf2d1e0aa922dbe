import json
from pathlib import Path

import pytest

from hubdrives.errors import BadConfig
from hubdrives.gateway.audit import AuditLog, Record


def record(**fields: str) -> Record:
    made = Record.begin("0123", "snapshot")
    for name, value in fields.items():
        setattr(made.line, name, value)
    return made


def test_a_line_says_what_is_known_and_nothing_else(tmp_path: Path) -> None:
    log = AuditLog(str(tmp_path / "audit.jsonl"))
    log.write(record(user="alice", outcome="not-granted"))
    log.close()
    line = json.loads((tmp_path / "audit.jsonl").read_text())
    assert line.pop("time").endswith("+00:00")
    assert line.pop("ms") >= 0
    assert line == {
        "request": "0123",
        "operation": "snapshot",
        "outcome": "not-granted",
        "status": 0,
        "user": "alice",
    }


def test_a_file_that_was_moved_away_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    log = AuditLog(str(path))
    log.write(record(user="alice"))
    path.rename(tmp_path / "audit.jsonl.1")
    log.write(record(user="bob"))
    log.close()
    assert [json.loads(path.with_name(name).read_text())["user"] for name in ("audit.jsonl.1", "audit.jsonl")] == [
        "alice",
        "bob",
    ]


def test_without_a_file_lines_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    AuditLog(None).write(record(user="alice"))
    assert json.loads(capsys.readouterr().err)["user"] == "alice"


def test_what_a_caller_writes_can_not_forge_a_line_or_show_a_secret(tmp_path: Path) -> None:
    log = AuditLog(str(tmp_path / "audit.jsonl"))
    log.write(record(location='https://x/?token=s3cretS3cret0123\n{"user": "root"}', path='a"\n}{'))
    log.close()
    (text,) = (tmp_path / "audit.jsonl").read_text().splitlines()
    assert "s3cret" not in text
    assert json.loads(text)["path"] == 'a"\n}{'


def test_a_file_that_can_not_be_written_is_a_mistake_in_the_settings(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="audit file"):
        AuditLog(str(tmp_path / "missing" / "audit.jsonl"))
