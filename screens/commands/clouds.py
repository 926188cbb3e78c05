"""`azimuth clouds`: which clouds a profile may name on this machine, and registering one of one's own by hand."""

from __future__ import annotations

from typing import Any

import click

from profiles.store import ProfileStore
from screens.commands.options import common
from screens.faults import DONE, FAILED, Refused
from screens.settings import Settings
from screens.terminal import has_person
from wizard.azure.clouds import CLOUDS, Cloud
from wizard.azure.custom_clouds import read_registration, register, registered, unregister


@click.group(invoke_without_command=True)
@common
@click.pass_context
def clouds(ctx: click.Context, settings: Settings) -> int | None:
    """List the clouds that a profile may name, register one of your own, or take it out.

    FILE is TOML with name, arm, login, graph (each https://HOST) and storage_suffix; also, if need be, label,
    portal, studio, arm_audience, graph_audience, az_name and ca (the path of a certificate file).
    """
    return None if ctx.invoked_subcommand else _list(settings)


@clouds.command("list")
@common
def list_(settings: Settings) -> int:
    """List clouds with the hosts that may be sent a token."""
    return _list(settings)


def _list(settings: Settings) -> int:
    mine = [one.cloud() for one in registered()]
    known = [*((cloud, False) for cloud in CLOUDS.values()), *((cloud, True) for cloud in mine)]
    settings.output.document({"clouds": [_shape(cloud, registered_here=here) for cloud, here in known]})
    if not settings.as_json:
        for cloud, here in known:
            by = "registered here" if here else "built in"
            settings.output.say(f"{cloud.name:20} {by:16} {' '.join(sorted(cloud.hosts()))}")
    return DONE


def _shape(cloud: Cloud, *, registered_here: bool) -> dict[str, Any]:
    return {
        "cloud": cloud.name,
        "label": cloud.label,
        "registered_here": registered_here,
        "arm": cloud.arm,
        "login": cloud.login,
        "graph": cloud.graph,
        "storage_suffix": cloud.storage_suffix,
    }


@clouds.command("register")
@click.argument("file")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common
def register_(settings: Settings, file: str, *, yes: bool) -> int:
    """Register the cloud that FILE describes. Sign-ins, and secrets with them, go to the hosts it names."""
    new = read_registration(file)
    cloud, output = new.cloud(), settings.output
    output.note(f"{cloud.name} ({cloud.label})")
    for what, url in (("sign-ins and secrets", cloud.login), ("tokens", cloud.arm), ("tokens", cloud.graph)):
        output.note(f"  {what:22} {url}")
    if cloud.ca is not None:
        output.note(f"  {'certificates trusted':22} {cloud.ca}")
    if not yes:
        if not has_person():
            raise Refused(f"Somebody has to agree: azimuth clouds register {file} --yes")
        if not click.confirm("Do you trust these hosts with your sign-in?", err=True):
            return FAILED
    register(new)
    output.document(_shape(cloud, registered_here=True))
    if not output.as_json:
        output.say(f"{cloud.name} is registered on this machine: azimuth {cloud.option}")
    return DONE


@clouds.command()
@click.argument("name")
@common
def remove(settings: Settings, name: str) -> int:
    """Take cloud NAME out. Profiles that name it stay, and can't be used until it is registered again."""
    if not unregister(name):
        raise Refused(f"No cloud {name!r:.60} is registered here. azimuth clouds lists them.")
    using = [one.name for one in ProfileStore().list() if one.cloud.lower() == name.lower()]
    output = settings.output
    output.document({"cloud": name, "profiles": using})
    if not output.as_json:
        output.say(
            f"{name} is registered no more." + (f" Profiles of it: {', '.join(using)}." if using else "")
        )
    return DONE
