"""A switch: yes or no side by side, in words, with a mark before the one that counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from screens.saying import NO, YES
from screens.signs import TONES, is_plain

_GAP = 3


class SwitchLine(Widget, can_focus=True):
    """Holds ``yes``, ``no`` or nothing yet. Space turns it over, left means yes and right means no, as they stand."""

    DEFAULT_CSS = """
    SwitchLine { height: 1; width: auto; min-width: 16; padding: 0 1; }
    SwitchLine:focus { background: $block-cursor-background; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "finish", "Next", id="switch.next", tooltip="Leave it as it stands and go on"),
        Binding("space", "turn", "Turn", id="switch.turn", tooltip="Turn yes into no, and no into yes"),
        Binding("left,y", "put('yes')", "Yes", id="switch.yes", show=False, tooltip="Say yes"),
        Binding("right,n", "put('no')", "No", id="switch.no", show=False, tooltip="Say no"),
    ]

    @dataclass
    class Turned(Message):
        """It was turned."""

        switch: SwitchLine
        value: str

        @property
        def control(self) -> SwitchLine:
            """The switch."""
            return self.switch

    @dataclass
    class Finished(Message):
        """Enter was pressed: the person is done here."""

        switch: SwitchLine

        @property
        def control(self) -> SwitchLine:
            """The switch."""
            return self.switch

    def __init__(self, value: str = "") -> None:
        super().__init__()
        self.value = value

    def show_value(self, value: str) -> None:
        """Show another value, without telling anybody."""
        self.value = value
        self.refresh()

    def action_turn(self) -> None:
        """Turn it over; the first turn means yes."""
        self.action_put(NO if self.value == YES else YES)

    def action_put(self, value: str) -> None:
        """Say yes or no."""
        if value != self.value:
            self.show_value(value)
            self.post_message(self.Turned(self, value))

    def action_finish(self) -> None:
        """Go on."""
        self.post_message(self.Finished(self))

    def on_click(self, event: events.Click) -> None:
        """Take the word under the pointer."""
        at = event.x - self.styles.padding.left
        self.action_put(YES if at < self._word(YES).cell_length + _GAP - 1 else NO)

    def _word(self, value: str) -> Content:
        full, hollow = ("(*)", "( )") if is_plain() else ("●", "○")
        taken = value == self.value
        mark = Content.styled(f"{full if taken else hollow} ", TONES["accent" if taken else "quiet"])
        return Content.assemble(mark, Content.styled(value, "bold" if taken else TONES["quiet"]))

    def render(self) -> Content:
        """Draw both words."""
        return Content.assemble(self._word(YES), " " * _GAP, self._word(NO))
