"""What stands already: noise of what-if is no reason to write, kept paths stay, and a part that failed is no orphan."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.apply import bench
from tests.apply.test_himl_run import TRACES
from tests.practice.arm_support import ADA
from tests.rehearsal import Heard, practice, state_of
from wizard.apply.events import Result, Waiting
from wizard.apply.outcome import End
from wizard.apply.standing import is_settled, merged, written_back
from wizard.apply.undo import undo
from wizard.apply.work import Undoable
from wizard.azure.model import Change, ChangeKind
from wizard.plan import Ref, Resource, Share

READER = f"{bench.RESEARCH}/providers/{bench.ROLE}/acdd72a7-3385-48ef-bd42-f606fba81ae7"
ACTIONS = Resource(
    "role",
    bench.ROLE,
    bench.AUTHORIZATION,
    "r",
    bench.GROUP,
    "r",
    {
        "location": "westeurope",
        "tags": {"team": "features"},
        "properties": {
            "permissions": [{"actions": ["a/read", "b/read"]}],
            "subnets": [{"name": "default", "properties": {"addressPrefix": "10.0.0.0/24"}}],
            "to": Ref("it", "id"),
        },
    },
)


@pytest.mark.parametrize(
    ("path", "before", "after", "settled"),
    [
        (
            "properties.encryption.services",
            {"blob": {}},
            None,
            True,
        ),  # a default that the template does not mention
        ("properties.subnets[0].properties.purpose", "x", None, True),
        ("tags.cost-center", "7", None, True),
        ("location", "West Europe", "westeurope", True),
        ("properties.to", "/subscriptions/S/x", "/subscriptions/s/X", True),
        ("properties.permissions[0].actions[2]", "c/read", None, False),  # our list says that it goes
        ("properties.subnets[1]", {"name": "other"}, None, False),
        ("properties.permissions[0].actions[1]", None, "b/read", False),
        ("tags.team", "research", "features", False),
        ("tags.team", "Features", "features", False),
    ],
)
def test_what_a_template_does_not_mention_is_not_ours_to_judge(
    path: str, before: object, after: object, *, settled: bool
) -> None:
    change = Change(ChangeKind.MODIFY, "/id", ((path, before, after),))
    assert is_settled(ACTIONS, change) is settled
    mixed = replace(change, delta=(*change.delta, ("properties.new", None, 1)))
    assert not is_settled(ACTIONS, mixed)


@pytest.mark.parametrize(
    ("kind", "settled"),
    [
        (ChangeKind.NO_CHANGE, True),
        (ChangeKind.IGNORE, True),
        (ChangeKind.CREATE, False),
        (ChangeKind.DEPLOY, False),
        (ChangeKind.UNSUPPORTED, False),
        (ChangeKind.MODIFY, False),  # without a delta nobody knows
    ],
)
def test_only_azures_word_settles(kind: ChangeKind, *, settled: bool) -> None:
    assert is_settled(ACTIONS, Change(kind, "/id")) is settled
    assert not is_settled(ACTIONS, None)


def test_kept_paths_are_as_they_stand_and_absent_ones_stay_absent() -> None:
    wanted = replace(
        ACTIONS,
        updates=True,
        keeps=("tags", "properties.description", "properties.permissions", "properties.gone.deep"),
        body={**ACTIONS.body, "properties": {**ACTIONS.body["properties"], "description": "ours"}},
    )
    former = {"tags": {"owner": "ada"}, "properties": {"Permissions": [{"actions": []}], "state": "x"}}
    found = merged(wanted, json.dumps(former)).body
    assert found["tags"] == {"owner": "ada"}
    assert found["properties"]["permissions"] == [{"actions": []}]
    assert "description" not in found["properties"]
    assert found["properties"]["to"] == Ref("it", "id")
    assert wanted.body["tags"] == {"team": "features"}
    assert merged(wanted, "") is wanted


def test_a_former_state_is_written_back_without_what_azure_alone_may_say() -> None:
    former = json.dumps(
        {"id": "/x", "name": "x", "type": "t", "etag": "e", "tags": {}, "properties": {"a": 1}}
    )
    assert written_back(former) == {"tags": {}, "properties": {"a": 1}}


async def test_an_account_of_theirs_is_left_with_its_tags(tmp_path: Path) -> None:
    """Deploying it again would take the tags away: the template does not have them, and that is no reason to write."""
    account = bench.storage("theirsanyway", bench.SHARED)
    identity = replace(bench.identity(), deploy_at=bench.SHARED)
    plan = bench.plan_of(Share(resources=(account, identity)))
    heard = Heard()
    with practice(tmp_path) as cloud:
        async with bench.bench(cloud, plan) as setup:
            assert setup.azure is not None
            arm, there = setup.azure.arm, account.id({})
            await arm.write(there, bench.STORAGE, {**account.body, "tags": {"cost-center": "7"}})
            before = await arm.read(there, bench.STORAGE)
            done = await bench.carry_out(bench.work_on(setup, on_event=heard), plan)
            assert done["storage"][0] is Result.MADE
            assert {event.key for event in heard.of(Waiting)} <= {"storage"}
            assert await arm.read(there, bench.STORAGE) == before
            assert {made.key for made in setup.journal.made() if "/" in made.kind} == {"identity"}
            assert (await undo(setup)).end is End.DONE
            assert await arm.read(there, bench.STORAGE) == before


async def test_what_a_failed_deployment_made_is_not_forgotten(tmp_path: Path) -> None:
    """A role can't be given to a user as to an application; the identity was made by then, and undo finds it."""
    wrong = replace(bench.assignment("given", READER, ADA), after=("identity",))
    properties = {**wrong.body["properties"], "principalType": "User"}
    right = replace(wrong, body={"properties": properties})
    plan = bench.plan_of(Share(resources=(bench.group(), bench.identity(), wrong)))
    with practice(tmp_path) as cloud:
        before = state_of(tmp_path, without=TRACES)
        async with bench.bench(cloud, plan) as setup:
            assert setup.azure is not None
            with pytest.raises(Undoable, match="UnmatchedPrincipalType") as told:
                await bench.carry_out(bench.work_on(setup), plan)
            assert "Correlation id" in told.value.mend
            made = {made.key for made in setup.journal.perhaps_made()}
            assert {"identity", "given"} <= made
            outcome = await undo(setup)
            assert (outcome.end, outcome.problem, outcome.kept) == (End.DONE, "", ())
            assert state_of(tmp_path, without=TRACES) == before
            with pytest.raises(Undoable):
                await bench.carry_out(bench.work_on(setup), plan)
            mended = bench.plan_of(Share(resources=(bench.group(), bench.identity(), right)))
            done = await bench.carry_out(bench.work_on(setup), mended)
            assert done["identity"][0] is Result.MADE
            assert {made.key for made in setup.journal.made()} >= {"group", "identity", "given"}
            assert (await undo(setup)).kept == ()
            assert state_of(tmp_path, without=TRACES) == before
