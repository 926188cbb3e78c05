"""Which rule decides: a table of cases in Azure's evaluation order, and the groups of the facts file."""

from __future__ import annotations

import json
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest

from wizard.network.deciding import Place, decide, shadowed, tag_holds
from wizard.network.rules import (
    DEFAULTS,
    IN,
    OUT,
    Access,
    Need,
    Rule,
    free_priority,
    rules_of,
    with_defaults,
    wrong_priority,
)

FACTS = Path(__file__).parents[2] / "../shared/guides/data/nsg.json"
PLACE = Place((IPv4Network("10.0.0.0/16"),), (IPv4Network("10.0.0.0/24"),))
WEB = Need(80, "Internet")


def rule(name: str, priority: int, access: str = "Allow", **more: Any) -> Rule:
    given: dict[str, Any] = {"protocol": "Tcp", "ports": ("80",), **more}
    return Rule(name, given.pop("direction", IN), priority, access, **given)


CASES: list[tuple[str, list[Rule], Need, Access, str]] = [
    ("nothing but the defaults", [], WEB, Access.DENIED, "DenyAllInBound"),
    ("within the network", [], Need(8020, "VirtualNetwork"), Access.ALLOWED, "AllowVnetInBound"),
    ("the load balancer", [], Need(80, "AzureLoadBalancer"), Access.ALLOWED, "AllowAzureLoadBalancerInBound"),
    ("out to the Internet", [], Need(443, "Internet", OUT), Access.ALLOWED, "AllowInternetOutBound"),
    ("an allow", [rule("a", 100)], WEB, Access.ALLOWED, "a"),
    ("lower number first", [rule("a", 200), rule("d", 100, "Deny")], WEB, Access.DENIED, "d"),
    ("the other order", [rule("a", 100), rule("d", 200, "Deny")], WEB, Access.ALLOWED, "a"),
    ("another port", [rule("a", 100, ports=("443",))], WEB, Access.DENIED, "DenyAllInBound"),
    ("a range of ports", [rule("a", 100, ports=("1-79", "80-90"))], WEB, Access.ALLOWED, "a"),
    ("another protocol", [rule("a", 100, protocol="Udp")], WEB, Access.DENIED, "DenyAllInBound"),
    ("any protocol", [rule("d", 100, "Deny", protocol="*", ports=("*",))], WEB, Access.DENIED, "d"),
    ("another direction", [rule("d", 100, "Deny", direction=OUT)], WEB, Access.DENIED, "DenyAllInBound"),
    ("source Internet", [rule("a", 100, sources=("Internet",))], WEB, Access.ALLOWED, "a"),
    ("source 0.0.0.0/0", [rule("a", 100, sources=("0.0.0.0/0",))], WEB, Access.ALLOWED, "a"),
    (
        "two halves of the world",
        [rule("a", 100, sources=("0.0.0.0/1", "128.0.0.0/1"))],
        WEB,
        Access.ALLOWED,
        "a",
    ),
    ("a private source", [rule("a", 100, sources=("10.0.0.0/8",))], WEB, Access.DENIED, "DenyAllInBound"),
    ("one part allowed", [rule("a", 100, sources=("203.0.113.0/24",))], WEB, Access.PARTLY, "DenyAllInBound"),
    (
        "a person's own range",
        [rule("a", 100, sources=("203.0.113.0/24",))],
        Need(80, "203.0.113.0/25"),
        Access.ALLOWED,
        "a",
    ),
    ("the subnet as destination", [rule("a", 100, destinations=("10.0.0.0/24",))], WEB, Access.ALLOWED, "a"),
    ("a wider destination", [rule("a", 100, destinations=("10.0.0.0/8",))], WEB, Access.ALLOWED, "a"),
    (
        "the network as destination",
        [rule("a", 100, destinations=("VirtualNetwork",))],
        WEB,
        Access.ALLOWED,
        "a",
    ),
    (
        "a part of the subnet",
        [rule("a", 100, destinations=("10.0.0.4/32",))],
        WEB,
        Access.DENIED,
        "DenyAllInBound",
    ),
    ("one source port", [rule("a", 100, source_ports=("1000",))], WEB, Access.DENIED, "DenyAllInBound"),
    (
        "no way out",
        [rule("d", 100, "Deny", direction=OUT, protocol="*", ports=("*",), destinations=("Internet",))],
        Need(443, "Internet", OUT),
        Access.DENIED,
        "d",
    ),
    (
        "a tag that holds another",
        [
            rule("a", 100, direction=OUT, ports=("443",), destinations=("Storage",)),
            rule("d", 200, "Deny", direction=OUT, ports=("*",), destinations=("Internet",)),
        ],
        Need(443, "Storage.westeurope", OUT),
        Access.ALLOWED,
        "a",
    ),
    (
        "a tag of another region",
        [
            rule("a", 100, direction=OUT, ports=("443",), destinations=("Storage.northeurope",)),
            rule("d", 200, "Deny", direction=OUT, ports=("*",), destinations=("Internet",)),
        ],
        Need(443, "Storage.westeurope", OUT),
        Access.DENIED,
        "d",
    ),
]


