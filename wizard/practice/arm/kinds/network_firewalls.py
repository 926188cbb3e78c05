"""What guards a network from outside: firewalls with their policies, and bastions."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from wizard.practice.arm import errors, ids, shelf
from wizard.practice.arm.kinds import network_ranges
from wizard.practice.arm.kinds.network_addresses import check_public_use, named, sku_of
from wizard.practice.arm.kinds.network_cards import placed
from wizard.practice.arm.kinds.network_parts import Refers, declare, ready, users_at
from wizard.practice.arm.kinds.network_waiting import calm, calm_removal, idle, siblings
from wizard.practice.arm.kinds.network_words import NETWORK, refused, unreadable
from wizard.practice.arm.types import SILENT, Acting, Adding
from wizard.practice.kernel import Practice

_GROUPS = f"{NETWORK}firewallPolicies/ruleCollectionGroups"
_FIREWALL_PREFIX = _BASTION_PREFIX = 26
_PRIORITY = (100, 65000)
_COLLECTIONS = ("FirewallPolicyFilterRuleCollection", "FirewallPolicyNatRuleCollection")
_PLACES = (
    Refers("properties.ipConfigurations[].properties.subnet", "virtualNetworks/subnets"),
    Refers("properties.ipConfigurations[].properties.publicIPAddress", "publicIPAddresses"),
)


def check_sku(adding: Adding) -> None:
    """The rule that an SKU that is given has a name.

    Raises:
        Failure: InvalidRequestContent.
    """
    sku = adding.body.get("sku")
    if isinstance(sku, dict) and not sku.get("name"):
        raise errors.bad_content("Required property 'name' not found in 'sku'.")


def _check_place(adding: Adding, wanted: str, longest: int, refusal: Any) -> None:
    """The parts of a service stand in the subnet that is called as it must be, large enough, with standard addresses."""
    for one in adding.properties.get("ipConfigurations") or ():
        subnet, public = named(one, "subnet", "id"), named(one, "publicIPAddress", "id")
        if subnet and ids.parse(subnet).leaf.lower() != wanted.lower():
            raise refusal(subnet)
        found = shelf.stored(adding.practice, subnet) if subnet else None
        for block in network_ranges.ranges((found or {}).get("properties", {})):
            if block.version == 4 and block.prefixlen > longest:  # noqa: PLR2004 - IPv4
                # The code and the words are ours.
                raise refused(
                    "SubnetTooSmall",
                    f"Subnet {subnet} with address prefix {block} is too small: {wanted} needs at least a /{longest}.",
                )
        if public:
            _check_public(adding, one, public)


def _check_public(adding: Adding, one: Mapping[str, Any], public: str) -> None:
    kind = adding.id.type.removeprefix(NETWORK)
    middle = "azureFirewallIpConfigurations" if kind == "azureFirewalls" else "bastionHostIpConfigurations"
    check_public_use(adding, f"{adding.id.text}/{middle}/{one.get('name')}", public)
    if not sku_of(adding.practice, public).startswith("Standard"):
        raise refused(
            "PublicIPAddressSkuMustBeStandard",  # ours
            f"{kind} {adding.id.text} can only use public IP addresses of Standard SKU; {public} is Basic.",
        )


def _wrong_firewall_subnet(subnet: str) -> Exception:
    return refused(
        "SubnetNameMustBeAzureFirewallSubnet",  # ours
        f"Subnet name {subnet} is invalid for Azure Firewall. Azure Firewall can only be created in subnet with name"
        " 'AzureFirewallSubnet'.",
    )


def _wrong_bastion_subnet(subnet: str) -> Exception:
    return refused(
        "SubnetNameMustBeAzureBastionSubnet",
        f"Subnet name {subnet} is invalid for Azure Bastion. Azure Bastion can only be created in subnet with name"
        " 'AzureBastionSubnet'.",
    )


def _check_firewall(adding: Adding) -> None:
    _check_place(adding, "AzureFirewallSubnet", _FIREWALL_PREFIX, _wrong_firewall_subnet)
    collections = ("networkRuleCollections", "applicationRuleCollections", "natRuleCollections")
    if adding.properties.get("firewallPolicy") and any(adding.properties.get(name) for name in collections):
        raise refused(
            "AzureFirewallRuleCollectionsNotAllowedWithPolicy",  # ours
            f"Azure Firewall {adding.id.text} cannot have rule collections of its own while it refers to a firewall policy.",
        )


def _firewall(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
    properties = made["properties"]
    properties["sku"] = {"name": "AZFW_VNet", "tier": "Standard"} | (properties.get("sku") or {})
    if properties["sku"]["name"] == "AZFW_Hub":
        return made
    properties.setdefault("threatIntelMode", "Alert")
    for name in ("networkRuleCollections", "applicationRuleCollections", "natRuleCollections"):
        properties.setdefault(name, [])
    properties["ipConfigurations"] = _one_address(placed(adding, properties.get("ipConfigurations") or []))
    return made


def _one_address(given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All configurations of a firewall share the private address of the first, which stands in the subnet."""
    for one in given:
        one["properties"].pop("privateIPAddressVersion", None)
        if not one["properties"].get("subnet"):
            one["properties"].pop("privateIPAddress", None)
    return given


