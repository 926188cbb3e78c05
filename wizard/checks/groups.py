"""Resource groups: which there are, whether the named one exists and where, what acting in them means, what is locked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from wizard.answers import Answers, Value
from wizard.azure.errors import Forbidden
from wizard.guide import Asking, Check, Choice, Finding, Findings, Severity
from wizard.text import clean_line

GROUPS_API = "2024-11-01"
LOCKS_API = "2020-05-01"
_LONGEST = 90
_SIGNS = frozenset("_-.()")


def group_name(value: Value) -> str:
    """Rule V-rg: 1 to 90 letters, digits, ``_ - . ( )``, not ending with a period."""
    text = str(value)
    if len(text) > _LONGEST:
        return f"Too long ({len(text)}/{_LONGEST})."
    if text.endswith("."):
        return "Ends with a period."
    wrong = next((c for c in text if not (c.isalnum() or c in _SIGNS)), "")
    return f"Character “{wrong}” not allowed." if wrong else ""


async def groups_of(asking: Asking) -> list[dict[str, Any]]:
    """Read the resource groups of the picked subscription that the caller sees."""
    subscription = asking.answers.text("subscription")
    return await asking.azure.arm.read_all(f"/subscriptions/{subscription}/resourcegroups", GROUPS_API)


async def offer_groups(asking: Asking) -> Sequence[Choice]:
    """List the groups with their regions, by name."""
    return [_group_choice(group) for group in sorted(await groups_of(asking), key=_by_name)]


def _by_name(group: Mapping[str, Any]) -> str:
    return str(group.get("name", "")).casefold()


def _group_choice(group: Mapping[str, Any]) -> Choice:
    name, region = clean_line(group.get("name", "")), clean_line(group.get("location", ""))
    detail = f"{name} is there, in {region}."
    return Choice(name, name, detail=detail, columns=(region,), implies={"group_location": region})


async def group_there(asking: Asking) -> Findings:
    """Tell whether the named group exists, and keep its region (C-rg): nothing is created twice."""
    name, key = asking.answers.text("resource_group"), "resource_group"
    path = f"/subscriptions/{asking.answers.text('subscription')}/resourcegroups/{name}"
    try:
        found = await asking.azure.arm.read(path, GROUPS_API)
    except Forbidden as problem:
        what = f"You may not see whether {name} exists: {problem}"
        mend = "Have Reader on it given to you, or pick a group of the list."
        return (Finding(Severity.WARNING, key, what, "", mend, facts={"group_location": ""}),)
    if found is None:
        what = f"{name} does not exist yet; it will be created."
        return (Finding(Severity.INFO, key, what, facts={"group_location": ""}),)
    region = clean_line(found.get("location", ""))
    state = str((found.get("properties") or {}).get("provisioningState", ""))
    ours = asking.known.get("group", {}).get("id", "").casefold() == str(found.get("id", "")).casefold()
    facts: dict[str, Value] = {"group_location": "" if ours else region}
    if state == "Deleting":
        what = f"{name} is being deleted."
        return (
            Finding(Severity.ERROR, key, what, "", "Wait until it is gone, or name another.", facts=facts),
        )
    what = "Azimuth made it before" if ours else "It exists and is used as it is"
    return (Finding(Severity.OK, key, f"{what}, in {region}.", facts=facts),)


async def scope_in_numbers(asking: Asking) -> Findings:
    """Say what the chosen scope means, in numbers: a whole subscription is every group in it."""
    key, name = "scope_kind", str(asking.answers.get("subscription_name", "the subscription"))
    if asking.answers.text(key) != "subscription":
        return (Finding(Severity.OK, key, "Hopsworks may act in one resource group alone."),)
    count = len(await groups_of(asking))
    groups = "the one resource group" if count == 1 else f"all {count} resource groups"
    what = f"Hopsworks may then act in {groups} of {name}, and in those still to come."
    return (Finding(Severity.WARNING, key, what, "", "When unsure, begin with one group."),)


async def beside_the_group(asking: Asking) -> Findings:
    """Say when the region is not the one of the group: newer Hopsworks takes a cluster's region from its group."""
    region, group = asking.answers.text("location"), str(asking.answers.get("group_location", ""))
    if not group or group == region:
        return ()
    what = f"The group is in {group}, everything else would be in {region}."
    rule = "Hopsworks takes a cluster's region from its group; storage, identity, key and network must agree with it."
    return (Finding(Severity.WARNING, "location", what, rule, f"Choose {group}, or another group."),)


def no_lock_at(step: str) -> Check:
    """Return the check that tells the locks on group and subscription (C-lock) at a step."""

    async def check(asking: Asking) -> Findings:
        scopes = [f"/subscriptions/{asking.answers.text('subscription')}"]
        if asking.answers.get("group_location"):
            scopes.append(f"{scopes[0]}/resourceGroups/{asking.answers.text('resource_group')}")
        found = await asyncio.gather(*(_locks(asking, scope) for scope in scopes))
        return tuple(
            _locked(step, scope, lock) for scope, locks in zip(scopes, found, strict=True) for lock in locks
        )

    return check


async def _locks(asking: Asking, scope: str) -> list[dict[str, Any]]:
    """Read the locks that stand on this very scope."""
    path = f"{scope}/providers/Microsoft.Authorization/locks"
    try:
        found = await asking.azure.arm.read_all(path, LOCKS_API, **{"$filter": "atScope()"})
    except Forbidden:
        if "/resourceGroups/" in scope:
            raise
        return []  # who works in a group alone may not see the locks of the subscription; Azure tells them later
    own = f"{path}/".casefold()
    return [lock for lock in found if str(lock.get("id", "")).casefold().startswith(own)]


def _locked(step: str, scope: str, lock: Mapping[str, Any]) -> Finding:
    properties = lock.get("properties") or {}
    name, place = clean_line(lock.get("name", "")), clean_line(scope.rsplit("/", 1)[-1])
    notes = clean_line(properties.get("notes") or "")
    why = f"Its note says: {notes}" if notes else ""
    if properties.get("level") == "ReadOnly":
        what = f"Lock {name} makes {place} read-only: nothing can be created there."
        return Finding(Severity.ERROR, step, what, why, "Have the lock removed, or choose another group.")
    what = f"Lock {name} keeps everything on {place} from being deleted."
    mend = "Hopsworks could not terminate clusters there; undo would have to wait for the lock's removal."
    return Finding(Severity.WARNING, step, what, why, mend)


def group_exists(answers: Answers) -> bool:
    """Whether the last check saw the group."""
    return bool(answers.get("group_location"))
