"""Where commands write: results on standard output, JSON alone there when asked for, people's text then on standard error."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

from screens.drawn import STYLES, parts_of
from screens.terminal import Sign, paint, sign
from wizard.text import clean

if TYPE_CHECKING:
    from wizard.drawing import Drawing


@dataclass(frozen=True, slots=True)
class Output:
    """How one command talks. With `as_json` standard output carries JSON and nothing else.

    Whatever is told goes through `wizard.text.clean`: names and errors are Azure's or a colleague's.
    """

    as_json: bool = False
    colour: bool = False
    verbose: int = 0

    @property
    def people(self) -> TextIO:
        """Where people's text goes."""
        return sys.stderr if self.as_json else sys.stdout

    def say(self, text: str = "", style: str = "") -> None:
        """Tell people a line or several."""
        shown = paint(clean(text), style, colour=self.colour) if style else clean(text)
        self._write(self.people, shown)

    def tell(self, which: Sign, text: str, style: str = "") -> None:
        """Tell people a line with a sign before it."""
        mark = sign(which, getattr(self.people, "encoding", None))
        self._write(self.people, f"{paint(mark, style, colour=self.colour) if style else mark} {clean(text)}")

    def picture(self, drawing: Drawing) -> None:
        """Tell people a drawing, line by line; its words say what its colours say."""
        encoding = getattr(self.people, "encoding", None)
        self.say(drawing.title, "strong")
        for one in drawing.lines:
            parts = parts_of(one, encoding)
            shown = (
                paint(text, STYLES[tone], colour=self.colour and bool(STYLES[tone])) for text, tone in parts
            )
            self._write(self.people, "".join(shown).rstrip())

    def note(self, text: str) -> None:
        """Tell people something that is no result: it goes to standard error always."""
        self._write(sys.stderr, clean(text))

    def write_whole(self, text: str) -> None:
        """Write a text that may be long, line by line, each made safe."""
        for line in text.splitlines():
            self._write(self.people, clean(line))

    def document(self, shape: Any) -> None:
        """Write the one JSON document of a command, if JSON was asked for."""
        if self.as_json:
            self._write(sys.stdout, json.dumps(shape, indent=2))

    def line(self, shape: Any) -> None:
        """Write one JSON line of a stream, if JSON was asked for."""
        if self.as_json:
            self._write(sys.stdout, json.dumps(shape))

    @staticmethod
    def _write(stream: TextIO, text: str) -> None:
        encoding = getattr(stream, "encoding", None) or "utf-8"
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        stream.flush()
