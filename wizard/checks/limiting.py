"""Limiting Hopsworks: its role as it stands, who else has it, what a cluster still needs, and roles that undo it all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from wizard.answers import Answers, Value
from wizard.azure.errors import AzureProblem, Forbidden
from wizard.azure.model import action_matches
from wizard.azure.storage import managed_identity
from wizard.guide import Asking, Check, Finding, Findings, Severity
from wizard.roles.role import Role, folded, of_azure
from wizard.roles.writing import cli_json
from wizard.text import clean_line

if TYPE_CHECKING:
    from wizard.azure.arm import Arm

API = "2022-04-01"
DEFINITIONS = "Microsoft.Authorization/roleDefinitions"
ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
MAY_WRITE = f"{DEFINITIONS}/write"
_RESOURCES_API = "2021-04-01"
_SHOWN = 4
Place = Callable[[Answers], str]
Wanted = Callable[[Answers], Iterable[str]]

# Which removed actions a resource of a running cluster still needs, and why.
_NEEDED_BY = (
    ("Microsoft.Network/publicIPAddresses", "Microsoft.Network/publicIPAddresses/delete", "public IP"),
    ("Microsoft.Network/virtualNetworks", "Microsoft.Network/virtualNetworks/delete", "virtual network"),
    (
        "Microsoft.Network/networkSecurityGroups",
        "Microsoft.Network/networkSecurityGroups/delete",
        "network security group",
    ),
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A role as it is in Azure: its id, whether it is a custom one, when it was changed, and what it holds."""

    id: str
    guid: str
    custom: bool
    updated: str
    role: Role


@dataclass(frozen=True, slots=True)
class Broader:
    """A role assignment that gives a principal more than it should have; `scope` is an ARM id."""

    id: str
    role: str
    scope: str


async def role_named(arm: Arm, scope: str, name: str) -> Standing | None:
    """Read the role of a name that can be given at a scope; None when there is none."""
    quoted = name.replace("'", "''")
    found = await arm.read_all(
        f"{scope}/providers/{DEFINITIONS}", API, **{"$filter": f"roleName eq '{quoted}'"}
    )
    return standing(found[0]) if found else None


def standing(found: Mapping[str, Any]) -> Standing:
    """Read a role definition as ARM answers it."""
    properties = found.get("properties") or {}
    identity = str(found.get("id") or "")
    return Standing(
        identity,
        identity.rsplit("/", 1)[-1].lower(),
        custom=properties.get("type") == "CustomRole",
        updated=clean_line(properties.get("updatedOn") or "")[:10],
        role=of_azure(found),
    )


async def assignments(arm: Arm, scope: str, principal: str = "") -> list[dict[str, Any]]:
    """List role assignments at, above and below a scope; those of a principal also through its groups."""
    named = {"$filter": f"assignedTo('{principal}')"} if principal else {}
    return await arm.read_all(f"{scope}/providers/{ASSIGNMENTS}", API, **named)


def is_more(role: Role, wanted: Iterable[str]) -> bool:
    """Whether a role holds anything that is not wanted. A wildcard is always more: it grows with Azure."""
    if role.data_actions:
        return True
    allowed = folded(wanted)
    taken = folded(role.not_actions)
    return any("*" in one or one.casefold() not in allowed | taken for one in role.actions)


async def broader_roles(
    arm: Arm, subscription: str, principal: str, own: tuple[str, str], wanted: Iterable[str]
) -> tuple[Broader, ...]:
    """Return the assignments that give a principal more than `wanted`; `own` is the role's GUID and its scope."""
    wanted = tuple(wanted)
    held = [_assigned(one) for one in await assignments(arm, subscription, principal)]
    others = [one for one in held if one[1] != own[0].lower() or _above(one[2], own[1])]
    roles = await asyncio.gather(
        *(arm.read(f"{subscription}/providers/{DEFINITIONS}/{guid}", API) for _, guid, _ in others)
    )
    found = []
    for (identity, guid, scope), body in zip(others, roles, strict=True):
        role = of_azure(body or {})
        if guid == own[0].lower() or is_more(role, wanted):
            found.append(Broader(identity, role.name or guid, scope))
    return tuple(found)


def _assigned(found: Mapping[str, Any]) -> tuple[str, str, str]:
    """The id, role GUID and scope of an assignment."""
    properties = found.get("properties") or {}
    role = str(properties.get("roleDefinitionId") or "").rsplit("/", 1)[-1].lower()
    return str(found.get("id") or ""), role, str(properties.get("scope") or "/")


def _above(scope: str, own: str) -> bool:
    """Whether a scope is wider than our own one, or stands beside it."""
    here, there = scope.rstrip("/").casefold(), own.rstrip("/").casefold()
    return here != there and not here.startswith(f"{there}/")


