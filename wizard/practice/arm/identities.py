"""The managed identities of a resource: the ids Azure gives them, and who may hand them out."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from wizard.practice.arm import errors, ids, rights
from wizard.practice.arm.call import Call
from wizard.practice.arm.types import Adding
from wizard.practice.graph import managed

_ASSIGN = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"


def given(adding: Adding, given: Mapping[str, Any]) -> dict[str, Any]:
    """An identity with the ids Azure gives it; who it is becomes known to the directory."""
    found = dict(given)
    if "SystemAssigned" in str(found.get("type")):
        mine = (adding.before or {}).get("identity", {}).get("principalId") or str(uuid.uuid4())
        found |= {"principalId": mine, "tenantId": adding.tenant}
        managed.appear(
            adding.practice,
            mine,
            _client(adding, mine),
            tenant=adding.tenant,
            resource=adding.id.text,
            explicit=False,
        )
    if isinstance(found.get("userAssignedIdentities"), dict):
        found["userAssignedIdentities"] = {
            key: _assigned(adding, key)
            for key, value in found["userAssignedIdentities"].items()
            if value is not None  # null takes one away
        }
    return found


def changed(adding: Adding, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a PATCH says of identities, with those that are there and that it does not speak of."""
    held = (adding.before or {}).get("identity", {}).get("userAssignedIdentities") or {}
    asked = given.get("userAssignedIdentities") or {}
    if "UserAssigned" not in str(given.get("type")):
        return {name: value for name, value in given.items() if name != "userAssignedIdentities"}
    low = {key.lower() for key in asked}
    kept: dict[str, Any] = {key: {} for key in held if key.lower() not in low}
    return {**given, "userAssignedIdentities": kept | asked}


def _client(adding: Adding, principal: str) -> str:
    known = adding.state.get("servicePrincipal", principal)
    return str(known["appId"]) if known else str(uuid.uuid4())


def check(call: Call, key: ids.Id, body: Mapping[str, Any]) -> None:
    """Identities a resource is to have must be there, and the caller must be allowed to hand them out."""
    given = body.get("identity")
    wanted = given.get("userAssignedIdentities") if isinstance(given, dict) else None
    for one in (
        (key for key, value in wanted.items() if value is not None) if isinstance(wanted, dict) else ()
    ):
        if call.state.get("resource", one) is None:
            raise errors.no_identity(key.text, one)
        if not rights.allowed(call.practice, call.caller, _ASSIGN, one):
            name, action = rights.name_of(call.practice, call.caller), f"{key.type}/write"
            raise errors.not_linked(name, call.caller, action, key.text, needed=_ASSIGN, linked=one)


def _assigned(adding: Adding, key: str) -> dict[str, Any]:
    known = (adding.state.get("resource", key) or {}).get("properties", {})
    return {name: known[name] for name in ("principalId", "clientId") if name in known}
