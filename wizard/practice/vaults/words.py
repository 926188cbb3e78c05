"""The words of keys that need no cryptography: types and what they are for, base64url, the refusal of a parameter."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from wizard.practice.kernel import Failure

OPERATIONS: Mapping[str, tuple[str, ...]] = {
    "RSA": ("encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"),
    "EC": ("sign", "verify"),
    "oct": ("encrypt", "decrypt", "wrapKey", "unwrapKey"),
}


def bad(message: str) -> Failure:
    """400 `BadParameter`."""
    return Failure(400, "BadParameter", message)


def encoded(octets: bytes) -> str:
    """Base64url without padding, as JSON Web Keys have it."""
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def decoded(text: object, name: str) -> bytes:
    """The octets of a base64url property.

    Raises:
        Failure: 400 when it is none.
    """
    if not isinstance(text, str):
        raise bad(f"Property {name} is required.")
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error) as fault:
        raise bad(f"Property {name} has invalid value: it is not base64url encoded.") from fault


def family(kty: str) -> str:
    """`RSA`, `EC` or `oct` of a key type with or without `-HSM`."""
    return kty.removesuffix("-HSM")
