"""The cluster's chapters as pure functions: the plan, the sheet, and the tick list."""

from __future__ import annotations

import pytest

from tests.guides.hopsworks.cluster_support import (
    GROUP_ID,
    answers_of,
    keys,
    plan_of,
    resource,
)
from wizard.answers import Value
from wizard.guides.hopsworks import GUIDE, cluster
from wizard.guides.hopsworks.cluster_manual import ticks
from wizard.guides.hopsworks.network_rules import base_rules, needs
from wizard.plan import Ref

LIMITED: dict[str, Value] = {"permission_profile": "limited"}


def test_the_defaults_follow_the_switches() -> None:
    whole, limited = answers_of(), answers_of(None, **LIMITED)
    assert (whole.text("vnet_mode"), limited.text("vnet_mode")) == ("automatic", "new")
    assert (whole.text("nsg_mode"), limited.text("nsg_mode")) == ("automatic", "new")
    alone = answers_of(None, **LIMITED, public_ip=False, managed_users=False)
    assert (alone["attach_public_ip"], alone["lets_encrypt"], alone["user_mgmt"]) == (
        False,
        False,
        "disabled",
    )


def test_switches_of_the_second_document_count_only_where_it_is_followed() -> None:
    assert answers_of(public_ip=False)["attach_public_ip"] is True


def test_a_new_network_refers_to_its_group_and_its_way_out() -> None:
    plan = plan_of(vnet_mode="new")
    assert keys(plan) == ["nsg", "nat_ip", "nat", "vnet"]
    inner = resource(plan, "vnet").body["properties"]["subnets"][0]["properties"]
    assert inner["networkSecurityGroup"] == {"id": Ref("nsg", "id")}
    assert inner["natGateway"] == {"id": Ref("nat", "id")}
    assert inner["defaultOutboundAccess"] is False
    assert inner["serviceEndpoints"] == [{"service": "Microsoft.Storage"}]
    assert resource(plan, "nat").body["properties"]["publicIpAddresses"] == [{"id": Ref("nat_ip", "id")}]
    assert resource(plan, "nat_ip").body["sku"] == {"name": "Standard"}
    assert {one.deploy_at for one in plan.resources if one.key in {"nsg", "vnet"}} == {GROUP_ID}
    assert {output.name for output in plan.outputs} >= {"HOPSWORKS_VNET", "HOPSWORKS_SUBNET", "HOPSWORKS_NSG"}


def test_the_rules_of_a_new_group_are_those_of_the_facts_with_all_eight_fields() -> None:
    rules = resource(plan_of(vnet_mode="new"), "nsg").body["properties"]["securityRules"]
    assert [(one["name"], one["properties"]["priority"]) for one in rules] == [
        ("AllowHttpLetsEncrypt", 100),
        ("AllowHttpsUi", 110),
    ]
    assert set(rules[0]["properties"]) == {
        "direction",
        "priority",
        "access",
        "protocol",
        "sourceAddressPrefix",
        "sourcePortRange",
        "destinationAddressPrefix",
        "destinationPortRange",
    }


@pytest.mark.parametrize(
    ("way", "nat", "default"),
    [("natGateway", True, False), ("defaultOutbound", False, True), ("firewall", False, False)],
)
def test_the_way_out_is_always_written(way: str, nat: bool, default: bool) -> None:
    plan = plan_of(vnet_mode="new", outbound=way)
    inner = resource(plan, "vnet").body["properties"]["subnets"][0]["properties"]
    assert ("natGateway" in inner) is nat
    assert inner["defaultOutboundAccess"] is default
    assert any(task.key == "firewall" for task in plan.manual) is (way == "firewall")


def test_restricting_with_static_addresses_writes_tags_and_a_deny() -> None:
    answers = answers_of(
        vnet_mode="new",
        restrict_outbound=True,
        static_ips="20.31.0.1,20.31.0.2",
        user_mgmt="disabled",
        use_acr=True,
    )
    rules = {rule.name: rule for rule in base_rules(answers) if not rule.inbound}
    assert rules["AllowHopsworks"].destinations == ("20.31.0.1", "20.31.0.2")
    assert rules["AllowStorage"].destinations == ("Storage.westeurope",)
    assert rules["AllowRegistry"].destinations == ("AzureContainerRegistry.westeurope",)
    assert {"AllowEntra", "AllowAzureResourceManager", "DenyInternet"} <= set(rules)
    assert next(need.peer for need in needs(answers) if need.direction == "Outbound") == "20.31.0.1"


