"""The apply screen: tasks with clocks, and the question that Ctrl+C asks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from profiles.store import ProfileStore
from screens.apply import ApplyPage
from screens.dialogs import Ask
from screens.done import DonePage
from screens.ledger import Ledger
from screens.review import ReviewPage
from tests.rehearsal import pace, practice
from tests.screens.person import Person, at_screen
from tests.screens.walks import resumed, review_of, sign_in
from wizard.apply.events import Failed, Finished, Noted, Outlined, Result, Started, Task, Waiting
from wizard.azure.clouds import Cloud
from wizard.guides.himl import GUIDE


@asynccontextmanager
async def applying(folder: Path, cloud: Cloud) -> AsyncIterator[tuple[Person, ApplyPage]]:
    async with resumed(cloud, "4.1") as (person, _):
        await review_of(person)
        await person.see("Enter: apply")
        pace(folder, cloud, 1)  # lifelike, so that the slowest machine can look at it
        await person.press("enter")
        page = await person.at(ApplyPage)
        await person.see("running", "waiting 0:0", "at most")
        yield person, page


async def test_ctrl_c_asks_and_each_answer_is_carried_out(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with applying(tmp_path, cloud) as (person, page):
            await person.press("l")
            await person.see("Safe to close")
            await person.until(lambda: page.query_one("#log").size.height > 0, "the log")
            await person.press("ctrl+c")
            await person.at(Ask)
            await person.see("Leave it running", "Cancel", "Keep watching")
            await person.press("escape")
            await person.until(lambda: person.app.screen is page)
            assert "running" in person.sees()
            await person.press("ctrl+q")
            await person.at(Ask)
            await person.press("down", "enter")
            await person.see("Cancelled: nothing more is made", "R goes on from here")
            assert not page.goes_on
            assert ProfileStore().load("demo").stage in {"applying", "applied"}
            pace(tmp_path, cloud, 0)
            await person.press("r")
            await person.at(DonePage)
            await person.see("proved", "In your shell")


async def test_left_running_it_says_how_to_go_on_and_goes_on_there(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with applying(tmp_path, cloud) as (person, _):
            await person.press("ctrl+c", "enter")
            await person.until(lambda: person.app.return_code == 130, "the end")
        assert "azimuth resume demo" in person.app.farewell
        assert ProfileStore().load("demo").stage in {"applying", "applied"}
        pace(tmp_path, cloud, 0)
        async with at_screen(cloud, guide=GUIDE, profile="demo", resume=True) as person:
            await sign_in(person)
            await person.at(ReviewPage)
            await person.see("Enter: ")


async def test_what_fails_is_told_with_the_way_out_and_leads_back(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with resumed(cloud, "4.1") as (person, page):
            await review_of(person)
            with page.setup.alone():  # as another window that applies the same profile
                await person.press("enter")
                await person.see("Another Azimuth", "carrying out profile demo", "Esc goes back")
            await person.press("escape")
            await person.at(ReviewPage)


def test_the_ledger_knows_how_every_task_stands() -> None:
    ledger = Ledger()
    tasks = (Task("a", "first"), Task("b", "second"), Task("c", "third"))
    ledger.take(Outlined(tasks), 0.0)
    assert [row.word for row in ledger.rows(0.0)] == ["to do"] * 3
    ledger.take(Started("a", "first"), 1.0)
    ledger.take(Waiting("a", "first", "copies agree", 4.0, 180.0), 5.0)
    (running, *_) = ledger.rows(7.0)
    assert (running.word, running.right) == ("running", "0:06")
    assert "waiting 0:06 of at most 3:00: copies agree" in running.quiet
    ledger.take(Finished("a", "first", Result.MADE, "", 8.0), 9.0)
    ledger.take(Failed("b", "second", "no right", "Ask for it."), 10.0)
    ledger.take(Noted("aside"), 10.0)
    assert [row.word for row in ledger.rows(11.0)] == ["made", "failed", "to do"]
    assert ledger.rows(11.0)[1].quiet == "no right Ask for it."
    assert (ledger.ended, ledger.log[-1]) == (2, "aside")
