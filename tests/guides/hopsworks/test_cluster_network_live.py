"""Virtual networks and subnets against practice Azure: what fits, what does not, and what is told about it."""

from __future__ import annotations

from tests.guides.hopsworks.cluster_support import (
    errors,
    keys,
    make_network,
    resource,
    said,
    walk,
)
from wizard.azure.session import Azure
from wizard.guide import Severity


async def test_a_new_network_is_checked_and_drawn(azure: Azure) -> None:
    walkthrough = walk(azure, vnet_mode="new", vnet_name="fresh")
    walkthrough.go_to("L1")
    found = await walkthrough.check_step()
    assert not errors(found), said(found, Severity.ERROR)
    drawn = await walkthrough.draw()
    assert drawn is not None
    assert "✓ needs 3, has 251" in drawn.text
    assert keys(walkthrough.plan()) == ["nsg", "nat_ip", "nat", "vnet"]


async def test_without_a_network_of_ones_own_nothing_is_made(azure: Azure) -> None:
    walkthrough = walk(azure)
    walkthrough.go_to("L1")
    assert not errors(await walkthrough.check_step())
    drawn = await walkthrough.draw()
    assert drawn is not None
    assert "Hopsworks makes the network itself" in drawn.text
    assert keys(walkthrough.plan()) == []


async def test_a_small_subnet_is_refused_with_the_numbers(azure: Azure) -> None:
    walkthrough = walk(azure, vnet_mode="new", vnet_name="small", subnet_cidr="10.0.0.0/29", worker_count=8)
    found = await walkthrough.check("subnet_cidr")
    assert errors(found)[0].sentence == (
        "/29 leaves 3 addresses; this cluster needs 10. One for each machine, 10 in all; Azure keeps 5 of each subnet. "
        "/28 is the smallest that has room."
    )


async def test_a_subnet_outside_of_the_network_is_refused(azure: Azure) -> None:
    walkthrough = walk(azure, vnet_mode="new", vnet_name="apart", subnet_cidr="10.9.0.0/24")
    assert "10.9.0.0/24 is not inside the network (10.0.0.0/16)." in said(
        await walkthrough.check("subnet_cidr"), Severity.ERROR
    )


async def test_with_aks_the_docker_bridge_is_refused(azure: Azure) -> None:
    walkthrough = walk(azure, vnet_mode="new", vnet_cidr="172.17.0.0/16", use_aks=True)
    assert "172.17.0.0/16 collides with the Docker bridge" in said(
        await walkthrough.check("vnet_cidr"), Severity.ERROR
    )
    walkthrough.record("use_aks", raw=False)
    assert not errors(await walkthrough.check("vnet_cidr"))


async def test_a_network_that_is_there_is_never_written_anew(azure: Azure) -> None:
    await make_network(azure, "taken", "10.0.0.0/16", default="10.0.0.0/24", others="10.0.1.0/24")
    walkthrough = walk(azure, vnet_mode="new", vnet_name="taken", vnet_cidr="10.0.0.0/8")
    found = errors(await walkthrough.check("vnet_name"))[0]
    assert found.what == "A virtual network taken is there already, and made otherwise."
    assert found.mend == "Answer “existing” to use it, or choose another name."
    walkthrough.record("vnet_cidr", "10.0.0.0/16")
    assert "it holds more by now" in said(await walkthrough.check("vnet_name"), Severity.OK)
    assert "vnet" not in keys(walkthrough.plan())


async def test_an_existing_network_is_picked_and_its_rooms_are_told(azure: Azure) -> None:
    fixed = {"addressPrefix": "10.1.9.0/26"}
    delegated = {
        "addressPrefix": "10.1.3.0/24",
        "delegations": [{"name": "d", "properties": {"serviceName": "Microsoft.Web/serverFarms"}}],
    }
    await make_network(
        azure,
        "house",
        "10.1.0.0/16",
        wide="10.1.0.0/24",
        tiny="10.1.1.0/29",
        web=delegated,
        AzureBastionSubnet=fixed,
    )
    walkthrough = walk(azure, vnet_mode="existing", vnet_name="house", worker_count=8)
    assert "house" in [choice.value for choice in await walkthrough.choices("vnet_name")]
    refusals = {choice.value: choice.refusal for choice in await walkthrough.choices("subnet_name")}
    assert refusals["wide"] == ""
    assert refusals["tiny"] == "/29 leaves 3 addresses; this cluster needs 10."
    assert refusals["web"] == "web is delegated to Microsoft.Web/serverFarms: no machines may stand in it."
    assert "AzureBastionSubnet is reserved" in refusals["AzureBastionSubnet"]
    for name in ("tiny", "web"):
        walkthrough.record("subnet_name", name)
        assert errors(await walkthrough.check("subnet_name"))
    walkthrough.record("subnet_name", "wide")
    walkthrough.go_to("L1")
    found = await walkthrough.check_step()
    assert not errors(found), said(found, Severity.ERROR)
    assert walkthrough.answers["vnet_reach"] == "10.1.0.0/16"
    drawn = await walkthrough.draw()
    assert drawn is not None
    assert "tiny" in drawn.text
    assert keys(walkthrough.plan()) == ["nsg"]
    assert "virtual network house" in [kept.label for kept in walkthrough.plan().kept]


