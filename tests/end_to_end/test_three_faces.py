"""The same answers by command, by line prompts and on the full screen come to the same plan and the same Azure."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.commands.azimuth import applied, azimuth
from tests.end_to_end import comparing
from tests.end_to_end.on_screen import accept_and_apply, fill_in_and_apply
from tests.plain.typist import Typist, fills_in, signs_in
from wizard.plan import Plan

MANUAL = 4


class Ended(NamedTuple):
    """What a face brought about."""

    plan: Plan
    state: list[str]


def by_command() -> None:
    applied()


def by_prompts() -> None:
    typist = Typist("--practice", "--plain", "himl")
    signs_in(typist)
    fills_in(typist)
    typist.answers("yes to apply", "yes")
    assert typist.leaves() == 0


def by_screen() -> None:
    asyncio.run(fill_in_and_apply())


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], Ended]:
    """Play a face in a home of its own."""

    def played(face: Callable[[], None]) -> Ended:
        home = tmp_path / face.__name__
        monkeypatch.setenv("AZIMUTH_HOME", str(home))
        monkeypatch.setenv("HOME", str(home))  # private keys go below it
        face()
        return Ended(comparing.plan("demo"), comparing.state(home / "state" / "practice"))

    return played


@pytest.mark.slow
def test_three_faces_one_plan_one_azure(play: Callable[[Callable[[], None]], Ended]) -> None:
    command = play(by_command)
    assert not command.plan.is_empty
    assert any("himl-vision" in document for document in command.state)
    for face in (by_prompts, by_screen):
        ended = play(face)
        assert ended.plan == command.plan
        assert ended.state == command.state


@pytest.mark.slow
def test_the_comparison_finds_a_difference(play: Callable[[Callable[[], None]], Ended]) -> None:
    def with_less_right() -> None:
        applied("demo", "himl-data-scientist.toml")

    command, other = play(by_command), play(with_less_right)
    assert command.plan != other.plan
    assert command.state != other.state


def hopsworks_by_command() -> None:
    done = azimuth(
        "apply", "hopsworks", "--practice", "--profile", "demo", "--yes",
        "--answers", "profiles/starters/hopsworks.toml",
    )  # fmt: skip
    assert done.returncode == MANUAL, done.stdout + done.stderr


def hopsworks_by_prompts() -> None:
    typist = Typist("--practice", "--plain", "hopsworks")
    signs_in(typist)
    typist.answers("Tenant")
    typist.answers("Subscription", "Research")
    typist.answers("Road", ">")
    typist.answers("yes to apply", "yes")
    assert typist.leaves() == MANUAL


def hopsworks_by_screen() -> None:
    asyncio.run(accept_and_apply())


@pytest.mark.slow
def test_three_faces_of_the_hopsworks_guide(play: Callable[[Callable[[], None]], Ended]) -> None:
    command = play(hopsworks_by_command)
    assert len(command.plan.resources) >= len(("group", "roles", "identity", "storage", "assignments", "key"))
    for face in (hopsworks_by_prompts, hopsworks_by_screen):
        ended = play(face)
        assert ended.plan == command.plan
        assert ended.state == command.state
