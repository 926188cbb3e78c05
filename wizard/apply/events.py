"""What happens while a plan is carried out, as plain values. Screen, log and JSON lines read the same stream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Result(StrEnum):
    """How one task ended well."""

    MADE = "made"
    KEPT = "kept"
    PROVED = "proved"
    REMOVED = "removed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Task:
    """One line of the apply screen."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Outlined:
    """The tasks that will be done, in order. Comes first, once."""

    tasks: tuple[Task, ...]


@dataclass(frozen=True, slots=True)
class Started:
    """A task has begun."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A task waits for Azure; `seconds` have gone by since it began waiting, of `at_most`. Replaces the one before."""

    key: str
    label: str
    why: str
    seconds: float
    at_most: float


@dataclass(frozen=True, slots=True)
class Finished:
    """A task is done, and how. `warning` wants attention."""

    key: str
    label: str
    result: Result
    detail: str = ""
    seconds: float = 0.0
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """A task could not be done: what is wrong and the way out."""

    key: str
    label: str
    what: str
    mend: str = ""


class Stands(StrEnum):
    """How an object of an earlier run stands, by Azure's own word."""

    DONE = "done"
    RUNNING = "running"
    FAILED = "failed"
    CHANGED = "changed"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Found:
    """What Azure told of one object of an earlier run, before this one goes on; it is no task."""

    key: str
    label: str
    stands: Stands
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Noted:
    """Something worth telling that belongs to no task."""

    text: str


Event = Outlined | Started | Waiting | Finished | Failed | Found | Noted
OnEvent = Callable[[Event], None]


def unheard(_event: Event) -> None:
    """Take events that nobody listens to."""
