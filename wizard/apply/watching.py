"""Watching for what an administrator makes: asked again and again, with a clock, until something has appeared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wizard.apply.events import Waiting
from wizard.apply.handoff import HandOff
from wizard.apply.rights import Lack, Rights, foretell
from wizard.apply.work import Stopped, Work
from wizard.azure.errors import AzureProblem, SignInFailed, SignInNeeded
from wizard.plan import Plan

EVERY = 10.0
"""Seconds between two looks (hopsworks.md, step 1.1)."""
AT_MOST = 86_400.0
"""Seconds after which watching ends by itself; resuming goes on with it."""


async def watch(
    work: Work,
    left: Plan,
    lacks: Mapping[str, Lack],
    refused: Mapping[str, Lack],
    offs: Sequence[HandOff],
    *,
    every: float = EVERY,
) -> Rights:
    """Look every `every` seconds until a handed-over object exists, or the right to make it was given.

    Raises:
        Stopped: the person asked to stop, or a day went by.
        SignInNeeded, SignInFailed: Azure wants a new sign-in.
    """
    began = work.now()
    trouble = ""
    while (waited := work.now() - began) < AT_MOST:
        for off in offs:
            why = trouble or f"an administrator has to make it; asked again every {every:g} s"
            work.on_event(Waiting(off.key, off.label, why, waited, AT_MOST))
        await work.pause(every)
        try:
            now = await foretell(work, left, refused)
        except (SignInNeeded, SignInFailed):
            raise
        except AzureProblem as problem:
            trouble = f"Azure could not be asked just now: {problem}"
            continue
        trouble = ""
        if not now.unasked and set(lacks) - set(now.lacks):
            return now
    raise Stopped
