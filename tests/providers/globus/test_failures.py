import json
from urllib.parse import quote

import pytest

from hubdrives.errors import (
    BadCredential,
    BadInput,
    Conflict,
    Forbidden,
    HubdrivesError,
    LoginNeeded,
    NameTaken,
    NotFound,
    QuotaExceeded,
    RateLimited,
    Unavailable,
    UnexpectedAnswer,
    Unreadable,
)
from hubdrives.exchange import Failure
from hubdrives.providers.globus.failures import (
    Asleep,
    ConsentNeeded,
    Exists,
    LoginPage,
    NotAFolder,
    Paused,
    errors,
    https_errors,
)
from hubdrives.testing.emulators.globus.errors import DATA_REASONS, TRANSFER_REASONS, DataError, TransferError

ID = "6c54cade-bde5-45c1-bdea-f4bd71dba2cc"
HTTPS = f"https://auth.globus.org/scopes/{ID}/https"
CONSENT = f"urn:globus:auth:scope:transfer.api.globus.org:all[*https://auth.globus.org/scopes/{ID}/data_access]"
MAINTENANCE = b"<!DOCTYPE html>\n<html><body>Down for maintenance</body></html>"


def failure(status, body=b"", **headers):
    return Failure(status=status, headers=headers, body=body, operation="any")


def transfer(status, code, **extra):
    # What is said is never looked at.
    answer = {"code": code, "message": "ConsentRequired NotFound Exists", "request_id": "x", "resource": "/", **extra}
    return errors(failure(status, json.dumps(answer).encode()), login_url=login_url)


def login_url(*, scopes=(), session=None):
    return f"/hub/consent?scopes={quote(' '.join(scopes))}&session={quote(json.dumps(dict(session or {})))}"


ROWS = [
    (401, "AuthenticationFailed", BadCredential, False),
    (401, "ClientError.AuthenticationFailed", BadCredential, False),
    (400, "ClientError.AuthenticationFailed", BadCredential, False),
    (403, "ConsentRequired", ConsentNeeded, False),
    (403, "EndpointPermissionDenied", Forbidden, False),
    (403, "PermissionDenied", Forbidden, False),
    (403, "ClientError.PermissionDenied", Forbidden, False),
    (403, "SomethingNew", Forbidden, False),
    (404, "ClientError.NotFound", NotFound, False),
    (404, "NotFound", NotFound, False),
    (404, "EndpointNotFound", NotFound, False),
    (404, "TaskNotFound", NotFound, False),
    (400, "BadRequest", BadInput, False),
    (400, "ClientError.BadRequest", BadInput, False),
    (400, "ClientError.BadRequest.NoTransferItems", BadInput, False),
    (409, "Conflict", Conflict, False),
    (409, "ClientError.Conflict", Conflict, False),
    (409, "OperationPaused", Paused, False),
    (429, "TooManyRequests", RateLimited, True),
    (429, "AnythingAtAll", RateLimited, True),
    (500, "InternalError", Unavailable, True),
    (502, "EndpointError", Unavailable, True),
    (502, "ExternalError", Unavailable, True),
    (502, "ExternalError.DirListingFailed", Unavailable, True),
    (502, "ExternalError.DirListingFailed.SomethingNew", Unavailable, True),
    (502, "ExternalError.DirListingFailed.NotDirectory", NotAFolder, False),
    (502, "ExternalError.DirListingFailed.SizeLimit", Unreadable, False),
    (502, "ExternalError.DirListingFailed.PermissionDenied", Forbidden, False),
    (502, "ExternalError.DirListingFailed.NotFound", NotFound, False),
    (502, "ExternalError.DirListingFailed.GCDisconnected", Asleep, False),
    (502, "ExternalError.DirListingFailed.GCPaused", Asleep, False),
    (502, "ExternalError.DirListingFailed.ConnectFailed", Unavailable, True),
    (502, "ExternalError.DirListingFailed.LoginFailed", LoginNeeded, False),
    (502, "ExternalError.MkdirFailed.Exists", Exists, False),
    (502, "ExternalError.MkdirFailed.PermissionDenied", Forbidden, False),
    (502, "ExternalError.MkdirFailed", Unavailable, True),
    (502, "ExternalError.MkdirFailed.GCDisconnected", Asleep, False),
    (502, "ExternalError.MkdirFailed.GCPaused", Asleep, False),
    (502, "ExternalError.MkdirFailed.ConnectFailed", Unavailable, True),
    (502, "ExternalError.MkdirFailed.LoginFailed", LoginNeeded, False),
    (502, "ExternalError.RenameFailed", Unavailable, True),
    (503, "ServiceUnavailable", Unavailable, True),
    (504, "Anything", Unavailable, True),
]


