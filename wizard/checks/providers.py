"""What the signed-in person may do where the guide works, and whether the resource providers it needs are registered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from wizard.answers import Answers
from wizard.azure.errors import Forbidden
from wizard.azure.model import Permissions
from wizard.checks.groups import group_exists
from wizard.guide import Asking, Check, Finding, Findings, Severity

MAKE_GROUP = "Microsoft.Resources/subscriptions/resourceGroups/write"
_SHOWN = 4  # actions that fit into a sentence
Namespaces = Callable[[Answers], Sequence[str]]
Needs = Callable[[Answers], Sequence[str]]


def providers_registered(step: str, namespaces: Namespaces) -> Check:
    """Return the check that tells which providers are still to be registered (C-rp), and whether the caller may."""

    async def check(asking: Asking) -> Findings:
        subscription, wanted = asking.answers.text("subscription"), tuple(namespaces(asking.answers))
        states = await asyncio.gather(
            *(asking.azure.arm.provider_state(subscription, name) for name in wanted)
        )
        missing = tuple(name for name, state in zip(wanted, states, strict=True) if state != "Registered")
        if not missing:
            return (Finding(Severity.OK, step, f"All {len(wanted)} resource providers are registered."),)
        try:
            rights = await asking.azure.arm.permissions(f"/subscriptions/{subscription}")
        except Forbidden:  # rights on a group alone do not show what one may do on the subscription: nothing
            rights = Permissions(f"/subscriptions/{subscription}", ())
        return (_to_register(step, missing, rights),)

    return check


def _to_register(step: str, missing: Sequence[str], rights: Permissions) -> Finding:
    one = len(missing) == 1
    what = (
        f"{'A resource provider is' if one else f'{len(missing)} resource providers are'} not registered yet"
    )
    what = f"{what}: {', '.join(missing)}."
    refused = rights.missing(f"{name}/register/action" for name in missing)
    if not refused:
        mend = f"Azimuth registers {'it' if one else 'them'} when you apply; it takes a minute or two."
        return Finding(Severity.INFO, step, what, "", mend)
    rule = "Registering needs Contributor or Owner on the subscription."
    return Finding(Severity.WARNING, step, what, rule, "It becomes a hand-off for somebody who may.")


def rights_at(step: str, needs: Needs) -> Check:
    """Return the check that sums up what of `needs` the caller may do on the group (C-perm)."""

    async def check(asking: Asking) -> Findings:
        answers = asking.answers
        subscription = f"/subscriptions/{answers.text('subscription')}"
        there = group_exists(answers)
        scope = f"{subscription}/resourceGroups/{answers.text('resource_group')}" if there else subscription
        wanted = (*needs(answers), *(() if there else (MAKE_GROUP,)))
        try:
            rights = await asking.azure.arm.permissions(scope)
        except Forbidden:
            rights = Permissions(scope, ())
        return (_summed_up(step, scope, wanted, rights),)

    return check


def _summed_up(step: str, scope: str, wanted: Sequence[str], rights: Permissions) -> Finding:
    missing, place = rights.missing(wanted), scope.rsplit("/", 1)[-1]
    where = f"on {place}" if "/resourceGroups/" in scope else "on the subscription"
    if not missing:
        return Finding(Severity.OK, step, f"You hold all {len(wanted)} rights that this needs {where}.")
    named = ", ".join(missing[:_SHOWN]) + (
        f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
    )
    what = f"You lack {len(missing)} of the {len(wanted)} rights that this needs {where}: {named}."
    rule = "Owner holds all of them; Contributor lacks those of Microsoft.Authorization."
    mend = "Go on: what you may not do becomes a hand-off for somebody who may, and the rest is done."
    return Finding(Severity.WARNING, step, what, rule, mend)
