"""The keys of a screen in one line, each with its word; a click on one presses it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual import events
from textual.content import Content
from textual.widget import Widget

from screens.signs import TONES
from screens.text import line

if TYPE_CHECKING:
    from textual.screen import Screen

_GAP = 2


class KeyLine(Widget):
    """Draws the keys itself: Textual's own Footer is empty for a frame whenever the focus moves."""

    DEFAULT_CSS = """
    KeyLine { height: 1; width: 1fr; padding: 0 1; }
    """

    def on_mount(self) -> None:
        """Listen for changes of the keys."""
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def _changed(self, _screen: Screen[object]) -> None:
        self.refresh()

    def _keys(self) -> Iterator[tuple[str, str, str]]:
        """Yield each key that is offered: its name, its word, and what to press."""
        actions: set[str] = set()
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.show and active.enabled and binding.action not in actions:
                actions.add(binding.action)
                yield self.app.get_key_display(binding), line(binding.description), binding.key

    @property
    def told(self) -> str:
        """The line as text."""
        return "  ".join(f"{name} {word}" for name, word, _ in self._keys())

    def render(self) -> Content:
        """Draw as many keys as fit."""
        drawn, room = [], self.content_size.width
        for name, word, _ in self._keys():
            room -= len(name) + len(word) + 1
            if room < 0:
                break
            drawn.append(
                Content.assemble(
                    Content.styled(name, "bold $footer-key-foreground"),
                    " ",
                    Content.styled(word, TONES["quiet"]),
                )
            )
            room -= _GAP
        return Content(" " * _GAP).join(drawn)

    def on_click(self, event: events.Click) -> None:
        """Press the key under the pointer."""
        at = event.x - self.styles.padding.left
        for name, word, key in self._keys():
            width = len(name) + len(word) + 1
            if 0 <= at < width:
                self.app.simulate_key(key)
                return
            at -= width + _GAP
