"""Who may do what: role assignments, wildcards, notActions and the inheritance of scopes, on every call."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from wizard.practice.arm import errors, facts, ids
from wizard.practice.kernel import Caller, Practice
from wizard.practice.state import State

Permission = Mapping[str, Any]
_KINDS = ("actions", "notActions", "dataActions", "notDataActions")


@lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    # `/*/` stands for one slash too: built-in roles grant `workspaces/*/write` and then take away `workspaces/write`.
    inner = re.escape(text.lower()).replace(r"/\*/", "/(?:.*/)?").replace(r"\*", ".*")
    return re.compile(inner, re.DOTALL)


def matches(pattern: str, action: str) -> bool:
    """Whether an action of a role, with its wildcards, covers an action; case does not count."""
    return _pattern(pattern).fullmatch(action.lower()) is not None


def grants(permissions: Iterable[Permission], action: str) -> bool:
    """Whether any of the permissions has the action in `actions` and not in its own `notActions`."""
    return any(
        any(matches(one, action) for one in permission.get("actions", ()))
        and not any(matches(one, action) for one in permission.get("notActions", ()))
        for permission in permissions
    )


def role_key(guid: str) -> str:
    """Where a custom role is kept: a role belongs to the tenant, whatever scope it was written at."""
    return f"/providers/Microsoft.Authorization/roleDefinitions/{guid}"


def role_permissions(state: State, guid: str) -> tuple[Permission, ...]:
    """What a built-in or custom role allows; nothing when there is no such role."""
    if built_in := facts.roles().get(guid.lower()):
        return tuple(complete(permission) for permission in built_in.permissions)
    custom = state.get("roleDefinition", role_key(guid))
    return tuple(complete(permission) for permission in custom["properties"]["permissions"]) if custom else ()


def complete(permission: Permission) -> dict[str, Any]:
    """A permission with all of its four lists."""
    return {kind: list(permission.get(kind) or ()) for kind in _KINDS}


def put_assignment(state: State, assignment: dict[str, Any], tenant: str, since: float) -> None:
    """Remember a role assignment, and which principal holds it; it counts `since` that moment (epoch seconds)."""
    properties = assignment["properties"]
    key = assignment["id"]
    state.put("roleAssignment", key, assignment | {"_tenant": tenant, "_created": since})
    state.put(
        "grant",
        f"{properties['principalId']}{key}",
        {
            "scope": properties["scope"],
            "role": properties["roleDefinitionId"].rsplit("/", 1)[-1],
            "since": since,
        },
    )


def drop_assignment(state: State, assignment: Mapping[str, Any]) -> None:
    """Forget a role assignment."""
    key = str(assignment["id"])
    state.delete("roleAssignment", key)
    state.delete("grant", f"{assignment['properties']['principalId']}{key}")


def held(practice: Practice, principal: str) -> Iterator[tuple[str, str]]:
    """The scope and role GUID of every assignment of a principal that has spread everywhere by now."""
    delay = practice.world.replication("role")
    for holder in holders(practice, principal):
        for _, grant in practice.state.under("grant", f"{holder}/"):
            if not practice.clock.younger(grant["since"], delay):
                yield grant["scope"], grant["role"]


def holders(practice: Practice, member: str) -> list[str]:
    """A principal, and the groups of the directory it is in, by itself or by another group."""
    found: list[str] = []
    groups = list(practice.state.all("directoryGroup"))
    for one in (member, *found):
        found += [key for key, group in groups if one in group.get("_members", ()) and key not in found]
    return [member, *found]


def effective(practice: Practice, principal: str, scope: str) -> list[Permission]:
    """The permissions of every role the principal holds at or above a scope."""
    return [
        permission
        for held_at, role in held(practice, principal)
        if ids.covers(held_at, scope)
        for permission in role_permissions(practice.state, role)
    ]


def allowed(practice: Practice, caller: Caller, action: str, scope: str) -> bool:
    """Whether the caller may do this here."""
    return grants(effective(practice, caller.object_id, scope), action)


def allowed_data(practice: Practice, caller: Caller, action: str, scope: str) -> bool:
    """Whether the caller may do this to what a resource holds: `dataActions` without `notDataActions`."""
    return any(
        any(matches(one, action) for one in permission.get("dataActions", ()))
        and not any(matches(one, action) for one in permission.get("notDataActions", ()))
        for permission in effective(practice, caller.object_id, scope)
    )


def allowed_below(practice: Practice, caller: Caller, action: str, scope: str) -> bool:
    """Whether the caller may do this here or anywhere within."""
    return any(
        (ids.covers(held_at, scope) or ids.covers(scope, held_at))
        and grants(role_permissions(practice.state, role), action)
        for held_at, role in held(practice, caller.object_id)
    )


def demand(practice: Practice, caller: Caller, action: str, scope: str) -> None:
    """Refuse in Azure's words unless the caller may do this here.

    Raises:
        Failure: 403 AuthorizationFailed.
    """
    if not allowed(practice, caller, action, scope):
        raise errors.forbidden(name_of(practice, caller), caller, action, scope)


def name_of(practice: Practice, caller: Caller) -> str:
    """How refusals call the caller: a user by its sign-in name, an application by its id."""
    if caller.kind == "user":
        user = practice.state.get("user", caller.object_id)
        return str(user["upn"]) if user else caller.object_id
    return caller.app_id or caller.object_id
