"""Draws the picture of a step screen for the README, from the running app over practice Azure: ``python -m screens.picture docs/step.svg``."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot

from screens.app import AzimuthApp
from screens.sign_in import SignInPage
from screens.step import StepPage
from wizard.azure.choose import PRACTICE, open_cloud
from wizard.azure.clouds import Cloud
from wizard.guides.himl import GUIDE
from wizard.machine import Machine
from wizard.setup import Setup

SIZE = (140, 27)
STEP = "3.2"
_ANSWERS = {
    "subscription": "142c8364-7806-4577-93e7-83e7eb04b39b",
    "auth_way": "service_principal",
    "app_name": "himl-vision",
    "workspace": "vision",
}
_PATIENCE = 30.0


def draw() -> str:
    """Open the hi-ml guide at a step, as a person would see it, and return the screen as SVG.

    Raises:
        TimeoutError: the screen never came to rest.
    """
    with tempfile.TemporaryDirectory() as folder:
        os.environ["AZIMUTH_HOME"] = folder
        with open_cloud(PRACTICE, practice_folder=Path(folder)) as cloud:
            Setup.begin(GUIDE, "vision", cloud, answers=_ANSWERS, machine=Machine())
            return asyncio.run(_shown(cloud))


async def _shown(cloud: Cloud) -> str:
    app = AzimuthApp(lambda: cloud, guide=GUIDE, profile="vision", machine=Machine())
    try:
        async with app.run_test(size=SIZE) as pilot:
            await _walk(app, pilot)
            return app.export_screenshot(title="azimuth himl")
    finally:
        await app.let_go()


async def _walk(app: AzimuthApp, pilot: Pilot[None]) -> None:
    await _until(app, pilot, lambda: isinstance(app.screen, SignInPage))
    app.simulate_key("enter")
    await _until(app, pilot, lambda: isinstance(app.screen, StepPage) and app.focused is not None)
    page = app.screen
    while isinstance(page, StepPage) and page.walkthrough.here.number != STEP:
        number = page.walkthrough.here.number
        page.action_next()
        await _until(app, pilot, lambda: page.walkthrough.here.number != number)  # noqa: B023 - awaited at once


async def _until(app: AzimuthApp, pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    """Wait until something holds and nothing is being asked any more."""
    async with asyncio.timeout(_PATIENCE):
        while not holds() or any(not worker.is_finished for worker in app.workers):
            await pilot.pause(0.02)


def main(path: str) -> None:
    """Write the picture to a file."""
    Path(path).write_text(draw(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "docs/step.svg")
