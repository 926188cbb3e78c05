"""Following: another Azimuth carries out the same profile; its journal is read as it grows, until it lets go."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from profiles.files import SINCE
from profiles.holding import Holder, holder_of
from profiles.store import journal_path, lock_path
from wizard.apply.deploy import kind_word
from wizard.apply.events import Event, Finished, Noted, OnEvent, Result, Started
from wizard.apply.handoff import label_of
from wizard.apply.journal import Journal
from wizard.apply.order import objects_of
from wizard.text import clean_line

if TYPE_CHECKING:
    from wizard.apply.journal import Entry
    from wizard.plan import Plan

EVERY = 0.5
"""Seconds between two looks at the journal."""

_NONE: Mapping[str, str] = MappingProxyType({})
_RESULTS = {"made": Result.MADE, "kept": Result.KEPT, "undone": Result.REMOVED}


def held_by(name: str) -> Holder | None:
    """Who carries out the profile of this name just now; None when nobody does. Raises OSError, ProfilesError."""
    return holder_of(lock_path(name))


def sentence(name: str, holder: Holder) -> str:
    """Say who works on the profile of this name."""
    return clean_line(f"Another Azimuth ({holder.who}) is carrying out profile {name}.")


def labels_of(plan: Plan) -> dict[str, str]:
    """How people call what a plan makes, by the keys of the journal."""
    return {key: label_of(plan, key) for key in objects_of(plan)}


async def follow(
    name: str, on_event: OnEvent, labels: Mapping[str, str] = _NONE, *, every: float = EVERY
) -> None:
    """Tell what the other one has done since it began, and what it does, until it lets go or is ended.

    `labels` are how things are called; without one, a thing is called by its kind and what the journal says of it.
    Nothing is written. A cancelled following leaves the other one as it is.
    """
    journal = Journal(journal_path(name))
    first = held_by(name)
    told = _before(tuple(journal.entries()), first.since if first is not None else "")
    stopped = False
    while True:
        holder = held_by(name)
        entries = tuple(journal.entries())
        for entry in entries[told:]:
            on_event(_event(entry, labels.get(entry.key, "")))
        told = len(entries)
        if holder is None:
            return
        if holder.is_stopped and not stopped:
            on_event(Noted(f"It is stopped. {holder.way_out}"))
        stopped = holder.is_stopped
        await asyncio.sleep(every)


def _before(entries: Sequence[Entry], since: str) -> int:
    """How many entries are older than a moment, as a lock's holder writes it; all where it can't be read."""
    try:
        began = datetime.strptime(since, SINCE)  # noqa: DTZ007 - the form holds the offset
    except ValueError:
        return len(entries)
    return sum(1 for entry in entries if datetime.fromisoformat(entry.at) < began)


def _event(entry: Entry, label: str) -> Event:
    label = label or _label(entry)
    if entry.what == "begin":
        return Started(entry.key, label)
    result = _RESULTS.get(entry.what)
    return Finished(entry.key, label, result) if result is not None else Noted(f"{entry.what} {label}")


def _label(entry: Entry) -> str:
    """What an entry is about, as people read it; names in it are Azure's."""
    kind = kind_word(entry.kind) if "/" in entry.kind else entry.kind
    name = str(entry.fields.get("label") or entry.fields.get("name") or "")
    return clean_line(f"{kind} {name}" if kind and name else kind or name or entry.key)
