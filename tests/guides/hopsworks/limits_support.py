"""The whole guide with limited permissions, over practice Azure with real HTTPS."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from wizard.answers import Answers, Value
from wizard.azure.clouds import Cloud
from wizard.azure.sign_in import sign_in_unattended
from wizard.guide import Finding
from wizard.guides.hopsworks import GUIDE
from wizard.machine import Machine
from wizard.plan import Plan
from wizard.setup import Setup
from wizard.walkthrough import Walkthrough

RESEARCH = "142c8364-7806-4577-93e7-83e7eb04b39b"
SUBSCRIPTION = f"/subscriptions/{RESEARCH}"
GROUP = f"{SUBSCRIPTION}/resourceGroups/hopsworks"
ROLE = "8d0c2b7e-5a41-4f93-9b68-e3f1d7a60c52"
PRINCIPAL = "61d9f3a4-0c27-4e85-b1f6-93a7c5e82d40"
LIMITED: Mapping[str, Value] = {
    "subscription": "Research",
    "resource_group": "hopsworks",
    "permission_profile": "limited",
}
FACTS: Mapping[str, Value] = {
    "subscription": RESEARCH,
    "tenant": "47eaa099-2cb6-416d-86dc-283cf0480ff9",
    "subscription_name": "Research",
    "group_location": "westeurope",
}


def answers(**more: Value) -> Answers:
    """Answers of somebody who limits the permissions, as if all checks had been made."""
    return Answers({**LIMITED, **FACTS, **more}, GUIDE.questions)


def plan(**more: Value) -> Plan:
    """The plan of these answers."""
    return GUIDE.plan(answers(**more))


@asynccontextmanager
async def limited(cloud: Cloud, **more: Value) -> AsyncIterator[Setup]:
    """Yield a setup with limited permissions, signed in as the person of the world."""
    home = Path.home()
    setup = Setup.begin(GUIDE, "limited", cloud, answers={**LIMITED, **more}, machine=Machine({}, home, home))
    await setup.connect(await sign_in_unattended(cloud))
    try:
        yield setup
    finally:
        await setup.close()


async def up_to(walkthrough: Walkthrough, number: str) -> list[Finding]:
    """Check every step up to one, and return the findings of that one."""
    for step in walkthrough.steps:
        found = await walkthrough.check_step(step)
        if step.number == number:
            return list(found)
    raise AssertionError(f"step {number} is not wanted")


async def drawn(walkthrough: Walkthrough, number: str) -> str:
    """The picture of a step, as text."""
    step = next(step for step in walkthrough.steps if step.number == number)
    picture = await walkthrough.draw(step)
    assert picture is not None
    return picture.text


async def role_in_azure(setup: Setup, guid: str = ROLE) -> set[str]:
    """The actions of a role as it stands."""
    azure = setup.walkthrough.azure
    assert azure is not None
    path = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{guid}"
    body: Any = await azure.arm.read(path, "2022-04-01")
    return set(body["properties"]["permissions"][0]["actions"])
