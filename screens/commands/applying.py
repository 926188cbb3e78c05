"""`azimuth apply` and `azimuth resume`: carrying a guide out without a screen, from a file or from where it stopped."""

from __future__ import annotations

import asyncio

import click

from profiles.store import ProfileStore
from screens.carrying import carry_out
from screens.commands.guides import guide_named
from screens.commands.options import common
from screens.commands.reading import Given, given, reopened, saved
from screens.connecting import connected, hand_over, opened_cloud
from screens.faults import Refused
from screens.settings import Settings
from screens.terminal import can_fill_screen
from wizard.guide import Guide
from wizard.setup import Setup

_HALF_FINISHED = frozenset({"answering", "applying", "applied"})


@click.command()
@click.argument("guide")
@click.option("--answers", "file", required=True, metavar="FILE", help="Answers as TOML.")
@click.option("--profile", "name", required=True, metavar="NAME", help="The profile that keeps the result.")
@click.option("--yes", is_flag=True, help="Do not ask before writing.")
@click.option("--sign-in", "way", default="", metavar="WAY", help="How to sign in.")
@common
def apply(settings: Settings, guide: str, file: str, name: str, way: str, *, yes: bool) -> int:
    """Check the answers, show what will change, make it, and prove it. A second time changes nothing."""
    found = guide_named(guide)
    provided = given(found, file, profile=saved(name))
    with opened_cloud(settings) as cloud:
        setup = Setup.begin(found, name, cloud, answers=provided.answers)
        return asyncio.run(_carry_out(setup, settings, way, provided, yes=yes))


async def _carry_out(setup: Setup, settings: Settings, way: str, provided: Given | None, *, yes: bool) -> int:
    if provided is not None:
        hand_over(setup, provided.secrets)
    async with connected(setup, settings.output, way):
        return await carry_out(setup, settings.output, yes=yes)


@click.command()
@click.argument("profile", required=False)
@click.option("--yes", is_flag=True, help="Without the full screen, and do not ask before writing.")
@click.option("--sign-in", "way", default="", metavar="WAY", help="How to sign in.")
@common
def resume(settings: Settings, profile: str | None, way: str, *, yes: bool) -> int:
    """Go on where PROFILE stopped (the one worked on last): full screen on a terminal, else without asking."""
    name = profile or _last()
    kept = ProfileStore().load(name)
    screenless = yes or settings.as_json or settings.plain or not can_fill_screen()
    if not screenless:
        from screens.opening import full_screen

        return full_screen(settings, guide=_guide_of(kept.guide, name), profile=name, resume=True)
    if settings.plain and not yes:
        from screens.opening import plain

        return plain(settings, _guide_of(kept.guide, name), name)
    with opened_cloud(settings, kept.cloud) as cloud:
        setup = reopened(name, cloud)
        return asyncio.run(_carry_out(setup, settings, way, None, yes=yes))


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
