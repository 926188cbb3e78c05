"""A public SSH key of nobody: it stands in previews for the one that is made when the plan is carried out."""

from __future__ import annotations

import base64

_MODULUS_BYTES = 384  # as long as that of the key that is made (3072 bits)
_EXPONENT = b"\x01\x00\x01"


def sample_public_key(algorithm: str) -> str:
    """Return a public key in OpenSSH's one-line form (RFC 4253, 6.6) whose private half nobody has."""
    if algorithm == "Ed25519":
        return _line("ssh-ed25519", b"\x01" * 32)
    return _line("ssh-rsa", _EXPONENT, b"\x00" + b"\xff" * _MODULUS_BYTES)


def _line(kind: str, *parts: bytes) -> str:
    blob = b"".join(len(part).to_bytes(4, "big") + part for part in (kind.encode(), *parts))
    return f"{kind} {base64.b64encode(blob).decode()}"