@pytest.mark.parametrize(("status", "code", "kind", "transient"), ROWS)
def test_the_code_decides(status, code, kind, transient):
    error = transfer(status, code)
    assert type(error) is kind or (kind is LoginNeeded and isinstance(error, LoginNeeded))
    assert error.transient is transient
    assert str(error)
    assert error.hint


def test_every_code_that_the_emulator_knows_has_a_row():
    assert TRANSFER_REASONS.keys() <= {code for _status, code, _kind, _transient in ROWS}


@pytest.mark.parametrize("reason", sorted(TRANSFER_REASONS))
def test_what_the_emulator_answers_is_understood(reason):
    answer = TransferError(reason).answer("/v0.10/x")
    kind = next(kind for _status, code, kind, _transient in ROWS if code == reason)
    assert isinstance(errors(failure(answer.status, answer.body)), kind)


def test_a_missing_consent_is_asked_for_to_the_letter():
    error = transfer(403, "ConsentRequired", required_scopes=[CONSENT])
    assert (error.code, error.renewable, error.scopes) == ("login-needed", False, (CONSENT,))
    assert error.login_url == login_url(scopes=[CONSENT])
    assert ("agree" in str(error), error.agree_at) == (True, "Globus")
    told = transfer(403, "ConsentRequired", authorization_parameters={"required_scopes": [CONSENT]})
    assert (told.scopes, told.login_url, told.parameters) == ((CONSENT,), error.login_url, {})


@pytest.mark.parametrize(
    ("asked", "handed_on", "said"),
    [
        (
            {"session_required_identities": [ID, "b"], "prompt": "login"},
            {"session_required_identities": f"{ID},b"},
            "log in",
        ),
        (
            {"session_required_single_domain": ["a.edu", "b.org"]},
            {"session_required_single_domain": "a.edu,b.org"},
            "a.edu or b.org",
        ),
        ({"session_required_policies": "p"}, {"session_required_policies": "p"}, "log in"),
        ({"session_required_mfa": True}, {"session_required_mfa": "true"}, "second factor"),
        (
            {"session_required_mfa": True, "session_message": None, "session_required_policies": []},
            {"session_required_mfa": "true"},
            "factor",
        ),
    ],
)
def test_a_login_that_must_be_another_one_is_begun_as_globus_says(asked, handed_on, said):
    error = transfer(502, "ExternalError.DirListingFailed.LoginFailed", authorization_parameters=asked)
    assert isinstance(error, ConsentNeeded)
    assert not error.transient
    handed_on = handed_on | {name: asked[name] for name in ("prompt",) if name in asked}
    assert error.login_url == login_url(session=handed_on)
    assert said in str(error)


def test_where_no_person_stands_behind_the_token_there_is_no_address_to_log_in_at():
    body = json.dumps({"code": "ConsentRequired", "required_scopes": [CONSENT]}).encode()
    assert errors(failure(403, body)).login_url is None
    assert errors(failure(403, body), login_url=lambda **_told: "https://evil.example/").login_url is None


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, BadCredential), (429, RateLimited), (500, Unavailable), (502, Unavailable), (503, Unavailable)],
)
@pytest.mark.parametrize("table", [errors, https_errors])
def test_a_page_in_place_of_an_answer_is_told_by_its_status(table, status, kind):
    error = table(failure(status, MAINTENANCE, **{"Retry-After": "17"}))
    assert isinstance(error, kind)
    assert error.retry_after == 17


