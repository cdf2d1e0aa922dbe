import asyncio
import ssl

import aiohttp
import pytest

from hubdrives.testing.emulators.tls_proxy import tls_proxy

HOST = "www.googleapis.com"


@pytest.fixture
async def proxy(drive, tmp_path):
    async with tls_proxy(drive.url, hosts=[HOST], scratch=tmp_path) as proxy:
        yield proxy


async def test_a_tunnel_to_a_known_host_ends_at_the_emulator(drive, client, proxy):
    trust = ssl.create_default_context(cafile=str(proxy.ca_file))
    url = f"https://{HOST}/_emulator/requests"
    async with client.session.get(url, proxy=proxy.url, ssl=trust) as response:
        assert (await response.json())["total"] == drive.requests.total


async def test_who_does_not_trust_the_authority_is_not_fooled(client, proxy):
    with pytest.raises(aiohttp.ClientConnectorCertificateError):
        await client.session.get(f"https://{HOST}/", proxy=proxy.url)


async def test_a_host_that_was_not_named_has_no_certificate(client, proxy):
    trust = ssl.create_default_context(cafile=str(proxy.ca_file))
    with pytest.raises(aiohttp.ClientConnectorCertificateError):
        await client.session.get("https://example.org/", proxy=proxy.url, ssl=trust)


async def test_it_is_no_other_sort_of_proxy(proxy):
    reader, writer = await asyncio.open_connection("127.0.0.1", int(proxy.url.rpartition(":")[2]))
    writer.write(b"GET http://example.org/ HTTP/1.1\r\n\r\n")
    assert (await reader.read()).startswith(b"HTTP/1.1 405 ")
    writer.close()
    await writer.wait_closed()
