"""The one door for text that we did not write: names, errors and files from Azure or from colleagues."""

from __future__ import annotations

_LONGEST = 2_000
_CONTROL = {c: f"\\x{c:02x}" for c in [*range(0x20), *range(0x7F, 0xA0)] if c not in (0x09, 0x0A)}
_INVISIBLE = {
    c: f"\\u{c:04x}"
    for c in [
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x206A),
        0x061C,
        0xFEFF,
    ]
}
_TABLE = _CONTROL | _INVISIBLE


def clean(text: object, longest: int = _LONGEST) -> str:
    r"""Make foreign text safe to show: control, bidi and zero-width characters become visible escapes.

    Newlines and tabs stay. Text beyond `longest` characters is cut, and says so.
    No terminal sequence survives this: ``clean("\x1b]0;x\x07")`` is ``"\\x1b]0;x\\x07"``.
    """
    shown = str(text).translate(_TABLE)
    if len(shown) <= longest:
        return shown
    return f"{shown[:longest]}… ({len(shown) - longest} more characters)"


def clean_line(text: object, longest: int = 300) -> str:
    """Make foreign text safe to show on one line: as `clean`, and white space runs become one blank."""
    return clean(" ".join(str(text).split()), longest)
