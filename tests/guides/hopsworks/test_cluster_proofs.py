"""Proofs of the surroundings over practice Azure, ports over real sockets, and sizes that Azure withholds."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest

from tests.guides.hopsworks.cluster_support import (
    GROUP_ID,
    make_group,
    make_network,
    said,
    walk,
)
from wizard.azure.compute import _size
from wizard.azure.session import Azure
from wizard.checks import proving_cluster
from wizard.drawing import WIDTH
from wizard.guide import Severity
from wizard.network.rules import Rule
from wizard.proofs import Proving

GROUP = f"{GROUP_ID}/providers/Microsoft.Network/networkSecurityGroups"
VNET = f"{GROUP_ID}/providers/Microsoft.Network/virtualNetworks"
NEEDS = "Inbound:Tcp:80:Internet Outbound:Tcp:443:Internet"


def proving(azure: Azure, **arguments: str) -> Proving:
    nobody: Callable[[], AbstractAsyncContextManager[Azure]] = lambda: pytest.fail("signs in as nobody")  # noqa: E731
    return Proving(azure, nobody, {}, arguments)


def rules(azure: Azure, name: str, location: str = "westeurope") -> Proving:
    return proving(
        azure,
        group=f"{GROUP}/{name}",
        location=location,
        needs=NEEDS,
        network="10.0.0.0/16",
        subnet="10.0.0.0/24",
    )


async def test_rules_that_let_pass_are_named(azure: Azure) -> None:
    await make_group(azure, "open", Rule("Web", "Inbound", 100, "Allow", "Tcp", ports=("80",)))
    found = await proving_cluster.rules_let_pass(rules(azure, "open"))
    assert found.ok
    assert "80/tcp from Internet: allowed by Web, priority 100" in found.what


async def test_a_group_that_denies_elsewhere_or_is_gone_proves_nothing(azure: Azure) -> None:
    await make_group(azure, "shut")
    denied = await proving_cluster.rules_let_pass(rules(azure, "shut"))
    assert (denied.ok, denied.what) == (
        False,
        "80/tcp from Internet: DENIED by DenyAllInBound, priority 65500",
    )
    apart = await proving_cluster.rules_let_pass(rules(azure, "shut", "northeurope"))
    assert (apart.ok, apart.what) == (False, "shut is in westeurope, the cluster in northeurope")
    gone = await proving_cluster.rules_let_pass(rules(azure, "never"))
    assert (gone.ok, gone.what) == (False, "security group never is not there")


async def test_a_network_is_proved_by_its_subnet_and_region(azure: Azure) -> None:
    await make_network(azure, "stands", "10.0.0.0/16", one="10.0.0.0/24")
    there = {"network": f"{VNET}/stands", "location": "westeurope"}
    assert (
        await proving_cluster.network_stands(proving(azure, **there, subnet="one"))
    ).what == "one 10.0.0.0/24 in stands"
    lacking = await proving_cluster.network_stands(proving(azure, **there, subnet="two"))
    assert (lacking.ok, lacking.what) == (False, "stands has no subnet two")
    apart = there | {"location": "northeurope"}
    assert not (await proving_cluster.network_stands(proving(azure, **apart, subnet="one"))).ok
    gone = there | {"network": f"{VNET}/gone"}
    assert not (await proving_cluster.network_stands(proving(azure, **gone, subnet="one"))).ok


async def test_the_way_out_is_read_from_the_subnet(azure: Azure) -> None:
    shut = {"addressPrefix": "10.2.1.0/24", "defaultOutboundAccess": False}
    await make_network(azure, "ways", "10.2.0.0/16", old="10.2.0.0/24", shut=shut)
    there = {"network": f"{VNET}/ways"}
    old = await proving_cluster.machines_reach_out(proving(azure, **there, subnet="old"))
    assert (old.ok, old.warning, old.what) == (True, True, "by Azure's default outbound access")
    none = await proving_cluster.machines_reach_out(proving(azure, **there, subnet="shut", way="natGateway"))
    assert (none.ok, none.what) == (False, "nothing leads out of the subnet")
    later = await proving_cluster.machines_reach_out(proving(azure, **there, subnet="shut", way="firewall"))
    assert (later.ok, later.warning) == (True, True)


async def test_ports_that_answer_and_ports_that_do_not(azure: Azure) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound and not listening: nothing answers there
        here, there = listening.getsockname()[1], unused.getsockname()[1]
        found = await proving_cluster.ports_answer(proving(azure, host="127.0.0.1", ports=str(here)))
        assert (found.ok, found.warning, found.what) == (True, False, f"127.0.0.1 answers at {here}")
        shut = await proving_cluster.ports_answer(proving(azure, host="127.0.0.1", ports=f"{here} {there}"))
        assert (shut.ok, shut.warning) == (True, True)
        assert shut.what == f"127.0.0.1 does not answer at {there}"


def test_a_size_that_is_withheld_in_the_region_says_why() -> None:
    sku = {
        "name": "Standard_D8_v3",
        "family": "standardDv3Family",
        "capabilities": [{"name": "vCPUs", "value": "8"}, {"name": "MemoryGB", "value": "32"}],
        "restrictions": [
            {
                "type": "Location",
                "values": ["westeurope"],
                "restrictionInfo": {"locations": ["westeurope"]},
                "reasonCode": "NotAvailableForSubscription",
            }
        ],
    }
    assert _size(sku, "westeurope").refused == "NotAvailableForSubscription"
    assert _size(sku, "northeurope").refused == ""
    zone = {**sku, "restrictions": [{"type": "Zone", "values": ["westeurope"], "reasonCode": "NotAvailable"}]}
    assert _size(zone, "westeurope").refused == ""
    assert (_size(sku, "westeurope").vcpus, _size(sku, "westeurope").memory) == (8, 32.0)


async def test_the_picture_of_machines_names_quotas_and_what_is_lacking(azure: Azure) -> None:
    walkthrough = walk(azure, worker_count=60)
    walkthrough.go_to("4.10")
    drawn = await walkthrough.draw()
    assert drawn is not None
    assert "standardDv3Family" in drawn.text
    assert "✗ 138 lacking" in drawn.text
    assert all(len("".join(part.text for part in line)) <= WIDTH for line in drawn.lines)
    found = await walkthrough.check_step()
    assert "62 machines" in said(found, Severity.INFO)
