"""`azimuth env` and `azimuth run`: a profile's variables for a shell, a tool, a file or one command."""

from __future__ import annotations

import click

from profiles.snippets import SNIPPETS
from profiles.variables import FORMATS
from screens.commands.options import common
from screens.settings import Settings
from screens.shell import (
    DEFAULT,
    print_snippet,
    print_variables,
    run_command,
    run_masked,
    write_variables,
)


def _kinds() -> str:
    """The kinds of snippets as the help tells them, one a line."""
    width = max(map(len, SNIPPETS))
    lines = (f"  {kind:{width}}  {one.about}" for kind, one in SNIPPETS.items())
    return "\n".join(("\b", "Snippets, none of which holds a secret:", *lines))


@click.command(epilog=_kinds())
@click.argument("profile")
@click.option("--format", "form", type=click.Choice(FORMATS), metavar="FORMAT", help=", ".join(FORMATS))
@click.option("--reveal", is_flag=True, help="Show secrets on a terminal too; a pipe always gets them.")
@click.option("--write", "path", metavar="FILE", default="", help="Write FILE (mode 0600) instead.")
@click.option("--force", is_flag=True, help="Replace a file that Azimuth did not write, or that git tracks.")
@click.option(
    "--snippet",
    type=click.Choice(tuple(SNIPPETS)),
    metavar="KIND",
    help="Lines that fetch the variables, instead of the variables; see below.",
)
@common
def env(
    settings: Settings,
    profile: str,
    form: str | None,
    path: str,
    snippet: str | None,
    *,
    reveal: bool,
    force: bool,
) -> int:
    """Print the variables of PROFILE for a shell or tool, bash if no format is named.

    eval "$(azimuth env demo)" gives them to bash, zsh or sh.
    """
    if force and not path:
        raise click.UsageError("--force is about the file that --write names.")
    if snippet:
        if form or reveal:
            raise click.UsageError("A snippet has a form of its own and no secret to reveal.")
        if force:
            raise click.UsageError("A snippet is a part of a file: >> FILE adds it to one that is there.")
        return print_snippet(profile, snippet, path)
    chosen = "json" if settings.as_json else form or DEFAULT
    if path:
        return write_variables(profile, chosen, path, force=force)
    return print_variables(profile, chosen, reveal=reveal)


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--mask", is_flag=True, help="Put dots for the secrets in what COMMAND prints.")
@click.argument("profile")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@common
def run(settings: Settings, profile: str, command: tuple[str, ...], *, mask: bool) -> int:
    """Run COMMAND with the variables of PROFILE in its environment alone; its exit code is ours.

    azimuth run demo -- python train.py
    """
    del settings
    while command[0] == "--mask" and "--" in command:
        mask, command = True, command[1:]
    words = command[1:] if command[0] == "--" else command
    if not words:
        raise click.UsageError("There is no command to run.")
    return run_masked(profile, words) if mask else run_command(profile, words)
