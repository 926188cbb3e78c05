"""What a person may not make is handed to an administrator, the rest is made, and the run goes on by itself."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path

import pytest

from tests.apply.handed import (
    FOREIGN,
    GROUP,
    GUIDE,
    IDENTITY,
    READER,
    administrator,
    plan,
    setup,
    take_directory_roles_away,
    world,
)
from tests.rehearsal import HIML, Heard, himl, practice, state_of
from wizard.apply.events import Event, Failed, Finished, Outlined, Result, Waiting
from wizard.apply.handoff import handoff_files
from wizard.apply.outcome import Change, End, Outcome
from wizard.apply.preflight import preflight
from wizard.apply.run import Run
from wizard.apply.undo import undo
from wizard.apply.watching import EVERY
from wizard.azure.session import Azure
from wizard.guides.himl import GUIDE as HIML_GUIDE
from wizard.setup import Setup

QUICKLY = 0.05
TRACES = ("operation", "deletedObject", "deviceCode", "authorizationCode", "refreshToken", "token")


class Calls:
    """Hears events, and sets off something at the first wait for an administrator."""

    def __init__(self) -> None:
        self.heard = Heard()
        self.waits = asyncio.Event()

    def __call__(self, event: Event) -> None:
        self.heard(event)
        if isinstance(event, Waiting) and event.key.startswith("handoff:"):
            self.waits.set()


async def _watched(
    begun: Setup, folder: Path, calls: Calls, *only: frozenset[str], answers: object = None
) -> Outcome:
    """Run with watching; once it waits, an administrator makes these steps, one run after the other."""
    run = asyncio.create_task(Run(begun, calls, watch=True, every=QUICKLY).go())
    await calls.waits.wait()
    more = {} if answers is None else {"answers": answers}
    async with administrator(folder, begun.cloud, guide=begun.guide, **more) as admin:  # type: ignore[arg-type]  # answers as given
        for steps in only:
            done = await Run(admin, only=steps).go()
            assert done.problem == ""
    return await run


# What is foretold


async def test_a_contributor_hands_over_the_role_of_hi_ml_and_makes_the_rest(tmp_path: Path) -> None:
    with practice(tmp_path, world="contributor-only") as cloud:
        async with himl(cloud) as begun:
            told = await preflight(begun)
            (off,) = told.handoffs
            assert not told.blocked
            assert told.rights == "4 of 5 needed actions held"
            assert (off.step, off.objects) == ("3.2", ("assignment",))
            assert off.actions == ("Microsoft.Authorization/roleAssignments/write",)
            assert off.scope.endswith("/resourceGroups/rg-vision")
            assert told.count(Change.CREATE) == 3
            outcome = await Run(begun).go()
    assert (outcome.end, len(outcome.made)) == (End.WAITING, 3)
    assert [proof.key for proof in outcome.proofs] == ["sign_in", "secret_life", "config"]
    (off,) = outcome.handoffs
    page = Path(off.file).read_text(encoding="utf-8")
    assert "az role assignment create" in off.commands
    for said in (off.commands, "--only 3.2", off.reason, "app_name = ", "Subject: "):
        assert said in page
    assert Path(off.file).stat().st_mode & 0o777 == 0o600


async def test_a_guest_hands_over_what_only_members_and_owners_may_make(tmp_path: Path) -> None:
    with practice(tmp_path, world=world(tmp_path, "guest")) as cloud:
        before = state_of(tmp_path, without=TRACES)
        async with setup(cloud) as begun:
            told = await preflight(begun)
        assert state_of(tmp_path, without=TRACES) == before
    assert [(off.step, off.objects) for off in told.handoffs] == [
        ("1.1", ("principal",)),
        ("1.2", ("role",)),
        ("1.3", ("given",)),
        ("2.4", ("read",)),
    ]
    principal, role, given, _ = told.handoffs
    assert "guest" in principal.reason
    assert principal.ids["application hopsworks.ai"] == FOREIGN
    assert "Application Administrator" in principal.who
    assert f"az ad sp create --id {FOREIGN}" in principal.commands
    assert role.scope == given.scope == GROUP
    assert role.actions == ("Microsoft.Authorization/roleDefinitions/write",)
    assert [line.label for line in told.postponed] == ["user assigned identity later"]
    assert [(line.change, line.label) for line in told.changes] == [(Change.CREATE, "handed")]


async def test_a_member_without_a_directory_role_is_told_which_one_it_takes(tmp_path: Path) -> None:
    with practice(tmp_path, world=world(tmp_path, "default")) as cloud:
        async with setup(cloud) as begun:
            told = await preflight(begun)
    (off,) = told.handoffs
    assert off.step == "1.1"
    assert "Privileged Identity Management" in off.reason
    assert off.actions == ()
    assert told.rights.startswith("all ")
    assert [line.label for line in told.postponed] == [
        "role assignment given on rg-vision",
        "user assigned identity later",
    ]


async def test_a_principal_that_somebody_disabled_is_handed_over_until_it_is_enabled(tmp_path: Path) -> None:
    calls = Calls()
    with practice(tmp_path, world=world(tmp_path, "default", disabled=True)) as cloud:
        async with setup(cloud) as begun:
            (off,) = (await preflight(begun)).handoffs
            assert "is there, but disabled" in off.reason
            outcome = await _watched(begun, tmp_path, calls, frozenset({"1.1"}))
    assert (outcome.end, outcome.problem, outcome.ok) == (End.DONE, "", True)


@pytest.mark.parametrize(("permission", "handed"), [("ReadWrite.All", 0), ("ReadWrite.OwnedBy", 1)])
async def test_an_application_adds_foreign_ones_only_with_the_whole_permission(
    tmp_path: Path, permission: str, handed: int
) -> None:
    owner = {"appRoles": [f"Application.{permission}"]}
    with practice(tmp_path, world=world(tmp_path, "app-only", owner=owner)) as cloud:
        async with administrator(tmp_path, cloud) as begun:
            told = await preflight(begun)
    assert len(told.handoffs) == handed
    assert all("signed in as an application" in off.reason for off in told.handoffs)


async def test_what_exists_needs_no_right(tmp_path: Path) -> None:
    with practice(tmp_path, world="contributor-only") as cloud:
        async with administrator(tmp_path, cloud) as admin:
            assert (await Run(admin).go()).ok
        async with setup(cloud) as begun:
            told = await preflight(begun)
            assert (told.handoffs, told.nothing_to_do) == ((), True)
            outcome = await Run(begun).go()
            assert (outcome.end, outcome.problem) == (End.NOTHING_TO_DO, "")
            assert outcome.ok
            assert (await undo(begun)).removed == ()


# What is carried out

WITHOUT_IT = {"role definition Handed", "role assignment read on rg-vision", "user assigned identity handed"}
BEHIND_IT = {"role assignment given on rg-vision", "user assigned identity later"}


async def test_the_rest_is_made_and_told_when_nobody_watches(tmp_path: Path) -> None:
    heard = Heard()
    with practice(tmp_path, world=world(tmp_path, "guest")) as cloud:
        async with setup(cloud) as begun:
            outcome = await Run(begun, heard).go()
            again = await Run(begun).go()
            assert begun.store.load("demo").stage == "applying"
            files = handoff_files(begun)
    assert (outcome.end, outcome.made) == (End.WAITING, ("user assigned identity handed",))
    assert outcome.postponed == ("user assigned identity later",)
    assert [proof.key for proof in outcome.proofs] == ["well"]
    assert (again.end, again.made) == (End.WAITING, ())
    skipped = [e.key for e in heard.of(Finished) if e.result is Result.SKIPPED]
    assert skipped == ["handoff:1.1", "handoff:1.2", "handoff:1.3", "handoff:2.4"]
    (outlined,) = heard.of(Outlined)
    assert [task.key for task in outlined.tasks] == [
        "provider:microsoft.managedidentity",
        "identity",
        *skipped,
    ]
    assert [file.name for file in files] == [
        f"demo-handoff-{n}.md" for n in ("all", "1.1", "1.2", "1.3", "2.4")
    ]
    whole = files[0].text
    assert all(step.split("```sh")[1].splitlines()[-2] in whole for step in (file.text for file in files[1:]))
    assert whole.count("--only") == len(files[1:])
    assert whole.count("Subject: Please make 4 things") == 1
    # The identity exists by now, so its object id is in the commands.
    assert "object id of user assigned identity handed" in files[4].text


async def test_a_guest_s_run_goes_on_by_itself_when_the_administrator_has_made_it_all(
    tmp_path: Path,
) -> None:
    """A guest may not read the directory, and knows the principal by the role that was given to it."""
    calls = Calls()
    with practice(tmp_path, world=world(tmp_path, "guest")) as cloud:
        async with setup(cloud) as begun:
            outcome = await _watched(begun, tmp_path, calls, frozenset({"1", "2.4"}))
            known = begun.journal.known()
            with pytest.raises(LookupError):
                handoff_files(begun)
            assert list(begun.store.folder.glob("*-handoff-*")) == []
            assert begun.store.load("demo").stage == "proved"
            assert begun.profile.outputs["PRINCIPAL"] == known["principal"]["object_id"]
            removed = (await undo(begun)).removed
    assert (outcome.end, outcome.problem, outcome.handoffs) == (End.DONE, "", ())
    assert outcome.ok
    assert set(outcome.made) == {"user assigned identity handed", "user assigned identity later"}
    # What the administrator made is not this profile's to take away.
    assert [label for label in removed if "deployment" not in label] == [
        "user assigned identity later",
        "user assigned identity handed",
    ]
    finished = [e.key for e in calls.heard.of(Finished) if e.key.startswith("handoff:")]
    assert set(finished) == {"handoff:1.1", "handoff:1.2", "handoff:1.3", "handoff:2.4"}
    waits = calls.heard.of(Waiting)
    assert all(0 <= event.seconds <= event.at_most for event in waits)


async def test_what_was_postponed_follows_as_soon_as_the_one_before_is_there(tmp_path: Path) -> None:
    """The person may make all but the principal: its role follows by itself, in a second deployment."""
    calls = Calls()
    with practice(tmp_path, world=world(tmp_path, "default")) as cloud:
        async with setup(cloud) as begun:
            outcome = await _watched(begun, tmp_path, calls, frozenset({"1.1"}))
            assert len(begun.profile.deployments) == 2
    assert (outcome.end, outcome.problem) == (End.DONE, "")
    assert outcome.ok
    assert set(outcome.made) == {*WITHOUT_IT, *BEHIND_IT}


async def _by_hand(azure: Azure, principal: str, name: str, role: str) -> None:
    properties = {"roleDefinitionId": role, "principalId": principal, "principalType": "ServicePrincipal"}
    path = f"{GROUP}/providers/Microsoft.Authorization/roleAssignments/{name}"
    await azure.arm.write(path, "2022-04-01", {"properties": properties})


async def test_what_was_made_by_hand_is_known_under_its_own_ids(tmp_path: Path) -> None:
    """The portal and az give roles and assignments a GUID by chance."""
    calls = Calls()
    with practice(tmp_path, world=world(tmp_path, "guest")) as cloud:
        async with setup(cloud) as begun:
            run = asyncio.create_task(Run(begun, calls, watch=True, every=QUICKLY).go())
            await calls.waits.wait()
            async with administrator(tmp_path, cloud) as admin:
                azure = admin.azure
                assert azure is not None
                made, _ = await azure.graph.ensure_service_principal(FOREIGN)
                wanted = plan(admin.walkthrough.answers)
                definition = next(r for r in wanted.resources if r.key == "role")
                role = f"{GROUP}/providers/Microsoft.Authorization/roleDefinitions/{uuid.uuid4()}"
                await azure.arm.write(role, "2022-04-01", definition.body)
                await _by_hand(azure, made.object_id, str(uuid.uuid4()), role)
                identity = await azure.arm.read(IDENTITY, "2023-01-31")
                assert identity is not None
                await _by_hand(azure, identity["properties"]["principalId"], str(uuid.uuid4()), READER)
            async with asyncio.timeout(90):
                outcome = await run
    assert (outcome.end, outcome.problem, outcome.ok) == (End.DONE, "", True)


async def test_hi_ml_goes_on_by_itself(tmp_path: Path) -> None:
    calls = Calls()
    with practice(tmp_path, world="contributor-only") as cloud:
        async with himl(cloud) as begun:
            outcome = await _watched(begun, tmp_path, calls, frozenset({"3.2"}), answers=HIML)
    assert begun.guide is HIML_GUIDE
    assert (outcome.end, outcome.problem) == (End.DONE, "")
    assert [proof.ok for proof in outcome.proofs] == [True] * 5


async def test_watching_can_be_left_and_is_picked_up_by_the_next_run(tmp_path: Path) -> None:
    calls = Calls()
    with practice(tmp_path, world=world(tmp_path, "guest")) as cloud:
        async with setup(cloud) as begun:
            run = Run(begun, calls, watch=True, every=EVERY)
            going = asyncio.create_task(run.go())
            await calls.waits.wait()
            await run.leave()
            left = await going
        assert (left.end, len(left.handoffs)) == (End.LEFT_RUNNING, 4)
        async with administrator(tmp_path, cloud) as admin:
            assert (await Run(admin, only=frozenset({"1", "2.4"})).go()).problem == ""
        async with setup(cloud) as later:
            outcome = await Run(later).go()
    assert (outcome.end, outcome.ok) == (End.DONE, True)
    assert outcome.made == ("user assigned identity later",)


async def test_a_refusal_that_nothing_foretold_becomes_a_hand_off(tmp_path: Path) -> None:
    """The person's role ends between the look at it and the making, as an activated one does."""

    def lose_it(event: Event) -> None:
        heard(event)
        if isinstance(event, Outlined):
            take_directory_roles_away(tmp_path)

    heard = Heard()
    with practice(tmp_path, world="hopsworks-admin") as cloud:
        async with setup(cloud) as begun:
            assert (await preflight(begun)).handoffs == ()
            outcome = await Run(begun, lose_it).go()
    assert outcome.end is End.WAITING
    (off,) = outcome.handoffs
    assert off.objects == ("principal",)
    assert "local tenant" in off.reason or "own tenant" in off.reason
    assert set(outcome.made) == WITHOUT_IT
    assert heard.of(Failed) == []


# Only some steps


async def test_only_makes_these_steps_and_says_what_has_to_be_there_first(tmp_path: Path) -> None:
    with practice(tmp_path, world=world(tmp_path, "default")) as cloud:
        async with administrator(tmp_path, cloud) as admin:
            told = await preflight(admin, frozenset({"1.3"}))
            assert told.blocked
            assert "service principal hopsworks.ai" in told.findings[-1].what
            early = await Run(admin, only=frozenset({"1.3"})).go()
            assert early.end is End.FAILED
            assert "role definition Handed" in early.problem
            first = await Run(admin, only=frozenset({"1.1"})).go()
            assert first.made == ("service principal hopsworks.ai",)
            told = await preflight(admin, frozenset({"1"}))
            assert [line.label for line in told.changes if line.change is Change.CREATE] == [
                "Handed",
                "given on rg-vision",
            ]
            second = await Run(admin, only=frozenset({"1"})).go()
            assert (second.end, second.problem) == (End.DONE, "")
            assert admin.guide is GUIDE
            assert (await Run(admin, only=frozenset({"1"})).go()).end is End.NOTHING_TO_DO
