"""When a profile's secrets end, and from when on that is a warning: the one rule of every face."""

from __future__ import annotations

from datetime import UTC, datetime
from math import ceil
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from profiles.profile import Profile, SecretReference

    State = Literal["unknown", "good", "soon", "expired"]

SOON = 30
"""Days before the end from which on it is told as a warning."""

_DAY = 86_400


class Expiry(NamedTuple):
    """When the secret of one variable ends. `days` are those left, a begun one counted whole; 0 or less once it is over."""

    profile: str
    variable: str
    end: datetime | None
    days: int | None
    state: State

    @property
    def warns(self) -> bool:
        """Whether something should be done about it."""
        return self.state in {"soon", "expired"}

    @property
    def sentence(self) -> str:
        """When it ends, for people."""
        if self.end is None or self.days is None:
            return f"{self.variable}: nobody told when it expires."
        on = f"{self.end:%d %B %Y}"
        if self.state == "expired":
            return (
                f"{self.variable} expired {_ago(-self.days)}, on {on}: nothing can sign in with it any more."
            )
        return f"{self.variable} expires {_in(self.days)}, on {on}."

    @property
    def mend(self) -> str:
        """What to do about it; "" while nothing has to be done."""
        return (
            f"azimuth rotate {self.profile} makes a new one, proves it, and removes this one."
            if self.warns
            else ""
        )


def left(end: datetime, at: datetime | None = None) -> tuple[int, State]:
    """Days from a moment (now) to an end, a begun one counted whole, and what they mean."""
    days = ceil((end - (at or datetime.now(UTC))).total_seconds() / _DAY)
    return days, "expired" if days <= 0 else "soon" if days <= SOON else "good"


def expiries(profile: Profile, at: datetime | None = None) -> tuple[Expiry, ...]:
    """When each secret of a profile ends, seen `at` a moment (now)."""
    return tuple(_expiry(profile.name, reference, at or datetime.now(UTC)) for reference in profile.secrets)


def warnings(profile: Profile, at: datetime | None = None) -> tuple[Expiry, ...]:
    """The secrets of a profile that end within `SOON` days or are over."""
    return tuple(one for one in expiries(profile, at) if one.warns)


def _expiry(name: str, reference: SecretReference, at: datetime) -> Expiry:
    if reference.expires is None:
        return Expiry(name, reference.variable, None, None, "unknown")
    days, state = left(reference.expires, at)
    return Expiry(name, reference.variable, reference.expires, days, state)


def _in(days: int) -> str:
    return f"in {days} days" if days > 1 else "within a day"


def _ago(days: int) -> str:
    return f"{days} day{'s' if days > 1 else ''} ago" if days else "within the last day"
