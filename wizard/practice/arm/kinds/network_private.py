"""Private endpoints: the connection to a resource, the interface with its addresses, and the DNS records of a zone group."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from wizard.practice.arm import errors, facts, ids, shelf
from wizard.practice.arm.call import stamp
from wizard.practice.arm.kinds import network_dns, network_ranges, network_records, private_links
from wizard.practice.arm.kinds.network_parts import Refers, declare, linked, ready
from wizard.practice.arm.kinds.network_waiting import calm, calm_removal
from wizard.practice.arm.kinds.network_words import NETWORK, refused, unreadable
from wizard.practice.arm.types import Adding
from wizard.practice.kernel import Practice

_LISTS = ("privateLinkServiceConnections", "manualPrivateLinkServiceConnections")
_GROUPS = f"{NETWORK}privateEndpoints/privateDnsZoneGroups"


def _connections(properties: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in _LISTS:
        for one in properties.get(name) or ():
            yield name, one.get("properties") or {}


def _target(connection: Mapping[str, Any]) -> ids.Id:
    try:
        return ids.parse(str(connection.get("privateLinkServiceId") or ""))
    except ValueError:
        return ids.Id()


def _check_endpoint(adding: Adding) -> None:
    if not adding.properties.get("subnet"):
        raise unreadable(
            "MissingJsonReferenceId", "Value for reference id is missing. Path properties.subnet."
        )
    found = list(_connections(adding.properties))
    if not found:
        raise refused(
            "PrivateEndpointMustHaveOneConnection",  # ours
            f"Private endpoint {adding.id.text} must have one private link service connection.",
        )
    for name, connection in found:
        _check_connection(adding, name, connection)


def _check_connection(adding: Adding, name: str, connection: Mapping[str, Any]) -> None:
    target = _target(connection)
    if not target.links:
        raise unreadable(
            "InvalidJsonReferenceFormat",
            f"Reference Id {connection.get('privateLinkServiceId')} is not formatted correctly. Path properties.{name}.",
        )
    if facts.versions(target.type) and shelf.stored(adding.practice, target.text) is None:
        raise errors.no_resource(target.type, target.name, target.group)
    known, given = facts.private_links(target.type), [str(one) for one in connection.get("groupIds") or ()]
    if known and len(given) > 1:
        raise refused(
            "OnlyOneGroupIdPermitted",
            f"Private link service connection {adding.id.text}/{name} has the following group Ids: {', '.join(given)}. Only"
            f" one group Id is permitted when connecting to a first-party resource ({target.text}).",
        )
    if known and not (
        given and given[0].lower().removesuffix("_secondary") in {one.lower() for one in known}
    ):
        raise refused(
            "InvalidValuesForRequestParameters",
            f"Call to {target.type} failed. Error message: Values for request parameters are invalid: GroupId:"
            f" {', '.join(given)}.",
        )
    if name == _LISTS[0] and adding.before is None:
        linked(adding, f"{target.type}/PrivateEndpointConnectionsApproval/action", target)


def _members(practice: Practice, connection: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the resource behind a connection is made of, each part with its public names."""
    target = _target(connection)
    group = str(next(iter(connection.get("groupIds") or ()), "")).lower()
    found = shelf.stored(practice, target.text) or {}
    words = {
        "name": target.leaf.lower(),
        "location": str(found.get("location") or ""),
        "workspaceId": str(found.get("properties", {}).get("workspaceId") or ""),
    }
    for one in facts.network()["privateLinks"]:
        if one["type"].lower() == target.type.lower() and one["group"].lower() == group:
            return [
                {
                    "name": part["name"].format_map(words),
                    "fqdns": [name.format_map(words) for name in part["fqdns"]],
                }
                for part in one["members"]
            ]
    return [{"name": group or "default", "fqdns": []}]


