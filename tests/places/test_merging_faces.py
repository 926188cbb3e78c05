"""What two people change in one profile is told, chosen between and never lost, in every face."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from profiles.merging import Collision, merged
from profiles.profile import Profile
from profiles.store import ProfileStore
from screens.approving import AskApproval
from screens.dialogs import Ask
from screens.faults import told
from screens.home import HomePage
from screens.review import ReviewPage
from screens.step import StepPage
from tests.plain.typist import Typist
from tests.rehearsal import practice
from tests.screens.walks import prepared, resumed, review_of
from wizard.setup import Setup


def _edit(old: str, new: str) -> None:
    path = ProfileStore().path("demo")
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def _both(page: StepPage, new: str) -> None:
    """Edit the name by hand, and answer it here, before either knows of the other."""
    _edit('app_name = "himl-vision"', new)
    page.setup.walkthrough.record("app_name", "mine")


async def test_what_collides_is_shown_and_the_person_chooses(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with resumed(cloud, "2.1") as (person, page):
            await person.quiet()
            _both(page, 'app_name = "theirs" # note')
            await person.see("Changed in two places", "here mine", "elsewhere theirs", "before himl-vision")
            await person.press("enter")  # Later is the safe answer
            await person.until(lambda: isinstance(person.app.screen, StepPage))
            assert page.setup.walkthrough.given["app_name"] == "mine"
            assert ProfileStore().load("demo").answers["app_name"] == "theirs"
            await person.see("! not saved")
            await person.press("f7")
            await person.see("Changed in two places")
            await person.press("down", "enter")
            await person.until(lambda: page.setup.is_saved, "the save")
            text = ProfileStore().path("demo").read_text(encoding="utf-8")
            assert 'app_name = "mine" # note' in text
            assert page.setup.unapproved is None  # the person saw all of it
            assert page.setup.store.approves(page.setup.profile)


async def test_theirs_can_be_taken_and_is_shown_and_checked(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with resumed(cloud, "2.1") as (person, page):
            await person.quiet()
            _both(page, 'app_name = "theirs"\nsecret_months = 9')
            await person.see("Changed in two places")
            await person.press("down", "down", "enter")
            await person.until(lambda: page.setup.walkthrough.given["app_name"] == "theirs")
            # What a hand changed besides is agreed to before it is carried out.
            await person.at(AskApproval)
            await person.see("answers.secret_months = 9")
            await person.press("down", "enter")
            await person.until(lambda: page.setup.unapproved is None, "the approval")
            await person.see("Name theirs")


async def test_what_does_not_collide_comes_in_and_azure_is_asked_again(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with resumed(cloud, "2.1") as (person, page):
            await review_of(person)
            await page.setup.flush()
            other = _window(page)
            other.walkthrough.record("app_name", "himl-theirs")
            page.setup.walkthrough.record("secret_name", "own")
            await person.see("Changed elsewhere")
            await person.quiet()
            await person.see("create application himl-theirs")
            kept = ProfileStore().load("demo").answers
            assert (kept["app_name"], kept["secret_name"]) == ("himl-theirs", "own")
            await person.at(ReviewPage)


def _window(page: StepPage) -> Setup:
    """The same profile in another window."""
    return Setup.begin(page.setup.guide, "demo", page.setup.cloud)


@contextmanager
def _no_room() -> Iterator[None]:
    """No file of this process may grow: what is written fails as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_what_can_not_be_saved_is_told_and_leaving_asks(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with resumed(cloud, "2.1") as (person, page):
            await person.quiet()
            with _no_room():
                page.setup.walkthrough.record("app_name", "kept-in-memory")
                await person.until(lambda: bool(page.setup.save_problem), "the problem")
                await person.see("! not saved: A limit on the size")
                await person.press("ctrl+q")
                await person.at(Ask)
                await person.see("they are in memory alone", "Stay", "Save again", "ulimit -f")
                await person.press("escape")
                await person.until(lambda: isinstance(person.app.screen, StepPage))
            await person.until(lambda: page.setup.is_saved, "the next try")
            assert ProfileStore().load("demo").answers["app_name"] == "kept-in-memory"
            with _no_room():
                page.setup.walkthrough.record("app_name", "once more")
                await person.until(lambda: bool(page.setup.save_problem), "the problem")
                person.app.go_home()
                await person.at(Ask)
            await person.press("down", "enter")
            await person.at(HomePage)
            assert ProfileStore().load("demo").answers["app_name"] == "once more"


async def test_the_plain_prompts_show_the_difference_and_take_the_choice(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        await prepared(cloud, step="2.1")
    typist = Typist("--practice", "--plain", "himl", "--profile", "demo")
    typist.answers("Way")
    typist.answers("Application")
    typist.reads("Name .himl-vision")
    _edit('app_name = "himl-vision"', 'app_name = "theirs" # note')
    typist.types("mine")
    typist.reads("were changed here and elsewhere; nothing was overwritten")
    typist.reads("it was: himl-vision")
    typist.answers("Which one", "mine")
    typist.reads("Name ")  # the next step
    assert 'app_name = "mine" # note' in ProfileStore().path("demo").read_text(encoding="utf-8")
    _edit('app_name = "mine" # note', 'app_name = "mine"\nsecret_months = 9')
    typist.types("own")
    typist.reads("Changed elsewhere, and taken over: Lifetime in months")
    typist.kills()
    kept = ProfileStore().load("demo").answers
    assert (kept["secret_name"], kept["secret_months"]) == ("own", 9)


def test_a_command_refuses_with_the_difference() -> None:
    profile = Profile.new("demo", "himl", "AzureCloud")
    base, mine, theirs = (
        replace(profile, revision=number, answers={"app_name": name})
        for number, name in enumerate(("a", "mine", "\x1b[31mtheirs"), 1)
    )
    with pytest.raises(Collision) as caught:
        merged(base, mine, theirs, {"app_name"})
    shown = told(caught.value)
    assert shown.code == 1
    assert r"app_name: mine here, '\x1b[31mtheirs' in the file (it was a)" in shown.text
    assert shown.more["differences"][0]["mine"] == "mine"
