"""`azimuth config`: what is settled for this machine, where that is kept, and changing it."""

from __future__ import annotations

import click

from profiles.settings import KEYS, SettingsError, all_settings, parsed, settings_path, settle, settled
from screens import json_shapes
from screens.commands.options import common
from screens.faults import DONE, Refused
from screens.settings import Settings


@click.group(invoke_without_command=True)
@common
@click.pass_context
def config(ctx: click.Context, settings: Settings) -> int | None:
    """Show or change what is settled for this machine; options and the environment go before it."""
    return None if ctx.invoked_subcommand else _show(settings)


@config.command()
@common
def show(settings: Settings) -> int:
    """Show every key, what counts, and whether it was settled or is the default."""
    return _show(settings)


def _show(settings: Settings) -> int:
    output, values, chosen = settings.output, all_settings(), settled()
    output.document(json_shapes.config(settings_path(), values, chosen))
    if output.as_json:
        return DONE
    for key in KEYS:
        value = values[key.name]
        shown = str(value).lower() if isinstance(value, bool) else value or "(not set)"
        where = "config.toml" if key.name in chosen else "default"
        output.say(f"{key.name:13} {shown:18} {where:12} {key.about}")
        output.say(f"{'':13} {key.rule}; before it go {key.before}", "quiet")
    output.say(f"{settings_path()}; azimuth config set KEY VALUE changes it.", "quiet")
    return DONE


@config.command("set")
@click.argument("key")
@click.argument("value")
@common
def set_(settings: Settings, key: str, value: str) -> int:
    """Settle KEY as VALUE; comments in the file stay."""
    try:
        parsed(key, value)
    except SettingsError as wrong:
        raise Refused(str(wrong.faults[0])) from None
    if key == "cloud":
        from wizard.azure.choose import check_known

        check_known(value)
    settle(key, value)
    settings.output.say(f"{key} is settled.")
    return DONE


@config.command()
@click.argument("key")
@common
def unset(settings: Settings, key: str) -> int:
    """Take KEY out, so that its default counts again."""
    settle(key, None)
    settings.output.say(f"{key} has its default again.")
    return DONE


@config.command()
@common
def path(settings: Settings) -> int:
    """Print the name of the file, whether it is there or not."""
    settings.output.document({"path": settings_path()})
    if not settings.as_json:
        settings.output.say(settings_path())
    return DONE
