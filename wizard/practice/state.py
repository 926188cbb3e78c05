"""What practice Azure remembers: JSON documents in one SQLite file that several processes may share."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS document (
    kind TEXT NOT NULL, folded TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (kind, folded)
);
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_LAST = "\U0010ffff"
_AT_ONCE = 500  # SQLite takes 999 values in one statement everywhere


class State:
    """Documents by kind and key; keys are compared without case and given back in the case they were put.

    A document given out is the caller's own copy: change it, then `put` it again. Reading and then writing belongs
    into one `transaction`, because another process may hold the same file.
    """

    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600, exist_ok=True)
        os.chmod(path, 0o600)  # noqa: PTH101 - SQLite gives its journal files the mode of this one
        self._lock = threading.RLock()
        self._depth = 0
        self._database = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file; what was committed stays."""
        with self._lock:
            self._database.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One writer at a time over all processes; an exception undoes everything. May be nested (one commit)."""
        with self._lock:
            if not self._depth:
                self._database.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                if self._depth == 1:
                    self._database.execute("ROLLBACK")
                raise
            else:
                if self._depth == 1:
                    self._database.execute("COMMIT")
            finally:
                self._depth -= 1

    def get(self, kind: str, key: str) -> dict[str, Any] | None:
        """The document, or None."""
        with self._lock:
            row = self._database.execute(
                "SELECT body FROM document WHERE kind = ? AND folded = ?", (kind, _folded(key))
            ).fetchone()
        return None if row is None else json.loads(row[0])

    def put(self, kind: str, key: str, document: dict[str, Any]) -> None:
        """Write the document; one that exists keeps its place in the order and the case of its key."""
        with self._lock:
            self._database.execute(
                "INSERT INTO document (kind, folded, key, body) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (kind, folded) DO UPDATE SET body = excluded.body",
                (kind, _folded(key), key, json.dumps(document)),
            )

    def delete(self, kind: str, key: str) -> bool:
        """Remove the document; False when there was none."""
        with self._lock:
            gone = self._database.execute(
                "DELETE FROM document WHERE kind = ? AND folded = ?", (kind, _folded(key))
            )
        return gone.rowcount > 0

    def all(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every document of a kind with its key, in the order they were made."""
        return self._select("SELECT key, body FROM document WHERE kind = ? ORDER BY rowid", (kind,))

    def under(self, kind: str, prefix: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every document whose key begins with `prefix`, in the order they were made."""
        low = _folded(prefix)
        return self._select(
            "SELECT key, body FROM document WHERE kind = ? AND folded >= ? AND folded < ? ORDER BY rowid",
            (kind, low, low + _LAST),
        )

    def some(self, kind: str, keys: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Those documents of a kind that are there among the keys, in the order they were made."""
        wanted = sorted({_folded(key) for key in keys})
        found: list[tuple[int, str, str]] = []
        with self._lock:
            for at in range(0, len(wanted), _AT_ONCE):
                part = wanted[at : at + _AT_ONCE]
                marks = ",".join("?" * len(part))
                found += self._database.execute(
                    f"SELECT rowid, key, body FROM document WHERE kind = ? AND folded IN ({marks})",  # noqa: S608 - only marks
                    (kind, *part),
                )
        for _, key, body in sorted(found):
            yield key, json.loads(body)

    def counts(self) -> dict[str, int]:
        """How many documents there are of each kind."""
        with self._lock:
            rows = self._database.execute(
                "SELECT kind, COUNT(*) FROM document GROUP BY kind ORDER BY kind"
            ).fetchall()
        return dict(rows)

    def meta_get(self, name: str) -> str | None:
        """A value kept beside the documents: the signing key, the name of the world."""
        with self._lock:
            row = self._database.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def meta_put(self, name: str, value: str) -> None:
        """Write such a value."""
        with self._lock:
            self._database.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (name, value))

    def _select(self, statement: str, values: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
        # Read as a whole: the caller may write while it goes through the rows.
        with self._lock:
            rows = self._database.execute(statement, values).fetchall()
        return ((key, json.loads(body)) for key, body in rows)


def _folded(key: str) -> str:
    # Half a surrogate pair can come in by JSON; SQLite stores no such text.
    return key.lower().encode("utf-8", "replace").decode()
