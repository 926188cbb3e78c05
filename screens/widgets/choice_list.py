"""A few fixed choices, one below the other, with what speaks for each: moving the mark chooses, as in any radio group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from screens.signs import TONES, is_plain
from screens.text import line

if TYPE_CHECKING:
    from wizard.guide import Choice

_GAP = 2
_MARK = 2


class ChoiceList(OptionList, inherit_bindings=False):
    """Shows choices with a mark before the chosen one. Up and down choose; Enter chooses and goes on.

    The page keys are left to the form: paging on must not choose anything.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "finish", "Next", id="choice.next", tooltip="Take the marked choice and go on"),
        Binding("up", "cursor_up", "Up", id="choice.up", show=False, tooltip="The choice above"),
        Binding("down", "cursor_down", "Down", id="choice.down", show=False, tooltip="The choice below"),
        Binding("home", "first", "First", id="choice.first", show=False, tooltip="The first choice"),
        Binding("end", "last", "Last", id="choice.last", show=False, tooltip="The last choice"),
        Binding(
            "space", "take", "Choose", id="choice.take", show=False, tooltip="Take the marked choice and stay"
        ),
    ]

    @dataclass
    class Chosen(Message):
        """Another choice was taken."""

        list: ChoiceList
        value: str

        @property
        def control(self) -> ChoiceList:
            """The list it was taken from."""
            return self.list

    @dataclass
    class Finished(Message):
        """Enter was pressed: the person is done here."""

        list: ChoiceList

        @property
        def control(self) -> ChoiceList:
            """The list they are done with."""
            return self.list

    def __init__(self, choices: Sequence[Choice], value: str = "") -> None:
        super().__init__(compact=True, markup=False)
        self._choices = tuple(choices)
        self.value = value

    def on_mount(self) -> None:
        """Write the choices down."""
        self._write()

    def on_resize(self, _event: events.Resize) -> None:
        """Write them again for another width."""
        self._write()

    def show_value(self, value: str) -> None:
        """Mark a value as the chosen one."""
        if value != self.value:
            self.value = value
            self._write()

    def action_take(self) -> None:
        """Choose what is under the mark."""
        if self.highlighted is not None:
            self._take(self.highlighted)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Choose what the mark was moved to."""
        event.stop()
        if self.has_focus and event.option_index == self.highlighted:
            self._take(event.option_index)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Choose what was clicked."""
        event.stop()
        self._take(event.option_index)

    def action_finish(self) -> None:
        """Choose what is under the mark, and go on."""
        self.action_take()
        self.post_message(self.Finished(self))

    def _take(self, index: int) -> None:
        value = self._choices[index].value
        if value != self.value:
            self.value = value
            self._write()
            self.post_message(self.Chosen(self, value))

    def _write(self) -> None:
        width = self.scrollable_content_region.width or 60
        at = next((i for i, choice in enumerate(self._choices) if choice.value == self.value), None)
        options = [
            Option(self._prompt(choice, width, chosen=i == at), disabled=bool(choice.refusal))
            for i, choice in enumerate(self._choices)
        ]
        with self.prevent(OptionList.OptionHighlighted):
            self.set_options(options)
            self.highlighted = at

    def _prompt(self, choice: Choice, width: int, *, chosen: bool) -> Content:
        full, hollow = ("(*)", "( )") if is_plain() else ("●", "○")
        mark = Content.styled(f"{full if chosen else hollow} ", TONES["accent" if chosen else "quiet"])
        label = Content.styled(line(choice.label), "bold" if chosen else "")
        detail = line(choice.refusal or choice.detail)
        if not detail:
            return Content.assemble(mark, label)
        column = max(len(line(one.label)) for one in self._choices) + _GAP
        indent = mark.cell_length
        if indent + column + len(detail) <= width:
            tail = Content.styled(detail, TONES["quiet"])
            return Content.assemble(mark, label.pad_right(column - label.cell_length), tail)
        lines = Content.styled(detail, TONES["quiet"]).wrap(max(width - indent, _MARK))
        return Content("\n").join(
            [Content.assemble(mark, label), *(Content.assemble(" " * indent, one) for one in lines)]
        )
