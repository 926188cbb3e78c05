"""Asking by lines before a colleague's or a changed profile goes live: what is new in it, and whether that is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from profiles.trust import Difference
    from screens.prompts import Prompts
    from wizard.setup import Setup


def heading_of(difference: Difference) -> str:
    """Say why somebody is asked."""
    if difference.known:
        return f"{difference.name} was changed outside Azimuth since it was approved. Nothing was sent to Azure yet."
    return f"Nobody here agreed to {difference.name} yet: it may come from somebody else. Nothing was sent to Azure yet."


async def agreed_by_lines(setup: Setup, prompts: Prompts) -> bool:
    """Show by lines what nobody agreed to, and ask; True where nothing has to be asked.

    Raises:
        ProfilesError, OSError: the agreement can't be written down.
    """
    difference = setup.difference
    if difference is None:
        return True
    output = prompts.output
    output.say(heading_of(difference), "warn")
    for one in difference.lines:
        output.say(f"  {one}")
    typed = await prompts.line("yes to approve it and go on, no to leave it", "no")
    if isinstance(typed, str) and typed.lower() in {"y", "yes"}:
        setup.approve()
        return True
    output.say("Nothing was sent to Azure, and the file stays as it is.")
    return False
