"""Undo of what stood before and of what holds something: put back, patiently, or kept with the reason."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.apply import bench
from tests.apply.test_himl_run import TRACES
from tests.practice.arm_support import ADA
from tests.rehearsal import pace, practice, state_of
from wizard.apply.events import Result, Waiting
from wizard.apply.outcome import Change, End
from wizard.apply.undo import preview_undo, undo
from wizard.apply.work import Stopped, Work
from wizard.azure.arm import Arm
from wizard.plan import Ref, Removal, Resource, Share
from wizard.setup import Setup

OLD, NEW = "Microsoft.Compute/disks/read", "Microsoft.Compute/disks/write"
ROLE_ID = f"{bench.SHARED}/providers/{bench.ROLE}/6a3a2b7e-4f55-4d0c-8a55-3f0f9d3b1c11"
SETTLES = ("createdOn", "updatedOn", "createdBy", "updatedBy")


def _arm(setup: Setup) -> Arm:
    assert setup.azure is not None
    return setup.azure.arm


def _definition(actions: list[str], description: str = "by hand") -> dict[str, Any]:
    permissions = [{"actions": actions, "notActions": [], "dataActions": [], "notDataActions": []}]
    properties = {"roleName": "hopsworks.ai", "type": "CustomRole", "description": description}
    return {"properties": {**properties, "permissions": permissions, "assignableScopes": [bench.SHARED]}}


def _updating(keeps: tuple[str, ...] = ()) -> Resource:
    wanted = bench.role("cross_role", "hopsworks.ai", [OLD, NEW], bench.SHARED, updates=True, keeps=keeps)
    return replace(wanted, name=ROLE_ID.rsplit("/", 1)[-1])


def _said(body: dict[str, Any] | None) -> dict[str, Any]:
    assert body is not None
    return {key: value for key, value in body["properties"].items() if key not in SETTLES}


async def test_an_updated_role_is_put_back_as_it_was_and_keeps_what_it_shall(tmp_path: Path) -> None:
    plan = bench.plan_of(Share(resources=(_updating(("properties.description",)),)))
    with practice(tmp_path) as cloud:
        async with bench.bench(cloud, plan) as setup:
            arm = _arm(setup)
            await arm.write(ROLE_ID, bench.AUTHORIZATION, _definition([OLD]))
            before = await arm.read(ROLE_ID, bench.AUTHORIZATION)
            done = await bench.carry_out(bench.work_on(setup), plan)
            assert done["cross_role"][0] is Result.MADE
            after = _said(await arm.read(ROLE_ID, bench.AUTHORIZATION))
            assert after["permissions"][0]["actions"] == [OLD, NEW]
            assert after["description"] == "by hand"
            assert setup.journal.made() == tuple(m for m in setup.journal.made() if m.kind == "deployment")
            again = await bench.carry_out(bench.work_on(setup), plan)
            assert again["cross_role"][0] is Result.KEPT
            told = {
                line.change: line.detail
                for line in await preview_undo(setup)
                if line.kind == "role definition"
            }
            assert told == {Change.CHANGE: "put back as it was"}
            assert (await undo(setup)).end is End.DONE
            assert _said(await arm.read(ROLE_ID, bench.AUTHORIZATION)) == _said(before)
            assert (await undo(setup)).end is End.NOTHING_TO_DO


async def test_the_state_before_the_first_change_is_the_one_put_back(tmp_path: Path) -> None:
    first = bench.plan_of(Share(resources=(_updating(),)))
    narrower = replace(_updating(), body=_definition([NEW], "narrower"))
    with practice(tmp_path) as cloud:
        async with bench.bench(cloud, first) as setup:
            arm = _arm(setup)
            await arm.write(ROLE_ID, bench.AUTHORIZATION, _definition([OLD]))
            before = await arm.read(ROLE_ID, bench.AUTHORIZATION)
            await bench.carry_out(bench.work_on(setup), first)
            await bench.carry_out(bench.work_on(setup), bench.plan_of(Share(resources=(narrower,))))
            assert _said(await arm.read(ROLE_ID, bench.AUTHORIZATION))["description"] == "narrower"
            await undo(setup)
            assert _said(await arm.read(ROLE_ID, bench.AUTHORIZATION)) == _said(before)


async def test_what_is_to_be_updated_and_is_not_there_is_made_and_removed_again(tmp_path: Path) -> None:
    plan = bench.plan_of(Share(resources=(_updating(("properties.description",)),)))
    with practice(tmp_path) as cloud:
        before = state_of(tmp_path, without=TRACES)
        async with bench.bench(cloud, plan) as setup:
            await bench.carry_out(bench.work_on(setup), plan)
            assert Change.CHANGE not in {line.change for line in await preview_undo(setup)}
            await undo(setup)
        assert state_of(tmp_path, without=TRACES) == before


async def test_a_network_is_put_back_before_what_it_was_made_to_use_is_removed(tmp_path: Path) -> None:
    """The subnet uses our new group of rules: it goes only once the network is as it was."""
    kind, version = "Microsoft.Network/virtualNetworks", bench.NETWORK
    name = f"{bench.SHARED}/providers/{kind}/theirs"
    space = {"addressSpace": {"addressPrefixes": ["10.9.0.0/16"]}}
    subnet = {"name": "default", "properties": {"addressPrefix": "10.9.0.0/24"}}
    rules = Resource(
        "nsg", "Microsoft.Network/networkSecurityGroups", version, "hopsworks-nsg", bench.SHARED, "hopsworks-nsg",
        {"location": "westeurope", "properties": {"securityRules": []}},
    )  # fmt: skip
    guarded = {**subnet["properties"], "networkSecurityGroup": {"id": Ref("nsg", "id")}}  # type: ignore[dict-item]  # it is a mapping
    body = {
        "location": "westeurope",
        "properties": {**space, "subnets": [{"name": "default", "properties": guarded}]},
    }
    network = Resource("vnet", kind, version, "theirs", bench.SHARED, "theirs", body, updates=True)
    plan = bench.plan_of(Share(resources=(network, rules)))
    with practice(tmp_path) as cloud:
        async with bench.bench(cloud, plan) as setup:
            arm = _arm(setup)
            await arm.write(
                name, version, {"location": "westeurope", "properties": {**space, "subnets": [subnet]}}
            )
            await bench.carry_out(bench.work_on(setup), plan)
            used = await arm.read(name, version)
            assert used is not None
            assert "networkSecurityGroup" in used["properties"]["subnets"][0]["properties"]
            outcome = await undo(setup)
            assert (outcome.end, outcome.problem, outcome.kept) == (End.DONE, "", ())
            back = await arm.read(name, version)
            assert back is not None
            assert "networkSecurityGroup" not in back["properties"]["subnets"][0]["properties"]
            assert await arm.read(f"{bench.SHARED}/providers/{rules.type}/hopsworks-nsg", version) is None


async def test_something_removed_comes_back(tmp_path: Path) -> None:
    removal = Removal("old_role", bench.ROLE, bench.AUTHORIZATION, ROLE_ID, "hopsworks.ai")
    plan = bench.plan_of(Share(removals=(removal,)))
    with practice(tmp_path) as cloud:
        async with bench.bench(cloud, plan) as setup:
            arm = _arm(setup)
            await arm.write(ROLE_ID, bench.AUTHORIZATION, _definition([OLD]))
            before = await arm.read(ROLE_ID, bench.AUTHORIZATION)
            done = await bench.carry_out(bench.work_on(setup), plan)
            assert done["old_role"] == (Result.REMOVED, "")
            assert await arm.read(ROLE_ID, bench.AUTHORIZATION) is None
            again = await bench.carry_out(bench.work_on(setup), plan)
            assert again["old_role"] == (Result.KEPT, "it is gone already")
            await undo(setup)
            assert _said(await arm.read(ROLE_ID, bench.AUTHORIZATION)) == _said(before)


async def test_a_role_that_was_taken_away_is_given_again(tmp_path: Path) -> None:
    """As when limiting takes a broader role from the principal."""
    given = f"{bench.SHARED}/providers/{bench.ASSIGNMENT}/5b1c7c1e-8f39-4f0c-9b2c-6f3f0b1d2a10"
    removal = Removal("old_grant", bench.ASSIGNMENT, bench.AUTHORIZATION, given, "Reader on rg-shared")
    plan = bench.plan_of(Share(removals=(removal,)))
    reader = f"{bench.RESEARCH}/providers/{bench.ROLE}/acdd72a7-3385-48ef-bd42-f606fba81ae7"
    properties = {
        "roleDefinitionId": reader,
        "principalId": ADA,
        "principalType": "User",
        "description": "why",
    }
    with practice(tmp_path) as cloud:
        async with bench.bench(cloud, plan) as setup:
            arm = _arm(setup)
            await arm.write(given, bench.AUTHORIZATION, {"properties": properties})
            before = _said(await arm.read(given, bench.AUTHORIZATION))
            await bench.carry_out(bench.work_on(setup), plan)
            assert await arm.read(given, bench.AUTHORIZATION) is None
            assert [line.detail for line in await preview_undo(setup)] == ["put back as it was"]
            await undo(setup)
            assert _said(await arm.read(given, bench.AUTHORIZATION)) == before


async def test_a_disabled_principal_is_enabled_and_disabled_again(tmp_path: Path) -> None:
    plan = bench.plan_of(Share(directory=(bench.principal(enabled="yes"),)))
    with practice(tmp_path, world="hopsworks-admin") as cloud:
        async with bench.bench(cloud, plan) as setup:
            assert setup.azure is not None
            graph = setup.azure.graph
            there, _ = await graph.ensure_service_principal(bench.HOPSWORKS)
            await graph.enable_service_principal(there.object_id, enabled=False)
            work = bench.work_on(setup)
            done = await bench.carry_out(work, plan)
            assert done["hopsworks_principal"] == (Result.MADE, "it was disabled, and is enabled now")
            assert work.known["hopsworks_principal"]["enabled"] == "yes"
            again = await bench.carry_out(bench.work_on(setup), plan)
            assert again["hopsworks_principal"][0] is Result.KEPT
            assert [line.change for line in await preview_undo(setup)] == [Change.CHANGE]
            await undo(setup)
            after = await graph.service_principal(bench.HOPSWORKS)
            assert after is not None
            assert not after.enabled


async def test_another_companys_principal_is_refused_at_once(tmp_path: Path) -> None:
    from wizard.azure.errors import Forbidden

    plan = bench.plan_of(Share(directory=(bench.principal(),)))
    with practice(tmp_path, world="empty") as cloud:
        async with bench.bench(cloud, plan) as setup:
            with pytest.raises(Forbidden) as refused:
                await bench.carry_out(bench.work_on(setup), plan)
    assert refused.value.rule == "E-localtenant"
    assert "az ad sp create" in refused.value.advice


# What holds something


def _blob(setup: Setup, token: str, content: bytes) -> None:
    url = f"{setup.cloud.blob_service('hopsworksbench')}/hopsworks/model.bin"
    headers = {
        "Authorization": f"Bearer {token}",
        "x-ms-version": "2023-11-03",
        "x-ms-blob-type": "BlockBlob",
    }
    requests.put(
        url, data=content, headers=headers, verify=str(setup.cloud.ca), timeout=30
    ).raise_for_status()


@pytest.mark.parametrize("holds", ["nothing", "a blob", "who knows"])
async def test_an_account_that_holds_data_is_kept_with_its_group(tmp_path: Path, holds: str) -> None:
    plan = bench.plan_of(Share(resources=(bench.group(), bench.container(), bench.storage())))
    with practice(tmp_path) as cloud:
        before = state_of(tmp_path, without=TRACES)
        async with bench.bench(cloud, plan) as setup:
            await bench.carry_out(bench.work_on(setup), plan)
            given = f"{bench.RESEARCH}/providers/{bench.ASSIGNMENT}/3f7d0f6e-6c3b-4d39-8a1c-0c5b1f3f7a10"
            if holds != "who knows":
                contributor = f"{bench.RESEARCH}/providers/{bench.ROLE}/ba92f5b4-2d11-453d-a403-e96b0029c9fe"
                properties = {"roleDefinitionId": contributor, "principalId": ADA, "principalType": "User"}
                await _arm(setup).write(given, bench.AUTHORIZATION, {"properties": properties})
            if holds == "a blob":
                assert setup.signed_in is not None
                token = await setup.signed_in.credential.get_token("https://storage.azure.com/.default")
                _blob(setup, token.token, b"weights")
            outcome = await undo(setup)
            await _arm(setup).delete_role_assignment(given)
            assert outcome.end is End.DONE
            reasons = {
                "nothing": [],
                "a blob": ["it holds data: container hopsworks is not empty"] * 2
                + ["it holds hopsworksbench"],
                "who knows": [
                    "it may hold data: looking into container hopsworks takes Storage Blob Data Reader"
                ]
                * 2
                + ["it holds hopsworksbench"],
            }
            assert [line.partition(": ")[2] for line in outcome.kept] == reasons[holds]
        assert (state_of(tmp_path, without=TRACES) == before) is (holds == "nothing")


async def test_a_group_stays_when_somebody_put_something_in_it(tmp_path: Path) -> None:
    plan = bench.plan_of(Share(resources=(bench.group(),)))
    with practice(tmp_path) as cloud:
        async with bench.bench(cloud, plan) as setup:
            await bench.carry_out(bench.work_on(setup), plan)
            theirs = f"{bench.GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/theirs"
            await _arm(setup).write(theirs, "2023-01-31", {"location": "westeurope"})
            outcome = await undo(setup)
            assert outcome.kept == ("resource group hopsworks: it holds theirs",)
            await _arm(setup).delete(theirs, "2023-01-31")
            second = await undo(setup)
            assert (second.end, second.kept) == (End.DONE, ())
            assert await _arm(setup).read(bench.GROUP, "2024-11-01") is None


async def test_a_run_killed_in_its_deployment_is_undone_all_the_same(tmp_path: Path) -> None:
    """The intent alone is in the journal; what Azure made by then goes, and so does the deployment's record."""
    plan = bench.plan_of(Share(resources=(bench.group(), bench.identity())))
    with practice(tmp_path) as cloud:
        before = state_of(tmp_path, without=TRACES)
        async with bench.bench(cloud, plan) as setup:
            await bench.carry_out(bench.work_on(setup), plan)
            lines = setup.journal.path.read_text("utf-8").splitlines(keepends=True)
            begun = [line for line in lines if json.loads(line.partition(" ")[2])["what"] == "begin"]
            setup.journal.path.write_text("".join(begun), "utf-8")
            assert setup.journal.made() == ()
            outcome = await undo(setup)
            assert (outcome.end, outcome.problem, outcome.kept) == (End.DONE, "", ())
        assert state_of(tmp_path, without=TRACES) == before


