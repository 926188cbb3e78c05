"""Which cells are tried: all there are, or a sample that leaves out no fault and no operation if it is large enough."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.faults.catalogue import KINDS, Kind
from tests.faults.operations import Operation


@dataclass(frozen=True, slots=True)
class Cell:
    """One fault at one operation of one flow."""

    flow: str
    kind: Kind
    operation: Operation

    def __str__(self) -> str:
        return f"{self.flow}: {self.kind.label} at {self.operation}"


def cells(flow: str, operations: Iterable[Operation]) -> list[Cell]:
    """Every cell of a flow."""
    listed = sorted(operations)
    return [Cell(flow, kind, one) for kind in KINDS for one in listed if kind.applies(one)]


def sample(every: Sequence[Cell], at_most: int, seed: int) -> list[Cell]:
    """Some of them: first each fault and each operation once, writes before reads, then what chance picks."""
    if at_most >= len(every):
        return list(every)
    chance = random.Random(seed)  # noqa: S311 - which cells are tried is no secret
    shuffled = sorted(chance.sample(every, len(every)), key=lambda cell: not cell.operation.writes)
    chosen: dict[int, Cell] = {}
    seen: dict[object, int] = {}
    for turn in (1, 2, 3):
        for cell in shuffled:
            new = min(seen.get(cell.kind.label, 0), seen.get(cell.operation, 0)) < turn
            if new and id(cell) not in chosen and len(chosen) < at_most:
                chosen[id(cell)] = cell
                for what in (cell.kind.label, cell.operation):
                    seen[what] = seen.get(what, 0) + 1
    for cell in shuffled:
        if len(chosen) < at_most:
            chosen[id(cell)] = cell
    return [cell for cell in every if id(cell) in chosen]


def part_of(chosen: Sequence[Cell], part: int, parts: int) -> Sequence[Cell]:
    """What one of several workers does."""
    return chosen[part::parts]
