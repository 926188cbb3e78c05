"""Peerings of virtual networks: both sides have to say so."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from wizard.practice.arm import ids, shelf
from wizard.practice.arm.kinds import network_ranges
from wizard.practice.arm.kinds.network_parts import Refers, declare, parts_on
from wizard.practice.arm.kinds.network_waiting import calm, calm_removal, siblings
from wizard.practice.arm.kinds.network_words import NETWORK, refused, unreadable
from wizard.practice.arm.types import Adding
from wizard.practice.kernel import Practice

_PEERINGS = f"{NETWORK}virtualNetworks/virtualNetworkPeerings"


def _remote(adding: Adding) -> dict[str, Any] | None:
    return shelf.stored(adding.practice, _remote_id(adding.properties))


def _remote_id(properties: Mapping[str, Any]) -> str:
    return str((properties.get("remoteVirtualNetwork") or {}).get("id") or "")


def _check_peering(adding: Adding) -> None:
    own = shelf.stored(adding.practice, adding.id.parent.text) if adding.id.parent else None
    other = _remote(adding)
    if not _remote_id(adding.properties):
        raise unreadable(
            "MissingJsonReferenceId",
            "Value for reference id is missing. Path properties.remoteVirtualNetwork.",
        )
    if own is None or other is None:
        return
    if ids.same(own["id"], other["id"]):
        raise refused(
            "CannotPeerVnetWithItself", f"Virtual network {own['id']} cannot be peered with itself."
        )
    both = [
        f"{one}, {two}"
        for one in network_ranges.spaces(own)
        for two in network_ranges.spaces(other)
        if network_ranges.overlap(one, two)
    ]
    if both:
        raise refused(
            "VnetAddressSpacesOverlap",
            f"Cannot create or update peering {adding.id.text}. Virtual networks {own['id']} and {other['id']} cannot be"
            f" peered because their address spaces overlap. Overlapping address prefixes: {'; '.join(both)}.",
        )
    _check_one_peering(adding, other)
    if adding.properties.get("useRemoteGateways") and not gateways(adding.practice, other["id"]):
        raise refused(
            "RemoteVnetHasNoGateways",
            f"Peering {adding.id.text} cannot have UseRemoteGateways flag set to true because remote virtual network"
            f" {other['id']} referenced by the peering does not have any gateways.",
        )


def _check_one_peering(adding: Adding, other: Mapping[str, Any]) -> None:
    for one in siblings(adding, "virtualNetworkPeerings"):
        if ids.same(_remote_id(one.get("properties") or {}), other["id"]):
            raise refused(
                "AnotherPeeringAlreadyReferencesRemoteVnet",
                f"Peering {one.get('name')} already references remote virtual network {other['id']}. Cannot add another"
                f" peering referencing the same remote virtual network.",
            )


def gateways(practice: Practice, network: str) -> list[dict[str, str]]:
    """The gateways of a virtual network."""
    found = (part.owner for part in parts_on(practice, f"{network}/subnets/GatewaySubnet"))
    return [{"id": owner} for owner in dict.fromkeys(found) if "/virtualnetworkgateways/" in owner.lower()]


def _peering(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
    other = _remote(adding)
    space = (other or {}).get("properties", {}).get("addressSpace") or {"addressPrefixes": []}
    own = {"resourceGuid": adding.kept("resourceGuid", str(uuid.uuid4()))}
    made["properties"] = own | made["properties"]
    # What the other side says of itself counts, whatever a client sends.
    made["properties"] |= {"remoteAddressSpace": space, "remoteVirtualNetworkAddressSpace": space}
    for back in _back(adding.practice, adding.id.parent.text if adding.id.parent else "", made["properties"]):
        stored = shelf.stored(adding.practice, back["id"]) or {}
        shelf.put(adding.practice, back["id"], {**stored, "_met": True})
        made["_met"] = True
    return made


def _back(practice: Practice, own: str, properties: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The peering of the other side, if there is one."""
    other = _remote_id(properties)
    return [
        one
        for one in (shelf.children(practice, other, _PEERINGS) if other else ())
        if ids.same(_remote_id(one["properties"]), own)
    ]


def shown(practice: Practice, found: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a peering is by what both sides say."""
    parent = ids.parse(found["id"]).parent
    met = _back(practice, parent.text, found["properties"]) if parent else []
    before = (shelf.stored(practice, found["id"]) or {}).get("_met")
    state = "Connected" if met else ("Disconnected" if before else "Initiated")
    more: dict[str, Any] = {
        "peeringState": state,
        "peeringSyncLevel": "FullyInSync" if met else "RemoteNotInSync",
    }
    remote = (
        gateways(practice, _remote_id(found["properties"]))
        if found["properties"].get("useRemoteGateways")
        else []
    )
    return {"properties": more | ({"remoteGateways": remote} if remote else {})}


TYPES = (
    declare(
        "virtualNetworks/virtualNetworkPeerings",
        seconds=10,
        removal_seconds=10,
        defaults={
            "properties": {
                "allowVirtualNetworkAccess": True, "allowForwardedTraffic": False, "allowGatewayTransit": False,
                "useRemoteGateways": False, "doNotVerifyRemoteGateways": False, "peerCompleteVnets": True, "routeServiceVips": {},
            }
        },
        refers=(Refers("properties.remoteVirtualNetwork", "virtualNetworks"),),
        computed=("peeringState", "peeringSyncLevel", "remoteGateways"),
        rules=(calm, _check_peering),
        before_removal=(calm_removal,),
        finish=_peering,
        backs=shown,
    ),
)  # fmt: skip
