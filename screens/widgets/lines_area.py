"""Several lines of text to type or paste; Tab leaves it, and an empty line at its end goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TextArea

from screens.saying import REFUSED_KEY, holds_private_key
from screens.text import line
from wizard.text import clean

_LONGEST = 200_000  # characters; more than any role, key or script that is asked for


class LinesArea(TextArea):
    """A text of several lines, three to eight of them in sight. What is pasted is cleaned; a private key is refused."""

    DEFAULT_CSS = """
    LinesArea, LinesArea.-textual-compact {
        height: auto; min-height: 3; max-height: 8; background: $field; border: none; padding: 0 1;
        scrollbar-size-vertical: 1; scrollbar-size-horizontal: 0;
    }
    LinesArea:focus, LinesArea.-textual-compact:focus { background: $field-focus; border: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "tab", "leave", "Leave", id="lines.leave", tooltip="Leave the text and go to what follows it"
        ),
    ]

    @dataclass
    class Finished(Message):
        """The person is done here."""

        area: LinesArea

        @property
        def control(self) -> LinesArea:
            """The text."""
            return self.area

    def __init__(self, text: str = "", *, placeholder: str = "") -> None:
        super().__init__(
            safe(text),
            soft_wrap=True,
            tab_behavior="focus",
            compact=True,
            highlight_cursor_line=False,
            placeholder=line(placeholder) or "type or paste; an empty line at the end goes on",
        )

    async def on_key(self, event: events.Key) -> None:
        """Let Enter on an empty last line go on, as the line prompts do."""
        if event.key == "enter" and self._at_empty_end():
            event.stop()
            event.prevent_default()
            self.post_message(self.Finished(self))

    def _at_empty_end(self) -> bool:
        row, _ = self.cursor_location
        return row == self.document.line_count - 1 and not self.document.get_line(row).strip()

    async def on_paste(self, event: events.Paste) -> None:
        """Take a pasted text of any length, cleaned; refuse a private key."""
        event.stop()
        event.prevent_default()
        refusal = REFUSED_KEY if holds_private_key(event.text) else ""
        if len(event.text) > _LONGEST:
            refusal = f"That is too long: {len(event.text):,} characters, where {_LONGEST:,} are enough for anything."
        if refusal:
            self.notify(refusal, severity="error", markup=False)
            return
        start, end = self.selection
        taken = self.replace(safe(event.text), start, end, maintain_selection_offset=False)
        self.move_cursor(taken.end_location)

    def show_text(self, text: str) -> None:
        """Show another text: from its beginning, or with the cursor at its end where somebody is writing."""
        self.load_text(safe(text))
        self.move_cursor(self.document.end if self.has_focus else (0, 0))

    def action_leave(self) -> None:
        """Go to what follows."""
        self.screen.focus_next()

    def action_copy(self) -> None:
        """Copy what is selected; with nothing selected, Ctrl+C means what it means elsewhere.

        Raises:
            SkipAction: nothing is selected.
        """
        if not self.selected_text:
            raise SkipAction
        super().action_copy()


def safe(text: str) -> str:
    """Make a text of several lines safe to show: ends of lines as here, no control characters."""
    return clean(text.replace("\r\n", "\n").replace("\r", "\n"), _LONGEST)
