"""The key that ID tokens are signed with, and what the world is told of it.

https://docs.globus.org/api/auth/reference/#openid_connect
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

_ALGORITHM = "RS256"


class Keys:
    """One key, made when it is first needed."""

    def __init__(self) -> None:
        self._id = str(uuid4())

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A JWT."""
        return jwt.encode(dict(claims), self._key, _ALGORITHM, headers={"kid": self._id})

    def public(self) -> dict[str, Any]:
        """The JSON Web Key Set."""
        key = RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {"keys": [{**key, "kid": self._id, "alg": _ALGORITHM, "use": "sig"}]}
