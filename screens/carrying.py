"""Carrying a plan out while somebody may watch: preview, question, progress, and Ctrl+C at any moment."""

from __future__ import annotations

import asyncio
import shlex
import signal
import sys
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from screens import json_shapes, telling
from screens.asking import answer_line
from screens.faults import DONE, FAILED, MANUAL, Refused
from screens.following import wait_turn
from screens.progress import ProgressLines
from screens.terminal import has_person
from wizard.apply.outcome import End, Outcome, Preview
from wizard.apply.preflight import preflight
from wizard.apply.run import Run
from wizard.apply.watching import EVERY
from wizard.azure.errors import AzureProblem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from screens.output import Output
    from wizard.setup import Setup

_SIGNALLED = 128
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_STOPS = {
    "": "leave",
    "l": "leave",
    "leave": "leave",
    "c": "cancel",
    "cancel": "cancel",
    "w": "watch",
    "watch": "watch",
}
_QUESTION = "\nStop? [L]eave it running (Azure goes on, azimuth resume picks it up), [c]ancel, or [w]atch on? [leave] "


@dataclass(frozen=True, slots=True)
class Going:
    """How far a run goes: `only` some steps, and with `watch`, on until administrators have made what is theirs.

    Without a word about it, a run watches where a person sits who can stop it. `every` is in seconds.
    """

    only: frozenset[str] = frozenset()
    watch: bool | None = None
    every: float = EVERY

    @property
    def watches(self) -> bool:
        """Whether it goes on watching."""
        return has_person() if self.watch is None else self.watch


async def carry_out(setup: Setup, output: Output, *, yes: bool, going: Going | None = None) -> int:
    """Preview, ask unless `yes`, apply with progress lines, and say how it ended; return the exit code.

    Raises:
        Refused: somebody has to say yes and nobody is there.
        AzureProblem: Azure could not be reached for the preview.
    """
    going = going or Going()
    await wait_turn(setup.profile.name, output, setup.walkthrough.plan(), watch=going.watch)
    output.say(f"Checking every answer with {setup.cloud.label}…", "quiet")
    told = await preflight(setup, going.only)
    telling.header(output, setup)
    telling.preview(output, told, setup)
    output.line({"event": "preview", **json_shapes.preview(setup.guide.key, told)})
    if told.blocked:
        output.say("Nothing was written: mend what is wrong first.", "bad")
        output.line({"event": "outcome", **json_shapes.outcome(setup.profile.name, _blocked(told))})
        return FAILED
    if not told.nothing_to_do and not yes and not await agreed():
        output.say("Nothing was written. The answers are saved.")
        return FAILED
    return await perform(setup, output, going)


async def perform(setup: Setup, output: Output, going: Going | None = None) -> int:
    """Apply with progress lines, say how it ended, and return the exit code.

    Nothing is asked but by Ctrl+C, and whether to watch another Azimuth that is at it already.

    Raises:
        Refused: another Azimuth is at it, and is not to be watched.
    """
    going = going or Going()
    await wait_turn(setup.profile.name, output, setup.walkthrough.plan(), watch=going.watch)
    lines = ProgressLines(output)
    run = Run(setup, lines, only=going.only, watch=going.watches, every=going.every)
    with _interruptible(run, lines) as stops:
        done = await run.go()
    lines.release()
    telling.outcome(output, done, setup)
    output.line({"event": "outcome", **json_shapes.outcome(setup.profile.name, done)})
    return exit_code(done, max(stops - {signal.SIGINT}, default=signal.SIGINT))


def exit_code(done: Outcome, which: signal.Signals = signal.SIGINT) -> int:
    """Return the exit code of a run's end; `which` is the signal that ended it early."""
    if done.end in {End.LEFT_RUNNING, End.CANCELLED}:
        return _SIGNALLED + which
    if done.end is End.WAITING:
        return MANUAL
    if not done.ok:
        return FAILED
    return MANUAL if done.manual else DONE


async def agreed() -> bool:
    """Ask whether to go on.

    Raises:
        Refused: nobody is there; the command line that needs nobody is named.
    """
    if not has_person():
        otherwise = shlex.join(("azimuth", *sys.argv[1:], "--yes"))
        raise Refused(f"Somebody has to agree, and there is no terminal to ask at. Run: {otherwise}")
    return (await answer_line("Go on? [y/N] ")).lower() in {"y", "yes"}


@contextmanager
def _interruptible(run: Run, lines: ProgressLines) -> Iterator[set[signal.Signals]]:
    """Turn Ctrl+C into a question and SIGTERM into leaving, for as long as the block lasts; gives the signals that came."""
    loop = asyncio.get_running_loop()
    came: set[signal.Signals] = set()
    asking: set[asyncio.Task[None]] = set()

    def stop(which: signal.Signals) -> None:
        quiet = which is not signal.SIGINT or signal.SIGINT in came or not has_person()
        came.add(which)
        for task in asking:
            task.cancel()
        asking.clear()
        asking.add(loop.create_task(run.leave() if quiet else _ask(run, lines, lambda: came.discard(which))))

    for which in _SIGNALS:
        loop.add_signal_handler(which, stop, which)
    try:
        yield came
    finally:
        for which in _SIGNALS:
            loop.remove_signal_handler(which)
        for task in asking:
            task.cancel()


async def _ask(run: Run, lines: ProgressLines, watch: Callable[[], None]) -> None:
    lines.hold()
    try:
        choice = _STOPS.get((await answer_line(_QUESTION)).lower(), "leave")
    finally:
        lines.release()
    if choice == "watch":
        watch()
    elif choice == "cancel":
        try:
            await run.cancel()
        except AzureProblem as problem:
            sys.stderr.write(f"Azure could not be asked to cancel: {problem}\n")
    else:
        await run.leave()


def _blocked(told: Preview) -> Outcome:
    first = next((found.sentence for found in told.findings if found.blocks), "")
    return Outcome(End.FAILED, problem=first)
