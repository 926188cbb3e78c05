"""Puts dots for secrets into a stream of bytes, however it is cut into pieces, in the forms that programs print them in."""

from __future__ import annotations

import base64
import html
import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from profiles.secrets import DOTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from profiles.secrets import Secret

# Shorter ones would hide every other word; a form of so few signs tells little either.
_SHORTEST_LINE = 4
_SHORTEST_FORM = 8
# So much of what may be a secret's beginning is let out after a pause, so that a prompt shows at once.
_LITTLE = 3
_LINE_WIDTHS = (64, 76)  # of base64, as openssl and coreutils break it


class Masker:
    """Masks one stream. `feed` returns what may be shown by now; what may be a secret's beginning waits for the rest."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        found = {form for secret in secrets for form in _forms(secret.reveal()) if form.strip()}
        self._forms = sorted(found, key=len, reverse=True)
        self._any = re.compile(b"|".join(map(re.escape, self._forms))) if found else None
        self._dots = DOTS.encode()
        self._held = b""
        self._shown = 0  # how much of what is held is out already

    def __repr__(self) -> str:
        return f"Masker({len(self._forms)} forms)"

    @property
    def waits_for_little(self) -> bool:
        """Whether so little is held that `release` would let it out."""
        return self._shown < len(self._held) <= _LITTLE

    def feed(self, piece: bytes) -> bytes:
        """What may be shown after the next piece of the stream."""
        if self._any is None:
            return piece
        text, position, out = self._held + piece, 0, bytearray()
        begins = self._beginning(text, 0)
        for match in self._any.finditer(text):
            if match.start() >= begins:
                break
            out += self._plain(text, position, match.start()) + self._dots
            position = match.end()
            if position > begins:
                begins = self._beginning(text, position)
        out += self._plain(text, position, begins)
        self._shown = max(0, self._shown - begins)
        self._held = text[begins:]
        return bytes(out)

    def release(self) -> bytes:
        """After a pause: what is held, if it is so little that it tells nothing; it counts on as a beginning."""
        if not self.waits_for_little:
            return b""
        out, self._shown = self._held[self._shown :], len(self._held)
        return out

    def end(self) -> bytes:
        """What is left at the end of the stream; a large part of a secret shows as dots too."""
        held, shown = self._held, self._shown
        self._held, self._shown = b"", 0
        return self._dots if len(held) >= _SHORTEST_FORM else held[shown:]

    def _plain(self, text: bytes, start: int, end: int) -> bytes:
        return text[max(start, self._shown) : end]

    def _beginning(self, text: bytes, start: int) -> int:
        """Where the longest end of a text that a form begins with starts; the text's length if there is none."""
        best = len(text)
        for form in self._forms:
            at = max(start, len(text) - len(form) + 1)
            while at < best:
                at = text.find(form[:1], at, best)
                if at < 0:
                    break
                if form.startswith(text[at:]):
                    best = at
                    break
                at += 1
        return best


def _forms(value: str) -> Iterator[bytes]:
    """A secret as programs print it: as it is, line by line, quoted, escaped and encoded."""
    whole = value.encode()
    yield whole
    yield whole.rstrip(b"\r\n")
    # A terminal makes \r\n of each line break.
    yield from (line for line in whole.splitlines() if len(line) >= _SHORTEST_LINE)
    if len(whole) < _SHORTEST_FORM:
        return
    for text in {value, value.rstrip("\r\n")}:
        yield from (form.encode() for form in _escaped(text))
        yield from _encoded(text.encode())


def _escaped(value: str) -> Iterator[str]:
    for escaped in (quote(value, safe=""), quote(value), quote_plus(value)):
        yield escaped
        yield re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), escaped)
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    yield value.replace("'", "'\\''")
    yield value.replace("'", "'\"'\"'")
    yield re.sub(r"([^A-Za-z0-9_./:@%+,=~-])", r"\\\1", value)
    yield re.sub(r'(["\\`$])', r"\\\1", value)
    yield repr(value)[1:-1]
    yield html.escape(value)
    yield html.escape(value, quote=False)


def _encoded(value: bytes) -> Iterator[bytes]:
    yield value.hex().encode()
    yield value.hex().upper().encode()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for before in range(3):  # what stands before the secret shifts its signs
            signs = encode(b"\0" * before + value)
            yield signs[(before * 8 + 5) // 6 : (before + len(value)) * 8 // 6]
        for width in _LINE_WIDTHS:
            signs = encode(value).rstrip(b"=")
            lines = (signs[at : at + width] for at in range(0, len(signs), width))
            yield from (line for line in lines if len(line) >= _SHORTEST_FORM)
