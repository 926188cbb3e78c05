"""`azimuth apply` and `azimuth resume`: carrying a guide out without a screen, from a file or from where it stopped."""

from __future__ import annotations

import asyncio
import functools
import re
from collections.abc import Callable
from typing import Any

import click

from profiles.store import ProfileStore
from screens.carrying import Going, carry_out
from screens.commands.guides import guide_named
from screens.commands.options import common
from screens.commands.reading import given, reopened, saved
from screens.connecting import connected, hand_over, opened_cloud
from screens.faults import Refused
from screens.following import wait_turn
from screens.settings import Settings
from screens.stores import equip, see_who_reads
from screens.terminal import can_fill_screen
from wizard.apply.watching import EVERY
from wizard.guide import Guide
from wizard.setup import Setup

_HALF_FINISHED = frozenset({"answering", "applying", "applied"})
_NAME = re.compile(r"[a-z_]{2,}(:[A-Za-z.]+)?")
_ONLY = click.option(
    "--only", multiple=True, metavar="STEP", help="Make this step or chapter only; repeatable."
)
_WATCH = click.option(
    "--watch/--no-watch",
    default=None,
    help="Go on by itself when an administrator has made what is theirs. As a rule: on a terminal.",
)
_EVERY = click.option(
    "--every",
    type=click.FloatRange(min=0.01),
    default=EVERY,
    show_default=True,
    metavar="SECONDS",
    help="How often to look for it.",
)


def _going(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command the options about how far a run goes, as `going`."""

    @functools.wraps(command)
    def call(*args: Any, only: tuple[str, ...], watch: bool | None, every: float, **values: Any) -> int:
        return command(*args, going=Going(frozenset(only), watch, every), **values)

    return _ONLY(_WATCH(_EVERY(call)))


@click.command()
@click.argument("guide")
@click.option("--answers", "file", required=True, metavar="FILE", help="Answers as TOML.")
@click.option("--profile", "name", required=True, metavar="NAME", help="The profile that keeps the result.")
@click.option("--yes", is_flag=True, help="Do not ask before writing.")
@click.option("--sign-in", "way", default="", metavar="WAY", help="How to sign in.")
@_going
@common
def apply(settings: Settings, guide: str, file: str, name: str, way: str, *, yes: bool, going: Going) -> int:
    """Check the answers, show what will change, make it, and prove it. A second time changes nothing.

    What you may not make is handed to an administrator, and the rest is made.
    """
    found = guide_named(guide)
    _known_steps(found, going.only)
    provided = given(found, file, profile=saved(name))
    # Another's run must not find other answers halfway.
    asyncio.run(wait_turn(name, settings.output, watch=going.watch))
    with opened_cloud(settings) as cloud:
        setup = Setup.begin(found, name, cloud, answers=provided.answers)
        hand_over(setup, provided.secrets)
        equip(setup, settings)
        return asyncio.run(_carry_out(setup, settings, way, going, yes=yes))


async def _carry_out(setup: Setup, settings: Settings, way: str, going: Going, *, yes: bool) -> int:
    see_who_reads(setup, settings)
    async with connected(setup, settings.output, way):
        return await carry_out(setup, settings.output, yes=yes, going=going)


def _known_steps(guide: Guide, only: frozenset[str]) -> None:
    """Refuse the number of a step that the guide has not; a name may be that of an object, told once Azure was asked."""
    numbers = [*(chapter.number for chapter in guide.chapters), *(step.number for step in guide.steps)]
    wrong = sorted(word for word in only.difference(numbers) if not _NAME.fullmatch(word))
    if wrong:
        raise Refused(f"{guide.key} has no step {', '.join(wrong)}. It has: {', '.join(numbers)}.")


@click.command()
@click.argument("profile", required=False)
@click.option("--yes", is_flag=True, help="Without the full screen, and do not ask before writing.")
@click.option("--sign-in", "way", default="", metavar="WAY", help="How to sign in.")
@_going
@common
def resume(settings: Settings, profile: str | None, way: str, *, yes: bool, going: Going) -> int:
    """Go on where PROFILE stopped (the one worked on last): full screen on a terminal, else without asking."""
    name = profile or _last()
    kept = ProfileStore().load(name)
    asked_for = yes or bool(going.only) or going.watch is not None
    screenless = asked_for or settings.as_json or settings.by_lines or not can_fill_screen()
    if not screenless:
        from screens.opening import full_screen

        return full_screen(settings, guide=_guide_of(kept.guide, name), profile=name, resume=True)
    walks = settings.plain or not (asked_for or settings.as_json)
    if settings.by_lines and walks and not yes:
        from screens.opening import plain

        return plain(settings, _guide_of(kept.guide, name), name)
    with opened_cloud(settings, kept.cloud) as cloud:
        setup = reopened(name, cloud)
        _known_steps(setup.guide, going.only)
        equip(setup, settings)
        return asyncio.run(_carry_out(setup, settings, way, going, yes=yes))


def _guide_of(key: str, name: str) -> Guide:
    try:
        return guide_named(key)
    except Refused:
        raise Refused(f"Profile {name} is of the guide {key}, which is not installed here.") from None


def _last() -> str:
    for line in ProfileStore().list():
        if line.stage in _HALF_FINISHED:
            return line.name
    raise Refused("No profile is half-finished. azimuth profiles lists them; azimuth resume NAME takes any.")
