"""Rows: lines of a sign and a text that wrap under themselves. Findings, plans, tasks and summaries are all drawn by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from screens.signs import FINDINGS, TONES, sign
from screens.text import line

if TYPE_CHECKING:
    from wizard.guide import Finding

_NARROWEST = 8


@dataclass(frozen=True, slots=True)
class Row:
    """One line as it is meant; `sign` and `text` have the tone, `quiet` follows in a low voice, `right` stands at the edge.

    `word` is a column of its own between sign and text, as wide as the widest of the list.
    """

    text: str = ""
    sign: str = ""
    tone: str = ""
    quiet: str = ""
    right: str = ""
    indent: int = 0
    word: str = ""
    text_tone: str = ""


BLANK = Row()


def heading(text: str) -> Row:
    """Return the heading of a group of rows."""
    return Row(text, text_tone="heading")


def finding_row(finding: Finding) -> Row:
    """Return the row of one finding: sign, word, what is so, the rule and the way out."""
    mark = FINDINGS[finding.severity]
    rest = " ".join(part for part in (finding.rule, finding.mend) if part)
    return Row(f"{mark.word}: {finding.what}", sign(mark.sign), mark.tone, rest, text_tone=mark.tone)


def laid_out(rows: Sequence[Row], width: int) -> list[Content]:
    """Return the lines that rows take at a width; everything in them is cleaned here."""
    words = max((len(row.word) for row in rows), default=0)
    return [content for row in rows for content in _lines(row, max(width, _NARROWEST), words)]


def _lines(row: Row, width: int, words: int) -> list[Content]:
    word = f"{row.word:{words}}  " if row.word else ""
    lead = " " * row.indent + (f"{line(row.sign)} " if row.sign else "") + word
    right = line(row.right)
    room = max(width - len(lead) - (len(right) + 1 if right else 0), _NARROWEST)
    parts = [Content.styled(line(row.text), TONES[row.text_tone])]
    if row.quiet:
        parts.append(Content.styled(f"{' ' if row.text else ''}{line(row.quiet)}", TONES["quiet"]))
    wrapped = Content.assemble(*parts).wrap(room) or [Content()]
    first = Content.assemble(Content.styled(lead, TONES[row.tone]), wrapped[0])
    if right:
        first = first.pad_right(width - len(right) - first.cell_length)
        first = Content.assemble(first, Content.styled(right, TONES["quiet"]))
    return [first, *(Content.assemble(" " * len(lead), later) for later in wrapped[1:])]


class Rows(Widget):
    """Shows rows, as high as they need."""

    DEFAULT_CSS = """
    Rows { height: auto; width: 1fr; }
    """

    def __init__(
        self,
        rows: Sequence[Row] = (),
        *,
        id: str | None = None,  # noqa: A002 - Textual's own word
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._rows = tuple(rows)

    def show(self, rows: Sequence[Row]) -> None:
        """Show other rows."""
        if self._rows != tuple(rows):
            self._rows = tuple(rows)
            self.refresh(layout=True)

    @property
    def told(self) -> str:
        """All that is shown, as text."""
        return "\n".join(
            " ".join(filter(None, (r.sign, r.word, r.text, r.quiet, r.right))) for r in self._rows
        )

    def get_content_width(self, container: Size, viewport: Size) -> int:  # noqa: ARG002 - Textual's signature
        """Take all the width there is."""
        return container.width

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - as above
        """Take as many lines as the rows need at this width."""
        return len(laid_out(self._rows, width)) if self._rows else 0

    def render(self) -> Content:
        """Draw the rows."""
        return Content("\n").join(laid_out(self._rows, self.content_size.width))
