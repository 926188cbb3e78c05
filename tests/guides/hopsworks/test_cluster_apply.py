"""Network and rules carried out on practice Azure: made, proved, left alone the second time, undone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.guides.hopsworks.cluster_support import GROUP_ID, RESEARCH, make_group, make_network
from tests.rehearsal import practice, state_of
from wizard.answers import Answers, Value
from wizard.apply.outcome import Change, End
from wizard.apply.preflight import preflight
from wizard.apply.run import Run
from wizard.apply.undo import undo
from wizard.apply.verify import verify
from wizard.azure.clouds import Cloud
from wizard.azure.networks import GROUP, NETWORK_API, VNET
from wizard.azure.session import Azure
from wizard.azure.sign_in import sign_in_unattended
from wizard.guide import Chapter, Guide
from wizard.guides.hopsworks import cluster as form
from wizard.guides.hopsworks import network, outside, road
from wizard.machine import Machine
from wizard.network.rules import Rule
from wizard.plan import Plan
from wizard.setup import Setup

TRACES = (
    "operation",
    "deletedObject",
    "deviceCode",
    "authorizationCode",
    "refreshToken",
    "token",
    "deployment",
)
NEW: Mapping[str, Value] = {"subscription": "Research", "resource_group": "hopsworks", "vnet_mode": "new"}
DENY = Rule("DenyWeb", "Inbound", 200, "Deny", "*", ports=("80", "443"))


def plan(answers: Answers) -> Plan:
    """The plan of group, network and services alone."""
    shares = (road.share(answers), network.share(answers), outside.share(answers))
    return Plan.of("hopsworks", answers.text("tenant"), answers.text("subscription"), *shares)


GUIDE = Guide(
    key="hopsworks",
    title="Hopsworks, its network alone",
    about="",
    source="",
    chapters=(
        Chapter("0", "Where", road.STEPS),
        Chapter("L", "Limiting", network.STEPS),
        Chapter("4", "Cluster", form.STEPS),
        Chapter("5", "Outside access", outside.STEPS),
    ),
    plan=plan,
)


@asynccontextmanager
async def setup_of(cloud: Cloud, answers: Mapping[str, Value] = NEW) -> AsyncIterator[Setup]:
    setup = Setup.begin(GUIDE, "demo", cloud, answers=answers, machine=Machine(home=Path.home()))
    await setup.connect(await sign_in_unattended(cloud, environ={}))
    try:
        yield setup
    finally:
        await setup.close()


async def _read(setup: Setup, kind: str, name: str) -> dict[str, Any]:
    assert setup.azure is not None
    found = await setup.azure.arm.read(f"{GROUP_ID}/providers/{kind}/{name}", NETWORK_API)
    assert found is not None
    return found


async def test_a_new_network_is_made_proved_left_alone_and_undone(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        before = state_of(tmp_path, without=TRACES)
        async with setup_of(cloud) as setup:
            preview = await preflight(setup)
            assert [f.sentence for f in preview.findings if f.blocks] == []
            first = await Run(setup).go()
            assert (first.end, first.problem) == (End.DONE, "")
            assert [(p.title, p.what) for p in first.proofs if not p.ok] == []
            assert len(first.proofs) == 3
            vnet = await _read(setup, VNET, "hopsworks-vnet")
            inner = vnet["properties"]["subnets"][0]["properties"]
            assert inner["networkSecurityGroup"]["id"].endswith("/hopsworks-nsg")
            assert inner["natGateway"]["id"].endswith("/hopsworks-vnet-nat")
            assert inner["defaultOutboundAccess"] is False
        made = state_of(tmp_path, without=TRACES)
        async with setup_of(cloud) as setup:
            again = await preflight(setup)
            assert [f.sentence for f in again.findings if f.blocks] == []
            assert [line for line in again.changes if line.change is not Change.KEEP] == []
            second = await Run(setup).go()
            assert (second.end, second.problem, second.made) == (End.NOTHING_TO_DO, "", ())
            assert (await verify(setup)).ok
            assert state_of(tmp_path, without=TRACES) == made
            await undo(setup)
        kinds = {
            key.split("/providers/")[-1]
            for kind, key in state_of(tmp_path, without=TRACES)
            if kind == "resource"
        }
        assert kinds == {key.split("/providers/")[-1] for kind, key in before if kind == "resource"}


async def test_a_service_is_added_to_our_own_group_later(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with setup_of(cloud) as setup:
            await setup.walkthrough.check_all()
            assert (await Run(setup).go()).problem == ""
        more: Mapping[str, Value] = {**NEW, "open_arrowflight": True, "client_cidr": "203.0.113.0/24"}
        async with setup_of(cloud, more) as setup:
            preview = await preflight(setup)
            assert [f.sentence for f in preview.findings if f.blocks] == []
            assert (await Run(setup).go()).problem == ""
            group = await _read(setup, GROUP, "hopsworks-nsg")
        names = [one["name"] for one in group["properties"]["securityRules"]]
        assert names == ["AllowHttpLetsEncrypt", "AllowHttpsUi", "AllowArrowFlight"]


async def test_rules_are_added_to_an_existing_group_and_taken_out_again(tmp_path: Path) -> None:
    wanted: dict[str, Value] = {
        "vnet_mode": "existing",
        "vnet_name": "house",
        "subnet_name": "wide",
        "nsg_mode": "existing",
        "nsg_name": "strict",
    }
    with practice(tmp_path) as cloud:
        async with Azure.open(await sign_in_unattended(cloud, environ={})) as azure:
            await azure.arm.register_provider(RESEARCH, "Microsoft.Network")
            await azure.arm.write(GROUP_ID, "2024-11-01", {"location": "westeurope"})
            await make_network(azure, "house", "10.1.0.0/16", wide="10.1.0.0/24")
            await make_group(azure, "strict", DENY)
        async with setup_of(cloud, {**NEW, **wanted}) as setup:
            preview = await preflight(setup)
            assert [f.sentence for f in preview.findings if f.blocks] == []
            outcome = await Run(setup).go()
            assert outcome.problem == ""
            assert [(p.title, p.what) for p in outcome.proofs if not p.ok] == []
            group = await _read(setup, GROUP, "strict")
            rules = {
                one["name"]: one["properties"]["priority"] for one in group["properties"]["securityRules"]
            }
            assert rules == {"DenyWeb": 200, "AllowHttpLetsEncrypt": 100, "AllowHttpsUi": 110}
        async with setup_of(cloud, {**NEW, **wanted}) as setup:
            again = await preflight(setup)
            assert [line for line in again.changes if line.change is not Change.KEEP] == []
            await undo(setup)
            group = await _read(setup, GROUP, "strict")
            assert [one["name"] for one in group["properties"]["securityRules"]] == ["DenyWeb"]


async def test_a_new_subnet_in_an_existing_network_gets_its_way_out(tmp_path: Path) -> None:
    wanted: dict[str, Value] = {"vnet_mode": "existing", "vnet_name": "house", "subnet_name": "cluster"}
    with practice(tmp_path) as cloud:
        async with Azure.open(await sign_in_unattended(cloud, environ={})) as azure:
            await azure.arm.register_provider(RESEARCH, "Microsoft.Network")
            await azure.arm.write(GROUP_ID, "2024-11-01", {"location": "westeurope"})
            await make_network(azure, "house", "10.1.0.0/16", wide="10.1.0.0/24")
        async with setup_of(cloud, {**NEW, **wanted}) as setup:
            preview = await preflight(setup)
            assert [f.sentence for f in preview.findings if f.blocks] == []
            outcome = await Run(setup).go()
            assert outcome.problem == ""
            assert [(p.title, p.what) for p in outcome.proofs if not p.ok] == []
            vnet = await _read(setup, VNET, "house")
        subnets = {one["name"]: one["properties"] for one in vnet["properties"]["subnets"]}
        assert subnets["cluster"]["addressPrefix"] == "10.1.1.0/24"
        assert subnets["wide"]["addressPrefix"] == "10.1.0.0/24"


async def test_where_the_quota_is_full_every_size_says_so(tmp_path: Path) -> None:
    with practice(tmp_path, world="quota-full") as cloud:
        async with setup_of(cloud, {**NEW, "subscription": RESEARCH}) as setup:
            walkthrough = setup.walkthrough
            offered = {choice.value: choice for choice in await walkthrough.choices("head_type")}
            assert offered["Standard_D8_v3"].refusal == (
                "Standard_D8_v3 needs 8 vCPUs of family standardDv3Family, 0 left."
            )
            assert all(choice.refusal for choice in offered.values())
            assert [f.what for f in await walkthrough.check("head_type")] == [
                offered["Standard_D8_v3"].refusal
            ]
            walkthrough.record("location", "swedencentral")
            walkthrough.record("worker_count", 12)
            told = [f.what for f in await walkthrough.check("worker_count") if f.blocks]
            assert told == ["The cluster needs 104 of family standardDv3Family, 96 left."]
