"""Guides walked through by keys on the full screen, in this process, as Textual's pilot presses them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from textual.pilot import Pilot
from textual.worker import WorkerCancelled

from screens.app import AzimuthApp
from screens.done import DonePage
from screens.review import ReviewPage
from screens.sign_in import SignInPage
from screens.step import StepPage
from tests.rehearsal import practice
from wizard.guides.himl import GUIDE
from wizard.guides.hopsworks import GUIDE as HOPSWORKS

_PATIENCE = 60.0
_DOWN, _NEXT, _REST, _CLEAR = "down", "ctrl+n", "ctrl+r", ("end", "ctrl+u")
# Which keys answer each step; what is not typed is the default.
_KEYS: dict[str, tuple[str, ...]] = {
    "0.2": tuple("Research"),
    "1.1": (_DOWN, _DOWN),
    "2.1": ("tab", *_CLEAR, *"himl-vision"),
    "3.1": tuple("vision"),
}


async def fill_in_and_apply() -> None:
    """Walk through the hi-ml guide to the proved end, with the profile `demo`."""
    with practice(Path(os.environ["AZIMUTH_HOME"]) / "state" / "practice") as cloud:
        app = AzimuthApp(lambda: cloud, guide=GUIDE, profile="demo")
        async with app.run_test(size=(120, 40)) as pilot:
            await _shown(pilot, SignInPage)
            await pilot.press("enter")
            for step in ("0.1", "0.2", "1.1", "1.2", "2.1", "2.3", "3.1", "3.2", "4.1"):
                await _until(pilot, lambda step=step: _at(app, step))  # type: ignore[misc]  # binds the loop variable
                await pilot.press(*_KEYS.get(step, ()))
                await _settled(pilot)
                await pilot.press(_NEXT)
            await _shown(pilot, ReviewPage)
            await pilot.press("f10")
            await _shown(pilot, DonePage)
        await app.let_go()


async def accept_and_apply() -> None:
    """Walk through the Hopsworks guide by its defaults to the proved end, with the profile `demo`."""
    with practice(Path(os.environ["AZIMUTH_HOME"]) / "state" / "practice") as cloud:
        app = AzimuthApp(lambda: cloud, guide=HOPSWORKS, profile="demo")
        async with app.run_test(size=(120, 40)) as pilot:
            await _shown(pilot, SignInPage)
            await pilot.press("enter")
            await _until(pilot, lambda: _at(app, "0.1"))
            await pilot.press(_NEXT)
            await _until(pilot, lambda: _at(app, "0.2"))
            await pilot.press(*"Research")
            await _settled(pilot)
            await pilot.press(_REST)
            await _shown(pilot, ReviewPage)
            await pilot.press("f10")
            await _shown(pilot, DonePage)
        await app.let_go()


def _at(app: AzimuthApp, step: str) -> bool:
    return isinstance(app.screen, StepPage) and app.screen.walkthrough.here.number == step


async def _shown(pilot: Pilot[None], page: type[object]) -> None:
    await _until(pilot, lambda: isinstance(pilot.app.screen, page))


async def _until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"still at {pilot.app.screen}"
        await pilot.pause()
    await _settled(pilot)


async def _settled(pilot: Pilot[None]) -> None:
    """Wait until nothing is being asked any more; a look that became stale counts as over."""
    for _ in range(3):
        await pilot.pause()
        with suppress(WorkerCancelled):
            await pilot.app.workers.wait_for_complete()
