"""Undo, whole: practice Azure is as it was before, whatever was made; what others rely on stays, with the reason."""

from __future__ import annotations

import functools
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.apply import bench
from tests.practice.arm_support import ADA
from tests.rehearsal import HIML, himl, practice, state_of
from wizard.answers import Value
from wizard.answers_file import read_answers, starter
from wizard.apply.outcome import Change, End, PlannedChange
from wizard.apply.run import Run
from wizard.apply.undo import may_purge, preview_undo, undo
from wizard.azure.arm import Arm
from wizard.azure.clouds import Cloud
from wizard.azure.graph import Graph
from wizard.azure.sign_in import sign_in_unattended
from wizard.guides import all_guides
from wizard.machine import Machine
from wizard.plan import Plan, Resource, Share
from wizard.setup import Setup

# What every sign-in and deployment leaves behind; with --purge, nothing is left in the recycle bin.
SIGNS = ("operation", "deviceCode", "authorizationCode", "refreshToken", "token")
TRACES = (*SIGNS, "deletedObject")
GROUP = "/subscriptions/142c8364-7806-4577-93e7-83e7eb04b39b/resourceGroups/rg-vision"
READER = f"{bench.RESEARCH}/providers/{bench.ROLE}/acdd72a7-3385-48ef-bd42-f606fba81ae7"
EXISTING = {**HIML, "app_mode": "existing", "app_id": "legacy-training"}
FEDERATED = {**HIML, "auth_way": "federated", "github_repository": "contoso/vision"}


@asynccontextmanager
async def applied(cloud: Cloud, answers: Mapping[str, Value] = HIML) -> AsyncIterator[Setup]:
    async with himl(cloud, answers=answers) as setup:
        await setup.walkthrough.check_all()
        outcome = await Run(setup).go()
        assert outcome.ok, outcome
        yield setup


@asynccontextmanager
async def reopened(cloud: Cloud) -> AsyncIterator[Setup]:
    """As after a crash: from what is on disk."""
    setup = Setup.reopen("demo", cloud, guides=all_guides())
    await setup.connect(await sign_in_unattended(cloud))
    try:
        yield setup
    finally:
        await setup.close()


def told(lines: tuple[PlannedChange, ...], change: Change) -> dict[str, str]:
    return {f"{line.kind} {line.label}".strip(): line.detail for line in lines if line.change is change}


# Nothing is left


@pytest.mark.parametrize(
    "answers",
    [
        HIML,
        EXISTING,
        FEDERATED,
        {**EXISTING, **FEDERATED, "app_mode": "existing"},
        {**HIML, "role_scope": "workspace"},
    ],
    ids=["secret", "existing application", "federated", "federated and existing", "on the workspace"],
)
async def test_after_purging_practice_azure_is_as_before(
    tmp_path: Path, answers: Mapping[str, Value]
) -> None:
    with practice(tmp_path) as cloud:
        before = state_of(tmp_path, without=SIGNS)
        async with applied(cloud, answers) as setup:
            lines = await preview_undo(setup, purges=True)
            assert told(lines, Change.UNSURE) == {}
            outcome = await undo(setup, purges=True)
            assert outcome.ok, outcome
            assert set(told(lines, Change.REMOVE)) <= set(outcome.removed)
            assert state_of(tmp_path, without=SIGNS) == before
            assert (await undo(setup, purges=True)).end is End.NOTHING_TO_DO
            assert not any(line.change is Change.REMOVE for line in await preview_undo(setup, purges=True))


@pytest.mark.parametrize("file", ["hopsworks.toml", "hopsworks-limited.toml"])
async def test_after_undoing_hopsworks_practice_azure_is_as_before(tmp_path: Path, file: str) -> None:
    guide = all_guides()["hopsworks"]
    with practice(tmp_path) as cloud:
        before = state_of(tmp_path, without=SIGNS)
        answers = read_answers(starter(file), guide)
        setup = Setup.begin(guide, "demo", cloud, answers=answers, machine=Machine({}, tmp_path, tmp_path))
        await setup.connect(await sign_in_unattended(cloud))
        try:
            await setup.walkthrough.check_all()
            made = await Run(setup).go()
            assert made.end is End.DONE, made
            lines = await preview_undo(setup)
            assert told(lines, Change.UNSURE) == {}
            outcome = await undo(setup, purges=True)
            assert outcome.end is End.DONE, outcome
            assert set(told(lines, Change.REMOVE)) == set(outcome.removed)
            stays = [line for line in outcome.kept if "private key file" not in line]
            assert [line for line in stays if "stays registered" not in line] == []
        finally:
            await setup.close()
        after = state_of(tmp_path, without=SIGNS)
    registered = {key for key in after if key[0] == "provider"}
    assert {k: v for k, v in after.items() if k not in registered} == {
        k: v for k, v in before.items() if k not in registered
    }


