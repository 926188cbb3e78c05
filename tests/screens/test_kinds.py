"""Switches and texts of several lines on the full screen."""

from __future__ import annotations

from pathlib import Path

from textual import events

from profiles.store import ProfileStore
from screens.widgets.lines_area import LinesArea
from screens.widgets.switch_line import SwitchLine
from tests.rehearsal import practice
from tests.screens.small_walks import at_small
from wizard.answers import Source

PRIVATE = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjE\n-----END OPENSSH PRIVATE KEY-----\n"


async def test_a_switch_says_yes_or_no_in_words_and_is_recorded_as_one(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with at_small(cloud, "1.1") as (person, page):
            walkthrough = page.walkthrough
            assert isinstance(page.focused, SwitchLine)
            await person.see("● yes ○ no")
            await person.press("space")
            await person.see("○ yes ● no")
            assert walkthrough.answers.source("backups") is Source.CHOSEN
            assert walkthrough.given["backups"] is False
            await person.press("left")
            await person.see("● yes ○ no")
            await person.press("right")
            await person.see("○ yes ● no")
            await person.press("y")
            await person.see("● yes ○ no")
            await person.press("enter", "space")
            assert walkthrough.given["public_ip"] is True


async def test_a_switch_without_a_default_says_neither_until_it_is_turned(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with at_small(cloud, "1.1") as (person, page):
            switch = page.form.field("asked").query_one(SwitchLine)
            assert switch.value == ""
            await person.press("enter", "enter", "n")
            assert page.walkthrough.given["asked"] is False
            await person.click(switch, (2, 0))
            await person.until(lambda: page.walkthrough.given["asked"] is True)
            await person.press("ctrl+n")
            await person.at_step("1.2")
            assert ProfileStore().load("small").answers["asked"] is True


async def test_a_switch_keeps_its_place_when_the_step_is_seen_again(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with at_small(cloud, "1.2", backups=False) as (person, _):
            await person.press("escape")
            page = await person.at_step("1.1")
            assert page.form.field("backups").query_one(SwitchLine).value == "no"
            assert page.form.field("public_ip").query_one(SwitchLine).value == "no"


async def test_200_pasted_lines_are_taken_and_kept(tmp_path: Path) -> None:
    text = "\n".join(f'"Microsoft.Compute/disks/{number}/read",' for number in range(200))
    with practice(tmp_path) as cloud:
        async with at_small(cloud, "1.2") as (person, page):
            area = page.form.field("role_json").query_one(LinesArea)
            assert page.focused is area
            area.post_message(events.Paste(text.replace("\n", "\r\n")))
            await person.until(lambda: page.walkthrough.given.get("role_json") == text)
            await person.quiet()
            assert area.size.height == 8
            await person.press("tab")
            assert page.focused is page.form.field("cluster").control_widget
            await person.press("ctrl+n")
            await person.at_step("2.1")
            assert ProfileStore().load("small").answers["role_json"] == text


async def test_enter_makes_a_line_and_an_empty_one_at_the_end_goes_on(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with at_small(cloud, "1.2") as (person, page):
            await person.press("a", "enter", "b", "enter", "enter")
            await person.until(lambda: page.focused is page.form.field("cluster").control_widget)
            assert page.walkthrough.answers.text("role_json") == "a\nb"


async def test_what_is_pasted_steers_no_terminal(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with at_small(cloud, "1.2") as (person, page):
            area = page.form.field("role_json").query_one(LinesArea)
            area.post_message(events.Paste("\x1b]0;pwned\x07 [/] [@click=app.quit]x[/]\x9b2J"))
            await person.see("[@click=app.quit]x[/]")
            shown = person.app.export_screenshot()
            assert not any(sequence in shown for sequence in ("\x1b]", "\x9b", "\x07"))


async def test_a_pasted_private_key_is_refused_and_neither_shown_nor_kept(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with at_small(cloud, "1.2") as (person, page):
            area = page.form.field("role_json").query_one(LinesArea)
            area.post_message(events.Paste(PRIVATE))
            await person.see("That is a private key.")
            assert area.text == ""
            assert "role_json" not in page.walkthrough.given
            assert "b3BlbnNzaC1rZXktdjE" not in person.app.export_screenshot()
