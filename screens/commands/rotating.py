"""`azimuth rotate`: a new client secret in the place of the old one, proved before the old one goes."""

from __future__ import annotations

import asyncio

import click

from profiles.store import ProfileStore
from screens import json_shapes, once, telling
from screens.carrying import agreed
from screens.commands.options import common
from screens.commands.reading import reopened
from screens.connecting import connected, opened_cloud
from screens.faults import DONE, FAILED
from screens.progress import ProgressLines
from screens.settings import Settings
from screens.stores import equip, see_who_reads
from wizard.apply.outcome import End, Outcome
from wizard.apply.rotate import rotate as turn
from wizard.apply.rotate import why_not
from wizard.setup import Setup


@click.command()
@click.argument("profile")
@click.option("--yes", is_flag=True, help="Do not ask before making the new secret.")
@click.option("--sign-in", "way", default="", metavar="WAY", help="How to sign in.")
@common
def rotate(settings: Settings, profile: str, way: str, *, yes: bool) -> int:
    """Give PROFILE a new client secret, prove it by signing in, and only then remove the old one.

    The new one is stored where the old one is, and azimuth env and run give it from then on.
    """
    kept = ProfileStore().load(profile)
    with opened_cloud(settings, kept.cloud) as cloud:
        setup = reopened(profile, cloud)
        equip(setup, settings)
        refused = why_not(setup)
        if refused is not None:
            return _tell(settings, setup, Outcome(End.FAILED, problem=refused[0], mend=refused[1]))
        see_who_reads(setup, settings)
        return asyncio.run(_rotate(setup, settings, way, yes=yes))


async def _rotate(setup: Setup, settings: Settings, way: str, *, yes: bool) -> int:
    output = settings.output
    async with connected(setup, output, way):
        telling.header(output, setup)
        output.say(
            "A new client secret is made, stored and proved by signing in; then the old one is removed."
        )
        output.say(
            "Whatever else uses the old one, such as a pipeline, needs the new one from then on.", "warn"
        )
        telling.expiries(output, setup.profile)
        telling.as_whom(output, setup)
        if not yes and not await agreed():
            output.say("Nothing was changed.")
            return FAILED
        done = await turn(setup, ProgressLines(output))
    return _tell(settings, setup, done)


def _tell(settings: Settings, setup: Setup, done: Outcome) -> int:
    """Say how it ended, and return the exit code."""
    output = settings.output
    output.line({"event": "outcome", **json_shapes.outcome(setup.profile.name, done)})
    if done.problem:
        output.say(f"{done.problem} {done.mend}".rstrip(), "bad")
    for title, labels in (("Made", done.made), ("Kept", done.kept), ("Removed", done.removed)):
        if labels:
            output.say(f"{title}: {', '.join(labels)}")
    if done.ok:
        telling.expiries(output, setup.profile)
        output.say(done.mend)
    once.tell(output, done.shown_once)
    return DONE if done.ok else FAILED
