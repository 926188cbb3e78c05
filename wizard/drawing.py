"""Drawing: a picture in characters of what answers mean, the same for every face."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

WIDTH = 72
"""The widest line that a small terminal shows beside nothing else."""


class Tone(StrEnum):
    """What a part of a line is about; a face gives it a colour, and the words say the same without one."""

    PLAIN = "plain"
    HEAD = "head"
    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"
    MUTED = "muted"


@dataclass(frozen=True, slots=True)
class Part:
    """Some characters of a line, in one tone."""

    text: str
    tone: Tone = Tone.PLAIN


Line = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A titled picture of lines; columns are made of blanks, each line at most `WIDTH` characters."""

    title: str
    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        """The picture without tones."""
        return "\n".join("".join(part.text for part in line).rstrip() for line in self.lines)


def line(text: str, tone: Tone = Tone.PLAIN) -> Line:
    """Return a line of one tone."""
    return (Part(text, tone),)
