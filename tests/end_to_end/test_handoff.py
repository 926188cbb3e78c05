"""Two people, two processes: one may not give roles and waits, an administrator makes that part, and it goes on by itself."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from profiles.locations import practice_folder
from tests.apply.handed import administrator
from tests.commands.azimuth import COMMAND, STARTER, azimuth, environment, lines
from tests.rehearsal import HIML, Heard, practice
from wizard.answers import Value
from wizard.apply.events import Event, Waiting
from wizard.apply.outcome import End, Outcome
from wizard.apply.run import Run
from wizard.azure.sign_in import sign_in_unattended
from wizard.guide import Guide
from wizard.guides.himl import GUIDE as HIML_GUIDE
from wizard.guides.hopsworks import GUIDE as HOPSWORKS
from wizard.setup import Setup

WORLD = "contributor-only"
APPLY = ("apply", "himl", "--practice", "--world", WORLD, "--answers", STARTER, "--profile", "demo", "--yes")


async def _as_administrator(guide: Guide, answers: dict[str, Value], only: frozenset[str]) -> Outcome:
    folder = practice_folder()
    with practice(folder) as cloud:
        async with administrator(folder, cloud, guide=guide, answers=answers) as admin:
            return await Run(admin, only=only).go()


def _administrator(only: str) -> None:
    done = asyncio.run(_as_administrator(HIML_GUIDE, dict(HIML), frozenset({only})))
    assert (done.end, done.problem) == (End.DONE, "")


@pytest.mark.slow
def test_without_watching_it_ends_with_4_and_resume_finishes_it() -> None:
    told = lines(*APPLY, code=4)
    outcome = told[-1]
    assert (outcome["end"], outcome["ok"]) == ("waits for an administrator", False)
    assert [off["step"] for off in outcome["handoffs"]] == ["3.2"]
    assert Path(outcome["handoffs"][0]["file"]).is_file()
    shown = azimuth("resume", "demo", "--yes", "--no-watch")
    assert shown.returncode == 4
    for said in ("Hand-off:    1", "roleAssignments/write", "demo-handoff-3.2.md", "azimuth resume demo"):
        assert said in shown.stdout
    _administrator("3.2")
    done = lines("resume", "demo", "--yes", code=0)[-1]
    assert (done["end"], done["ok"], done["handoffs"]) == ("nothing to do", True, [])


class _Watching:
    """A run that waits for an administrator, in a process of its own."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, *APPLY, "--json", "--watch", "--every", "0.2"],
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.told: list[dict[str, Any]] = []

    def until_it_waits(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.told.append(json.loads(line))
            if self.told[-1]["event"] == "waiting" and self.told[-1]["key"] == "handoff:3.2":
                return
        raise AssertionError(self.told[-1])

    def end(self) -> int:
        assert self.process.stdout is not None
        with self.process.stdout as rest:
            self.told += [json.loads(line) for line in rest]
        return self.process.wait(timeout=60)


@pytest.mark.slow
def test_a_watching_run_goes_on_by_itself() -> None:
    watching = _Watching()
    watching.until_it_waits()
    _administrator("3.2")
    assert watching.end() == 0
    outcome = watching.told[-1]
    assert (outcome["event"], outcome["ok"], outcome["handoffs"]) == ("outcome", True, [])


@pytest.mark.slow
def test_watching_can_be_interrupted_and_resumed() -> None:
    watching = _Watching()
    watching.until_it_waits()
    watching.process.send_signal(signal.SIGINT)
    assert watching.end() == 130
    assert watching.told[-1]["end"] == "left running"
    _administrator("3.2")
    assert azimuth("resume", "demo", "--yes").returncode == 0


def test_a_step_that_the_guide_has_not_is_wrong_usage() -> None:
    told = azimuth(*APPLY, "--only", "9.9")
    assert told.returncode == 2
    assert "no step 9.9" in told.stderr


class _Waits:
    """Hears a run, and says when it waits for an administrator."""

    def __init__(self) -> None:
        self.heard, self.waits = Heard(), asyncio.Event()

    def __call__(self, event: Event) -> None:
        self.heard(event)
        if isinstance(event, Waiting) and event.key.startswith("handoff:"):
            self.waits.set()


@pytest.mark.slow
async def test_the_hopsworks_guide_in_the_hands_of_a_contributor_of_one_group(tmp_path: Path) -> None:
    """Principal, roles and a provider are somebody else's; all the rest is made, before and after."""
    answers: dict[str, Value] = {"subscription": "Research"}
    hears = _Waits()
    folder = practice_folder()
    with practice(folder, world="hopsworks-handoff") as cloud:
        setup = Setup.begin(HOPSWORKS, "demo", cloud, answers=answers)
        await setup.connect(await sign_in_unattended(cloud))
        await setup.walkthrough.check_all()
        run = asyncio.create_task(Run(setup, hears, watch=True, every=0.1).go())
        await hears.waits.wait()
        pages = sorted(path.name for path in setup.store.folder.glob("*-handoff-*"))
        assert [
            f"demo-handoff-{step}.md" for step in ("1.1", "1.2", "1.3", "2.1", "2.4", "3", "all")
        ] == pages
        only = frozenset({"1", "2.1", "2.4", "provider:Microsoft.Compute"})
        done = await _as_administrator(HOPSWORKS, dict(setup.walkthrough.given), only)
        assert (done.end, done.problem) == (End.DONE, "")
        outcome = await run
        await setup.close()
    assert (outcome.problem, outcome.handoffs) == ("", ())
    assert outcome.ok, outcome.proofs
    assert "ssh public key hopsworksKey" in outcome.made
