"""Addresses: public ones, NAT gateways, and network interfaces with the private ones they take out of a subnet."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Any

from wizard.practice.arm import ids, polling, shelf
from wizard.practice.arm.kinds import network_limits
from wizard.practice.arm.kinds.network_parts import Refers, declare, parts_on, ready, users_at
from wizard.practice.arm.kinds.network_words import NETWORK, refused
from wizard.practice.arm.types import Acting, Adding
from wizard.practice.kernel import Practice, Response

_LABEL = re.compile(r"[a-z][a-z0-9-]{1,61}[a-z0-9]")
_DNS = f"{NETWORK}publicIPAddresses/dnsSettings"


def _is_standard(adding: Adding) -> bool:
    return str((adding.body.get("sku") or {}).get("name") or "Basic").startswith("Standard")


def _check_public(adding: Adding) -> None:
    if str((adding.body.get("sku") or {}).get("tier")) == "Global" and not _is_standard(adding):
        raise refused(
            "GlobalPublicIPAddressNotSupportedForBasicPublicIpAddress",
            "Global publicIP addresses are only supported for standard SKU public IP addresses. Public IP address"
            f" {adding.id.text} is not standard SKU.",
        )
    way = str(adding.properties.get("publicIPAllocationMethod") or "Dynamic")
    if (
        _is_standard(adding)
        and way.lower() != "static"
        and adding.properties.get("publicIPAddressVersion") != "IPv6"
    ):
        # The code is ours.
        raise refused(
            "StandardPublicIPAddressMustBeStatic",
            f"Standard sku publicIp {adding.id.text} must have AllocationMethod set to Static.",
        )
    _check_label(adding)


def _check_label(adding: Adding) -> None:
    label = (adding.properties.get("dnsSettings") or {}).get("domainNameLabel")
    if not label:
        return
    if not _LABEL.fullmatch(str(label)):
        raise refused(
            "InvalidDomainNameLabel",
            f"The domain name label {label} is invalid. It must conform to the following regular expression:"
            " ^[a-z][a-z0-9-]{1,61}[a-z0-9]$.",
        )
    holder = shelf.owner_of(adding.practice, _DNS, f"{label}.{adding.location}")
    if holder is not None and not ids.same(holder, adding.id.text):
        raise refused(
            "DnsRecordInUse",
            f"DNS record {label}.{adding.location}.cloudapp.azure.com is already used by another public IP.",
        )


def _public(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
    properties = made["properties"]
    made["_address"] = (adding.before or {}).get("_address") or _some_address(properties)
    properties.pop("ipAddress", None)
    labelled = properties.get("dnsSettings")
    _free_label(adding.practice, adding.before or {})
    if isinstance(labelled, dict) and labelled.get("domainNameLabel"):
        name = f"{labelled['domainNameLabel']}.{made['location']}"
        labelled["fqdn"] = f"{name}.cloudapp.azure.com"
        shelf.take_name(adding.practice, _DNS, name, adding.id.text)
    return made


def _some_address(properties: Mapping[str, Any]) -> str:
    """An address out of blocks that Azure gives to its customers."""
    if properties.get("publicIPAddressVersion") == "IPv6":
        return f"2603:1020:5:{secrets.randbelow(0xFFFF):x}::{secrets.randbelow(0xFFFF):x}"
    return (
        f"20.{secrets.choice((50, 73, 86, 101, 126))}.{secrets.randbelow(254)}.{secrets.randbelow(253) + 1}"
    )


def _free_label(practice: Practice, found: Mapping[str, Any]) -> None:
    label = (found.get("properties", {}).get("dnsSettings") or {}).get("domainNameLabel")
    if label:
        shelf.free_name(practice, _DNS, f"{label}.{found['location']}")


def _public_shown(practice: Practice, found: Mapping[str, Any]) -> Mapping[str, Any]:
    own = found["properties"]
    holders = list(parts_on(practice, found["id"]))
    gateways = users_at(practice, found["id"], "properties.publicIpAddresses[].id")
    more: dict[str, Any] = {"ipConfiguration": {"id": holders[0].id}} if holders else {}
    more |= {"natGateway": gateways[0]} if gateways else {}
    if ready(practice, found) and (
        str(own.get("publicIPAllocationMethod")).lower() == "static" or holders or gateways
    ):
        more["ipAddress"] = (shelf.stored(practice, found["id"]) or {}).get("_address")
    return {"properties": more}


def _check_unallocated(acting: Acting) -> None:
    practice, key = acting.call.practice, acting.id.text
    holders = [part.id for part in parts_on(practice, key)]
    holders += [one["id"] for one in users_at(practice, key, "properties.publicIpAddresses[].id")]
    if holders:
        raise refused(
            "PublicIPAddressCannotBeDeleted",
            f"Public IP address {key} can not be deleted since it is still allocated to resource {holders[0]}. In order to"
            " delete the public IP, disassociate/detach the Public IP address from the resource.  To learn how to do"
            " this, see aka.ms/deletepublicip.",
        )


def check_public_use(adding: Adding, part: str, public: str) -> None:
    """The rule that a public address is held by one resource only.

    Raises:
        Failure: PublicIPAddressInUse.
    """
    for holder in parts_on(adding.practice, public):
        if not ids.same(holder.id, part):
            raise refused(
                "PublicIPAddressInUse",
                f"Resource {part} is referencing public IP address {public} that is already allocated to resource"
                f" {holder.id}.",
            )


def sku_of(practice: Practice, public: str) -> str:
    """The SKU of a public address."""
    return str(((shelf.stored(practice, public) or {}).get("sku") or {}).get("name") or "Basic")


def named(one: Mapping[str, Any], *path: str) -> str:
    """The id that a part names, or nothing."""
    found: Any = one.get("properties") or {}
    for step in path:
        found = (found or {}).get(step)
    return str(found or "")


def later(acting: Acting, body: object, seconds: float = 5) -> Response:
    """The answer of an action whose result is found behind a Location."""
    region = acting.found.get("location")
    path = f"/subscriptions/{acting.call.subscription}/providers/Microsoft.Network/locations/{region}/operationResults"
    where = polling.begin(acting.call, path, seconds, polling.Ending(body=body))
    wait = polling.wait_header(acting.call, acting.call.clock.takes(seconds).timestamp())
    return Response(202, None, {"Location": where} | wait)


def _protection(acting: Acting) -> Response:
    return later(
        acting,
        {
            "publicIPAddressId": acting.id.text,
            "publicIpAddress": acting.found.get("_address"),
            "isWorkloadProtected": "False",
            "ddosProtectionPlanId": None,
        },
    )


def _nat_shown(practice: Practice, found: Mapping[str, Any]) -> Mapping[str, Any]:
    users = users_at(practice, found["id"], "properties.natGateway.id")
    return {"properties": {"subnets": users}} if users else {}


def _check_no_subnets(acting: Acting) -> None:
    users = users_at(acting.call.practice, acting.id.text, "properties.natGateway.id")
    if users:
        raise refused(
            "CannotDeleteNatGatewayAssociatedToSubnet",
            f"NAT Gateway {acting.id.text} is still configured on {len(users)} subnets. Remove NAT Gateway from all"
            " referenced subnets and then delete NAT Gateway.",
        )


def _check_nat(adding: Adding) -> None:
    for one in adding.properties.get("publicIpAddresses") or ():
        key = str(one.get("id"))
        if not sku_of(adding.practice, key).startswith("Standard"):
            raise refused(
                "NatGatewayPublicIPAddressMustBeStandard",  # ours
                f"NAT gateway {adding.id.text} can only use public IP addresses of Standard SKU; {key} is Basic.",
            )
        check_public_use(adding, adding.id.text, key)


def _prefix(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
    length = int(made["properties"].get("prefixLength") or 28)
    block = 20 << 24 | secrets.randbelow(1 << 24)
    block = block >> (32 - length) << (32 - length)
    text = ".".join(str(block >> shift & 255) for shift in (24, 16, 8, 0))
    made["properties"]["ipPrefix"] = adding.kept("ipPrefix", f"{text}/{length}")
    return made


_PUBLIC = "publicIPAddresses"
TYPES = (
    declare(
        _PUBLIC,
        seconds=2,
        removal_seconds=10,
        defaults={
            "sku": {"name": "Basic", "tier": "Regional"},
            "properties": {"publicIPAddressVersion": "IPv4", "publicIPAllocationMethod": "Dynamic", "idleTimeoutInMinutes": 4, "ipTags": []},
        },
        refers=(
            Refers("properties.publicIPPrefix", "publicIPPrefixes", gone="NotFound"),
            Refers("properties.ddosSettings.ddosProtectionPlan", "ddosProtectionPlans"),
        ),
        computed=("ipConfiguration", "natGateway"),
        rules=(network_limits.within("PublicIPAddresses", "PublicIPCountLimitReached", "public IP addresses"), _check_public),
        before_removal=(_check_unallocated,),
        removed=_free_label,
        finish=_public,
        backs=_public_shown,
        actions={"ddosprotectionstatus": _protection},
    ),
    declare(
        "publicIPPrefixes",
        seconds=2,
        removal_seconds=10,
        defaults={"sku": {"name": "Standard", "tier": "Regional"}, "properties": {"prefixLength": 28, "publicIPAddressVersion": "IPv4", "ipTags": []}},
        finish=_prefix,
    ),
    declare(
        "natGateways",
        seconds=10,
        removal_seconds=20,
        defaults={"sku": {"name": "Standard", "tier": "Regional"}, "properties": {"idleTimeoutInMinutes": 4}},
        refers=(
            Refers("properties.publicIpAddresses[]", _PUBLIC, gone="NotFound"),
            Refers("properties.publicIpPrefixes[]", "publicIPPrefixes", gone="NotFound"),
        ),
        computed=("subnets",),
        rules=(_check_nat,),
        before_removal=(_check_no_subnets,),
        backs=_nat_shown,
    ),
)  # fmt: skip
