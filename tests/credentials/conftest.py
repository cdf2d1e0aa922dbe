from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.credentials.box_endpoint import SECRET, Clock, Login


@pytest.fixture
async def login(serve) -> Login:
    box = Login()
    box.url = await serve(box.handle)
    return box


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOX_CLIENT_SECRET", SECRET)


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def console(key: rsa.RSAPrivateKey) -> dict[str, Any]:
    """What Box's developer console gives for an app's key."""
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"passphrase"),
    )
    keys = {"publicKeyID": "k1", "privateKey": pem.decode(), "passphrase": "passphrase"}
    return {
        "boxAppSettings": {"clientID": "app", "clientSecret": SECRET, "appAuth": keys},
        "enterpriseID": "4242",
    }
