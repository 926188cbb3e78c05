"""Network interfaces, with the private addresses they take out of a subnet."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Any

from wizard.practice.arm import ids, shelf
from wizard.practice.arm.kinds import network_ranges
from wizard.practice.arm.kinds.network_addresses import check_public_use, later, named
from wizard.practice.arm.kinds.network_parts import SETTLED, Refers, declare
from wizard.practice.arm.kinds.network_words import refused
from wizard.practice.arm.types import SYNC, Acting, Adding, Way
from wizard.practice.kernel import Practice, Response


def _check_nic(adding: Adding) -> None:
    """Addresses of a network interface lie in one network, are free, and are no one else's."""
    homes = set()
    given = adding.properties.get("ipConfigurations") or ()
    if not given:
        raise refused(
            "NetworkInterfaceMustHaveIpConfiguration",  # ours
            f"Network interface {adding.id.text} must have at least one IP configuration.",
        )
    for one in given:
        part = f"{adding.id.text}/ipConfigurations/{one.get('name')}"
        subnet, public = named(one, "subnet", "id"), named(one, "publicIPAddress", "id")
        if public:
            check_public_use(adding, part, public)
        if subnet:
            homes.add(subnet.lower().rpartition("/subnets/")[0])
            address = named(one, "privateIPAddress")
            if named(one, "privateIPAllocationMethod").lower() == "static" and address:
                network_ranges.check_static(adding.practice, part, subnet, address, adding.id.text)
    if len(homes) > 1:
        raise refused(
            "AllSubnetsInNetworkInterfaceMustBelongToSameVnet",  # ours
            f"All subnets of network interface {adding.id.text} must belong to the same virtual network.",
        )


