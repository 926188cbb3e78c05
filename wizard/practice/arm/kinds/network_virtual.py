"""Virtual networks: address spaces, subnets, peerings, and what is in a subnet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from wizard.practice.arm import facts, ids, paths, shelf
from wizard.practice.arm.kinds import network_limits, network_peerings, network_ranges
from wizard.practice.arm.kinds.network_parts import Part, Refers, declare, dressed, parts_on, users_at
from wizard.practice.arm.kinds.network_waiting import calm, calm_removal, siblings
from wizard.practice.arm.kinds.network_words import NETWORK, refused, unreadable
from wizard.practice.arm.types import Acting, Adding, Children
from wizard.practice.kernel import Practice

_SUBNETS = f"{NETWORK}virtualNetworks/subnets"
_PEERINGS = f"{NETWORK}virtualNetworks/virtualNetworkPeerings"
_SMALLEST = 29  # the longest IPv4 prefix a subnet may have
_IPV6 = 64  # the only IPv6 prefix length a subnet may have
_BASTION = "azurebastionsubnet"
# Rules of storage accounts and the like name subnets without being in them.
_LOOSE = ("virtualNetworkRules", "networkAcls", "vNetRules", "ipRules")


def _check_space(adding: Adding) -> None:
    space = adding.properties.get("addressSpace")
    given = space.get("addressPrefixes") if isinstance(space, dict) else None
    pools = space.get("ipamPoolPrefixAllocations") if isinstance(space, dict) else None
    if not given and not pools:
        raise unreadable(
            "MissingJsonProperty",
            "Required property 'addressSpace.addressPrefixes' not found. Path properties.",
        )
    read = [network_ranges.read(one, adding.id.text) for one in given or ()]
    for number, one in enumerate(read):
        for other in read[:number]:
            if network_ranges.overlap(one, other):
                raise refused(
                    "InvalidAddressSpace",
                    f"Address space of virtual network {adding.id.text} has overlapping prefixes {other} and {one}.",
                )
    _check_kept_subnets(adding, read)


def _check_kept_subnets(adding: Adding, space: list[network_ranges.Network]) -> None:
    """Subnets that the body does not speak of stay, and must stay inside."""
    if "subnets" in adding.properties or not adding.before:
        return
    for subnet in shelf.children(adding.practice, adding.id.text, _SUBNETS):
        for one in network_ranges.ranges(subnet["properties"]):
            if not network_ranges.inside(one, space):
                raise _outside(subnet["name"], adding.id.leaf)


def _check_encryption(adding: Adding) -> None:
    asked = adding.properties.get("encryption")
    if isinstance(asked, dict) and not ("enabled" in asked and asked.get("enforcement")):
        raise refused(
            "MustSpecifyBothEncryptionIntentAndEnforcementPolicy",
            f"Cannot encrypt VirtualNetwork {adding.id.text} unless both encryption intent (Enabled true or false) and"
            " enforcement policy (AllowUnencrypted or DropUnencrypted) are specified.",
        )


def _network(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
    del adding
    # Children written of old by other clients would stand twice: they are kept as resources of their own.
    for name in ("subnets", "virtualNetworkPeerings"):
        made["properties"].pop(name, None)
    return made


def _network_shown(practice: Practice, found: Mapping[str, Any]) -> Mapping[str, Any]:
    properties = found["properties"]
    return {
        "properties": {
            "subnets": [_with(practice, one, _subnet_shown) for one in properties.get("subnets", ())],
            "virtualNetworkPeerings": [
                _with(practice, one, network_peerings.shown)
                for one in properties.get("virtualNetworkPeerings", ())
            ],
        }
    }


def _with(practice: Practice, child: dict[str, Any], shown: Any) -> dict[str, Any]:
    return paths.laid_over(child, shown(practice, child))


def _outside(subnet: str, network: str) -> Exception:
    return refused(
        "NetcfgSubnetRangeOutsideVnet",
        f"Subnet '{subnet}' is not valid because its IP address range is outside the IP address range of virtual network"
        f" '{network}'.",
    )


def _check_ranges(adding: Adding) -> None:
    """A subnet is large enough, inside its network, and overlaps no other."""
    parent = adding.id.parent
    home = shelf.stored(adding.practice, parent.text) if parent else None
    if parent is None or home is None:
        return
    if adding.properties.get("ipamPoolPrefixAllocations") and not network_ranges.prefixes(adding.properties):
        return
    given = [
        network_ranges.read(one, adding.id.text) for one in network_ranges.prefixes(adding.properties) or [""]
    ]
    others = [range_ for one in siblings(adding, "subnets") for range_ in _ranges(one)]
    for one in given:
        longest = _SMALLEST if one.version == 4 else _IPV6  # noqa: PLR2004 - IPv4
        if one.prefixlen > longest or (one.version == 6 and one.prefixlen < _IPV6):  # noqa: PLR2004 - IPv6
            raise refused(
                "NetcfgInvalidSubnet",
                f"Subnet '{adding.id.leaf}' is not valid in virtual network '{parent.leaf}'.",
            )
        if not network_ranges.inside(one, network_ranges.spaces(home)):
            raise _outside(adding.id.leaf, parent.leaf)
        if any(network_ranges.overlap(one, other) for other in others):
            raise refused(
                "NetcfgSubnetRangesOverlap",
                f"Subnet '{adding.id.leaf}' is not valid because its IP address range overlaps with that of an existing"
                f" subnet in virtual network '{parent.leaf}'.",
            )
    _check_still_used(adding, given)


def _ranges(subnet: Mapping[str, Any]) -> Iterator[network_ranges.Network]:
    for text in network_ranges.prefixes(subnet.get("properties") or {}):
        yield network_ranges.read(text, str(subnet.get("name")))


def _check_still_used(adding: Adding, given: list[network_ranges.Network]) -> None:
    """A range with addresses in use stays, or grows around them."""
    before = network_ranges.ranges((adding.before or {}).get("properties", {}))
    if before and before != given and network_ranges.taken(adding.practice, adding.id.text):
        lost = next((one for one in before if not network_ranges.inside(one, given)), None)
        if lost is not None:
            raise refused(
                "InUsePrefixCannotBeDeleted",
                f"IpPrefix {lost} on Subnet {adding.id.leaf} has active allocations and cannot be deleted.",
            )


def _check_bastion(adding: Adding) -> None:
    """The subnet of Bastion takes only a security group with all of Bastion's rules, and no route table."""
    if adding.id.leaf.lower() != _BASTION:
        return
    if table := (adding.properties.get("routeTable") or {}).get("id"):
        raise refused(
            "RouteTableCannotBeAttachedForAzureBastionSubnet",
            f"Route table {table} cannot be attached for Azure Bastion subnet {adding.id.text}.",
        )
    group = str((adding.properties.get("networkSecurityGroup") or {}).get("id") or "")
    if group and not bastion_may_use(
        shelf.children(adding.practice, group, f"{NETWORK}networkSecurityGroups/securityRules")
    ):
        raise refused(
            "NetworkSecurityGroupNotCompliantForAzureBastionSubnet",
            f"Network security group {ids.parse(group).leaf} does not have necessary rules for Azure Bastion Subnet"
            f" {adding.id.leaf}.",
        )


