"""How many of a network resource a subscription may have in a region, and how many it has."""

from __future__ import annotations

from typing import Any

from wizard.practice.arm import facts
from wizard.practice.arm.kinds.network_words import NETWORK, refused
from wizard.practice.arm.types import Adding, Rule
from wizard.practice.kernel import Practice


def limit(practice: Practice, region: str, name: str) -> int:
    """The limit of a world (`quotas` in its file), else Azure's."""
    quotas = practice.world.facts.get("quotas") or {}
    own: dict[str, Any] = next(
        (quotas[where][name] for where in (region, "*") if name in (quotas.get(where) or {})), {}
    )
    known = {one["value"]: int(one["limit"]) for one in facts.network()["usages"]}
    return int(own.get("limit", known[name]))


def count(practice: Practice, subscription: str, kind: str, region: str) -> int:
    """How many of a type there are in a region of a subscription."""
    found = practice.state.under("resource", f"/subscriptions/{subscription}/")
    wanted = f"{NETWORK}{kind}".lower()
    return sum(one["type"].lower() == wanted and one.get("location") == region for _, one in found)


def within(name: str, code: str, called: str) -> Rule:
    """The rule that a subscription stays within a limit: `name` is that of Azure's usages."""

    def check(adding: Adding) -> None:
        if adding.before is not None:
            return
        most = limit(adding.practice, adding.location, name)
        kind = adding.id.type.removeprefix(NETWORK)
        if count(adding.practice, str(adding.id.subscription), kind, adding.location) >= most:
            raise refused(
                code, f"Cannot create more than {most} {called} for this subscription in this region."
            )

    return check


def region_usage(practice: Practice, subscription: str, region: str) -> dict[str, int]:
    """How much of each limit is used, by the name of Azure's usages."""
    counts: dict[str, int] = {}
    for _, one in practice.state.under("resource", f"/subscriptions/{subscription}/"):
        if one["type"].startswith(NETWORK) and one.get("location") == region:
            name = one["type"].removeprefix(NETWORK)
            counts[name.lower()] = counts.get(name.lower(), 0) + 1
            if name == "publicIPAddresses" and _is_static(one):
                counts["staticpublicipaddresses"] = counts.get("staticpublicipaddresses", 0) + 1
    return counts


def _is_static(one: dict[str, object]) -> bool:
    properties = one.get("properties")
    return isinstance(properties, dict) and properties.get("publicIPAllocationMethod") == "Static"
