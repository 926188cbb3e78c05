"""A command for each guide: it opens the guide on the full screen, or by line prompts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from screens.commands.options import common
from screens.opening import full_screen, plain
from screens.settings import Settings

if TYPE_CHECKING:
    from wizard.guide import Guide


def guide_command(guide: Guide) -> click.Command:
    """Make the command that opens a guide."""

    @click.command(guide.key, help=f"{guide.about}\n\nMirrors {guide.source}", short_help=guide.about)
    @click.option("--profile", metavar="NAME", help="Start or continue the profile of this name.")
    @common
    def command(settings: Settings, profile: str | None) -> int:
        if settings.by_lines:
            return plain(settings, guide, profile)
        return full_screen(settings, guide=guide, profile=profile)

    return command
