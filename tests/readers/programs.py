"""Where the programs that read are found, and how one is run in a folder that holds nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.readers.matrix import ReaderError, Task

_PATIENCE = 60.0
# The folder of readers that are packages; read once, since tests run without variables of ours.
INSTALLED_APART = Path(os.environ.get("AZIMUTH_READERS") or Path(__file__).parents[2] / ".readers")


def needs(program: str) -> Callable[[], str]:
    """Why a program can't be used here, or ""."""
    return lambda: "" if shutil.which(program) else f"{program} is not installed here"


def needs_apart(path: str) -> Callable[[], str]:
    """The same for a package in the folder of readers."""
    return lambda: "" if (INSTALLED_APART / path).exists() else f"there is no {path} in the folder of readers"


def ran(
    task: Task, command: Sequence[str], given: bytes = b"", more: Mapping[str, str] | None = None
) -> bytes:
    """Run a program in the folder of a task with little else in its environment; returns what it printed."""
    done = subprocess.run(
        command,
        input=given,
        cwd=task.folder,
        env={
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(task.folder),
            "LC_ALL": "C.UTF-8",
            **(more or {}),
        },
        capture_output=True,
        timeout=_PATIENCE,
        check=False,
    )
    if done.returncode != 0:
        raise ReaderError(f"{command[0]} ended with {done.returncode}: {done.stderr[-2000:]!r}")
    return done.stdout


def pairs(listing: bytes) -> dict[str, bytes]:
    """NAME=VALUE items, each with a NUL after it."""
    items = (item.split(b"=", 1) for item in listing.split(b"\0") if b"=" in item)
    return {name.decode("utf-8", "replace"): value for name, value in items}
