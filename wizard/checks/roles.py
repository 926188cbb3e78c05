"""Custom roles: is the name free, what does a role of that name allow now, is every action one that Azure lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wizard.answers import Answers, Value
from wizard.azure.errors import AzureProblem, Forbidden
from wizard.guide import Asking, Check, Choice, Finding, Findings, Severity
from wizard.roles.chosen import onto
from wizard.roles.diff import Difference, difference
from wizard.roles.operations import Judged, Verdict, operations_for
from wizard.roles.parsing import read_role
from wizard.roles.role import Role, of_azure
from wizard.roles.writing import cli_json
from wizard.text import clean_line

API = "2022-04-01"
NAME, PASTED = "cross_role_name", "role_json"
_SHOWN = 3
Scope = Callable[[Answers], str]
Wanted = Callable[[Answers], Role]


async def _named(asking: Asking, scope: str, name: str) -> dict[str, Any] | None:
    """Read the role of a name that can be given at a scope (C-roledef)."""
    quoted = name.replace("'", "''")
    path = f"{scope}/providers/Microsoft.Authorization/roleDefinitions"
    found = await asking.azure.arm.read_all(path, API, **{"$filter": f"roleName eq '{quoted}'"})
    return found[0] if found else None


async def _custom(asking: Asking, scope: str) -> list[dict[str, Any]]:
    path = f"{scope}/providers/Microsoft.Authorization/roleDefinitions"
    return await asking.azure.arm.read_all(path, API, **{"$filter": "type eq 'CustomRole'"})


def offer_roles(scope: Scope) -> Callable[[Asking], Any]:
    """Return the offer of the custom roles that can be given at a scope, by name."""

    async def offer(asking: Asking) -> Sequence[Choice]:
        found = [of_azure(one) for one in await _custom(asking, scope(asking.answers))]
        return [
            Choice(role.name, role.name, columns=(str(len(role.actions)),))
            for role in sorted(found, key=lambda role: role.name.casefold())
            if role.name
        ]

    return offer


def role_of_that_name(scope: Scope, wanted: Wanted, own_guid: Callable[[Answers], str]) -> Check:
    """Return the check of a role's name: free, ours, there with other actions, or there for other scopes alone."""

    async def check(asking: Asking) -> Findings:
        answers = asking.answers
        at, name = scope(answers), answers.text(NAME)
        if not at:
            return ()
        found = await _named(asking, at, name)
        if found is None:
            return (await _free(asking, name),)
        properties = found.get("properties") or {}
        if properties.get("type") != "CustomRole":
            what = f"{name} is one of Azure's built-in roles, which can't be changed."
            return (Finding(Severity.ERROR, NAME, what, "", "Choose another name.", facts=_none()),)
        guid = str(found.get("name") or str(found.get("id", "")).rsplit("/", 1)[-1]).lower()
        there, facts = of_azure(found), await _facts(asking, at, guid, found)
        ours = guid == own_guid(answers) or facts["cross_role_ours"] is True
        return (_compared(there, wanted(answers), ours, facts),)

    return check


def _none() -> dict[str, Value]:
    return {
        "cross_role_guid": "",
        "cross_role_in_azure": "",
        "cross_role_ours": False,
        "cross_assignment": "",
    }


def _is_known(asking: Asking, guid: str) -> bool:
    """Whether this profile made or changed the role before: then it stays in the plan."""
    return asking.known.get("cross_role", {}).get("id", "").casefold().endswith(f"/{guid}")


async def _facts(asking: Asking, scope: str, guid: str, found: Mapping[str, Any]) -> dict[str, Value]:
    assignment = await _assignment(asking, scope, guid)
    return {
        "cross_role_guid": guid,
        "cross_role_in_azure": cli_json(of_azure(found)),
        "cross_role_ours": _is_known(asking, guid),
        "cross_assignment": assignment,
    }


async def _assignment(asking: Asking, scope: str, guid: str) -> str:
    """The id of the assignment of a role to Hopsworks at this very scope: Azure refuses a second one (E-asgexists)."""
    try:
        principal = await asking.azure.graph.service_principal(asking.answers.text("hopsworks_app_id"))
        if principal is None:
            return ""
        held = await asking.azure.arm.role_assignments(scope, principal.object_id)
    except Forbidden:
        return ""
    same = (a.id for a in held if a.role == guid and a.scope.casefold() == scope.casefold())
    return next(same, "")


