"""Lines for bash: words, commands, comments and here-documents in which foreign text stays text.

A word is text, a variable, or both in a row. Text never reaches the shell unquoted, and nothing that is quoted here
is expanded, also not by the history of an interactive shell.
"""

from __future__ import annotations

import json
import re
import shlex
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from wizard.text import clean

WIDTH = 110
_INDENT = "  "
_HARMLESS = re.compile(r"[\w/.:@%+,=?& '\[\]()|<>{}*;#~-]*", re.ASCII)
_HANDS_OVER = re.compile(r"[$`\\]")


@dataclass(frozen=True, slots=True)
class Var:
    """A variable of the script; its value is known only when it runs."""

    name: str


@dataclass(frozen=True, slots=True)
class Json:
    """A variable that holds JSON, put into a here-document as it is."""

    name: str


Word: TypeAlias = str | Var | tuple[str | Var, ...]


def word(value: Word) -> str:
    """Return one word of a command line that means exactly this value."""
    parts = value if isinstance(value, tuple) else (value,)
    if all(isinstance(part, str) for part in parts):
        text = "".join(str(part) for part in parts)
        return f'"{text}"' if "'" in text and _HARMLESS.fullmatch(text) else shlex.quote(text)
    if all(isinstance(part, Var) or _HARMLESS.fullmatch(part) for part in parts):
        inside = "".join(f"${{{part.name}}}" if isinstance(part, Var) else part for part in parts)
        return f'"{_short(inside)}"'
    return "".join(f'"${{{p.name}}}"' if isinstance(p, Var) else shlex.quote(p) for p in parts if p)


def _short(inside: str) -> str:
    """A variable alone needs no braces."""
    return re.sub(r"^\$\{(\w+)\}$", r"$\1", inside)


def command(*words: Word, indent: str = "", tail: str = "") -> list[str]:
    """Return a command over as many lines as it needs: options begin a line when it is long.

    The first words may hold blanks (``az identity create``); they are our own and stand as they are.
    """
    head, *rest = words
    whole = " ".join((str(head), *map(word, rest))) + tail
    if len(indent) + len(whole) <= WIDTH:
        return [indent + whole]
    lines = [indent + str(head)]
    for part in _options(rest):
        text = " ".join(map(word, part))
        if len(lines[-1]) + len(text) + 3 <= WIDTH:
            lines[-1] += f" {text}"
        else:
            lines[-1] += " \\"
            lines.append(f"{indent}{_INDENT * 2}{text}")
    lines[-1] += tail
    return lines


def _options(words: Sequence[Word]) -> list[list[Word]]:
    """An option with what belongs to it."""
    parts: list[list[Word]] = []
    for one in words:
        if not parts or (isinstance(one, str) and one.startswith("--")):
            parts.append([])
        parts[-1].append(one)
    return parts


def comment(text: str) -> list[str]:
    """Return text as comments; control characters are made visible, so that none ends the comment."""
    lines = clean(text.replace("\r", " ")).replace("\t", " ").split("\n")
    return [f"# {part}".rstrip() for line in lines for part in _wrapped(line)]


def _wrapped(line: str) -> list[str]:
    indent = line[: len(line) - len(line.lstrip())]
    return textwrap.wrap(
        line, WIDTH - 2, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    ) or [""]


def banner(text: str) -> list[str]:
    """Return the head of a part of the script."""
    told = " ".join(clean(text).split())
    return [f"# --- {told} {'-' * max(3, 90 - len(told))}"]


def here(path: Word, body: Mapping[str, Any]) -> list[str]:
    """Return lines that write JSON to a file. Its texts may be words with variables in them."""
    marker = "JSON"
    found: list[Var | Json] = []
    text = json.dumps(_marked(body, found), indent=2, ensure_ascii=False)
    # JSON holds no line end within a text but these, which some readers take for one.
    text = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").replace("\x7f", "\\u007f")
    if not found:
        return [f"cat > {word(path)} <<'{marker}'", *text.split("\n"), marker]
    text = _HANDS_OVER.sub(lambda sign: f"\\{sign[0]}", text)
    for number, held in enumerate(found):
        mark = _mark(number)
        shown = f"${{{held.name}}}"
        text = text.replace(f'"{mark}"', shown) if isinstance(held, Json) else text.replace(mark, shown)
    return [f"cat > {word(path)} <<{marker}", *text.split("\n"), marker]


def _mark(number: int) -> str:
    return f"\ue0f2{number}\ue0f3"


def _marked(value: Any, found: list[Var | Json]) -> Any:
    """Put a mark in place of each variable."""
    if isinstance(value, Mapping):
        return {key: _marked(inner, found) for key, inner in value.items()}
    if isinstance(value, tuple) and any(isinstance(part, Var) for part in value):
        return "".join(_marked(part, found) for part in value)
    if isinstance(value, (list, tuple)):
        return [_marked(inner, found) for inner in value]
    if isinstance(value, (Var, Json)):
        found.append(value)
        return _mark(len(found) - 1)
    return re.sub("[\ue0f2\ue0f3]", "\ufffd", value) if isinstance(value, str) else value


def jmespath(value: str | Var) -> Word:
    """Return a value as JMESPath compares with it."""
    if isinstance(value, Var):
        return ("'", value, "'")
    if re.fullmatch(r"[\w ./:@-]+", value, re.ASCII):
        return f"'{value}'"
    return "`" + json.dumps(value).replace("`", "\\u0060") + "`"


def joined(*parts: Word) -> Word:
    """Return words put together to one word."""
    flat: list[str | Var] = []
    for part in parts:
        for one in part if isinstance(part, tuple) else (part,):
            if isinstance(one, str) and flat and isinstance(flat[-1], str):
                flat[-1] += one
            else:
                flat.append(one)
    return flat[0] if len(flat) == 1 else tuple(flat)
