"""How choices with columns become lines of one width: what is too wide gives way, what can't be picked says why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content

from screens.signs import TONES, is_plain, sign
from screens.terminal import Sign
from screens.text import cut, line

if TYPE_CHECKING:
    from wizard.guide import Choice

_GAP = 2
_MARK = 2
_NARROWEST = 6  # a column that would get less is left out


@dataclass(frozen=True, slots=True)
class Table:
    """The widths of the columns that fit; the first is the label's."""

    widths: tuple[int, ...]

    @classmethod
    def fitting(cls, heads: Sequence[str], choices: Sequence[Choice], width: int) -> Table:
        """Give each column what it needs; where that is too much the widest give way, and the last ones go."""
        needs = [
            max([cell_len(head), *(cell_len(cell(choice, i)) for choice in choices)])
            for i, head in enumerate(heads)
        ]
        least = [
            min(need, max(_NARROWEST, cell_len(head))) + _GAP for need, head in zip(needs, heads, strict=True)
        ]
        while len(needs) > 1 and sum(least[: len(needs)]) > width - _MARK + _GAP:
            needs.pop()
        room = width - _MARK - _GAP * (len(needs) - 1)
        floors = [
            min(need, max(_NARROWEST, cell_len(head))) for need, head in zip(needs, heads, strict=False)
        ]
        while sum(needs) > room and any(need > floor for need, floor in zip(needs, floors, strict=True)):
            widest = max(range(len(needs)), key=lambda i: needs[i] - floors[i])
            needs[widest] -= 1
        return cls(tuple(needs))

    def head(self, heads: Sequence[str]) -> Content:
        """Return the line over the table."""
        cells = [
            _fit(Content.styled(line(text), TONES["heading"]), w)
            for text, w in zip(heads, self.widths, strict=False)
        ]
        return Content.assemble(" " * _MARK, Content(" " * _GAP).join(cells))

    def row(self, choice: Choice, *, picked: bool, width: int) -> Content:
        """Return a choice as a line; one that can't be picked has a second one with the reason."""
        mark = sign(Sign.NOT_NEEDED) if choice.refusal else _dot() if picked else " "
        tone = "quiet" if choice.refusal else "accent" if picked else ""
        cells = [
            _fit(Content.styled(cell(choice, i), _cell_style(i, choice, picked=picked)), w)
            for i, w in enumerate(self.widths)
        ]
        first = Content.assemble(Content.styled(f"{mark} ", TONES[tone]), Content(" " * _GAP).join(cells))
        if not choice.refusal:
            return first
        why = Content.styled(line(f"can't be picked: {choice.refusal}"), TONES["quiet"]).wrap(width - _MARK)
        return Content("\n").join([first, *(Content.assemble(" " * _MARK, one) for one in why)])


def cell(choice: Choice, index: int) -> str:
    """Return one cell of a choice, cleaned; the label is the first."""
    if index == 0:
        return line(choice.label)
    return line(choice.columns[index - 1]) if index <= len(choice.columns) else ""


def matching(choices: Sequence[Choice], typed: str) -> list[Choice]:
    """Return the choices that hold every word that was typed, in any column; those that begin with it come first."""
    words = typed.casefold().split()
    if not words:
        return list(choices)
    found = [choice for choice in choices if all(word in _haystack(choice) for word in words)]
    return sorted(found, key=lambda choice: not choice.label.casefold().startswith(words[0]))


def _haystack(choice: Choice) -> str:
    return "\n".join((choice.label, *choice.columns, *choice.aliases, choice.value)).casefold()


def _cell_style(index: int, choice: Choice, *, picked: bool) -> str:
    if choice.refusal or index:
        return TONES["quiet"]
    return "bold" if picked else ""


def _fit(content: Content, width: int) -> Content:
    if content.cell_length > width:
        content = cut(content, width)
    return content.pad_right(width - content.cell_length)


def _dot() -> str:
    return "*" if is_plain() else "●"
