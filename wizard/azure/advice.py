"""What Azure's errors mean and what to do about them: the rules of advice.toml, most specific first."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from wizard.text import clean_line


@dataclass(frozen=True, slots=True)
class Example:
    """An error that a rule is about, as Azure writes it."""

    code: str
    message: str
    status: int


@dataclass(frozen=True, slots=True)
class Rule:
    """Matches by code (any of `codes`), status and a pattern in the message; what is left out matches all."""

    id: str
    codes: tuple[str, ...]
    status: int
    text: re.Pattern[str] | None
    meaning: str
    advice: str
    example: Example

    def match(self, code: str, message: str, status: int) -> Mapping[str, str] | None:
        """The named pieces of the message if the rule is about this error, else None."""
        if self.codes and code.lower() not in self.codes:
            return None
        if self.status and self.status != status:
            return None
        if self.text is None:
            return {}
        found = self.text.search(message)
        return None if found is None else {k: clean_line(v, 400) for k, v in found.groupdict("").items()}


@dataclass(frozen=True, slots=True)
class Said:
    """What a rule says about one error."""

    rule: str
    meaning: str
    advice: str
    parts: dict[str, str]


@cache
def rules() -> tuple[Rule, ...]:
    """Read all rules, in the order in which they are tried."""
    text = resources.files("wizard.azure").joinpath("advice.toml").read_text(encoding="utf-8")
    return tuple(_rule(r) for r in tomllib.loads(text)["rule"])


def _rule(written: dict[str, object]) -> Rule:
    code = written.get("code", [])
    codes = [code] if isinstance(code, str) else list(code) if isinstance(code, list) else []
    text = written.get("text")
    example = written["example"]
    if not isinstance(example, dict):
        raise TypeError(f"rule {written.get('id')}: an example is a table")
    return Rule(
        id=str(written["id"]),
        codes=tuple(str(c).lower() for c in codes),
        status=int(str(written.get("status", 0))),
        text=re.compile(str(text), re.IGNORECASE | re.DOTALL) if text else None,
        meaning=str(written["meaning"]),
        advice=str(written["advice"]),
        example=Example(
            str(example.get("code", "")), str(example.get("message", "")), int(example.get("status", 0))
        ),
    )


def find(code: str, message: str, status: int) -> Said | None:
    """Find the first rule about an error, with the pieces of its message put into the sentences."""
    for rule in rules():
        parts = rule.match(code, message, status)
        if parts is not None:
            return Said(rule.id, _filled(rule.meaning, parts), _filled(rule.advice, parts), dict(parts))
    return None


def _filled(sentence: str, parts: Mapping[str, str]) -> str:
    for name, value in parts.items():
        sentence = sentence.replace("{" + name + "}", value)
    return sentence
