"""The storage role's name: free, ours, there with other actions, used by others, or taken by a role of another group."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from wizard.answers import Answers, Value
from wizard.azure.errors import AzureProblem, NotFound
from wizard.guide import Asking, Check, Finding, Findings, Severity
from wizard.guides.hopsworks.where import group_id, subscription_id
from wizard.roles.diff import difference
from wizard.roles.role import Role, of_azure
from wizard.text import clean_line

_KEY, _API = "storage_role_name", "2022-04-01"
_DEFINITIONS = "/providers/Microsoft.Authorization/roleDefinitions"
_ASSIGNMENTS = "/providers/Microsoft.Authorization/roleAssignments"
_SHOWN = 3
_UNIQUE = "A role's name is unique in the tenant."


def role_name(wanted: Callable[[Answers], Role], derived: Callable[[Answers], str]) -> Check:
    """Return the check that looks for a role of this name (C-roledef).

    `wanted` is the role as it shall be, `derived` the GUID that Azimuth gives it by itself.
    """

    async def check(asking: Asking) -> Findings:
        answers = asking.answers
        if not group_id(answers):
            return ()
        found = await _named(asking, answers.text(_KEY))
        if found is None:
            return (await _free(asking, answers.text(_KEY)),)
        if (found.get("properties") or {}).get("type") != "CustomRole":
            what = f"“{clean_line(of_azure(found).name)}” is a role of Azure's own, which nobody can change."
            return (_told(Severity.ERROR, what, {}, mend="Choose another name."),)
        guid = str(found.get("name") or "").lower()
        if guid == derived(answers):
            return (_told(Severity.OK, "Azimuth made this role; it is used again.", {}),)
        if asking.known.get("storage_role", {}).get("id", "").lower().endswith(f"/{guid}"):
            facts: dict[str, Value] = {"storage_role_guid": guid}
            return (_told(Severity.OK, "Azimuth brought this role up to date before.", facts),)
        return await _compared(asking, guid, of_azure(found), wanted(answers))

    return check


async def _named(asking: Asking, name: str) -> Mapping[str, Any] | None:
    """Look at the group, and at the subscription while the group is not there."""
    quoted = name.replace("'", "''")
    for scope in (group_id(asking.answers), subscription_id(asking.answers)):
        try:
            found = await asking.azure.arm.read_all(
                f"{scope}{_DEFINITIONS}", _API, **{"$filter": f"roleName eq '{quoted}'"}
            )
        except NotFound:
            continue
        return found[0] if found else None
    return None


async def _free(asking: Asking, name: str) -> Finding:
    """No role of the name can be given here; one of another group takes the name all the same (E-rolename)."""
    try:
        every = await asking.azure.arm.read_all(_DEFINITIONS, _API, **{"$filter": "type eq 'CustomRole'"})
    except AzureProblem:
        every = []  # not everybody may list them; Azure says it when the role is made
    roles = (of_azure(one) for one in every)
    other = next((role for role in roles if role.name.casefold() == name.casefold()), None)
    if other is None:
        return _told(Severity.OK, "No role has this name yet.", {})
    places = ", ".join(clean_line(scope).rsplit("/", 1)[-1] for scope in other.scopes[:_SHOWN])
    what = f"A role of this name exists, for {places} alone."
    rule = f"{_UNIQUE} One for another group cannot be given in this one."
    own = f"{name} {asking.answers.text('resource_group')}"
    return _told(Severity.ERROR, what, {}, rule, f"Choose another name, such as “{own}”.")


async def _compared(asking: Asking, guid: str, there: Role, wanted: Role) -> Findings:
    facts: dict[str, Value] = {"storage_role_guid": guid}
    change = difference(there, wanted)
    if not change.count:
        what = "A role of this name exists and holds just these actions; it is used as it is."
        return (_told(Severity.OK, what, facts | {"storage_role_kept": True}),)
    many = "action" if change.count == 1 else "actions"
    what = f"A role of this name exists (id {guid}) with {change.count} differing {many}."
    rule = f"{_UNIQUE} It is brought up to date; undo puts it back as it was."
    mend = "Choose another name to leave it alone."
    if change.removed:
        mend += f" It would lose: {', '.join(change.removed)}."
    others = await _holders(asking, guid)
    if others:
        mend += f" It is given {others} time{'s' if others != 1 else ''} in this group already."
    return (_told(Severity.WARNING, what, facts, rule, mend),)


async def _holders(asking: Asking, guid: str) -> int:
    try:
        given = await asking.azure.arm.read_all(f"{group_id(asking.answers)}{_ASSIGNMENTS}", _API)
    except AzureProblem:
        return 0
    roles = [str((one.get("properties") or {}).get("roleDefinitionId") or "").lower() for one in given]
    return sum(1 for role in roles if role.endswith(f"/{guid}"))


def _told(
    severity: Severity, what: str, facts: Mapping[str, Value], rule: str = "", mend: str = ""
) -> Finding:
    none: dict[str, Value] = {"storage_role_guid": "", "storage_role_kept": False}
    return Finding(severity, _KEY, what, rule, mend, facts=none | dict(facts))
