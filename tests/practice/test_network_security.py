"""Security groups with their rules, and route tables, over HTTP."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from tests.practice.arm_support import ARM, Arm, facts
from tests.practice.network_support import VERSION, Lab, configuration, error, rule

_NUMBERS = count(1)
_DATA = "../guides/data/nsg.json"


@pytest.fixture(scope="module")
def ada(sign_in: Any) -> Arm:
    return Arm(sign_in(scope=ARM), VERSION)


@pytest.fixture
def lab(ada: Arm) -> Lab:
    return Lab(ada, f"rg-security-{next(_NUMBERS)}")


def test_a_group_has_azures_rules_and_its_own(lab: Lab) -> None:
    inner = [{"name": "https", "properties": rule()}]
    made = lab.made("networkSecurityGroups/nsg", {"securityRules": inner})["properties"]
    assert [one["name"] for one in made["securityRules"]] == ["https"]
    known = {(one["name"], one["priority"]) for one in facts(_DATA)["azure_default_rules"]}
    shown = {(one["name"], one["properties"]["priority"]) for one in made["defaultSecurityRules"]}
    assert shown == known
    one = lab.get("networkSecurityGroups/nsg/defaultSecurityRules/AllowVnetInBound")
    assert one["properties"]["sourceAddressPrefix"] == "VirtualNetwork"
    path = lab.id("networkSecurityGroups/nsg/defaultSecurityRules")
    assert len(lab.arm.get(path).json()["value"]) == 6
    lab.made("networkSecurityGroups/nsg/securityRules/ssh", rule(200, destinationPortRange="22"))
    assert len(lab.get("networkSecurityGroups/nsg")["properties"]["securityRules"]) == 2
    assert lab.delete("networkSecurityGroups/nsg/securityRules/ssh").status_code == 202
    answer = lab.arm.get(lab.id("networkSecurityGroups/nsg/securityRules/ssh"))
    assert error(answer)[:2] == (404, "NotFound")


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"priority": 99}, "SecurityRuleInvalidPriority", "Value provided: 99 Allowed range 100-4096."),
        ({"priority": 4097}, "SecurityRuleInvalidPriority", "Value provided: 4097"),
        ({"destinationPortRange": "70000"}, "SecurityRuleInvalidPortRange", "Value provided: 70000."),
        ({"destinationPortRange": "90-80"}, "SecurityRuleInvalidPortRange", "Value provided: 90-80."),
        ({"destinationPortRange": "web"}, "SecurityRuleInvalidPortRange", "Value provided: web."),
        ({"sourceAddressPrefix": "10.0.0.0/40"}, "SecurityRuleInvalidAddressPrefix", "10.0.0.0/40"),
        ({"sourceAddressPrefix": "10.0.0"}, "SecurityRuleInvalidAddressPrefix", "10.0.0"),
        ({"sourceAddressPrefix": None}, "SecurityRuleParameterMissing", "sourceAddressPrefix"),
        ({"protocol": "Smoke"}, "InvalidRequestFormat", "Cannot parse the request."),
        ({"access": None}, "InvalidRequestFormat", "Cannot parse the request."),
    ],
)
def test_a_rule_that_cannot_be_is_refused(lab: Lab, change: Any, code: str, words: str) -> None:
    lab.made("networkSecurityGroups/nsg")
    status, found, message = error(lab.put("networkSecurityGroups/nsg/securityRules/r", rule(**change)))
    assert (status, found) == (400, code)
    assert words in message


def test_two_rules_do_not_share_priority_and_direction(lab: Lab) -> None:
    lab.made("networkSecurityGroups/nsg")
    lab.made("networkSecurityGroups/nsg/securityRules/first", rule(200))
    code, message = error(lab.put("networkSecurityGroups/nsg/securityRules/second", rule(200)))[1:]
    assert code == "SecurityRuleConflict"
    assert message.startswith("Security rule second conflicts with rule first.")
    assert lab.put("networkSecurityGroups/nsg/securityRules/second", rule(200, "Outbound")).status_code == 201
    inner = [{"name": name, "properties": rule(300)} for name in ("a", "b")]
    assert (
        error(lab.put("networkSecurityGroups/other", {"securityRules": inner}))[1] == "SecurityRuleConflict"
    )


def test_a_group_in_use_stays_and_tells_who_uses_it(lab: Lab) -> None:
    group = lab.made("networkSecurityGroups/nsg")
    lab.network("hub")
    lab.made(
        "virtualNetworks/hub/subnets/s",
        {"addressPrefix": "10.0.0.0/24", "networkSecurityGroup": {"id": group["id"]}},
    )
    card = [configuration(lab.id("virtualNetworks/hub/subnets/s"))]
    lab.made(
        "networkInterfaces/card", {"ipConfigurations": card, "networkSecurityGroup": {"id": group["id"]}}
    )
    shown = lab.get("networkSecurityGroups/nsg")["properties"]
    assert shown["subnets"] == [{"id": lab.id("virtualNetworks/hub/subnets/s")}]
    assert shown["networkInterfaces"] == [{"id": lab.id("networkInterfaces/card")}]
    code, message = error(lab.delete("networkSecurityGroups/nsg"))[1:]
    assert code == "InUseNetworkSecurityGroupCannotBeDeleted"
    assert "networkInterfaces/card" in message
    lab.delete("networkInterfaces/card")
    lab.delete("virtualNetworks/hub")
    assert lab.delete("networkSecurityGroups/nsg").status_code == 202


def test_bastions_subnet_wants_all_of_bastions_rules(lab: Lab) -> None:
    lab.network("hub")
    group = lab.made("networkSecurityGroups/nsg")
    body = {"addressPrefix": "10.0.9.0/26", "networkSecurityGroup": {"id": group["id"]}}
    bastion = "virtualNetworks/hub/subnets/AzureBastionSubnet"
    assert error(lab.put(bastion, body))[1] == "NetworkSecurityGroupNotCompliantForAzureBastionSubnet"
    needed = [(one["name"], _as_rule(one)) for one in facts(_DATA)["bastion"]]
    for name, properties in needed[:-1]:
        lab.made(f"networkSecurityGroups/nsg/securityRules/{name}", properties)
    assert error(lab.put(bastion, body))[1] == "NetworkSecurityGroupNotCompliantForAzureBastionSubnet"
    lab.made(f"networkSecurityGroups/nsg/securityRules/{needed[-1][0]}", needed[-1][1])
    assert lab.put(bastion, body).status_code == 201
    table = lab.made("routeTables/routes")
    with_table = {"addressPrefix": "10.0.9.0/26", "routeTable": {"id": table["id"]}}
    assert error(lab.put(bastion, with_table))[1] == "RouteTableCannotBeAttachedForAzureBastionSubnet"


def _as_rule(one: dict[str, Any]) -> dict[str, Any]:
    """A rule of the guides' table as Azure takes it."""
    made = rule(
        one["priority"],
        one["direction"],
        access=one["access"],
        protocol=one["protocol"],
        sourceAddressPrefix=one["source"],
        destinationAddressPrefix=one["destination"],
        destinationPortRanges=one["destinationPort"],
    )
    return {name: value for name, value in made.items() if name != "destinationPortRange"}


