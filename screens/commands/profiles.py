"""`azimuth profiles`: what is kept, under which name, where it came from, and whether somebody here agreed to it."""

from __future__ import annotations

import click

from profiles.errors import Fault, ProfileError
from profiles.profile import Profile
from profiles.store import ProfileStore
from screens import json_shapes, telling
from screens.commands.options import common
from screens.faults import DONE, FAILED, Refused
from screens.passphrases import on_terminal
from screens.settings import Settings
from screens.terminal import has_person
from wizard import shelf
from wizard.guides import all_guides
from wizard.incoming import shown

_yes = click.option("--yes", is_flag=True, help="Do not ask.")


@click.group(invoke_without_command=True)
@common
@click.pass_context
def profiles(ctx: click.Context, settings: Settings) -> int | None:
    """List profiles; show, rename, copy or delete one; take over a colleague's; list starters."""
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
    store = ProfileStore()
    profile = store.load(name)
    approved = store.approves(profile)
    output = settings.output
    output.document(json_shapes.profile(profile) | {"approved": approved})
    if output.as_json:
        return DONE
    when = f"{profile.updated:%Y-%m-%d %H:%M} UTC"
    output.say(_row(profile.name, profile.guide, profile.stage, profile.cloud, when), "strong")
    context = profile.context
    where = (context.account, context.tenant_name or context.tenant_id, context.subscription_name)
    output.say(" · ".join(part for part in where if part))
    if profile.origin:
        output.say(profile.origin)
    if not approved:
        output.say(f"Not approved: azimuth profiles approve {name} shows what changed, and asks.", "warn")
    _tell_content(settings, profile)
    telling.expiries(output, profile)
    return DONE


def _tell_content(settings: Settings, profile: Profile) -> None:
    output = settings.output
    for key, value in profile.answers.items():
        output.say(f"  {key} = {shown(value)}  ({profile.sources.get(key, 'chosen')})")
    for key, text in profile.outputs.items():
        output.say(f"  {key}={shown(text)}")
    for reference in profile.secrets:
        output.say(f"  {reference.variable}  (secret, in {reference.store})")
    for proof in profile.proofs:
        output.say(
            f"  {'proved' if proof.ok else 'not proved'}: {proof.title}, {proof.at:%Y-%m-%d %H:%M} UTC"
        )


@profiles.command()
@click.argument("name")
@click.argument("new")
@common
def rename(settings: Settings, name: str, new: str) -> int:
    """Give profile NAME the name NEW. Secrets, record, approval and hand-off pages go with it."""
    ProfileStore().rename(name, new)
    settings.output.say(f"{name} is {new} now.")
    return DONE


@profiles.command()
@click.argument("name")
@click.argument("new")
@common
def copy(settings: Settings, name: str, new: str) -> int:
    """Start profile NEW with the answers of NAME. Nothing that NAME made belongs to it."""
    shelf.copy(ProfileStore(), name, new, all_guides())
    settings.output.say(f"{new} has the answers of {name}.")
    return DONE


@profiles.command()
@click.argument("name")
@_yes
@common
def delete(settings: Settings, name: str, *, yes: bool) -> int:
    """Forget profile NAME. What it made in Azure stays; azimuth undo removes that, and has to come first."""
    store, output = ProfileStore(), settings.output
    if not store.exists(name):
        store.load(name)  # says which names are near
    if not yes:
        if made := shelf.standing(name):
            raise Refused(
                f"{name} made {made} things that still stand: azimuth undo {name} first, or --yes to leave them."
            )
        if not has_person():
            raise Refused(f"Somebody has to agree: azimuth profiles delete {name} --yes")
        if not click.confirm(f"Forget {name}?", err=True):
            return FAILED
    left = shelf.forget(store, name, on_terminal())
    output.say(f"{name} is forgotten.")
    if left:
        output.note(
            f"Its store did not let go of the secret for {', '.join(left)}. It is of no use without {name}."
        )
    return DONE


@profiles.command("import")
@click.argument("file")
@click.option("--name", default="", metavar="NAME", help="What to call it here; as a rule, as the file says.")
@_yes
@common
def import_(settings: Settings, file: str, name: str, *, yes: bool) -> int:
    """Start a profile from a colleague's FILE: its answers alone, shown before anything is kept.

    Variables, secrets, proofs and records of the colleague are left out. Nothing is sent to Azure.
    """
    store, output = ProfileStore(), settings.output
    found = shelf.preview(store, file, all_guides(), name=name)
    profile = found.profile
    output.note(f"{file} would become the new profile {profile.name}:")
    for what, text in found.told():
        output.note(f"  {what} = {text}")
    for what in found.left_out:
        output.note(f"  left out: {what}")
    if not yes:
        if not has_person():
            raise Refused(f"Somebody has to agree: azimuth profiles import {file} --yes")
        if not click.confirm(f"Keep it as {profile.name}?", err=True):
            return FAILED
    saved = shelf.take_in(store, found)
    output.document(json_shapes.profile(saved) | {"approved": True})
    if not output.as_json:
        output.say(f"{saved.name} is kept: azimuth {saved.guide} --profile {saved.name} goes on with it.")
    return DONE


@profiles.command()
@click.argument("name")
@_yes
@common
def approve(settings: Settings, name: str, *, yes: bool) -> int:
    """Show what is in profile NAME that nobody here agreed to, and agree to it.

    A file from somebody else, or one that was changed by hand, is not used against Azure before that.
    """
    store, output = ProfileStore(), settings.output
    profile = store.load(name)
    if store.approves(profile):
        output.document({"profile": name, "approved": True, "known": True, "difference": []})
        if not output.as_json:
            output.say(f"{name} is as it was approved.")
        return DONE
    difference = store.difference(profile)
    output.note(
        "Changed since it was approved:" if difference.known else "Nothing of it was approved before:"
    )
    for line in difference.lines:
        output.note(f"  {line}")
    if not yes:
        if not has_person():
            raise Refused(f"Somebody has to agree: azimuth profiles approve {name} --yes")
        if not click.confirm("Is that what you want?", err=True):
            return FAILED
    store.approve(profile)
    shape = {"approved": True, "known": difference.known, "difference": list(difference.lines)}
    output.document({"profile": name, **shape})
    if not output.as_json:
        output.say(f"{name} is approved.")
    return DONE


@profiles.command()
@click.argument("name", required=False)
@common
def starters(settings: Settings, name: str | None) -> int:
    """List the answers files that come with Azimuth, or print one to change and apply.

    azimuth profiles starters himl > mine.toml
    """
    found, output = shelf.starters(), settings.output
    if name is None:
        listed = [{"starter": key, "about": shelf.about(path)} for key, path in found.items()]
        output.document({"starters": listed})
        if not output.as_json:
            width = max(map(len, found), default=0)
            for one in listed:
                output.say(f"{one['starter']:{width}}  {one['about']}")
        return DONE
    path = found.get(name.removesuffix(".toml"))
    if path is None:
        raise ProfileError([Fault(f"{name!r:.80}", None, "", f"no starter; there are {', '.join(found)}")])
    text = path.read_text("utf-8")
    output.document({"starter": path.stem, "about": shelf.about(path), "text": text})
    if not output.as_json:
        click.echo(text, nl=False)
    return DONE