def _endpoint(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
    properties = made["properties"]
    for name in _LISTS:
        properties[name] = [
            {**one, "properties": dict(one.get("properties") or {})} for one in properties.get(name) or ()
        ]
    properties.setdefault("customNetworkInterfaceName", "")
    old = (adding.before or {}).get("properties", {}).get("networkInterfaces") or ()
    own = f"{adding.id.leaf}.nic.{uuid.uuid4()}"
    name = ids.parse(old[0]["id"]).leaf if old else (properties["customNetworkInterfaceName"] or own)
    card = f"{adding.id.group_id}/providers/{NETWORK}networkInterfaces/{name}"
    properties["networkInterfaces"] = [{"id": card}]
    for _, connection in _connections(properties):
        connection.pop("privateLinkServiceConnectionState", None)
        target = shelf.stored(adding.practice, _target(connection).text) or {}
        if str(target.get("type", NETWORK)).startswith(NETWORK):
            connection["resolvedPrivateLinkServiceLocation"] = target.get("location") or made["location"]
        _plug(adding, made, card, connection)
    return made


def _plug(adding: Adding, made: dict[str, Any], card: str, connection: Mapping[str, Any]) -> None:
    """Give the endpoint its network interface: an address for each part of the resource behind it."""
    parts = _members(adding.practice, connection)
    placed = list(zip(parts, _addresses(adding, made["properties"], card, parts), strict=True))
    group = next(iter(connection.get("groupIds") or ()), "")
    configurations = [
        _configuration(made, number, group, part, address) for number, (part, address) in enumerate(placed)
    ]
    shelf.put(adding.practice, card, _card(adding, made, card, configurations))
    made["_names"] = [
        {"fqdn": name, "ipAddresses": [address]}
        for part, address in placed
        for name in part["fqdns"]
        if address
    ]


def _addresses(
    adding: Adding, properties: Mapping[str, Any], card: str, parts: list[dict[str, Any]]
) -> list[str]:
    """An address for each part: the one that was asked for, the one it has, or the next free one."""
    subnet = str(properties["subnet"].get("id"))
    given = [one.get("properties") or {} for one in properties.get("ipConfigurations") or ()]
    asked = {str(one.get("memberName")).lower(): str(one.get("privateIPAddress") or "") for one in given}
    for one in filter(None, asked.values()):
        network_ranges.check_static(adding.practice, card, subnet, one, card)
    before = (shelf.stored(adding.practice, card) or {}).get("properties", {}).get("ipConfigurations") or ()
    kept = [str(one["properties"]["privateIPAddress"]) for one in before]
    if len(kept) != len(parts):
        kept = network_ranges.free(adding.practice, subnet, len(parts), filter(None, asked.values()))
    kept = kept or [""] * len(parts)
    return [asked.get(part["name"].lower()) or one for part, one in zip(parts, kept, strict=True)]


def _card(
    adding: Adding, made: Mapping[str, Any], card: str, configurations: list[dict[str, Any]]
) -> dict[str, Any]:
    before = shelf.stored(adding.practice, card)
    now = stamp(adding.call.clock.now())
    return {
        "id": card,
        "name": ids.parse(card).leaf,
        "type": f"{NETWORK}networkInterfaces",
        "etag": f'W/"{uuid.uuid4()}"',
        "location": made["location"],
        "managedBy": adding.id.text,
        "kind": "Regular",
        "_since": (before or {}).get("_since", now),
        "properties": {
            "provisioningState": "Succeeded",
            "resourceGuid": (before or {}).get("properties", {}).get("resourceGuid", str(uuid.uuid4())),
            "ipConfigurations": configurations,
            "dnsSettings": {"dnsServers": [], "appliedDnsServers": [], "internalDomainNameSuffix": "ax.internal.cloudapp.net"},
            "macAddress": "",
            "enableAcceleratedNetworking": False,
            "vnetEncryptionSupported": False,
            "enableIPForwarding": False,
            "disableTcpStateTracking": False,
            "hostedWorkloads": [],
            "tapConfigurations": [],
            "nicType": "Standard",
            "allowPort25Out": True,
            "auxiliaryMode": "None",
            "auxiliarySku": "None",
            "privateEndpoint": {"id": adding.id.text},
        },
    }  # fmt: skip


def _configuration(
    made: Mapping[str, Any], number: int, group: str, part: Mapping[str, Any], address: str
) -> dict[str, Any]:
    own = uuid.uuid5(uuid.NAMESPACE_URL, f"{made['id']} {part['name']}".lower())
    return {
        "name": f"privateEndpointIpConfig.{own}",
        "properties": {
            "privateIPAddress": address,
            "privateIPAllocationMethod": "Dynamic",
            "subnet": {"id": made["properties"]["subnet"].get("id")},
            "primary": number == 0,
            "privateIPAddressVersion": "IPv4",
            "privateLinkConnectionProperties": {
                "groupId": group,
                "requiredMemberName": part["name"],
                "fqdns": list(part["fqdns"]),
            },
        },
    }


def _endpoint_shown(practice: Practice, found: Mapping[str, Any]) -> Mapping[str, Any]:
    shown: dict[str, Any] = {}
    approved = True
    for name in _LISTS:
        shown[name] = []
        for one in found["properties"].get(name) or ():
            state = _state(practice, found, name, one.get("properties") or {})
            approved = approved and state["status"] == "Approved"
            shown[name].append(_connection(found, name, one, state))
    known = (shelf.stored(practice, found["id"]) or {}).get("_names") or []
    # A zone group takes the place of the records one would write by hand.
    by_hand = approved and ready(practice, found) and not shelf.children(practice, found["id"], _GROUPS)
    return {"properties": shown | {"customDnsConfigs": known if by_hand else []}}


def _state(
    practice: Practice, found: Mapping[str, Any], name: str, connection: Mapping[str, Any]
) -> dict[str, Any]:
    manual = name == _LISTS[1]
    first = (
        {"status": "Pending", "description": connection.get("requestMessage") or "Awaiting approval"}
        if manual
        else {"status": "Approved", "description": "Auto-Approved"}
    )
    told = private_links.state(practice, _target(connection).text, found["id"]) or {}
    own = {key: told[key] for key in ("status", "description") if told.get(key)}
    return {"status": "Approved", "description": "", "actionsRequired": "None"} | first | own


def _connection(
    found: Mapping[str, Any], name: str, one: Mapping[str, Any], state: dict[str, Any]
) -> dict[str, Any]:
    kept = {
        key: value
        for key, value in (one.get("properties") or {}).items()
        if key != "privateLinkServiceConnectionState"
    }
    return {
        "name": one.get("name"),
        "id": f"{found['id']}/{name}/{one.get('name')}",
        "etag": found.get("etag"),
        "properties": {"provisioningState": "Succeeded"}
        | kept
        | {"privateLinkServiceConnectionState": state},
        "type": f"{found['type']}/{name}",
    }


def _unplugged(practice: Practice, found: Mapping[str, Any]) -> None:
    """An endpoint that goes takes its interface and its records with it."""
    for group in shelf.children(practice, found["id"], _GROUPS):
        _unnamed(practice, group)
    for card in found["properties"].get("networkInterfaces") or ():
        shelf.drop(practice, card["id"])
    for _, connection in _connections(found["properties"]):
        for link in private_links.connections(practice, _target(connection).text):
            if ids.same(link["properties"]["privateEndpoint"]["id"], found["id"]):
                practice.state.delete("privateConnection", link["id"])


def _named_group(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
    """The records of a zone group: in each zone, those names of the endpoint that the zone can answer."""
    endpoint = shelf.stored(adding.practice, adding.id.parent.text) if adding.id.parent else None
    _unnamed(adding.practice, adding.before or {})
    for one in made["properties"].get("privateDnsZoneConfigs") or ():
        inner = one.setdefault("properties", {})
        zone = ids.parse(str(inner.get("privateDnsZoneId")))
        inner["recordSets"] = [
            _record(adding, endpoint or {}, zone, short, known["ipAddresses"])
            for known in (endpoint or {}).get("_names") or ()
            if (short := network_dns.below(zone.leaf, known["fqdn"])) is not None
        ]
    return made


def _record(
    adding: Adding, endpoint: Mapping[str, Any], zone: ids.Id, short: str, addresses: list[str]
) -> dict[str, Any]:
    creator = f"created by private endpoint {endpoint.get('name')} with resource guid {endpoint['properties'].get('resourceGuid')}"
    network_records.put_addresses(adding, zone, short, addresses, creator)
    return {
        "recordType": "A",
        "recordSetName": short,
        "fqdn": f"{short}.{zone.leaf}",
        "ttl": network_records.ENDPOINT_TTL,
        "provisioningState": "Succeeded",
        "ipAddresses": addresses,
    }


def _unnamed(practice: Practice, found: Mapping[str, Any]) -> None:
    """The records of a zone group go with it."""
    for one in found.get("properties", {}).get("privateDnsZoneConfigs") or ():
        inner = one.get("properties") or {}
        for record in inner.get("recordSets") or ():
            shelf.drop(practice, f"{inner['privateDnsZoneId']}/A/{record['recordSetName']}")


def _group_gone(practice: Practice, found: Mapping[str, Any]) -> None:
    _unnamed(practice, found)


def _check_group(adding: Adding) -> None:
    for one in adding.properties.get("privateDnsZoneConfigs") or ():
        zone = (one.get("properties") or {}).get("privateDnsZoneId")
        if not zone:
            raise unreadable(
                "MissingJsonReferenceId",
                "Value for reference id is missing. Path properties.privateDnsZoneConfigs[].properties.privateDnsZoneId.",
            )
        linked(adding, f"{NETWORK}privateDnsZones/join/action", ids.parse(str(zone)))


TYPES = (
    declare(
        "privateEndpoints",
        seconds=30,
        removal_seconds=20,
        parts=("ipConfigurations",),
        defaults={"properties": {"ipConfigurations": [], "manualPrivateLinkServiceConnections": [], "privateLinkServiceConnections": []}},
        refers=(
            Refers("properties.subnet", "virtualNetworks/subnets"),
            Refers("properties.applicationSecurityGroups[]", "applicationSecurityGroups"),
        ),
        computed=("customDnsConfigs", "networkInterfaces"),
        rules=(_check_endpoint,),
        removed=_unplugged,
        finish=_endpoint,
        backs=_endpoint_shown,
    ),
    declare(
        "privateEndpoints/privateDnsZoneGroups",
        seconds=10,
        removal_seconds=10,
        parts=("privateDnsZoneConfigs",),
        refers=(Refers("properties.privateDnsZoneConfigs[].properties.privateDnsZoneId", "privateDnsZones"),),
        rules=(calm, _check_group),
        before_removal=(calm_removal,),
        removed=_group_gone,
        finish=_named_group,
    ),
)  # fmt: skip
