"""Run as a child: the journal may grow to so many bytes only, wherever that cuts a run; says how each run ended and went on."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from tests.rehearsal import himl
from wizard.apply.events import Outlined
from wizard.apply.run import Run
from wizard.apply.undo import undo
from wizard.azure.choose import practice_cloud
from wizard.setup import Setup

if TYPE_CHECKING:
    from wizard.practice.launcher import Running

_UNLIMITED = resource.getrlimit(resource.RLIMIT_FSIZE)


def _limit(size: int | None) -> None:
    """Set how large a file of this process may grow, in bytes."""
    limits = _UNLIMITED if size is None else (size, _UNLIMITED[1])
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


async def _without_intent(setup: Setup) -> list[str]:
    """What is in Azure although the journal does not say that it was begun."""
    assert setup.azure is not None
    begun = {entry.key for entry in setup.journal.entries()}
    named = await setup.azure.graph.applications("himl-vision")
    there = {"app"} if named else set()
    if named:
        app = await setup.azure.graph.application(named[0].app_id)
        there |= {"secret"} if app is not None and app.passwords else set()
    return sorted(there - begun)


async def _cut_at(setup: Setup, size: int) -> dict[str, object]:
    def hear(event: object) -> None:
        if isinstance(event, Outlined):
            _limit(size)

    stopped = await Run(setup, hear).go()
    _limit(None)
    orphans = await _without_intent(setup)
    after = await Run(setup).go()
    assert setup.azure is not None
    named = await setup.azure.graph.applications("himl-vision")
    app = await setup.azure.graph.application(named[0].app_id)
    stored = setup.secret_store().get(setup.profile.secrets[0].binding)
    told: dict[str, object] = {
        "size": size,
        "end": stopped.end.value,
        "problem": f"{stopped.problem} {stopped.mend}",
        "orphans": orphans,
        "after": after.ok,
        "applications": len(named),
        "secrets": [p.hint for p in app.passwords] if app else [],
        "stored": stored.reveal()[:3] if stored else "",
    }
    await undo(setup)
    setup.journal.path.unlink()
    return told


async def _cut(folder: Path, url: str, sizes: list[int]) -> None:
    served = SimpleNamespace(url=url, ca=folder / "ca.pem")
    cloud = practice_cloud(cast("Running", served), folder, folder / "az")
    async with himl(cloud) as setup:
        await setup.walkthrough.check_all()
        for size in sizes:
            sys.stdout.write(json.dumps(await _cut_at(setup, size)) + "\n")


if __name__ == "__main__":
    asyncio.run(_cut(Path(sys.argv[1]), sys.argv[2], [int(size) for size in sys.argv[3:]]))
