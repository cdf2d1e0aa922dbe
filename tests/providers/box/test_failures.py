import json

import pytest

from hubdrives import errors
from hubdrives.exchange import Failure
from hubdrives.providers.box import failures
from hubdrives.providers.box.failures import CONTENT, NameInUse
from hubdrives.testing.emulators.box import errors as emulated

# What a person is told for each of Box' codes.
KINDS = {
    400: {
        "bad_request": errors.UnexpectedAnswer,
        "invalid_limit": errors.UnexpectedAnswer,
        "invalid_offset": errors.UnexpectedAnswer,
        "item_name_invalid": errors.BadInput,
        "item_name_too_long": errors.BadInput,
        "bad_digest": errors.Corrupt,
        "parts_mismatch": failures.PartsMissing,
        "user_already_collaborator": failures.AlreadyShared,
        "cyclical_folder_structure": errors.BadInput,
        "a_code_of_tomorrow": errors.UnexpectedAnswer,
    },
    403: {
        "access_denied_insufficient_permissions": errors.Forbidden,
        "insufficient_scope": failures.MissingScope,
        "access_from_location_blocked": errors.Forbidden,
        "forbidden": errors.Forbidden,
        "forbidden_by_policy": errors.Unreadable,
        "incorrect_shared_item_password": errors.Forbidden,
        "storage_limit_exceeded": errors.QuotaExceeded,
        "file_size_limit_exceeded": errors.BadInput,
        "access_denied_item_locked": errors.Forbidden,
        "a_code_of_tomorrow": errors.Forbidden,
    },
    404: {"not_found": errors.NotShared, "trashed": errors.Trashed},
    405: {"method_not_allowed": errors.NotFound},
    409: {
        "item_name_in_use": errors.NameTaken,
        "name_temporarily_reserved": errors.Unavailable,
        "operation_blocked_temporary": errors.Unavailable,
        "range_overlaps_existing_part": failures.PartThere,
    },
    410: {"session_expired": failures.SessionGone, "upload_failed": failures.SessionGone},
    412: {"precondition_failed": errors.Changed, "sync_item_precondition_failed": errors.Changed},
    429: {"rate_limit_exceeded": errors.RateLimited},
    500: {"internal_server_error": errors.Unavailable},
    503: {"unavailable": errors.Unavailable},
}
CASES = [(status, code, kind) for status, codes in KINDS.items() for code, kind in codes.items()]


def failure(status, body=b"", *, operation="files.get", **headers):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Failure(status=status, headers=headers, body=raw, operation=operation)


@pytest.mark.parametrize(("status", "code", "kind"), CASES)
def test_each_code_has_its_error(status, code, kind):
    error = failures.errors(failure(status, {"type": "error", "status": status, "code": code, "context_info": None}))
    assert type(error) is kind
    assert str(error).endswith(".")
    assert error.hint


def test_every_code_that_the_emulator_knows_is_in_the_table():
    known = {code for codes in KINDS.values() for code in codes} | failures._BY_CODE.keys()
    known |= {"unauthorized", *emulated.TOKEN_REASONS, *emulated.CDN_REASONS}
    # Those are told by their status alone.
    known |= {code for code, (status, _words) in emulated.REASONS.items() if status >= 500 or status == 416}
    assert emulated.ALL_REASONS - known == set()


def test_a_401_without_a_body_is_a_refused_token_that_may_be_renewed():
    error = failures.errors(failure(401))
    assert isinstance(error, errors.BadCredential)
    assert error.renewable


def test_a_missing_scope_is_no_reason_to_renew_the_token():
    error = failures.errors(failure(403, {"code": "insufficient_scope"}))
    assert not error.renewable


@pytest.mark.parametrize("shape", [lambda item: item, lambda item: [item]], ids=["object", "list"])
def test_what_has_a_name_is_told_with_the_conflict(shape):
    item = {"type": "folder", "id": "160001", "etag": "3", "name": "Raw"}
    body = {"code": "item_name_in_use", "context_info": {"conflicts": shape(item)}}
    error = failures.errors(failure(409, body))
    assert isinstance(error, NameInUse)
    assert (error.item.key, error.item.name) == ("folders/160001", "Raw")


def test_a_conflict_that_does_not_say_with_what_is_a_name_that_is_taken():
    for conflicts in ([], None, [{"no": "item"}], "x"):
        body = {"code": "item_name_in_use", "context_info": {"conflicts": conflicts}}
        assert type(failures.errors(failure(409, body))) is errors.NameTaken


def test_a_signed_address_that_is_refused_is_asked_for_again_but_not_boxes_own_refusal():
    assert failures.errors(failure(403, b"<html>expired</html>", operation=CONTENT)).transient
    body = {"code": "access_denied_insufficient_permissions"}
    assert not failures.errors(failure(403, body, operation=CONTENT)).transient


def test_how_long_to_wait_is_told():
    error = failures.errors(failure(429, {"code": "rate_limit_exceeded"}, **{"Retry-After": "9"}))
    assert error.retry_after == 9
