"""Which content of a profile a person has agreed to: nothing of a foreign or changed file goes live before that."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from profiles.document import LARGEST
from profiles.errors import ProfilesError
from profiles.files import atomic_write, read_capped, remove, remove_leftovers
from profiles.locations import private_folder
from profiles.profile import Profile, to_values
from profiles.reading import profile_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# What Azimuth itself counts up, and what was proved, decide nothing about where a request goes or what it asks for.
_BOOKKEEPING = frozenset({"schema", "revision", "created", "updated", "step", "sources", "proofs"})
_FREE = ("answers.", "outputs.")
_LARGEST_RECORD = 16 * LARGEST
_LONGEST_VALUE = 160
_MOST_LINES = 200


@dataclass(frozen=True, slots=True)
class Difference:
    """What a profile says that nobody approved yet.

    `lines` show it against the content approved last, or the whole of it where none was (`known` is False); they
    are safe for a terminal.
    """

    name: str
    known: bool
    lines: tuple[str, ...]


class Approvals:
    """What was approved on this machine: one record per profile file, 0600, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def approved(self, path: Path, profile: Profile) -> bool:
        """Whether this content was approved for the file of this path, by a person or by being saved by Azimuth."""
        wanted = digest(path, profile)
        kept = self._kept(path)
        if any(one["digest"] == wanted for one in kept):
            return True
        # A newer Azimuth may sum up the same content differently.
        return any(_read(one["text"]) == _decisive(profile) for one in kept)

    def difference(self, path: Path, profile: Profile) -> Difference:
        """What changed against the content approved last, one key a line."""
        kept = self._kept(path)
        before = _read(kept[0]["text"]) if kept else None
        lines = tuple(_compared(before or {}, _decisive(profile)))
        if len(lines) > _MOST_LINES:
            lines = (*lines[:_MOST_LINES], f"… and {len(lines) - _MOST_LINES} more")
        return Difference(profile.name, before is not None, lines)

    def approve(self, path: Path, profile: Profile, text: str, *, before: Profile | None = None) -> None:
        """Take a content as agreed to; `text` is how it stands in the file.

        `before` is what the file holds until it is written: a crash in between must leave an approved content.
        Raises OSError, FolderError.
        """
        wanted = digest(path, profile)
        old = digest(path, before) if before is not None else wanted
        kept = self._kept(path)
        if kept and kept[0]["digest"] == wanted and old in {one["digest"] for one in kept}:
            return
        older = [one for one in kept if one["digest"] == old != wanted]
        record = {"path": os.fspath(path), "approved": [{"digest": wanted, "text": text}, *older[:1]]}
        target = self._record(path)
        private_folder(self._folder)
        remove_leftovers(target)
        atomic_write(target, json.dumps(record))

    def forget(self, path: Path) -> None:
        """Remove the record of a file."""
        if self._folder.is_dir():
            remove(self._record(path))

    def _record(self, path: Path) -> Path:
        return self._folder / f"{hashlib.sha256(_place(path)).hexdigest()[:40]}.json"

    def _kept(self, path: Path) -> list[dict[str, str]]:
        """Approved contents of a file, the newest first; a record that can't be read approves nothing."""
        try:
            record = json.loads(read_capped(self._record(path), _LARGEST_RECORD))
            listed = record["approved"] if record["path"] == os.fspath(path) else []
            return [{"digest": str(one["digest"]), "text": str(one["text"])} for one in listed]
        except (OSError, ValueError, KeyError, TypeError):
            return []


def digest(path: Path, profile: Profile) -> str:
    """Sum of a file's path and everything in a profile that decides what happens; layout and comments don't count."""
    content = json.dumps(_decisive(profile), sort_keys=True, default=str)
    return hashlib.sha256(_place(path) + b"\n" + content.encode()).hexdigest()


def _place(path: Path) -> bytes:
    return os.fsencode(os.path.abspath(path))  # noqa: PTH100 - a link in the path stays what the person sees


def _decisive(profile: Profile) -> dict[str, Any]:
    """The parts that decide something, flat and in order: "answers.workspace" to its value."""
    return dict(_flat({key: value for key, value in to_values(profile).items() if key not in _BOOKKEEPING}))


def _flat(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        name = f"{above}{key}"
        if isinstance(value, dict):
            yield from _flat(value, f"{name}.")
        elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            for number, one in enumerate(value, 1):
                yield from _flat(one, f"{name}[{number}].")
        else:
            yield name, value


def _read(text: str) -> dict[str, Any] | None:
    try:
        return _decisive(profile_of(text, "approved"))
    except ProfilesError:
        return None


def _compared(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for key in [*before, *(key for key in after if key not in before)]:
        if key not in after:
            yield f"- {_visible(key)} = {_shown(before[key])}"
        elif key not in before:
            if after[key] in ("", []) and not key.startswith(_FREE):
                continue  # what the file may as well leave out
            yield f"+ {_visible(key)} = {_shown(after[key])}"
        elif (type(before[key]), before[key]) != (type(after[key]), after[key]):
            yield f"~ {_visible(key)} = {_shown(after[key])}  (was {_shown(before[key])})"


def _shown(value: Any) -> str:
    """A value as it would stand in the file, with nothing in it that steers a terminal."""
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value) if isinstance(value, str | list) else str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}… ({len(text)} signs)"


def _visible(key: str) -> str:
    return key if key.isprintable() else ascii(key)
