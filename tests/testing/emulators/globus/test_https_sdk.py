"""globus-sdk's own clients of HTTPS servers, as they are, over TLS."""

from collections.abc import Callable
from typing import Any

import globus_sdk
import pytest
from globus_sdk.experimental.gcs_collection_client import GCSCollectionClient
from tests.testing.emulators.globus.conftest import in_thread


@pytest.fixture
def official(secure, sdk) -> Callable[..., GCSCollectionClient]:
    """Make one for the collection; it does not try again."""

    def make(token: str | None = None) -> GCSCollectionClient:
        where = secure.globus.collection
        return sdk(
            GCSCollectionClient(
                where.id,
                where.https_server,
                authorizer=globus_sdk.AccessTokenAuthorizer(token or secure.globus.https_token()),
                retry_config=globus_sdk.transport.RetryConfig(max_retries=0),
            )
        )

    return make


async def said(call: Callable[[], Any]) -> Any:
    """An answer, or an error, with all its bytes: it keeps its connection until they are read."""

    def read() -> Any:
        try:
            answer = call()
        except globus_sdk.GlobusAPIError as error:
            answer = error
        assert answer.text is not None
        return answer

    return await in_thread(read)


async def test_puts_gets_parts_and_deletes(secure, official):
    globus, client = secure.globus, official()
    globus.add_folder("/d")
    path = "/d/new file.bin"
    await said(lambda: client.request("PUT", path, data="zero one two", encoding="text"))
    assert (await globus.find(path)).content.read() == b"zero one two"
    part = await said(lambda: client.get(path, headers={"Range": "bytes=5-7"}))
    assert (part.http_status, part.text, part.headers["Content-Range"]) == (206, "one", "bytes 5-7/*")
    looked = await said(lambda: client.request("HEAD", path))
    assert looked.headers["Content-Length"] == "12"
    assert (await said(lambda: client.delete(path))).http_status == 200
    missing = await said(lambda: client.get(path))
    assert (missing.http_status, "PATH_NOT_FOUND" in missing.text) == (404, True)


async def test_a_token_that_has_ended_brings_the_login_page_for_the_file(secure, official):
    globus, client = secure.globus, official()
    globus.add_file("/a.txt", "text")
    globus.tokens.expire_all()
    # It follows the redirect, and takes what is there for the file.
    found = await said(lambda: client.get("/a.txt"))
    assert (found.http_status, found.content_type.startswith("text/html")) == (200, True)


async def test_who_may_not_is_refused(secure, official):
    globus = secure.globus
    globus.add_file("/a.txt", "text")
    client = official(globus.https_token(who=globus.add_identity("stranger@example.edu")))
    refused = await said(lambda: client.get("/a.txt"))
    assert isinstance(refused, globus_sdk.GlobusAPIError)
    assert refused.http_status == 403
