"""The runs that are killed: what each needs to have happened before, what it does, and how a person goes on after it died."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from profiles.store import ProfileStore
from tests.rehearsal import HIML
from wizard.answers import Value
from wizard.answers_file import read_answers, starter
from wizard.apply.events import unheard
from wizard.apply.preflight import preflight
from wizard.apply.run import Run
from wizard.apply.undo import undo
from wizard.azure.sign_in import sign_in_unattended
from wizard.guides import all_guides
from wizard.machine import Machine
from wizard.setup import Setup

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from wizard.apply.events import OnEvent
    from wizard.apply.outcome import Outcome
    from wizard.azure.clouds import Cloud

PROFILE = "demo"


@dataclass(frozen=True, slots=True)
class Flow:
    """One run: `first` are the commands that came before it undisturbed, `command` is the one that is killed."""

    name: str
    guide: str
    command: str
    answers: Mapping[str, Value] = field(default_factory=dict)
    file: str = ""
    first: tuple[str, ...] = ()

    def given(self) -> Mapping[str, Value]:
        """The answers, whole."""
        read = read_answers(starter(self.file), all_guides()[self.guide]) if self.file else {}
        return {**read, **self.answers}


_AZURES_KEY = {"ssh_source": "azure"}
FLOWS = (
    Flow("hi-ml", "himl", "apply", HIML),
    Flow("Hopsworks", "hopsworks", "apply", file="hopsworks-limited.toml"),
    Flow("Hopsworks, key by Azure", "hopsworks", "apply", _AZURES_KEY, "hopsworks-limited.toml"),
    Flow("undo of hi-ml", "himl", "undo", HIML, first=("apply",)),
    Flow("undo of Hopsworks", "hopsworks", "undo", file="hopsworks-limited.toml", first=("apply",)),
    Flow("rotate", "himl", "rotate", HIML, first=("apply",)),
)


async def carry_out(
    flow: Flow, command: str, cloud: Cloud, home: Path, on_event: OnEvent = unheard
) -> Outcome:
    """Do one command as a face does it: sign in, look before, act."""
    async with _connected(flow, command, cloud, home) as setup:
        if command == "undo":
            return await undo(setup)
        if command == "rotate":
            from wizard.apply.rotate import rotate

            return await rotate(setup)
        told = await preflight(setup)
        if told.blocked:
            raise AssertionError([finding.sentence for finding in told.findings])
        return await Run(setup, on_event).go()


@asynccontextmanager
async def _connected(flow: Flow, command: str, cloud: Cloud, home: Path) -> AsyncIterator[Setup]:
    machine = Machine({}, home, home)
    guides = all_guides()
    if command == "apply":
        setup = Setup.begin(guides[flow.guide], PROFILE, cloud, answers=flow.given(), machine=machine)
    else:
        setup = Setup.reopen(PROFILE, cloud, guides=guides, machine=machine)
    signed_in = await sign_in_unattended(cloud)
    try:
        await setup.connect(signed_in)
        yield setup
    finally:
        await setup.close()
        await signed_in.close()


def going_on(flow: Flow, turn: int) -> str:
    """How a person goes on after a death: the same command again, or, every other time, `azimuth resume`."""
    store = ProfileStore()
    if flow.command == "apply":
        half = store.exists(PROFILE) and store.load(PROFILE).stage != "answering"
        return "resume" if half and turn % 2 else "apply"
    if flow.command == "rotate":
        return ("rotate", "resume", "apply")[turn % 3]
    return flow.command
