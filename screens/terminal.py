"""What the terminal can do: whether a person is there at all, colours, and the signs that it can show."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from enum import StrEnum
from typing import TextIO

_STYLES = {
    "good": "32",
    "bad": "31",
    "warn": "33",
    "new": "32",
    "quiet": "2",
    "strong": "1",
    "accent": "36",
}


class Sign(StrEnum):
    """The signs of every face; each stands beside a word, so that nothing depends on seeing it."""

    DONE = "✓"
    HERE = "▸"
    TO_DO = "·"
    WARNING = "!"
    WRONG = "✗"
    WAITS = "⚑"
    NOT_NEEDED = "–"


_ASCII: Mapping[Sign, str] = {
    Sign.DONE: "+",
    Sign.HERE: ">",
    Sign.TO_DO: ".",
    Sign.WARNING: "!",
    Sign.WRONG: "x",
    Sign.WAITS: "?",
    Sign.NOT_NEEDED: "-",
}


def is_dumb() -> bool:
    """Whether the terminal says that it can do nothing but print lines."""
    return os.environ.get("TERM", "dumb") in {"dumb", "unknown", ""}


def has_person() -> bool:
    """Whether somebody can be asked: input is a terminal, and so is what they read."""
    return _is_terminal(sys.stdin) and (_is_terminal(sys.stdout) or _is_terminal(sys.stderr))


def can_prompt() -> bool:
    """Whether line prompts work: input and output are a terminal, if a dumb one."""
    return _is_terminal(sys.stdin) and _is_terminal(sys.stdout)


def can_fill_screen() -> bool:
    """Whether a full screen can be drawn and used."""
    return can_prompt() and not is_dumb()


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False  # it was closed


def shows(text: str, encoding: str | None) -> bool:
    """Whether an encoding can carry the text."""
    try:
        text.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def sign(which: Sign, encoding: str | None) -> str:
    """Return the sign, or its ASCII stand-in where the terminal can't show it."""
    return which.value if shows(which.value, encoding) else _ASCII[which]


def paint(text: str, style: str, *, colour: bool) -> str:
    """Colour a text, or leave it."""
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if colour and text else text


def may_colour(*, asked_not_to: bool) -> bool:
    """Whether standard output takes colours (https://no-color.org)."""
    if asked_not_to or os.environ.get("NO_COLOR") or is_dumb():
        return False
    return _is_terminal(sys.stdout)
