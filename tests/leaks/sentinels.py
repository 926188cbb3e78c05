"""The secrets that a leak test looks for, and every form in which one of them could get out."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

RAW, CODED, WIDE = 10, 16, 20  # how many bytes of the beginning or end of a form are proof enough
_LARGE = 2_000_000  # a core: nobody shows it
_ANSI = re.compile(
    rb"\x1b(?:\][^\x07\x1b]*(?:\x07|\x1b\\)|\[[0-9;:?<=>]*[ -/]*[@-~]|[()][0-9A-Za-z]|[@-Z\\^_=>])"
)
_CLIPBOARD = re.compile(rb"\x1b\]52;[a-z0-9]*;([A-Za-z0-9+/=]*)")
_TITLE = re.compile(rb"\x1b\][012];([^\x07\x1b]*)")
_TAG = re.compile(rb"<[^<>]*>")
_LAYOUT = re.compile(rb"\s+|\xc2\xa0|\xe2[\x94\x95\x96][\x80-\xbf]")  # blanks, and what boxes are drawn with


@dataclass(frozen=True, slots=True)
class Sentinel:
    """One secret value of a kind, distinct from all others."""

    kind: str
    value: str

    def __repr__(self) -> str:
        return f"Sentinel({self.kind})"


@dataclass(frozen=True, slots=True)
class Hit:
    """A secret was found: of which kind, in which form, seen in which way."""

    kind: str
    form: str
    view: str


def forms(value: str) -> Iterator[tuple[str, bytes]]:
    """Every form of a value, by name."""
    plain = value.encode()
    yield "raw", plain
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + plain).rstrip(b"=")
        # What the bytes before and after it take part in says nothing.
        own = coded[(0, 2, 3)[shift] : len(coded) - (1 if (len(plain) + shift) % 3 else 0)]
        yield f"base64 ({shift})", own
        yield f"base64 for URLs ({shift})", own.translate(bytes.maketrans(b"+/", b"-_"))
    yield "URL", quote(value, safe="").encode()
    yield "URL, every character", "".join(f"%{byte:02X}" for byte in plain).encode()
    yield "hex", plain.hex().encode()
    yield "HEX", plain.hex().upper().encode()
    yield "UTF-16 LE", value.encode("utf-16-le")
    yield "UTF-16 BE", value.encode("utf-16-be")
    yield "JSON", json.dumps(value)[1:-1].encode()
    yield "HTML", html.escape(value).encode()


class Detector:
    """Finds the sentinels in anything, by the first and the last characters of each of their forms."""

    def __init__(self, sentinels: Iterable[Sentinel]) -> None:
        self.sentinels = tuple(sentinels)
        self._ends: dict[int, dict[bytes, tuple[str, str]]] = {RAW: {}, CODED: {}, WIDE: {}}
        for one in self.sentinels:
            for name, form in forms(one.value):
                width = RAW if name in {"raw", "JSON", "HTML", "URL"} else WIDE if "UTF" in name else CODED
                if len(form) >= width:
                    self._ends[width].setdefault(form[:width], (one.kind, name))
                    self._ends[width].setdefault(form[-width:], (one.kind, name))

    def hits(self, blob: bytes) -> set[Hit]:
        """Every secret in a blob, however it is seen."""
        found: set[Hit] = set()
        for view, seen in views(blob):
            found |= {Hit(kind, form, view) for kind, form in self._look(seen)}
        return found

    def _look(self, seen: bytes) -> Iterator[tuple[str, str]]:
        for width, ends in self._ends.items():
            if len(seen) > _LARGE:
                yield from (told for end, told in ends.items() if end in seen)
            elif ends:
                windows = {seen[at : at + width] for at in range(len(seen) - width + 1)}
                yield from (ends[end] for end in windows & ends.keys())


def views(blob: bytes) -> Iterator[tuple[str, bytes]]:
    """A blob as it is, as a terminal or browser shows it, and as its lines run on."""
    yield "as it is", blob
    if len(blob) > _LARGE:
        return
    for carried in _CLIPBOARD.findall(blob):
        padded = carried + b"=" * (-len(carried) % 4)
        yield "clipboard", base64.b64decode(padded)
    for title in _TITLE.findall(blob):
        yield "window title", title
    shown = _ANSI.sub(b"", blob) if b"\x1b" in blob else blob
    if shown != blob:
        yield "without terminal sequences", shown
    if b"</" in blob:
        shown = html.unescape(_TAG.sub(b"", blob).decode(errors="replace")).encode()
        yield "without tags", shown
    joined = _LAYOUT.sub(b"", shown)
    if joined != shown:
        yield "with its lines run together", joined
