"""Security groups against practice Azure: verdicts, rules that are added, and rules of others."""

from __future__ import annotations

from tests.guides.hopsworks.cluster_support import (
    errors,
    keys,
    make_group,
    make_network,
    resource,
    said,
    walk,
)
from wizard.azure.session import Azure
from wizard.guide import Severity
from wizard.network.rules import Rule

DENY_WEB = Rule("DenyWeb", "Inbound", 200, "Deny", "*", ports=("80", "443"))


async def test_a_new_group_says_which_rule_decides(azure: Azure) -> None:
    walkthrough = walk(azure, vnet_mode="new", nsg_mode="new", nsg_name="fresh-nsg")
    told = said(await walkthrough.check("nsg_name"), Severity.OK)
    assert "80/tcp from Internet: allowed by AllowHttpLetsEncrypt, priority 100." in told
    assert "443/tcp from Internet: allowed by AllowHttpsUi, priority 110." in told
    assert "443/tcp to Internet: allowed by AllowInternetOutBound, priority 65001." in told


async def test_what_lacks_in_an_existing_group_is_added_before_the_deny(azure: Azure) -> None:
    await make_group(azure, "strict", DENY_WEB)
    walkthrough = walk(azure, nsg_mode="existing", nsg_name="strict")
    found = await walkthrough.check("nsg_name")
    assert not errors(found), said(found, Severity.ERROR)
    assert "To be added: AllowHttpLetsEncrypt, AllowHttpsUi." in said(found, Severity.OK)
    plan = walkthrough.plan()
    assert keys(plan) == ["rule_lets_encrypt", "rule_ui"]
    rule = resource(plan, "rule_ui")
    assert rule.name == "strict/AllowHttpsUi"
    assert rule.body["properties"]["priority"] < 200
    walkthrough.go_to("L2")
    drawn = await walkthrough.draw()
    assert drawn is not None
    assert "80/tcp from Internet          allowed   100 AllowHttpLetsEncrypt" in drawn.text


async def test_without_adding_the_denial_is_told_with_rule_and_priority(azure: Azure) -> None:
    await make_group(azure, "left-alone", DENY_WEB)
    walkthrough = walk(azure, nsg_mode="existing", nsg_name="left-alone", nsg_add_rules=False)
    told = said(await walkthrough.check("nsg_name"), Severity.ERROR)
    assert "80/tcp from Internet: DENIED by DenyWeb, priority 200." in told
    assert "443/tcp from Internet: DENIED by DenyWeb, priority 200." in told
    assert keys(walkthrough.plan()) == []


async def test_outbound_443_denied_and_shadowed_rules_are_told(azure: Azure) -> None:
    out = Rule("NoOut", "Outbound", 300, "Deny", "*", destinations=("Internet",))
    behind = Rule("Late", "Inbound", 210, "Allow", "Tcp", ports=("443",))
    await make_group(azure, "closed", out, DENY_WEB, behind)
    walkthrough = walk(azure, nsg_mode="existing", nsg_name="closed")
    found = await walkthrough.check("nsg_name")
    assert "443/tcp to Internet: DENIED by NoOut, priority 300." in said(found, Severity.ERROR)
    assert "Late (210) never decides: DenyWeb (200) comes first" in said(found, Severity.WARNING)


async def test_a_deny_at_the_first_priority_leaves_no_place(azure: Azure) -> None:
    await make_group(azure, "wall", Rule("First", "Inbound", 100, "Deny", "*"))
    walkthrough = walk(azure, nsg_mode="existing", nsg_name="wall")
    told = said(await walkthrough.check("nsg_name"), Severity.ERROR)
    assert "No free priority comes before what denies AllowHttpLetsEncrypt." in told


async def test_a_group_in_another_region_is_refused(azure: Azure) -> None:
    await make_group(azure, "abroad", location="northeurope")
    walkthrough = walk(azure, nsg_mode="existing", nsg_name="abroad")
    assert "The security group abroad is in northeurope, cluster in westeurope." in said(
        await walkthrough.check("nsg_name"), Severity.ERROR
    )


async def test_rules_of_others_are_never_taken_away(azure: Azure) -> None:
    await make_group(azure, "theirs", Rule("Theirs", "Inbound", 300, "Allow", "Tcp", ports=("22",)))
    walkthrough = walk(azure, nsg_mode="new", nsg_name="theirs")
    found = errors(await walkthrough.check("nsg_name"))[0]
    assert found.what == "A security group theirs is there already, with rules of others (Theirs)."
    assert found.rule == "Writing it anew would take these rules away."


