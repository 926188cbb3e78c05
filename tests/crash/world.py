"""A practice Azure in another process that can be set back to how it was, and whose clients it can kill."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Self, cast

from tests.rehearsal import state_of
from wizard.azure.choose import practice_cloud

if TYPE_CHECKING:
    from wizard.azure.clouds import Cloud
    from wizard.practice.launcher import Running

ROOT = Path(__file__).parents[2]
_Rows = tuple[list[Any], list[Any]]


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

    def snapshot(self) -> _Rows:
        """Everything that practice Azure remembers."""
        with closing(self._database()) as database:
            documents = database.execute("SELECT kind, folded, key, body FROM document ORDER BY rowid")
            return documents.fetchall(), database.execute("SELECT name, value FROM meta").fetchall()

    def restore(self, rows: _Rows) -> None:
        """Set it back, in one transaction."""
        with closing(self._database()) as database:
            database.execute("BEGIN IMMEDIATE")
            database.execute("DELETE FROM document")
            database.execute("DELETE FROM meta")
            database.executemany(
                "INSERT INTO document (kind, folded, key, body) VALUES (?, ?, ?, ?)", rows[0]
            )
            database.executemany("INSERT INTO meta (name, value) VALUES (?, ?)", rows[1])
            database.execute("COMMIT")

    def documents(self) -> dict[tuple[str, str], str]:
        """Every document, by kind and key."""
        return state_of(self.folder)

    def _database(self) -> sqlite3.Connection:
        return sqlite3.connect(self.folder / "practice.db", timeout=30, isolation_level=None)
