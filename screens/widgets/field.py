"""Field: one question of a step on the screen, whatever its kind: prompt, a place to answer, and the findings below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Label

from screens.signs import sign
from screens.terminal import Sign
from screens.text import line, plain
from screens.widgets.choice_list import ChoiceList
from screens.widgets.pick_list import PickList
from screens.widgets.rows import Row, Rows, finding_row
from screens.widgets.secret_input import SecretInput

if TYPE_CHECKING:
    from wizard.answers import Value
    from wizard.guide import Choice, Finding, Question


class TextInput(Input):
    """One line of text; Enter goes on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Next", id="text.next", tooltip="Take this and go on"),
    ]


class Field(Widget):
    """Shows one question. What is typed is told at once; what the walkthrough makes of it is shown by `show_value`."""

    @dataclass
    class Answered(Message):
        """Something was typed or chosen."""

        field: Field
        value: str

        @property
        def control(self) -> Field:
            """The field it was typed into."""
            return self.field

    @dataclass
    class Finished(Message):
        """Enter was pressed: the person is done with this field."""

        field: Field

        @property
        def control(self) -> Field:
            """The field they are done with."""
            return self.field

    def __init__(self, question: Question) -> None:
        super().__init__(id=f"field-{question.key}", classes=f"-{question.kind.value}")
        self.question = question
        self.note = ""  # what there is to say about the field itself, such as a list that could not be had
        self._told = ""
        self._findings: tuple[Finding, ...] = ()
        self._busy = False

    def compose(self) -> ComposeResult:
        """Put prompt, control and findings together."""
        yield Label(plain(self.question.prompt), classes="prompt", markup=False)
        with Vertical(classes="answer"):
            yield self._control()
            yield Rows(classes="findings")

    def _control(self) -> Widget:
        question = self.question
        if question.kind.value == "choice":
            return ChoiceList(question.choices)
        if question.kind.value == "pick":
            own = ", or write your own" if question.takes_own else ""
            return PickList(
                ("Name", *question.columns), takes_own=question.takes_own, placeholder=f"type to search{own}"
            )
        if question.kind.value == "secret":
            return SecretInput(placeholder=line(question.placeholder) or "paste it here; it does not show")
        return TextInput(placeholder=line(question.placeholder), compact=True)

    @property
    def key(self) -> str:
        """The question's key."""
        return self.question.key

    @property
    def control_widget(self) -> Widget:
        """What has the focus when this field is answered."""
        for kind in (ChoiceList, PickList, SecretInput, TextInput):
            found = self.query(kind)
            if found:
                widget = found.first()
                return widget.input if isinstance(widget, PickList) else widget
        raise LookupError(self.key)

    def focus_answer(self) -> None:
        """Put the focus where the answer goes."""
        self.control_widget.focus()

    def take(self) -> str | None:
        """Return what stands in the field when that has not been told yet, and count it as told; else None.

        Messages of keys that were pressed just now may still be on their way.
        """
        value = self._told
        for choices in self.query(ChoiceList):
            value = choices.value
        for pick_list in self.query(PickList):
            pick_list.commit()
            value = pick_list.value
        for one in self.query(Input):
            if isinstance(one, (TextInput, SecretInput)):
                value = one.value
        if value == self._told:
            return None
        self._told = value
        return value

    def show_value(self, value: Value) -> bool:
        """Show an answer that somebody else gave: a default, a correction, an earlier visit; whether it is a new one.

        What the person is typing right now is never overwritten by what they typed before.
        """
        text = str(value)
        if text == self._told:
            return False
        self._told = text
        for choices in self.query(ChoiceList):
            choices.show_value(text)
        for pick_list in self.query(PickList):
            pick_list.show_value(text)
        for text_input in self.query(TextInput):
            if text_input.value != text:
                text_input.value = text
                text_input.cursor_position = len(text)
        return True

    def show_secret_held(self) -> None:
        """Say that a secret was typed before and is still held."""
        self.query_one(SecretInput).placeholder = "held in memory; type to replace it"

    def show_choices(self, choices: Sequence[Choice] | None) -> None:
        """Show what Azure offers; None while it is being asked."""
        pick_list = self.query_one(PickList)
        if choices is None:
            pick_list.show_waiting()
        else:
            pick_list.show_choices(choices)

    def show_findings(self, findings: Sequence[Finding]) -> None:
        """Show what was found out about the answer, or its rule as long as nothing was."""
        self._findings = tuple(findings)
        self._write()

    def show_busy(self, *, busy: bool) -> None:
        """Say that Azure is being asked, or not any more."""
        self._busy = busy
        self._write()

    def _write(self) -> None:
        rows = [Row(self.note, sign(Sign.WARNING), "warn", text_tone="warn")] if self.note else []
        rows += [finding_row(finding) for finding in self._findings]
        if self._busy:
            rows.append(Row("checking…", sign(Sign.HERE), "accent", text_tone="quiet"))
        elif not rows and self.question.rule and self.question.kind.value != "choice":
            rows.append(Row(quiet=self.question.rule))
        self.query_one(".findings", Rows).show(rows)
        self.set_class(any(finding.blocks for finding in self._findings), "-wrong")

    @property
    def told(self) -> str:
        """What stands under the answer, as text."""
        return self.query_one(".findings", Rows).told

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._tell(event.input.value)  # not event.value: the input may have moved on meanwhile

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Finished(self))

    @on(ChoiceList.Chosen)
    def _chosen(self, event: ChoiceList.Chosen) -> None:
        event.stop()
        self._tell(event.value)

    @on(PickList.Picked)
    def _picked(self, event: PickList.Picked) -> None:
        event.stop()
        self._tell(event.value)

    @on(ChoiceList.Finished)
    @on(PickList.Finished)
    def _done(self, event: ChoiceList.Finished | PickList.Finished) -> None:
        event.stop()
        self.post_message(self.Finished(self))

    def _tell(self, value: str) -> None:
        if value != self._told:
            self._told = value
            self.post_message(self.Answered(self, value))
