"""JSON as people paste it: comments, trailing commas and missing outer braces are forgiven, and every value knows its line."""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST_CHARACTERS = 131_072
_DEEPEST = 24
_TOKEN = re.compile(
    r"""(?P<blank>[ \t\r\n\ufeff\u00a0]+|//[^\n]*|\#[^\n]*|/\*(?:[^*]|\*(?!/))*(?:\*/|\Z))
      | (?P<text>"(?:[^"\\\n]|\\.)*")
      | (?P<sign>[{}\[\],:])
      | (?P<word>[^\s{}\[\],:"]+)""",
    re.VERBOSE | re.DOTALL,
)
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "‟": '"'})
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


class Unreadable(ValueError):  # noqa: N818 - told to the person as it is
    """The text is not JSON, not even leniently; `line` is where it stops making sense."""

    def __init__(self, line: int, what: str) -> None:
        self.line = line
        super().__init__(what)


@dataclass(frozen=True, slots=True)
class Node:
    """A value and the line it begins on. Members of an object keep their order, their line and their case."""

    line: int
    value: str | float | bool | tuple[Node, ...] | tuple[Member, ...] | None
    is_object: bool = False

    @property
    def members(self) -> tuple[Member, ...]:
        """The members of an object; none of anything else."""
        found = self.value if self.is_object and isinstance(self.value, tuple) else ()
        return tuple(one for one in found if isinstance(one, Member))

    @property
    def items(self) -> tuple[Node, ...]:
        """The items of a list; none of anything else."""
        found = self.value if not self.is_object and isinstance(self.value, tuple) else ()
        return tuple(one for one in found if isinstance(one, Node))

    @property
    def is_list(self) -> bool:
        """Whether it is a list."""
        return isinstance(self.value, tuple) and not self.is_object


@dataclass(frozen=True, slots=True)
class Member:
    """One key of an object, with its value."""

    line: int
    key: str
    node: Node


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int


def read(text: str) -> Node:
    """Read a text as one JSON value.

    Raises:
        Unreadable: it is not JSON, is too long or too deep.
    """
    if len(text) > MOST_CHARACTERS:
        raise Unreadable(1, f"Too long ({len(text)} of at most {MOST_CHARACTERS} characters).")
    # A word processor turns all quotes; beside straight ones, turned quotes belong to the text between them.
    tokens = _tokens(text if '"' in text else text.translate(_QUOTES))
    if len(tokens) > 1 and tokens[0].kind == "text" and tokens[1].text == ":":
        last = tokens[-1].line
        tokens = [_Token("sign", "{", 1), *tokens, _Token("sign", "}", last)]
    return _Reading(tokens).whole()


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at, line = 0, 1
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Unreadable(line, "A quotation mark is not closed on its line.")
        if match.lastgroup != "blank":
            found.append(_Token(str(match.lastgroup), match[0], line))
        line += match[0].count("\n")
        at = match.end()
    return found


class _Reading:
    """Goes through the tokens once, from left to right."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens, self._at = tokens, 0
        self._end = _Token("end", "", tokens[-1].line if tokens else 1)

    def whole(self) -> Node:
        node = self._value(0)
        while self._peek().text == ",":  # a snippet out of a list ends so
            self._take()
        if self._peek().kind != "end":
            raise Unreadable(
                self._peek().line, f"“{self._peek().text[:40]}” follows where the role has ended."
            )
        return node

    def _peek(self) -> _Token:
        return self._tokens[self._at] if self._at < len(self._tokens) else self._end

    def _take(self) -> _Token:
        token = self._peek()
        self._at += 1
        return token

    def _value(self, depth: int) -> Node:
        token = self._take()
        if depth > _DEEPEST:
            raise Unreadable(token.line, "Too many brackets within each other.")
        if token.text == "{":
            return Node(token.line, self._members(depth), is_object=True)
        if token.text == "[":
            return Node(token.line, self._items(depth))
        if token.kind == "text":
            return Node(token.line, _unquoted(token.text))
        if token.kind == "word":
            return Node(token.line, _bare(token))
        if token.kind == "end":
            raise Unreadable(token.line, "The text ends too early: a bracket is not closed.")
        raise Unreadable(token.line, f"“{token.text}” stands where a value is wanted.")

    def _items(self, depth: int) -> tuple[Node, ...]:
        found: list[Node] = []
        while self._peek().text != "]":
            if self._peek().text == ",":
                self._take()
                continue
            found.append(self._value(depth + 1))
            self._separator("]")
        self._take()
        return tuple(found)

    def _members(self, depth: int) -> tuple[Member, ...]:
        found: list[Member] = []
        while self._peek().text != "}":
            if self._peek().text == ",":
                self._take()
                continue
            key = self._take()
            if key.kind not in {"text", "word"}:
                raise Unreadable(
                    key.line, "A key is wanted here." if key.text else "The text ends too early."
                )
            if self._peek().text != ":":
                raise Unreadable(key.line, f"A colon is missing after {key.text[:60]}.")
            self._take()
            name = _unquoted(key.text) if key.kind == "text" else key.text.strip("'“”„‟")
            found.append(Member(key.line, name, self._value(depth + 1)))
            self._separator("}")
        self._take()
        return tuple(found)

    def _separator(self, closing: str) -> None:
        token = self._peek()
        if token.text not in {",", closing}:
            what = (
                f"A comma is missing before {token.text[:60]}." if token.text else "The text ends too early."
            )
            raise Unreadable(token.line, what)


def _unquoted(text: str) -> str:
    def plain(match: re.Match[str]) -> str:
        if match[1].startswith("u"):
            return chr(int(match[1][1:], 16))
        return _ESCAPES.get(match[1], match[1])

    return re.sub(r"\\(u[0-9a-fA-F]{4}|.)", plain, text[1:-1], flags=re.DOTALL)


def _bare(token: _Token) -> str | float | bool | None:
    if token.text in _WORDS:
        return _WORDS[token.text]
    try:
        return float(token.text)
    except ValueError:
        return token.text.strip("'“”„‟")
