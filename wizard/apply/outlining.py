"""What undo has to do, in which order, and how its lines read: known from the journal alone; nobody is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from wizard.apply.deploy import kind_word
from wizard.apply.journal import DEPLOYMENT, FORMER, Journal, Made
from wizard.apply.key_pair import KEY_PAIR
from wizard.apply.outcome import Change, PlannedChange
from wizard.apply.providers import PROVIDER
from wizard.plan import DirectoryKind, Plan

if TYPE_CHECKING:
    from wizard.setup import Setup

BEFORE = "it was there before"
PUT_BACK = "put back as it was"
_FILE_STAYS = "the private key file stays: nobody can make it again"
_PROVIDER_STAYS = "it stays registered: that costs nothing, and others may use it by now"
_RANKS: Mapping[str, int] = {
    "microsoft.authorization/roleassignments": 0,
    "microsoft.authorization/roledefinitions": 1,
    DirectoryKind.PASSWORD.value: 2,
    DirectoryKind.FEDERATED_CREDENTIAL.value: 2,
    DirectoryKind.SERVICE_PRINCIPAL.value: 3,
    DirectoryKind.APPLICATION.value: 4,
}
_REST = 5


def removable(setup: Setup) -> tuple[Made, ...]:
    """Return what is to be taken back, newest first: what was made, may have been made, or was changed.

    What hangs on an application that goes (its principal, secrets and federations) goes with it, but is
    removed first all the same: an interrupted undo leaves no working credential. What was changed has the field
    ``former``; what the profile made itself is removed, however often it changed it.
    """
    journal = setup.journal
    made = [*journal.made(), *journal.perhaps_made()]
    ours = {identity_of(one) for one in made}
    changed = [one for one in journal.changed() if identity_of(one) not in ours]
    plain = [replace(one, fields={k: v for k, v in one.fields.items() if k != FORMER}) for one in made]
    return in_order({identity_of(one): one for one in (*plain, *changed)}.values())


def in_order(todo: Iterable[Made]) -> tuple[Made, ...]:
    """Return it in the order of an undo: newest first; of what was made, roles before applications before the rest.

    What was changed keeps its place among what is older and newer: it may use what was made, or be used by it.
    """
    newest = sorted(todo, key=lambda one: one.at, reverse=True)
    first = next((at for at, one in enumerate(newest) if FORMER not in one.fields), len(newest))
    early = [one for one in newest[first:] if FORMER not in one.fields and _rank(one) < _REST]
    late = [one for one in newest[first:] if one not in early]
    return (*newest[:first], *sorted(early, key=_rank), *late)


def _rank(made: Made) -> int:
    return _RANKS.get(made.kind.lower() if "/" in made.kind else made.kind, _REST)


def identity_of(made: Made) -> tuple[str, str]:
    """Return what tells it from everything else of the profile: its key, and its id or name."""
    return made.key, str(made.fields.get("id") or made.fields.get("name") or "").lower()


def _key_files(journal: Journal) -> tuple[str, ...]:
    files = [str(e.fields["path"]) for e in journal.entries() if e.kind == KEY_PAIR and e.what == "kept"]
    return tuple(dict.fromkeys(files))


def staying(journal: Journal) -> tuple[PlannedChange, ...]:
    """Return what undo never takes back, though the profile made it."""
    files = [PlannedChange(Change.KEEP, KEY_PAIR, path, _FILE_STAYS) for path in _key_files(journal)]
    names = [str(e.fields["id"]) for e in journal.entries() if e.kind == PROVIDER and e.what == "kept"]
    stays = [PlannedChange(Change.KEEP, PROVIDER, name, _PROVIDER_STAYS) for name in dict.fromkeys(names)]
    return (*files, *stays)


def labels_of(plan: Plan) -> dict[str, str]:
    """Return how the plan calls its directory objects, by key."""
    return {wanted.key: wanted.label for wanted in plan.directory}


def kind_of_made(made: Made) -> str:
    """Return its kind in people's words."""
    if "/" in made.kind:
        return kind_word(made.kind)
    return "record of deployment" if made.kind == DEPLOYMENT else made.kind


def label_of_made(made: Made, labels: Mapping[str, str]) -> str:
    """Return its name: as the journal has it, else as the plan calls it."""
    told = made.fields.get("label") or made.fields.get("name") or labels.get(made.key)
    return str(told or made.fields.get("id", made.key))


def kept_as_before(setup: Setup, plan: Plan, todo: Iterable[Made]) -> tuple[PlannedChange, ...]:
    """Return the lines about what undo never takes: what was there before, and what stays of what was made."""
    journal = setup.journal
    ours, known = {one.key for one in todo}, journal.known()
    lines = list(staying(journal))
    kept = [w for w in plan.directory if w.key not in ours and (w.existing or w.key in known)]
    lines += [PlannedChange(Change.KEEP, w.kind.value, w.label, BEFORE) for w in kept]
    stood = [r for r in plan.resources if r.key not in ours and r.key in known]
    lines += [
        PlannedChange(Change.KEEP, kind_word(r.type), r.label, BEFORE, known[r.key]["id"]) for r in stood
    ]
    lines += [PlannedChange(Change.KEEP, "", k.label, BEFORE, k.id) for k in plan.kept]
    return tuple(lines)
