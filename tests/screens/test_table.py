"""Lists of choices: filtered by every word, capped, fitted to the width."""

from __future__ import annotations

from textual.app import App, ComposeResult

from screens.widgets.pick_list import MOST_SHOWN, PickList
from screens.widgets.rows import Row, laid_out
from screens.widgets.table import Table, matching
from wizard.guide import Choice

CHOICES = [
    Choice(f"id-{i}", f"name {i}", columns=("group" if i % 3 else "other", f"{i:036}")) for i in range(10_000)
]


def test_every_word_counts_wherever_it_stands() -> None:
    found = matching(CHOICES, "OTHER 42 name")
    assert {"name 42", "name 4200"} <= {choice.label for choice in found}
    assert all("42" in choice.label and choice.columns[0] == "other" for choice in found)
    assert len(matching(CHOICES, "  ")) == len(CHOICES)
    assert matching(CHOICES, "nowhere") == []


def test_what_begins_with_the_text_comes_first() -> None:
    choices = [Choice("1", "my-vision"), Choice("2", "vision")]
    assert [choice.label for choice in matching(choices, "vis")] == ["vision", "my-vision"]


def test_wide_columns_give_way_and_the_last_ones_go() -> None:
    heads = ("Name", "Kind", "Id")
    wide = Table.fitting(heads, CHOICES[:5], 80)
    assert wide.widths == (6, 5, 36)
    narrow = Table.fitting(heads, CHOICES[:5], 40)
    assert narrow.widths[:2] == (6, 5)
    assert sum(narrow.widths) + 2 * 2 + 2 == 40
    assert len(Table.fitting(heads, CHOICES[:5], 14).widths) < 3
    assert all(
        table.row(CHOICES[1], picked=True, width=w).cell_length <= w
        for table, w in ((wide, 80), (narrow, 40))
    )


class _Lists(App[None]):
    def compose(self) -> ComposeResult:
        yield PickList(("Name", "Group", "Id"), takes_own=False, placeholder="type")


async def test_ten_thousand_rows_are_searched_and_two_hundred_drawn() -> None:
    app = _Lists()
    async with app.run_test(size=(80, 24)) as pilot:
        picks = app.query_one(PickList)
        picks.show_choices(CHOICES)
        await pilot.pause()
        assert picks.rows.option_count == MOST_SHOWN
        assert "200 of 10 000" in str(picks.query_one("#count").render())
        picks.input.focus()
        await pilot.press(*"name 9999")
        await pilot.pause()
        assert picks.rows.option_count == 1


def test_a_row_wraps_under_itself() -> None:
    lines = laid_out([Row("one two three", sign="!", right="0:01")], 16)
    assert [line.plain for line in lines] == ["! one two   0:01", "  three"]
