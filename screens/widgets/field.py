"""Field: one question of a step on the screen, whatever its kind: prompt, a place to answer, and the findings below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Label, TextArea

from screens.saying import written
from screens.signs import sign
from screens.terminal import Sign
from screens.text import line, plain
from screens.widgets.choice_list import ChoiceList
from screens.widgets.lines_area import LinesArea
from screens.widgets.pick_list import PickList
from screens.widgets.rows import Row, Rows, finding_row
from screens.widgets.secret_input import SecretInput
from screens.widgets.switch_line import SwitchLine
from screens.widgets.text_input import TextInput

if TYPE_CHECKING:
    from wizard.answers import Value
    from wizard.guide import Choice, Finding, Question


class Field(Widget):
    """Shows one question. What is typed is told at once; what the walkthrough makes of it is shown by `show_value`."""

    @dataclass
    class Answered(Message):
        """Something was typed or chosen: the field's `latest`."""

        field: Field

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

    def __init__(self, question: Question, value: Value = "", *, titled: bool = False) -> None:
        # What needs all the width says nothing by its prompt under a title of the same words.
        bare = titled and question.kind.value in {"pick", "lines"}
        classes = f"-{question.kind.value}{' -titled' if bare else ''}"
        super().__init__(id=f"field-{question.key}", classes=classes)
        self.question = question
        self.note = ""  # what there is to say about the field itself, such as a list that could not be had
        self.latest = self._recorded = written(
            value
        )  # what stands in the field; what of it the walkthrough has
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
        if question.kind.value == "switch":
            return SwitchLine(self.latest)
        if question.kind.value == "lines":
            return LinesArea(self.latest, placeholder=question.placeholder)
        if question.kind.value == "choice":
            return ChoiceList(question.choices, self.latest)
        if question.kind.value == "pick":
            own = ", or write your own" if question.takes_own else ""
            return PickList(
                ("Name", *question.columns),
                self.latest,
                takes_own=question.takes_own,
                placeholder=f"type to search{own}",
            )
        if question.kind.value == "secret":
            return SecretInput(placeholder=line(question.placeholder) or "paste it here; it does not show")
        return TextInput(self.latest, placeholder=line(question.placeholder), compact=True)

    @property
    def _texts(self) -> Iterator[Input]:
        """The input, where the answer is what is typed; the search of a list is none."""
        return self.query(".answer > TextInput, .answer > SecretInput").results(Input)

    @property
    def _hint(self) -> str:
        """The rule, where it helps before anything is typed: what is listed needs none."""
        listed = self.question.kind.value == "choice" or bool(
            self.question.offers and not self.question.takes_own
        )
        return "" if listed else self.question.rule

    @property
    def key(self) -> str:
        """The question's key."""
        return self.question.key

    @property
    def control_widget(self) -> Widget:
        """What has the focus when this field is answered."""
        for kind in (ChoiceList, PickList, SecretInput, TextInput, SwitchLine, LinesArea):
            found = self.query(kind)
            if found:
                widget = found.first()
                return widget.input if isinstance(widget, PickList) else widget
        raise LookupError(self.key)

    def focus_answer(self) -> None:
        """Put the focus where the answer goes."""
        self.control_widget.focus()

    def take(self, *, going_on: bool) -> str | None:
        """Look what stands in the field, and return it if the walkthrough does not have it yet.

        Messages of keys that were pressed just now may still be on their way. Who is `going_on` means the row of
        a list that they moved to.
        """
        value = self.latest
        for choices in self.query(ChoiceList):
            value = choices.value
        for pick_list in self.query(PickList):
            pick_list.commit(marked=going_on)
            value = pick_list.value
        for one in self._texts:
            value = one.value
        for switch in self.query(SwitchLine):
            value = switch.value
        for area in self.query(LinesArea):
            value = area.text
        self.latest = value
        return None if value == self._recorded else value

    def mark_recorded(self, text: str) -> None:
        """Note that the walkthrough has this text."""
        self._recorded = text

    def show_value(self, value: Value) -> bool:
        """Show an answer that somebody else gave: a default, a correction, an earlier visit; whether it is a new one.

        What the person is typing right now is never overwritten by what they typed before.
        """
        text = written(value)
        if text == self._recorded or self.latest != self._recorded:
            return False
        self.latest = self._recorded = text
        for choices in self.query(ChoiceList):
            choices.show_value(text)
        for pick_list in self.query(PickList):
            pick_list.show_value(text)
        for one in self._texts:
            if one.value != text:
                one.value = text
                one.cursor_position = len(text)
        for switch in self.query(SwitchLine):
            switch.show_value(text)
        for area in self.query(LinesArea):
            if area.text != text:
                area.show_text(text)
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
        elif not rows and self._hint:
            rows.append(Row(quiet=self._hint))
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

    @on(TextArea.Changed)
    def _wrote(self, event: TextArea.Changed) -> None:
        event.stop()
        self._tell(event.text_area.text)

    @on(ChoiceList.Chosen)
    @on(SwitchLine.Turned)
    def _chosen(self, event: ChoiceList.Chosen | SwitchLine.Turned) -> None:
        event.stop()
        self._tell(event.value)

    @on(PickList.Picked)
    def _picked(self, event: PickList.Picked) -> None:
        event.stop()
        self._tell(event.value)

    @on(ChoiceList.Finished)
    @on(PickList.Finished)
    @on(SwitchLine.Finished)
    @on(LinesArea.Finished)
    def _done(
        self, event: ChoiceList.Finished | PickList.Finished | SwitchLine.Finished | LinesArea.Finished
    ) -> None:
        event.stop()
        self.post_message(self.Finished(self))

    def _tell(self, value: str) -> None:
        if value != self.latest:
            self.latest = value
            self.post_message(self.Answered(self))
