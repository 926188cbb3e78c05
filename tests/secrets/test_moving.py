"""Choosing another store for a profile moves its secret: the one in use stays alive, in one place only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from profiles.environment import variables_of
from profiles.file_vault import FileVault, vault_path
from profiles.moving import Moving
from profiles.secrets import Binding, Secret, SecretStoreError, open_store
from tests.rehearsal import Heard, himl, practice
from tests.secrets.lying import Keeping, Locked, over
from wizard.apply.events import Finished, Result
from wizard.apply.outcome import Change
from wizard.apply.preflight import preflight
from wizard.apply.run import Run
from wizard.apply.undo import undo

WORDS = Secret("correct horse battery")
PASSWORD = "HIML_SERVICE_PRINCIPAL_PASSWORD"
BINDING = Binding("AzureCloud", "contoso.com", "0f8fad5b", "a" * 32)


async def test_the_secret_in_use_moves_and_no_new_one_is_made(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with himl(cloud) as setup:
            assert (await Run(setup).go()).ok
            (before,) = setup.profile.secrets
            first = setup.secret_store()
            value = first.get(before.binding)
        FileVault(vault_path(), lambda: WORDS, cost=4).probe()  # it keeps its cost: cheap
        async with himl(cloud) as setup:
            setup.store_choice, setup.passphrase = "vault", lambda: WORDS
            preview = await preflight(setup)
            heard = Heard()
            outcome = await Run(setup, heard).go()
            (after,) = setup.profile.secrets
            assert setup.azure is not None
            app = await setup.azure.graph.application(setup.journal.known()["app"]["app_id"])
        async with himl(cloud) as setup:
            setup.passphrase = lambda: WORDS
            again = await Run(setup).go()
            vaulted = open_store("vault", passphrase=lambda: WORDS).get(after.binding)
            given = variables_of("demo", lambda: WORDS)[PASSWORD]
            undone = await undo(setup)
    assert all(change.change is Change.KEEP for change in preview.changes)
    assert outcome.ok
    assert {event.result for event in heard.of(Finished)} <= {Result.KEPT, Result.PROVED}
    assert (before.store, after.store) == ("practice-folder", "vault")
    assert before.key_id == after.key_id
    assert app is not None
    assert [password.key_id for password in app.passwords] == [after.key_id]
    assert value == vaulted == given
    assert first.get(before.binding) is None
    assert again.ok
    assert undone.ok
    assert open_store("vault", passphrase=lambda: WORDS).get(after.binding) is None


@pytest.mark.parametrize("earlier", [Keeping, lambda: Locked(0)], ids=["well", "locked"])
def test_each_call_knows_both_stores(earlier: Callable[[], Keeping]) -> None:
    old, new = over(earlier()), over(Keeping())
    well = isinstance(old._backend, Keeping) and not isinstance(old._backend, Locked)
    if well:
        old.put(BINDING, Secret("in use"))
    both = Moving(new, old)
    both.probe()
    assert (both.name, both.label, both.keeps) == (new.name, new.label, True)
    assert both.get(BINDING) == (Secret("in use") if well else None)
    assert new.get(BINDING) is None
    both.bring(BINDING)
    assert new.get(BINDING) == (Secret("in use") if well else None)
    both.put(BINDING, Secret("newer"))
    both.bring(BINDING)
    assert both.get(BINDING) == Secret("newer")
    both.leave(BINDING)
    if well:
        assert old.get(BINDING) is None
    both.delete(BINDING)
    assert both.get(BINDING) is None


def test_a_store_that_can_not_take_over_says_so() -> None:
    old = over(Keeping())
    old.put(BINDING, Secret("in use"))
    both = Moving(over(Locked(0)), old)
    calls: tuple[Callable[[], object], ...] = (
        both.probe,
        lambda: both.bring(BINDING),
        lambda: both.get(BINDING),
    )
    for call in calls:
        with pytest.raises(SecretStoreError):
            call()
    assert old.get(BINDING) == Secret("in use")
