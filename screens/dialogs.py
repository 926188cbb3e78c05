"""What is shown over a page for a moment: a question with a safe answer, a name to give, help, the plan, the steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from screens.signs import TONES, sign
from screens.terminal import Sign
from screens.text import line, plain
from screens.widgets.plan_panel import plan_rows
from screens.widgets.rail import step_options
from screens.widgets.rows import Row, Rows
from screens.widgets.text_input import TextInput

if TYPE_CHECKING:
    from wizard.plan import Plan
    from wizard.walkthrough import Walkthrough

T = TypeVar("T")


class Dialog(ModalScreen[T]):
    """A box over the page. Escape always leaves everything as it is."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Close", id="dialog.close", tooltip="Leave everything as it is"),
    ]
    CSS_PATH = "styles/dialog.tcss"
    HELP: ClassVar[str | None] = "Escape closes this and leaves everything as it is."

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def compose(self) -> ComposeResult:
        """Frame the body."""
        with Vertical(id="box") as box:
            box.border_title = plain(self._title)
            box.border_subtitle = plain(self.keys)
            yield from self.body()

    @property
    def keys(self) -> str:
        """What stands at the foot of the box."""
        return "Esc close"

    def body(self) -> ComposeResult:
        """Return what stands in the box."""
        yield from ()


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to a question: what it is called, and what it means."""

    key: str
    label: str
    meaning: str = ""


class Ask(Dialog[str]):
    """A question with a few answers; the first is the safe one, and has the mark. Gives the answer's key."""

    HELP: ClassVar[str | None] = "Up and down move the mark, Enter takes the answer, Escape changes nothing."

    def __init__(self, title: str, rows: Sequence[Row], answers: Sequence[Answer]) -> None:
        super().__init__(title)
        self._rows, self._answers = tuple(rows), tuple(answers)

    @property
    def keys(self) -> str:
        """Say how to answer."""
        return "Enter take · Esc close"

    def body(self) -> ComposeResult:
        """Put the answers below what there is to say."""
        with VerticalScroll(can_focus=False):
            yield Rows(self._rows)
        column = max(len(answer.label) for answer in self._answers) + 2
        yield OptionList(
            *(
                Option(
                    Content.assemble(
                        Content.styled(f"{line(a.label):{column}}", "bold"),
                        Content.styled(line(a.meaning), TONES["quiet"]),
                    ),
                    id=a.key,
                )
                for a in self._answers
            ),
            compact=True,
            markup=False,
        )

    def on_mount(self) -> None:
        """Mark the safe answer."""
        self.query_one(OptionList).focus()

    @on(OptionList.OptionSelected)
    def _take(self, event: OptionList.OptionSelected) -> None:
        _ = self.dismiss(event.option_id)


class AskName(Dialog[str]):
    """Asks for a profile's name; `refusal` says what is wrong with one, or nothing."""

    HELP: ClassVar[str | None] = (
        "A profile keeps the answers, and later the variables, under a name. Enter takes it."
    )

    def __init__(self, title: str, suggested: str, refusal: Callable[[str], str]) -> None:
        super().__init__(title)
        self._suggested, self._refusal = suggested, refusal

    @property
    def keys(self) -> str:
        """Say how to answer."""
        return "Enter start · Esc close"

    def body(self) -> ComposeResult:
        """Put the name below what it is for."""
        yield Rows(
            [Row("A name for this setup. Answers and variables are kept under it:", quiet="azimuth env NAME")]
        )
        yield TextInput(self._suggested, compact=True)
        yield Rows(id="refusal")

    @on(Input.Changed)
    def _look(self) -> None:
        self._tell(self._refusal(self.query_one(TextInput).value.strip()))

    @on(Input.Submitted)
    def _take(self) -> None:
        name = self.query_one(TextInput).value.strip()
        refusal = self._refusal(name)
        self._tell(refusal)
        if not refusal:
            _ = self.dismiss(name)

    def _tell(self, refusal: str) -> None:
        self.query_one("#refusal", Rows).show(
            [Row(refusal, sign(Sign.WRONG), "bad", text_tone="bad")] if refusal else []
        )


class Told(Dialog[None]):
    """Shows rows to read: help, the plan."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1,f2,enter", "dismiss(None)", "Close", id="told.close", show=False, tooltip="Close this"),
    ]

    def __init__(self, title: str, rows: Sequence[Row]) -> None:
        super().__init__(title)
        self._rows = tuple(rows)

    def body(self) -> ComposeResult:
        """Let long ones be scrolled."""
        with VerticalScroll():
            yield Rows(self._rows)

    def on_mount(self) -> None:
        """Let the keys scroll."""
        self.query_one(VerticalScroll).focus()

    @property
    def told(self) -> str:
        """All that is shown, as text."""
        return self.query_one(Rows).told


def plan_dialog(plan: Plan) -> Told:
    """Return the plan as a box."""
    return Told("What this makes", plan_rows(plan))


class ChooseStep(Dialog[str]):
    """The list of all steps with their states. Gives the number of the chosen one."""

    HELP: ClassVar[str | None] = "Every step with its state. Enter goes there; nothing is lost."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f3", "dismiss(None)", "Close", id="steps.close", show=False, tooltip="Stay where you are"),
    ]

    def __init__(self, walkthrough: Walkthrough) -> None:
        super().__init__("Steps")
        self._walkthrough = walkthrough

    @property
    def keys(self) -> str:
        """Say how to choose."""
        return "Enter go there · Esc close"

    def body(self) -> ComposeResult:
        """List the steps."""
        yield OptionList(*step_options(self._walkthrough, 46), compact=True, markup=False)

    def on_mount(self) -> None:
        """Mark where the person is."""
        steps = self.query_one(OptionList)
        steps.highlighted = steps.get_option_index(self._walkthrough.here.number)
        steps.focus()

    @on(OptionList.OptionSelected)
    def _take(self, event: OptionList.OptionSelected) -> None:
        _ = self.dismiss(event.option_id)
