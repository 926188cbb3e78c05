"""Which answers a TOML file gives to a guide; everything wrong with it is found before anything is done."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import profiles
from profiles.document import lines_of, parse, read_text
from profiles.errors import Fault, ProfileError
from profiles.secrets import Secret
from wizard.answers import Answers, Value
from wizard.guide import Guide, Kind, Question, Severity
from wizard.text import clean_line

SECRET_PREFIX = "AZIMUTH_ANSWER_"  # noqa: S105 - the start of a variable's name
_MOST_FAULTS = 100
_UNTYPED = re.compile(r"[^A-Za-z0-9]+")


class AnswersFault(Exception):  # noqa: N818 - a list of what is wrong, told as it is
    """An answers file can't be used; `faults` lists all that is wrong with it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


def read_answers(
    path: str | os.PathLike[str], guide: Guide, *, secrets: Collection[str] = ()
) -> dict[str, Value]:
    """Read the answers of a guide from a flat TOML file whose keys are those of its questions.

    `secrets` are the keys of secret questions whose answer comes from elsewhere (`secrets_in`, a prompt).

    Raises:
        AnswersFault: unknown keys, wrong types or values, secrets in the file, missing answers: all at once.
    """
    file = str(path)
    text = _text(path, file)
    reading = _Reading(file, text, guide)
    answers = reading.answers(_values(text, file))
    reading.look_for_missing(answers, secrets)
    if reading.faults:
        raise AnswersFault(sorted(reading.faults, key=lambda fault: fault.line or _MOST_FAULTS**3))
    return answers


def secret_variable(key: str) -> str:
    """Return the environment variable in which a script hands over the answer to a secret question."""
    return SECRET_PREFIX + _UNTYPED.sub("_", key).upper()


def secrets_in(environ: Mapping[str, str], guide: Guide) -> dict[str, Secret]:
    """Return the secret answers of a guide that the environment holds, by question."""
    keys = [q.key for q in guide.questions if q.kind is Kind.SECRET]
    return {key: Secret(environ[name]) for key in keys if environ.get(name := secret_variable(key))}


def wanted_secrets(guide: Guide, answers: Mapping[str, Value]) -> tuple[Question, ...]:
    """Return the secret questions that these answers lead to, as far as that can be told without Azure."""
    offline = _Offline(answers, guide.questions)
    return tuple(
        question
        for step, question in guide.asked()
        if question.kind is Kind.SECRET and step.wanted(offline) and question.wanted(offline)
    )


class _Offline(Answers):
    """Answers before Azure was asked: a fact that only Azure knows counts as known, so that it is not missed."""

    def __getitem__(self, key: str) -> Value:
        if key in self._questions or key in self.given:
            return super().__getitem__(key)
        return "known once signed in"


class _Reading:
    """One file being read against one guide."""

    def __init__(self, file: str, text: str, guide: Guide) -> None:
        self._file, self._guide = file, guide
        self._lines = lines_of(text)
        self._questions = {question.key: question for question in guide.questions}
        self.faults: list[Fault] = []

    def answers(self, values: Mapping[str, Any]) -> dict[str, Value]:
        """Return what is right; what is wrong goes to the faults."""
        taken: dict[str, Value] = {}
        for key, raw in values.items():
            question = self._questions.get(key)
            if question is None:
                self._wrong(key, self._unknown(key))
            elif question.kind is Kind.SECRET:
                self._wrong(
                    key, f"is a secret and has no place in a file: set {secret_variable(key)} instead"
                )
            elif not isinstance(raw, str | int | bool):
                self._wrong(key, f"is {_kind(raw)}; an answer is text, a whole number, true or false")
            else:
                taken |= self._value(question, raw)
        return taken

    def _value(self, question: Question, raw: Value) -> dict[str, Value]:
        value, findings = question.parse(raw)
        for finding in findings:
            if finding.severity is Severity.ERROR:
                self._wrong(question.key, clean_line(finding.sentence))
        return {} if value is None else {question.key: value}

    def look_for_missing(self, answers: Mapping[str, Value], secrets: Collection[str]) -> None:
        """Find the questions that nothing answers: no line, no default, no secret from elsewhere."""
        told = {fault.key for fault in self.faults}
        offline = _Offline(answers, self._guide.questions)
        for step, question in self._guide.asked():
            if question.key in told or not question.required or offline.get(question.key) is not None:
                continue
            if question.key in secrets or not (step.wanted(offline) and question.wanted(offline)):
                continue
            what = f"an answer is missing (step {step.number}, {question.prompt})"
            if question.kind is Kind.SECRET:
                what = f"a secret is missing: set {secret_variable(question.key)}"
            self.faults.append(Fault(self._file, None, question.key, f"{what}. {question.rule}".strip()))

    def _unknown(self, key: str) -> str:
        near = difflib.get_close_matches(key, self._questions, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"azimuth guides {self._guide.key} lists the keys"
        return f"is no question of {self._guide.key}; {hint}"

    def _wrong(self, key: str, what: str) -> None:
        if len(self.faults) < _MOST_FAULTS:
            self.faults.append(Fault(self._file, self._lines.get((key,)), key[:100], what))


def _text(path: str | os.PathLike[str], file: str) -> str:
    try:
        return read_text(path)
    except ProfileError as refusal:
        raise AnswersFault([Fault(file, None, "", fault.what) for fault in refusal.faults]) from None
    except OSError as refusal:
        what = refusal.strerror or type(refusal).__name__
        raise AnswersFault([Fault(file, None, "", f"can't be read: {what}")]) from None


def _values(text: str, file: str) -> dict[str, Any]:
    try:
        return parse(text, file)
    except ProfileError as refusal:
        raise AnswersFault(refusal.faults) from None


def _kind(raw: object) -> str:
    if isinstance(raw, dict):
        return "a table"
    if isinstance(raw, list):
        return "a list"
    return "a number with a fraction" if isinstance(raw, float) else "a date or time"


def starter(path: str) -> Path:
    """Return the file that a path means: itself, else the starter of that name that comes with Azimuth.

    So ``profiles/starters/himl.toml`` and plain ``himl`` work from any folder; `azimuth profiles starters` lists them.
    """
    asked = Path(path)
    if not asked.exists() and asked.parent in {Path(), Path("profiles/starters")}:
        shipped = Path(profiles.__file__).parent / "starters" / f"{asked.name.removesuffix('.toml')}.toml"
        if shipped.is_file():
            return shipped
    return asked
