"""Help: what a page is for, what it has to say about itself, and all its keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from screens.dialogs import Told
from screens.page import Page
from screens.widgets.rows import BLANK, Row, heading

if TYPE_CHECKING:
    from wizard.guide import Question, Step


def help_dialog(page: Page) -> Told:
    """Return the help of a page as a box."""
    rows = [Row(page.HELP or ""), BLANK]
    own = page.help_rows()
    if own:
        rows += [*own, BLANK]
    return Told("Help", [*rows, heading("Keys"), *_keys(page)])


def step_rows(step: Step, questions: Sequence[Question], source: str) -> list[Row]:
    """Return what there is to say about a step and its questions, in the order given."""
    rows = [heading(f"{step.number} {step.title}"), Row(step.text)]
    rows += [Row(step.more)] if step.more else []
    for question in questions:
        rows += [BLANK, heading(question.prompt)]
        rows += [Row(text) for text in (question.rule, question.more) if text]
        rows += [Row(c.label, "·", "quiet", c.refusal or c.detail) for c in question.choices]
    return [*rows, BLANK, Row(quiet=f"The document: {source}")]


def _keys(page: Page) -> list[Row]:
    rows: dict[str, Row] = {}
    for active in page.active_bindings.values():
        binding = active.binding
        if binding.id and binding.tooltip and active.enabled:
            key = page.app.get_key_display(binding)
            rows.setdefault(binding.id, Row(binding.tooltip, text_tone="", word=key))
    return list(rows.values())
