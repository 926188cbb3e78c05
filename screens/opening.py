"""Opening a face by hand: the home screen, a guide on the full screen, or the same by line prompts."""

from __future__ import annotations

import signal
from collections.abc import Coroutine
from contextlib import ExitStack
from typing import TYPE_CHECKING

from screens.faults import Refused
from screens.terminal import can_fill_screen, can_prompt, is_dumb

if TYPE_CHECKING:
    from screens.settings import Settings
    from wizard.guide import Guide

_SIGNALLED = 128


def home(settings: Settings) -> int:
    """Open the home screen, or let a guide be chosen by line prompts."""
    if settings.by_lines:
        return plain(settings, None, None)
    return full_screen(settings)


def full_screen(
    settings: Settings, *, guide: Guide | None = None, profile: str | None = None, resume: bool = False
) -> int:
    """Run the full screen and return its exit code.

    Raises:
        Refused: there is no terminal that can show it.
    """
    if not can_fill_screen():
        raise Refused(_no_terminal(guide))
    from screens.app import run_full_screen
    from screens.connecting import opened_cloud

    cloud = opened_cloud(settings, cloud_of(profile))
    with ExitStack() as stack:  # entered by the screen, once it has drawn itself
        return run_full_screen(
            open_cloud=lambda: stack.enter_context(cloud),
            guide=guide,
            profile=profile,
            resume=resume,
            secret_store=settings.secret_store,
        )


def cloud_of(profile: str | None) -> str:
    """Return the cloud that a profile of this name belongs to; "" if there is none yet."""
    if profile is None:
        return ""
    from profiles.store import ProfileStore

    store = ProfileStore()
    return store.load(profile).cloud if store.exists(profile) else ""


def plain(settings: Settings, guide: Guide | None, profile: str | None) -> int:
    """Walk through a guide by line prompts and return the exit code.

    Raises:
        Refused: nobody is there to answer.
    """
    if not can_prompt():
        raise Refused(
            "The plain prompts need somebody at a terminal. Without one, give an answers file: "
            f"azimuth apply {guide.key if guide else 'GUIDE'} --answers FILE --profile NAME --yes"
        )
    import asyncio

    from screens.plain import walk

    return asyncio.run(until_signalled(walk(settings, guide, profile)))


async def until_signalled(work: Coroutine[None, None, int]) -> int:
    """Do the work; on SIGTERM, SIGHUP or SIGQUIT put the terminal right, save, and return the signal's exit code."""
    import asyncio

    loop, came = asyncio.get_running_loop(), list[signal.Signals]()
    task = asyncio.ensure_future(work)

    def end(which: signal.Signals) -> None:
        came.append(which)
        task.cancel()

    for which in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        loop.add_signal_handler(which, end, which)
    try:
        return await task
    except asyncio.CancelledError:
        if not came:
            raise
        return _SIGNALLED + came[0]


def _no_terminal(guide: Guide | None) -> str:
    name = guide.key if guide is not None else "GUIDE"
    why = (
        "this terminal can only print lines (TERM=dumb)"
        if can_prompt() and is_dumb()
        else "there is none here"
    )
    return (
        f"The full screen needs a terminal, and {why}. azimuth --plain {name} asks by line prompts; "
        f"azimuth apply {name} --answers FILE --profile NAME --yes asks nothing."
    )
