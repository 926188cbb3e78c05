"""A list to search and pick from: what Azure offers, filtered while typing, with columns; at most 200 rows are drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from screens.signs import TONES
from screens.text import plain
from screens.widgets.table import Table, matching
from screens.widgets.text_input import TextInput

if TYPE_CHECKING:
    from wizard.guide import Choice

MOST_SHOWN = 200


class PickInput(TextInput):
    """Where the search is typed; Enter picks."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Pick", id="pick.take", tooltip="Pick the marked row and go on"),
    ]


class PickList(Widget):
    """An input that filters, over a list that it moves through.

    Where nothing fits and one's own text is taken (`takes_own`, or there is no list), it is told as it is typed.
    """

    DEFAULT_CSS = """
    PickList {
        height: auto; width: 1fr; layout: vertical;
        Horizontal { height: 1; }
        PickInput { width: 1fr; }
        Label { width: auto; color: $text-muted; padding: 0 0 0 2; }
        #head { padding: 0; width: 1fr; }
        OptionList { height: auto; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "down", "move('cursor_down')", "Down", id="pick.down", show=False, tooltip="Mark the next row"
        ),
        Binding("up", "move('cursor_up')", "Up", id="pick.up", show=False, tooltip="Mark the row before"),
        Binding(
            "pagedown", "move('page_down')", "Page down", id="pick.page_down", show=False, tooltip="A page on"
        ),
        Binding("pageup", "move('page_up')", "Page up", id="pick.page_up", show=False, tooltip="A page back"),
    ]

    @dataclass
    class Picked(Message):
        """A row was picked, or own text was typed."""

        list: PickList
        value: str
        typed: bool = False

        @property
        def control(self) -> PickList:
            """The list it was picked from."""
            return self.list

    @dataclass
    class Finished(Message):
        """Enter was pressed: the person is done here."""

        list: PickList

        @property
        def control(self) -> PickList:
            """The list they are done with."""
            return self.list

    def __init__(self, heads: Sequence[str], value: str = "", *, takes_own: bool, placeholder: str) -> None:
        super().__init__()
        self._heads = tuple(heads)
        self._takes_own = takes_own
        self._placeholder = placeholder
        self._choices: tuple[Choice, ...] = ()
        self._shown: tuple[Choice, ...] = ()
        self._waiting = True
        self._moved = False
        self._width = 0
        self._own = ""  # an answer that is no row, put where it can be changed
        self.value = value

    def compose(self) -> ComposeResult:
        """Put the search over the list."""
        with Horizontal():
            yield PickInput(placeholder=self._placeholder, compact=True, select_on_focus=False)
            yield Label("", id="count", markup=False)
        yield Label("", id="head", markup=False)
        rows = OptionList(compact=True, markup=False)
        rows.can_focus = False  # the keys stay with the search; up and down move the mark all the same
        yield rows

    @property
    def input(self) -> Input:
        """Where the search is typed."""
        return self.query_one(PickInput)

    @property
    def rows(self) -> OptionList:
        """The list."""
        return self.query_one(OptionList)

    def show_waiting(self) -> None:
        """Say that Azure is being asked."""
        self._waiting = True
        self.query_one("#count", Label).update(plain("asking Azure…"))

    def show_choices(self, choices: Sequence[Choice]) -> None:
        """Show what there is to pick from; none means that it has to be written."""
        self._waiting = False
        self._choices = tuple(choices)
        self._mark_own_text()
        self._write()

    def show_value(self, value: str) -> None:
        """Mark a value as the picked one."""
        if value != self.value:
            self.value = value
            self._mark_own_text()
            self._write()

    def commit(self, *, marked: bool) -> None:
        """Take the text that is itself the answer, or the `marked` row if the person moved to it and did not pick."""
        typed = self.input.value.strip()
        if self._is_free(typed):
            self.value = typed
        elif self._moved and marked:
            self._take_marked()

    def action_move(self, how: str) -> None:
        """Move the mark."""
        self._moved = True
        rows = self.rows
        moves: dict[str, Callable[[], object]] = {
            "cursor_down": rows.action_cursor_down,
            "cursor_up": rows.action_cursor_up,
            "page_down": rows.action_page_down,
            "page_up": rows.action_page_up,
        }
        moves[how]()

    def on_resize(self, event: events.Resize) -> None:
        """Write the rows again for another width."""
        if event.size.width != self._width:
            self._width = event.size.width
            self._write()

    @on(Input.Changed)
    def _search(self, event: Input.Changed) -> None:
        event.stop()
        typed = self.input.value.strip()
        if self._is_free(typed):
            self._moved = False
            self._write()
            if typed != self.value:
                self.value = typed
                self.post_message(self.Picked(self, typed, typed=True))
            return
        self._moved = bool(typed)
        self._write()

    @on(Input.Submitted)
    def _submit(self, event: Input.Submitted) -> None:
        event.stop()
        typed = self.input.value.strip()
        if self._waiting:
            return
        if not self._is_free(typed):
            if typed and not self._shown:
                self._tell(typed)  # nothing fits: the check says what there is
            elif not self._take_marked() and typed:
                return  # what was searched for can't be picked; the row says why
        self.post_message(self.Finished(self))

    @on(OptionList.OptionSelected)
    def _click(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._take_marked()
        self.input.focus()

    @on(OptionList.OptionHighlighted)
    def _hush(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()

    def _is_free(self, typed: str) -> bool:
        """Whether the text itself is the answer."""
        if self._waiting:
            return False
        return not self._choices or (self._takes_own and bool(typed) and not matching(self._choices, typed))

    def _take_marked(self) -> bool:
        at = self.rows.highlighted
        self._moved = False
        if at is None or at >= len(self._shown) or self._shown[at].refusal:
            return False
        self._tell(self._shown[at].value)
        return True

    def _tell(self, value: str) -> None:
        if value != self.value:
            self.value = value
            self._write()
            self.post_message(self.Picked(self, value))

    def _mark_own_text(self) -> None:
        """Put an answer that is no row of the list where it can be read and changed."""
        known = any(choice.value == self.value for choice in self._choices)
        own = "" if known or self._waiting else self.value
        typed = self.input.value.strip()
        if own != typed and (own or typed == self._own or self._is_free(typed)):
            with self.prevent(Input.Changed):
                self.input.value = own
        self._own = own

    def _write(self) -> None:
        if not self._width or self._waiting:
            return
        found = matching(self._choices, self.input.value.strip())
        self._shown = tuple(found[:MOST_SHOWN])
        width = max(self._width - 2, 20)
        table = Table.fitting(self._heads, self._shown, width)
        self.query_one("#head", Label).update(table.head(self._heads) if self._shown else Content())
        rows = self.rows
        with self.prevent(OptionList.OptionHighlighted):
            rows.set_options(
                Option(
                    table.row(choice, picked=choice.value == self.value, width=width),
                    disabled=bool(choice.refusal),
                )
                for choice in self._shown
            )
            at = next((i for i, choice in enumerate(self._shown) if choice.value == self.value), None)
            if at is None:
                at = next((i for i, choice in enumerate(self._shown) if not choice.refusal), None)
            rows.highlighted = at
        self.query_one("#count", Label).update(self._count(len(found)))

    def _count(self, found: int) -> Content:
        whole = len(self._choices)
        if not whole:
            return plain("nothing to pick from: write it")
        if found > MOST_SHOWN:
            return plain(f"{MOST_SHOWN} of {_grouped(found)}")
        if found == 0 and self._takes_own:
            return plain("taken as you wrote it")
        if found == 0:
            return plain("nothing fits", TONES["warn"])
        return plain(f"{found} of {_grouped(whole)}" if found < whole else _grouped(whole))


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", " ")