def _nic(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
    properties = made["properties"]
    properties["ipConfigurations"] = placed(adding, properties.get("ipConfigurations") or [])
    for number, one in enumerate(properties["ipConfigurations"]):
        one["properties"].setdefault("primary", number == 0)
    settings = dict(properties.get("dnsSettings") or {})
    suffix = adding.kept("dnsSettings", {}).get("internalDomainNameSuffix") or _suffix()
    properties["dnsSettings"] = (
        {"dnsServers": []} | settings | {"appliedDnsServers": [], "internalDomainNameSuffix": suffix}
    )
    if label := settings.get("internalDnsNameLabel"):
        properties["dnsSettings"]["internalFqdn"] = f"{label}.{suffix}"
    return made | {"kind": made.get("kind") or "Regular"}


def _suffix() -> str:
    return f"{''.join(secrets.choice('abcdefghijklmnopqrstuvwxyz012345') for _ in range(26))}.ax.internal.cloudapp.net"


def placed(adding: Adding, given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """IP configurations, each with a private address of its subnet: the one it has, the one it asks for, or the next."""
    before = {
        str(one.get("name")).lower(): one.get("properties") or {}
        for one in (adding.before or {}).get("properties", {}).get("ipConfigurations") or ()
    }
    asked = [named(one, "privateIPAddress") for one in given if _static(one)]
    chosen: list[str] = []
    made = []
    for one in given:
        properties = {"privateIPAllocationMethod": "Dynamic", "privateIPAddressVersion": "IPv4"} | (
            one.get("properties") or {}
        )
        subnet = named(one, "subnet", "id")
        if subnet and not (_static(one) and properties.get("privateIPAddress")):
            old = before.get(str(one.get("name")).lower(), {})
            kept = (
                old.get("privateIPAddress")
                if ids.same(named({"properties": old}, "subnet", "id"), subnet)
                else None
            )
            address = kept or _next(adding, subnet, [*asked, *chosen])
            properties |= {"privateIPAddress": address} if address else {}
            chosen.append(str(address))
        made.append({**one, "properties": properties})
    return made


def _static(one: Mapping[str, Any]) -> bool:
    return named(one, "privateIPAllocationMethod").lower() == "static"


def _next(adding: Adding, subnet: str, besides: list[str]) -> str | None:
    found = network_ranges.free(adding.practice, subnet, 1, besides)
    return found[0] if found else None


def _nic_shown(practice: Practice, found: Mapping[str, Any]) -> Mapping[str, Any]:
    machine = _machine(practice, found["id"])
    if not machine:
        return {}
    mac = (shelf.stored(practice, found["id"]) or {}).get("properties", {}).get("resourceGuid", "0" * 12)
    more: dict[str, Any] = {
        "virtualMachine": {"id": machine},
        "macAddress": "00-0D-3A-" + "-".join(re.findall("..", str(mac)[:6].upper())),
    }
    if "primary" not in found["properties"]:
        more["primary"] = True
    return {"properties": more}


def _machine(practice: Practice, key: str) -> str:
    users = (user.id for user in shelf.users(practice, key))
    return next((user for user in users if "/virtualmachines/" in user.lower()), "")


def _check_detached(acting: Acting) -> None:
    practice = acting.call.practice
    owner = _machine(practice, acting.id.text) or str(acting.found.get("managedBy") or "")
    if owner:
        raise refused(
            "NicInUse",
            f"Network Interface {acting.id.text} is used by existing resource {owner}. In order to delete the network"
            " interface, it must be dissociated from the resource. To learn more, see aka.ms/deletenic.",
        )


def _effective_routes(acting: Acting) -> Response:
    default = [(["10.0.0.0/16"], "VnetLocal"), (["0.0.0.0/0"], "Internet")]
    for one in acting.found["properties"].get("ipConfigurations") or ():
        network = named(one, "subnet", "id").rpartition("/subnets/")[0]
        home = shelf.stored(acting.call.practice, network) if network else None
        if home:
            default[0] = ([str(space) for space in network_ranges.spaces(home)], "VnetLocal")
    routes = [
        {
            "source": "Default",
            "state": "Active",
            "addressPrefix": prefixes,
            "nextHopType": hop,
            "nextHopIpAddress": [],
            "disableBgpRoutePropagation": False,
            "hasBgpOverride": False,
            "destinationServiceTags": [],
            "tagMap": {},
        }
        for prefixes, hop in default
    ]
    return later(acting, {"value": routes})


def _effective_groups(acting: Acting) -> Response:
    return later(acting, {"value": []})


def _nic_way(adding: Adding, method: str) -> Way | None:
    """Since 2022-11-01 a network interface is there at once, without an operation to ask for."""
    return SYNC if method == "PUT" and adding.call.version >= "2022-11" else None


TYPES = (
    declare(
        "networkInterfaces",
        way=SETTLED,
        ways=_nic_way,
        seconds=2,
        removal_seconds=5,
        parts=("ipConfigurations",),
        defaults={
            "properties": {
                "enableAcceleratedNetworking": False, "vnetEncryptionSupported": False, "enableIPForwarding": False,
                "disableTcpStateTracking": False, "hostedWorkloads": [], "tapConfigurations": [], "nicType": "Standard",
                "allowPort25Out": True, "auxiliaryMode": "None", "auxiliarySku": "None",
            }
        },
        refers=(
            Refers("properties.ipConfigurations[].properties.subnet", "virtualNetworks/subnets"),
            Refers("properties.ipConfigurations[].properties.publicIPAddress", "publicIPAddresses"),
            Refers("properties.ipConfigurations[].properties.applicationSecurityGroups[]", "applicationSecurityGroups"),
            Refers("properties.networkSecurityGroup", "networkSecurityGroups"),
        ),
        computed=("virtualMachine", "macAddress", "privateEndpoint", "primary"),
        rules=(_check_nic,),
        before_removal=(_check_detached,),
        finish=_nic,
        backs=_nic_shown,
        actions={"effectiveroutetable": _effective_routes, "effectivenetworksecuritygroups": _effective_groups},
    ),
)  # fmt: skip
