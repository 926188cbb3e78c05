"""The list of all actions (Ctrl+P): those of the page that is shown, searched while typing."""

from __future__ import annotations

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from screens.page import Command, Page
from screens.text import line, plain


class Actions(Provider):
    """Offers what the page below can do. Textual's own commands, such as saving a picture of the screen, are not in it."""

    async def discover(self) -> Hits:
        """Offer everything while nothing is typed."""
        for command in self._commands():
            yield DiscoveryHit(plain(command.title), command.run, line(command.title), line(command.meaning))

    async def search(self, query: str) -> Hits:
        """Offer what matches."""
        matcher = self.matcher(query)
        for command in self._commands():
            title = line(command.title)
            score = matcher.match(title)
            if score > 0:
                shown = Content(title)
                yield Hit(score, shown, command.run, title, line(command.meaning))

    def _commands(self) -> list[Command]:
        page = self.screen
        return list(page.commands()) if isinstance(page, Page) else []