async def test_a_new_subnet_in_an_existing_network_takes_the_first_free_range(azure: Azure) -> None:
    await make_network(azure, "shared", "10.2.0.0/16", one="10.2.0.0/24", two="10.2.1.0/25")
    walkthrough = walk(azure, vnet_mode="existing", vnet_name="shared", subnet_name="cluster")
    walkthrough.go_to("L1")
    await walkthrough.check_step()
    assert walkthrough.answers.text("subnet_cidr") == "10.2.2.0/24"
    assert walkthrough.answers.text("outbound") == "natGateway"
    assert not errors(await walkthrough.check_step())
    plan = walkthrough.plan()
    assert keys(plan) == ["nsg", "nat_ip", "nat", "subnet"]
    assert resource(plan, "subnet").name == "shared/cluster"
    walkthrough.record("subnet_cidr", "10.2.1.0/24")
    found = errors(await walkthrough.check("subnet_cidr"))[0]
    assert found.sentence == "Overlaps two (10.2.1.0/25). 10.2.2.0/24 is free."


async def test_a_network_in_another_region_is_refused(azure: Azure) -> None:
    await make_network(azure, "north", "10.3.0.0/16", location="northeurope", one="10.3.0.0/24")
    walkthrough = walk(azure, vnet_mode="existing", vnet_name="north")
    assert "is in northeurope, cluster in westeurope." in said(
        await walkthrough.check("vnet_name"), Severity.ERROR
    )


async def test_a_subnet_that_overlaps_a_peered_network_is_refused(azure: Azure) -> None:
    one = await make_network(azure, "left", "10.4.0.0/16", a="10.4.0.0/24")
    other = await make_network(azure, "right", "10.5.0.0/16", a="10.5.0.0/24")
    peering = {"properties": {"remoteVirtualNetwork": {"id": other}, "allowVirtualNetworkAccess": True}}
    await azure.arm.write(f"{one}/virtualNetworkPeerings/p", "2024-05-01", peering)
    walkthrough = walk(azure, vnet_mode="existing", vnet_name="left", subnet_name="new")
    await walkthrough.check("vnet_name")
    assert "10.5.0.0/16" in walkthrough.answers.text("vnet_reach")
    drawn = await walkthrough.guide.steps[[s.number for s in walkthrough.guide.steps].index("L1")].drawing(  # type: ignore[misc]  # the step has one
        walkthrough._asking(azure)
    )
    assert "peered network right (10.5.0.0/16): no overlap" in drawn.text


async def test_a_private_subnet_has_no_way_out(azure: Azure) -> None:
    private = {"addressPrefix": "10.6.0.0/24", "defaultOutboundAccess": False}
    await make_network(azure, "shut", "10.6.0.0/16", private=private, old="10.6.1.0/24")
    walkthrough = walk(
        azure, vnet_mode="existing", vnet_name="shut", subnet_name="private", outbound="existing"
    )
    assert "no NAT gateway, no route table" in said(await walkthrough.check("outbound"), Severity.ERROR)
    walkthrough.record("subnet_name", "old")
    assert "Only Azure's default outbound access" in said(
        await walkthrough.check("outbound"), Severity.WARNING
    )


async def test_hopsworks_role_does_not_reach_another_group(azure: Azure) -> None:
    walkthrough = walk(azure, vnet_mode="new", vnet_resource_group="rg-vision")
    what = "Role not assigned in group rg-vision: Hopsworks will not see the VNet."
    assert what in said(await walkthrough.check("vnet_resource_group"), Severity.WARNING)
    walkthrough.record("scope_kind", "subscription")
    assert "whole subscription" in said(await walkthrough.check("vnet_resource_group"), Severity.OK)
    walkthrough.record("vnet_resource_group", "nowhere")
    assert "Group nowhere does not exist." in said(
        await walkthrough.check("vnet_resource_group"), Severity.ERROR
    )


async def test_a_range_that_another_network_has_is_told_with_one_that_is_free(azure: Azure) -> None:
    await make_network(azure, "elsewhere", "10.200.0.0/16", a="10.200.0.0/24")
    walkthrough = walk(azure, vnet_mode="new", vnet_name="twin", vnet_cidr="10.200.0.0/16")
    told = said(await walkthrough.check("vnet_cidr"), Severity.INFO)
    assert "Overlaps the network elsewhere (10.200.0.0/16) of this subscription." in told
    assert "is nobody's yet." in told
