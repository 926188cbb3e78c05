"""The resource group that a cluster's network is in: which there are, and whether Hopsworks' role holds there."""

from __future__ import annotations

from collections.abc import Sequence

from wizard.checks.networks import Reads
from wizard.guide import Asking, Check, Choice, Finding, Findings, Severity
from wizard.text import clean_line

_API = "2024-11-01"


async def offer_groups(asking: Asking) -> Sequence[Choice]:
    """List the subscription's groups by name, with their regions."""
    path = f"/subscriptions/{asking.answers.text('subscription')}/resourcegroups"
    found = [
        (clean_line(one.get("name", "")), clean_line(one.get("location", "")))
        for one in await asking.azure.arm.read_all(path, _API)
    ]
    return [Choice(name, name, columns=(region,)) for name, region in sorted(found)]


def network_group(reads: Reads) -> Check:
    """Return the check of the network's group: it has to be there, and Hopsworks' role has to hold in it."""

    async def check(asking: Asking) -> Findings:
        key, setting = "vnet_resource_group", reads(asking.answers)
        if setting.group.lower() == asking.answers.text("resource_group").lower():
            return (Finding(Severity.OK, key, "The cluster's own group, as in the document."),)
        if await asking.azure.arm.read(setting.group_id, _API) is None:
            what = f"Group {setting.group} does not exist."
            return (
                Finding(Severity.ERROR, key, what, "", "Pick one that is there, or the cluster's group."),
            )
        if setting.role_reaches:
            return (Finding(Severity.OK, key, "Hopsworks may act in the whole subscription, so there too."),)
        what = f"Role not assigned in group {setting.group}: Hopsworks will not see the VNet."
        mend = "Use the cluster's group, give the role there too, or answer “subscription” in step 0.4."
        return (Finding(Severity.WARNING, key, what, "", mend),)

    return check
