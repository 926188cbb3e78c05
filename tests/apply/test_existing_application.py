"""An application that is there is used and left: only what the profile added is taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.apply.test_himl_run import TRACES
from tests.rehearsal import HIML, himl, practice, state_of
from wizard.apply.outcome import Change, End
from wizard.apply.preflight import preflight
from wizard.apply.run import Run
from wizard.apply.undo import preview_undo, undo

EXISTING = {**HIML, "app_mode": "existing", "app_id": "legacy-training"}


async def test_it_gets_a_secret_and_a_role_and_loses_them_again(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        before = state_of(tmp_path, without=TRACES)
        async with himl(cloud, answers=EXISTING) as setup:
            preview = await preflight(setup)
            assert [f.sentence for f in preview.findings if f.blocks] == []
            assert preview.count(Change.CREATE) == 2
            outcome = await Run(setup).go()
            assert (outcome.end, outcome.problem) == (End.DONE, "")
            assert outcome.ok, outcome.proofs
            assert len(outcome.made) == 2
            kept = [line.label for line in await preview_undo(setup) if line.change is Change.KEEP]
            assert "legacy-training" in kept
            assert (await undo(setup)).ok
        assert state_of(tmp_path, without=TRACES) == before


async def test_a_secret_that_the_person_has_is_kept_and_never_removed(
    tmp_path: Path, azimuth_home: Path
) -> None:
    with practice(tmp_path) as cloud:
        async with himl(cloud, answers={**EXISTING, "secret_from": "mine"}) as setup:
            assert setup.azure is not None
            await setup.walkthrough.check("app_id")
            app_id = setup.walkthrough.answers.text("app_id")
            app = await setup.azure.graph.application(app_id)
            assert app is not None
            end = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
            own = await setup.azure.graph.add_password(app.object_id, "by hand", end)
            setup.walkthrough.record("secret_value", own.value.reveal())
            preview = await preflight(setup)
            assert [f.sentence for f in preview.findings if f.blocks] == []
            outcome = await Run(setup).go()
            assert outcome.ok, outcome.proofs
            assert (await undo(setup)).ok
            after = await setup.azure.graph.application(app_id)
            assert after is not None
            assert own.credential.key_id in {password.key_id for password in after.passwords}
            sentinel = own.value.reveal().encode()
        files = [path for path in [*azimuth_home.rglob("*"), *tmp_path.rglob("*")] if path.is_file()]
        assert [path for path in files if sentinel in path.read_bytes()] == []


async def test_a_later_process_that_does_not_know_the_value_asks_the_store(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with himl(cloud, answers={**EXISTING, "secret_from": "mine"}) as setup:
            assert setup.azure is not None
            await setup.walkthrough.check("app_id")
            app = await setup.azure.graph.application(setup.walkthrough.answers.text("app_id"))
            assert app is not None
            end = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
            own = await setup.azure.graph.add_password(app.object_id, "by hand", end)
            setup.walkthrough.record("secret_value", own.value.reveal())
            assert (await Run(setup).go()).ok
        async with himl(cloud, answers={**EXISTING, "secret_from": "mine"}) as again:
            outcome = await Run(again).go()
        assert (outcome.end, outcome.problem) == (End.NOTHING_TO_DO, "")
