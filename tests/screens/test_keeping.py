"""Profiles are shown, renamed, copied, deleted, imported and approved on the full screen by keyboard alone, at 80x24."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from profiles.profile import Profile
from profiles.store import ProfileStore
from profiles.writing import to_toml
from screens.home import HomePage
from screens.sign_in import SignInPage
from tests.plain.typist import Typist
from tests.rehearsal import practice
from tests.screens.person import Person, at_screen
from wizard.guides.himl import GUIDE

NASTY = "[@click=app.quit]x[/]$(id)\x1b]0;x\x07\u202e"


def keep(name: str = "demo", **answers: str) -> Profile:
    profile = Profile.new(name, "himl", "practice")
    return ProfileStore().save(dataclasses.replace(profile, answers={"workspace": "vision", **answers}))


def edit(old: str, new: str) -> None:
    path = ProfileStore().path("demo")
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


async def write_over(person: Person, text: str) -> None:
    await person.press("ctrl+u")
    await person.write(text)


async def test_every_key_of_a_profile(tmp_path: Path) -> None:
    keep(role=NASTY)
    with practice(tmp_path) as cloud:
        async with at_screen(cloud) as person:
            await person.at(HomePage)
            await person.see("demo", "M More")
            await person.press("m")
            await person.see("S Show", "R Rename", "C Copy", "D Delete", "I Import")
            await person.press("enter")
            await person.see("workspace = vision", "role = [@click=app.quit]x[/]$(id)\\x1b]0;x\\x07\\u202e")
            await person.press("escape")
            await person.at(HomePage)
            await person.press("r")
            await person.see("Rename demo", "Enter rename")
            await write_over(person, "../x")
            await person.see("1 to 64 letters")
            await write_over(person, "prod")
            await person.press("enter")
            await person.until(lambda: ProfileStore().names() == ["prod"])
            await person.see("prod")
            await person.press("c")
            await person.see("Copy prod", "prod-2")
            await person.press("enter")
            await person.until(lambda: ProfileStore().names() == ["prod", "prod-2"])
            await person.see("prod-2")
            await person.press("d")
            await person.see("Delete prod-2?", "Keep it", "Forget it")
            await person.press("enter")  # the safe answer
            await person.at(HomePage)
            await person.press("d")
            await person.see("Delete prod-2?")
            await person.press("down", "enter")
            await person.see("prod-2 is forgotten.")
            assert ProfileStore().names() == ["prod"]


async def test_a_colleagues_file_is_shown_and_kept_when_that_is_agreed_to(tmp_path: Path) -> None:
    mine = keep()
    theirs = tmp_path / "from-bob.toml"
    theirs.write_text(to_toml(dataclasses.replace(mine, answers={"workspace": NASTY})), "utf-8")
    with practice(tmp_path / "practice") as cloud:
        async with at_screen(cloud) as person:
            await person.at(HomePage)
            await person.press("i")
            await person.see("The profile file of a colleague")
            await person.press("enter")
            await person.see("Nothing is written here yet.")
            await person.write(str(theirs))
            await person.press("enter")
            await person.see("There is a profile demo already", "demo-2")
            await person.press("enter")
            shown = await person.see(
                "guide", "himl: hi-ml", "$(id)\\x1b]0;x\\x07\\u202e", "Keep it as demo-2"
            )
            assert "\x1b" not in shown
            await person.press("enter")  # leave it
            assert ProfileStore().names() == ["demo"]
            await person.at(HomePage)
            await person.press("i")
            await person.see("The profile file of a colleague")
            await person.write(str(theirs))
            await person.press("enter")
            await person.see("demo-2")
            await person.press("enter")
            await person.see("Keep it as demo-2")
            await person.press("pagedown", "down", "enter")
            await person.until(lambda: ProfileStore().names() == ["demo", "demo-2"])
            assert ProfileStore().load("demo-2").answers == {"workspace": NASTY}


async def test_a_file_that_can_not_be_imported_is_told_with_every_line(tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text('schema = 2\nname = "$(id)"\ncloud = "https://evil.example"\n', "utf-8")
    unknown = tmp_path / "unknown.toml"
    unknown.write_text(to_toml(Profile.new("x", "himl", "ContosoStack")), "utf-8")
    with practice(tmp_path / "practice") as cloud:
        async with at_screen(cloud) as person:
            await person.at(HomePage)
            for path, told in (
                (bad, ("line 2: name", "line 3: cloud: must be a cloud's name")),
                (unknown, ("azimuth clouds register",)),
                (tmp_path / "none", ("No such file",)),
            ):
                await person.press("i")
                await person.see("The profile file of a colleague")
                await person.write(str(path))
                await person.press("enter")
                await person.see(*told)
                await person.press("escape")
                await person.at(HomePage)
    assert ProfileStore().names() == []


@pytest.mark.parametrize("agrees", [False, True])
async def test_a_changed_profile_is_asked_about_before_anybody_signs_in(
    tmp_path: Path, *, agrees: bool
) -> None:
    keep()
    edit('"vision"', '"[red]evil"')
    with practice(tmp_path) as cloud:
        async with at_screen(cloud, guide=GUIDE, profile="demo") as person:
            await person.see("Approve demo?", "answers.workspace = '[red]evil'", "(was 'vision')", "Leave it")
            assert person.app.signed_in is None
            await person.press(*(("down", "enter") if agrees else ("enter",)))
            await person.at(SignInPage if agrees else HomePage)
    store = ProfileStore()
    assert store.approves(store.load("demo")) is agrees
    assert store.load("demo").answers["workspace"] == "[red]evil"


async def test_a_profile_opened_from_home_is_asked_about_too(tmp_path: Path) -> None:
    keep()
    edit('"vision"', '"evil"')
    with practice(tmp_path) as cloud:
        async with at_screen(cloud) as person:
            await person.at(HomePage)
            await person.see("demo")
            await person.press("enter")
            await person.see("Approve demo?", "'evil'")
            await person.press("escape")
            await person.at(HomePage)
            await person.until(lambda: person.app.setup is None)


@pytest.mark.slow
def test_by_lines_a_changed_profile_is_asked_about_before_anybody_signs_in() -> None:
    keep()
    edit('"vision"', '"evil"')
    typist = Typist("--practice", "--plain", "himl", "--profile", "demo")
    typist.reads("was changed outside Azimuth")
    typist.reads("answers.workspace = 'evil'")
    typist.answers("yes to approve it", "no")
    assert typist.leaves() == 1
    assert "Nothing was sent to Azure" in typist.text
    assert "Way" not in typist.text
    typist = Typist("--practice", "--plain", "himl", "--profile", "demo")
    typist.answers("yes to approve it", "yes")
    typist.reads("Way")
    typist.interrupts()
    assert typist.leaves() == 130
    assert ProfileStore().approves(ProfileStore().load("demo"))


async def test_a_file_that_changes_under_the_list_is_told_and_not_believed(tmp_path: Path) -> None:
    keep()
    keep("other")
    with practice(tmp_path) as cloud:
        async with at_screen(cloud) as person:
            await person.see("demo", "other")
            edit('"vision"', '"evil"')
            await person.press("down", "up")
            ProfileStore().path("other").write_text("schema = ", "utf-8")
            await person.press("down", "up")
            await person.see("Not approved: what changed is shown")
            await person.press("down")
            await person.see("other.toml, line 1: it is not TOML")
            await person.press("s")
            await person.see("it is not TOML")
            await person.press("d")
            await person.see("Delete other?")
            await person.press("down", "enter")
            await person.until(lambda: ProfileStore().names() == ["demo"])
