"""`azimuth profiles`: what is kept, under which name."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import click

from profiles.errors import StaleProfile
from profiles.profile import Profile
from profiles.secrets import SecretStoreError, open_store
from profiles.store import ProfileStore, journal_path
from screens import json_shapes, telling
from screens.commands.options import common
from screens.faults import DONE, FAILED, Refused
from screens.settings import Settings
from screens.terminal import has_person
from wizard.apply.journal import Journal


@click.group(invoke_without_command=True)
@common
@click.pass_context
def profiles(ctx: click.Context, settings: Settings) -> int | None:
    """List profiles, or show, rename, copy or delete one."""
    return None if ctx.invoked_subcommand else _list(settings)


@profiles.command("list")
@common
def list_(settings: Settings) -> int:
    """List profiles: name, guide, stage, cloud, when it was worked on."""
    return _list(settings)


def _list(settings: Settings) -> int:
    output = settings.output
    lines = ProfileStore().list()
    output.document({"profiles": [json_shapes.summary(line) for line in lines]})
    if output.as_json:
        return DONE
    if not lines:
        output.say("There is no profile yet. azimuth --practice himl makes a first one.")
    for line in lines:
        when = f"{line.updated:%Y-%m-%d %H:%M} UTC" if line.updated else ""
        row = _row(line.name, line.guide, line.stage, line.cloud, when)
        output.say(f"{line.name:20} broken: {line.broken}" if line.broken else row)
    return DONE


def _row(name: str, guide: str, stage: str, cloud: str, when: str) -> str:
    return f"{name:20} {guide:14} {stage:10} {cloud:12} {when}"


@profiles.command()
@click.argument("name")
@common
def show(settings: Settings, name: str) -> int:
    """Show one profile: context, answers, variables, proofs. It holds no secret."""
    profile = ProfileStore().load(name)
    output = settings.output
    output.document(json_shapes.profile(profile))
    if output.as_json:
        return DONE
    output.say(
        _row(
            profile.name, profile.guide, profile.stage, profile.cloud, f"{profile.updated:%Y-%m-%d %H:%M} UTC"
        ),
        "strong",
    )
    context = profile.context
    output.say(
        f"{context.account} · {context.tenant_name or context.tenant_id} · {context.subscription_name}"
    )
    for key, value in profile.answers.items():
        output.say(f"  {key} = {value}  ({profile.sources.get(key, 'chosen')})")
    for key, text in profile.outputs.items():
        output.say(f"  {key}={text}")
    telling.expiries(output, profile)
    return DONE


@profiles.command()
@click.argument("name")
@click.argument("new")
@common
def rename(settings: Settings, name: str, new: str) -> int:
    """Give profile NAME the name NEW. Its secrets and its record go with it."""
    ProfileStore().rename(name, new)
    settings.output.say(f"{name} is {new} now.")
    return DONE


@profiles.command()
@click.argument("name")
@click.argument("new")
@common
def copy(settings: Settings, name: str, new: str) -> int:
    """Start profile NEW with the answers of NAME. Nothing that NAME made belongs to it."""
    store = ProfileStore()
    profile = store.load(name)
    if store.exists(new):
        raise StaleProfile(new, 0, 0)
    fresh = Profile.new(new, profile.guide, profile.cloud)
    store.save(
        replace(
            fresh,
            step=profile.step,
            answers=profile.answers,
            sources=profile.sources,
            context=profile.context,
        )
    )
    settings.output.say(f"{new} has the answers of {name}.")
    return DONE


@profiles.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common
def delete(settings: Settings, name: str, *, yes: bool) -> int:
    """Forget profile NAME. What it made in Azure stays; azimuth undo removes that, and has to come first."""
    store = ProfileStore()
    profile = store.load(name)
    made = Journal(journal_path(name)).made()
    if not yes:
        if made:
            raise Refused(
                f"{name} made {len(made)} things that still stand: azimuth undo {name} first, or --yes to leave them."
            )
        if not has_person():
            raise Refused(f"Somebody has to agree: azimuth profiles delete {name} --yes")
        if not click.confirm(f"Forget {name}?", err=True):
            return FAILED
    for reference in profile.secrets:
        with suppress(SecretStoreError):
            open_store(reference.store).delete(reference.binding)
    store.delete(name)
    settings.output.say(f"{name} is forgotten.")
    return DONE
