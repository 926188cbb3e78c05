"""The vocabulary: Guide, Chapter, Step, Question, Choice and Finding.

A guide is data: chapters of steps of questions, plus one pure function from answers to a Plan.
Adding a question to a guide is one entry in one file; every face asks it, checks it and saves it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from profiles.secrets import Secret
from wizard.answers import Answers, Value

if TYPE_CHECKING:
    from wizard.azure.session import Azure
    from wizard.drawing import Drawing
    from wizard.machine import Machine
    from wizard.plan import Known, Plan


class Severity(StrEnum):
    """How much a finding matters. Only an error keeps a person from going on."""

    OK = "ok"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found out: what is so, the rule, and the way out.

    `question` is the key of the question it belongs to, or the number of a step.
    `correction` is the value that was evidently meant; the walkthrough takes it over, for the question
    `corrects` where the mistake shows that another answer was meant. `facts` are what the check learned beside it
    (an object exists, its region): kept with the answers until the answer changes.
    """

    severity: Severity
    question: str
    what: str
    rule: str = ""
    mend: str = ""
    correction: Value | None = None
    corrects: str = ""
    facts: Mapping[str, Value] = field(default_factory=dict, hash=False)

    @property
    def blocks(self) -> bool:
        """Whether going on has to wait until this is mended."""
        return self.severity is Severity.ERROR

    @property
    def sentence(self) -> str:
        """All of it on one line."""
        return " ".join(part for part in (self.what, self.rule, self.mend) if part)


Findings = tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Asking:
    """What a live check may look at: the answers so far, Azure, this machine, and secrets typed in.

    Secrets are held in memory alone, never among the answers. `known` is what this profile made before, or began
    to make: object key to fields. A check that finds its own work must not take it for somebody else's.
    """

    answers: Answers
    azure: Azure
    machine: Machine
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    known: Known = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose. `value` is what is stored, `aliases` what people also write for it.

    `columns` are shown beside the label in a list. A choice with `refusal` is shown and can't be picked.
    `implies` are facts that come with it, kept with the answers: a subscription implies its tenant.
    """

    value: str
    label: str
    detail: str = ""
    columns: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    refusal: str = ""
    implies: Mapping[str, Value] = field(default_factory=dict)

    def answers_to(self, text: str) -> bool:
        """Whether a person who writes `text` means this choice; case does not matter."""
        wanted = text.strip().casefold()
        return wanted in {name.casefold() for name in (self.value, self.label, *self.aliases)}


class Kind(StrEnum):
    """What sort of answer a question wants. A switch is yes or no; lines are a text of several lines."""

    TEXT = "text"
    LINES = "lines"
    SWITCH = "switch"
    INTEGER = "integer"
    CHOICE = "choice"
    PICK = "pick"
    SECRET = "secret"  # noqa: S105 - a kind of question, not a secret


Check = Callable[[Asking], Awaitable[Findings]]
"""Asks Azure or this machine about the answers. A problem with asking is raised, and shown as a warning."""
Offers = Callable[[Asking], Awaitable[Sequence[Choice]]]
"""Asks Azure what there is to pick from."""
Shape = Callable[[Value], str]
"""Looks at a value alone, at once: returns what is wrong with it, or nothing."""
Wanted = Callable[[Answers], bool]
Drawer = Callable[[Asking], "Awaitable[Drawing]"]
"""Draws what the answers mean. It may ask Azure; a problem with asking is raised, and told in the drawing's place."""


