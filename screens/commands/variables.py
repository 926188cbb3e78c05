"""`azimuth env` and `azimuth run`: a profile's variables for a shell, a tool or one command."""

from __future__ import annotations

import click

from profiles.variables import FORMATS
from screens.commands.options import common
from screens.settings import Settings
from screens.shell import DEFAULT, print_variables, run_command


@click.command()
@click.argument("profile")
@click.option("--format", "form", type=click.Choice(FORMATS), default=DEFAULT, show_default=True)
@click.option("--reveal", is_flag=True, help="Show secrets on a terminal too; a pipe always gets them.")
@common
def env(settings: Settings, profile: str, form: str, *, reveal: bool) -> int:
    """Print the variables of PROFILE for a shell or tool.

    eval "$(azimuth env demo)" gives them to bash, zsh or sh.
    """
    return print_variables(profile, "json" if settings.as_json else form, reveal=reveal)


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("profile")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@common
def run(settings: Settings, profile: str, command: tuple[str, ...]) -> int:
    """Run COMMAND with the variables of PROFILE in its environment alone; its exit code is ours.

    azimuth run demo -- python train.py
    """
    del settings
    return run_command(profile, command[1:] if command[0] == "--" else command)
