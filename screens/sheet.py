"""The sheet: values to copy into somebody else's form, page by page in that form's order, each by one key."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from screens.page import Page
from screens.signs import TONES, sign
from screens.terminal import Sign
from screens.text import cut, line, plain
from screens.widgets.rows import Row, Rows
from wizard.plan import Ref, Unknown, resolve

if TYPE_CHECKING:
    from wizard.plan import Known, Plan, SheetRow

_UNKNOWN = "not known yet: it gets its value when it is made"
_MOST_OF_A_FIELD = 40


def value_of(row: SheetRow, plan: Plan, known: Known) -> str | None:
    """Return the value of a row; None when it belongs to an object that does not exist yet."""
    if isinstance(row.value, str):
        return row.value
    try:
        return resolve(row.value, known)
    except Unknown:
        return _planned_id(row.value, plan, known)


def _planned_id(ref: Ref, plan: Plan, known: Known) -> str | None:
    """The id of a resource is known before it is made, where its name is."""
    for resource in plan.resources:
        if resource.key == ref.object and ref.field == "id":
            try:
                return resource.id(known)
            except Unknown:
                return None
    return None


class SheetList(OptionList):
    """The rows of the sheet. Home, end and page keys move too."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter,y",
            "take",
            "Copy, next",
            id="sheet.copy",
            tooltip="Copy the marked value and go to the next",
        ),
    ]

    def action_take(self) -> None:
        """Copy the marked value."""
        page = self.screen
        if isinstance(page, SheetPage):
            page.action_copy()


class SheetPage(Page):
    """Lists the values. What was copied is marked, so that a person sees where they are in the other form."""

    CSS_PATH = "styles/sheet.tcss"
    HELP: ClassVar[str | None] = (
        "The other form can't be filled in from here. Its fields stand in its own order: copy a value, paste it there, "
        "come back for the next. Copying works by the terminal (OSC 52); where yours does not do that, the whole value "
        "stands below the list to be selected."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Back", id="sheet.back", tooltip="Back to where you came from"),
    ]

    def __init__(self, plan: Plan, known: Known) -> None:
        super().__init__()
        self._rows = [(row, value_of(row, plan, known)) for row in plan.sheet]
        self._copied: set[int] = set()
        self._said = ""

    def body(self) -> ComposeResult:
        """Put the list above the value that is marked."""
        with Vertical(id="sheet", classes="pane -main") as sheet:
            sheet.border_title = plain(f"Sheet to copy from · {self.setup.profile.name}")
            yield SheetList(id="lines", compact=True, markup=False)
            yield Rows(id="marked")

    def on_mount(self) -> None:
        """Begin at the first value that is known."""
        lines = self.query_one(SheetList)
        lines.focus()
        self._write(next((i for i, (_, value) in enumerate(self._rows) if value), 0))

    def on_resize(self, _event: events.Resize) -> None:
        """Write the rows again for another width."""
        self.call_after_refresh(self._write, self._marked)

    # The list

    @property
    def _marked(self) -> int:
        lines = self.query_one(SheetList)
        option = lines.highlighted_option
        return int(option.id) if option is not None and option.id is not None else 0

    def _write(self, marked: int) -> None:
        if not self.lives or not self._rows:
            return
        lines = self.query_one(SheetList)
        width = max(lines.scrollable_content_region.width, 30)
        options = list(self._options(width))
        with self.prevent(OptionList.OptionHighlighted):
            lines.set_options(options)
            lines.highlighted = next(i for i, one in enumerate(options) if one.id == str(marked))
        self._show_marked()

    def _options(self, width: int) -> Iterator[Option]:
        column = min(max(len(line(row.field)) for row, _ in self._rows), _MOST_OF_A_FIELD, width // 2)
        numbered = enumerate(self._rows)
        for page, rows in groupby(numbered, key=lambda one: one[1][0].page):
            yield Option(plain(page, TONES["heading"]), disabled=True)
            for number, (row, value) in rows:
                yield Option(self._line(number, row, value, column, width), id=str(number))

    def _line(self, number: int, row: SheetRow, value: str | None, column: int, width: int) -> Content:
        copied = number in self._copied
        mark = f"{sign(Sign.DONE)} " if copied else "  "
        word = Content.styled("copied" if copied else "", TONES["good"])
        field = cut(plain(row.field, TONES["quiet"]), column)
        told = plain(_UNKNOWN if value is None else value or "(empty)", TONES["quiet" if not value else ""])
        left = Content.assemble(
            Content.styled(mark, TONES["good"]), field.pad_right(column - field.cell_length + 2), told
        )
        left = cut(left, width - word.cell_length - 2)
        return Content.assemble(left.pad_right(width - left.cell_length - word.cell_length), word)

    @on(OptionList.OptionHighlighted, "#lines")
    def _moved(self) -> None:
        self._said = ""
        self._show_marked()

    @on(OptionList.OptionSelected, "#lines")
    def _clicked(self) -> None:
        self.action_copy()

    def _show_marked(self) -> None:
        if not self._rows:
            self.query_one("#marked", Rows).show([Row("These answers ask for no form to be filled in.")])
            return
        row, value = self._rows[self._marked]
        rows = [Row(self._said, sign(Sign.DONE), "good")] if self._said else []
        rows.append(Row(f"{row.field}:", quiet=_UNKNOWN if value is None else "", text_tone="accent"))
        if value:
            rows += [Row(part, indent=2) for part in value.splitlines()]
        if row.note:
            rows.append(Row(quiet=row.note, indent=2))
        self.query_one("#marked", Rows).show(rows)

    @property
    def told(self) -> str:
        """What stands below the list, as text."""
        return self.query_one("#marked", Rows).told

    # Keys

    def action_copy(self) -> None:
        """Copy the marked value, say so, and mark the next one."""
        if not self._rows:
            return
        marked = self._marked
        row, value = self._rows[marked]
        if not value:
            self.tell(f"{row.field} is {_UNKNOWN if value is None else 'to stay empty'}.")
            self._go(marked + 1)
            return
        self.app.copy_to_clipboard(value)
        self._copied.add(marked)
        self._said = f"copied {row.field} = {value.splitlines()[0]}"
        self._go(marked + 1)

    def _go(self, marked: int) -> None:
        self._write(min(marked, len(self._rows) - 1))

    def action_close(self) -> None:
        """Go back to the page below."""
        _ = self.app.pop_screen()
