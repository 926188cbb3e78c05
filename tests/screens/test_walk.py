"""The whole hi-ml guide on the full screen, by keyboard alone at 80x24, over real practice Azure."""

from __future__ import annotations

from pathlib import Path

from profiles.environment import variables_of
from profiles.locations import practice_folder
from profiles.profile import Profile
from profiles.secrets import Secret
from profiles.store import ProfileStore
from screens.done import DonePage
from screens.home import HomePage
from screens.review import ReviewPage
from screens.sign_in import SignInPage
from tests.apply.test_himl_run import TRACES
from tests.rehearsal import himl, practice, state_of
from tests.screens.person import LARGE, at_screen
from tests.screens.walks import resumed, review_of, sign_in, start, to_review
from wizard.apply.run import Run
from wizard.guides.himl import GUIDE


async def test_from_home_to_a_proved_setup_by_keyboard_alone(azimuth_home: Path) -> None:
    with practice(practice_folder()) as cloud:
        async with at_screen(cloud) as person:
            await start(person)
            await to_review(person)
            told = await person.see("4 to create", "all 5 needed actions held", "Enter: apply")
            assert "you@contoso.example" in told
            assert "Research (142c" in told
            await person.press("enter")
            await person.at(DonePage)
            await person.see("Done, and proved", 'eval "$(azimuth env demo)"')
            secret = variables_of("demo")["HIML_SERVICE_PRINCIPAL_PASSWORD"]
            assert isinstance(secret, Secret)
            assert secret.reveal() not in person.app.export_screenshot()
    assert ProfileStore().load("demo").stage == "proved"
    files = [path.read_bytes() for path in azimuth_home.rglob("*") if path.is_file()]
    assert not any(secret.reveal().encode() in content for content in files)


