"""Virtual networks and network security groups, read from ARM into plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

from wizard.network.addresses import Holding, readable
from wizard.network.rules import Rule, rules_of

if TYPE_CHECKING:
    from wizard.azure.arm import Arm

NETWORK_API = "2024-05-01"
VNET = "Microsoft.Network/virtualNetworks"
SUBNET = "Microsoft.Network/virtualNetworks/subnets"
GROUP = "Microsoft.Network/networkSecurityGroups"
RULE = "Microsoft.Network/networkSecurityGroups/securityRules"
NAT = "Microsoft.Network/natGateways"
ADDRESS = "Microsoft.Network/publicIPAddresses"


@dataclass(frozen=True, slots=True)
class Subnet:
    """A subnet: its ranges, how many addresses are in use, and what is attached to it (ARM ids)."""

    name: str
    ranges: tuple[IPv4Network, ...]
    used: int
    delegated_to: str
    security_group: str
    nat_gateway: str
    route_table: str
    default_outbound: bool
    endpoints: tuple[str, ...]

    @property
    def holding(self) -> Holding:
        """The subnet as a range that is taken."""
        return Holding(self.name, self.ranges, self.used)


@dataclass(frozen=True, slots=True)
class VirtualNetwork:
    """A virtual network with its subnets and the networks that it is peered with."""

    id: str
    name: str
    group: str
    location: str
    spaces: tuple[IPv4Network, ...]
    subnets: tuple[Subnet, ...]
    peers: tuple[Holding, ...]

    def subnet(self, name: str) -> Subnet | None:
        """Return the subnet of that name, in any case; None when there is none."""
        return next((one for one in self.subnets if one.name.lower() == name.lower()), None)

    @property
    def holdings(self) -> tuple[Holding, ...]:
        """What is taken in it."""
        return tuple(one.holding for one in self.subnets)

    @property
    def reach(self) -> tuple[IPv4Network, ...]:
        """What the tag VirtualNetwork stands for in it: its own ranges and those of peered networks."""
        return (*self.spaces, *(own for peer in self.peers for own in peer.ranges))


@dataclass(frozen=True, slots=True)
class SecurityGroup:
    """A network security group with all its rules in Azure's order, the default ones last."""

    id: str
    name: str
    group: str
    location: str
    rules: tuple[Rule, ...]
    subnets: tuple[str, ...]


async def virtual_networks(arm: Arm, subscription: str) -> list[VirtualNetwork]:
    """List the networks of a subscription that the caller sees. Raises AzureProblem."""
    found = await arm.read_all(f"/subscriptions/{subscription}/providers/{VNET}", NETWORK_API)
    return [_network(one) for one in found]


async def virtual_network(arm: Arm, network_id: str) -> VirtualNetwork | None:
    """Read a network by its ARM id (C-vnet); None when it is not there. Raises AzureProblem."""
    found = await arm.read(network_id, NETWORK_API)
    return None if found is None else _network(found)


async def security_groups(arm: Arm, subscription: str) -> list[SecurityGroup]:
    """List the security groups of a subscription that the caller sees. Raises AzureProblem."""
    found = await arm.read_all(f"/subscriptions/{subscription}/providers/{GROUP}", NETWORK_API)
    return [_group(one) for one in found]


async def security_group(arm: Arm, group_id: str) -> SecurityGroup | None:
    """Read a security group by its ARM id; None when it is not there. Raises AzureProblem."""
    found = await arm.read(group_id, NETWORK_API)
    return None if found is None else _group(found)


def _network(found: Mapping[str, Any]) -> VirtualNetwork:
    properties = found.get("properties") or {}
    identity = str(found.get("id") or "")
    return VirtualNetwork(
        id=identity,
        name=str(found.get("name") or _last(identity)),
        group=_group_of(identity),
        location=_region(found),
        spaces=readable((properties.get("addressSpace") or {}).get("addressPrefixes") or ()),
        subnets=tuple(_subnet(one) for one in properties.get("subnets") or ()),
        peers=tuple(_peer(one) for one in properties.get("virtualNetworkPeerings") or ()),
    )


def _subnet(found: Mapping[str, Any]) -> Subnet:
    held = found.get("properties") or {}
    prefixes = held.get("addressPrefixes") or [held.get("addressPrefix") or ""]
    delegations = [(one.get("properties") or {}).get("serviceName") for one in held.get("delegations") or ()]
    return Subnet(
        name=str(found.get("name") or ""),
        ranges=readable(prefixes),
        used=len(held.get("ipConfigurations") or ()),
        delegated_to=", ".join(str(name) for name in delegations if name),
        security_group=_id(held, "networkSecurityGroup"),
        nat_gateway=_id(held, "natGateway"),
        route_table=_id(held, "routeTable"),
        default_outbound=held.get("defaultOutboundAccess") is not False,
        endpoints=tuple(str(one.get("service")) for one in held.get("serviceEndpoints") or ()),
    )


def _peer(found: Mapping[str, Any]) -> Holding:
    held = found.get("properties") or {}
    space = held.get("remoteVirtualNetworkAddressSpace") or held.get("remoteAddressSpace") or {}
    remote = _last(_id(held, "remoteVirtualNetwork")) or str(found.get("name") or "")
    return Holding(remote, readable(space.get("addressPrefixes") or ()))


def _group(found: Mapping[str, Any]) -> SecurityGroup:
    identity = str(found.get("id") or "")
    attached = (found.get("properties") or {}).get("subnets") or ()
    return SecurityGroup(
        id=identity,
        name=str(found.get("name") or _last(identity)),
        group=_group_of(identity),
        location=_region(found),
        rules=rules_of(found),
        subnets=tuple(str(one.get("id") or "") for one in attached),
    )


def _id(held: Mapping[str, Any], name: str) -> str:
    return str((held.get(name) or {}).get("id") or "")


def _last(identity: str) -> str:
    return identity.rstrip("/").rsplit("/", 1)[-1]


def _region(found: Mapping[str, Any]) -> str:
    return "".join(str(found.get("location") or "").split()).lower()


def _group_of(identity: str) -> str:
    parts = identity.split("/")
    return parts[4] if len(parts) > 4 else ""  # noqa: PLR2004 - /subscriptions/S/resourceGroups/G
