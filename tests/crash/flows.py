"""The runs that are killed: what each needs to have happened before, what it does, and how a person goes on after it died."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from profiles.store import ProfileStore
from tests.playing import PROFILE, Flow, connected
from tests.rehearsal import HIML
from wizard.apply.events import unheard
from wizard.apply.preflight import preflight
from wizard.apply.run import Run
from wizard.apply.undo import undo

if TYPE_CHECKING:
    from wizard.apply.events import OnEvent
    from wizard.apply.outcome import Outcome
    from wizard.azure.clouds import Cloud

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
    async with connected(flow, command, cloud, home) as setup:
        if command == "undo":
            return await undo(setup)
        if command == "rotate":
            from wizard.apply.rotate import rotate

            return await rotate(setup)
        told = await preflight(setup)
        if told.blocked:
            raise AssertionError([finding.sentence for finding in told.findings])
        return await Run(setup, on_event).go()


def going_on(flow: Flow, turn: int) -> str:
    """How a person goes on after a death: the same command again, or, every other time, `azimuth resume`."""
    store = ProfileStore()
    if flow.command == "apply":
        half = store.exists(PROFILE) and store.load(PROFILE).stage != "answering"
        return "resume" if half and turn % 2 else "apply"
    if flow.command == "rotate":
        return ("rotate", "resume", "apply")[turn % 3]
    return flow.command
