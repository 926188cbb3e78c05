"""Which tenant and subscription to work in, and what may be done there."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from wizard.azure.errors import AzureProblem
from wizard.azure.model import Subscription
from wizard.guide import Asking, Choice, Finding, Findings, Severity
from wizard.text import clean_line

ASSIGN = "Microsoft.Authorization/roleAssignments/write"
_LOOK_AT_ONCE = 25  # beyond this many, rights are asked for the picked subscription alone


async def offer_tenants(asking: Asking) -> Sequence[Choice]:
    """List the tenants that the signed-in identity can enter (ARM tenants, 2022-12-01)."""
    tenants = await asking.azure.arm.tenants()
    return [
        Choice(
            t.id,
            clean_line(t.label),
            columns=(clean_line(t.domain), t.id),
            aliases=(t.domain,) if t.domain else (),
            implies={"tenant_name": clean_line(t.label)},
        )
        for t in sorted(tenants, key=lambda t: t.label.casefold())
    ]


async def offer_subscriptions(asking: Asking) -> Sequence[Choice]:
    """List subscriptions with state, tenant and whether roles may be assigned there (C-subs, C-perm)."""
    subscriptions = await asking.azure.arm.subscriptions()
    rights = ["asked when picked"] * len(subscriptions)
    if len(subscriptions) <= _LOOK_AT_ONCE:
        rights = await asyncio.gather(*(_may_assign(asking, s) for s in subscriptions))
    told = sorted(zip(subscriptions, rights, strict=True), key=_useful_first)
    return [_subscription_choice(subscription, may) for subscription, may in told]


def _useful_first(told: tuple[Subscription, str]) -> tuple[bool, bool, str]:
    subscription, may_assign = told
    return (not subscription.usable, may_assign == "no", subscription.name.casefold())


def _subscription_choice(subscription: Subscription, may_assign: str) -> Choice:
    name, tenant = clean_line(subscription.name), clean_line(subscription.tenant_name)
    refusal = ""
    if not subscription.usable:
        refusal = f"{name} is {subscription.state.lower()}: nothing can be created in it. Pick another one."
    return Choice(
        subscription.id,
        name,
        detail=f"{name} is {subscription.state.lower()}, in tenant {tenant or subscription.tenant_id}.",
        columns=(subscription.state, tenant or subscription.tenant_id, may_assign, subscription.id),
        refusal=refusal,
        implies={
            "subscription_name": name,
            "subscription_tenant": subscription.tenant_id,
            "subscription_tenant_name": tenant,
            "subscription_managed_by": ", ".join(subscription.managed_by),
        },
    )


async def _may_assign(asking: Asking, subscription: Subscription) -> str:
    if not subscription.usable:
        return "no"
    try:
        rights = await asking.azure.arm.permissions(subscription.scope)
    except AzureProblem:
        return "unknown"
    return "yes" if rights.allows(ASSIGN) else "no"


async def managed_by_others(asking: Asking) -> Findings:
    """Explain delegation: the tenants in managedByTenants are not the subscription's own tenant (C-sub)."""
    managers = str(asking.answers.get("subscription_managed_by", ""))
    if not managers:
        return ()
    what = f"Other tenants hold delegated rights here ({managers})."
    rule = f"None of them is its tenant: that is {asking.answers.get('subscription_tenant')}."
    mend = "Azimuth uses the subscription's own tenant id; never copy one from managedByTenants."
    return (Finding(Severity.INFO, "subscription", what, rule, mend),)


async def in_entered_tenant(asking: Asking) -> Findings:
    """Say when the subscription trusts another tenant than the one signed in to (delegated access)."""
    own, there = str(asking.answers.get("subscription_tenant", "")), asking.azure.identity.tenant
    if not own or own == there:
        return ()
    name = str(asking.answers.get("subscription_tenant_name", "")) or own
    what = f"This subscription trusts tenant {name}, not the one you are signed in to."
    mend = f"To create a service principal for it, pick {name} in step 0.1."
    return (Finding(Severity.WARNING, "subscription", what, "", mend),)


async def may_assign_roles(asking: Asking) -> Findings:
    """Say early when nobody signed in here can give a role in the picked subscription."""
    scope = f"/subscriptions/{asking.answers.text('subscription')}"
    rights = await asking.azure.arm.permissions(scope)
    if rights.allows(ASSIGN):
        return (Finding(Severity.OK, "subscription", "You may assign roles here."),)
    what = "You may not assign roles on the whole subscription."
    mend = "A right on the workspace's group is enough; that is checked where you pick the workspace."
    return (Finding(Severity.INFO, "subscription", what, "", mend),)


async def entered_tenant(asking: Asking) -> Findings:
    """Say when the picked tenant is not the one signed in to."""
    wanted, there = asking.answers.text("tenant"), asking.azure.identity.tenant
    if wanted == there:
        return ()
    what = f"You are signed in to tenant {there}, not {wanted}."
    return (Finding(Severity.ERROR, "tenant", what, "", "Sign in again, into the tenant you picked."),)
