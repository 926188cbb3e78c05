"""A small sample of the crash harness for everyday: each kind of point once, and one flow killed twice. CI runs the whole script."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.crash.choosing import doubles, every, rounds
from tests.crash.flows import FLOWS
from tests.crash.harness import Harness
from tests.crash.points import APPLIED, KINDS, READING, Point

_HIML, _UNDO = FLOWS[0], next(flow for flow in FLOWS if flow.command == "undo")


@pytest.fixture(scope="module")
def harness() -> Iterator[Harness]:
    with Harness.opened() as opened:
        yield opened


def test_a_kill_at_each_kind_of_point_changes_nothing_of_the_end(harness: Harness) -> None:
    counts, end = harness.begin(_HIML)
    assert set(counts) == set(KINDS), "an undisturbed run passes points of every kind"
    assert any("azure secret" in line for line in end.shown)
    for turn, kind in enumerate(KINDS):
        verdict = harness.round((Point(kind, counts[kind] * 2 // 3),), turn)
        assert (verdict.reached, verdict.bad) == (1, ()), kind


def test_killed_again_while_recovering_it_ends_the_same(harness: Harness) -> None:
    counts, _ = harness.begin(_HIML)
    first = Point(APPLIED, counts[APPLIED] * 2 // 3)
    verdict = harness.round((first, Point(READING, counts[READING] // 3)), 1)
    assert (verdict.reached, verdict.bad) == (2, ())


def test_an_undo_that_was_killed_is_finished(harness: Harness) -> None:
    counts, _ = harness.begin(_UNDO)
    verdict = harness.round((Point(APPLIED, counts[APPLIED] // 2),), 0)
    assert (verdict.reached, verdict.bad) == (1, ())


def test_the_judge_sees_a_second_secret(harness: Harness) -> None:
    harness.begin(_HIML)
    known = harness.end_with_a_foreign_secret()
    assert any("live secrets" in what for what in known.bad)


def test_every_point_can_be_asked_for_and_samples_are_of_them() -> None:
    counts = {kind: 10 * number for number, kind in enumerate(KINDS, 1)}
    points = set(every(counts))
    assert len(points) == sum(counts.values())
    chosen = rounds(counts, (100, 40), 5, whole=False)
    assert {point for one in chosen for point in one.points} <= points
    assert sum(len(one.points) == 2 for one in chosen) == 40
    assert {one.points[0].kind for one in chosen} == set(KINDS)
    assert doubles(counts, 20, 5) == doubles(counts, 20, 5), "the same seed, the same points"
