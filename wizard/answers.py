"""Answers: the typed answers of one guide, the same for full screen, plain prompts, answers file and profile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wizard.guide import Question

Value = str | int | bool


class Source(StrEnum):
    """Where an answer comes from; the review shows it."""

    CHOSEN = "chosen"
    FOUND = "found"
    DEFAULT = "default"


class Answers(Mapping[str, Value]):
    """What is answered, with the guide's defaults behind it. A key without either is not in it.

    Defaults may depend on other answers, so they are worked out when they are read.
    """

    def __init__(
        self,
        given: Mapping[str, Value],
        questions: tuple[Question, ...],
        sources: Mapping[str, Source] | None = None,
    ) -> None:
        self._given = MappingProxyType(dict(given))
        self._questions = MappingProxyType({question.key: question for question in questions})
        self._sources = MappingProxyType(dict(sources or {}))

    def __getitem__(self, key: str) -> Value:
        if key in self._given:
            return self._given[key]
        question = self._questions.get(key)
        default = question.default_for(self) if question is not None else None
        if default is None:
            raise KeyError(key)
        return default

    def __iter__(self) -> Iterator[str]:
        yield from (key for key in self._questions if self.get(key) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"Answers({dict(self)!r})"

    def text(self, key: str) -> str:
        """Return the answer as text; empty when there is none."""
        return str(self.get(key, ""))

    def number(self, key: str, otherwise: int = 0) -> int:
        """Return the answer as a whole number; `otherwise` when there is none."""
        value = self.get(key, otherwise)
        return value if isinstance(value, int) else otherwise

    def source(self, key: str) -> Source:
        """Say where the answer comes from."""
        if key not in self._given:
            return Source.DEFAULT
        return self._sources.get(key, Source.CHOSEN)

    @property
    def given(self) -> Mapping[str, Value]:
        """What was really answered, without defaults."""
        return self._given
