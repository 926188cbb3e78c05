"""Every starter that comes with Azimuth is whole, and Azure would carry it out as it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.rehearsal import practice
from wizard import shelf
from wizard.answers_file import read_answers
from wizard.apply.preflight import preflight
from wizard.azure.clouds import Cloud
from wizard.azure.sign_in import sign_in_unattended
from wizard.guides import all_guides
from wizard.machine import Machine
from wizard.setup import Setup

STARTERS = shelf.starters()
WORLDS = {"hopsworks-existing-network": "hopsworks-connected"}


@dataclass(frozen=True)
class Stages:
    """One practice Azure for each world: nothing is written there, so all starters share it."""

    default: Cloud
    connected: Cloud

    def of(self, starter: str) -> Cloud:
        return self.connected if WORLDS.get(starter) else self.default


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    with (
        practice(tmp_path_factory.mktemp("default")) as default,
        practice(tmp_path_factory.mktemp("connected"), world="hopsworks-connected") as connected,
    ):
        yield Stages(default, connected)


def test_there_is_one_for_each_guide_and_usual_case() -> None:
    guides = {name.split("-", maxsplit=1)[0] for name in STARTERS}
    assert guides == set(all_guides())
    assert len(STARTERS) >= 13
    assert all(20 < len(shelf.about(path)) <= 130 for path in STARTERS.values())


@pytest.mark.parametrize("starter", STARTERS)
async def test_check_and_plan_find_nothing_in_the_way(starter: str, stages: Stages, tmp_path: Path) -> None:
    guide = all_guides()[starter.split("-", maxsplit=1)[0]]
    answers = read_answers(STARTERS[starter], guide)
    cloud = stages.of(starter)
    setup = Setup.begin(guide, "look", cloud, answers=answers, machine=Machine(home=tmp_path))
    await setup.connect(await sign_in_unattended(cloud))
    try:
        found = await setup.walkthrough.check_all()
        assert [one.sentence for one in found if one.blocks] == []
        assert setup.walkthrough.unanswered() == ()
        told = await preflight(setup)
        assert not told.blocked, told
    finally:
        await setup.close()