async def test_a_run_killed_in_its_deployment_takes_what_was_made_for_its_own(tmp_path: Path) -> None:
    plan = bench.plan_of(Share(resources=(bench.group(), bench.identity())))
    with practice(tmp_path) as cloud:
        async with bench.bench(cloud, plan) as setup:
            await bench.carry_out(bench.work_on(setup), plan)
            lines = setup.journal.path.read_text("utf-8").splitlines(keepends=True)
            begun = [line for line in lines if json.loads(line.partition(" ")[2])["what"] == "begin"]
            setup.journal.path.write_text("".join(begun), "utf-8")
            done = await bench.carry_out(bench.work_on(setup), plan)
            assert done["identity"][0] is Result.MADE
            assert {made.key for made in setup.journal.made()} >= {"group", "identity"}


class _Leaves:
    """Stops watching as soon as the deployment of a group's stage goes on."""

    def __init__(self) -> None:
        self.work: Work | None = None

    def __call__(self, event: object) -> None:
        if isinstance(event, Waiting) and event.key == "identity" and self.work is not None:
            self.work.stopping.set()


async def test_a_deployment_that_still_goes_on_is_stopped_first(tmp_path: Path) -> None:
    resources = (bench.group(), replace(bench.identity(), after=("storage",)), bench.storage())
    plan = bench.plan_of(Share(resources=resources))
    leaving = _Leaves()
    with practice(tmp_path) as cloud:
        before = state_of(tmp_path, without=TRACES)
        async with bench.bench(cloud, plan) as setup:
            pace(tmp_path, cloud, 0.3)
            leaving.work = bench.work_on(setup, on_event=leaving)
            with pytest.raises(Stopped):
                await bench.carry_out(leaving.work, plan)
            running = [one for one in setup.journal.perhaps_made() if one.kind == "deployment"]
            assert len(running) == 1
            outcome = await undo(setup)
            assert (outcome.end, outcome.problem, outcome.kept) == (End.DONE, "", ())
        assert state_of(tmp_path, without=TRACES) == before
