"""Journal: the append-only record of intents and outcomes that makes applying resumable.

Each line is a check sum, a blank and one JSON object. The intent (`begin`) is on disk before a write to Azure or
to the secret store, the outcome (`done`) after it. A torn or damaged line is skipped. No secret, token or
continuation token is ever written.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from profiles.files import append_line

FORMER = "former"
"""The field that keeps what stood in Azure before a change, as JSON text."""


DEPLOYMENT = "deployment"
"""The kind of an ARM deployment's record."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: `what` happened to the object `key`, in which run, with which fields."""

    what: str
    key: str
    kind: str = ""
    run: str = ""
    at: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Made:
    """An object that this profile created, or changed, and that nobody has taken back; `at` is its place in the journal."""

    key: str
    kind: str
    fields: Mapping[str, Any]
    at: int = 0


class Journal:
    """The journal of one profile. Every method that appends is durable when it returns.

    Raises OSError where the disk refuses.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.run = uuid.uuid4().hex[:12]

    def begin(self, key: str, kind: str, **intent: object) -> None:
        """Write down what is about to be done."""
        self._append("begin", key, kind, intent)

    def done(self, key: str, kind: str, *, made: bool, **fields: object) -> None:
        """Write down how it came out; `made` when this profile created it, as opposed to found it."""
        self._append("made" if made else "kept", key, kind, fields)

    def undone(self, key: str, kind: str, **fields: object) -> None:
        """Write down that what was made has been removed again."""
        self._append("undone", key, kind, fields)

    def _append(self, what: str, key: str, kind: str, fields: Mapping[str, object]) -> None:
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        entry = {"what": what, "key": key, "kind": kind, "run": self.run, "at": at, "fields": dict(fields)}
        text = json.dumps(entry, sort_keys=True, separators=(",", ":"))
        append_line(self.path, f"{_check_sum(text)} {text}")

    def entries(self) -> Iterator[Entry]:
        """Yield every whole line, oldest first; damaged ones are passed over."""
        try:
            lines = self.path.read_text("utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return
        for line in lines:
            entry = _read(line)
            if entry is not None:
                yield entry

    def interrupted(self, key: str) -> Entry | None:
        """Return the last intent for an object that has no outcome: it may or may not have been done."""
        last = None
        for entry in self.entries():
            if entry.key == key:
                last = entry if entry.what == "begin" else None
        return last

    def known(self) -> dict[str, dict[str, str]]:
        """Return what is known of each object that exists as far as we know: key to fields."""
        known: dict[str, dict[str, str]] = {}
        for entry in self.entries():
            if entry.what in {"made", "kept"}:
                fields = {name: str(value) for name, value in entry.fields.items() if name != FORMER}
                known[entry.key] = fields
            elif entry.what == "undone":
                known.pop(entry.key, None)
        return known

    def made(self) -> tuple[Made, ...]:
        """Return what this profile created and did not remove, in order of creation."""
        made: dict[tuple[str, str], Made] = {}
        for at, entry in enumerate(self.entries()):
            identity = (entry.key, str(entry.fields.get("id", "")))
            if entry.what == "made":
                made[identity] = Made(entry.key, entry.kind, entry.fields, at)
            elif entry.what == "undone":
                made.pop(identity, None)
        return tuple(made.values())

    def perhaps_made(self) -> tuple[Made, ...]:
        """Return what this profile began to create or deploy and whose outcome nobody wrote down, in order."""
        begun: dict[str, Made] = {}
        for at, entry in enumerate(self.entries()):
            begun.pop(entry.key, None)
            creates = entry.fields.get("creates") and entry.fields.get("id")
            if entry.what == "begin" and (creates or entry.kind == DEPLOYMENT):
                begun[entry.key] = Made(entry.key, entry.kind, entry.fields, at)
        return tuple(begun.values())

    def changed(self) -> tuple[Made, ...]:
        """Return what was there before and was changed or removed, each with its oldest ``former`` state.

        An intent counts as well: whether it was carried out is not known, and putting back what stands is harmless.
        """
        changed: dict[tuple[str, str], Made] = {}
        for at, entry in enumerate(self.entries()):
            identity = (entry.key, str(entry.fields.get("id", "")))
            if entry.what == "undone":
                changed.pop(identity, None)
            elif entry.fields.get(FORMER):
                first = changed.get(identity)
                fields = entry.fields if first is None else first.fields
                changed[identity] = Made(entry.key, entry.kind, fields, at)
        return tuple(changed.values())

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever begun."""
        return next(self.entries(), None) is None


def _check_sum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _read(line: str) -> Entry | None:
    check_sum, _, text = line.partition(" ")
    if not text or check_sum != _check_sum(text):
        return None
    raw = json.loads(text)
    return Entry(raw["what"], raw["key"], raw["kind"], raw["run"], raw["at"], raw["fields"])
