"""Choosing by line prompts between what was answered here and what was answered elsewhere meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from profiles.errors import ProfilesError
from profiles.merging import Collision, shown
from profiles.room import problem_of
from screens.terminal import Sign
from wizard.guide import Choice

if TYPE_CHECKING:
    from screens.output import Output
    from screens.prompts import Prompts
    from wizard.setup import Setup

_MINE, _THEIRS = "mine", "theirs"


async def keep(setup: Setup, prompts: Prompts) -> None:
    """Have everything on disk before the next question; what can't be is told, and tried again at the next one.

    Raises:
        KeyboardInterrupt: the person left without choosing between two answers.
    """
    try:
        try:
            await setup.flush()
        except Collision as collision:
            setup.settle(await mine_of(collision, setup, prompts))
    except (ProfilesError, OSError) as problem:
        told = problem_of(problem) if isinstance(problem, OSError) else str(problem)
        prompts.output.tell(Sign.WARNING, f"Not saved yet: {told}", "warn")


def tell_merges(setup: Setup, output: Output) -> None:
    """Have it told when answers were changed elsewhere and taken over."""

    def tell(keys: tuple[str, ...]) -> None:
        names = ", ".join(setup.guide.question(key).prompt for key in keys)
        if names:
            output.tell(Sign.WARNING, f"Changed elsewhere, and taken over: {names}", "warn")

    setup.on_merge = tell


async def mine_of(collision: Collision, setup: Setup, prompts: Prompts) -> tuple[str, ...]:
    """Show each difference and have one side chosen; return the keys of the answers that stay as they are here.

    Raises:
        KeyboardInterrupt: the person left without choosing; nothing was overwritten.
    """
    output = prompts.output
    output.say()
    output.say(collision.sentence, "warn")
    kept = []
    for one in collision.differences:
        prompt = setup.guide.question(one.key).prompt
        output.say(f"{prompt} ({one.key}); it was: {shown(one.before)}", "strong")
        choices = [
            Choice(_MINE, _MINE, f"answered here: {shown(one.mine)}"),
            Choice(_THEIRS, _THEIRS, f"answered elsewhere: {shown(one.theirs)}"),
        ]
        chosen: object = ""
        while chosen not in {_MINE, _THEIRS}:
            chosen = await prompts.choose("Which one", choices, "")
        if chosen == _MINE:
            kept.append(one.key)
    return tuple(kept)
