"""How states, severities and changes look: a sign, a word and a tone each, so that nothing hangs on colour or shape alone."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import NamedTuple

from screens.terminal import Sign, shows
from screens.terminal import sign as as_shown

TONES: Mapping[str, str] = {
    "": "",
    "good": "$text-success",
    "bad": "$text-error",
    "warn": "$text-warning",
    "quiet": "$quiet",
    "strong": "bold",
    "accent": "bold $accent",
    "heading": "bold $heading",
    "key": "bold $text-primary",
}
"""A tone is what a text wants to be heard as; the theme says which colour that is."""

KEY_NAMES: Mapping[str, str] = {
    "enter": "Enter",
    "escape": "Esc",
    "ctrl+c": "Ctrl+C",
    "ctrl+p": "Ctrl+P",
    "ctrl+n": "Ctrl+N",
    "ctrl+q": "Ctrl+Q",
    "ctrl+r": "Ctrl+R",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "ctrl+down": "Ctrl+Down",
    "space": "Space",
    "tab": "Tab",
}
"""Keys as they are written on them, by Textual's names."""


class Mark(NamedTuple):
    """What stands for a state: sign, word and tone."""

    sign: Sign
    word: str
    tone: str


# The keys are the values of wizard.walkthrough.StepState, wizard.guide.Severity and wizard.apply.outcome.Change:
# importing those here would cost the first frame.
STEPS: Mapping[str, Mark] = {
    "done": Mark(Sign.DONE, "done", "good"),
    "here": Mark(Sign.HERE, "here", "accent"),
    "to do": Mark(Sign.TO_DO, "to do", "quiet"),
    "warning": Mark(Sign.WARNING, "warning", "warn"),
    "wrong": Mark(Sign.WRONG, "wrong", "bad"),
    "not needed": Mark(Sign.NOT_NEEDED, "not needed", "quiet"),
}
FINDINGS: Mapping[str, Mark] = {
    "ok": Mark(Sign.DONE, "ok", "good"),
    "info": Mark(Sign.TO_DO, "note", "quiet"),
    "warning": Mark(Sign.WARNING, "warning", "warn"),
    "error": Mark(Sign.WRONG, "wrong", "bad"),
}
STAGES: Mapping[str, Mark] = {
    "answering": Mark(Sign.HERE, "answering", "accent"),
    "applying": Mark(Sign.WARNING, "half applied", "warn"),
    "applied": Mark(Sign.WARNING, "applied, not proved", "warn"),
    "proved": Mark(Sign.DONE, "proved", "good"),
    "undone": Mark(Sign.NOT_NEEDED, "undone", "quiet"),
}
CHANGES: Mapping[str, tuple[str, str]] = {
    "create": ("create", "good"),
    "change": ("change", "warn"),
    "keep": ("keep", "quiet"),
    "remove": ("remove", "bad"),
    "unsure": ("unsure", "warn"),
}


def encoding() -> str | None:
    """The encoding of where Textual draws."""
    return getattr(sys.__stderr__, "encoding", None)


def sign(which: Sign) -> str:
    """Return a sign as this terminal can show it."""
    return as_shown(which, encoding())


def is_plain() -> bool:
    """Whether this terminal can show ASCII only."""
    return not shows("✓─", encoding())


def bar(part: float, width: int) -> tuple[str, str]:
    """Return the full and the empty part of a progress bar; `part` is from 0 to 1."""
    full = round(max(0.0, min(1.0, part)) * width)
    return ("#" * full, "." * (width - full)) if is_plain() else ("━" * full, "─" * (width - full))


def clock(seconds: float) -> str:
    """Write seconds as minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