def _policy_shown(practice: Practice, found: Mapping[str, Any]) -> Mapping[str, Any]:
    groups = shelf.children(practice, found["id"], _GROUPS)
    return {
        "properties": {
            "firewalls": users_at(practice, found["id"], "properties.firewallPolicy.id"),
            "childPolicies": users_at(practice, found["id"], "properties.basePolicy.id"),
            "ruleCollectionGroups": [{"id": one["id"]} for one in groups],
        }
    }


def _check_policy_free(acting: Acting) -> None:
    for path in ("properties.firewallPolicy.id", "properties.basePolicy.id"):
        users = users_at(acting.call.practice, acting.id.text, path)
        if users:
            raise refused(
                "FirewallPolicyInUse",  # ours
                f"Firewall policy {acting.id.text} cannot be deleted because it is in use by {users[0]['id']}.",
            )


def _check_group(adding: Adding) -> None:
    priority = adding.properties.get("priority")
    if not isinstance(priority, int) or not _PRIORITY[0] <= priority <= _PRIORITY[1]:
        raise refused(
            "FirewallPolicyRuleCollectionGroupInvalidPriorityValue",
            f"Invalid Rule Collection Group. Priority of Rule Collection Group {adding.id.leaf} must be between"
            f" {_PRIORITY[0]} and {_PRIORITY[1]}; value provided: {priority}.",
        )
    for one in siblings(adding, "ruleCollectionGroups"):
        if (one.get("properties") or {}).get("priority") == priority:
            raise refused(
                "FirewallPolicyRuleCollectionGroupPriorityConflict",  # ours
                f"Rule collection groups {adding.id.leaf} and {one.get('name')} cannot have the same priority {priority}.",
            )
    for number, one in enumerate(adding.properties.get("ruleCollections") or ()):
        if one.get("ruleCollectionType") not in _COLLECTIONS:
            where = f"properties.ruleCollections[{number}].ruleCollectionType"
            raise unreadable(
                "InvalidJson", f'Error converting value "{one.get("ruleCollectionType")}". Path {where}.'
            )


def _check_bastion(adding: Adding) -> None:
    check_sku(adding)
    developer = str((adding.body.get("sku") or {}).get("name")) == "Developer"
    if not developer and not adding.properties.get("ipConfigurations"):
        raise refused(
            "BastionHostMustHaveIpConfiguration",  # ours
            f"Bastion host {adding.id.text} must have an IP configuration with a subnet and a public IP address.",
        )
    _check_place(adding, "AzureBastionSubnet", _BASTION_PREFIX, _wrong_bastion_subnet)


def _bastion(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
    made["_name"] = (adding.before or {}).get("_name") or f"bst-{uuid.uuid4()}.bastion.azure.com"
    for one in made["properties"].get("ipConfigurations") or ():
        one["properties"] = {"privateIPAllocationMethod": "Dynamic"} | (one.get("properties") or {})
    return made


def _bastion_shown(practice: Practice, found: Mapping[str, Any]) -> Mapping[str, Any]:
    name = (shelf.stored(practice, found["id"]) or {}).get("_name")
    return {"properties": {"dnsName": name}} if name and ready(practice, found) else {}


TYPES = (
    declare(
        "azureFirewalls",
        seconds=360,
        removal_seconds=300,
        change=SILENT,
        guid=False,
        parts=(
            "ipConfigurations",
            "networkRuleCollections",
            "applicationRuleCollections",
            "natRuleCollections",
        ),
        defaults={"properties": {"additionalProperties": {}}},
        refers=(*_PLACES, Refers("properties.firewallPolicy", "firewallPolicies")),
        rules=(idle, _check_firewall),
        finish=_firewall,
    ),
    declare(
        "firewallPolicies",
        seconds=10,
        removal_seconds=10,
        defaults={"properties": {"sku": {"tier": "Standard"}, "threatIntelMode": "Alert"}},
        refers=(Refers("properties.basePolicy", "firewallPolicies"),),
        computed=("firewalls", "childPolicies", "ruleCollectionGroups"),
        rules=(idle,),
        before_removal=(_check_policy_free,),
        backs=_policy_shown,
    ),
    declare(
        "firewallPolicies/ruleCollectionGroups",
        seconds=30,
        removal_seconds=30,
        defaults={"properties": {"ruleCollections": []}},
        rules=(calm, _check_group),
        before_removal=(calm_removal,),
    ),
    declare(
        "bastionHosts",
        seconds=300,
        removal_seconds=300,
        change=SILENT,
        guid=False,
        parts=("ipConfigurations",),
        defaults={"sku": {"name": "Basic"}, "properties": {"scaleUnits": 2}},
        refers=_PLACES,
        computed=("dnsName",),
        rules=(idle, _check_bastion),
        finish=_bastion,
        backs=_bastion_shown,
    ),
)
