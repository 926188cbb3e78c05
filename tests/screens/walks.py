"""Walks through the hi-ml guide by keyboard alone, from the first screen to any later one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from screens.home import HomePage
from screens.review import ReviewPage
from screens.sign_in import SignInPage
from screens.step import StepPage
from tests.rehearsal import HIML, himl
from tests.screens.person import SMALL, Person, at_screen
from wizard.answers import Value
from wizard.azure.clouds import Cloud
from wizard.guides.himl import GUIDE

STEPS = ("0.1", "0.2", "1.1", "1.2", "2.1", "2.3", "3.1", "3.2", "4.1")


async def start(person: Person, name: str = "demo") -> None:
    """Start the hi-ml guide from the home screen, and sign in."""
    await person.at(HomePage)
    await person.see("hi-ml", "start")
    await person.press("enter")
    await person.see("A name for this setup")
    await person.press("ctrl+u")
    await person.write(name)
    await person.press("enter")
    await sign_in(person)


async def sign_in(person: Person) -> None:
    """Sign in the way that is offered first."""
    await person.at(SignInPage)
    await person.see("Enter signs in the marked way")
    await person.press("enter")


async def to_step(person: Person, number: str) -> None:
    """Answer all steps before one, as the starter file does."""
    for step in STEPS:
        await person.at_step(step)
        if step == number:
            return
        await answer(person, step)


async def answer(person: Person, step: str) -> None:
    """Answer one step and go on."""
    if step == "0.2":
        await person.write("research")
    elif step == "1.1":
        await person.press("down", "down")
    elif step == "2.1":
        await person.press("enter", "ctrl+u")
        await person.write("himl-vision")
    elif step == "3.1":
        await person.write("vision")
    await person.press("ctrl+n")


async def to_review(person: Person) -> ReviewPage:
    """Answer everything."""
    await to_step(person, STEPS[-1])
    await person.press("enter")
    return await person.at(ReviewPage)


async def prepared(cloud: Cloud, name: str = "demo", /, *, step: str, **answers: Value) -> None:
    """Leave a profile behind that was answered as the starter file does, up to a step."""
    async with himl(cloud, name, answers={**HIML, **answers}) as setup:
        await setup.walkthrough.settle()
        setup.walkthrough.go_to(step)


@asynccontextmanager
async def resumed(
    cloud: Cloud, step: str, *, size: tuple[int, int] = SMALL, **answers: Value
) -> AsyncIterator[tuple[Person, StepPage]]:
    """Open a prepared profile at a step, signed in."""
    await prepared(cloud, "demo", step=step, **answers)
    async with at_screen(cloud, size=size, guide=GUIDE, profile="demo") as person:
        await sign_in(person)
        yield person, await person.at_step(step)


async def review_of(person: Person) -> ReviewPage:
    """Go from a step to the review, and wait for Azure's word."""
    await person.press("f10")
    review = await person.at(ReviewPage)
    await person.quiet()
    return review