async def _free(asking: Asking, name: str) -> Finding:
    """No role of the name can be given here; one that belongs to other scopes takes the name all the same."""
    try:
        everywhere = await _custom(asking, "")
    except AzureProblem:
        everywhere = []
    same = (of_azure(one) for one in everywhere)
    other = next((role for role in same if role.name.casefold() == name.casefold()), None)
    if other is None:
        return Finding(Severity.OK, NAME, "The name is free.", facts=_none())
    places = ", ".join(clean_line(scope).rsplit("/", 1)[-1] for scope in other.scopes[:_SHOWN])
    what = f"A role of this name exists for {places} alone."
    rule = "A role's name is unique in the tenant, and a role for one group cannot be assigned in another."
    mend = "Choose another name, or add this scope to its assignable scopes."
    return Finding(Severity.ERROR, NAME, what, rule, mend, facts=_none())


def _compared(there: Role, wanted: Role, ours: bool, facts: dict[str, Value]) -> Finding:
    change = difference(there, onto(there, wanted))
    if not change.count:
        what = f"It exists with exactly these {len(wanted.actions)} actions."
        return Finding(Severity.OK, NAME, what, facts=facts)
    told = f"{'Azimuth made it before; it' if ours else 'It'} exists with {change.count} differing actions"
    what = f"{told}: {_few(change)}."
    mend = "Update it, use it as it is, or choose another name. An update takes 15 to 60 minutes to reach everywhere."
    return Finding(Severity.WARNING, NAME, what, change.sentence, mend, facts=facts)


def _few(change: Difference) -> str:
    signs = [*(f"- {action}" for action in change.removed), *(f"+ {action}" for action in change.added)]
    more = f" and {len(signs) - _SHOWN} more" if len(signs) > _SHOWN else ""
    return ", ".join(signs[:_SHOWN]) + more


def pasted(known: Wanted) -> Check:
    """Return the check of a pasted role: each fault with its line, each action against Azure's list, and the difference."""

    async def check(asking: Asking) -> Findings:
        reading = read_role(asking.answers.text(PASTED))
        if reading.faults:
            return tuple(Finding(Severity.ERROR, PASTED, str(fault)) for fault in reading.faults)
        judged = await _judged(asking, reading.role)
        wrong = tuple(Finding(Severity.ERROR, PASTED, one.sentence) for one in judged if not one.holds)
        told = tuple(Finding(Severity.INFO, PASTED, str(mended)) for mended in reading.mended)
        wide = tuple(
            Finding(Severity.WARNING, PASTED, one.sentence) for one in judged if one.verdict is Verdict.COVERS
        )
        return (*wrong, *told, *wide, _against_known(reading.role, known(asking.answers)))

    return check


def _against_known(role: Role, known: Role) -> Finding:
    change, count = difference(known, role), len(role.actions)
    if not change.count:
        return Finding(Severity.OK, PASTED, f"The same {count} actions as the known list.")
    what = f"{count} actions; the known list has {len(known.actions)}. {_few(change)}."
    rule = f"It has {len(change.added)} that the known list lacks, and lacks {len(change.removed)} of it."
    return Finding(Severity.WARNING, PASTED, what, rule, "It counts once you confirm it below.")


async def _judged(asking: Asking, role: Role) -> tuple[Judged, ...]:
    plain = (*role.actions, *role.not_actions)
    data = (*role.data_actions, *role.not_data_actions)
    operations = await operations_for(asking.azure.arm, (*plain, *data))
    return (*operations.judge_all(plain), *operations.judge_all(data, data=True))


def operations_exist(step: str, wanted: Wanted) -> Check:
    """Return the check that holds every action of the chosen role against the operations that Azure lists."""

    async def check(asking: Asking) -> Findings:
        role = wanted(asking.answers)
        judged = await _judged(asking, role)
        wrong = tuple(Finding(Severity.WARNING, step, one.sentence) for one in judged if not one.holds)
        if wrong:
            return wrong
        what = f"All {len(judged)} actions are operations that Azure lists today."
        return (Finding(Severity.OK, step, what),)

    return check
