"""How a drawing looks in characters that a terminal can show: each box and block character has a stand-in as wide."""

from __future__ import annotations

from collections.abc import Mapping

from screens.terminal import shows
from wizard.drawing import Drawing, Line, Tone
from wizard.text import clean

_LONGEST = 400
_STAND_IN = str.maketrans(
    {
        **dict.fromkeys("─━═╌┄╴╶–—‒", "-"),
        **dict.fromkeys("│┃║╎┆▏▕", "|"),
        **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯┏┓┗┛┣┫╔╗╚╝╠╣╪╫✓", "+"),
        **dict.fromkeys("█▓■▇▆▉▊▋▌▐", "#"),
        **dict.fromkeys("░▒□·▁▂▃▄▅•", "."),
        **dict.fromkeys("▸▶→›»", ">"),
        **dict.fromkeys("◂◀←‹«", "<"),
        **dict.fromkeys("▾▼↓", "v"),
        **dict.fromkeys("▴▲↑", "^"),
        **dict.fromkeys("✗×", "x"),
        **dict.fromkeys("“”", '"'),
        **dict.fromkeys("‘’", "'"),
        "●": "*",
        "○": "o",
        "⚑": "?",
        "…": "~",
        "≥": ">",
        "≤": "<",
        "≈": "~",
    }
)

STYLES: Mapping[Tone, str] = {
    Tone.PLAIN: "",
    Tone.HEAD: "strong",
    Tone.GOOD: "good",
    Tone.WARNING: "warn",
    Tone.BAD: "bad",
    Tone.MUTED: "quiet",
}
"""The styles of the line faces; the words of a drawing say the same without any."""


def drawable(text: str, encoding: str | None) -> str:
    """Make a part of a drawing safe to show, blank for blank; what the encoding lacks gets a stand-in as wide."""
    safe = clean(text.replace("\n", " ").replace("\t", " "), _LONGEST)
    if shows(safe, encoding):
        return safe
    return "".join(one if shows(one, encoding) else _as_ascii(one, encoding) for one in safe)


def _as_ascii(character: str, encoding: str | None) -> str:
    stand_in = character.translate(_STAND_IN)
    return stand_in if shows(stand_in, encoding) else "?"


def parts_of(one: Line, encoding: str | None) -> list[tuple[str, Tone]]:
    """Return a line as safe texts with their tones."""
    return [(drawable(part.text, encoding), part.tone) for part in one]


def is_drawn(drawing: Drawing | None) -> bool:
    """Whether there is anything to show."""
    return drawing is not None and bool(drawing.lines)
