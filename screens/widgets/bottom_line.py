"""The last line of every screen: the keys, and when all was last on disk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Label

from screens.signs import TONES
from screens.text import cut, plain
from screens.widgets.key_line import KeyLine

_MOST = 38  # columns of 80 for what keeps the answers from being saved; the keys have the others
_LOOK_AGAIN = 0.25  # seconds; saving goes on in a thread and tells nobody


class BottomLine(Horizontal):
    """Shows the keys of the screen, and at the right edge when the answers were saved.

    `saved` gives the time of the last save, and what keeps the newest answers from being saved.
    """

    DEFAULT_CSS = """
    BottomLine {
        dock: bottom; height: 1; background: $footer-background;
        Label { width: auto; padding: 0 1; color: $quiet; }
    }
    """

    def __init__(self, saved: Callable[[], tuple[datetime | None, str]]) -> None:
        super().__init__()
        self._saved = saved
        self._shown: tuple[datetime | None, str] = (None, "")

    def compose(self) -> ComposeResult:
        """Put keys and time side by side."""
        yield KeyLine()
        yield Label("", id="saved", markup=False)

    def on_mount(self) -> None:
        """Begin to look at the time of saving."""
        self._look()
        self.set_interval(_LOOK_AGAIN, self._look)

    def _look(self) -> None:
        now = self._saved()
        if now == self._shown or not (self.is_attached and self.display):
            return
        self._shown = now
        at, problem = now
        if problem:
            told = cut(plain(f"! not saved: {problem}", TONES["bad"]), _MOST)
        else:
            told = plain(f"saved {at:%H:%M:%S}" if at else "")
        self.query_one("#saved", Label).update(told)
