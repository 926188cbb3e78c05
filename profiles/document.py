"""How a profile file becomes plain TOML values: capped in size and depth, each fault with its line."""

from __future__ import annotations

import os
import re
import tomllib
from typing import TYPE_CHECKING, Any

from profiles.errors import Fault, ProfileError
from profiles.files import read_capped

if TYPE_CHECKING:
    Path = tuple[str | int, ...]

SCHEMA = 2
LARGEST = 256 * 1024
DEEPEST = 12
_MOST_DOTS = 32
_LINE_START = 300
_LONGEST_WORD = 200
_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)\Z")
_HEADER = re.compile(r"\s*\[(\[?)\s*([^\[\]]+?)\s*\]")
_KEY = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*=""")


def read_text(path: str | os.PathLike[str]) -> str:
    """Text of a profile file. Raises ProfileError for one that is too large, no file or not UTF-8; OSError."""
    name = os.path.basename(path)  # noqa: PTH119 - pathlib costs `azimuth env` 5 ms
    try:
        return read_capped(path, LARGEST).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ProfileError([Fault(name, None, "", f"it is not UTF-8 (byte {error.start})")]) from None
    except ValueError as error:
        raise ProfileError([Fault(name, None, "", str(error))]) from None


def parse(text: str, file: str) -> dict[str, Any]:
    """TOML values of a text; duplicate keys and anything nested too deep are refused. Raises ProfileError."""
    for number, line in enumerate(text.split("\n"), 1):
        # The parser's time grows with the square of a dotted key's length.
        if line.count(".") > _MOST_DOTS and _longest_dotted(line) > _MOST_DOTS:
            raise ProfileError([Fault(file, number, "", f"a key has more than {_MOST_DOTS} parts")])
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _PLACE.search(str(error))
        last = text.count("\n") + 1
        line_number = int(found[1]) if found and found[1] else last
        what = _PLACE.sub("", str(error))[:_LONGEST_WORD]
        raise ProfileError([Fault(file, line_number, "", f"it is not TOML: {_visible(what)}")]) from None
    except RecursionError:
        worst = _line_with_most(text, "[{")
        raise ProfileError([Fault(file, worst, "", "values are nested too deep")]) from None
    except ValueError:
        worst = _line_with_most(text, "0123456789")
        raise ProfileError([Fault(file, worst, "", "a number is too long")]) from None
    for key, value in values.items():
        if _deeper_than(value, DEEPEST - 1):
            what = f"values are nested more than {DEEPEST} deep"
            raise ProfileError([Fault(file, lines_of(text).get((key,)), key[:_LONGEST_WORD], what)])
    return values


def lines_of(text: str) -> dict[Path, int]:
    """Line numbers of the keys and tables of a TOML text, by their path (keys and list positions), as far as seen."""
    lines: dict[Path, int] = {}
    entered: dict[Path, int] = {}
    table: Path = ()
    for number, line in enumerate(text.split("\n"), 1):
        start = line[:_LINE_START]
        if header := _HEADER.match(start):
            table = tuple(part.strip().strip("\"'") for part in header[2].split("."))
            if header[1]:
                lines.setdefault(table, number)
                entered[table] = entered.get(table, -1) + 1
                table = (*table, entered[table])
            lines.setdefault(table, number)
        elif key := _KEY.match(start):
            lines.setdefault((*table, key[1] or key[2] or key[3] or ""), number)
    return lines


def _line_with_most(text: str, signs: str) -> int:
    counts = (sum(map(line.count, signs)) for line in text.split("\n"))
    return max(enumerate(counts, 1), key=lambda one: one[1])[0]


def _visible(what: str) -> str:
    return what if what.isprintable() else ascii(what)


def _longest_dotted(line: str) -> int:
    longest = dots = 0
    quote, escaped = "", False
    for sign in line:
        if quote:
            quote = "" if sign == quote and not escaped else quote
            escaped = sign == "\\" and not escaped and quote == '"'
        elif sign in "\"'":
            quote = sign
        elif sign in "=,[{]}#":
            dots = 0
        elif sign == ".":
            dots += 1
            longest = max(longest, dots)
    return longest


def _deeper_than(value: Any, deepest: int) -> bool:
    level = [value]
    for _ in range(deepest + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True
