"""A journal that is damaged, gone or another profile's is kept aside and told anew from Azure; nothing is made twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from profiles.store import journal_path
from tests.rehearsal import Heard, himl, practice, state_of
from wizard.apply.events import Found, Noted, Stands
from wizard.apply.journal import Journal
from wizard.apply.outcome import Change
from wizard.apply.run import Run
from wizard.apply.undo import preview_undo, undo
from wizard.apply.verify import verify
from wizard.azure.sign_in import sign_in_unattended
from wizard.guides import all_guides
from wizard.setup import Setup

_LASTING = ("application", "servicePrincipal", "secret", "roleAssignment", "group", "resource")


def _lasting(folder: Path) -> dict[tuple[str, str], str]:
    return {key: body for key, body in state_of(folder).items() if key[0] in _LASTING}


def _damaged(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    lines[3] = lines[3].replace('"what"', '"whut"')
    path.write_text("".join(lines), encoding="utf-8")


def _gone(path: Path) -> None:
    path.unlink()


def _foreign(path: Path) -> None:
    path.unlink()
    Journal(path, "another-id").done("app", "application", made=True, id="0" * 36)


@pytest.mark.parametrize(
    ("spoil", "word", "aside"),
    [(_damaged, "is damaged: line 4", 1), (_gone, "is gone", 0), (_foreign, "another profile's", 1)],
)
async def test_it_is_told_and_rebuilt_from_azure(
    tmp_path: Path, spoil: Callable[[Path], None], word: str, aside: int
) -> None:
    with practice(tmp_path) as cloud:
        untouched = _lasting(tmp_path)
        async with himl(cloud) as setup:
            assert (await Run(setup).go()).ok
        after, path = _lasting(tmp_path), journal_path("demo")
        made = {(one.kind, one.fields["id"]) for one in Journal(path).made()}
        spoil(path)
        async with himl(cloud) as setup:
            told = [proof for proof in (await verify(setup)).proofs if proof.key == "journal"]
            assert [word in proof.what for proof in told] == [True]
            assert not told[0].ok
            heard = Heard()
            outcome = await Run(setup, heard).go()
            assert outcome.ok, outcome
            assert word in heard.of(Noted)[0].text
            assert len(list(path.parent.glob("demo.*.*.jsonl"))) == aside
            assert _lasting(tmp_path) == after, "nothing was made anew"
            assert {(one.kind, one.fields["id"]) for one in setup.journal.made()} == made
            assert (await verify(setup)).ok
            assert (await undo(setup)).ok
        assert _lasting(tmp_path) == untouched


@pytest.mark.parametrize("spoil", [_damaged, _gone, _foreign])
async def test_undo_too_reads_azure_first(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    with practice(tmp_path) as cloud:
        untouched = _lasting(tmp_path)
        async with himl(cloud) as setup:
            assert (await Run(setup).go()).ok
        spoil(journal_path("demo"))
        setup = Setup.reopen("demo", cloud, guides=all_guides())
        await setup.connect(await sign_in_unattended(cloud))
        previewed = await preview_undo(setup)
        assert {change.change for change in previewed} >= {Change.KEEP, Change.REMOVE}
        outcome = await undo(setup)
        assert outcome.ok, outcome
        await setup.close()
        assert _lasting(tmp_path) == untouched


async def test_a_secret_of_a_persons_own_is_not_taken_for_ours(tmp_path: Path) -> None:
    """After a run that was cut off while it made a secret, one that a person made meanwhile stays."""
    from datetime import UTC, datetime, timedelta

    with practice(tmp_path) as cloud:
        async with himl(cloud) as setup:
            assert (await Run(setup).go()).ok
            assert setup.azure is not None
            application = setup.journal.known()["app"]["object_id"]
            now = datetime.now(UTC).replace(microsecond=0)
            key = setup.journal.known()["secret"]["key_id"]
            setup.secret_store().delete(setup.profile.secrets[0].binding)
            ours = now + timedelta(days=180)
            before = [key]
            setup.journal.begin(
                "secret",
                "client secret",
                application=application,
                display_name="himl",
                end=ours.isoformat(),
                before=before,
            )
            await setup.azure.graph.add_password(application, "himl", ours)
            theirs = await setup.azure.graph.add_password(application, "himl", now + timedelta(days=90))
            assert (await Run(setup).go()).ok
            app = await setup.azure.graph.application(application)
            assert app is not None
            kept = {password.key_id for password in app.passwords}
            assert theirs.credential.key_id in kept
            assert len(kept) == 2, "theirs, and the one of ours that is in the store"


async def test_a_resumed_run_tells_how_each_object_stands(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with himl(cloud) as setup:
            assert (await Run(setup).go()).ok
            heard = Heard()
            assert (await Run(setup, heard).go()).ok
            assert [found.stands for found in heard.of(Found)] == [Stands.DONE] * 4
            assert setup.azure is not None
            known = setup.journal.known()
            await setup.azure.graph.enable_service_principal(known["principal"]["object_id"], enabled=False)
            await setup.azure.graph.remove_password(known["secret"]["application"], known["secret"]["key_id"])
            role = next(made for made in setup.journal.made() if "roleAssignments" in made.kind)
            await setup.azure.arm.delete(str(role.fields["id"]), str(role.fields["api_version"]))
            again = Heard()
            await Run(setup, again).go()
            stands = {found.key: found.stands for found in again.of(Found)}
            assert stands["app"] is Stands.DONE
            assert stands["principal"] is Stands.CHANGED
            assert stands["secret"] is Stands.GONE
            assert stands[role.key] is Stands.GONE
