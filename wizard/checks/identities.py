"""Managed identities: is there one of this name, and does it stand where the cluster will."""

from __future__ import annotations

from collections.abc import Sequence

from wizard.answers import Value
from wizard.azure.storage import IDENTITY, identities_of, managed_identity, region_name
from wizard.checks.regions import apart
from wizard.guide import Asking, Choice, Finding, Findings, Severity
from wizard.guides.hopsworks.where import group_id, within
from wizard.text import clean_line

_KEY = "identity_name"


async def offer_identities(asking: Asking) -> Sequence[Choice]:
    """List the managed identities of the group: one that is there can be used as it is."""
    where = group_id(asking.answers)
    found = await identities_of(asking.azure.arm, where) if where else []
    return [
        Choice(one.name, clean_line(one.name), f"{clean_line(one.name)} is in the group.", (one.location,))
        for one in sorted(found, key=lambda one: one.name.casefold())
    ]


async def identity(asking: Asking) -> Findings:
    """Look for the identity in the group; one that is there is used again (hopsworks.md 2.2)."""
    answers = asking.answers
    if not group_id(answers):
        return ()
    found = await managed_identity(asking.azure.arm, within(answers, IDENTITY, answers.text(_KEY)))
    if found is None:
        none: dict[str, Value] = {
            "identity_kept": False,
            "identity_principal_id": "",
            "identity_client_id": "",
        }
        return (Finding(Severity.OK, _KEY, "No identity of this group has this name.", facts=none),)
    here = found.location == region_name(answers.text("location"))
    facts: dict[str, Value] = {
        # Deploying it again would take its tags away.
        "identity_kept": bool(found.tags) or not here,
        "identity_principal_id": found.principal_id,
        "identity_client_id": found.client_id,
    }
    what = f"It exists, in {found.location}; it is used again."
    return (
        Finding(Severity.OK, _KEY, what, facts=facts),
        *apart(asking, _KEY, "The identity", found.location),
    )