async def test_what_was_undone_earlier_can_still_be_deleted_for_good(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        before = state_of(tmp_path, without=SIGNS)
        async with applied(cloud) as setup:
            assert may_purge(await preview_undo(setup))
            await undo(setup)
            assert state_of(tmp_path, without=SIGNS) != before
            lines = await preview_undo(setup)
            assert may_purge(lines)
            assert told(lines, Change.REMOVE) == {}
            gone = told(await preview_undo(setup, purges=True), Change.REMOVE)
            assert set(gone) == {"deleted application himl-vision", "deleted service principal himl-vision"}
            outcome = await undo(setup, purges=True)
            assert (outcome.end, set(outcome.removed)) == (End.DONE, set(gone))
            assert not may_purge(await preview_undo(setup))
            assert state_of(tmp_path, without=SIGNS) == before
            assert (await Run(setup).go()).ok


async def test_a_vault_is_deleted_for_good_when_asked(tmp_path: Path) -> None:
    version = "2023-07-01"
    properties = {
        "tenantId": bench.TENANT,
        "sku": {"family": "A", "name": "standard"},
        "accessPolicies": [],
        "enableRbacAuthorization": True,
    }
    vault = Resource(
        "vault", "Microsoft.KeyVault/vaults", version, "kv-undo-test", bench.SHARED, "kv-undo-test",
        {"location": "westeurope", "properties": properties},
    )  # fmt: skip
    with practice(tmp_path) as cloud:
        before = state_of(tmp_path, without=SIGNS)
        async with bench.bench(cloud, bench.plan_of(Share(resources=(vault,)))) as setup:
            await bench.carry_out(bench.work_on(setup), setup.walkthrough.plan())
            assert may_purge(await preview_undo(setup))
            outcome = await undo(setup, purges=True)
            assert "deleted vault kv-undo-test" in outcome.removed
        assert state_of(tmp_path, without=SIGNS) == before


async def test_what_somebody_else_removed_is_told_and_no_failure(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        before = state_of(tmp_path, without=SIGNS)
        async with applied(cloud) as setup:
            azure, known = setup.azure, setup.journal.known()
            assert azure is not None
            await azure.arm.delete(known["assignment"]["id"], bench.AUTHORIZATION)
            await azure.graph.delete_application(known["app"]["object_id"])
            kept = told(await preview_undo(setup), Change.KEEP)
            assert kept["application himl-vision"] == "it is gone already"
            assert kept["client secret himl"] == "it is gone already"
            outcome = await undo(setup, purges=True)
            assert outcome.ok
            assert all(line.startswith(("record of deployment", "deleted ")) for line in outcome.removed)
            assert setup.secret_store().get(setup.profile.binding(known["app"]["app_id"])) is None
        assert state_of(tmp_path, without=SIGNS) == before


# What others rely on stays


def _arm(setup: Setup) -> Arm:
    assert setup.azure is not None
    return setup.azure.arm


def _graph(setup: Setup) -> Graph:
    assert setup.azure is not None
    return setup.azure.graph


async def _their_role(setup: Setup) -> Callable[[], Awaitable[Any]]:
    given = f"{GROUP}/providers/{bench.ASSIGNMENT}/9a0d7d1e-0f52-4b45-9d55-7c2ff1f0b001"
    principal = setup.journal.known()["principal"]["object_id"]
    properties = {"roleDefinitionId": READER, "principalId": principal, "principalType": "ServicePrincipal"}
    await _arm(setup).write(given, bench.AUTHORIZATION, {"properties": properties})
    return lambda: _arm(setup).delete(given, bench.AUTHORIZATION)


async def _their_secret(setup: Setup) -> Callable[[], Awaitable[Any]]:
    app = setup.journal.known()["app"]["object_id"]
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
    new = await _graph(setup).add_password(app, "a pipeline", end)
    return lambda: _graph(setup).remove_password(app, new.credential.key_id)


async def _their_trust(setup: Setup) -> Callable[[], Awaitable[Any]]:
    app = setup.journal.known()["app"]["object_id"]
    new = await _graph(setup).add_federated(
        app, name="theirs", issuer="https://token.example", subject="job", audiences=("api://x",)
    )
    return lambda: _graph(setup).remove_federated(app, new.id)


@pytest.mark.parametrize(
    ("uses", "why"),
    [
        (_their_role, "others gave it roles on rg-vision"),
        (_their_secret, "others signed it in with a client secret of their own: a pipeline"),
        (_their_trust, "others let it trust job"),
    ],
)
async def test_an_application_that_others_use_stays_until_they_do_not(
    tmp_path: Path, uses: Callable[[Setup], Awaitable[Callable[[], Awaitable[Any]]]], why: str
) -> None:
    with practice(tmp_path) as cloud:
        before = state_of(tmp_path, without=SIGNS)
        async with applied(cloud) as setup:
            let_go = await uses(setup)
            kept = told(await preview_undo(setup), Change.KEEP)
            assert kept["application himl-vision"] == kept["service principal himl-vision"] == why
            outcome = await undo(setup)
            assert outcome.end is End.DONE
            assert f"application himl-vision: {why}" in outcome.kept
            assert "client secret himl" in outcome.removed
            assert setup.profile.stage == "undone"
            await let_go()
            again = await undo(setup, purges=True)
            assert (again.end, again.kept) == (End.DONE, ())
        assert state_of(tmp_path, without=SIGNS) == before


def _stored() -> Plan:
    roles = bench.role("storage_role", "Keeper", ["Microsoft.Storage/storageAccounts/read"], bench.GROUP)
    return bench.plan_of(
        Share(resources=(bench.group(), bench.container(), bench.storage(), bench.identity(), roles))
    )


async def _blob(setup: Setup, token: str) -> Callable[[], Awaitable[Any]]:
    address = f"{setup.cloud.blob_service('hopsworksbench')}/hopsworks/model.bin"
    headers = {"Authorization": f"Bearer {token}", "x-ms-version": "2023-11-03"}
    ask = functools.partial(requests.request, headers=headers, verify=str(setup.cloud.ca), timeout=30)
    headers["x-ms-blob-type"] = "BlockBlob"
    ask("PUT", address, data=b"weights").raise_for_status()

    async def let_go() -> None:
        ask("DELETE", address).raise_for_status()

    return let_go


async def test_what_holds_something_of_others_stays_with_its_group_until_that_is_gone(tmp_path: Path) -> None:
    plan = _stored()
    with practice(tmp_path) as cloud:
        before = state_of(tmp_path, without=TRACES)
        async with bench.bench(cloud, plan) as setup:
            arm = _arm(setup)
            contributor = f"{bench.RESEARCH}/providers/{bench.ROLE}/ba92f5b4-2d11-453d-a403-e96b0029c9fe"
            given = f"{bench.RESEARCH}/providers/{bench.ASSIGNMENT}/3f7d0f6e-6c3b-4d39-8a1c-0c5b1f3f7a10"
            body = {"roleDefinitionId": contributor, "principalId": ADA, "principalType": "User"}
            await arm.write(given, bench.AUTHORIZATION, {"properties": body})
            await bench.carry_out(bench.work_on(setup), plan)
            role = setup.journal.known()["storage_role"]["id"]
            theirs = f"{bench.GROUP}/providers/{bench.ASSIGNMENT}/9a0d7d1e-0f52-4b45-9d55-7c2ff1f0b002"
            body = {"roleDefinitionId": role, "principalId": ADA, "principalType": "User"}
            await arm.write(theirs, bench.AUTHORIZATION, {"properties": body})
            disk = f"{bench.GROUP}/providers/Microsoft.Network/networkSecurityGroups/theirs"
            await arm.write(disk, bench.NETWORK, {"location": "westeurope", "properties": {}})
            assert setup.signed_in is not None
            token = await setup.signed_in.credential.get_token_info("https://storage.azure.com/.default")
            let_go = await _blob(setup, token.token)

            kept = told(await preview_undo(setup), Change.KEEP)
            assert kept["role definition Keeper"] == "the role is given to others at hopsworks"
            assert kept["storage account hopsworksbench"] == "it holds data: container hopsworks is not empty"
            assert kept["resource group hopsworks"].startswith("it holds ")
            outcome = await undo(setup)
            reasons = dict(line.split(": ", 1) for line in outcome.kept)
            assert {name: reasons[name] for name in kept} == kept
            assert (await undo(setup)).end is End.NOTHING_TO_DO

            await let_go()
            await arm.delete(theirs, bench.AUTHORIZATION)
            await arm.delete(disk, bench.NETWORK)
            again = await undo(setup)
            assert (again.end, again.kept) == (End.DONE, ())
            await arm.delete(given, bench.AUTHORIZATION)
        assert state_of(tmp_path, without=TRACES) == before


async def test_a_network_that_others_use_stays(tmp_path: Path) -> None:
    kind, version = "Microsoft.Network/virtualNetworks", bench.NETWORK
    subnet = {"name": "default", "properties": {"addressPrefix": "10.9.0.0/24"}}
    body = {
        "location": "westeurope",
        "properties": {"addressSpace": {"addressPrefixes": ["10.9.0.0/16"]}, "subnets": [subnet]},
    }
    network = Resource("vnet", kind, version, "ours", bench.SHARED, "ours", body)
    with practice(tmp_path) as cloud:
        before = state_of(tmp_path, without=TRACES)
        async with bench.bench(cloud, bench.plan_of(Share(resources=(network,)))) as setup:
            arm = _arm(setup)
            await bench.carry_out(bench.work_on(setup), setup.walkthrough.plan())
            ours = f"{bench.SHARED}/providers/{kind}/ours"
            card = f"{bench.SHARED}/providers/Microsoft.Network/networkInterfaces/their-card"
            place = {"subnet": {"id": f"{ours}/subnets/default"}, "privateIPAllocationMethod": "Dynamic"}
            cards = {"ipConfigurations": [{"name": "one", "properties": place}]}
            await arm.write(card, version, {"location": "westeurope", "properties": cards})
            assert (
                told(await preview_undo(setup), Change.KEEP)["virtual network ours"] == "their-card uses it"
            )
            await arm.delete(card, version)
            added = {"name": "theirs", "properties": {"addressPrefix": "10.9.1.0/24"}}
            more = {**body["properties"], "subnets": [subnet, added]}  # type: ignore[dict-item]  # it is a mapping
            await arm.write(ours, version, {**body, "properties": more})
            assert (
                told(await preview_undo(setup), Change.KEEP)["virtual network ours"]
                == "others added subnet theirs"
            )
            assert "others added subnet theirs" in (await undo(setup)).kept[0]
            await arm.write(ours, version, body)
            assert (await undo(setup)).kept == ()
        assert state_of(tmp_path, without=TRACES) == before


# What the caller may not remove


async def test_what_one_may_not_remove_is_told_before_the_question(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with applied(cloud) as setup:
            arm = _arm(setup)
            path = f"{bench.RESEARCH}/providers/{bench.ASSIGNMENT}"
            held = await arm.read_all(path, bench.AUTHORIZATION, **{"$filter": f"principalId eq '{ADA}'"})
            given = f"{path}/9a0d7d1e-0f52-4b45-9d55-7c2ff1f0b003"
            contributor = f"{bench.RESEARCH}/providers/{bench.ROLE}/b24988ac-6180-42a0-ab88-20f7382dd24c"
            body = {"roleDefinitionId": contributor, "principalId": ADA, "principalType": "User"}
            await arm.write(given, bench.AUTHORIZATION, {"properties": body})
            for one in held:
                await arm.delete(one["id"], bench.AUTHORIZATION)
            unsure = told(await preview_undo(setup), Change.UNSURE)
            outcome = await undo(setup)
            assert outcome.end is End.FAILED
            assert outcome.removed == ()
            assert "Run undo again" in outcome.mend
    assert unsure == {
        "role assignment Contributor on rg-vision": "You lack Microsoft.Authorization/roleAssignments/delete on it."
    }


async def test_the_order_is_roles_then_applications_then_resources(tmp_path: Path) -> None:
    """Even where a role was given again long after the rest was made."""
    from wizard.apply.journal import Made
    from wizard.apply.outlining import in_order

    made = [
        Made("assignment", bench.ASSIGNMENT, {"id": "1"}, 1),
        Made("role", bench.ROLE, {"id": "2"}, 2),
        Made("app", "application", {"id": "3"}, 3),
        Made("principal", "service principal", {"id": "4"}, 4),
        Made("secret", "client secret", {"id": "5"}, 5),
        Made("group", "Microsoft.Resources/resourceGroups", {"id": "6"}, 6),
        Made("vnet", "Microsoft.Network/virtualNetworks", {"id": "7", "former": json.dumps({})}, 7),
        Made("old", bench.ROLE, {"id": "8", "former": json.dumps({})}, 0),
    ]
    assert [one.key for one in in_order(made)] == [
        "vnet", "assignment", "role", "secret", "principal", "app", "group", "old",
    ]  # fmt: skip
