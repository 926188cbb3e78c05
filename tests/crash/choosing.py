"""Which points are killed at: all of them, or as many as were asked for, spread evenly and the same for a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.crash.points import FILE_AFTER, FILE_BEFORE, KINDS, Point

Counts = Mapping[str, int]
_WEIGHTS = {FILE_BEFORE: 2, FILE_AFTER: 1}
_WEIGHT = 2
_EARLY = 0.6  # a recovery has less to do than the run before it


@dataclass(frozen=True, slots=True)
class Round:
    """The points of one round: one for a single kill, a second for the recovery."""

    points: tuple[Point, ...]
    turn: int


def every(counts: Counts) -> Iterator[Point]:
    """Every point of a run."""
    for kind in KINDS:
        for number in range(1, counts.get(kind, 0) + 1):
            yield Point(kind, number)


def singles(counts: Counts, wanted: int, seed: int) -> list[Point]:
    """As many points of a run as wanted, every kind among them."""
    kinds = [kind for kind in KINDS if counts.get(kind)]
    chance = random.Random(f"{seed} single")  # noqa: S311 - a seed has to give the same again
    whole = sum(_WEIGHTS.get(kind, _WEIGHT) for kind in kinds)
    chosen: list[Point] = []
    for kind in kinds:
        share = min(counts[kind], max(2, round(wanted * _WEIGHTS.get(kind, _WEIGHT) / whole)))
        start = chance.random()
        chosen += [Point(kind, int((at + start) * counts[kind] / share) + 1) for at in range(share)]
    return [Point(p.kind, min(p.number, counts[p.kind])) for p in chosen]


def doubles(counts: Counts, wanted: int, seed: int) -> list[tuple[Point, Point]]:
    """As many pairs as wanted: a point of the run, and one that its recovery is likely to reach."""
    chance = random.Random(f"{seed} double")  # noqa: S311 - as above
    first = singles(counts, max(wanted, len(KINDS)), seed + 1)
    chance.shuffle(first)
    second = [kind for kind in KINDS if counts.get(kind)]
    found = []
    for turn in range(wanted):
        kind = second[turn % len(second)]
        number = 1 + int(chance.random() * _EARLY * counts[kind])
        found.append((first[turn % len(first)], Point(kind, number)))
    return found


def rounds(counts: Counts, wanted: tuple[int, int], seed: int, *, whole: bool) -> list[Round]:
    """The rounds of a flow: (single, double) many, or with `whole` every single point and as many doubles again."""
    one = list(every(counts)) if whole else singles(counts, wanted[0], seed)
    two = doubles(counts, len(one) if whole else wanted[1], seed)
    return [Round(points, turn) for turn, points in enumerate([*((p,) for p in one), *two])]
