"""Proofs of limited rights: the role holds exactly what was chosen, and no other role of the principal holds more."""

from __future__ import annotations

from wizard.checks.limiting import API, DEFINITIONS, broader_roles, place_name
from wizard.proofs import Proven, Proving
from wizard.roles.role import folded, of_azure

_AGAIN = "Apply the profile again."
_SHOWN = 3


async def role_is_exact(proving: Proving) -> Proven:
    """Read the role back and compare its actions as sets (row 54 of the documents).

    Arguments: ``subscription`` (ARM id), ``object`` (the plan's key of the role), ``role`` (its GUID where the
    plan does not make it), ``actions`` and ``data_actions``, one a line.
    """
    guid = _role_guid(proving)
    found = await proving.azure.arm.read(
        f"{proving.arguments['subscription']}/providers/{DEFINITIONS}/{guid}", API
    )
    if found is None:
        return Proven(ok=False, what="the role is gone", mend=_AGAIN)
    role, updated = of_azure(found), str((found.get("properties") or {}).get("updatedOn") or "")[:10]
    wanted = _lines(proving, "actions"), _lines(proving, "data_actions")
    more, less = [], []
    for has, shall in zip((role.actions, role.data_actions), wanted, strict=True):
        more += [one for one in has if one.casefold() not in folded(shall)]
        less += [one for one in shall if one.casefold() not in folded(has)]
    if not more and not less:
        return Proven(ok=True, what=f"exactly the {len(role.actions)} actions chosen; changed on {updated}")
    told = [f"it also holds {_few(more)}"] if more else []
    told += [f"it lacks {_few(less)}"] if less else []
    return Proven(ok=False, what="; ".join(told), mend=_AGAIN)


async def no_broader_role(proving: Proving) -> Proven:
    """List every role of Hopsworks' principal in the subscription, through groups too (row 47, C-roleasg)."""
    principal = proving.known.get("hopsworks_principal", {}).get("object_id", "")
    if not principal:
        found = await proving.azure.graph.service_principal(proving.arguments["app_id"])
        principal = found.object_id if found is not None else ""
    if not principal:
        return Proven(ok=False, what="Hopsworks has no service principal in this tenant", mend=_AGAIN)
    own = (_role_guid(proving), proving.arguments["scope"])
    subscription, wanted = proving.arguments["subscription"], _lines(proving, "actions")
    broader = await broader_roles(proving.azure.arm, subscription, principal, own, wanted)
    if not broader:
        return Proven(ok=True, what="no other role of the principal gives more")
    name = proving.arguments.get("subscription_name", "")
    held = " and ".join(f"{one.role} on {place_name(one.scope, name)}" for one in broader[:_SHOWN])
    what = f"limiting is without effect: the principal also holds {held}"
    commands = "; ".join(f"az role assignment delete --ids {one.id}" for one in broader[:_SHOWN])
    return Proven(ok=False, what=what, mend=f"Answer yes in step L3 and apply again, or: {commands}")


def _role_guid(proving: Proving) -> str:
    known = proving.known.get(proving.arguments["object"], {}).get("id", "")
    return known.rsplit("/", 1)[-1] or proving.arguments.get("role", "")


def _lines(proving: Proving, name: str) -> tuple[str, ...]:
    return tuple(proving.arguments.get(name, "").split())


def _few(actions: list[str]) -> str:
    more = f" and {len(actions) - _SHOWN} more" if len(actions) > _SHOWN else ""
    return ", ".join(actions[:_SHOWN]) + more
