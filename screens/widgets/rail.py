"""The rail: the guide's own chapters and steps with their numbers and states, and the one line it becomes on a narrow screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import events, on
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from screens.signs import STEPS, TONES, bar, sign
from screens.text import cut, line

if TYPE_CHECKING:
    from wizard.walkthrough import Walkthrough

_MIDDLE = 44  # columns from which the number line has room for a bar


def step_prompt(number: str, title: str, state: str, width: int) -> Content:
    """Return one step as a line: sign, number, title, and the word of its state at the edge."""
    mark = STEPS[state]
    tone = TONES[mark.tone]
    if state == "not needed":
        return Content.styled(f"{sign(mark.sign)} {line(number)} {mark.word}", tone)
    name = Content.assemble(
        Content.styled(f"{sign(mark.sign)} ", tone),
        Content.styled(f"{line(number)} {line(title)}", "bold" if state == "here" else ""),
    )
    word = Content.styled(mark.word, tone)
    name = cut(name, max(width - word.cell_length - 1, 1))
    return Content.assemble(name.pad_right(max(width - name.cell_length - word.cell_length, 1)), word)


def step_options(walkthrough: Walkthrough, width: int, *, headed: bool = True) -> list[Option]:
    """Return chapters and steps as the options of a list; chapters and what is not needed can't be chosen."""
    options: list[Option] = []
    for chapter in walkthrough.guide.chapters:
        if headed:
            title = Content.styled(f"{line(chapter.number)} {line(chapter.title)}", TONES["heading"])
            options.append(Option(title, disabled=True))
        for step in chapter.steps:
            state = walkthrough.state_of(step).value
            prompt = step_prompt(step.number, step.title, state, width)
            options.append(Option(prompt, id=step.number, disabled=state == "not needed"))
    return options


class Rail(OptionList):
    """Shows where the person is. A click on a step goes there; the keyboard does it by the list of steps."""

    @dataclass
    class Chosen(Message):
        """A step was clicked."""

        number: str

    def __init__(self) -> None:
        super().__init__(id="rail", classes="pane", compact=True, markup=False)
        self.can_focus = False
        self._walkthrough: Walkthrough | None = None

    def show(self, walkthrough: Walkthrough) -> None:
        """Show how the steps stand now."""
        self._walkthrough = walkthrough
        width = self.scrollable_content_region.width
        if width < 1:
            return
        options = step_options(walkthrough, width)
        with self.prevent(OptionList.OptionHighlighted):
            self.set_options(options)
            here = walkthrough.here.number
            self.highlighted = next((i for i, one in enumerate(options) if one.id == here), None)

    def on_resize(self, _event: events.Resize) -> None:
        """Draw again for another width."""
        if self._walkthrough is not None:
            self.show(self._walkthrough)

    @on(OptionList.OptionSelected)
    def _click(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if event.option_id is not None:
            self.post_message(self.Chosen(event.option_id))


class RailLine(Widget):
    """The rail in one line: how far the person is, and where."""

    DEFAULT_CSS = """
    RailLine { height: 1; width: 100%; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__(id="rail-line")
        self._place, self._count, self._step = 1, 1, ""

    def show(self, walkthrough: Walkthrough) -> None:
        """Show where the person is now."""
        steps: Sequence[object] = walkthrough.steps
        here = walkthrough.here
        self._place, self._count = steps.index(here) + 1, len(steps)
        self._step = line(f"{here.number} {here.title}")
        self.refresh()

    @property
    def told(self) -> str:
        """The line as text."""
        return f"Step {self._place} of {self._count} · {self._step}"

    def render(self) -> Content:
        """Draw the line, with a bar where there is room."""
        width = self.content_size.width
        told = Content.assemble(
            Content.styled(f"{line(f'Step {self._place} of {self._count} ·')} ", TONES["quiet"]),
            Content.styled(self._step, TONES["accent"]),
        )
        tail = Content.styled("  F3 all steps", TONES["quiet"])
        room = width - told.cell_length - tail.cell_length - 3
        if width < _MIDDLE or room < 1:
            return cut(told, width)
        full, empty = bar(self._place / self._count, min(room, 24))
        strip = Content.assemble(
            Content.styled(full, TONES["accent"]), Content.styled(empty, TONES["quiet"]), tail
        )
        return Content.assemble(told.pad_right(width - told.cell_length - strip.cell_length), strip)
