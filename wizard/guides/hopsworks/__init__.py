"""The Hopsworks guide: connect Azure to Hopsworks.ai, and prepare all that its clusters need, with the fewest rights."""

from __future__ import annotations

from dataclasses import replace

from wizard.answers import Answers
from wizard.guide import Chapter, Guide, Step, Wanted
from wizard.guides.hopsworks import (
    account,
    account_plan,
    cluster,
    limits,
    network,
    outside,
    road,
    ssh,
    storage,
    terraform,
)
from wizard.guides.hopsworks.where import classic_or_managed, on_helm
from wizard.plan import Plan

_SHARES = (
    road.share,
    account_plan.share,
    limits.share,
    network.share,
    storage.share,
    ssh.share,
    cluster.share,
    outside.share,
)


def plan(answers: Answers) -> Plan:
    """Return what shall exist by the answers so far; on the Helm road only what stays to do by hand."""
    shares = (road.share,) if on_helm(answers) else _SHARES
    tenant, subscription = account_plan.home_tenant(answers), answers.text("subscription")
    return Plan.of("hopsworks", tenant, subscription, *(share(answers) for share in shares))


def _unless_helm(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The same steps, wanted on the two roads that the documents tell of."""
    return tuple(replace(step, wanted=_both(classic_or_managed, step.wanted)) for step in steps)


def _both(one: Wanted, other: Wanted) -> Wanted:
    return lambda answers: one(answers) and other(answers)


_LIMITING = (*limits.SWITCHES, *network.STEPS, *limits.ROLES)

GUIDE = Guide(
    key="hopsworks",
    title="Hopsworks",
    about="Connect your Azure to Hopsworks.ai, and prepare storage, key and network for its clusters.",
    source="https://github.com/logicalclocks/logicalclocks.github.io",
    chapters=(
        Chapter("0", "Where", road.STEPS),
        Chapter("1", "Connect", _unless_helm(account.STEPS)),
        Chapter("L", "Limiting", _unless_helm(_LIMITING)),
        Chapter("2", "Storage", _unless_helm(storage.STEPS)),
        Chapter("3", "SSH key", _unless_helm(ssh.STEPS)),
        Chapter("4", "Cluster", _unless_helm(cluster.STEPS)),
        Chapter("5", "Outside access", _unless_helm(outside.STEPS)),
        Chapter("6", "Next steps", cluster.NEXT),
    ),
    plan=plan,
    next_steps=road.next_steps,
    exports=(*account_plan.EXPORTS, *limits.EXPORTS, *storage.EXPORTS, *terraform.EXPORTS),
)
