"""`azimuth verify` and `azimuth undo`: whether what a profile made still works, and taking it away again."""

from __future__ import annotations

import asyncio

import click

from profiles.store import ProfileStore
from screens import json_shapes, telling
from screens.carrying import agreed
from screens.commands.options import common
from screens.commands.reading import reopened
from screens.connecting import connected, opened_cloud
from screens.faults import DONE, FAILED
from screens.progress import ProgressLines
from screens.settings import Settings
from wizard.apply.outcome import Change, Outcome
from wizard.apply.undo import preview_undo
from wizard.apply.undo import undo as take_away
from wizard.apply.verify import verify as prove
from wizard.setup import Setup

_sign_in = click.option("--sign-in", "way", default="", metavar="WAY", help="How to sign in.")


@click.command()
@click.argument("profile")
@_sign_in
@common
def verify(settings: Settings, profile: str, way: str) -> int:
    """Look up what PROFILE made, run all its proofs, and tell how long its secrets last. Writes nothing to Azure."""
    kept = ProfileStore().load(profile)
    output = settings.output
    with opened_cloud(settings, kept.cloud) as cloud:
        setup = reopened(profile, cloud)
        done = asyncio.run(_verify(setup, settings, way))
    shape = json_shapes.outcome(profile, done) | {"secrets": json_shapes.expiries(setup.profile)}
    output.document(shape)
    telling.expiries(output, setup.profile)
    good = sum(1 for proof in done.proofs if proof.ok)
    output.say(f"{good} of {len(done.proofs)} proofs hold.", "good" if done.ok else "bad")
    for sentence in (done.problem, done.mend):
        if sentence:
            output.say(sentence)
    return DONE if done.ok else FAILED


async def _verify(setup: Setup, settings: Settings, way: str) -> Outcome:
    output = settings.output
    async with connected(setup, output, way):
        telling.header(output, setup)
        return await prove(setup, ProgressLines(output, stream=False))


@click.command()
@click.argument("profile")
@click.option("--yes", is_flag=True, help="Do not ask before removing.")
@_sign_in
@common
def undo(settings: Settings, profile: str, way: str, *, yes: bool) -> int:
    """Remove what PROFILE created, newest first, and only that. The profile and its answers stay."""
    kept = ProfileStore().load(profile)
    with opened_cloud(settings, kept.cloud) as cloud:
        return asyncio.run(_undo(reopened(profile, cloud), settings, way, yes=yes))


async def _undo(setup: Setup, settings: Settings, way: str, *, yes: bool) -> int:
    output, name = settings.output, setup.profile.name
    async with connected(setup, output, way):
        telling.header(output, setup)
        lines = preview_undo(setup)
        for line in lines:
            telling.change(output, line)
        gone = [line for line in lines if line.change is Change.REMOVE]
        output.line({"event": "preview", "changes": [json_shapes.change(line) for line in lines]})
        if gone:
            telling.as_whom(output, setup)
            if not yes and not await agreed():
                output.say("Nothing was removed.")
                return FAILED
        done = await take_away(setup, ProgressLines(output))
    output.line({"event": "outcome", **json_shapes.outcome(name, done)})
    if done.problem:
        output.say(f"{done.problem} {done.mend}", "bad")
    elif done.removed:
        output.say(
            f"Removed {len(done.removed)}. The profile keeps its answers: azimuth resume {name} makes it again."
        )
    else:
        output.say("Nothing was removed: nothing of this profile is there.")
    return DONE if done.ok else FAILED
