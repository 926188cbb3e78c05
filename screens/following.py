"""Waiting for another Azimuth that carries out the same profile, line by line: who it is, what it does, until it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from screens import json_shapes
from screens.asking import answer_line
from screens.faults import FAILED, Refused
from screens.progress import ProgressLines
from screens.terminal import has_person
from wizard.apply.following import follow, held_by, labels_of, sentence

if TYPE_CHECKING:
    from screens.output import Output
    from wizard.plan import Plan

_YES = frozenset({"", "y", "yes", "w", "watch"})


async def wait_turn(name: str, output: Output, plan: Plan | None = None, *, watch: bool | None) -> None:
    """Return at once where nobody carries out the profile; else watch what they do until they end.

    `plan` says how things are called. Without a word about watching, a person at the terminal is asked.

    Raises:
        Refused: it is not to be watched, or nobody is there to say so.
    """
    while (holder := held_by(name)) is not None:
        told = sentence(name, holder)
        output.line({"event": "held", **json_shapes.holder(name, holder)})
        if watch is False or (watch is None and not has_person()):
            raise Refused(
                f"{told} {holder.way_out} azimuth resume {name} --watch follows it, and goes on when it ends.",
                code=FAILED,
                kind="profile",
            )
        output.say(told, "warn")
        output.say(holder.way_out, "quiet")
        if watch is None:
            typed = await answer_line("Watch it, and go on when it ends? [Y/n] ")
            if typed.lower() not in _YES:
                raise Refused("Nothing was done. The answers are saved.", code=FAILED, kind="profile")
        await follow(name, ProgressLines(output), labels_of(plan) if plan is not None else {})
        output.say("It has ended. Going on from there.")
        output.line({"event": "free", "profile": name})
