"""What the harnesses of kills and of faults disturb: one run as data, opened as a face opens it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from wizard.answers import Value
from wizard.answers_file import read_answers, starter
from wizard.azure.sign_in import sign_in_unattended
from wizard.guides import all_guides
from wizard.machine import Machine
from wizard.setup import Setup

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from wizard.azure.clouds import Cloud

PROFILE = "demo"
_FROM_ANSWERS = frozenset({"apply", "sign-in"})


@dataclass(frozen=True, slots=True)
class Flow:
    """One run: `first` are the commands that came before it undisturbed, `command` is the one that is disturbed."""

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


@asynccontextmanager
async def connected(flow: Flow, command: str, cloud: Cloud, home: Path) -> AsyncIterator[Setup]:
    """Yield the flow's setup, signed in as the person of the world: begun from its answers, or as its profile left it."""
    machine, guides = Machine({}, home, home), all_guides()
    if command in _FROM_ANSWERS:
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
