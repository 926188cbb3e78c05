"""The one door through which text reaches the full screen: cleaned of control characters, and never markup."""

from __future__ import annotations

from textual.content import Content

from screens.signs import is_plain
from wizard.text import clean_line

LONGEST_LINE = 600
_ASCII = str.maketrans({"·": "-", "…": "~", "“": '"', "”": '"', "–": "-", "’": "'"})


def line(text: object) -> str:
    """Make any text safe to show on one line; signs that a plain terminal lacks get a stand-in of the same width."""
    cleaned = clean_line(text, LONGEST_LINE)
    return cleaned.translate(_ASCII) if is_plain() else cleaned


def plain(text: object, style: str = "") -> Content:
    """Make any text safe to hand to a widget: what looks like markup in it stays text."""
    return Content.styled(line(text), style)


def cut(content: Content, width: int) -> Content:
    """Cut a content to a width, with a sign where something is missing."""
    if content.cell_length <= width:
        return content
    return Content.assemble(content.truncate(max(width - 1, 0)), "~" if is_plain() else "…" if width else "")