async def test_applying_again_says_that_nothing_changes_and_undo_takes_it_away(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        before = state_of(tmp_path, without=TRACES)
        async with resumed(cloud, "4.1") as (person, _):
            await review_of(person)
            await person.press("enter")
            done = await person.at(DonePage)
            made = state_of(tmp_path, without=TRACES)
            await person.press("a")
            await person.at(ReviewPage)
            await person.see("All of it is there already", "nothing to make")
            await person.press("enter")
            await person.until(
                lambda: person.app.screen is not done and isinstance(person.app.screen, DonePage)
            )
            await person.see("Nothing was changed")
            assert state_of(tmp_path, without=TRACES) == made
            await person.press("u")
            await person.see("Takes back what profile demo did", "Keep it all")
            await person.press("enter")
            assert state_of(tmp_path, without=TRACES) == made
            await person.press("u")
            await person.see("Keep it all")
            await person.press("down", "enter")
            await person.see("Undone")
            assert state_of(tmp_path, without=TRACES) == before
            await person.press("enter")
            await person.at(HomePage)
            await person.see("undone")


async def test_going_back_loses_nothing(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with resumed(cloud, "2.3") as (person, page):
            await person.press("ctrl+u")
            await person.write("for-builds")
            for number in ("2.1", "1.2", "1.1", "0.2", "0.1"):
                await person.press("escape")
                await person.at_step(number)
            given = dict(page.walkthrough.given)
            assert given["secret_name"] == "for-builds"
            assert given["app_name"] == "himl-vision"
            for number in ("0.1", "0.2", "1.1", "1.2", "2.1"):
                await person.at_step(number)
                await person.press("ctrl+n")
            await person.at_step("2.3")
            assert "for-builds" in person.sees()
            assert {key: page.walkthrough.given[key] for key in given} == given


async def test_escape_at_the_first_step_leads_to_the_sign_in_and_home(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with resumed(cloud, "0.1") as (person, _):
            await person.press("escape")
            await person.at(SignInPage)
            await person.see("Enter signs in")
            await person.press("escape")
            await person.at(HomePage)
            await person.see("Half-finished", "demo", "answering")


async def test_a_profile_goes_on_where_it_was_left(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with resumed(cloud, "2.1") as (person, _):
            await person.press("f3")
            await person.see("Enter go there")
            await person.press("up", "enter")
            await person.at_step("1.2")
            await person.press("ctrl+q")
            await person.until(lambda: person.app.return_code == 0)
        assert "azimuth resume demo" in person.app.farewell
        async with at_screen(cloud) as person:
            await person.see("Half-finished", "demo", "answering", "at 1.2 This machine")
            await person.press("enter")
            await sign_in(person)
            await person.at_step("1.2")


async def test_the_number_of_an_answer_leads_to_its_step_and_back_to_the_review(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with resumed(cloud, "4.1", size=LARGE) as (person, _):
            review = await review_of(person)
            await person.press("9")
            await person.at_step("3.2")
            await person.press("down", "enter", "enter")
            await person.at(ReviewPage)
            await person.see("AzureML Data Scientist", "Enter: apply")
            assert review.setup.walkthrough.answers["role_scope"] == "workspace"
            await person.press("5")
            await person.at_step("2.1")
            await person.press("escape")
            await person.at(ReviewPage)


async def test_what_is_not_answered_keeps_from_applying_and_is_told(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with resumed(cloud, "2.3", secret_months=36) as (person, _):
            await review_of(person)
            await person.see("36 is not between 1 and 24", "Mend what is wrong first")
            await person.press("f10", "enter")
            await person.at_step("0.1")


async def test_opened_with_a_profile_it_begins_at_the_sign_in(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with at_screen(cloud, guide=GUIDE, profile="demo") as person:
            await person.see("Sign in to practice Azure", "possible", "not possible")
            await person.press("enter")
            await person.at_step("0.1")


async def test_a_proved_profile_is_proved_again_when_it_is_resumed(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with himl(cloud) as setup:
            await Run(setup).go()
        async with at_screen(cloud, guide=GUIDE, profile="demo", resume=True) as person:
            await sign_in(person)
            await person.at(DonePage)
            await person.see("All of it is there, and works", "Proved 5 of 5")


async def test_the_home_screen_verifies_and_undoes_what_a_profile_made(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with himl(cloud) as setup:
            await Run(setup).go()
        async with at_screen(cloud) as person:
            told = await person.see("demo", "proved", "V Verify", "U Undo")
            assert "Half-finished" not in told
            await person.press("v")
            await sign_in(person)
            await person.see("All of it is there, and works")
            await person.press("enter")
            await person.at(HomePage)
            await person.see("U Undo")
            await person.press("u")  # signed in already: nobody is asked twice
            await person.see("Takes back what profile demo did")
            await person.press("down", "enter")
            await person.see("Undone")


async def test_what_belongs_elsewhere_is_listed_and_can_not_be_opened(tmp_path: Path) -> None:
    store = ProfileStore()
    store.save(Profile.new("elsewhere", "himl", "AzureCloud"))
    (store.folder / "broken.toml").write_text("schema = ", encoding="utf-8")
    with practice(tmp_path) as cloud:
        async with at_screen(cloud) as person:
            await person.see("Not here", "elsewhere", "azimuth --cloud AzureCloud", "broken", "can't be read")
            await person.press("end", "enter")
            await person.see("A name for this setup")
            await person.press("ctrl+u")
            await person.write("elsewhere")
            await person.see("There is a profile elsewhere already")
            await person.press("ctrl+u")
            await person.write("../etc")
            await person.see("1 to 64 letters")
            await person.press("enter", "escape")
            await person.at(HomePage)


async def test_a_profile_of_a_smaller_world_says_what_is_handed_over_and_why(tmp_path: Path) -> None:
    with practice(tmp_path, world="contributor-only") as cloud:
        async with resumed(cloud, "4.1") as (person, _):
            review = await review_of(person)
            await person.see("Enter: apply all but the hand-offs")
            assert "roleAssignments/write" in review.told
