"""Proofs of Hopsworks' connection: its service principal stands, its role holds what was chosen, and reaches it."""

from __future__ import annotations

from wizard.azure.errors import Forbidden
from wizard.proofs import Proven, Proving
from wizard.roles.diff import difference
from wizard.roles.parsing import read_role
from wizard.roles.role import of_azure

_API = "2022-04-01"
_AGAIN = "Apply the profile again."


async def principal_stands(proving: Proving) -> Proven:
    """Look the service principal up by its application id; it has to be enabled (proof 1, C-gsp).

    Argument: ``app_id``.
    """
    try:
        found = await proving.azure.graph.service_principal(proving.arguments["app_id"])
    except Forbidden as problem:
        return Proven(ok=False, what=f"may not look into the directory: {problem}", mend=problem.advice)
    if found is None:
        return Proven(ok=False, what="it is not in the directory", mend=_AGAIN, passing=True)
    if not found.enabled:
        return Proven(ok=False, what="it is there, but disabled", mend="Enable it; an administrator may.")
    return Proven(ok=True, what=f"object id {found.object_id}, enabled")


async def role_as_chosen(proving: Proving) -> Proven:
    """Read the role back and compare it as sets with what was chosen (proof 2).

    Arguments: ``scope``, ``role`` (GUID), ``wanted`` (the role as JSON; empty: only that it is there).
    """
    scope, guid = proving.arguments["scope"], proving.arguments["role"]
    path = f"{scope}/providers/Microsoft.Authorization/roleDefinitions/{guid}"
    found = await proving.azure.arm.read(path, _API)
    if found is None:
        return Proven(ok=False, what="the role is not there", mend=_AGAIN, passing=True)
    role = of_azure(found)
    if not proving.arguments["wanted"]:
        return Proven(ok=True, what=f"it is there, with {len(role.actions)} actions, as you left it")
    wanted = read_role(proving.arguments["wanted"]).role
    if role.same_rights(wanted):
        return Proven(ok=True, what=f"exactly the {len(role.actions)} chosen actions")
    change = difference(wanted, role)
    what = f"{len(change.added)} actions too many, {len(change.removed)} missing"
    named = ", ".join((*change.added, *change.removed)[:3])
    return Proven(ok=False, what=f"{what}: {named}", mend=_AGAIN, passing=True)


async def role_reaches_hopsworks(proving: Proving) -> Proven:
    """Read the role's assignment to the principal at the scope, those from above too (proof 3, C-roleasg).

    Whether a foreign principal can really act can't be tried from here. Arguments: ``scope``, ``role``, ``app_id``.
    """
    principal = proving.known.get("hopsworks_principal", {}).get("object_id", "")
    if not principal:
        found = await proving.azure.graph.service_principal(proving.arguments["app_id"])
        principal = found.object_id if found is not None else ""
    if not principal:
        return Proven(ok=False, what="the service principal is not there yet", mend=_AGAIN, passing=True)
    held = await proving.azure.arm.role_assignments(proving.arguments["scope"], principal)
    if any(one.role == proving.arguments["role"].lower() for one in held):
        return Proven(ok=True, what=f"assigned on {proving.arguments['scope'].rsplit('/', 1)[-1]}")
    return Proven(ok=False, what="the role is not assigned to it", mend=_AGAIN, passing=True)
