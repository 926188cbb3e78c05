"""A box that asks for one line: another name, a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input

from screens.dialogs import Dialog
from screens.signs import sign
from screens.terminal import Sign
from screens.widgets.rows import Row, Rows
from screens.widgets.text_input import TextInput


class AskText(Dialog[str]):
    """Asks for one line. `asked` says for what, `verb` what Enter does; `refusal` says what is wrong with it, or nothing."""

    HELP: ClassVar[str | None] = "Enter takes what is written, Escape changes nothing."

    def __init__(
        self, title: str, asked: str, verb: str, suggested: str, refusal: Callable[[str], str] | None = None
    ) -> None:
        super().__init__(title)
        self._asked, self._verb, self._suggested = asked, verb, suggested
        self._refusal = refusal or (lambda _text: "")

    @property
    def keys(self) -> str:
        """Say how to answer."""
        return f"Enter {self._verb} · Esc close"

    def body(self) -> ComposeResult:
        """Put the line below what it is for."""
        yield Rows([Row(self._asked)])
        yield TextInput(self._suggested, compact=True)
        yield Rows(id="refusal")

    @on(Input.Changed)
    def _look(self) -> None:
        text = self._typed()
        # What is suggested may be the name as it is: that is no mistake yet.
        self._tell(self._refusal(text) if text not in ("", self._suggested) else "")

    @on(Input.Submitted)
    def _take(self) -> None:
        text = self._typed()
        refusal = self._refusal(text) if text else "Nothing is written here yet."
        self._tell(refusal)
        if not refusal:
            _ = self.dismiss(text)

    def _typed(self) -> str:
        return self.query_one(TextInput).value.strip()

    def _tell(self, refusal: str) -> None:
        self.query_one("#refusal", Rows).show(
            [Row(refusal, sign(Sign.WRONG), "bad", text_tone="bad")] if refusal else []
        )
