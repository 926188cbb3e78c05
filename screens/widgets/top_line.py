"""The first line of every screen: which guide, whether it is practice, and who works where."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget

from screens.signs import TONES
from screens.text import cut, line


class TopLine(Widget):
    """Says guide, banner and context in one line; the context gives way where it is too long."""

    DEFAULT_CSS = """
    TopLine { dock: top; height: 1; width: 100%; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._guide = self._profile = self._banner = self._where = ""

    def show(self, *, title: str, profile: str, banner: str, context: str) -> None:
        """Say other words. The profile's name is left out where there is no room for it."""
        self._guide, self._profile = line(title), line(profile)
        self._banner, self._where = line(banner), line(context)
        self.refresh()

    @property
    def told(self) -> str:
        """All that is said, as text."""
        return "  ".join(part for part in ("Azimuth", self._guide, self._banner, self._where) if part)

    def render(self) -> Content:
        """Draw the line."""
        width = self.content_size.width
        left = Content.assemble(
            Content.styled("Azimuth", TONES["accent"]), "  ", Content.styled(self._guide, "bold")
        )
        name = Content.styled(f" {line(f'· {self._profile}')}" if self._profile else "", TONES["heading"])
        whole = left.cell_length + name.cell_length + len(self._banner) + cell_len(self._where) + 7
        if whole <= width:
            left = Content.assemble(left, name)
        badge = (
            Content.styled(f" {self._banner} ", "bold $badge-text on $badge") if self._banner else Content()
        )
        room = width - left.cell_length - badge.cell_length - (4 if self._banner else 2)
        context = Content.styled(self._where, TONES["quiet"])
        if context.cell_length > room:
            context = cut(context, max(room, 0))
        right = Content.assemble(badge, "  " if self._banner and context else "", context)
        return Content.assemble(left.pad_right(max(width - left.cell_length - right.cell_length, 1)), right)
