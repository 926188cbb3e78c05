"""Rotate: the new secret works before the old one goes, and what can't be rotated is told with the way out."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from profiles.folder_vault import FolderVault
from profiles.profile import SecretReference
from profiles.secrets import Binding, Secret, SecretStore, SecretStoreError
from profiles.show_once import ShowOnce
from tests.rehearsal import HIML, Heard, himl, practice, state_of
from wizard.answers import Value
from wizard.apply.events import Finished, Outlined, Result, Waiting
from wizard.apply.outcome import End
from wizard.apply.rotate import rotate
from wizard.apply.run import Run
from wizard.apply.undo import undo
from wizard.apply.verify import verify
from wizard.azure.clouds import Cloud
from wizard.azure.errors import SignInFailed
from wizard.azure.model import PasswordCredential
from wizard.azure.sign_in import sign_in_with_secret
from wizard.setup import Setup

TRACES = ("operation", "deletedObject", "deviceCode", "authorizationCode", "refreshToken", "token")


@asynccontextmanager
async def applied(
    cloud: Cloud, answers: Mapping[str, Value] = HIML, kind: type[Setup] = Setup
) -> AsyncIterator[Setup]:
    async with himl(cloud, answers=answers, kind=kind) as setup:
        await setup.walkthrough.check_all()
        outcome = await Run(setup).go()
        assert outcome.ok, outcome
        yield setup


def faulty(folder: Path, cloud: Cloud, *faults: Mapping[str, Any]) -> None:
    """Let requests to practice Azure go wrong from now on; without faults, none."""
    token = (folder / "admin_token").read_text(encoding="utf-8")
    answer = requests.put(
        f"{cloud.arm}/practice/faults",
        json={"faults": list(faults)},
        headers={"Authorization": f"Bearer {token}"},
        verify=str(cloud.ca),
        timeout=30,
    )
    answer.raise_for_status()


async def live(setup: Setup) -> tuple[PasswordCredential, ...]:
    assert setup.azure is not None
    app = await setup.azure.graph.application(setup.journal.known()["app"]["app_id"])
    assert app is not None
    return app.passwords


def reference(setup: Setup) -> SecretReference:
    (only,) = setup.profile.secrets
    return only


async def works(setup: Setup) -> bool:
    """Whether what is in the store signs in."""
    binding = reference(setup).binding
    value = setup.secret_store().get(binding)
    assert value is not None
    try:
        signed_in = await sign_in_with_secret(setup.cloud, binding.tenant, binding.client_id, value)
    except SignInFailed:
        return False
    await signed_in.close()
    return True


async def test_the_new_secret_is_proved_and_stored_before_the_old_one_goes(tmp_path: Path) -> None:
    heard = Heard()
    with practice(tmp_path) as cloud:
        async with applied(cloud) as setup:
            before, old = reference(setup), setup.secret_store().get(reference(setup).binding)
            outcome = await rotate(setup, heard)
            after = reference(setup)
            assert (outcome.end, outcome.problem) == (End.DONE, "")
            assert outcome.ok
            assert outcome.removed == ("the old client secret himl",)
            (left,) = await live(setup)
            assert left.key_id == after.key_id != before.key_id
            assert after.binding == before.binding
            new = setup.secret_store().get(after.binding)
            assert new is not None
            assert old is not None
            assert new != old
            assert new.reveal()[:3] == after.hint == left.hint
            assert setup.secret_store().get(after.binding.next) is None
            assert await works(setup)
            assert (await verify(setup)).ok
            assert (await Run(setup).go()).end is End.NOTHING_TO_DO
    (outlined,) = heard.of(Outlined)
    assert [event.key for event in heard.of(Finished)] == [task.key for task in outlined.tasks]
    assert [event.result for event in heard.of(Finished)] == [
        Result.MADE,
        Result.PROVED,
        Result.KEPT,
        Result.REMOVED,
    ]


async def test_undo_after_rotate_leaves_the_state_before(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        before = state_of(tmp_path, without=TRACES)
        async with applied(cloud) as setup:
            binding = reference(setup).binding
            await rotate(setup)
            await rotate(setup)
            assert (await undo(setup)).ok
            assert setup.secret_store().get(binding) is None
        assert state_of(tmp_path, without=TRACES) == before


async def test_what_others_made_is_told_and_stays(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with applied(cloud) as setup:
            assert setup.azure is not None
            end = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
            theirs = await setup.azure.graph.add_password(
                setup.journal.known()["app"]["object_id"], "himl", end
            )
            outcome = await rotate(setup)
            assert outcome.ok
            assert outcome.kept == ("1 other client secret of the application: Azimuth did not make it",)
            assert {p.key_id for p in await live(setup)} == {
                theirs.credential.key_id,
                reference(setup).key_id,
            }


# What can't be rotated


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"auth_way": "interactive"}, "has no client secret"),
        ({"auth_way": "cli"}, "has no client secret"),
        ({"auth_way": "federated", "github_repository": "contoso/vision"}, "by federation"),
    ],
)
async def test_a_profile_without_a_secret_is_told_so(
    tmp_path: Path, answers: Mapping[str, Value], told: str
) -> None:
    with practice(tmp_path) as cloud:
        async with applied(cloud, {**HIML, **answers}) as setup:
            before = state_of(tmp_path, without=TRACES)
            outcome = await rotate(setup)
            assert outcome.end is End.FAILED
            assert told in outcome.problem
            assert "answers" in outcome.mend
        assert state_of(tmp_path, without=TRACES) == before


async def test_before_applying_and_after_undoing_there_is_nothing_to_rotate(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with himl(cloud) as setup:
            await setup.walkthrough.check_all()
            assert "not applied yet" in (await rotate(setup)).problem
            await Run(setup).go()
            await undo(setup)
            done = await rotate(setup)
    assert "was undone" in done.problem
    assert "azimuth resume demo" in done.mend


async def test_a_pasted_secret_is_the_persons_own(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        own = {"app_mode": "existing", "app_id": "legacy-training", "secret_from": "mine"}
        async with himl(cloud, answers={**HIML, **own}) as setup:
            assert setup.azure is not None
            await setup.walkthrough.check("app_id")
            app = await setup.azure.graph.application(setup.walkthrough.answers.text("app_id"))
            assert app is not None
            end = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
            new = await setup.azure.graph.add_password(app.object_id, "by hand", end)
            setup.walkthrough.record("secret_value", new.value.reveal())
            await setup.walkthrough.check_all()
            assert (await Run(setup).go()).ok
            outcome = await rotate(setup)
            assert "pasted" in outcome.problem
            assert "portal" in outcome.mend
            assert await works(setup)


async def test_who_may_not_change_the_application_is_told_before_anything_is_written(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with applied(cloud) as setup:
            app = setup.journal.known()["app"]["object_id"]
    with closing(sqlite3.connect(tmp_path / "practice.db")) as database, database:
        ((body,),) = database.execute("SELECT body FROM document WHERE key = ?", (app,)).fetchall()
        owned = json.loads(body) | {"_owners": []}
        database.execute("UPDATE document SET body = ? WHERE key = ?", (json.dumps(owned), app))
    with practice(tmp_path) as cloud:
        before = state_of(tmp_path, without=TRACES)
        async with himl(cloud) as setup:
            lines = setup.journal.path.read_bytes()
            outcome = await rotate(setup)
            assert outcome.end is End.FAILED
            assert "not among its owners" in outcome.problem
            assert "owners" in outcome.mend
            assert setup.journal.path.read_bytes() == lines
            assert await works(setup)
        assert state_of(tmp_path, without=TRACES) == before


# What goes wrong


async def test_a_new_secret_that_is_not_known_everywhere_yet_is_waited_for(tmp_path: Path) -> None:
    heard = Heard()
    with practice(tmp_path) as cloud:
        async with applied(cloud) as setup:
            faulty(tmp_path, cloud, {"path": "addPassword", "replication": 1.0})
            outcome = await rotate(setup, heard)
            assert outcome.ok, outcome
            assert await works(setup)
            assert len(await live(setup)) == 1
    assert {event.why for event in heard.of(Waiting)} == {"Entra does not know the new secret everywhere yet"}


async def test_a_new_secret_that_entra_refuses_is_removed_and_the_old_one_stays(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with applied(cloud) as setup:
            before = reference(setup)
            faulty(tmp_path, cloud, {"content": "grant_type=client_credentials", "aadsts": 53003, "times": 0})
            outcome = await rotate(setup)
            faulty(tmp_path, cloud)
            assert outcome.end is End.FAILED
            assert "the old one works still" in outcome.problem
            assert reference(setup) == before
            assert [p.key_id for p in await live(setup)] == [before.key_id]
            assert setup.secret_store().get(before.binding.next) is None
            assert await works(setup)
            assert (await rotate(setup)).ok


class _Full(FolderVault):
    """A store that takes nothing more once `full` is set; what it has it gives."""

    full = False

    def put(self, binding: Binding, secret: Secret) -> None:
        if self.full:
            raise SecretStoreError("broken", "The store is full.")
        super().put(binding, secret)


class _FullSetup(Setup):
    full = False

    def secret_store(self) -> SecretStore:
        store = _Full(self.cloud.secret_folder or "")
        store.full = self.full
        return store


async def test_a_store_that_does_not_take_it_costs_nothing(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with applied(cloud, kind=_FullSetup) as setup:
            assert isinstance(setup, _FullSetup)
            before = reference(setup)
            setup.full = True
            outcome = await rotate(setup)
            assert outcome.end is End.FAILED
            assert "full" in outcome.problem
            assert reference(setup) == before
            assert [p.key_id for p in await live(setup)] == [before.key_id]
            setup.full = False
            assert (await rotate(setup)).ok
            assert len(await live(setup)) == 1


@pytest.mark.parametrize(
    ("fault", "ends"),
    [
        ({"path": "addPassword", "close": "after"}, End.DONE),
        ({"path": "addPassword", "truncated": True}, End.FAILED),
        ({"path": "removePassword", "close": "before"}, End.DONE),
        ({"path": "removePassword", "status": 503, "times": 9}, End.FAILED),
        ({"path": "oauth2", "status": 503, "times": 12}, End.FAILED),
    ],
)
async def test_after_a_fault_rotating_again_ends_with_one_secret(
    tmp_path: Path, fault: Mapping[str, Any], ends: End
) -> None:
    with practice(tmp_path) as cloud:
        async with applied(cloud) as setup:
            before = reference(setup)
            faulty(tmp_path, cloud, dict(fault))
            outcome = await rotate(setup)
            faulty(tmp_path, cloud)
            assert await works(setup)
            if outcome.end is not End.DONE:
                assert outcome.end is ends, outcome
                outcome = await rotate(setup)
            assert outcome.ok, outcome
            (left,) = await live(setup)
            assert left.key_id == reference(setup).key_id != before.key_id
            assert await works(setup)


async def test_a_lifetime_that_a_policy_forbids_is_told(tmp_path: Path) -> None:
    refusal = {
        "path": "addPassword",
        "status": 400,
        "code": "CredentialInvalidLifetimeAsPerAppPolicy",
        "message": "Credential lifetime exceeds the max value allowed as per assigned policy",
    }
    with practice(tmp_path) as cloud:
        async with applied(cloud) as setup:
            faulty(tmp_path, cloud, refusal)
            outcome = await rotate(setup)
            assert outcome.end is End.FAILED
            assert "shorter lifetime" in outcome.mend
            assert await works(setup)
            assert (await rotate(setup)).ok
            assert len(await live(setup)) == 1


async def test_an_application_that_somebody_removed_is_told(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with applied(cloud) as setup:
            assert setup.azure is not None
            await setup.azure.graph.delete_application(setup.journal.known()["app"]["object_id"])
            outcome = await rotate(setup)
            assert "is gone" in outcome.problem
            assert "azimuth resume demo" in outcome.mend


async def test_without_a_journal_the_profile_knows_which_secret_is_its_own(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with applied(cloud) as setup:
            before = reference(setup)
            setup.journal.path.unlink()
            assert (await rotate(setup)).ok
            assert setup.azure is not None
            app = await setup.azure.graph.application(before.binding.client_id)
            assert app is not None
            assert [p.key_id for p in app.passwords] == [reference(setup).key_id]
            assert reference(setup).key_id != before.key_id


# A store that keeps nothing


class _Once(Setup):
    held = ShowOnce()

    def secret_store(self) -> SecretStore:
        return self.held


async def test_a_secret_that_no_store_keeps_is_shown_once_and_made_once(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with himl(cloud, kind=_Once) as setup:
            assert isinstance(setup, _Once)
            setup.held = ShowOnce()
            await setup.walkthrough.check_all()
            first = await Run(setup).go()
            assert first.ok, first
            ((variable, shown),) = first.shown_once.items()
            assert variable == "HIML_SERVICE_PRINCIPAL_PASSWORD"
            (made,) = await live(setup)
            assert made.hint == shown.reveal()[:3]
        async with himl(cloud, kind=_Once) as setup:
            assert isinstance(setup, _Once)
            setup.held = ShowOnce()
            again = await Run(setup).go()
            assert (again.end, dict(again.shown_once)) == (End.NOTHING_TO_DO, {})
            assert [p.key_id for p in await live(setup)] == [made.key_id]
            assert again.ok, again.proofs
            assert "not asked again" in {p.key: p.what for p in again.proofs}["sign_in"]
            turned = await rotate(setup)
            assert turned.ok, turned
            assert turned.shown_once[variable] != shown
            assert "azimuth resume demo removes it" in turned.mend
            assert {made.key_id, reference(setup).key_id} == {p.key_id for p in await live(setup)}
            assert (await Run(setup).go()).ok
            assert [p.key_id for p in await live(setup)] == [reference(setup).key_id]
