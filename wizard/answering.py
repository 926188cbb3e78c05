"""Answering: what was answered in one guide, as it was typed and as it is well formed, and what is wrong with its shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from profiles.secrets import Secret
from wizard.answers import Answers, Source, Value
from wizard.guide import Finding, Findings, Guide, Kind, Question, Severity


class Answering:
    """The answers of one person to one guide, with what was found out about each.

    `given` is every answer as it was typed, right or wrong, so that nothing typed is lost.
    `secrets` are held in memory alone; `stored` are the secret questions whose answer is in a store already.
    Listeners in `listeners` are called after every change; that is where a setup saves itself.
    """

    def __init__(
        self,
        guide: Guide,
        given: Mapping[str, Value] | None,
        sources: Mapping[str, Source] | None,
        facts: Mapping[str, Value] | None,
    ) -> None:
        self.guide = guide
        self.given: dict[str, Value] = dict(given or {})
        self.sources: dict[str, Source] = dict(sources or {})
        self.facts: dict[str, Value] = dict(facts or {})
        self.secrets: dict[str, Secret] = {}
        self.stored: frozenset[str] = frozenset()
        self.listeners: list[Callable[[], None]] = []
        self._seen: dict[str, tuple[object, Findings]] = {}
        self._questions = {question.key: question for question in guide.questions}
        self._answered: tuple[tuple[dict[str, Value], ...], Answers] | None = None

    @property
    def answers(self) -> Answers:
        """The answers that are well formed, with facts and defaults behind them."""
        basis: tuple[dict[str, Value], ...] = (dict(self.given), dict(self.facts), dict(self.sources))
        if self._answered is None or self._answered[0] != basis:
            self._answered = (basis, self._well_formed())
        return self._answered[1]

    def _well_formed(self) -> Answers:
        values: dict[str, Value] = dict(self.facts)
        for key, raw in self.given.items():
            question = self._question(key)
            value, findings = question.parse(raw) if question else (None, ())
            if value is not None and not any(f.blocks for f in findings):
                values[key] = value
        return Answers(values, self.guide.questions, self.sources)

    def record(self, key: str, raw: Value, source: Source = Source.CHOSEN) -> Findings:
        """Take an answer as it was typed, and say at once what is wrong with its shape.

        Raises:
            KeyError: the guide asks no such question.
        """
        question = self.guide.question(key)
        if question.kind is Kind.SECRET:
            return self._keep_secret(question, str(raw))
        if self.given.get(key) != raw:
            self._seen.pop(key, None)
        self.given[key] = raw
        self.sources[key] = source
        _, findings = question.parse(raw)
        self._changed()
        return findings

    def replace(self, answers: Mapping[str, Value]) -> None:
        """Take these answers in place of all that were given.

        Raises:
            KeyError: the guide asks no such question.
        """
        for key in [key for key in self.given if key not in answers]:
            self.forget(key)
        for key, value in answers.items():
            self.record(key, value)

    def _keep_secret(self, question: Question, typed: str) -> Findings:
        self._seen.pop(question.key, None)
        self.secrets.pop(question.key, None)
        if typed:
            self.secrets[question.key] = Secret(typed)
        self._changed()
        return self._shape_of(question)

    def forget(self, key: str) -> None:
        """Take an answer back, so that the default counts again."""
        self.given.pop(key, None)
        self.sources.pop(key, None)
        self._seen.pop(key, None)
        self._changed()

    def take_over(self, key: str, value: Value | None, source: Source) -> None:
        """Take an answer that was changed and saved elsewhere; None takes it back. Nobody is told: it is saved."""
        if value is None:
            self.given.pop(key, None)
            self.sources.pop(key, None)
        else:
            self.given[key] = value
            self.sources[key] = source
        self._seen.pop(key, None)

    def findings(self, key: str) -> Findings:
        """Return what is known about an answer: its shape, then what the last live check found."""
        question = self._question(key)
        if question is None:
            return self._seen.get(key, (None, ()))[1]
        shape = self._shape_of(question)
        value, live = self._seen.get(key, (None, ()))
        return (*shape, *live) if value == self._current(key) else shape

    def _shape_of(self, question: Question) -> Findings:
        if question.kind is Kind.SECRET:
            held = self.secrets.get(question.key)
            if held is None and question.key in self.stored:
                return ()
            return question.parse(held.reveal() if held else "")[1]
        if question.key in self.given:
            return question.parse(self.given[question.key])[1]
        if question.required and self.answers.get(question.key) is None:
            return (Finding(Severity.ERROR, question.key, "An answer is needed.", question.rule),)
        return ()

    def _question(self, key: str) -> Question | None:
        return self._questions.get(key)

    def _current(self, key: str) -> object:
        return self.secrets.get(key) or self.given.get(key, self.answers.get(key))

    def _changed(self) -> None:
        for listener in self.listeners:
            listener()
