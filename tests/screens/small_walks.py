"""Ways into the small guide, at a step or at the review."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from screens.step import StepPage
from tests.screens.person import SMALL, Person, at_screen
from tests.screens.small_guide import GUIDE
from tests.screens.walks import sign_in
from wizard.answers import Value
from wizard.azure.clouds import Cloud
from wizard.azure.sign_in import sign_in_unattended
from wizard.machine import Machine
from wizard.setup import Setup


@asynccontextmanager
async def at_small(
    cloud: Cloud, step: str, *, size: tuple[int, int] = SMALL, **answers: Value
) -> AsyncIterator[tuple[Person, StepPage]]:
    """Open the small guide at a step, signed in, with the subscription picked."""
    given = {"subscription": "Research", **answers}
    setup = Setup.begin(GUIDE, "small", cloud, answers=given, machine=Machine())
    await setup.connect(await sign_in_unattended(cloud))
    await setup.walkthrough.settle()
    setup.walkthrough.go_to(step)
    await setup.close()
    async with at_screen(cloud, size=size, guide=GUIDE, profile="small") as person:
        await sign_in(person)
        yield person, await person.at_step(step)
