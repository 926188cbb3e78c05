"""Who may talk to whom and by which way: security groups with their rules, application groups, route tables."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Any

from wizard.practice.arm import facts, ids, shelf
from wizard.practice.arm.kinds.network_parts import Refers, declare, users_at
from wizard.practice.arm.kinds.network_waiting import calm, calm_removal, siblings
from wizard.practice.arm.kinds.network_words import NETWORK, refused, unreadable
from wizard.practice.arm.types import Acting, Adding, Children, ResourceType
from wizard.practice.kernel import Practice

_RULES = f"{NETWORK}networkSecurityGroups/securityRules"
_DEFAULTS = f"{NETWORK}networkSecurityGroups/defaultSecurityRules"
_ROUTES = f"{NETWORK}routeTables/routes"
_GROUP = "properties.networkSecurityGroup.id"
_LOWEST, _HIGHEST = 100, 4096
_PORTS = 65535
_NEEDED = ("access", "direction", "priority", "protocol")
_CHOICES = {
    "access": ("Allow", "Deny"),
    "direction": ("Inbound", "Outbound"),
    "protocol": ("*", "Tcp", "Udp", "Icmp", "Esp", "Ah"),
}
_HOPS = ("VirtualNetworkGateway", "VnetLocal", "Internet", "VirtualAppliance", "VirtualApplianceEcmp", "None")


def _group_shown(practice: Practice, found: Mapping[str, Any]) -> Mapping[str, Any]:
    state = found["properties"].get("provisioningState", "Succeeded")
    own: dict[str, Any] = {
        "defaultSecurityRules": [
            _default(found, one, state) for one in facts.network()["defaultSecurityRules"]
        ]
    }
    for name, kind in (("subnets", "/subnets/"), ("networkInterfaces", "/networkinterfaces/")):
        users = [one for one in users_at(practice, found["id"], _GROUP) if kind in one["id"].lower()]
        own |= {name: users} if users else {}
    return {"properties": own}


def _default(group: Mapping[str, Any], one: Mapping[str, Any], state: str) -> dict[str, Any]:
    return {
        "name": one["name"],
        "id": f"{group['id']}/defaultSecurityRules/{one['name']}",
        "etag": group.get("etag"),
        "type": _DEFAULTS,
        "properties": {"provisioningState": state, **one["properties"]},
    }


def _default_shown(practice: Practice, found: Mapping[str, Any]) -> Mapping[str, Any]:
    key = ids.parse(found["id"])
    group = shelf.stored(practice, key.parent.text) if key.parent else None
    one = next(
        (one for one in facts.network()["defaultSecurityRules"] if one["name"].lower() == key.leaf.lower()),
        None,
    )
    return _default(group, one, "Succeeded") if group and one else {}


def _read_only(adding: Adding) -> None:
    raise refused("MethodNotAllowed", f"The default security rule {adding.id.leaf} cannot be changed.", 405)


def _check_free(acting: Acting) -> None:
    users = [user.id for user in shelf.users(acting.call.practice, acting.id.text) if user.path == _GROUP]
    if users:
        raise refused(
            "InUseNetworkSecurityGroupCannotBeDeleted",
            f"Network security group {acting.id.text} cannot be deleted because it is in use by the following resources:"
            f" {', '.join(users)}. In order to delete the Network security group, remove the association with the"
            " resource(s). To learn how to do this, see aka.ms/deletensg.",
        )


def _check_rule(adding: Adding) -> None:
    rule = adding.properties
    for name in _NEEDED:
        if rule.get(name) in (None, ""):
            raise unreadable("MissingJsonProperty", f"Required property '{name}' not found. Path properties.")
    for name, allowed in _CHOICES.items():
        if str(rule[name]).lower() not in (one.lower() for one in allowed):
            raise unreadable(
                "InvalidJson",
                f"Error converting value \"{rule[name]}\" of property '{name}'. Path properties.{name}.",
            )
    priority = rule["priority"]
    if not isinstance(priority, int) or not _LOWEST <= priority <= _HIGHEST:
        raise refused(
            "SecurityRuleInvalidPriority",
            f"Security rule {adding.id.leaf} has invalid Priority. Value provided: {priority} Allowed range"
            f" {_LOWEST}-{_HIGHEST}.",
        )
    _check_ports(adding)
    _check_addresses(adding)


def _values(rule: Mapping[str, Any], name: str, plural: str) -> list[str]:
    return [str(one) for one in [rule.get(name), *(rule.get(plural) or ())] if one not in (None, "")]


def _check_ports(adding: Adding) -> None:
    for side in ("source", "destination"):
        given = _values(adding.properties, f"{side}PortRange", f"{side}PortRanges")
        missing = not given
        for one in given:
            low, _, high = one.partition("-")
            numbers = [low, high or low]
            fine = one == "*" or (
                all(part.isdecimal() and int(part) <= _PORTS for part in numbers)
                and int(low) <= int(numbers[1])
            )
            if not fine:
                raise refused(
                    "SecurityRuleInvalidPortRange",
                    f"Security rule has invalid Port range. Value provided: {one}. Value should be an integer OR integer"
                    " range with '-' delimiter. Valid range 0-65535.",
                )
        if missing:
            raise _no_value(adding, f"{side}PortRange")


def _check_addresses(adding: Adding) -> None:
    for side in ("source", "destination"):
        given = _values(adding.properties, f"{side}AddressPrefix", f"{side}AddressPrefixes")
        if not given and not adding.properties.get(f"{side}ApplicationSecurityGroups"):
            raise _no_value(adding, f"{side}AddressPrefix")
        for one in given:
            if one[:1].isdigit() and not one.isdecimal() and not _is_range(one):
                raise refused(
                    "SecurityRuleInvalidAddressPrefix",
                    f"Security rule {adding.id.leaf} has invalid Address prefix. Value provided: {one}",
                )


def _is_range(text: str) -> bool:
    try:
        ip_network(text, strict=False) if "/" in text else ip_address(text)
    except ValueError:
        return False
    return True


def _no_value(adding: Adding, name: str) -> Exception:
    # The code is Azure's, the words are ours.
    return refused(
        "SecurityRuleParameterMissing",
        f"Security rule {adding.id.leaf} must specify either {name} or {name}s.",
    )


def _check_conflict(adding: Adding) -> None:
    wanted = (adding.properties.get("priority"), str(adding.properties.get("direction")).lower())
    for one in siblings(adding, "securityRules"):
        other = one.get("properties") or {}
        if (other.get("priority"), str(other.get("direction")).lower()) == wanted:
            raise refused(
                "SecurityRuleConflict",
                f"Security rule {adding.id.leaf} conflicts with rule {one.get('name')}. Rules cannot have the same Priority"
                " and Direction. To learn more, see aka.ms/nsgrules.",
            )


def _table_shown(practice: Practice, found: Mapping[str, Any]) -> Mapping[str, Any]:
    users = users_at(practice, found["id"], "properties.routeTable.id")
    return {"properties": {"subnets": users}} if users else {}


def _check_unused(acting: Acting) -> None:
    if users_at(acting.call.practice, acting.id.text, "properties.routeTable.id"):
        raise refused(
            "InUseRouteTableCannotBeDeleted", f"Route table {acting.id.leaf} is in use and cannot be deleted."
        )


def _check_route(adding: Adding) -> None:
    route = adding.properties
    hop = route.get("nextHopType")
    if str(hop).lower() not in (one.lower() for one in _HOPS):
        raise unreadable(
            "InvalidJson",
            f"Error converting value \"{hop}\" of property 'nextHopType'. Path properties.nextHopType.",
        )
    # The codes and words below are ours.
    prefix = str(route.get("addressPrefix") or "")
    if not prefix or (prefix[:1].isdigit() and not ("/" in prefix and _is_range(prefix))):
        raise refused(
            "InvalidAddressPrefixFormat",
            f"Address prefix {prefix} of resource {adding.id.text} is not formatted correctly. It should follow CIDR"
            " notation, for example 10.0.0.0/24.",
        )
    through = route.get("nextHopIpAddress")
    appliance = str(hop).lower() == "virtualappliance"
    if appliance and not (through and _is_range(str(through)) and "/" not in str(through)):
        raise refused(
            "InvalidNextHopIpAddress", f"Route {adding.id.leaf} has no valid next hop IP address: {through}."
        )
    if through and not appliance:
        raise refused(
            "NextHopIpAddressNotAllowed",
            f"Route {adding.id.leaf} of next hop type {hop} cannot have a next hop IP address.",
        )
    for one in siblings(adding, "routes"):
        if str((one.get("properties") or {}).get("addressPrefix")) == prefix:
            raise refused(
                "RouteConflict",
                f"Route {adding.id.leaf} conflicts with route {one.get('name')}. Routes cannot have the same addressPrefix.",
            )


TYPES = (
    declare(
        "networkSecurityGroups",
        seconds=3,
        removal_seconds=10,
        children=(Children("securityRules", _RULES),),
        computed=("defaultSecurityRules", "subnets", "networkInterfaces", "flowLogs", "securityRules"),
        before_removal=(_check_free,),
        backs=_group_shown,
    ),
    declare(
        "networkSecurityGroups/securityRules",
        seconds=3,
        removal_seconds=5,
        defaults={
            "properties": {
                "sourcePortRanges": [], "destinationPortRanges": [], "sourceAddressPrefixes": [], "destinationAddressPrefixes": [],
            }
        },
        refers=(
            Refers("properties.sourceApplicationSecurityGroups[]", "applicationSecurityGroups"),
            Refers("properties.destinationApplicationSecurityGroups[]", "applicationSecurityGroups"),
        ),
        rules=(calm, _check_rule, _check_conflict),
        before_removal=(calm_removal,),
    ),
    ResourceType(
        _DEFAULTS,
        tracked=False,
        state=False,
        style="details",
        implicit=frozenset(str(one["name"]).lower() for one in facts.network()["defaultSecurityRules"]),
        rules=(_read_only,),
        shown=_default_shown,
        orphan="resource",
    ),
    declare("applicationSecurityGroups", seconds=2, removal_seconds=5),
    declare(
        "routeTables",
        seconds=3,
        removal_seconds=10,
        children=(Children("routes", _ROUTES),),
        computed=("subnets", "routes"),
        defaults={"properties": {"disableBgpRoutePropagation": False}},
        before_removal=(_check_unused,),
        backs=_table_shown,
    ),
    declare(
        "routeTables/routes",
        seconds=2,
        removal_seconds=5,
        defaults={"properties": {"hasBgpOverride": False}},
        rules=(calm, _check_route),
        before_removal=(calm_removal,),
    ),
)  # fmt: skip