def _always(_answers: Answers) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Question:
    """One answer wanted.

    `rule` is the rule in one sentence, shown beside a wrong value and listed by ``azimuth guides``.
    `default` is a value, or a function of the answers. `choices` are fixed; `offers` are asked of Azure, and
    `columns` head the columns of the offered choices. A pick that `takes_own` may also be written by hand.
    """

    key: str
    prompt: str
    kind: Kind = Kind.TEXT
    rule: str = ""
    more: str = ""
    default: Value | Callable[[Answers], Value | None] | None = None
    choices: tuple[Choice, ...] = ()
    offers: Offers | None = None
    shape: tuple[Shape, ...] = ()
    checks: tuple[Check, ...] = ()
    wanted: Wanted = _always
    required: bool = True
    placeholder: str = ""
    columns: tuple[str, ...] = ()
    takes_own: bool = False

    def default_for(self, answers: Answers) -> Value | None:
        """Return the default for these answers, or None where there is none."""
        return self.default(answers) if callable(self.default) else self.default

    def parse(self, raw: Value) -> tuple[Value | None, Findings]:
        """Turn what was typed, or read from a file, into a value; say what is wrong with it.

        A value with a finding of severity error must not be used.
        """
        value: Value | None = raw.strip() if isinstance(raw, str) else raw
        if value == "" or value is None:
            return None, ((self._wrong("An answer is needed.", ""),) if self.required else ())
        if self.kind is Kind.SWITCH:
            value = _yes_or_no(value)
            return value, () if value is not None else (self._wrong(f"“{raw}” is neither yes nor no."),)
        if self.kind is Kind.INTEGER:
            value = _whole_number(value)
            if value is None:
                return None, (self._wrong(f"“{raw}” is not a whole number."),)
        elif not isinstance(value, str):
            return None, (self._wrong(f"{_toml(value)} is not text; write it in quotes."),)
        if self.kind is Kind.CHOICE:
            return self._choose(str(value))
        wrongs = [what for look in self.shape if (what := look(value))]
        return value, tuple(self._wrong(what) for what in wrongs)

    def _choose(self, text: str) -> tuple[Value | None, Findings]:
        for choice in self.choices:
            if choice.answers_to(text):
                if choice.refusal:
                    return choice.value, (self._wrong(choice.refusal, ""),)
                return choice.value, ()
        values = [choice.value for choice in self.choices]
        near = difflib.get_close_matches(text, values, 1)
        hint = f"Did you mean “{near[0]}”?" if near else ""
        listed = "One of: " + ", ".join(values) + "."
        return None, (Finding(Severity.ERROR, self.key, f"“{text}” is not a choice.", listed, hint),)

    def _wrong(self, what: str, rule: str | None = None) -> Finding:
        return Finding(Severity.ERROR, self.key, what, self.rule if rule is None else rule)


_YES, _NO = frozenset({"yes", "y", "true", "on"}), frozenset({"no", "n", "false", "off"})


def _yes_or_no(value: Value) -> bool | None:
    word = str(value).casefold()
    return True if word in _YES else False if word in _NO else None


_DIGITS = re.compile(r"-?[0-9]{1,9}")


def _whole_number(value: Value) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if _DIGITS.fullmatch(value) else None


def _toml(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the document, under the document's own number.

    `text` explains it; `makes` says what it creates, `manual` what stays for a person to do.
    `checks` are about the step as a whole: their findings carry the step's number. `drawing` is a picture of
    what the answers mean (an address plan, rules with verdicts), shown below the questions in every face.
    """

    number: str
    title: str
    text: str
    questions: tuple[Question, ...] = ()
    checks: tuple[Check, ...] = ()
    makes: str = ""
    manual: str = ""
    wanted: Wanted = _always
    more: str = ""
    drawing: Drawer | None = None


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of the document, with its steps in order."""

    number: str
    title: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Exported:
    """One file of an export."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class GuideExport:
    """A way of writing that only this guide has: a role as JSON, a sheet to copy from.

    `write` gets the answers, the plan and what is known of objects that exist; it asks nobody. It raises
    LookupError with a sentence when something is not answered or made yet.
    """

    form: str
    title: str
    write: Callable[[Answers, Plan, Known], tuple[Exported, ...]]


@dataclass(frozen=True, slots=True)
class Guide:
    """One onboarding path that mirrors a published document.

    `plan` is pure: the same answers give the same plan. It leaves out what is not answered yet, so that a
    face can show the plan as it grows. `next_steps` are commands with their meaning, for when all is proved.
    `exports` are ways of writing that only this guide has.
    """

    key: str
    title: str
    about: str
    source: str
    chapters: tuple[Chapter, ...]
    plan: Callable[[Answers], Plan]
    next_steps: Callable[[Answers], tuple[tuple[str, str], ...]] = field(default=lambda _answers: ())
    exports: tuple[GuideExport, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps, in the document's order."""
        return tuple(step for chapter in self.chapters for step in chapter.steps)

    @property
    def questions(self) -> tuple[Question, ...]:
        """All questions, in order."""
        return tuple(question for step in self.steps for question in step.questions)

    def question(self, key: str) -> Question:
        """Return the question of that key.

        Raises:
            KeyError: there is none.
        """
        for question in self.questions:
            if question.key == key:
                return question
        raise KeyError(key)

    def chapter_of(self, step: Step) -> Chapter:
        """Return the chapter a step stands in."""
        return next(chapter for chapter in self.chapters if step in chapter.steps)

    def asked(self) -> Iterator[tuple[Step, Question]]:
        """Yield every question with its step, in order."""
        for step in self.steps:
            for question in step.questions:
                yield step, question
