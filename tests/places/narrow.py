"""Run as a child in a mount namespace of its own: every place that a run writes to is made narrow in turn; says what was told."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from profiles.errors import ProfilesError
from tests.commands.azimuth import TRACES
from tests.rehearsal import Heard, himl, practice, state_of
from wizard.apply.events import Failed, Started
from wizard.apply.preflight import preflight
from wizard.apply.run import Run
from wizard.setup import Setup

_SIZE, _NAMES = "1m", 60


def _mount(folder: Path, *options: str) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    settled = ",".join((f"size={_SIZE}", f"nr_inodes={_NAMES}", "mode=0700", *options))
    subprocess.run(["mount", "-t", "tmpfs", "-o", settled, "tmpfs", str(folder)], check=True)


@contextmanager
def _full(folder: Path) -> Iterator[None]:
    fill = folder / "fill"
    with suppress(OSError), fill.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)
    yield
    fill.unlink()


@contextmanager
def _without_names(folder: Path) -> Iterator[None]:
    made = []
    with suppress(OSError):
        for number in range(_NAMES + 1):
            path = folder / f"name-{number}"
            path.touch(exist_ok=False)
            made.append(path)
    yield
    for path in made:
        path.unlink()


@contextmanager
def _read_only(folder: Path) -> Iterator[None]:
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    yield
    subprocess.run(["mount", "-o", "remount,rw", str(folder)], check=True)


@contextmanager
def _foreign(folder: Path) -> Iterator[None]:
    os.chown(folder, 12345, 12345)
    yield
    os.chown(folder, 0, 0)


_FAULTS = {"full": _full, "no names": _without_names, "read-only": _read_only, "foreign": _foreign}


async def _one(setup: Setup, folder: Path) -> dict[str, object]:
    """What preflight and a run say, and whether anything of it reached Azure."""
    before = state_of(folder, without=TRACES)
    told = await preflight(setup)
    outcome = await Run(setup).go()
    with suppress(OSError, ProfilesError):
        await setup.flush()
    return {
        "blocked": told.blocked,
        "what": " ".join(finding.sentence for finding in told.findings if finding.blocks),
        "end": outcome.end.value,
        "problem": f"{outcome.problem} {outcome.mend}",
        "untouched": state_of(folder, without=TRACES) == before,
    }


async def _narrow(folder: Path) -> None:
    with practice(folder) as cloud:
        async with himl(cloud) as setup:
            await setup.walkthrough.check_all()
            await setup.flush()
            assert cloud.secret_folder is not None
            places = {
                "profiles": setup.store.folder,
                "journals": setup.lock_path.parent,
                "secrets": Path(cloud.secret_folder),
            }
            for name, place in places.items():
                for fault, cause in _FAULTS.items():
                    with cause(place):
                        told = await _one(setup, folder)
                    sys.stdout.write(json.dumps({"place": name, "fault": fault, **told}) + "\n")
            await setup.flush()
            await _midway(setup, places["journals"])


async def _midway(setup: Setup, place: Path) -> None:
    """Fill the disk when the run has begun; afterwards it goes on as if nothing had been."""
    heard, narrow = Heard(), _full(place)

    def hear(event: object) -> None:
        if isinstance(event, Started) and not heard.of(Started):
            narrow.__enter__()
        heard(event)  # type: ignore[arg-type]  # it is one

    stopped = await Run(setup, hear).go()
    narrow.__exit__(None, None, None)
    after = await Run(setup).go()
    told = {
        "end": stopped.end.value,
        "problem": f"{stopped.problem} {stopped.mend}",
        "failed": len(heard.of(Failed)),
        "after": after.ok,
    }
    sys.stdout.write(json.dumps({"place": "journals", "fault": "midway", **told}) + "\n")


if __name__ == "__main__":
    for part in ("config/profiles", "state/journals"):
        _mount(Path(os.environ["AZIMUTH_HOME"]) / part)
    _mount(Path(sys.argv[1]) / "secrets")
    asyncio.run(_narrow(Path(sys.argv[1])))
