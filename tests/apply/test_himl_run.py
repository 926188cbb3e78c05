"""The hi-ml guide carried out on practice Azure: made once, proved, kept the second time, undone without a trace."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from profiles.secrets import Binding, Secret, SecretStore, SecretStoreError
from tests.rehearsal import HIML, Heard, himl, practice, state_of
from wizard.answers import Value
from wizard.apply.events import Failed, Finished, Outlined, Result, Started
from wizard.apply.outcome import Change, End
from wizard.apply.preflight import preflight
from wizard.apply.run import Run
from wizard.apply.undo import preview_undo, undo
from wizard.apply.verify import verify
from wizard.setup import Setup

# What every sign-in and deployment leaves behind in the real Azure too, or what is kept for 30 days.
TRACES = ("operation", "deletedObject", "deviceCode", "authorizationCode", "refreshToken", "token")


async def test_it_is_made_once_proved_and_kept_the_second_time(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with himl(cloud) as setup:
            preview = await preflight(setup)
            assert [f.sentence for f in preview.findings if f.blocks] == []
            assert preview.count(Change.CREATE) == 4
            first = await Run(setup).go()
        assert (first.end, first.problem) == (End.DONE, "")
        assert [proof.ok for proof in first.proofs] == [True] * 5
        assert len(first.made) == 4
        made = state_of(tmp_path, without=TRACES)
        async with himl(cloud) as setup:
            again = await preflight(setup)
            second = await Run(setup).go()
        assert again.nothing_to_do
        assert (second.end, second.made) == (End.NOTHING_TO_DO, ())
        assert state_of(tmp_path, without=TRACES) == made


async def test_undo_removes_what_was_made_and_only_that(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        before = state_of(tmp_path, without=TRACES)
        async with himl(cloud) as setup:
            await setup.walkthrough.check_all()
            await Run(setup).go()
            assert state_of(tmp_path, without=TRACES) != before
            told = await preview_undo(setup)
            outcome = await undo(setup)
            again = await undo(setup)
        assert outcome.ok
        assert len(outcome.removed) == len([line for line in told if line.change is Change.REMOVE])
        assert again.end is End.NOTHING_TO_DO
        assert state_of(tmp_path, without=TRACES) == before


async def test_events_tell_each_task_from_start_to_end(tmp_path: Path) -> None:
    heard = Heard()
    with practice(tmp_path) as cloud:
        async with himl(cloud) as setup:
            await setup.walkthrough.check_all()
            await Run(setup, heard).go()
    (outlined,) = heard.of(Outlined)
    keys = [task.key for task in outlined.tasks]
    assert [event.key for event in heard.of(Started)] == keys
    assert [event.key for event in heard.of(Finished)] == keys
    assert [event.result for event in heard.of(Finished)][:4] == [Result.MADE] * 4


async def test_verify_tells_what_somebody_removed(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with himl(cloud) as setup:
            await setup.walkthrough.check_all()
            await Run(setup).go()
            assert (await verify(setup)).ok
            assert setup.azure is not None
            known = setup.journal.known()
            await setup.azure.graph.remove_password(known["app"]["object_id"], known["secret"]["key_id"])
            outcome = await verify(setup)
            assert not outcome.ok
            assert "client secret himl" in {proof.title for proof in outcome.proofs if not proof.ok}
            mended = await Run(setup).go()
            assert (mended.end, len(mended.made)) == (End.DONE, 1)
            assert (await verify(setup)).ok


class _NoRoom:
    """A secret store whose probe passes and that then fails to write, as a keyring does whose daemon dies."""

    name = "keyring"
    label = "a keyring that breaks"
    keeps = True

    def probe(self) -> None:
        return

    def put(self, binding: Binding, secret: Secret) -> None:
        raise SecretStoreError("broken", "The keyring did not keep it.")

    def get(self, binding: Binding) -> Secret | None:
        return None

    def delete(self, binding: Binding) -> None:
        return


class _SetupWithoutRoom(Setup):
    def secret_store(self) -> SecretStore:
        return _NoRoom()


async def test_a_secret_that_can_not_be_stored_is_revoked_and_told(tmp_path: Path) -> None:
    heard = Heard()
    with practice(tmp_path) as cloud:
        async with himl(cloud, kind=_SetupWithoutRoom) as setup:
            await setup.walkthrough.check_all()
            outcome = await Run(setup, heard).go()
            assert setup.azure is not None
            app = await setup.azure.graph.application(setup.journal.known()["app"]["app_id"])
    assert outcome.end is End.FAILED
    assert "revoked" in outcome.problem
    assert [event.key for event in heard.of(Failed)] == ["secret"]
    assert app is not None
    assert app.passwords == ()


@pytest.mark.parametrize("stored", [False, True])
async def test_an_interrupted_secret_is_settled_not_doubled(tmp_path: Path, *, stored: bool) -> None:
    """The run was killed after Azure made the secret: once before it reached the store, once after."""
    with practice(tmp_path) as cloud:
        async with himl(cloud) as setup:
            await setup.walkthrough.check_all()
            await Run(setup).go()
            assert setup.azure is not None
            known = setup.journal.known()
            app = known["app"]
            binding = setup.profile.secrets[0].binding
            await setup.azure.graph.remove_password(app["object_id"], known["secret"]["key_id"])
            setup.secret_store().delete(binding)
            setup.journal.undone("secret", "client secret", id=known["secret"]["key_id"])
            setup.journal.begin("secret", "client secret", display_name="himl", before=[])
            end = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
            orphan = await setup.azure.graph.add_password(app["object_id"], "himl", end)
            if stored:
                setup.secret_store().put(binding, orphan.value)
            outcome = await Run(setup).go()
            listed = await setup.azure.graph.application(app["app_id"])
            assert outcome.ok
            assert listed is not None
            assert len(listed.passwords) == 1
            assert (listed.passwords[0].key_id == orphan.credential.key_id) is stored


@pytest.mark.parametrize(
    ("answers", "made"),
    [
        ({"auth_way": "interactive"}, 0),
        ({"auth_way": "cli"}, 0),
        ({"role": "data_scientist"}, 4),
        ({"auth_way": "federated", "github_repository": "contoso/vision"}, 4),
        ({"workspace": "speech", "subscription": "Research"}, 4),
    ],
)
async def test_every_way_of_the_guide_ends_proved(
    tmp_path: Path, answers: Mapping[str, Value], made: int
) -> None:
    with practice(tmp_path) as cloud:
        async with himl(cloud, answers={**HIML, **answers}) as setup:
            preview = await preflight(setup)
            assert [f.sentence for f in preview.findings if f.blocks] == []
            outcome = await Run(setup).go()
            assert outcome.ok, outcome
            assert len(outcome.made) == made
            assert (await undo(setup)).ok


async def test_who_may_not_assign_roles_is_told_before_anything_is_written(tmp_path: Path) -> None:
    with practice(tmp_path, world="contributor-only") as cloud:
        before = state_of(tmp_path, without=TRACES)
        async with himl(cloud) as setup:
            preview = await preflight(setup)
        assert not preview.blocked
        (off,) = preview.handoffs
        assert off.actions == ("Microsoft.Authorization/roleAssignments/write",)
        assert state_of(tmp_path, without=TRACES) == before


async def test_who_may_not_register_applications_is_told_before_anything_is_made(tmp_path: Path) -> None:
    with practice(tmp_path, world="no-app-registration") as cloud:
        async with himl(cloud) as setup:
            preview = await preflight(setup)
    assert preview.blocked
    (finding,) = [f for f in preview.findings if f.blocks]
    assert finding.question == "app_name"
    assert "administrators" in finding.what


async def test_what_earlier_answers_made_is_told_and_undone_with_the_rest(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        before = state_of(tmp_path, without=TRACES)
        async with himl(cloud) as setup:
            assert not any("earlier answers" in f.what for f in (await preflight(setup)).findings)
            await Run(setup).go()
        async with himl(cloud, answers={**HIML, "role": "data_scientist"}) as setup:
            preview = await preflight(setup)
            (told,) = [f.what for f in preview.findings if "earlier answers" in f.what]
            assert "role assignment Contributor on rg-vision" in told
            outcome = await Run(setup).go()
            assert outcome.made == ("role assignment AzureML Data Scientist on vision",)
            assert (await undo(setup)).ok
        assert state_of(tmp_path, without=TRACES) == before


async def test_an_answers_file_is_all_there_is(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with himl(cloud, answers={**HIML, "secret_months": 12}) as setup:
            await setup.walkthrough.check_all()
        async with himl(cloud) as setup:
            assert setup.walkthrough.answers.number("secret_months") == 6
