"""The hashes of ARM: `guid()`, `uniqueString()` and the templateHash, each checked against values real Azure gave."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

_MASK = 0xFFFF_FFFF
# Azure documents both: version 5 GUIDs in this namespace, of the arguments joined by hyphens.
_NAMESPACE = uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_ONE, _TWO = 0x239B_961B, 0xAB0E_9789
_LETTERS = 13


def guid(values: Sequence[str]) -> str:
    """The GUID that `guid(...)` gives."""
    return str(uuid.uuid5(_NAMESPACE, "-".join(values)))


def unique_string(values: Sequence[str]) -> str:
    """The 13 letters that `uniqueString(...)` gives: the hash in groups of five bits, highest first."""
    value = murmur64("-".join(values).encode())
    return "".join(_ALPHABET[(value << 5 * n & 0xFFFF_FFFF_FFFF_FFFF) >> 59] for n in range(_LETTERS))


def template_hash(template: Mapping[str, Any]) -> str:
    """The templateHash of a deployment: the hash of the template without white space, in capitals.

    A template that Bicep wrote carries its own hash, which ARM takes over.
    """
    metadata = template.get("metadata")
    generator = metadata.get("_generator") if isinstance(metadata, dict) else None
    if isinstance(generator, dict) and isinstance(generator.get("templateHash"), str):
        return str(generator["templateHash"])
    text = json.dumps(template, separators=(",", ":"), ensure_ascii=False)
    return str(murmur64(text.upper().encode()))


def murmur64(content: bytes) -> int:
    """Microsoft's 64 bit Murmur hash: two lanes of 32 bits over blocks of eight bytes, seed 0."""
    low = high = 0
    whole = len(content) - len(content) % 8
    for at in range(0, whole, 8):
        low ^= _mixed(content[at : at + 4], _ONE, 15, _TWO)
        low = ((_turned(low, 19) + high) * 5 + 0x561C_CD1B) & _MASK
        high ^= _mixed(content[at + 4 : at + 8], _TWO, 17, _ONE)
        high = ((_turned(high, 13) + low) * 5 + 0x0BCA_A747) & _MASK
    low ^= _mixed(content[whole : whole + 4], _ONE, 15, _TWO)
    high ^= _mixed(content[whole + 4 :], _TWO, 17, _ONE)
    low, high = low ^ len(content), high ^ len(content)
    low, high = _crossed(low, high)
    low, high = _crossed(_final(low), _final(high))
    return high << 32 | low


def _mixed(block: bytes, first: int, turn: int, second: int) -> int:
    return _turned(int.from_bytes(block, "little") * first & _MASK, turn) * second & _MASK


def _turned(value: int, by: int) -> int:
    return (value << by | value >> (32 - by)) & _MASK


def _crossed(low: int, high: int) -> tuple[int, int]:
    low = (low + high) & _MASK
    return low, (high + low) & _MASK


def _final(value: int) -> int:
    value = (value ^ value >> 16) * 0x85EB_CA6B & _MASK
    value = (value ^ value >> 13) * 0xC2B2_AE35 & _MASK
    return value ^ value >> 16
