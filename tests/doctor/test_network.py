"""Each way in which a server can't be reached is told from the others."""

import asyncio
import ssl

import pytest
from tests.doctor.world import CALM, HASTY, closed, codes, look, of, only, silent, swallowing

from hubdrives.doctor import Seat, network, openings
from hubdrives.testing.emulators.tls_proxy import tls_proxy


def gateway_at(url, **more):
    return {
        "HUBDRIVES_GATEWAY_URL": url,
        "JUPYTERHUB_API_TOKEN": "t",
        "JUPYTERHUB_API_URL": "http://127.0.0.1:1/hub/api",
        **more,
    }


async def found(url, patience=CALM, **more):
    return only(await look(gateway_at(url, **more), patience=patience), "gateway")


async def test_a_name_that_nobody_knows_is_a_wrong_host():
    finding = await found("http://no-such-host.invalid:9300/services/hubdrives/")
    assert (finding.level, finding.code) == ("wrong", "host-unknown")
    assert "no-such-host.invalid" in finding.sentence
    assert "HUBDRIVES_GATEWAY_URL" in finding.advice


async def test_a_closed_port_is_told_from_a_blocked_one():
    port = closed()
    refused = await found(f"http://127.0.0.1:{port}/services/hubdrives/")
    assert refused.code == "port-closed"
    assert str(port) in refused.sentence
    with swallowing() as port:
        blocked = await found(f"http://127.0.0.1:{port}/services/hubdrives/", HASTY)
    assert blocked.code == "port-blocked"
    assert "firewall" in blocked.sentence


async def test_localhost_with_two_addresses_is_as_closed_as_one():
    assert (await found(f"http://localhost:{closed()}/")).code == "port-closed"


async def test_on_kubernetes_the_rule_that_is_missing_is_written_out():
    with swallowing() as port:
        finding = await found(f"http://127.0.0.1:{port}/", HASTY, KUBERNETES_SERVICE_HOST="10.0.0.1")
    assert "singleuser.networkPolicy.egress" in finding.advice
    assert f"port: {port}, protocol: TCP" in finding.advice


def test_each_way_through_kubernetes_has_its_own_rule():
    pod = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "JUPYTERHUB_API_URL": "http://hub:8081/hub/api"}
    at_gateway = Seat(environment={**pod, "JUPYTERHUB_SERVICE_NAME": "hubdrives"})
    assert "hub.jupyter.org/network-access-hub" in openings.to_hub(at_gateway)
    assert "8081" in openings.to_hub(Seat(environment=pod))
    assert "privateIPs" in openings.to_provider(at_gateway, "Canvas", "https://canvas.example.org")
    assert "firewall" in openings.to_provider(Seat(environment={}), "Canvas", "")


async def test_a_server_that_takes_the_connection_and_says_nothing_is_told_from_a_blocked_port():
    with silent() as port:
        assert (await found(f"http://127.0.0.1:{port}/", HASTY)).code == "no-answer"


async def test_a_server_that_speaks_something_else_is_no_web_server():
    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert (await found(f"http://127.0.0.1:{port}/")).code == "not-http"


async def test_https_where_there_is_none_is_told(serve):
    async def nothing(_request):
        raise AssertionError("nobody gets here")

    url = await serve(nothing)
    assert (await found(url.replace("http://", "https://"))).code == "tls-failed"


async def test_a_certificate_that_is_not_trusted_is_told(tmp_path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    async with tls_proxy("http://127.0.0.1:1", hosts=["localhost"], scratch=tmp_path) as proxy:
        context.load_cert_chain(next(path for path in tmp_path.iterdir() if path != proxy.ca_file))

    async def nothing(_reader, writer):
        writer.close()

    async with await asyncio.start_server(nothing, "127.0.0.1", 0, ssl=context) as server:
        finding = await found(f"https://localhost:{server.sockets[0].getsockname()[1]}/")
    assert finding.code == "tls-untrusted"
    assert "SSL_CERT_FILE" in finding.advice


@pytest.mark.parametrize("address", ["hub:9300", "http://", "ftp://hub/", "http://hub:port/", "http://hub:99999/"])
async def test_what_is_no_address_is_told_as_such(address):
    finding = await found(address)
    assert finding.code == "address-unusable"
    assert "HUBDRIVES_GATEWAY_URL" in finding.advice


async def test_every_trouble_has_words():
    assert {code for _, code in network._TROUBLES} == set(network._WORDS)


async def test_one_check_that_hangs_or_fails_takes_no_other_along():
    with silent() as port:
        findings = await look(gateway_at(f"http://127.0.0.1:{port}/"), "some words", patience=HASTY)
    assert [one.check for one in findings] == ["configuration", "hub", "gateway", "source"]
    assert codes(findings) == ["port-closed", "no-answer", "not-a-location"]
    assert of(findings, "configuration")[0].level == "ok"
