"""Journal: the append-only record of intents and outcomes that makes applying resumable.

Each line is a check sum, a blank and one JSON object. The first says whose journal it is. The intent (`begin`) is on
disk before a write to Azure or to the secret store, the outcome (`done`) after it. A last line that a crash tore is
closed and vouched for by the next writer; any other line that does not fit its check sum is damage, which `condition`
tells. No secret, token or continuation token is ever written.
"""

from __future__ import annotations

import hashlib
import json
import logging
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from profiles.files import append_line, atomic_write, remove_leftovers

_log = logging.getLogger("wizard.apply.journal")

FORMER = "former"
"""The field that keeps what stood in Azure before a change, as JSON text."""


DEPLOYMENT = "deployment"
"""The kind of an ARM deployment's record."""

_OF, _HEALED = "of", "healed"
_ABOUT_ITSELF = frozenset({_OF, _HEALED})


@dataclass(frozen=True, slots=True)
class Condition:
    """How a journal stands: the id of the profile that it is of, where it says so, and the numbers of damaged lines."""

    owner: str = ""
    damaged: tuple[int, ...] = ()
    is_empty: bool = True


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

    def __init__(self, path: Path, of: str = "") -> None:
        """Open the journal in a file, which need not be there; `of` is the profile's id."""
        self.path = path
        self.of = of
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
        for line in self._before_appending():
            append_line(self.path, line)
        append_line(self.path, self._line(what, key, kind, fields))
        _log.info("journal: %s %s (%s), run %s", what, key, kind, self.run)

    def _before_appending(self) -> Iterator[str]:
        """What has to stand before the next line: whose journal it is, and that the torn lines before it are a crash's."""
        content = self._content()
        if not content and self.of:
            yield self._line(_OF, self.of, "", {})
        torn = _torn(content)
        if torn:
            yield self._line(_HEALED, "", "", {"torn": [_check_sum(line) for line in torn]})

    def _line(self, what: str, key: str, kind: str, fields: Mapping[str, object]) -> str:
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        entry = {"what": what, "key": key, "kind": kind, "run": self.run, "at": at, "fields": dict(fields)}
        text = json.dumps(entry, sort_keys=True, separators=(",", ":"))
        return f"{_check_sum(text)} {text}"

    def _content(self) -> str:
        try:
            return self.path.read_text("utf-8", errors="replace")
        except FileNotFoundError:
            return ""

    def entries(self) -> Iterator[Entry]:
        """Yield what every whole line tells, oldest first; damaged ones are passed over."""
        for line in _lines(self._content()):
            entry = _read(line)
            if entry is not None and entry.what not in _ABOUT_ITSELF:
                yield entry

    @property
    def condition(self) -> Condition:
        """Whether what the journal tells can be relied on."""
        content = self._content()
        lines = _lines(content)
        read = [_read(line) for line in lines]
        owner = next((entry.key for entry in read if entry is not None and entry.what == _OF), "")
        whole = len(lines) - len(_torn(content))
        return Condition(owner, tuple(_damaged(lines[:whole], read[:whole])), is_empty=self.is_empty)

    def keep_aside(self, why: str, *, whole: bool) -> Path:
        """Keep a copy of the file under another name and begin anew: with its good lines, or with `whole`, with none.

        Returns where the copy is. Raises OSError.
        """
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        aside = self.path.with_name(f"{self.path.stem}.{stamp}.{why}.jsonl")
        atomic_write(aside, self.path.read_bytes())
        lines = [] if whole else [line for line in _lines(self._content()) if _read(line) is not None]
        first = (
            [] if any(_is_head(line) for line in lines) or not self.of else [self._line(_OF, self.of, "", {})]
        )
        remove_leftovers(self.path)
        atomic_write(self.path, "".join(f"{line}\n" for line in (*first, *lines)))
        return aside

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
            elif entry.what == "undone" and _same(entry, known.get(entry.key)):
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


def _same(entry: Entry, known: Mapping[str, str] | None) -> bool:
    """Whether an entry is about what is known now, and not about one that another has followed."""
    return known is None or str(entry.fields.get("id", "")) in {"", known.get("id", "")}


def _lines(content: str) -> list[str]:
    # Not splitlines: it would also part a line at the odd separators that a damaged one may hold.
    return [line for line in content.split("\n") if line]


def _torn(content: str) -> list[str]:
    """The lines at the end of a file that a crash left unfinished, the last of them without its line break."""
    lines = _lines(content)
    if content.endswith("\n") or not lines or _read(lines[-1]) is not None:
        return []
    torn: list[str] = []
    while lines and _read(lines[-1]) is None:
        torn.append(lines.pop())
    return torn


def _damaged(lines: Sequence[str], read: Sequence[Entry | None]) -> Iterator[int]:
    """Numbers, from 1, of lines that neither fit their check sum nor are a crash's doing, as a later line vouches."""
    vouched = {
        str(one)
        for entry in read
        if entry is not None and entry.what == _HEALED
        for one in entry.fields.get("torn", ())
    }
    for at, (line, entry) in enumerate(zip(lines, read, strict=True), 1):
        if entry is None and _check_sum(line) not in vouched:
            yield at


def _is_head(line: str) -> bool:
    entry = _read(line)
    return entry is not None and entry.what == _OF


def _check_sum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _read(line: str) -> Entry | None:
    check_sum, _, text = line.partition(" ")
    if not text or check_sum != _check_sum(text):
        return None
    try:
        raw = json.loads(text)
        return Entry(raw["what"], raw["key"], raw["kind"], raw["run"], raw["at"], dict(raw["fields"]))
    except (ValueError, KeyError, TypeError):
        return None  # a line that somebody else made up
