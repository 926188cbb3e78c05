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
from screens.output import Output
from screens.progress import ProgressLines
from screens.settings import Settings
from screens.stores import equip
from wizard.apply.outcome import Change, Outcome, PlannedChange
from wizard.apply.undo import may_purge, preview_undo
from wizard.apply.undo import undo as take_away
from wizard.apply.verify import verify as prove
from wizard.setup import Setup

_ACTS = frozenset({Change.REMOVE, Change.CHANGE, Change.UNSURE})
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
        equip(setup, settings)
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
@click.option("--purge", is_flag=True, help="Delete for good what Azure would keep to be restored.")
@_sign_in
@common
def undo(settings: Settings, profile: str, way: str, *, yes: bool, purge: bool) -> int:
    """Remove what PROFILE created, and only that; what holds data or serves others is kept.

    The profile and its answers stay.
    """
    kept = ProfileStore().load(profile)
    with opened_cloud(settings, kept.cloud) as cloud:
        setup = reopened(profile, cloud)
        equip(setup, settings)
        return asyncio.run(_undo(setup, settings, way, yes=yes, purge=purge))


async def _undo(setup: Setup, settings: Settings, way: str, *, yes: bool, purge: bool) -> int:
    output = settings.output
    async with connected(setup, output, way):
        telling.header(output, setup)
        output.say(f"Asking {setup.cloud.label} what is there, and who else uses it…", "quiet")
        lines = await preview_undo(setup, purges=purge)
        for line in lines:
            telling.change(output, line)
        output.line({"event": "preview", "changes": [json_shapes.change(line) for line in lines]})
        if any(line.change in _ACTS for line in lines):
            _before_asking(setup, output, lines, purge=purge)
            if not yes and not await agreed():
                output.say("Nothing was removed.")
                return FAILED
        done = await take_away(setup, ProgressLines(output), purges=purge)
    _tell_undone(setup, output, done)
    return DONE if done.ok else FAILED


def _before_asking(setup: Setup, output: Output, lines: tuple[PlannedChange, ...], *, purge: bool) -> None:
    """Say what has to be known before agreeing."""
    lacking = [line for line in lines if line.change is Change.UNSURE]
    if lacking:
        what = f"{len(lacking)} of it you may not remove (?): undo stops there, and goes on when you may."
        output.say(what, "warn")
    if not purge and may_purge(lines):
        output.say("Azure keeps some of it to be restored; --purge deletes that for good.", "quiet")
    telling.as_whom(output, setup)


def _tell_undone(setup: Setup, output: Output, done: Outcome) -> None:
    name = setup.profile.name
    output.line({"event": "outcome", **json_shapes.outcome(name, done)})
    for kept in done.kept:
        output.say(f"Kept: {kept}")
    if done.problem:
        output.say(f"{done.problem} {done.mend}", "bad")
    elif done.removed:
        output.say(
            f"Removed {len(done.removed)}. The profile keeps its answers: azimuth resume {name} makes it again."
        )
    elif done.ok:
        output.say("Nothing was removed: nothing that may go is there.")
