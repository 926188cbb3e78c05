"""Accepting the rest: from any step to the next one that wants something, or to the review, by one key."""

from __future__ import annotations

from pathlib import Path

from screens.done import DonePage
from screens.home import HomePage
from screens.review import ReviewPage
from screens.sign_in import SignInPage
from screens.widgets.rail import Rail
from tests.rehearsal import practice
from tests.screens.person import LARGE, Person, at_screen
from tests.screens.small_guide import MANY
from tests.screens.small_walks import at_small
from wizard.answers import Source

MOST_KEYS = 30


async def test_all_defaults_are_checked_recorded_and_reviewed_by_one_key(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with at_small(cloud, "1.1") as (person, page):
            walkthrough = page.walkthrough
            await person.press("ctrl+r")
            await person.at(ReviewPage)
            assert walkthrough.given[f"field_{MANY}"] == f"value {MANY}"
            assert walkthrough.sources[f"field_{MANY}"] is Source.DEFAULT
            assert walkthrough.here.number == "3"


async def test_it_stops_where_something_is_wrong_and_says_so(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with at_small(cloud, "1.1", size_7="many") as (person, _):
            await person.press("ctrl+r")
            page = await person.at_step("2.7")
            await person.see("“many” is not a whole number", "1 thing to mend before going on")
            assert page.focused is page.form.field("size_7").control_widget
            await person.press("ctrl+u", "7", "ctrl+r")
            await person.at(ReviewPage)


async def test_it_stops_at_what_azure_refuses(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with at_small(cloud, "1.1", cluster="taken") as (person, _):
            await person.press("ctrl+r")
            await person.at_step("1.2")
            await person.see("“taken” is taken.")


async def test_typing_meanwhile_stays_at_the_step_that_is_shown(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with at_small(cloud, "1.2") as (person, page):
            page.form.field("cluster").focus_answer()
            await person.press("ctrl+r")
            if page.is_current:  # it may have been quicker
                await person.press("x")
                await person.quiet()
                assert page.walkthrough.here.number == "1.2"


async def test_the_rail_of_a_long_guide_scrolls_to_where_the_person_is(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with at_small(cloud, f"2.{MANY}", size=(140, 30)) as (person, page):
            await person.see(f"2.{MANY} Page {MANY} of the f")
            rail = page.query_one(Rail)
            assert rail.scroll_y > 0
            before = rail.scroll_y
            page.form.field(f"field_{MANY}").focus_answer()
            await person.press("x")
            await person.quiet()
            assert rail.scroll_y == before


class Counted:
    """Counts the keys of a person."""

    def __init__(self, person: Person) -> None:
        self.person, self.keys = person, 0

    async def press(self, *keys: str) -> None:
        """Press keys, and count them."""
        self.keys += len(keys)
        await self.person.press(*keys)


async def test_from_home_to_applied_and_proved_in_at_most_30_keys(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with at_screen(cloud, size=LARGE) as person:
            counted = Counted(person)
            await person.at(HomePage)
            await person.see("Hopsworks", "start")
            await counted.press("down", "enter")
            await person.see("A name for this setup")
            await counted.press("enter")
            await person.at(SignInPage)
            await person.see("Enter signs in the marked way")
            await counted.press("enter")
            await person.at_step("0.1")
            await counted.press("ctrl+r")
            await person.at_step("0.2")
            await counted.press(*"rese", "ctrl+r")
            await person.see("Enter: apply")
            await counted.press("enter")
            done = await person.at(DonePage)
            assert "Done, and proved: it works." in done.told
            assert person.app.setup is not None
            assert person.app.setup.profile.stage == "proved"
            assert counted.keys <= MOST_KEYS
            keys = list((Path.home() / ".ssh").glob("*"))
            assert any("PRIVATE KEY" in key.read_text() for key in keys)
            assert "PRIVATE KEY" not in person.app.export_screenshot()
