"""Reads JSON the way ARM does: comments, names without quotes, single quotes and line breaks within strings are fine."""

from __future__ import annotations

import json
import re
from typing import Any

_SPACE = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_WORD = re.compile(r"[A-Za-z_$][\w$.-]*")
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?")
_STRING = {quote: re.compile(rf"{quote}((?:[^{quote}\\]|\\.)*){quote}", re.DOTALL) for quote in "\"'"}
_LITERALS = {"true": True, "false": False, "null": None}
_BREAKS = str.maketrans({"\n": "\\n", "\r": "\\r", "\t": "\\t"})
_DEEPEST = 100


def read(content: bytes) -> Any:
    """The value of a text, strict JSON or what ARM's clients send instead.

    Raises:
        ValueError: it is neither; the message says at which line and position.
    """
    text = content.decode("utf-8-sig")
    try:
        return json.loads(text)
    except ValueError:
        reader = _Reader(text)
        value = reader.value(0)
        reader.end()
        return value


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def value(self, depth: int) -> Any:
        self._skip()
        first = self._text[self._at : self._at + 1]
        if depth > _DEEPEST:
            raise self._fault("The reader's depth is exceeded.")
        if first == "{":
            return self._object(depth)
        if first == "[":
            return self._array(depth)
        if first in _STRING and first:
            return self._string(first)
        if number := _NUMBER.match(self._text, self._at):
            self._at = number.end()
            return json.loads(number[0])
        word = _WORD.match(self._text, self._at)
        if word and word[0].lower() in _LITERALS:
            self._at = word.end()
            return _LITERALS[word[0].lower()]
        raise self._fault("Unexpected character encountered while parsing value.")

    def end(self) -> None:
        self._skip()
        if self._at < len(self._text):
            raise self._fault("Additional text encountered after finished reading JSON content.")

    def _object(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self._at += 1
        while not self._closed("}"):
            name = self._name()
            self._expect(":")
            found[name] = self.value(depth + 1)
            self._comma("}")
        return found

    def _array(self, depth: int) -> list[Any]:
        found: list[Any] = []
        self._at += 1
        while not self._closed("]"):
            found.append(self.value(depth + 1))
            self._comma("]")
        return found

    def _name(self) -> str:
        first = self._text[self._at : self._at + 1]
        if first and first in _STRING:
            return self._string(first)
        word = _WORD.match(self._text, self._at)
        if word is None:
            raise self._fault("Invalid property identifier character.")
        self._at = word.end()
        return word[0]

    def _string(self, quote: str) -> str:
        match = _STRING[quote].match(self._text, self._at)
        if match is None:
            raise self._fault("Unterminated string.")
        self._at = match.end()
        inner = match[1] if quote == '"' else match[1].replace("\\'", "'").replace('"', '\\"')
        try:
            return str(json.loads(f'"{inner.translate(_BREAKS)}"', strict=False))
        except ValueError as fault:
            raise self._fault("Bad JSON escape sequence.") from fault

    def _closed(self, bracket: str) -> bool:
        self._skip()
        if self._text.startswith(bracket, self._at):
            self._at += 1
            return True
        return False

    def _comma(self, bracket: str) -> None:
        self._skip()
        if self._text.startswith(",", self._at):
            self._at += 1
        elif not self._text.startswith(bracket, self._at):
            raise self._fault("After parsing a value an unexpected character was encountered.")

    def _expect(self, sign: str) -> None:
        self._skip()
        if not self._text.startswith(sign, self._at):
            raise self._fault("Invalid character after parsing property name.")
        self._at += 1

    def _skip(self) -> None:
        space = _SPACE.match(self._text, self._at)
        self._at = space.end() if space else self._at

    def _fault(self, why: str) -> ValueError:
        line = self._text.count("\n", 0, self._at) + 1
        position = self._at - self._text.rfind("\n", 0, self._at)
        return ValueError(f"{why} Path '', line {line}, position {position}.")
