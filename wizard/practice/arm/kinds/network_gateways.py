"""Ways out of Azure: virtual network gateways, the gateways on the other side, and the connections between them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from wizard.practice.arm import ids, polling, shelf
from wizard.practice.arm.kinds import network_ranges
from wizard.practice.arm.kinds.network_addresses import check_public_use, later, named, sku_of
from wizard.practice.arm.kinds.network_parts import Refers, declare, ready, users_at
from wizard.practice.arm.kinds.network_waiting import idle
from wizard.practice.arm.kinds.network_words import NETWORK, refused, unreadable
from wizard.practice.arm.types import SILENT, Acting, Adding
from wizard.practice.kernel import Practice, Response

_VPN = {"Basic", "Standard", "HighPerformance", "UltraPerformance"} | {
    f"VpnGw{size}{zone}" for size in range(1, 6) for zone in ("", "AZ")
}
_EXPRESS = {"Standard", "HighPerformance", "UltraPerformance", "ErGw1AZ", "ErGw2AZ", "ErGw3AZ", "ErGwScale"}
ENDS = (
    "properties.virtualNetworkGateway1.id",
    "properties.virtualNetworkGateway2.id",
    "properties.localNetworkGateway2.id",
)
_LONGEST = 27  # of the subnet of a gateway
_BASIC_UNTIL = "2023-12"  # since then Azure takes basic public addresses for basic gateways only
_CLIENT: Mapping[str, Any] = {
    "vpnClientRootCertificates": [],
    "vpnClientRevokedCertificates": [],
    "vngClientConnectionConfigurations": [],
    "radiusServers": [],
    "vpnClientIpsecPolicies": [],
    "vpnAuthenticationTypes": [],
}


def _sku(adding: Adding) -> str:
    return str((adding.properties.get("sku") or {}).get("name") or "")


def _check_gateway(adding: Adding) -> None:
    kind = adding.properties.get("gatewayType")
    if kind not in ("Vpn", "ExpressRoute", "LocalGateway", "HyperNet"):
        raise unreadable(
            "InvalidJson",
            f"Error converting value \"{kind}\" of property 'gatewayType'. Path properties.gatewayType.",
        )
    allowed = _VPN if kind == "Vpn" else _EXPRESS
    if kind in ("Vpn", "ExpressRoute") and _sku(adding) and _sku(adding) not in allowed:
        raise refused(
            "InvalidGatewaySkuSpecifiedForGatewayDeploymentType",
            f"Virtual network gateway Sku specified is not valid for gateway {adding.id.text} with DeploymentType VMScaleSet."
            f" The allowed Skus are {','.join(sorted(allowed))}.",
        )
    for one in adding.properties.get("ipConfigurations") or ():
        _check_configuration(adding, one)
    if kind == "Vpn" and not adding.properties.get("ipConfigurations"):
        raise refused(
            "VirtualNetworkGatewayMustHaveIpConfiguration",  # ours
            f"Virtual network gateway {adding.id.text} must have an IP configuration.",
        )
    _check_pool(adding)
    _check_alone(adding)


def _check_configuration(adding: Adding, one: Mapping[str, Any]) -> None:
    subnet, public = named(one, "subnet", "id"), named(one, "publicIPAddress", "id")
    if subnet and ids.parse(subnet).leaf.lower() != "gatewaysubnet":
        raise refused(
            "SubnetNameMustBeGatewaySubnet",  # ours
            f"Subnet name {subnet} is invalid for virtual network gateway {adding.id.text}. A gateway can only be created in"
            " subnet with name 'GatewaySubnet'.",
        )
    for block in (
        network_ranges.ranges((shelf.stored(adding.practice, subnet) or {}).get("properties", {}))
        if subnet
        else ()
    ):
        if block.version == 4 and block.prefixlen > _LONGEST and _sku(adding) != "Basic":  # noqa: PLR2004 - IPv4
            raise refused(
                "GatewaySubnetTooSmall",  # ours
                f"Subnet {subnet} with address prefix {block} is too small for gateway {adding.id.text} of SKU"
                f" {_sku(adding)}: it needs at least a /{_LONGEST}.",
            )
    if public:
        check_public_use(adding, f"{adding.id.text}/ipConfigurations/{one.get('name')}", public)
        basic = not sku_of(adding.practice, public).startswith("Standard")
        if basic and _sku(adding) not in ("", "Basic") and adding.call.version >= _BASIC_UNTIL:
            raise refused(
                "PublicIpWithBasicSkuNotAllowedOnVPNGateways",
                "Basic IP configuration for VPN Virtual Network Gateways is not supported. Follow the link for more details"
                f" : https://go.microsoft.com/fwlink/p/?linkid=2241350 {adding.id.text}",
            )


def _check_pool(adding: Adding) -> None:
    client = adding.properties.get("vpnClientConfiguration") or {}
    for one in (client.get("vpnClientAddressPool") or {}).get("addressPrefixes") or ():
        block = network_ranges.read(one, adding.id.text)
        home = shelf.stored(adding.practice, _network_of(adding.properties))
        if home and any(network_ranges.overlap(block, space) for space in network_ranges.spaces(home)):
            raise refused(
                "VpnClientAddressPoolOverlapsWithVnet",  # ours
                f"The VPN client address pool {block} of gateway {adding.id.text} overlaps with the address space of virtual"
                f" network {home['id']}.",
            )


def _network_of(properties: Mapping[str, Any]) -> str:
    subnets = (named(one, "subnet", "id") for one in properties.get("ipConfigurations") or ())
    return next((one.rpartition("/subnets/")[0] for one in subnets if one), "")


def _check_alone(adding: Adding) -> None:
    home = _network_of(adding.properties)
    for user in shelf.users(adding.practice, f"{home}/subnets/GatewaySubnet") if home else ():
        other = shelf.stored(adding.practice, user.id) or {}
        same = other.get("properties", {}).get("gatewayType") == adding.properties.get("gatewayType")
        gateway = str(other.get("type", "")).lower() == f"{NETWORK}virtualNetworkGateways".lower()
        if gateway and same and not ids.same(user.id, adding.id.text):
            raise refused(
                "VirtualNetworkGatewayAlreadyExists",  # ours
                f"Virtual network {home} already has the gateway {user.id} of type {adding.properties.get('gatewayType')}.",
            )


def _gateway(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
    properties = made["properties"]
    properties["sku"] = {"capacity": 2} | (properties.get("sku") or {})
    for one in properties.get("ipConfigurations") or ():
        one["properties"] = {"privateIPAllocationMethod": "Dynamic"} | (one.get("properties") or {})
    if properties.get("gatewayType") == "Vpn":
        basic = properties["sku"].get("name") == "Basic"
        first = {"vpnClientProtocols": ["SSTP"] if basic else ["OpenVPN", "IkeV2"]}
        client = properties.get("vpnClientConfiguration") or {}
        properties["vpnClientConfiguration"] = (
            first | dict(_CLIENT) | {key: value for key, value in client.items() if value is not None}
        )
        properties["bgpSettings"] = _bgp(adding, properties)
    return made


def _bgp(adding: Adding, properties: Mapping[str, Any]) -> dict[str, Any]:
    given = {key: value for key, value in (properties.get("bgpSettings") or {}).items() if value is not None}
    asked = {
        str(one.get("ipconfigurationId")).lower(): one for one in given.pop("bgpPeeringAddresses", None) or ()
    }
    peers = []
    for one in properties.get("ipConfigurations") or ():
        key = f"{adding.id.text}/ipConfigurations/{one.get('name')}"
        mine = asked.get(key.lower(), {}).get("customBgpIpAddresses") or []
        peers.append({"ipconfigurationId": key, "defaultBgpIpAddresses": [], "customBgpIpAddresses": mine})
    return {"asn": 65515, "peerWeight": 0} | given | {"bgpPeeringAddresses": peers}


def _gateway_shown(practice: Practice, found: Mapping[str, Any]) -> Mapping[str, Any]:
    """A finished gateway has its addresses: the last ones of its subnet for BGP, the public ones for tunnels."""
    own = found["properties"]
    peers = (own.get("bgpSettings") or {}).get("bgpPeeringAddresses")
    if not ready(practice, found) or not peers:
        return {}
    named_ones = {str(one.get("name")).lower(): one for one in own.get("ipConfigurations") or ()}
    dressed = []
    for number, peer in enumerate(peers):
        one = named_ones.get(ids.parse(peer["ipconfigurationId"]).leaf.lower(), {})
        public = shelf.stored(practice, named(one, "publicIPAddress", "id")) or {}
        inner = _last(practice, named(one, "subnet", "id"), number)
        dressed.append(
            peer | {"defaultBgpIpAddresses": [inner], "tunnelIpAddresses": [public.get("_address") or ""]}
        )
    addresses = ",".join(one["defaultBgpIpAddresses"][0] for one in dressed)
    return {"properties": {"bgpSettings": {"bgpPeeringAddresses": dressed, "bgpPeeringAddress": addresses}}}


def _last(practice: Practice, subnet: str, number: int) -> str:
    found = shelf.stored(practice, subnet) if subnet else None
    blocks = network_ranges.ranges((found or {}).get("properties", {}))
    return str(blocks[0].broadcast_address - 1 - number) if blocks else "10.0.0.254"


def check_no_connections(acting: Acting) -> None:
    """The rule that nothing connects to a gateway that goes.

    Raises:
        Failure: it is in use.
    """
    practice = acting.call.practice
    users = [one for path in ENDS for one in users_at(practice, acting.id.text, path)]
    if users:
        kind = "Local" if "local" in acting.id.type.lower() else "Virtual"
        raise refused(
            f"In{'Use'}{kind}NetworkGatewayCannotBeDeleted",  # ours
            f"{kind} network gateway {acting.id.text} cannot be deleted because it is in use by {users[0]['id']}.",
        )


def _twofold(acting: Acting, done: dict[str, Any], last: polling.Ending, seconds: float) -> Response:
    """The answer of an action with both polling addresses; `last` is found at the Location."""
    base = f"/subscriptions/{acting.call.subscription}/providers/Microsoft.Network/locations/{acting.found.get('location')}"
    status = polling.Ending(body={"status": "Succeeded"} | done)
    where = polling.begin(acting.call, f"{base}/operations", seconds, status, kind="async")
    result = polling.begin(acting.call, f"{base}/operationResults", seconds, last)
    return Response(202, None, {"Azure-AsyncOperation": where, "Location": result})


def _reset(acting: Acting) -> Response:
    return _twofold(acting, {"properties": {}}, polling.Ending(yields=acting.id.text), 120)


def _capture(acting: Acting) -> Response:
    text = '{"Status":"Successful","Data":""}'
    return _twofold(acting, {"properties": {"output": text}}, polling.Ending(body=text), 20)


def _nothing_yet(acting: Acting) -> Response:
    return later(acting, {"value": []})


def _advertised(acting: Acting) -> Response:
    home = shelf.stored(acting.call.practice, _network_of(acting.found["properties"]))
    routes = [
        {
            "localAddress": "",
            "network": str(one),
            "nextHop": "Virtual Network",
            "origin": "Network",
            "weight": 0,
        }
        for one in (network_ranges.spaces(home) if home else ())
    ]
    return later(acting, {"value": routes})


def _disconnect(acting: Acting) -> Response:
    return later(acting, None)


def _package(acting: Acting) -> Response:
    """Where the settings of point-to-site clients can be fetched."""
    client = acting.found["properties"].get("vpnClientConfiguration") or {}
    if not (client.get("vpnClientAddressPool") or {}).get("addressPrefixes"):
        raise refused(
            "VpnClientAddressPoolNotSpecified",  # ours
            f"Virtual network gateway {acting.id.text} has no VPN client address pool.",
        )
    host = "nfvprodsuppby.blob.core.windows.net"
    where = f"https://{host}/vpnprofileimmutable/{uuid.uuid4()}/vpnprofile/{uuid.uuid4()}/vpnclientconfiguration.zip?sv=2018-11-09&sr=b&sp=r"
    return later(acting, where, 20)


def _devices(acting: Acting) -> Response:
    del acting
    text = (
        '<?xml version="1.0" encoding="utf-8"?><RpVpnDeviceList version="1.0"><Vendor name="Generic Samples">'
        '<DeviceFamily name="Device Parameters"><FirmwareVersion name="1.0" /></DeviceFamily></Vendor></RpVpnDeviceList>'
    )
    return polling.text(text)


_ACTIONS = {
    "generatevpnclientpackage": _package,
    "generatevpnprofile": _package,
    "getvpnprofilepackageurl": _package,
    "reset": _reset,
    "resetvpnclientsharedkey": _reset,
    "startpacketcapture": _capture,
    "stoppacketcapture": _capture,
    "getbgppeerstatus": _nothing_yet,
    "getlearnedroutes": _nothing_yet,
    "getadvertisedroutes": _advertised,
    "getvpnclientconnectionhealth": _nothing_yet,
    "disconnectvirtualnetworkgatewayvpnconnections": _disconnect,
    "supportedvpndevices": _devices,
}
TYPES = (
    declare(
        "virtualNetworkGateways",
        seconds=1800,
        removal_seconds=600,
        change=SILENT,
        parts=("ipConfigurations", "natRules"),
        defaults={"properties": {"natRules": [], "enableBgp": False, "activeActive": False, "vpnGatewayGeneration": "Generation1"}},
        refers=(
            Refers("properties.ipConfigurations[].properties.subnet", "virtualNetworks/subnets"),
            Refers("properties.ipConfigurations[].properties.publicIPAddress", "publicIPAddresses"),
            Refers("properties.gatewayDefaultSite", "localNetworkGateways"),
        ),
        rules=(idle, _check_gateway),
        before_removal=(check_no_connections,),
        finish=_gateway,
        backs=_gateway_shown,
        actions=_ACTIONS,
    ),
)  # fmt: skip
