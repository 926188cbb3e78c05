"""The one door through which text reaches the full screen: cleaned of control characters, and never markup."""

from __future__ import annotations

from textual.content import Content

from wizard.text import clean_line

LONGEST_LINE = 600


def line(text: object) -> str:
    """Make any text safe to show on one line."""
    return clean_line(text, LONGEST_LINE)


def plain(text: object, style: str = "") -> Content:
    """Make any text safe to hand to a widget: what looks like markup in it stays text."""
    return Content.styled(line(text), style)
