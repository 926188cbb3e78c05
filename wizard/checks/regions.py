"""Regions: which there are, what a person meant by a name, and that everything of one setup stands in the same."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from wizard.azure.storage import region_name, regions
from wizard.guide import Asking, Choice, Finding, Findings, Severity
from wizard.text import clean_line


async def offer_regions(asking: Asking) -> Sequence[Choice]:
    """List the regions of the picked subscription by their names for people (C-loc)."""
    found = await regions(asking.azure.arm, asking.answers.text("subscription"))
    return [
        Choice(
            region.name,
            clean_line(region.label),
            detail=f"{clean_line(region.label)} ({region.name}).",
            columns=(clean_line(region.geography), region.name),
            aliases=(region_name(region.label),),
        )
        for region in sorted(found, key=lambda r: r.label.casefold())
    ]


async def region(asking: Asking) -> Findings:
    """Put “West Europe” right to ``westeurope``, and refuse what is no region of the subscription (V-location)."""
    key, text = "location", asking.answers.text("location")
    found = await regions(asking.azure.arm, asking.answers.text("subscription"))
    known = {one.name: clean_line(one.label) for one in found}
    meant = region_name(text)
    if meant in known:
        if meant == text:
            return ()  # the list has told it already
        return (Finding(Severity.OK, key, f"{known[meant]}.", correction=meant),)
    near = difflib.get_close_matches(meant, list(known), 1)
    mend = f"Did you mean “{near[0]}”?" if near else ""
    return (Finding(Severity.ERROR, key, f"“{text}” is not a region of this subscription.", "", mend),)


def apart(asking: Asking, question: str, what: str, found_in: str) -> Findings:
    """Say when something that exists stands in another region than the cluster will (contradiction 4)."""
    wanted = region_name(asking.answers.text("location"))
    if not found_in or not wanted or region_name(found_in) == wanted:
        return ()
    said = f"{what} is in {region_name(found_in)}, cluster in {wanted}: pick one."
    rule = "Storage, identity, SSH key, registry, network and cluster must share one region."
    mend = f"Answer {region_name(found_in)} in step 0.4, or choose another name here."
    return (Finding(Severity.ERROR, question, said, rule, mend),)