def test_route_tables_and_their_routes(lab: Lab) -> None:
    table = lab.made("routeTables/routes")
    appliance = {
        "addressPrefix": "0.0.0.0/0",
        "nextHopType": "VirtualAppliance",
        "nextHopIpAddress": "10.0.0.4",
    }
    made = lab.made("routeTables/routes/routes/out", appliance)
    assert made["properties"]["hasBgpOverride"] is False
    one = "routeTables/routes/routes/one"
    refusals = {
        "InvalidNextHopIpAddress": {"addressPrefix": "10.0.0.0/8", "nextHopType": "VirtualAppliance"},
        "NextHopIpAddressNotAllowed": {
            "addressPrefix": "10.0.0.0/8",
            "nextHopType": "Internet",
            "nextHopIpAddress": "10.0.0.4",
        },
        "InvalidAddressPrefixFormat": {"addressPrefix": "10.0.0.0/99", "nextHopType": "Internet"},
        "InvalidRequestFormat": {"addressPrefix": "10.0.0.0/8", "nextHopType": "Moon"},
        "RouteConflict": {"addressPrefix": "0.0.0.0/0", "nextHopType": "Internet"},
    }
    assert {code: error(lab.put(one, body))[1] for code, body in refusals.items()} == {
        code: code for code in refusals
    }
    lab.network("hub")
    lab.made(
        "virtualNetworks/hub/subnets/s", {"addressPrefix": "10.0.0.0/24", "routeTable": {"id": table["id"]}}
    )
    assert lab.get("routeTables/routes")["properties"]["subnets"] == [
        {"id": lab.id("virtualNetworks/hub/subnets/s")}
    ]
    assert error(lab.delete("routeTables/routes"))[1:] == (
        "InUseRouteTableCannotBeDeleted",
        "Route table routes is in use and cannot be deleted.",
    )
