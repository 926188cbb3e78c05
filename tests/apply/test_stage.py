"""A whole stage through one deployment: order by references, fields read back, what stands is left alone, undone without a trace."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.apply import bench
from tests.apply.test_himl_run import TRACES
from tests.rehearsal import Heard, pace, practice, state_of
from wizard.apply.events import Failed, Result, Waiting
from wizard.apply.outcome import Change, End
from wizard.apply.preflight import preflight
from wizard.apply.undo import preview_undo, undo
from wizard.apply.verify import verify
from wizard.apply.work import Work
from wizard.plan import Derived, Plan, Ref, Resource, Share

READ = "Microsoft.Storage/storageAccounts/blobServices/containers/read"


def whole() -> Plan:
    """Group, principal, role, identity, account and two assignments, written in a bad order."""
    account = bench.storage()
    return bench.plan_of(
        Share(
            directory=(bench.principal(),),
            resources=(
                bench.group(),
                bench.assignment(
                    "storage_assignment",
                    Ref("storage_role", "id"),
                    Ref("identity", "principal_id"),
                    scope=f"{bench.GROUP}/providers/Microsoft.Storage/storageAccounts/{account.name}",
                    named=f"{bench.GROUP}/hopsworks-instance",
                ),
                account,
                bench.identity(),
                bench.assignment(
                    "cross_assignment", Ref("storage_role", "id"), Ref("hopsworks_principal", "object_id")
                ),
                bench.role("storage_role", "Hopsworks Storage Role", [READ]),
            ),
        )
    )


async def test_references_order_the_stage_and_fields_are_read_back(tmp_path: Path) -> None:
    plan = _derivable(whole())
    with practice(tmp_path, world="hopsworks-admin") as cloud:
        before = state_of(tmp_path, without=TRACES)
        async with bench.bench(cloud, plan) as setup:
            work = bench.work_on(setup)
            first = await bench.carry_out(work, plan)
            assert {result for result, _ in first.values()} == {Result.MADE}
            assert setup.azure is not None
            identity = await setup.azure.arm.read(work.known["identity"]["id"], "2023-01-31")
            assert identity is not None
            assert work.known["identity"]["principal_id"] == identity["properties"]["principalId"]
            assert work.known["identity"]["client_id"] == identity["properties"]["clientId"]
            made = state_of(tmp_path, without=TRACES)
            entries = len(list(setup.journal.entries()))
            again = bench.work_on(setup)
            second = await bench.carry_out(again, plan)
            assert {result for result, _ in second.values()} == {Result.KEPT}
            assert again.known == work.known
            assert len(list(setup.journal.entries())) == entries
            assert state_of(tmp_path, without=TRACES) == made
            told = await preview_undo(setup)
            assert {line.change for line in told} == {Change.REMOVE}
            outcome = await undo(setup)
            assert (outcome.end, outcome.problem, outcome.kept) == (End.DONE, "", ())
            assert len(outcome.removed) == len(told)
        assert state_of(tmp_path, without=TRACES) == before


def _derivable(plan: Plan) -> Plan:
    """Names that are known before anything exists: from ids, as the guides do it."""

    def named(resource: Resource) -> Resource:
        if resource.type != bench.ASSIGNMENT or resource.key == "cross_assignment":
            return resource
        return replace(resource, name=Derived((resource.stands_on, Ref("storage_role", "id"), "identity")))

    return replace(plan, resources=tuple(named(resource) for resource in plan.resources))


async def test_what_somebody_removed_is_made_again_and_nothing_else_is_written(tmp_path: Path) -> None:
    plan = _derivable(whole())
    with practice(tmp_path, world="hopsworks-admin") as cloud:
        async with bench.bench(cloud, plan) as setup:
            await bench.carry_out(bench.work_on(setup), plan)
            assert setup.azure is not None
            known = setup.journal.known()
            await setup.azure.arm.delete(known["storage_assignment"]["id"], bench.AUTHORIZATION)
            setup.keep(stage="applied")
            heard = Heard()
            drift = await verify(setup, heard)
            assert [proof.key for proof in drift.proofs] == ["drift:storage_assignment"]
            assert [event.what for event in heard.of(Failed)] == ["is gone"]
            before = state_of(tmp_path, without=TRACES)
            again = await bench.carry_out(bench.work_on(setup), plan)
            assert again["storage_assignment"][0] is Result.MADE
            changed = {
                kind
                for (kind, key), body in state_of(tmp_path, without=TRACES).items()
                if before.get((kind, key)) != body
            }
            assert changed <= {"roleAssignment", "grant", "deployment", "running"}
            assert (await undo(setup)).kept == ()


async def test_a_role_held_under_another_guid_is_kept_and_the_rest_is_made(tmp_path: Path) -> None:
    plan = _derivable(whole())
    with practice(tmp_path, world="hopsworks-admin") as cloud:
        async with bench.bench(cloud, plan) as setup:
            work = bench.work_on(setup)
            await bench.carry_out(work, plan)
            assert setup.azure is not None
            arm, known = setup.azure.arm, work.known
            for key in ("cross_assignment", "identity_gone"):
                if key in known:
                    await arm.delete(known[key]["id"], bench.AUTHORIZATION)
            await arm.delete(known["storage_assignment"]["id"], bench.AUTHORIZATION)
            by_hand = f"{bench.GROUP}/providers/{bench.ASSIGNMENT}/0fae0a4c-9ac2-4b4c-8dd0-93c7a7cd8b1f"
            properties: dict[str, Any] = {
                "roleDefinitionId": known["storage_role"]["id"],
                "principalId": known["hopsworks_principal"]["object_id"],
                "principalType": "ServicePrincipal",
            }
            await arm.write(by_hand, bench.AUTHORIZATION, {"properties": properties})
            told = {line.label: line.change for line in (await preflight(setup)).changes}
            assert told["cross_assignment"] is Change.KEEP
            assert told["storage_assignment"] is Change.CREATE
            again = bench.work_on(setup)
            done = await bench.carry_out(again, plan)
            assert done["storage_assignment"][0] is Result.MADE
            assert again.known["cross_assignment"]["id"].lower() == by_hand.lower()
            assert await arm.role_assignment(again.known["storage_assignment"]["id"]) is not None
            outcome = await undo(setup)
            assert outcome.end is End.DONE
            assert [line.partition(":")[0] for line in outcome.kept] == [
                "role definition Hopsworks Storage Role",
                "service principal hopsworks.ai",
                "resource group hopsworks",
            ]
            assert "given to others at hopsworks" in outcome.kept[0]
            assert await arm.role_assignment(by_hand) is not None


class _Hasty(Work):
    """Waits as a person would wish: not at all."""

    async def pause(self, seconds: float) -> None:
        await super().pause(min(seconds, 0.05))


async def test_a_principal_that_is_not_known_everywhere_yet_is_waited_for(tmp_path: Path) -> None:
    """Without `principalType` Azure looks the principal up, and refuses young ones."""
    wanted = bench.assignment(
        "cross_assignment", READER, Ref("hopsworks_principal", "object_id"), at=bench.SHARED
    )
    properties = {k: v for k, v in wanted.body["properties"].items() if k != "principalType"}
    plan = bench.plan_of(
        Share(directory=(bench.principal(),), resources=(replace(wanted, body={"properties": properties}),))
    )
    heard = Heard()
    with practice(tmp_path, world="hopsworks-admin", time_scale=0.02) as cloud:
        async with bench.bench(cloud, plan) as setup:
            work = bench.work_on(setup, kind=_Hasty, on_event=heard)
            done = await bench.carry_out(work, plan)
    assert done["cross_assignment"][0] is Result.MADE
    assert any("replicates" in event.why for event in heard.of(Waiting))


READER = f"{bench.RESEARCH}/providers/{bench.ROLE}/acdd72a7-3385-48ef-bd42-f606fba81ae7"


async def test_a_stage_at_the_subscription_needs_no_region_of_its_own(tmp_path: Path) -> None:
    definition = bench.role("cross_role", "hopsworks.ai", ["Microsoft.Compute/disks/read"], bench.RESEARCH)
    given = bench.assignment(
        "cross_assignment",
        Ref("cross_role", "id"),
        Ref("hopsworks_principal", "object_id"),
        at=bench.RESEARCH,
    )
    plan = bench.plan_of(Share(directory=(bench.principal(),), resources=(given, definition)))
    with practice(tmp_path, world="hopsworks-admin") as cloud:
        before = state_of(tmp_path, without=TRACES)
        async with bench.bench(cloud, plan) as setup:
            done = await bench.carry_out(bench.work_on(setup), plan)
            assert done["cross_assignment"][0] is Result.MADE
            assert (await undo(setup)).kept == ()
        assert state_of(tmp_path, without=TRACES) == before


async def test_deletions_that_take_a_while_are_awaited(tmp_path: Path) -> None:
    """A group goes only when what is in it has gone, and undo says what it waits for."""
    plan = _derivable(whole())
    heard = Heard()
    with practice(tmp_path, world="hopsworks-admin") as cloud:
        before = state_of(tmp_path, without=TRACES)
        async with bench.bench(cloud, plan) as setup:
            await bench.carry_out(bench.work_on(setup), plan)
            pace(tmp_path, cloud, 0.05)
            outcome = await undo(setup, heard)
            assert (outcome.end, outcome.problem, outcome.kept) == (End.DONE, "", ())
        assert state_of(tmp_path, without=TRACES) == before
    assert "Azure says: deleting" in {event.why for event in heard.of(Waiting)}
