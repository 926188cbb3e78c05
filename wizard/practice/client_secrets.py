"""Client secrets: how a value looks, and what is kept of it (never the value)."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wizard.practice.kernel import Practice

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789~._-"


def new_secret() -> str:
    """A value as Entra makes them: 40 characters, `~ . _ -` among them.

    The first is a letter or digit: a `-` would be taken for an option where a value is typed after `-p`.
    """
    return f"{secrets.choice(_ALPHABET[:62])}{_pick(2)}8Q~{_pick(34)}"


def put_secret(
    practice: Practice,
    key: str,
    application: str,
    value: str,
    *,
    display_name: str | None,
    ends: datetime,
    starts: datetime | None = None,
    created: float | None = None,
    hint: str | None = None,
) -> dict[str, Any]:
    """Keep a client secret by its hash; give back what Graph shows of it."""
    now = practice.clock.now()
    salt = secrets.token_hex(16)
    shown = {
        "customKeyIdentifier": None,
        "displayName": display_name,
        "endDateTime": moment(ends),
        "hint": hint or value[:3],
        "keyId": key,
        "secretText": None,
        "startDateTime": moment(starts or now),
    }
    kept = {"application": application, "salt": salt, "sha256": secret_hash(salt, value)}
    practice.state.put(
        "secret", key, shown | kept | {"_created": now.timestamp() if created is None else created}
    )
    return shown


def moment(value: datetime) -> str:
    """A time as Graph writes it: UTC, `Z`."""
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def secret_hash(salt: str, value: str) -> str:
    """What is kept of a client secret."""
    return hashlib.sha256(f"{salt}{value}".encode("utf-8", "replace")).hexdigest()


def _pick(count: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(count))
