"""When things end in a played recording: an operation goes on for as long as the recorded polls say so, and no longer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from tests.contract import vault_times
from tests.contract.recordings import Cassette, Row
from wizard.practice.clock import Clock

STEP = timedelta(seconds=20)
START = datetime(2025, 3, 1, 9, 0, tzinfo=UTC)


@dataclass(slots=True)
class Pace:
    """The time of the row that is played, when what it begins shall end, and whether all that is new is still unknown."""

    start: datetime = START
    moment: datetime = START
    due: datetime = START
    young: bool = False

    def turn(self, index: int, end: float | None, *, young: bool = False) -> None:
        """Go to a row; `end` is the row by which what begins here is over, None for at once."""
        self.moment = self.start + STEP * index
        self.due = self.moment if end is None else self.start + STEP * (end - 0.5)
        self.young = young


@dataclass(slots=True)
class Paced(Clock):
    """The clock of a played recording: what takes time takes as long as it was recorded to."""

    pace: Pace = field(default_factory=Pace)

    def takes(self, seconds: float) -> datetime:
        """The end the recording tells, however long it would be in general."""
        del seconds
        return max(self.now(), self.pace.due)

    def younger(self, created: float, seconds: float) -> bool:
        """Whether the row is one that was refused for something too new."""
        del seconds
        return self.pace.young and created >= self.pace.start.timestamp()


def began(cassette: Cassette) -> datetime:
    """When it was recorded, as far as it tells."""
    dates = (row.headers.get("date") for row in cassette.rows)
    told = next((one for one in dates if one), None)
    return parsedate_to_datetime(told).astimezone(UTC) if told else START


def clock(pace: Pace) -> Clock:
    """A clock that shows the pace's moment."""
    return Paced(1.0, lambda: pace.moment, pace)


def ends(cassette: Cassette) -> dict[int, float]:
    """By the index of a write: the index of the row that shows its end, for those that were not over at once."""
    found: dict[int, float] = {}
    for index, row in enumerate(cassette.rows):
        if row["host_kind"] == "vault":
            if (over := vault_times.end(cassette, index, row)) is not None:
                found[index] = over
            continue
        if row.method in ("GET", "HEAD") or not row.succeeded or row.follows is not None:
            continue
        end = _end(cassette, index, row)
        if end is not None:
            found[index] = end
    return found


def _end(cassette: Cassette, index: int, row: Row) -> float | None:
    polled = any(later.follows == row.n for later in cassette.rows[index + 1 :])
    if not polled and row.status != 202 and row.state != "running":
        return None
    last = float(index)
    for at, later in enumerate(cassette.rows[index + 1 :], index + 1):
        state = _shown(row, later)
        if state == "over":
            return at
        if state == "running":
            last = at
        if later.method == "PUT" and later.path.lower() == row.path.lower():
            break
    return last + 1


def _shown(row: Row, later: Row) -> str:
    """What a later row tells of the operation a row began."""
    if later.status >= 429:
        return ""
    if later.follows == row.n:
        return later.state
    if later.method != "GET" or later.path.lower() != row.path.lower():
        return ""
    if row.method == "DELETE":
        return "over" if later.status == 404 else "running"
    return later.state if later.succeeded else ""