async def test_the_subnets_own_group_has_to_let_it_pass_too(azure: Azure) -> None:
    guard = await make_group(azure, "guard", DENY_WEB)
    held = {"addressPrefix": "10.7.0.0/24", "networkSecurityGroup": {"id": guard}}
    await make_network(azure, "guarded", "10.7.0.0/16", inner=held)
    walkthrough = walk(
        azure, vnet_mode="existing", vnet_name="guarded", subnet_name="inner", nsg_name="own-nsg"
    )
    walkthrough.go_to("L1")
    await walkthrough.check_step()
    told = said(await walkthrough.check("nsg_name"), Severity.ERROR)
    assert "80/tcp from Internet: DENIED by guard/DenyWeb, priority 200." in told


async def test_service_rules_find_a_place_in_an_existing_group(azure: Azure) -> None:
    await make_group(azure, "busy", Rule("Mine", "Inbound", 120, "Allow", "Tcp", ports=("9000",)))
    walkthrough = walk(
        azure,
        nsg_mode="existing",
        nsg_name="busy",
        permission_profile="limited",
        ports_from_ui=False,
        open_ssh=True,
        open_kafka=True,
        client_cidr="203.0.113.0/24",
    )
    assert "AllowSsh=121 AllowKafka=150" in said(await walkthrough.check("client_cidr"), Severity.OK)
    plan = walkthrough.plan()
    assert resource(plan, "rule_ssh").body["properties"]["sourceAddressPrefix"] == "203.0.113.0/24"
    assert resource(plan, "rule_kafka").body["properties"]["priority"] == 150


async def test_a_group_that_guards_others_too_is_told(azure: Azure) -> None:
    both = await make_group(azure, "both", DENY_WEB)
    held = {"addressPrefix": "10.8.0.0/24", "networkSecurityGroup": {"id": both}}
    await make_network(azure, "neighbours", "10.8.0.0/16", theirs=held)
    walkthrough = walk(azure, nsg_mode="existing", nsg_name="both")
    told = said(await walkthrough.check("nsg_name"), Severity.WARNING)
    assert "It also guards neighbours/theirs: the new rules hold there too." in told


async def test_restricting_in_an_existing_group_adds_the_allows_before_the_deny(azure: Azure) -> None:
    wide = Rule("AllOut", "Outbound", 1000, "Allow", "*")
    await make_group(azure, "leaky", wide)
    walkthrough = walk(
        azure,
        nsg_mode="existing",
        nsg_name="leaky",
        restrict_outbound=True,
        static_ips="20.31.0.1 20.31.0.2",
        user_mgmt="disabled",
    )
    found = await walkthrough.check("nsg_name")
    assert not errors(found), said(found, Severity.ERROR)
    assert "443/tcp to 20.31.0.1: allowed by AllowHopsworks, priority 200." in said(found, Severity.OK)
    assert "443/tcp to Storage.westeurope: allowed by AllowStorage, priority 210." in said(found, Severity.OK)
    plan = walkthrough.plan()
    assert resource(plan, "rule_denyinternet").body["properties"]["priority"] == 999


async def test_a_deny_of_everything_gets_the_machines_own_rule_before_it(azure: Azure) -> None:
    await make_group(azure, "lonely", Rule("DenyAll", "Inbound", 4000, "Deny", "*"))
    walkthrough = walk(azure, nsg_mode="existing", nsg_name="lonely")
    found = await walkthrough.check("nsg_name")
    assert not errors(found), said(found, Severity.ERROR)
    assert "8020/tcp from VirtualNetwork: allowed by AllowClusterNodes, priority 180." in said(
        found, Severity.OK
    )


async def test_a_rule_of_our_name_with_another_meaning_is_told_before_it_is_changed(azure: Azure) -> None:
    await make_group(
        azure,
        "namesake",
        Rule("AllowHttpsUi", "Inbound", 300, "Allow", "Tcp", ("10.9.0.0/16",), ports=("443",)),
    )
    walkthrough = walk(azure, nsg_mode="existing", nsg_name="namesake")
    told = said(await walkthrough.check("nsg_name"), Severity.WARNING)
    assert "The rule AllowHttpsUi is there already (allows 443, 10.9.0.0/16)." in told
    assert resource(walkthrough.plan(), "rule_ui").updates
