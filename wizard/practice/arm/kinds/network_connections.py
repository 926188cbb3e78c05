"""The other side of a gateway, and the connections between the two."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

from wizard.practice.arm import ids, shelf
from wizard.practice.arm.call import Call, Operation
from wizard.practice.arm.kinds import network_ranges
from wizard.practice.arm.kinds.network_addresses import named
from wizard.practice.arm.kinds.network_gateways import ENDS, check_no_connections
from wizard.practice.arm.kinds.network_parts import Refers, declare, users_at
from wizard.practice.arm.kinds.network_waiting import idle
from wizard.practice.arm.kinds.network_words import NETWORK, refused, unreadable
from wizard.practice.arm.types import Adding
from wizard.practice.kernel import Practice, Response

_OTHER_ENDS = {"IPsec": "localNetworkGateway2", "Vnet2Vnet": "virtualNetworkGateway2", "ExpressRoute": "peer"}


def _check_local(adding: Adding) -> None:
    address, name = adding.properties.get("gatewayIpAddress"), adding.properties.get("fqdn")
    if not address and not name:
        raise refused(
            "LocalNetworkGatewayMustHaveAddress",  # ours
            f"Local network gateway {adding.id.text} must have a gatewayIpAddress or an fqdn.",
        )
    try:
        known = ip_address(str(address)) if address else None
    except ValueError as fault:
        raise refused(
            "InvalidIPAddressFormat",
            f"Value provided for IP address {address} of resource {adding.id.text} is invalid.",
        ) from fault
    if known is not None and known.is_private:
        raise refused(
            "LocalNetworkGatewayAddressMustBePublic",  # ours
            f"The IP address {known} of local network gateway {adding.id.text} is private; it must be reachable from Azure.",
        )
    for one in (adding.properties.get("localNetworkAddressSpace") or {}).get("addressPrefixes") or ():
        network_ranges.read(one, adding.id.text)


def _kind(adding: Adding) -> str:
    """The type of a connection as Azure spells it; clients write `IPSec` too."""
    asked = str(adding.properties.get("connectionType")).lower()
    return next((one for one in _OTHER_ENDS if one.lower() == asked), "")


def _check_connection(adding: Adding) -> None:
    kind = adding.properties.get("connectionType")
    other = _OTHER_ENDS.get(_kind(adding))
    if other is None:
        raise unreadable(
            "InvalidJson",
            f"Error converting value \"{kind}\" of property 'connectionType'. Path properties.connectionType.",
        )
    for needed in ("virtualNetworkGateway1", other):
        if not adding.properties.get(needed):
            raise unreadable(
                "MissingJsonReferenceId", f"Value for reference id is missing. Path properties.{needed}."
            )
    if _kind(adding) != "ExpressRoute" and adding.before is None and not adding.properties.get("sharedKey"):
        profile = adding.properties.get("authenticationType")
        if profile != "Certificate":
            raise refused(
                "SharedKeyRequired",  # ours
                f"Connection {adding.id.text} of type {kind} must have a shared key.",
            )


def _connection(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
    # The key is written and never shown with the connection: it has an address of its own.
    key = made["properties"].pop("sharedKey", None)
    made["_key"] = key or (adding.before or {}).get("_key") or secrets.token_urlsafe(24)
    made["properties"]["connectionType"] = _kind(adding)
    made["properties"] |= {"ingressBytesTransferred": 0, "egressBytesTransferred": 0}
    return made


def _connection_shown(practice: Practice, found: Mapping[str, Any]) -> Mapping[str, Any]:
    own = found["properties"]
    if own.get("provisioningState") != "Succeeded":
        return {"properties": {"connectionStatus": "Unknown"}}
    first, second = (
        named({"properties": own}, "virtualNetworkGateway1", "id"),
        named({"properties": own}, "virtualNetworkGateway2", "id"),
    )
    state = "Connected"
    if own.get("connectionType") == "Vnet2Vnet":
        back = {one["id"] for one in users_at(practice, second, ENDS[0])} & {
            one["id"] for one in users_at(practice, first, ENDS[1])
        }
        state = "Connected" if back else "NotConnected"
    return {"properties": {"connectionStatus": state}}


def _key_of(call: Call) -> tuple[str, dict[str, Any]]:
    key = ids.parse(call.parts["resource"])
    shelf.must(call.practice, key)
    return key.text, shelf.stored(call.practice, key.text) or {}


def _show_key(call: Call) -> Response:
    return Response(200, {"value": _key_of(call)[1].get("_key")})


def _set_key(call: Call) -> Response:
    key, found = _key_of(call)
    value = str(call.request.json().get("value") or "")
    if not value:
        raise unreadable("MissingJsonProperty", "Required property 'value' not found. Path ''.")
    shelf.put(call.practice, key, found | {"_key": value})
    return Response(200, {"value": value})


def _reset_key(call: Call) -> Response:
    key, found = _key_of(call)
    length = int(call.request.json().get("keyLength") or 128)
    shelf.put(call.practice, key, found | {"_key": secrets.token_hex(length)[:length]})
    return Response(200, {"keyLength": length})


TYPES = (
    declare("localNetworkGateways", seconds=5, removal_seconds=10, rules=(_check_local,), before_removal=(check_no_connections,)),
    declare(
        "connections",
        seconds=60,
        removal_seconds=60,
        defaults={
            "properties": {
                "routingWeight": 0, "enableBgp": False, "usePolicyBasedTrafficSelectors": False, "ipsecPolicies": [],
                "trafficSelectorPolicies": [], "connectionProtocol": "IKEv2", "connectionMode": "Default", "dpdTimeoutSeconds": 0,
                "useLocalAzureIpAddress": False, "expressRouteGatewayBypass": False,
            }
        },
        refers=(
            Refers("properties.virtualNetworkGateway1", "virtualNetworkGateways"),
            Refers("properties.virtualNetworkGateway2", "virtualNetworkGateways"),
            Refers("properties.localNetworkGateway2", "localNetworkGateways"),
        ),
        computed=("connectionStatus", "tunnelConnectionStatus", "ingressBytesTransferred", "egressBytesTransferred"),
        rules=(idle, _check_connection),
        finish=_connection,
        backs=_connection_shown,
    ),
)  # fmt: skip
_SHARED = "{resource}/sharedkey"
_RIGHT = f"{NETWORK}connections/sharedKey"
OPERATIONS = (
    Operation("GET", _SHARED, _show_key, f"{_RIGHT}/read", strip=1),
    Operation("PUT", _SHARED, _set_key, f"{_RIGHT}/write", strip=1),
    Operation("POST", _SHARED + "/reset", _reset_key, f"{_RIGHT}/reset/action", strip=2),
)
