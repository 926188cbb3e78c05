"""A practice Azure in another process that can be set back to how it was, and whose clients it can kill."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Self, cast

from tests.rehearsal import Rows, restore, snapshot, state_of
from wizard.azure.choose import practice_cloud

if TYPE_CHECKING:
    from wizard.azure.clouds import Cloud
    from wizard.practice.launcher import Running

ROOT = Path(__file__).parents[2]


class World:
    """Serves practice Azure from `folder` in a child until the block ends."""

    def __init__(self, folder: Path, *, time_scale: float = 0.0) -> None:
        self.folder = folder
        self._child = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.serving", str(folder), str(time_scale)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._child.stdout is not None
        told = json.loads(self._child.stdout.readline())
        running = cast(
            "Running", SimpleNamespace(url=told["url"], ca=Path(told["ca"]), time_scale=time_scale)
        )
        self.cloud: Cloud = practice_cloud(running, folder, Path(told["az"]))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_fault: object) -> None:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.close()
        self._child.wait()
        self._child.stdout.close()

    def trap(self, client: int = 0, at: int = 0, pattern: str = "", scale: float = 0.0) -> int:
        """Kill `client` when its `at`th request from now that fits is done; return how many came since the last call."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(f"{client} {at} {scale} {pattern}\n")
        self._child.stdin.flush()
        return int(self._child.stdout.readline())

    def snapshot(self) -> Rows:
        """Everything that practice Azure remembers."""
        return snapshot(self.folder)

    def restore(self, rows: Rows) -> None:
        """Set it back."""
        restore(self.folder, rows)

    def documents(self) -> dict[tuple[str, str], str]:
        """Every document, by kind and key."""
        return state_of(self.folder)
