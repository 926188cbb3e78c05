"""What an administrator has to do, from the review to the end, on the screen."""

from __future__ import annotations

from pathlib import Path

from screens.apply import ApplyPage
from screens.done import DonePage
from screens.handoffs import HandOffPage
from screens.ledger import Ledger
from tests.rehearsal import practice
from tests.screens.walks import resumed
from wizard.apply.events import Finished, Outlined, Result, Started, Task, Waiting


async def test_what_the_person_may_not_do_is_handed_over_and_the_rest_done(tmp_path: Path) -> None:
    with practice(tmp_path, world="contributor-only") as cloud:
        async with resumed(cloud, "4.1", size=(100, 45)) as (person, _):
            await person.press("ctrl+r")
            await person.see("Enter: apply all but the hand-offs", "⚑ waits 3.2 Role", "1 handed over")
            await person.press("f6")
            page = await person.at(HandOffPage)
            await person.see("az role assignment", "Microsoft.Authorization/roleAssignments/write")
            await person.press("y")
            assert person.app.clipboard.startswith("Subject: ")
            await person.press("c")
            assert "az role assignment create" in person.app.clipboard
            assert "Subject" not in person.app.clipboard
            assert "Mail" in page.told
            await person.press("escape")
            await person.see("Enter: apply all but the hand-offs")
            await person.press("enter")
            await person.at(ApplyPage)
            await person.see("⚑ waits hand-off 3.2 Role", "asked again every 10 s", "W Stop watching")
            await person.press("f6")
            await person.at(HandOffPage)
            await person.press("escape")
            await person.at(ApplyPage)
            await person.press("w")
            done = await person.at(DonePage)
            for told in (
                "The rest waits for an administrator",
                "3.2 Role",
                "azimuth resume demo",
                "himl-vision",
            ):
                assert told in done.told
            assert "Stop watching" not in person.sees()


def handed(ledger: Ledger) -> bool:
    """Ask anew each time."""
    return ledger.hands_over


def test_a_task_that_waits_for_somebody_shows_a_clock_that_goes_on() -> None:
    ledger = Ledger()
    label = "hand-off 3.2 Role"
    ledger.take(Outlined((Task("app", "application"), Task("handoff:3.2", label))), 0)
    ledger.take(Started("app", "application"), 0)
    ledger.take(Started("handoff:3.2", label), 0)
    assert not handed(ledger)
    ledger.take(Waiting("handoff:3.2", label, "asked every 10 s", 31, 86_400), 100)
    assert not handed(ledger)
    ledger.take(Finished("app", "application", Result.MADE), 101)
    assert handed(ledger)
    row = ledger.rows(110)[1]
    assert (row.word, row.right, row.quiet) == ("waits", "0:41", "asked every 10 s")
    assert row.sign in {"⚑", "?"}
