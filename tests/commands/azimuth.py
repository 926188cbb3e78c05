"""Running the command line as a person's shell does: a process of its own, with a home of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
STARTER = "profiles/starters/himl.toml"
# What sign-ins and deployments leave behind in the real Azure too, or what is kept for 30 days.
TRACES = (
    "operation",
    "deletedObject",
    "deviceCode",
    "authorizationCode",
    "refreshToken",
    "token",
    "grant",
)
COMMAND = (sys.executable, "-m", "screens.entry")


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of the child: this one, able to find the code from any folder."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100", **(more or {})}


def azimuth(
    *arguments: str, env: Mapping[str, str] | None = None, cwd: Path | None = None, typed: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one command line to its end, without a terminal."""
    return subprocess.run(
        [*COMMAND, *arguments],
        env=environment(env),
        cwd=cwd or Path(os.environ["AZIMUTH_HOME"]).parent,
        input=typed,
        stdin=subprocess.DEVNULL if typed is None else None,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def applied(name: str = "demo", starter: str = STARTER, *more: str) -> subprocess.CompletedProcess[str]:
    """Apply a starter on practice Azure."""
    done = azimuth("apply", "himl", "--practice", "--answers", starter, "--profile", name, "--yes", *more)
    assert done.returncode in {0, 4}, done.stdout + done.stderr
    return done


def document(*arguments: str, code: int = 0) -> Any:
    """Run a command with --json and return its one document."""
    done = azimuth(*arguments, "--json")
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


def lines(*arguments: str, code: int = 0) -> list[Any]:
    """Run a command with --json and return its lines."""
    done = azimuth(*arguments, "--json")
    assert done.returncode == code, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
