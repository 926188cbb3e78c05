"""Managing: what the signed-in identity lacks to change or remove what exists, foretold before anything is written."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from wizard.apply.rights import FOREIGN_ROLES
from wizard.apply.work import Work
from wizard.azure.errors import AzureProblem, Forbidden
from wizard.azure.model import Permissions

_OWNED = "Application.ReadWrite.OwnedBy"
_AT_ONCE = 8


async def lack_on_application(work: Work, object_id: str) -> str:
    """Say why the caller may not change an application; empty: they may, or Graph does not tell.

    Its owners may, and the roles that manage all applications.
    """
    graph, identity = work.azure.graph, work.azure.identity
    try:
        rights, owners = await asyncio.gather(graph.directory_rights(), graph.owners(object_id))
    except AzureProblem:
        return ""  # nothing is foretold; Graph says so when it is asked to
    owns = identity.object_id.lower() in owners
    if rights.may_add_foreign or (owns and (identity.is_user or _OWNED in rights.app_permissions)):
        return ""
    if owns:
        return f"You are signed in as an application that owns it, which takes {_OWNED} as well."
    return f"You are not among its owners, and your account holds none of {FOREIGN_ROLES}."


async def lack_on_others_principal(work: Work) -> str:
    """Say why the caller may not change the principal of another organisation's application; empty: they may."""
    try:
        rights = await work.azure.graph.directory_rights()
    except AzureProblem:
        return ""
    return "" if rights.may_add_foreign else f"It takes {FOREIGN_ROLES}."


async def lacks_on_resources(work: Work, needs: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Say which of the needed actions, each on an ARM id, the caller lacks there. What Azure does not tell is not foretold."""
    scopes = sorted({scope for scope, _ in needs})
    at_once = asyncio.Semaphore(_AT_ONCE)

    async def held_at(scope: str) -> Permissions | None:
        async with at_once:
            return await _held(work, scope)

    held = dict(zip(scopes, await asyncio.gather(*map(held_at, scopes)), strict=True))
    lacking = {}
    for scope, action in needs:
        rights = held[scope]
        if rights is not None and not rights.allows(action):
            lacking[scope, action] = f"You lack {action} on it."
    return lacking


async def _held(work: Work, scope: str) -> Permissions | None:
    try:
        return await work.azure.arm.permissions(scope)
    except Forbidden:
        return Permissions(scope, ())
    except AzureProblem:
        return None
