"""Load balancers: what stands in front of machines, each part with its id."""

from __future__ import annotations

from typing import Any

from wizard.practice.arm import ids
from wizard.practice.arm.kinds import network_ranges
from wizard.practice.arm.kinds.network_addresses import check_public_use, named
from wizard.practice.arm.kinds.network_parts import Refers, declare, parts_on
from wizard.practice.arm.kinds.network_words import refused
from wizard.practice.arm.types import Acting, Adding

_PARTS = (
    "frontendIPConfigurations", "backendAddressPools", "loadBalancingRules", "probes", "inboundNatRules", "inboundNatPools", "outboundRules",
)  # fmt: skip


def _check_fronts(adding: Adding) -> None:
    for one in adding.properties.get("frontendIPConfigurations") or ():
        part = f"{adding.id.text}/frontendIPConfigurations/{one.get('name')}"
        if public := named(one, "publicIPAddress", "id"):
            check_public_use(adding, part, public)
        subnet, address = named(one, "subnet", "id"), named(one, "privateIPAddress")
        if subnet and address and named(one, "privateIPAllocationMethod").lower() == "static":
            network_ranges.check_static(adding.practice, part, subnet, address, adding.id.text)


def _balancer(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
    fronts = made["properties"].get("frontendIPConfigurations") or []
    before = {
        str(one.get("name")): one
        for one in (adding.before or {}).get("properties", {}).get("frontendIPConfigurations") or ()
    }
    for one in fronts:
        properties = {"privateIPAllocationMethod": "Dynamic"} | (one.get("properties") or {})
        subnet = named(one, "subnet", "id")
        if subnet and not properties.get("privateIPAddress"):
            old = named(before.get(str(one.get("name")), {}), "privateIPAddress")
            used = [named(other, "privateIPAddress") for other in fronts]
            properties["privateIPAddress"] = old or network_ranges.free(adding.practice, subnet, 1, used)[0]
        one["properties"] = properties
    return made


def _check_unused(acting: Acting) -> None:
    for pool in acting.found["properties"].get("backendAddressPools") or ():
        holders = list(
            parts_on(acting.call.practice, f"{acting.id.text}/backendAddressPools/{pool.get('name')}")
        )
        for holder in holders:
            if "virtualmachinescalesets" in holder.owner.lower() and not ids.same(
                holder.owner, acting.id.text
            ):
                raise refused(
                    "LoadBalancerInUseByVirtualMachineScaleSet",
                    f"Cannot delete load balancer {acting.id.text} since its child resources"
                    f" {acting.id.text}/backendAddressPools/{pool.get('name')} are in use by virtual machine scale set"
                    f" {holder.owner}.",
                )


TYPES = (
    declare(
        "loadBalancers",
        seconds=5,
        removal_seconds=10,
        parts=_PARTS,
        defaults={"sku": {"name": "Basic", "tier": "Regional"}, "properties": {name: [] for name in _PARTS}},
        refers=(
            Refers("properties.frontendIPConfigurations[].properties.subnet", "virtualNetworks/subnets"),
            Refers("properties.frontendIPConfigurations[].properties.publicIPAddress", "publicIPAddresses"),
        ),
        rules=(_check_fronts,),
        before_removal=(_check_unused,),
        finish=_balancer,
    ),
)