def place_name(scope: str, subscription: str = "") -> str:
    """Return what people call a scope; `subscription` is the name of the subscription it is in, where known."""
    parts = scope.strip("/").split("/")
    name = clean_line(parts[-1])
    if len(parts) == 2 and parts[0].lower() == "subscriptions":  # noqa: PLR2004 - /subscriptions/S
        return f"subscription {subscription or name}"
    if len(parts) == 4 and parts[2].lower() == "resourcegroups":  # noqa: PLR2004 - and /resourceGroups/G
        return f"group {name}"
    return f"{name}" if scope.strip("/") else "everything"


def told_broader(one: Broader, answers: Answers) -> str:
    """Return a broader role and where it holds, in words."""
    return f"{one.role} on {place_name(one.scope, answers.text('subscription_name'))}"


# What is found out once, at the switches


def what_stands(key: str, place: Place, wanted: Wanted) -> Check:
    """Return the check that keeps the role as it was, and finds roles that make limiting useless.

    Its facts: ``cross_role_before`` (the role in the CLI's form, as it was before it was limited) and
    ``broader_roles`` (JSON of `Broader`).
    """

    async def check(asking: Asking) -> Findings:
        answers, before = asking.answers, asking.answers.text("cross_role_before")
        scope, name = place(answers), answers.text("cross_role_name")
        facts: dict[str, Value] = {"cross_role_before": before, "broader_roles": ""}
        if not scope or not name:
            return ()
        now = await role_named(asking.azure.arm, scope, name)
        if now is not None and folded(now.role.actions) != folded(wanted(answers)):
            facts["cross_role_before"] = cli_json(now.role)
        found: tuple[Broader, ...] = ()
        told = _told_standing(key, now, facts)
        try:
            found = await _broader(asking, now.guid if now else "", scope, tuple(wanted(answers)))
        except Forbidden as problem:
            what = f"Whether Hopsworks holds other roles can't be seen: {problem}"
            return (told, Finding(Severity.WARNING, key, what, "", "Have somebody look who may."))
        facts["broader_roles"] = json.dumps([asdict(one) for one in found]) if found else ""
        return (told, *(_told_broader(key, one, answers) for one in found))

    return check


def _told_standing(key: str, now: Standing | None, facts: Mapping[str, Value]) -> Finding:
    what = "The role does not exist yet: it is made with these rights from the start."
    if now is not None:
        what = f"{now.role.name} is in Azure with {len(now.role.actions)} actions."
    return Finding(Severity.INFO if now else Severity.OK, key, what, facts=facts)


def _told_broader(key: str, one: Broader, answers: Answers) -> Finding:
    what = f"Hopsworks also holds {told_broader(one, answers)}."
    rule = "Limiting the role is without effect as long as another role gives more."
    return Finding(Severity.WARNING, key, what, rule, "Step L3 offers to take it away.")


async def _broader(asking: Asking, guid: str, scope: str, wanted: tuple[str, ...]) -> tuple[Broader, ...]:
    answers = asking.answers
    principal = await asking.azure.graph.service_principal(answers.text("hopsworks_app_id"))
    if principal is None:
        return ()
    subscription = f"/subscriptions/{answers.text('subscription')}"
    own = (guid or answers.text("cross_role_guid"), scope)
    return await broader_roles(asking.azure.arm, subscription, principal.object_id, own, wanted)


def broader_of(answers: Answers) -> tuple[Broader, ...]:
    """Return the broader roles that the last check found."""
    text = answers.text("broader_roles")
    return tuple(Broader(**one) for one in json.loads(text)) if text else ()


# Step L3


def may_be_written(step: str, place: Place) -> Check:
    """Return the check that the role is a custom one, and that the caller may write it at all its scopes."""

    async def check(asking: Asking) -> Findings:
        scope, name = place(asking.answers), asking.answers.text("cross_role_name")
        now = await role_named(asking.azure.arm, scope, name) if scope else None
        if now is None:
            return ()
        if not now.custom:
            what = f"{now.role.name} is one of Azure's built-in roles, which can't be changed."
            return (Finding(Severity.ERROR, step, what, "", "Go back to step 1.2 and choose another name."),)
        lacking = [one for one in now.role.scopes if not await _may_write(asking, one)]
        if not lacking:
            return (_spreads(step, now),)
        where = ", ".join(place_name(one, asking.answers.text("subscription_name")) for one in lacking)
        what = f"You may not change the role at {where}: {MAY_WRITE} is missing there."
        rule = "Changing a role asks for that right at every scope that it can be assigned at."
        mend = "Go on: this part becomes a hand-off to somebody who may."
        return (Finding(Severity.WARNING, step, what, rule, mend),)

    return check


def _spreads(step: str, now: Standing) -> Finding:
    what = f"{now.role.name} is a custom role that you may change; it was changed last on {now.updated}."
    rule = "The change takes 15 to 60 minutes to reach everywhere: don't judge it by a try at once."
    return Finding(Severity.INFO, step, what, rule)


