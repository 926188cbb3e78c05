"""Holding a picked answer against what is offered: by id, name or alias, with what went wrong in plain words."""

from __future__ import annotations

from wizard.guide import Choice, Finding, Findings, Question, Severity

_SHOWN = 8  # names that fit on a line or two


def pick(question: Question, text: str, offered: tuple[Choice, ...]) -> tuple[Choice | None, Findings]:
    """Return the one choice that `text` means, and what there is to say about it.

    A name instead of an id comes back with a correction. Where `question` takes one's own answer, text that
    matches nothing is no fault.
    """
    matching = [choice for choice in offered if choice.answers_to(text)]
    if not matching:
        return None, () if question.takes_own else (_not_there(question, text, offered),)
    if len(matching) > 1:
        names = ", ".join(choice.value for choice in matching)
        what = f"“{text}” is the name of {len(matching)} of them."
        return None, (Finding(Severity.ERROR, question.key, what, "", f"Write one of: {names}."),)
    choice = matching[0]
    if choice.refusal:
        return None, (Finding(Severity.ERROR, question.key, choice.refusal),)
    correction = choice.value if choice.value != text else None
    said = choice.label if correction else choice.detail or choice.label
    return choice, (Finding(Severity.OK, question.key, said, correction=correction),)


def _not_there(question: Question, text: str, offered: tuple[Choice, ...]) -> Finding:
    if not offered:
        return Finding(
            Severity.ERROR, question.key, f"“{text}” is not there: the list is empty.", question.rule
        )
    names = ", ".join(choice.label for choice in offered[:_SHOWN])
    more = f" and {len(offered) - _SHOWN} more" if len(offered) > _SHOWN else ""
    what = f"“{text}” is not there."
    return Finding(Severity.ERROR, question.key, what, question.rule, f"There are: {names}{more}.")
