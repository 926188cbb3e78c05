"""What is disturbed: each run as a face does it, and how its end was told."""

from __future__ import annotations

import asyncio
import logging
import re
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from profiles.errors import ProfilesError
from profiles.secrets import SecretStoreError
from profiles.store import ProfileStore
from tests.playing import PROFILE, Flow, connected
from tests.rehearsal import HIML
from wizard.apply.preflight import preflight
from wizard.apply.rotate import rotate
from wizard.apply.run import Run
from wizard.apply.undo import undo
from wizard.apply.verify import verify
from wizard.azure.errors import AzureProblem
from wizard.setup import Setup

if TYPE_CHECKING:
    from wizard.apply.events import Event, OnEvent
    from wizard.apply.outcome import Outcome
    from wizard.azure.clouds import Cloud

_SECONDS = 90  # no run lasts longer, whatever goes wrong
_ENTRA_SECRET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{2}8Q~[A-Za-z0-9._~-]{20,}|eyJ[A-Za-z0-9_-]{10,}\.")


_LIMITED = "hopsworks-limited.toml"
FLOWS = (
    Flow("sign-in", "himl", "sign-in", answers=HIML),
    Flow("apply hi-ml", "himl", "apply", answers=HIML),
    Flow("verify", "himl", "verify", HIML, first=("apply",)),
    Flow("rotate", "himl", "rotate", HIML, first=("apply",)),
    Flow("undo hi-ml", "himl", "undo", HIML, first=("apply",)),
    Flow("apply Hopsworks", "hopsworks", "apply", file=_LIMITED),
    Flow("undo Hopsworks", "hopsworks", "undo", file=_LIMITED, first=("apply",)),
)


@dataclass(frozen=True, slots=True)
class Told:
    """How a run ended: `problem` and `mend` as a person reads them; `broken` is a traceback that nobody should see."""

    ok: bool
    problem: str = ""
    mend: str = ""
    broken: str = ""
    log: str = ""

    @property
    def everything(self) -> str:
        """All that the run gave out."""
        return f"{self.problem}\n{self.mend}\n{self.broken}\n{self.log}"

    @property
    def secrets(self) -> list[str]:
        """Client secrets and tokens in it."""
        return _ENTRA_SECRET.findall(self.everything)


class _Listening(logging.Handler):
    """Keeps what Azimuth's own loggers say."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self.lines.append(record.getMessage())


def carry_out(flow: Flow, command: str, cloud: Cloud, home: Path) -> Told:
    """Do one command from the very beginning, and tell how it ended."""
    listening = _Listening()
    loggers = [logging.getLogger(name) for name in ("wizard", "profiles")]
    for logger in loggers:
        logger.addHandler(listening)
        logger.setLevel(logging.DEBUG)
    try:
        return asyncio.run(_told(flow, command, cloud, home, listening.lines))
    finally:
        for logger in loggers:
            logger.removeHandler(listening)


async def _told(flow: Flow, command: str, cloud: Cloud, home: Path, lines: list[str]) -> Told:
    def hear(event: Event) -> None:
        lines.append(repr(event))

    try:
        async with asyncio.timeout(_SECONDS), connected(flow, command, cloud, home) as setup:
            outcome = await _done(command, setup, hear)
            name = setup.profile.name
    except (AzureProblem, ProfilesError, SecretStoreError) as told:
        mend = getattr(told, "advice", "") or getattr(told, "mend", "")
        return Told(ok=False, problem=str(told), mend=mend, log="\n".join(lines))
    except BaseException:  # noqa: BLE001 - it is what is looked for
        return Told(ok=False, broken=traceback.format_exc(), log="\n".join(lines))
    lines.append(repr(outcome))
    unproved = [proof for proof in outcome.proofs if not proof.ok]
    problem = outcome.problem or "; ".join(f"{proof.title}: {proof.what}" for proof in unproved)
    mend = outcome.mend or "; ".join(proof.mend for proof in unproved if proof.mend)
    if not mend and unproved:
        mend = f"azimuth verify {name} proves it again."  # the faces say so below what is not proved
    good = outcome.ok and not outcome.handoffs
    return Told(ok=good, problem=problem, mend=mend, log="\n".join(lines))


async def _done(command: str, setup: Setup, hear: OnEvent) -> Outcome:
    from wizard.apply.outcome import End, Outcome

    if command == "sign-in":
        return Outcome(End.DONE)
    if command in {"verify", "undo", "rotate"}:
        doing: Callable[[Setup, OnEvent], Awaitable[Outcome]] = {
            "verify": verify,
            "undo": undo,
            "rotate": rotate,
        }[command]
        return await doing(setup, hear)
    told = await preflight(setup)
    if told.blocked:
        wrong = [finding for finding in told.findings if finding.blocks]
        mend = " ".join(finding.mend or finding.rule for finding in wrong)
        return Outcome(End.FAILED, problem=" ".join(f.what for f in wrong), mend=mend)
    return await Run(setup, hear).go()


def going_on(flow: Flow, turn: int) -> str:
    """How a person goes on afterwards: the same command again, or, every other time, `azimuth resume`."""
    if flow.command == "apply":
        store = ProfileStore()
        begun = store.exists(PROFILE) and store.load(PROFILE).stage != "answering"
        return "resume" if begun and turn % 2 else "apply"
    return flow.command
