"""Who a token speaks for: the claims of an access token, read but not verified (that is the service's affair)."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from wizard.azure.model import Identity
from wizard.text import clean_line


def claims_of(token: str) -> dict[str, Any]:
    """Give the claims of a JWT, or nothing if it isn't one (tokens of personal accounts are opaque)."""
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - head, claims, signature
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}


def identity_of(token: str, way: str) -> Identity:
    """Read who is signed in from an access token for ARM. `way` is how they signed in."""
    claims = claims_of(token)
    app = claims.get("idtyp") == "app" or not (_user_name(claims) or claims.get("scp"))
    client = str(claims.get("appid") or claims.get("azp") or "")
    name = str(claims.get("app_displayname") or client) if app else _user_name(claims)
    return Identity(
        kind="servicePrincipal" if app else "user",
        name=clean_line(name or claims.get("oid") or ""),
        object_id=str(claims.get("oid") or ""),
        tenant=str(claims.get("tid") or ""),
        way=way,
        client_id=client if app else "",
    )


def _user_name(claims: dict[str, Any]) -> str:
    names = ("upn", "preferred_username", "unique_name", "email")
    return next((str(claims[n]) for n in names if claims.get(n)), "")
