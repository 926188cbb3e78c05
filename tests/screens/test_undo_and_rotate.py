"""Rotating and undoing on the full screen, by keyboard alone at 80x24."""

from __future__ import annotations

from pathlib import Path

from profiles.store import ProfileStore
from screens.dialogs import Ask
from screens.done import DonePage
from screens.home import HomePage
from screens.undoing import AskUndo, undo_answers, undo_rows
from tests.rehearsal import himl, practice, state_of
from tests.screens.person import at_screen
from tests.screens.walks import sign_in
from wizard.apply.outcome import Change, PlannedChange
from wizard.apply.run import Run
from wizard.azure.clouds import Cloud

SIGNS = ("operation", "deviceCode", "authorizationCode", "refreshToken", "token", "grant")


async def _applied(cloud: Cloud) -> None:
    async with himl(cloud) as setup:
        await setup.walkthrough.check_all()
        assert (await Run(setup).go()).ok


async def test_rotate_and_undo_for_good_from_the_home_screen(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        before = state_of(tmp_path, without=SIGNS)
        await _applied(cloud)
        old = ProfileStore().load("demo").secrets[0]
        async with at_screen(cloud) as person:
            await person.at(HomePage)
            await person.see("demo", "proved")
            await person.press("t")
            await sign_in(person)
            await person.at(Ask)
            await person.see("Only then the old one is removed", "Keep the old one", "Rotate")
            await person.press("down", "enter")
            await person.at(DonePage)
            await person.see("Rotated: the new secret signs in")
            assert ProfileStore().load("demo").secrets[0].key_id != old.key_id
            await person.press("u")
            question = await person.at(AskUndo)
            await person.see(
                "- remove", "application himl-vision", "restorable for 30 days", "Remove for good"
            )
            assert question.app.size.height == 24
            await person.press("escape")
            await person.at(DonePage)
            await person.press("u")
            await person.see("Remove for good")
            await person.press("down", "down", "enter")
            await person.see("Undone for good")
            await person.press("u")
            await person.see("There is nothing to remove")
        assert state_of(tmp_path, without=SIGNS) == before
        assert ProfileStore().load("demo").stage == "undone"


async def test_without_a_secret_the_question_says_why_and_leads_home(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with himl(
            cloud, answers={"subscription": "Research", "auth_way": "interactive", "workspace": "vision"}
        ) as setup:
            await setup.walkthrough.check_all()
            assert (await Run(setup).go()).ok
        async with at_screen(cloud) as person:
            await person.at(HomePage)
            await person.see("demo")
            await person.press("t")
            await sign_in(person)
            await person.see("has no client secret", "Close")
            await person.press("enter")
            await person.at(HomePage)


def test_what_may_not_be_removed_is_told_before_the_answers() -> None:
    unsure = PlannedChange(Change.UNSURE, "role assignment", "Owner on it", "You lack a right on it.")
    told = " ".join(row.text for row in undo_rows("demo", (unsure,)))
    assert "goes on when you may" in told
    assert [answer.key for answer in undo_answers((unsure,))] == ["remove"]
    kept = PlannedChange(
        Change.KEEP, "deleted application", "it", "restorable for 30 days after it was deleted"
    )
    assert [answer.key for answer in undo_answers((kept,))] == ["purge"]
    assert "nothing to remove" in undo_rows("demo", (kept,))[0].text