@pytest.mark.parametrize(
    ("rules", "need", "access", "by"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_the_first_rule_that_matches_decides(rules: list[Rule], need: Need, access: Access, by: str) -> None:
    verdict = decide(with_defaults(rules), need, PLACE)
    assert (verdict.access, verdict.rule.name) == (access, by)


def test_a_verdict_says_port_far_end_rule_and_priority() -> None:
    verdict = decide(with_defaults([rule("AllowHttpLetsEncrypt", 100)]), WEB, PLACE)
    assert verdict.sentence == "80/tcp from Internet: allowed by AllowHttpLetsEncrypt, priority 100"


def test_what_decides_about_a_part_is_told_beside_it() -> None:
    rules = [rule("block", 100, "Deny", sources=("198.51.100.0/24",)), rule("all", 200)]
    verdict = decide(with_defaults(rules), WEB, PLACE)
    assert verdict.access is Access.PARTLY
    assert verdict.rule.name == "all"
    assert [one.name for one in verdict.besides] == ["block"]
    assert "block (100, denies)" in verdict.sentence


def test_a_deny_of_a_tag_we_cannot_list_is_told_as_a_doubt() -> None:
    rules = [rule("d", 100, "Deny", sources=("AzureCloud",)), rule("a", 200)]
    verdict = decide(with_defaults(rules), WEB, PLACE)
    assert verdict.ok
    assert [one.name for one in verdict.besides] == ["d"]


def test_a_network_that_is_not_known_yet_still_lets_its_own_machines_pass() -> None:
    verdict = decide(with_defaults([rule("a", 100)]), Need(8020, "VirtualNetwork"), Place())
    assert (verdict.access, verdict.rule.name) == (Access.ALLOWED, "AllowVnetInBound")


def test_peered_networks_count_as_the_virtual_network() -> None:
    wide = Place((*PLACE.network, IPv4Network("10.9.0.0/16")), PLACE.subnet)
    need = Need(22, "10.9.1.0/24")
    assert decide(DEFAULTS, need, PLACE).access is Access.DENIED
    assert decide(DEFAULTS, need, wide).access is Access.ALLOWED


@pytest.mark.parametrize(
    ("wider", "tag", "holds"),
    [
        ("Storage", "Storage.westeurope", True),
        ("Storage.westeurope", "Storage", False),
        ("AzureCloud", "Storage.westeurope", True),
        ("AzureCloud.westeurope", "Storage.westeurope", True),
        ("AzureCloud.northeurope", "Storage.westeurope", False),
        ("Internet", "AzureActiveDirectory", True),
        ("Sql", "Storage", False),
    ],
)
def test_service_tags_hold_each_other(wider: str, tag: str, holds: bool) -> None:
    assert tag_holds(wider, tag) is holds


def test_a_rule_behind_a_wider_one_is_shadowed() -> None:
    rules = with_defaults(
        [
            rule("wide", 100, "Deny", protocol="*", ports=("*",)),
            rule("lost", 110),
            rule("out", 100, direction=OUT),
        ]
    )
    found = shadowed(rules, PLACE)
    assert [(one.rule.name, one.by.name) for one in found] == [("lost", "wide")]
    assert found[0].sentence == "lost (110) never decides: wide (100) comes first and says the opposite."


def test_a_rule_that_covers_a_little_more_is_not_shadowed() -> None:
    rules = [
        rule("a", 100, ports=("80",), sources=("10.0.0.0/8",)),
        rule("b", 110, ports=("80-81",), sources=("10.0.0.0/8",)),
    ]
    assert shadowed(with_defaults(rules), PLACE) == ()


def test_priorities_are_100_to_4096_and_once_per_direction() -> None:
    rules = with_defaults([rule("aml", 410)])
    assert wrong_priority(410, rules, IN) == "Priority 410 is already used by “aml”."
    assert wrong_priority(410, rules, OUT) == ""
    assert wrong_priority(99, rules, IN) == "Priority 99 is not between 100 and 4096."
    assert wrong_priority(4097, rules, IN) == "Priority 4097 is not between 100 and 4096."


def test_a_free_priority_comes_before_what_denies() -> None:
    taken = [rule(f"r{n}", n) for n in (100, 101, 102)]
    assert free_priority(taken, IN, 100) == 103
    assert free_priority(taken, IN, 100, before=104) == 103
    assert free_priority([*taken, rule("r103", 103)], IN, 110, before=104) is None
    assert free_priority([rule("d", 120)], IN, 200, before=120) == 119


def _facts() -> dict[str, Any]:
    if not FACTS.is_file():
        pytest.skip("the facts file of network rules is not here")
    found: dict[str, Any] = json.loads(FACTS.read_text("utf-8"))
    return found


def _group(rules: list[dict[str, Any]]) -> list[Rule]:
    return [
        Rule(
            one["name"],
            one["direction"],
            one["priority"],
            one["access"],
            one["protocol"],
            (
                one["source"]
                .replace("{client range or Internet}", "Internet")
                .replace("{region}", "westeurope"),
            ),
            (one["sourcePort"],),
            (one["destination"].replace("{region}", "westeurope"),),
            tuple(one["destinationPort"]),
        )
        for one in rules
    ]


def test_our_default_rules_are_azures() -> None:
    assert set(_group(_facts()["azure_default_rules"])) == set(DEFAULTS)


def test_the_facts_rules_of_hopsworks_let_80_and_443_in() -> None:
    rules = with_defaults(_group(_facts()["hopsworks"]))
    assert decide(rules, WEB, PLACE).sentence.endswith("allowed by AllowHttpLetsEncrypt, priority 100")
    assert decide(rules, Need(443, "Internet"), PLACE).sentence.endswith(
        "allowed by AllowHttpsUi, priority 110"
    )
    assert decide(rules, Need(22, "Internet"), PLACE).access is Access.DENIED


@pytest.mark.parametrize(
    ("group", "need", "access", "by"),
    [
        ("seed002_ws1103nsg", Need(44224, "AzureMachineLearning"), Access.ALLOWED, "aml"),
        ("seed002_ws1103nsg", Need(29876, "BatchNodeManagement"), Access.ALLOWED, "batch"),
        ("seed002_ws1103nsg", Need(44224, "Internet"), Access.DENIED, "DenyAllInBound"),
        (
            "aml_current_outbound_no_internet",
            Need(443, "Storage.westeurope", OUT),
            Access.ALLOWED,
            "AllowStorage",
        ),
        (
            "aml_current_outbound_no_internet",
            Need(443, "AzureResourceManager", OUT),
            Access.ALLOWED,
            "AllowArm",
        ),
        ("aml_current_outbound_no_internet", Need(443, "203.0.113.9", OUT), Access.DENIED, "DenyInternet"),
        ("aml_current_outbound_no_internet", Need(443, "Internet", OUT), Access.DENIED, "DenyInternet"),
        ("bastion", Need(443, "Internet"), Access.ALLOWED, "AllowInboundInternet"),
        ("bastion", Need(443, "GatewayManager"), Access.ALLOWED, "AllowInboundInternet"),
        ("bastion", Need(22, "VirtualNetwork", OUT), Access.ALLOWED, "AllowOutboundSshRdp"),
        ("privateaml_shared_real", Need(44224, "Internet"), Access.ALLOWED, "allow-AzureML-inbound"),
        ("privateaml_shared_real", Need(445, "Storage", OUT), Access.ALLOWED, "allow-Outbound-Storage-445"),
    ],
)
def test_the_groups_of_the_facts_file(group: str, need: Need, access: Access, by: str) -> None:
    verdict = decide(with_defaults(_group(_facts()[group])), need, PLACE)
    assert (verdict.access, verdict.rule.name) == (access, by)


def test_rules_are_read_from_arm_and_written_back_the_same() -> None:
    rules = [
        rule("one", 100, sources=("203.0.113.0/24",)),
        rule("many", 110, sources=("203.0.113.0/24", "198.51.100.0/24"), ports=("80", "443-444")),
        rule("out", 100, "Deny", direction=OUT, protocol="*", destinations=("Internet",)),
    ]
    read = rules_of({"properties": {"securityRules": [one.body for one in rules]}})
    assert [one for one in read if one.priority < 65000] == rules
    assert all(one in read for one in DEFAULTS)


def test_application_security_groups_are_no_addresses() -> None:
    body = {
        "name": "asg",
        "properties": {
            "direction": "Inbound",
            "priority": 100,
            "access": "Allow",
            "protocol": "Tcp",
            "sourceApplicationSecurityGroups": [{"id": "/x/y/applicationSecurityGroups/web"}],
            "destinationAddressPrefix": "*",
            "sourcePortRange": "*",
            "destinationPortRange": "80",
        },
    }
    rules = rules_of({"properties": {"securityRules": [body]}})
    assert rules[0].sources == ("asg:web",)
    assert decide(rules, WEB, PLACE).access is Access.DENIED
