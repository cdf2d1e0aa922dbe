import json

import pytest

from hubdrives import errors as ours
from hubdrives.exchange import Failure
from hubdrives.providers.googledrive.api import PageTokenRejected, errors
from hubdrives.testing.emulators.googledrive.errors import REASONS, DriveError

# Every reason that Drive documents for what we ask, and which error of ours it is. Status -> reason -> error.
TABLE = {
    400: {
        "badRequest": ours.UnexpectedAnswer,
        "invalid": ours.UnexpectedAnswer,
        "invalidParameter": ours.UnexpectedAnswer,
        "required": ours.UnexpectedAnswer,
    },
    401: {"authError": ours.BadCredential},
    403: {
        "forbidden": ours.BadCredential,
        "insufficientPermissions": ours.BadCredential,
        "accessNotConfigured": ours.BadCredential,
        "insufficientFilePermissions": ours.Forbidden,
        "domainPolicy": ours.Forbidden,
        "appNotAuthorizedToFile": ours.Forbidden,
        "teamDriveMembershipRequired": ours.Forbidden,
        "userRateLimitExceeded": ours.RateLimited,
        "rateLimitExceeded": ours.RateLimited,
        "sharingRateLimitExceeded": ours.QuotaExceeded,
        "dailyLimitExceeded": ours.QuotaExceeded,
        "downloadQuotaExceeded": ours.QuotaExceeded,
        "storageQuotaExceeded": ours.QuotaExceeded,
        "cannotDownloadFile": ours.Unreadable,
        "cannotDownloadAbusiveFile": ours.Unreadable,
        "invalidAbuseAcknowledgment": ours.Unreadable,
        "fileNotDownloadable": ours.Unreadable,
        "fileNotExportable": ours.Unreadable,
        "exportSizeLimitExceeded": ours.Unreadable,
    },
    404: {"notFound": ours.NotShared},
    416: {"requestedRangeNotSatisfiable": ours.VersionGone},
    429: {"rateLimitExceeded": ours.RateLimited},
    500: {"internalError": ours.Unavailable, "backendError": ours.Unavailable},
    502: {"backendError": ours.Unavailable},
    503: {"backendError": ours.Unavailable, "transientError": ours.Unavailable},
    504: {"backendError": ours.Unavailable},
}
CASES = [(status, reason, kind) for status, reasons in TABLE.items() for reason, kind in reasons.items()]


def failure(status: int, reason: str, **detail: str) -> Failure:
    body = {"error": {"code": status, "message": "s3cret text", "errors": [{"reason": reason, **detail}]}}
    return Failure(status=status, headers={}, body=json.dumps(body).encode(), operation="files.get")


@pytest.mark.parametrize(("status", "reason", "kind"), CASES)
def test_each_reason_is_one_error_of_ours(status: int, reason: str, kind: type[ours.HubdrivesError]) -> None:
    error = errors(failure(status, reason, domain="global"))
    assert type(error) is kind
    assert "s3cret" not in f"{error} {error.hint}"


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_the_table_knows_every_reason_that_the_emulator_gives(reason: str) -> None:
    answer = DriveError(reason).answer()
    assert reason in TABLE[answer.status]
    told = Failure(status=answer.status, headers=answer.headers, body=answer.body, operation="files.get")
    assert type(errors(told)) is TABLE[answer.status][reason]


def test_only_what_passes_is_tried_again() -> None:
    again = {reason for status, reason, _kind in CASES if errors(failure(status, reason)).transient}
    assert again == {
        "userRateLimitExceeded",
        "rateLimitExceeded",
        "internalError",
        "backendError",
        "transientError",
    }


def test_a_refused_page_token_can_be_told_from_other_refusals() -> None:
    assert type(errors(failure(400, "invalid", location="pageToken"))) is PageTokenRejected
    assert type(errors(failure(400, "invalid", location="q"))) is ours.UnexpectedAnswer


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, ours.BadCredential),
        (403, ours.Forbidden),
        (404, ours.NotShared),
        (408, ours.Unavailable),
        (410, ours.UnexpectedAnswer),
        (429, ours.RateLimited),
        (500, ours.Unavailable),
        (503, ours.Unavailable),
    ],
)
def test_a_new_reason_or_a_page_of_html_counts_by_its_status(status: int, kind: type[ours.HubdrivesError]) -> None:
    page = Failure(status=status, headers={}, body=b"<html>Sorry...</html>", operation="files.get")
    assert type(errors(page)) is kind
    assert type(errors(failure(status, "neverHeardOf"))) is kind


def test_a_server_error_is_never_for_good_whatever_its_reason_says() -> None:
    assert errors(failure(503, "notFound")).transient


def test_how_long_to_wait_is_passed_on() -> None:
    body = failure(403, "userRateLimitExceeded").body
    told = Failure(status=403, headers={"Retry-After": "12"}, body=body, operation="files.list")
    assert errors(told).retry_after == 12
