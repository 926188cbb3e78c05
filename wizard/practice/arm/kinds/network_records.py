"""The records of private DNS zones."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Any, Literal

from wizard.practice.arm import errors, ids, shelf
from wizard.practice.arm.call import Call, Operation, collection, stamp
from wizard.practice.arm.kinds.network_dns import ZONES, bad, records
from wizard.practice.arm.types import REMOVED, SYNC, Acting, Adding, ResourceType, Way
from wizard.practice.kernel import Failure, Practice, Response

_RECORD = re.compile(r"@|\*|(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?")
_LONGEST_TTL = 2_147_483_647
ENDPOINT_TTL = 10  # of the records of a private endpoint
# The property of each record type, and whether it is a list.
_KINDS = {
    "A": ("aRecords", True),
    "AAAA": ("aaaaRecords", True),
    "CNAME": ("cnameRecord", False),
    "MX": ("mxRecords", True),
    "PTR": ("ptrRecords", True),
    "SOA": ("soaRecord", False),
    "SRV": ("srvRecords", True),
    "TXT": ("txtRecords", True),
}
_SOA = {
    "email": "azureprivatedns-host.microsoft.com",
    "expireTime": 2419200,
    "host": "azureprivatedns.net",
    "minimumTtl": 10,
    "refreshTime": 3600,
    "retryTime": 300,
    "serialNumber": 1,
}


def put_addresses(adding: Adding, zone: ids.Id, name: str, addresses: list[str], creator: str) -> None:
    """Write an A record on behalf of a private endpoint."""
    key = f"{zone.text}/A/{name}"
    document = {
        "id": key,
        "name": name,
        "type": f"{ZONES}/A",
        "etag": str(uuid.uuid4()),
        "_since": stamp(adding.call.clock.now()),
        "properties": {
            "metadata": {"creator": creator},
            "fqdn": f"{name}.{zone.leaf}.",
            "ttl": ENDPOINT_TTL,
            "aRecords": [{"ipv4Address": one} for one in addresses],
            "isAutoRegistered": False,
        },
    }
    shelf.put(adding.practice, key, document)


def _record(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
    zone, kind, leaf = adding.id.parent, adding.id.type.rsplit("/", 1)[-1].upper(), adding.id.leaf.lower()
    home = shelf.stored(adding.practice, zone.text) if zone else None
    name = str((home or {}).get("name") or (zone.leaf if zone else ""))
    given = made["properties"]
    member, many = _KINDS[kind]
    properties: dict[str, Any] = {"metadata": given["metadata"]} if given.get("metadata") else {}
    properties |= {
        "fqdn": f"{name}." if leaf == "@" else f"{leaf}.{name}.",
        "ttl": given.get("ttl") or 3600,
        **(
            {member: _values(kind, given[member])}
            if given.get(member) is not None
            else ({member: []} if many else {})
        ),
        "isAutoRegistered": False,
    }
    return {
        **made,
        "id": f"{(home or {}).get('id', zone.text if zone else '')}/{kind}/{leaf}",
        "name": leaf,
        "type": f"{ZONES}/{kind}",
        "etag": str(uuid.uuid4()),
        "properties": properties,
    }


def _values(kind: str, given: Any) -> Any:
    # The host and the serial number of a zone are Azure's.
    return _SOA | given | {"host": _SOA["host"], "serialNumber": 1} if kind == "SOA" else given


def _check_record(adding: Adding) -> None:
    kind = adding.id.type.rsplit("/", 1)[-1].upper()
    member, many = _KINDS[kind]
    given, name = adding.properties, adding.id.leaf.lower()
    if not _RECORD.fullmatch(name):
        raise bad(f"The record set name '{adding.id.leaf}' is not valid.")
    ttl = given.get("ttl")
    if ttl is not None and not (isinstance(ttl, int) and 1 <= ttl <= _LONGEST_TTL):
        raise bad(f"The provided TTL value '{ttl}' is not valid. It must be between 1 and {_LONGEST_TTL}.")
    for other in _KINDS.values():
        if given.get(other[0]) and other[0] != member:
            raise bad(f"The record set of type '{kind}' cannot have '{other[0]}'.")
    if kind == "SOA" and name != "@":
        raise bad("A record set of type 'SOA' can only be called '@'.")
    if kind == "CNAME" and name == "@":
        raise bad("A record set of type 'CNAME' cannot stand at the apex of a zone ('@').")
    for one in (given.get(member) or ()) if many else ():
        _check_address(one)
    _check_alone(adding, kind)


def _check_address(one: Mapping[str, Any]) -> None:
    try:
        if "ipv4Address" in one:
            IPv4Address(str(one["ipv4Address"]))
        if "ipv6Address" in one:
            IPv6Address(str(one["ipv6Address"]))
    except AddressValueError as fault:
        raise bad(f"The IP address '{next(iter(one.values()))}' is not valid.") from fault


def _check_alone(adding: Adding, kind: str) -> None:
    """A CNAME shares its name with no other record (words are ours)."""
    zone = adding.id.parent.text if adding.id.parent else ""
    for other in _KINDS:
        clash = other != kind and "CNAME" in (other, kind)
        if clash and shelf.stored(adding.practice, f"{zone}/{other}/{adding.id.leaf}"):
            raise Failure(
                409,
                "Conflict",
                f"The record set '{adding.id.leaf}' of type '{kind}' cannot be made because one of type '{other}' has the"
                " same name.",
            )


def _unmet(id: ids.Id, how: Literal["exists", "changed"]) -> Failure:  # noqa: A002 - what it is
    """What is said when If-Match or If-None-Match do not hold."""
    name = id.leaf.lower()
    why = (
        f"The Record set {name} exists already and hence cannot be created again."
        if how == "exists"
        else f"The Record set {name} has been modified (etag mismatch)."
    )
    return Failure(412, "PreconditionFailed", why, shape="flat")


def _soa_shown(practice: Practice, found: Mapping[str, Any]) -> Mapping[str, Any]:
    zone = ids.parse(found["id"]).parent
    if found["properties"].get("soaRecord") or zone is None:
        return {}
    home = shelf.stored(practice, zone.text) or {}
    return {
        "id": f"{home.get('id', zone.text)}/SOA/@",
        "name": "@",
        "etag": str(uuid.uuid5(uuid.NAMESPACE_URL, zone.text.lower())),
        "properties": {"fqdn": f"{zone.leaf}.", "ttl": 3600, "soaRecord": _SOA, "isAutoRegistered": False},
    }


def _absent_record(id: ids.Id) -> Failure:  # noqa: A002 - what it is
    return Failure(
        404,
        "NotFound",
        f"The resource record '{id.leaf}' does not exist in resource group '{id.group}' of subscription '{id.subscription}'.",
        shape="flat",
    )


def _check_soa_stays(acting: Acting) -> None:
    if acting.id.type.upper().endswith("/SOA"):
        raise bad("The record set of type 'SOA' of a zone cannot be deleted.")


def _all(call: Call) -> Response:
    zone = ids.Id(
        call.subscription,
        call.parts["group"],
        (ids.Link("Microsoft.Network", ("privateDnsZones",), (call.parts["zone"],)),),
    )
    if shelf.stored(call.practice, zone.text) is None:
        raise errors.no_resource(zone.type, zone.name, zone.group)
    found = records(call.practice, zone.text)
    if not any(one["type"].endswith("/SOA") for one in found):
        soa = {"id": f"{zone.text}/SOA/@", "type": f"{ZONES}/SOA", "properties": {}}
        shown = dict(_soa_shown(call.practice, soa))
        found.insert(
            0,
            {
                "id": shown["id"],
                "name": "@",
                "type": f"{ZONES}/SOA",
                "etag": shown["etag"],
                "properties": shown["properties"],
            },
        )
    suffix = call.request.query.get("$recordsetnamesuffix", "").lower()
    return collection([one for one in found if str(one["name"]).endswith(suffix)])


def _record_type(kind: str) -> ResourceType:
    return ResourceType(
        f"{ZONES}/{kind}",
        way=Way(200) if kind == "SOA" else SYNC,
        change=SYNC,
        removal=REMOVED,
        seconds=1,
        removal_seconds=1,
        state=False,
        members=frozenset({"properties"}),
        etag=True,
        style="flat",
        tracked=False,
        rules=(_check_record,),
        before_removal=(_check_soa_stays,),
        completed=_record,
        shown=_soa_shown if kind == "SOA" else None,
        implicit=frozenset({"@"}) if kind == "SOA" else frozenset(),
        absent=_absent_record,
        unmet=_unmet,
    )


TYPES = tuple(_record_type(kind) for kind in _KINDS)
_HOME = (
    "/subscriptions/{subscription}/resourcegroups/{group}/providers/Microsoft.Network/privateDnsZones/{zone}"
)
OPERATIONS = (Operation("GET", f"{_HOME}/ALL", _all, f"{ZONES}/ALL/read", strip=1),)
