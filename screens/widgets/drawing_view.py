"""A drawing on the screen: what the answers mean, in characters, below the questions of a step."""

from __future__ import annotations

from collections.abc import Mapping

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from screens.drawn import is_drawn, parts_of
from screens.signs import TONES, bar, encoding, is_plain, sign
from screens.terminal import Sign
from screens.text import cut, plain
from screens.widgets.rows import Row, laid_out
from wizard.drawing import Drawing, Tone

_TONES: Mapping[Tone, str] = {
    Tone.PLAIN: "",
    Tone.HEAD: "heading",
    Tone.GOOD: "good",
    Tone.WARNING: "warn",
    Tone.BAD: "bad",
    Tone.MUTED: "quiet",
}


class DrawingView(Widget):
    """Shows a drawing, that one is being drawn, or why there is none. It is as high as it needs, or not there."""

    DEFAULT_CSS = """
    DrawingView { height: auto; width: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__(id="drawing")
        self._drawing: Drawing | None = None
        self._note: Row | None = None
        self.display = False

    def show(self, drawing: Drawing | None) -> None:
        """Show a drawing; None takes the one that is shown away."""
        self._drawing, self._note = drawing, None
        self._write()

    def show_busy(self) -> None:
        """Say that it is being drawn; the one before stays, and is told to be old."""
        self._note = Row("drawing…", sign(Sign.HERE), "accent", text_tone="quiet")
        self._write()

    def show_problem(self, problem: str) -> None:
        """Say why there is none."""
        self._drawing = None
        told = f"This could not be drawn: {problem}"
        self._note = Row(told, sign(Sign.WARNING), "warn", "You can go on. F5 asks again.", text_tone="warn")
        self._write()

    def _write(self) -> None:
        self.display = is_drawn(self._drawing) or self._note is not None
        self.refresh(layout=True)

    @property
    def told(self) -> str:
        """What is shown, as text."""
        note = f"{self._note.text} {self._note.quiet}".strip() if self._note else ""
        drawing = f"{self._drawing.title}\n{self._drawing.text}" if self._drawing else ""
        return "\n".join(filter(None, (drawing, note)))

    def get_content_width(self, container: Size, viewport: Size) -> int:  # noqa: ARG002 - Textual's signature
        """Take all the width there is."""
        return container.width

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - as above
        """Take as many lines as are drawn."""
        return len(self._lines(width))

    def render(self) -> Content:
        """Draw the lines."""
        return Content("\n").join(self._lines(self.content_size.width))

    def _lines(self, width: int) -> list[Content]:
        lines: list[Content] = []
        if self._drawing is not None and is_drawn(self._drawing):
            lines.append(self._title(self._drawing.title, width))
            lines += [cut(self._line(number), width) for number in range(len(self._drawing.lines))]
        if self._note is not None:
            lines += laid_out([self._note], max(width, 1))
        return lines

    def _title(self, title: str, width: int) -> Content:
        told = plain(title, TONES["accent"])
        rule = "-" if is_plain() else bar(0, 1)[1]
        rest = max(width - told.cell_length - 1, 0)
        return cut(Content.assemble(told, Content.styled(f" {rule * rest}", TONES["quiet"])), width)

    def _line(self, number: int) -> Content:
        parts = parts_of(self._drawing.lines[number], encoding()) if self._drawing else []
        return Content.assemble(*(Content.styled(text, TONES[_TONES[tone]]) for text, tone in parts))
