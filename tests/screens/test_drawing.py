"""The drawing of a step: drawn again as answers change, a problem in its place, and what small terminals make of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from screens.drawn import drawable
from tests.rehearsal import practice
from tests.screens.person import LARGE, SMALL
from tests.screens.small_walks import at_small
from wizard.drawing import WIDTH


@pytest.mark.parametrize("size", [SMALL, LARGE, (110, 30), (170, 45)])
async def test_a_drawing_stands_whole_below_the_questions(tmp_path: Path, size: tuple[int, int]) -> None:
    with practice(tmp_path) as cloud:
        async with at_small(cloud, "1.1", size=size) as (person, page):
            await person.see(
                "What Hopsworks may do", "Snapshots Verdict Decided by", "allowed", "the switch “Backups”"
            )
            assert page.form.drawing.content_size.width >= WIDTH


async def test_it_is_drawn_again_with_another_answer(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with at_small(cloud, "1.1") as (person, _):
            await person.see("allowed")
            await person.press("n")
            await person.see("DENIED")
            assert "allowed" not in person.sees()


async def test_a_problem_is_told_in_its_place_and_does_not_keep_anybody(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with at_small(cloud, "1.1") as (person, page):
            page.form.field("draw_of").focus_answer()
            await person.write("nowhere")
            await person.see("This could not be drawn:")
            assert "allowed" not in page.form.drawing.told
            await person.press("ctrl+n")
            await person.at_step("1.2")
            assert not page.form.drawing.display


async def test_what_does_not_fit_is_scrolled_to_by_keys(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with at_small(cloud, "1.1", size=(80, 14)) as (person, page):
            assert "Decided by" not in person.sees()
            assert page.form.max_scroll_y > 0
            await person.press("pagedown", "pagedown")
            await person.see("Decided by", "3 groups")
            await person.press("pageup", "pageup")
            await person.see("What Hopsworks may do for you")


def test_a_terminal_without_box_characters_gets_stand_ins_as_wide() -> None:
    drawn = "┌─┤ ████░░ → ✓ ⚑ “x”"
    assert drawable(drawn, "utf-8") == drawn
    assert drawable(drawn, "ascii") == '+-+ ####.. > + ? "x"'
    assert drawable("│ 日本 é", "ascii") == "| ?? ?"
    assert drawable("█ ✓", "cp437") == "█ +"
    assert "\x1b" not in drawable("\x1b[31m", "utf-8")
