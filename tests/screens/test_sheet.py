"""The sheet: values copied one after the other, in the order of the other form."""

from __future__ import annotations

from pathlib import Path

from screens.done import DonePage
from screens.review import ReviewPage
from screens.sheet import SheetPage
from tests.rehearsal import practice
from tests.screens.person import Person
from tests.screens.small_walks import at_small
from tests.screens.walks import review_of


async def opened(person: Person) -> SheetPage:
    """Open the sheet from the page that is shown."""
    await person.press("s")
    page = await person.at(SheetPage)
    await person.until(lambda: bool(page.query("#lines")) and "Cluster name" in page.told, "the sheet")
    return page


async def test_each_value_is_copied_by_one_key_and_the_next_is_marked(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with at_small(cloud, "3", cluster="vision-1") as (person, _):
            await review_of(person)
            page = await opened(person)
            await person.see("General", "Cluster name vision-1", "Cloud account")
            assert "3 to 20 characters" in page.told
            await person.press("enter")
            assert person.app.clipboard == "vision-1"
            await person.see("copied Cluster name = vision-1", "Region:")
            await person.press("y")
            assert person.app.clipboard == "westeurope"
            await person.press("enter")
            assert person.app.clipboard.endswith("/userAssignedIdentities/vision-1")
            await person.press("up", "up")
            assert page.told.startswith("Region:")
            await person.press("escape")
            await person.at(ReviewPage)


async def test_what_is_not_known_yet_is_told_and_not_copied(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with at_small(cloud, "3") as (person, _):
            await review_of(person)
            page = await opened(person)
            await person.press("end")
            assert "not known yet" in page.told
            await person.press("enter")
            assert person.app.clipboard == ""


async def test_after_apply_the_ids_are_there(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with at_small(cloud, "3", key_file=str(tmp_path / "demo_rsa")) as (person, _):
            await person.press("ctrl+r")
            await person.see("Enter: apply")
            await person.press("enter")
            done = await person.at(DonePage)
            assert "4 values to copy" in done.told
            page = await opened(person)
            await person.press("end")
            assert "not known yet" not in page.told
            await person.press("enter")
            assert len(person.app.clipboard) == 36
            assert "PRIVATE KEY" not in person.app.export_screenshot()
            await person.press("escape")
            await person.at(DonePage)
