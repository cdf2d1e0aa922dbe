"""A CONNECT proxy that brings clients with fixed host names to an emulator, such as rclone.

    async with tls_proxy(drive.url, hosts=GOOGLE_HOSTS, scratch=tmp_path) as proxy:
        env = {"HTTPS_PROXY": proxy.url, "SSL_CERT_FILE": str(proxy.ca_file)}

Every tunnel ends at the emulator, whatever host it asks for. The certificates are made anew each time.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from yarl import URL

GOOGLE_HOSTS = ("www.googleapis.com", "oauth2.googleapis.com", "accounts.google.com", "docs.google.com")
BOX_HOSTS = ("api.box.com", "upload.box.com")

_CHUNK = 65536  # bytes
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Proxy:
    """Where the proxy is, and the certificate of the authority that its clients have to trust."""

    url: str
    ca_file: Path


@asynccontextmanager
async def tls_proxy(emulator_url: str, *, hosts: Iterable[str], scratch: Path) -> AsyncIterator[Proxy]:
    """Run the proxy on a free port of 127.0.0.1.

    Args:
        emulator_url: where the tunnels end.
        hosts: the names that the emulator is to be known by.
        scratch: an existing directory, for the certificates.
    """
    ca_file, server_file = make_certificates(scratch, hosts)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server_file)
    target = URL(emulator_url)
    tunnels: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            tunnels.add(task)
            task.add_done_callback(tunnels.discard)
        await _tunnel(reader, writer, target, context)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        port = server.sockets[0].getsockname()[1]
        yield Proxy(f"http://127.0.0.1:{port}", ca_file)
    finally:
        server.close()
        for tunnel in tunnels:
            tunnel.cancel()
        await asyncio.gather(*tunnels, return_exceptions=True)


async def _tunnel(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: URL, context: ssl.SSLContext
) -> None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"CONNECT "):
            writer.write(b"HTTP/1.1 405 Method Not Allowed\r\n\r\n")
            return
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await writer.drain()
        await writer.start_tls(context)
        inner_reader, inner_writer = await asyncio.open_connection(target.host, target.port)
        try:
            await asyncio.gather(_pump(reader, inner_writer), _pump(inner_reader, writer))
        finally:
            inner_writer.close()
    except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
        pass  # the client has gone, which ends a tunnel like any other way
    finally:
        writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_CHUNK):
        writer.write(data)
        await writer.drain()
    # One side is done, so the other has no one to talk to.
    writer.close()


def make_certificates(scratch: Path, hosts: Iterable[str]) -> tuple[Path, Path]:
    """A throwaway authority, and a certificate with its key for the hosts, as PEM files."""
    authority_key = ec.generate_private_key(ec.SECP256R1())
    server_key = ec.generate_private_key(ec.SECP256R1())
    authority_name = _name("hubdrives throwaway authority")
    authority = (
        _certificate(authority_name, authority_name, authority_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_SIGN_CERTIFICATES, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    server = (
        _certificate(_name("hubdrives emulator"), authority_name, server_key.public_key())
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    key = server_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    ca_file, server_file = scratch / "ca.pem", scratch / "server.pem"
    ca_file.write_bytes(authority.public_bytes(pem))
    server_file.write_bytes(server.public_bytes(pem) + key)
    return ca_file, server_file


_SIGN_CERTIFICATES = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _certificate(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + 30 * _DAY)
    )
