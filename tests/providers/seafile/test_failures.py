import json

import pytest

from hubdrives.errors import (
    BadCredential,
    BadInput,
    Forbidden,
    NameTaken,
    NotFound,
    NotShared,
    QuotaExceeded,
    RateLimited,
    Unavailable,
    UnexpectedAnswer,
    Unreadable,
)
from hubdrives.exchange import Failure
from hubdrives.providers.seafile.failures import (
    CONTENT,
    UPDATE,
    UPLOAD,
    ZIP_PROGRESS,
    ZIP_TASK,
    ZIPPED,
    Encrypted,
    LinkDead,
    NotKnownHere,
    ZipRefused,
    ZipTooLarge,
    errors,
)
from hubdrives.testing.emulators.seafile.errors import REASONS, SeafileError

HTML = b"<!DOCTYPE html>\n<html><head><title>Not Found</title></head></html>\n"
SEAHUB = "anything"


def failure(status, body=b"", operation=SEAHUB, **headers):
    return Failure(status=status, headers=headers, body=body, operation=operation)


def seahub(status, text, operation=SEAHUB, key="error_msg"):
    return errors(failure(status, json.dumps({key: text}).encode(), operation))


def fileserver(status, text, operation=CONTENT):
    return errors(failure(status, f'{{"error": "{text}\n"}}'.encode(), operation))


@pytest.mark.parametrize(
    ("status", "text", "operation", "kind"),
    [
        (400, "Path is missing.", SEAHUB, UnexpectedAnswer),
        (400, "Folder name invalid.", SEAHUB, BadInput),
        (400, "File name invalid.", SEAHUB, BadInput),
        (400, "New name is too long", SEAHUB, BadInput),
        (400, "Invalid token", "share-links.dir", NotFound),
        (400, "token invalid.", "smart-links.get", NotFound),
        (403, "You do not have permission to access this library.", "libraries.get", NotShared),
        (403, "Permission denied.", "dir.list", NotShared),
        (403, "You do not have permission to access this file.", "files.link", Unreadable),
        (403, "You do not have permission to access this folder.", SEAHUB, Forbidden),
        (403, "Password is required.", "share-links.dir", Forbidden),
        (403, "Invalid Password", "share-links.dir", Forbidden),
        (404, "Library 0af3d9c2 not found.", "dir.list", NotFound),
        (404, "Folder /a/ not found.", "dir.list", NotFound),
        (404, "File not found", "files.link", NotFound),
        (409, "The new name is the same to the old", SEAHUB, BadInput),
        (409, "A library of this name exists", SEAHUB, NameTaken),
        (440, "Library password is needed.", "dir.list", Encrypted),
        (441, "Library must be decrypted by the client.", "files.link", Encrypted),
        (442, "File size is too large.", SEAHUB, BadInput),
        (443, "Out of quota.", "upload.link", QuotaExceeded),
        (447, "The number of files in library exceeds the limit", "upload.link", QuotaExceeded),
        (500, "Internal Server Error", SEAHUB, Unavailable),
        (520, "Failed to list dir.", "dir.list", Unavailable),
        (400, 'Unable to download directory "b": size is too large.', ZIP_TASK, ZipTooLarge),
        (400, "Total size exceeds limit.", ZIP_TASK, ZipTooLarge),
        (403, "Permission denied.", ZIP_TASK, ZipRefused),
        (404, "Folder /a/b not found.", ZIP_TASK, ZipRefused),
        (500, "Internal Server Error", ZIP_TASK, ZipRefused),
        (500, "Internal Server Error", ZIP_PROGRESS, ZipRefused),
    ],
)
def test_what_seahub_refuses_becomes_an_error_of_ours(status, text, operation, kind):
    assert type(seahub(status, text, operation)) is kind