def test_services_stand_in_a_new_group_or_as_rules_of_their_own() -> None:
    wanted: dict[str, Value] = {
        **LIMITED,
        "ports_from_ui": False,
        "open_feature_store": True,
        "client_cidr": "203.0.113.0/24",
    }
    plan = plan_of(None, **wanted)
    rules = resource(plan, "nsg").body["properties"]["securityRules"]
    assert rules[-1]["name"] == "AllowFeatureStore"
    assert rules[-1]["properties"]["destinationPortRanges"] == ["8020", "30010", "9083", "9085"]
    assert not [key for key in keys(plan) if key.startswith("rule_")]
    kept = plan_of({"service_rules": "AllowFeatureStore=131"}, **wanted, nsg_mode="existing", nsg_name="old")
    assert resource(kept, "rule_featurestore").body["properties"]["priority"] == 131
    assert plan_of(open_feature_store=True, vnet_mode="new").manual[-1].key == "services"


def test_on_the_helm_road_there_is_nothing() -> None:
    plan = plan_of(road="helm", vnet_mode="new")
    assert plan.resources == ()
    assert plan.sheet == ()


def test_the_sheet_follows_the_form() -> None:
    rows = cluster.share(answers_of(ssh_key_name="key", vnet_mode="new")).sheet
    fields = [row.field for row in rows]
    order = [
        "Location",
        "Cluster name",
        "Resource group",
        "Head instance type",
        "Storage account",
        "Container",
    ]
    assert [field for field in fields if field in order] == order
    pages = list(dict.fromkeys(row.page for row in rows))
    assert pages[:8] == [
        "General",
        "Workers",
        "SSH key",
        "Managed identity",
        "Backups",
        "Virtual network",
        "Subnet",
        "Security group",
    ]
    values = {row.field: row.value for row in rows}
    assert values["Virtual network"] == "hopsworks-vnet"
    assert values["Head instance type"] == "Standard_D8_v3"
    assert values["Retention (days)"] == "0"
    assert {row.value for row in plan_of().sheet if row.field == "Virtual network"} == {"Automatic"}


def test_the_sheet_of_the_newer_form_has_more_pages() -> None:
    rows = plan_of(
        road="managed",
        tags="Team=vision",
        init_script="#!/usr/bin/env bash\necho",
        rondb="cluster",
        autoscale=True,
    ).sheet
    values = {(row.page, row.field): row.value for row in rows}
    assert values["Tags", "Team"] == "vision"
    assert values["RonDB", "Data nodes: number"] == "2"
    assert values["Workers", "Maximum workers"] == "10"
    assert ("General", "Container registry") in values
    assert ("RonDB", "API nodes: instance type") not in values


def test_the_tick_list_tells_what_is_easily_overlooked_in_the_form() -> None:
    told = " ".join(
        ticks(answers_of(vnet_mode="new", attach_public_ip=False, use_static_ips=True, road="managed"))
    )
    for part in ("choose hopsworks-vnet and subnet default", "hopsworks-nsg", "untick Attach Public IP"):
        assert part in told
    for part in ("tick Use static IPs", "Backup retention: 0", "Container registry"):
        assert part in told


def test_what_the_second_documents_task_says_is_not_said_twice() -> None:
    plan = plan_of(None, **LIMITED, public_ip=False)
    told = {task.key: task.text for task in plan.manual}
    assert "Attach Public IP" in told["limited_form"]
    assert "Attach Public IP" not in told["cluster"]


def test_every_question_has_a_rule_and_every_switch_a_default() -> None:
    mine = [step for step in GUIDE.steps if step.number.startswith("4.") or step.number in {"L1", "L2", "5"}]
    for step in mine:
        for question in step.questions:
            assert question.rule, question.key


def test_a_network_in_another_group_is_deployed_there_and_named_in_the_files() -> None:
    plan = plan_of(vnet_mode="new", vnet_resource_group="rg-net")
    there = f"{GROUP_ID.rsplit('/', 1)[0]}/rg-net"
    assert {one.deploy_at for one in plan.resources if one.key in {"nsg", "nat_ip", "nat", "vnet"}} == {there}
    network = next(proof for proof in plan.proofs if proof.key == "network")
    assert network.arguments["network"].startswith(f"{there}/providers/")


def test_the_same_answers_give_the_same_plan() -> None:
    wanted: dict[str, Value] = {
        "vnet_mode": "new",
        "restrict_outbound": True,
        "static_ips": "20.31.0.1 20.31.0.2",
    }
    assert plan_of(None, **wanted) == plan_of(None, **wanted)
