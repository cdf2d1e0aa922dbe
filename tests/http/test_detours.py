"""What a client keeps away from: redirects that it was told not to follow, connections that trouble sticks to."""

import pytest
from tests.http.servers import QUICK, Tokens, answering, ok, redirect, status, table

from hubdrives.errors import UnexpectedAnswer
from hubdrives.http import Client


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_redirects_are_failed_answers_where_they_are_not_followed(serve, method):
    elsewhere = answering(ok)
    url = await serve(answering(redirect(302, await serve(elsewhere))))
    seen = []

    def noting(failure):
        seen.append((failure.status, failure.headers["Location"]))
        return table(failure)

    async with Client(title="Test Drive", errors=noting, policy=QUICK, tokens=Tokens(), redirects=False) as client:
        with pytest.raises(UnexpectedAnswer, match="302"):
            await client.send(method, url, operation="test", payload=(lambda: b"x") if method == "PUT" else None)
    assert [code for code, _location in seen] == [302]
    assert elsewhere.seen == []


def porting(answer, ports):
    def noted(request):
        ports.append(request.transport.get_extra_info("peername")[1])
        return answer(request)

    return noted


@pytest.mark.parametrize(("code", "connections"), [(503, 2), (429, 1)])
async def test_after_trouble_the_next_try_takes_another_connection_but_not_when_it_was_only_too_fast(
    client, serve, code, connections
):
    ports = []
    answers = [porting(each, ports) for each in (ok, status(code, "trouble"), ok, ok)]
    url = await serve(answering(*answers))
    for _ in range(3):
        await client.json("GET", url, operation="test")
    assert len(ports) == 4
    assert len(set(ports)) == connections
    assert ports[0] == ports[1]
    assert ports[2] == ports[3]