@pytest.mark.parametrize(
    ("status", "text", "operation", "kind"),
    [
        (400, "Bad access token", CONTENT, LinkDead),
        (400, "Bad repo id", CONTENT, NotFound),
        (400, "Repo is encrypted. Please provide password to view it.", CONTENT, Encrypted),
        (400, "No file in multipart form.", UPLOAD, UnexpectedAnswer),
        (400, "Invalid parent dir.", UPLOAD, NotFound),
        (400, "Repo status not writable.", UPLOAD, Forbidden),
        (401, "", CONTENT, LinkDead),
        (403, "Access token not found", CONTENT, LinkDead),
        (403, "Access token not found", UPLOAD, LinkDead),
        (403, "Permission denied.", UPLOAD, Forbidden),
        (404, "", CONTENT, LinkDead),
        (409, "GC Conflict.", UPLOAD, Unavailable),
        (440, "Invalid filename.", UPLOAD, BadInput),
        (441, "File already exists.", UPLOAD, NameTaken),
        (441, "File does not exist.", UPDATE, NotFound),
        (442, "File size is too large.", UPLOAD, BadInput),
        (443, "Out of quota.", UPLOAD, QuotaExceeded),
        (444, "Repo is deleted.", UPLOAD, NotFound),
        (445, "Repo is damaged.", UPLOAD, Unreadable),
        (446, "Block is missing.", CONTENT, Unreadable),
        (500, "Internal error.", UPLOAD, Unavailable),
        (500, "Zip file is not ready.", ZIPPED, ZipRefused),
        (403, "Access token not found", ZIPPED, LinkDead),
    ],
)
def test_the_same_numbers_mean_other_things_from_the_file_server(status, text, operation, kind):
    assert type(fileserver(status, text, operation)) is kind


@pytest.mark.parametrize(
    ("status", "text", "message"),
    [
        (401, "Invalid token", "refused the token"),
        (401, "User inactive or deleted", "refused the token"),
        (403, "Authentication credentials were not provided.", "No token was shown"),
    ],
)
def test_a_refused_token_and_a_missing_one_are_told_apart(status, text, message):
    error = seahub(status, text, key="detail")
    assert type(error) is BadCredential
    assert message in str(error)


def test_a_dead_link_may_be_told_as_plain_text():
    assert type(errors(failure(403, b"Access token not found\n", CONTENT))) is LinkDead


@pytest.mark.parametrize(
    ("headers", "text", "seconds"),
    [
        ({"Retry-After": "7"}, "Request was throttled. Expected available in 9 seconds.", 7.0),
        ({}, "Request was throttled. Expected available in 9 seconds.", 9.0),
        ({}, "Request was throttled. Expected available in 1 second.", 1.0),
        ({}, "Request was throttled.", None),
    ],
)
def test_how_long_to_wait_is_read_from_the_header_or_from_the_sentence(headers, text, seconds):
    error = errors(failure(429, json.dumps({"detail": text}).encode(), **headers))
    assert (type(error), error.retry_after) == (RateLimited, seconds)


@pytest.mark.parametrize(
    ("status", "operation", "kind"),
    [
        (404, SEAHUB, NotKnownHere),
        (405, SEAHUB, NotKnownHere),
        (404, ZIP_TASK, NotKnownHere),
        (404, ZIP_PROGRESS, ZipRefused),
        (413, UPLOAD, BadInput),
        (502, SEAHUB, Unavailable),
        (504, ZIPPED, ZipRefused),
        (503, CONTENT, Unavailable),
        (400, SEAHUB, UnexpectedAnswer),
        (403, SEAHUB, Forbidden),
    ],
)
def test_pages_of_html_come_from_old_servers_and_proxies(status, operation, kind):
    assert type(errors(failure(status, HTML, operation))) is kind


@pytest.mark.parametrize("reason", REASONS)
def test_every_error_that_the_emulator_has_is_understood(reason):
    answer = SeafileError(reason).answer()
    operation = UPLOAD if reason.startswith("upload") else SEAHUB
    error = errors(failure(answer.status, bytes(answer.body), operation, **answer.headers))
    assert error.hint
    assert REASONS[reason].text not in str(error)
    if type(error) is UnexpectedAnswer:
        assert REASONS[reason].status in {400, 415}
