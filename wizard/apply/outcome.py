"""What preflight, apply, verify and undo answer, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from wizard.context import Context
from wizard.guide import Findings
from wizard.plan import Manual

if TYPE_CHECKING:
    from profiles.secrets import Secret
    from wizard.apply.handoff import HandOff


class Change(StrEnum):
    """What will happen to one object."""

    CREATE = "create"
    CHANGE = "change"
    KEEP = "keep"
    REMOVE = "remove"
    UNSURE = "unsure"


SIGNS: Mapping[Change, str] = {
    Change.CREATE: "+",
    Change.CHANGE: "~",
    Change.KEEP: "=",
    Change.REMOVE: "-",
    Change.UNSURE: "?",
}


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """One line of a preview: what happens to which object, and why."""

    change: Change
    kind: str
    label: str
    detail: str = ""
    id: str = ""

    @property
    def line(self) -> str:
        """The line as people read it."""
        detail = f"  ({self.detail})" if self.detail else ""
        return " ".join(part for part in (SIGNS[self.change], self.kind, self.label) if part) + detail


@dataclass(frozen=True, slots=True)
class Preview:
    """What applying would do, by Azure's own word, and what stands in the way. Nothing was written.

    `handoffs` are what somebody else has to make, step by step; `postponed` are objects of the person's own that
    wait for them and go on by themselves.
    """

    context: Context
    changes: tuple[PlannedChange, ...]
    findings: Findings = ()
    rights: str = ""
    untouched: int = 0
    manual: tuple[Manual, ...] = ()
    handoffs: tuple[HandOff, ...] = ()
    postponed: tuple[PlannedChange, ...] = ()

    @property
    def blocked(self) -> bool:
        """Whether something has to be mended before applying."""
        return any(finding.blocks for finding in self.findings)

    @property
    def nothing_to_do(self) -> bool:
        """Whether all of it exists already."""
        return not self.handoffs and all(change.change is Change.KEEP for change in self.changes)

    def count(self, change: Change) -> int:
        """How many objects that happens to."""
        return sum(1 for line in self.changes if line.change is change)


class End(StrEnum):
    """How a run ended."""

    DONE = "done"
    NOTHING_TO_DO = "nothing to do"
    FAILED = "failed"
    LEFT_RUNNING = "left running"
    CANCELLED = "cancelled"
    WAITING = "waits for an administrator"


@dataclass(frozen=True, slots=True)
class ProofResult:
    """How one proof came out."""

    key: str
    title: str
    ok: bool
    what: str
    mend: str = ""
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did. `made`, `kept` and `postponed` are labels for people; `handoffs` are those that are open.

    `shown_once` are variables whose new secret no store keeps: the face shows it now, or nobody ever does.
    """

    end: End
    made: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    proofs: tuple[ProofResult, ...] = ()
    variables: tuple[str, ...] = ()
    manual: tuple[Manual, ...] = ()
    next_steps: tuple[str, ...] = ()
    problem: str = ""
    mend: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)
    handoffs: tuple[HandOff, ...] = ()
    postponed: tuple[str, ...] = ()
    shown_once: Mapping[str, Secret] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether everything was done and every proof came out well."""
        return self.end in {End.DONE, End.NOTHING_TO_DO} and all(proof.ok for proof in self.proofs)
