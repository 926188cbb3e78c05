"""The time practice Azure lives in, and how long its operations take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def _wall() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Clock:
    """UTC time; `scale` 0 makes every operation due at once, 1 makes it last as long as in Azure.

    Another scale counts for what begins after it was set, and for replication at once.
    """

    scale: float = 0.0
    source: Callable[[], datetime] = _wall

    def now(self) -> datetime:
        """The present moment in UTC."""
        return self.source()

    def takes(self, seconds: float) -> datetime:
        """When an operation that takes `seconds` at scale 1 is due, if it begins now."""
        return self.now() + timedelta(seconds=seconds * self.scale)

    def younger(self, created: float, seconds: float) -> bool:
        """Whether what was made at `created` (epoch seconds) is younger than `seconds` at scale 1."""
        return self.now().timestamp() - created < seconds * self.scale
