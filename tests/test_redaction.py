"""What is taken out of text, and what is left in."""

import io
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubdrives.redaction import RedactingFilter, redact

SECRETS = [
    "Authorization: Bearer ya29.a0AfH6SMBx-s3cret_s3cret",
    "authorization: token 0123456789abcdef0123456789abcdef",
    "Authorization: Basic czNjcmV0OnMzY3JldC1zM2NyZXQ=",
    "GET https://x.org/f?alt=media&access_token=s3cret&b=1",
    "https://x.org/#access_token=s3cret",
    "https://b.s3.org/k?X-Amz-Signature=s3cret&X-Amz-Expires=60",
    "https://storage.org/k?X-Goog-Signature=s3cret",
    "https://drive.google.com/drive/folders/1?resourcekey=0-s3cret",
    "https://hub.org/hub/user-redirect/hubdrives/pull?link=s3cret.s3cret",
    "link:eyJhIjoxfQ.s3crets3cret",
    "link:.eJs3crets3crets3cret.s3cret",
    '{"client_secret": "s3cret", "id": 1}',
    '{"password": "it\'s s3cret"}',
    '{"password": "quoted \\" s3cret"}',
    '"{\\"refresh_token\\": \\"s3cret\\"}"',
    "{'token': 's3cret'}",
    "eyJhbGciOiJSUzI1NiJ9.eyJzM2NyZXQiOiJzM2NyZXQifQ.s3crets3cret",
    "ya29.s3cret",
    "-----BEGIN PRIVATE KEY-----\ns3cret\ns3cret\n-----END PRIVATE KEY-----",
    "-----BEGIN RSA PRIVATE KEY-----\ns3cret (cut off",
    "postgres://user:s3cret@host/db",
    "https://s3cret@host/path",
    "https://user:s3:cret@host/path",
]


@pytest.mark.parametrize("text", SECRETS)
def test_secrets_go(text):
    clean = redact(text)
    assert "[hidden]" in clean
    for secret in ("s3cret", "s3:cret", "czNjcmV0", "0123456789abcdef", "eyJzM2NyZXQi"):
        assert secret not in clean


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The token expired.",
        "The bearer token was refused by Google Drive.",
        "Basic authentication is not supported.",
        "https://drive.google.com/drive/folders/1AbCdEf?usp=sharing",
        "https://hub.org/user/ada/lab/tree/course/week1.ipynb?reset",
        "Ask ada@example.org; see https://x.org/people?mail=ada@example.org",
        "link: see the course page",
        "'week 1/token.txt' was changed",
        '{"name": "a", "token_count": 12}',
    ],
)
def test_the_rest_stays(text):
    assert redact(text) == text


@given(st.text(), st.sampled_from(SECRETS), st.text())
def test_secrets_go_wherever_they_stand(before, secret, after):
    assert "s3crets3cret.s3cret" not in redact(f"{before} {secret} {after}")
    assert "=s3cret" not in redact(f"{before} {secret} {after}")


@given(st.one_of(st.text(), st.lists(st.sampled_from([*SECRETS, " ", "\n", "x"])).map("".join)))
def test_doing_it_twice_changes_nothing_more(text):
    assert redact(redact(text)) == redact(text)


@pytest.mark.parametrize(
    "evil", ["bearer ", "eyJ", "-----BEGIN ", "://a", '"token": "\\', "?token=", "token " * 3 + "a."]
)
def test_no_text_makes_it_slow(evil):
    # Quadratic behaviour would take minutes here, and the test's own time limit would end it.
    redact(evil * 20_000)


@pytest.fixture
def log():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    handler.addFilter(RedactingFilter())
    logger = logging.Logger("test")  # noqa: LOG001 - one of its own, which no other test configures
    logger.addHandler(handler)
    return logger, stream


def test_what_is_logged_is_clean_arguments_tracebacks_and_stacks_included(log):
    logger, stream = log
    logger.warning("asking %s", "https://x.org/?sig=s3cret", stack_info=True)
    try:
        raise ValueError("Bearer s3cret0123456789")
    except ValueError:
        logger.exception("it failed for %(who)s", {"who": "https://u:s3cret@x.org"})
    text = stream.getvalue()
    assert "s3cret" not in text.replace("raise ValueError", "").replace('"Bearer s3cret0123456789"', "")
    assert "ValueError: Bearer [hidden]" in text
    assert "WARNING asking https://x.org/?sig=[hidden]" in text


def test_other_handlers_find_no_secret_in_the_record_either():
    try:
        raise ValueError("Bearer s3cret0123456789")
    except ValueError as error:
        found = (type(error), error, error.__traceback__)
        record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "for %s", ("https://u:s3cret@x.org",), found)
    assert RedactingFilter().filter(record)
    assert (record.args, record.exc_info) == (None, None)
    assert "s3cret" not in record.getMessage()


def test_a_record_without_secrets_is_written_as_it_is(log):
    logger, stream = log
    logger.info("%d files of %s", 3, "course")
    assert stream.getvalue() == "INFO 3 files of course\n"