def bastion_may_use(rules: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a security group lets through all that Bastion needs."""
    allowing = [one["properties"] for one in rules if one["properties"].get("access") == "Allow"]
    return all(
        _lets(allowing, needed, port)
        for needed in facts.network()["bastionRules"]
        for port in needed["ports"]
    )


def _lets(rules: list[dict[str, Any]], needed: Mapping[str, Any], port: str) -> bool:
    return any(
        one.get("direction") == needed["direction"]
        and _has(one, "sourceAddressPrefix", needed["source"])
        and _has(one, "destinationAddressPrefix", needed["destination"])
        and _has(one, "destinationPortRange", port)
        for one in rules
    )


def _has(rule: Mapping[str, Any], name: str, wanted: str) -> bool:
    plural = f"{name}es" if name.endswith("x") else f"{name}s"
    values = [rule.get(name), *(rule.get(plural) or ())]
    return any(value in ("*", wanted) or _spans(value, wanted) for value in values)


def _spans(value: object, wanted: str) -> bool:
    low, dash, high = str(value).partition("-")
    return (
        bool(dash)
        and wanted.isdecimal()
        and low.isdecimal()
        and high.isdecimal()
        and int(low) <= int(wanted) <= int(high)
    )


def _subnet(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
    properties = made["properties"]
    home = shelf.stored(adding.practice, adding.id.parent.text) if adding.id.parent else None
    region = str((home or {}).get("location") or "")
    if isinstance(properties.get("serviceEndpoints"), list):
        properties["serviceEndpoints"] = [
            {
                "provisioningState": "Succeeded",
                "service": one.get("service"),
                "locations": one.get("locations") or _served(one, region),
            }
            for one in properties["serviceEndpoints"]
        ]
    for one in properties.get("delegations") or ():
        one["properties"] = {"actions": [f"{NETWORK}virtualNetworks/subnets/join/action"]} | (
            one.get("properties") or {}
        )
    return made


def _served(one: Mapping[str, Any], region: str) -> list[str]:
    """Storage is reached in the region and its pair, all else everywhere."""
    pair = facts.regions().get(region, {}).get("pairedRegion")
    return [region, str(pair)] if one.get("service") == "Microsoft.Storage" and pair else ["*"]


def _subnet_shown(practice: Practice, found: Mapping[str, Any]) -> Mapping[str, Any]:
    here = [{"id": part.id} for part in _held(practice, found["id"])]
    endpoints = users_at(practice, found["id"], "properties.subnet.id")
    more = {"ipConfigurations": here} if here else {}
    more |= (
        {"privateEndpoints": [one for one in endpoints if "/privateendpoints/" in one["id"].lower()]}
        if endpoints
        else {}
    )
    return {"properties": {"delegations": dressed(found, "delegations")} | more}


def _held(practice: Practice, key: str) -> list[Part]:
    return [part for part in parts_on(practice, key) if "ipconfigurations/" in part.id.lower()]


def in_use(practice: Practice, key: str) -> str:
    """What is in a subnet, or nothing."""
    for part in _held(practice, key):
        return part.id
    for user in shelf.users(practice, key):
        if not any(loose in user.path for loose in _LOOSE):
            return user.id
    return ""


def _check_empty(acting: Acting) -> None:
    holder = in_use(acting.call.practice, acting.id.text)
    if holder:
        raise refused(
            "InUseSubnetCannotBeDeleted",
            f"Subnet {acting.id.leaf} is in use by {holder} and cannot be deleted. In order to delete the subnet, delete"
            " all the resources within the subnet. See aka.ms/deletesubnet.",
        )


def _check_all_empty(acting: Acting) -> None:
    for subnet in shelf.children(acting.call.practice, acting.id.text, _SUBNETS):
        _check_empty(Acting(acting.call, ids.parse(subnet["id"]), subnet, {}))


_COMPUTED = (
    "ipConfigurations",
    "privateEndpoints",
    "resourceNavigationLinks",
    "serviceAssociationLinks",
    "purpose",
)
TYPES = (
    declare(
        "virtualNetworks",
        seconds=4,
        removal_seconds=10,
        children=(Children("subnets", _SUBNETS), Children("virtualNetworkPeerings", _PEERINGS)),
        defaults={"properties": {"privateEndpointVNetPolicies": "Disabled", "enableDdosProtection": False}},
        rules=(network_limits.within("VirtualNetworks", "VnetCountLimitReached", "virtual networks"), _check_space, _check_encryption),
        before_removal=(_check_all_empty,),
        finish=_network,
        backs=_network_shown,
    ),
    declare(
        "virtualNetworks/subnets",
        seconds=4,
        removal_seconds=10,
        defaults={
            "properties": {"delegations": [], "privateEndpointNetworkPolicies": "Disabled", "privateLinkServiceNetworkPolicies": "Enabled"}
        },
        refers=(
            Refers("properties.networkSecurityGroup", "networkSecurityGroups"),
            Refers("properties.routeTable", "routeTables"),
            Refers("properties.natGateway", "natGateways"),
        ),
        computed=_COMPUTED,
        rules=(calm, _check_ranges, _check_bastion),
        before_removal=(calm_removal, _check_empty),
        finish=_subnet,
        backs=_subnet_shown,
    ),
)  # fmt: skip
