"""What one can ask Microsoft.Network besides its resources: free addresses and names, limits, service tags."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

from wizard.practice.arm import facts, ids, shelf
from wizard.practice.arm.call import Call, Operation, collection
from wizard.practice.arm.kinds import network_limits, network_ranges
from wizard.practice.arm.kinds.network_words import NETWORK, refused, unreadable
from wizard.practice.kernel import Response

_SUGGESTED = 5
_LABEL = re.compile(r"[a-z][a-z0-9-]{1,61}[a-z0-9]")


def _network(call: Call) -> dict[str, Any]:
    key = ids.Id(
        call.subscription,
        call.parts["group"],
        (ids.Link("Microsoft.Network", ("virtualNetworks",), (call.parts["network"],)),),
    )
    return shelf.must(call.practice, key)


def _subnets(call: Call, network: Mapping[str, Any]) -> list[dict[str, Any]]:
    return shelf.children(call.practice, network["id"], f"{NETWORK}virtualNetworks/subnets")


def _check_address(call: Call) -> Response:
    """Whether a private address is free, and if not, which others are."""
    network, text = _network(call), call.request.query.get("ipAddress", "")
    try:
        wanted = ip_address(text)
    except ValueError as fault:
        raise refused(
            "InvalidIPAddressFormat", f"Value provided for IP address {text} is invalid."
        ) from fault
    for subnet in _subnets(call, network):
        for block in network_ranges.ranges(subnet["properties"]):
            if wanted.version == block.version and wanted in block:
                return _availability(call, subnet, block, str(wanted))
    raise refused(
        "PrivateIPAddressNotInAnySubnet",
        f"Private static IP address {text} does not belong to the range of any subnet in the virtual network {network['id']}.",
    )


def _availability(
    call: Call, subnet: Mapping[str, Any], block: network_ranges.Network, text: str
) -> Response:
    used = network_ranges.taken(call.practice, subnet["id"])
    reserved = text not in map(str, network_ranges.usable(block)) if block.num_addresses <= 1 << 16 else False
    if text not in used and not reserved:
        return Response(200, {"available": True, "isPlatformReserved": False})
    free = network_ranges.free(
        call.practice, subnet["id"], min(_SUGGESTED, max(1, network_ranges.capacity(block) - len(used)))
    )
    return Response(200, {"available": False, "availableIPAddresses": free, "isPlatformReserved": reserved})


def _network_usages(call: Call) -> Response:
    return collection(
        [
            {
                "currentValue": len(network_ranges.taken(call.practice, subnet["id"])),
                "id": subnet["id"],
                "limit": sum(
                    network_ranges.capacity(one) for one in network_ranges.ranges(subnet["properties"])
                ),
                "name": {"localizedValue": "Subnet size and usage", "value": "SubnetSpace"},
                "unit": "Count",
            }
            for subnet in _subnets(call, _network(call))
        ]
    )


def _usages(call: Call) -> Response:
    region = call.parts["location"].replace(" ", "").lower()
    used = network_limits.region_usage(call.practice, call.subscription, region)
    home = f"/subscriptions/{call.subscription}/providers/Microsoft.Network/locations/{region}/usages"
    return collection(
        [
            {
                "currentValue": used.get(one["value"].lower(), 0),
                "id": f"{home}/{one['value']}",
                "limit": network_limits.limit(call.practice, region, one["value"]),
                "name": {"localizedValue": one["shown"], "value": one["value"]},
                "unit": "Count",
                "isAdjustable": one["adjustable"],
            }
            for one in facts.network()["usages"]
        ]
    )


def _check_name(call: Call) -> Response:
    label = call.request.query.get("domainNameLabel", "")
    if not _LABEL.fullmatch(label):
        raise unreadable("InvalidDomainNameLabel", f"The domain name label {label} is invalid.")
    holder = shelf.owner_of(
        call.practice, f"{NETWORK}publicIPAddresses/dnsSettings", f"{label}.{call.parts['location']}"
    )
    return Response(200, {"available": holder is None})


def _service_tags(call: Call) -> Response:
    home = f"/subscriptions/{call.subscription}/providers/Microsoft.Network/serviceTags/Public"
    return Response(
        200,
        {
            "name": "Public",
            "id": home,
            "type": "Microsoft.Network/serviceTags",
            "changeNumber": "66",
            "cloud": "Public",
            "values": [
                {
                    "name": one["name"],
                    "id": one["name"],
                    "serviceTagChangeNumber": one["changeNumber"],
                    "properties": {
                        name: one[name]
                        for name in ("changeNumber", "region", "systemService", "addressPrefixes")
                    }
                    | {"state": "GA", "networkFeatures": ["API", "NSG", "UDR", "FW"]},
                }
                for one in facts.network()["serviceTags"]
            ],
        },
    )


def _endpoint_types(call: Call) -> Response:
    home = f"/subscriptions/{call.subscription}/providers/Microsoft.Network/AvailablePrivateEndpointTypes"
    return collection(
        [
            {
                "name": one["resourceName"].replace("/", "."),
                "id": f"{home}/{one['resourceName'].replace('/', '.')}",
                "type": "Microsoft.Network/AvailablePrivateEndpointTypes",
                **one,
            }
            for one in facts.network()["privateEndpointTypes"]
        ]
    )


def _empty(call: Call) -> Response:
    shelf.must(call.practice, ids.parse(call.parts["resource"]))
    return collection([])


_HOME = "/subscriptions/{subscription}/resourcegroups/{group}/providers/Microsoft.Network/virtualNetworks/{network}"
_PLACE = "/subscriptions/{subscription}/providers/Microsoft.Network/locations/{location}"
_READ = "Microsoft.Network/locations"
TYPES = ()
OPERATIONS = (
    Operation("GET", f"{_HOME}/checkIPAddressAvailability", _check_address, f"{NETWORK}virtualNetworks/checkIpAddressAvailability/read", strip=1),
    Operation("GET", f"{_HOME}/usages", _network_usages, f"{NETWORK}virtualNetworks/usages/read", strip=1),
    Operation("GET", "{resource}/ServiceAssociationLinks", _empty, "{type}/serviceAssociationLinks/read", strip=1),
    Operation("GET", "{resource}/ResourceNavigationLinks", _empty, "{type}/resourceNavigationLinks/read", strip=1),
    Operation("GET", f"{_PLACE}/usages", _usages, f"{_READ}/usages/read", strip=3),
    Operation("GET", f"{_PLACE}/checkDnsNameAvailability", _check_name, f"{_READ}/checkDnsNameAvailability/read", strip=3),
    Operation("GET", f"{_PLACE}/serviceTags", _service_tags, f"{_READ}/serviceTags/read", strip=3),
    Operation("GET", f"{_PLACE}/availablePrivateEndpointTypes", _endpoint_types, f"{_READ}/availablePrivateEndpointTypes/read", strip=3),
)  # fmt: skip
