"""What must hold right after a disturbed run: a plain message, a true journal, no secret told, the right stage."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from profiles.store import ProfileStore, journal_path
from tests.crash.judging import Picture
from tests.faults.flows import Told
from tests.playing import PROFILE, Flow
from wizard.apply.journal import Entry, Journal

_MADE_OF = frozenset(
    {"application", "servicePrincipal", "secret", "roleAssignment", "roleDefinition", "resource", "group"}
)
_BARE = re.compile(r"(Azure answered )?\d{3}\b[^.]*\.?|[A-Za-z]+Error\b.*|<.*", re.DOTALL)
_SHORTEST = 12
_SHOWN = 5
_ABOUT_DEPLOYMENTS = re.compile(
    r"(azure |made )?deployment |perhaps made deployment |file azimuth/state/approved/"
)
_NUMBER = re.compile(r"<\d+>")


def wrong_meanwhile(
    flow: Flow, told: Told, before: Mapping[tuple[str, str], str], after: Mapping[tuple[str, str], str]
) -> list[str]:
    """List what is wrong between a disturbed run and its recovery."""
    journal = Journal(journal_path(PROFILE))
    bad = [*_message(told), *_unclaimed(journal, before, after)]
    if flow.command == "apply":
        bad += _claimed_in_vain(journal, after)
    bad += _stage(flow, told, journal)
    bad += [f"a secret was told: {one[:4]}…" for one in told.secrets]
    text = journal.path.read_text("utf-8") if journal.path.exists() else ""
    return bad + ["a secret is in the journal"] * ("8Q~" in text)


def difference(wanted: Picture, end: Picture) -> list[str]:
    """How an end differs from the right one. How many deployments it took is no matter: undo removes the record of each."""
    if wanted.shown == end.shown:
        return []
    right, is_now = (Counter(_renumbered(picture.shown)) for picture in (wanted, end))
    lost = [f"- {line[:240]}" for line in (right - is_now)]
    more = [f"+ {line[:240]}" for line in (is_now - right)]
    return [*lost[:_SHOWN], *more[:_SHOWN]]


def _renumbered(lines: Sequence[str]) -> list[str]:
    """The lines without those about deployments, their names numbered anew."""
    kept = [line for line in lines if not _ABOUT_DEPLOYMENTS.match(line)]
    numbers: dict[str, int] = {}
    ordered = sorted(kept, key=lambda line: _NUMBER.sub("?", line))
    return [
        _NUMBER.sub(lambda found: f"<{numbers.setdefault(found[0], len(numbers) + 1)}>", line)
        for line in ordered
    ]


def _message(told: Told) -> list[str]:
    if told.broken:
        return [f"it broke: {told.broken}"]
    if told.ok:
        return []
    bad = []
    if len(told.problem) < _SHORTEST or _BARE.fullmatch(told.problem):
        bad.append(f"no plain sentence: {told.problem!r}")
    if not told.mend:
        bad.append(f"no way out: {told.problem!r}")
    if "\x1b" in told.problem or "Traceback" in told.everything:
        bad.append(f"not fit to be shown: {told.problem!r}")
    return bad


def _unclaimed(
    journal: Journal, before: Mapping[tuple[str, str], str], after: Mapping[tuple[str, str], str]
) -> list[str]:
    """What is new in Azure and stands in no line of the journal as made, or as begun."""
    ids = {_last(str(made.fields.get("id", ""))) for made in (*journal.made(), *journal.perhaps_made())}
    whole = {str(made.fields.get("id", "")).lower() for made in (*journal.made(), *journal.perhaps_made())}
    begun = _open(journal)
    return [
        f"the journal does not know of {kind} {key}"
        for (kind, key), body in after.items()
        if kind in _MADE_OF
        and (kind, key) not in before
        and _last(key) not in ids
        and not _comes_along(key, body, whole)
        and not any(_is_about(entry, key, body) for entry in begun)
    ]


def _comes_along(key: str, body: str, claimed: Collection[str]) -> bool:
    """Whether Azure made it with something that is claimed: a subnet with its network, a principal with its identity."""
    named = f"{key} {body if 'ManagedIdentity' in body else ''}".lower()
    return any(
        f"{one}/" in named or f'"{one}"' in named for one in claimed if one.startswith("/subscriptions/")
    )


def _open(journal: Journal) -> list[Entry]:
    last = {entry.key: entry for entry in journal.entries()}
    return [entry for entry in last.values() if entry.what == "begin"]


def _is_about(entry: Entry, key: str, body: str) -> bool:
    """Whether an intent identifies this document: its own id, or the unique name, application or the like in it."""
    document: dict[str, Any] = json.loads(body)
    values = {str(value).lower() for value in document.values() if isinstance(value, str)} | {_last(key)}
    named = [str(value).lower() for name, value in entry.fields.items() if name in _IDENTITIES and value]
    return any(one in values or _last(one) in values for one in named)


_IDENTITIES = frozenset({"id", "unique_name", "app_id", "application", "key_id"})


def _claimed_in_vain(journal: Journal, after: Mapping[tuple[str, str], str]) -> list[str]:
    there = {_last(key) for _, key in after}
    return [
        f"the journal claims {made.kind} {made.key}, which Azure has not"
        for made in journal.made()
        if _last(str(made.fields.get("id", ""))) not in there
    ]


def _stage(flow: Flow, told: Told, journal: Journal) -> list[str]:
    """A profile says that it is proved only when it is, that it is undone only when nothing is left, and never forgets."""
    store = ProfileStore()
    stage = store.load(PROFILE).stage if store.exists(PROFILE) else "answering"
    if flow.command == "apply":
        if journal.made() and stage in {"answering", "undone"}:
            return [f"stage {stage}, although something was made"]
        if not told.ok and stage == "proved":
            return ["stage proved, although it failed"]
    if flow.command == "undo" and not told.ok and stage == "undone":
        return ["stage undone, although it failed"]
    if flow.command == "rotate" and stage not in {"applied", "proved"}:
        return [f"stage {stage} after rotating"]
    return []


def _last(key: str) -> str:
    return key.rsplit("/", 1)[-1].lower()