async def _may_write(asking: Asking, scope: str) -> bool:
    try:
        rights = await asking.azure.arm.permissions(scope)
    except AzureProblem:
        return False
    return rights.allows(MAY_WRITE)


def who_else(step: str, place: Place) -> Check:
    """Return the check that names the other principals with this role: they lose the same rights (C-roleasg)."""

    async def check(asking: Asking) -> Findings:
        others = await others_with_role(asking, place(asking.answers))
        if not others:
            return ()
        shown = ", ".join(others[:_SHOWN]) + (
            f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
        )
        what = f"The role is also assigned to {shown}: what is removed here, they lose too."
        mend = "Give the limited role a name of its own in step 1.2 if they need the rest."
        return (Finding(Severity.WARNING, step, what, "", mend),)

    return check


async def others_with_role(asking: Asking, scope: str) -> tuple[str, ...]:
    """Return the names of the other principals that hold the role; an object id where the name may not be read."""
    answers = asking.answers
    now = await role_named(asking.azure.arm, scope, answers.text("cross_role_name")) if scope else None
    if now is None:
        return ()
    listed = await assignments(asking.azure.arm, f"/subscriptions/{answers.text('subscription')}")
    holders = {
        str((one.get("properties") or {}).get("principalId") or "").lower()
        for one in listed
        if _assigned(one)[1] == now.guid
    }
    try:
        own = await asking.azure.graph.service_principal(answers.text("hopsworks_app_id"))
        others = sorted(holders - {own.object_id.lower() if own else ""})
        names = await asking.azure.graph.names(others) if others else {}
    except Forbidden:
        others, names = sorted(holders), {}
    return tuple(clean_line(names.get(one) or one) for one in others)


def still_needed(step: str, group: Place, removed: Wanted) -> Check:
    """Return the check for what stands in the group that Hopsworks could not delete any more."""

    async def check(asking: Asking) -> Findings:
        gone, scope = folded(removed(asking.answers)), group(asking.answers)
        if not scope or not asking.answers.text("group_location"):
            return ()
        listed = await asking.azure.arm.read_all(f"{scope}/resources", _RESOURCES_API)
        found = []
        for kind, action, word in _NEEDED_BY:
            names = [_name(one) for one in listed if str(one.get("type", "")).casefold() == kind.casefold()]
            if names and action.casefold() in gone:
                found.append(_stuck(step, word, names))
        return tuple(found)

    return check


def _name(found: Mapping[str, Any]) -> str:
    """The name of a resource, and whose it is where its tags say so."""
    tags = " ".join(f"{key} {value}" for key, value in (found.get("tags") or {}).items())
    mark = " (made by Hopsworks, by its tags)" if "hopsworks" in tags.casefold() else ""
    return f"{clean_line(found.get('name') or '')}{mark}"


def _stuck(step: str, word: str, names: list[str]) -> Finding:
    shown = ", ".join(names[:_SHOWN])
    what = f"The group holds the {word} {shown}."
    rule = f"If a running cluster has it, Hopsworks can no longer delete the {word} when the cluster is terminated."
    return Finding(
        Severity.WARNING, step, what, rule, "Terminate that cluster first, or delete it yourself later."
    )


# Step L5


def upgrade_rights(key: str, role_name: str, identity: Place, group: Place) -> Check:
    """Return the check for an upgrade role that the identity holds already.

    Its facts: ``upgrade_role_guid``, ``upgrade_assignment_id``, and ``upgrade_role_id`` when nobody else has it.
    """

    async def check(asking: Asking) -> Findings:
        arm, scope = asking.azure.arm, group(asking.answers)
        none: dict[str, Value] = {"upgrade_role_guid": "", "upgrade_assignment_id": "", "upgrade_role_id": ""}
        now = await role_named(arm, scope, role_name) if scope else None
        if now is None:
            return (Finding(Severity.OK, key, "There is no upgrade role.", facts=none),)
        found = await managed_identity(arm, identity(asking.answers))
        principal = found.principal_id.lower() if found is not None else ""
        listed = [one for one in await assignments(arm, scope) if _assigned(one)[1] == now.guid]
        own = [one for one in listed if principal and _principal(one) == principal]
        facts = none | {"upgrade_role_guid": now.guid}
        if own:
            facts["upgrade_assignment_id"] = str(own[0].get("id") or "")
        if len(own) == len(listed):
            facts["upgrade_role_id"] = now.id
        held = "the identity holds it" if own else "the identity does not hold it"
        return (Finding(Severity.INFO, key, f"Role {role_name} exists; {held}.", facts=facts),)

    return check


def _principal(found: Mapping[str, Any]) -> str:
    return str((found.get("properties") or {}).get("principalId") or "").lower()


def covered(action: str, role: Role) -> bool:
    """Whether a role holds an action, by itself or by a wildcard."""
    return any(action_matches(action, one) for one in role.actions)
