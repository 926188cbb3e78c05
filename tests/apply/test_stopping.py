"""Stopping a run: left running it goes on in Azure and is picked up; cancelled it makes nothing more; state is saved."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.rehearsal import Heard, himl, pace, practice
from wizard.apply.events import Event, Failed, Waiting
from wizard.apply.outcome import End, Outcome
from wizard.apply.run import Run
from wizard.setup import Setup

SLOWLY = 0.1  # of lifelike: what has to be waited out


class _StopsAt:
    """Asks a run to stop as soon as it waits for a task."""

    def __init__(self, task: str, how: str) -> None:
        self.task, self.how = task, how
        self.run: Run | None = None
        self.asked: asyncio.Task[None] | None = None

    def __call__(self, event: Event) -> None:
        if (
            self.run is not None
            and isinstance(event, Waiting)
            and event.key == self.task
            and self.asked is None
        ):
            stop = self.run.leave if self.how == "leave" else self.run.cancel
            self.asked = asyncio.get_running_loop().create_task(stop())


async def _stopped(setup: Setup, task: str, how: str) -> Outcome:
    listener = _StopsAt(task, how)
    listener.run = Run(setup, listener)
    outcome = await listener.run.go()
    assert listener.asked is not None
    await listener.asked
    return outcome


@pytest.mark.parametrize(("how", "end"), [("leave", End.LEFT_RUNNING), ("cancel", End.CANCELLED)])
async def test_a_run_stopped_in_the_deployment_goes_on_later(tmp_path: Path, how: str, end: End) -> None:
    with practice(tmp_path) as cloud:
        async with himl(cloud) as setup:
            await setup.walkthrough.check_all()
            pace(tmp_path, cloud, 1)  # lifelike, so that the slowest machine stops in the middle
            stopped = await _stopped(setup, "assignment", how)
            assert stopped.end is end
            assert setup.store.load("demo").stage == "applying"
        pace(tmp_path, cloud, 0)
        async with himl(cloud) as again:
            outcome = await Run(again).go()
            known = again.journal.known()
            assert again.azure is not None
            app = await again.azure.graph.application(known["app"]["app_id"])
        assert (outcome.end, outcome.problem) == (End.DONE, "")
        assert "role assignment Contributor on rg-vision" in outcome.made
        assert app is not None
        assert len(app.passwords) == 1


async def test_a_run_left_while_it_proves_is_proved_later(tmp_path: Path) -> None:
    with practice(tmp_path, time_scale=SLOWLY) as cloud:
        async with himl(cloud) as setup:
            await setup.walkthrough.check_all()
            stopped = await _stopped(setup, "proof:workspace", "leave")
            assert stopped.end is End.LEFT_RUNNING
            outcome = await Run(setup).go()
        assert outcome.end is End.NOTHING_TO_DO
        assert outcome.ok


async def test_replication_is_waited_out_with_a_clock(tmp_path: Path) -> None:
    heard = Heard()
    with practice(tmp_path, time_scale=SLOWLY) as cloud:
        async with himl(cloud) as setup:
            await setup.walkthrough.check_all()
            outcome = await Run(setup, heard).go()
    assert outcome.ok
    waits = heard.of(Waiting)
    assert {event.key for event in waits} >= {"assignment"}
    assert all(0 <= event.seconds <= event.at_most for event in waits)


async def test_two_runs_over_one_profile_do_not_meet(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with himl(cloud) as setup:
            await setup.walkthrough.check_all()
            heard = Heard()
            with setup.alone():
                outcome = await Run(setup, heard).go()
            assert outcome.end is End.FAILED
            assert "Profile demo" in outcome.problem
            assert heard.of(Failed)
            assert (await Run(setup).go()).end is End.DONE
