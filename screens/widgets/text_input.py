"""One line of text to type, as every field and search has it."""

from __future__ import annotations

from typing import ClassVar

from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.widgets import Input


class TextInput(Input):
    """One line of text; Enter goes on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Next", id="text.next", tooltip="Take this and go on"),
    ]

    def action_copy(self) -> None:
        """Copy what is selected; with nothing selected, Ctrl+C means what it means elsewhere.

        Raises:
            SkipAction: nothing is selected; the key goes on to the screen and the app.
        """
        if not self.selected_text:
            raise SkipAction
        super().action_copy()