HTTPS_ROWS = [
    ("login_required", BadCredential),
    ("consent_required", ConsentNeeded),
    ("session_required", ConsentNeeded),
    ("path_not_allowed", Forbidden),
    ("path_not_found", NotFound),
    ("not_a_file", NotFound),
    ("endpoint_error", Unavailable),
    ("internal_error", Unavailable),
    ("method_not_allowed", Forbidden),
]


@pytest.mark.parametrize(("reason", "kind"), HTTPS_ROWS)
def test_what_an_https_server_answers_is_understood(reason, kind):
    answer = DataError(reason).answer("/a.txt")
    error = https_errors(failure(answer.status, answer.body))
    assert isinstance(error, kind)
    assert error.transient is (kind is Unavailable)


def test_every_answer_of_https_servers_has_a_row():
    assert {reason for reason, _kind in HTTPS_ROWS} == set(DATA_REASONS)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", NotFound),
        (b"550-GlobusError: v=1 c=PATH_NOT_FOUND\r\n", NotFound),
        (b"550-GridFTP-Errno: 2\r\n550-GridFTP-Reason: INTERNAL_ERROR", NotFound),
        (b"550-GlobusError: v=1 c=ENDPOINT_ERROR\r\n", Unavailable),
        (b"v=1 c=INTERNAL_ERROR", Unavailable),
        (b"GCS Manager Internal Error", Unavailable),
    ],
)
def test_an_outage_that_is_called_404_is_an_outage(body, kind):
    assert type(https_errors(failure(404, body))) is kind


def test_where_no_page_asks_for_it_the_administrators_learn_which_scope_is_missing():
    for url in (None, lambda **_told: None):
        body = json.dumps({"code": "ConsentRequired", "required_scopes": [CONSENT]}).encode()
        error = errors(failure(403, body), login_url=url)
        assert (error.login_url, CONSENT in error.hint) == (None, True)
        assert "again" not in error.hint


@pytest.mark.parametrize(
    ("reason", "session", "agree_at"),
    [("consent_required", {}, "Globus"), ("session_required", {"prompt": "login"}, None)],
)
def test_a_login_that_does_not_open_the_collection_is_made_anew_for_its_server(reason, session, agree_at):
    answer = DataError(reason).answer("/a.txt")
    error = https_errors(failure(answer.status, answer.body), scopes=(HTTPS,), login_url=login_url)
    assert (error.login_url, error.agree_at) == (login_url(scopes=(HTTPS,), session=session), agree_at)


def test_more_of_https_servers():
    assert isinstance(https_errors(failure(413)), BadInput)
    assert isinstance(https_errors(failure(507)), QuotaExceeded)
    assert isinstance(https_errors(failure(418)), BadInput)


def test_who_showed_a_token_and_is_sent_to_a_login_must_log_in_again():
    page = f"https://auth.globus.org/v2/oauth2/authorize?client_id={ID}&response_type=code"
    error = https_errors(failure(302, Location=page), scopes=(HTTPS,), login_url=login_url)
    assert isinstance(error, ConsentNeeded)
    assert error.login_url == login_url(scopes=(HTTPS,))


def test_who_showed_none_learns_the_collection():
    page = f"https://auth.globus.org/v2/oauth2/authorize?client_id={ID}&response_type=code"
    error = https_errors(failure(302, Location=page))
    assert isinstance(error, LoginPage)
    assert error.collection == ID
    assert https_errors(failure(302)).collection == ""
    assert isinstance(error, UnexpectedAnswer)


def test_an_https_server_may_ask_for_a_login_in_the_words_of_the_api():
    body = json.dumps({"code": "x", "authorization_parameters": {"session_required_mfa": True}}).encode()
    assert https_errors(failure(403, body), login_url=login_url).parameters == {"session_required_mfa": "true"}


@pytest.mark.parametrize("kind", [ConsentNeeded, Exists, NotAFolder, Asleep, Paused, LoginPage])
def test_on_the_wire_they_are_what_everybody_knows(kind):
    error = kind("It is so.")
    assert isinstance(HubdrivesError.from_wire(error.to_wire()), kind.__mro__[1])
    assert isinstance(Exists("x"), NameTaken)
