"""From 30 days before its end a secret warns, and after it, it is over: one rule, seen from any moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from profiles.expiry import expiries, left, warnings
from profiles.profile import Profile, SecretReference
from profiles.secrets import Binding

END = datetime(2027, 1, 31, 12, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def profile(end: datetime | None = END) -> Profile:
    reference = SecretReference("PASSWORD", "keyring", Binding("c", "t", "a", "p"), expires=end)
    return replace(Profile.new("demo", "himl", "AzureCloud"), secrets=(reference,))


@pytest.mark.parametrize(
    ("before", "days", "state", "told"),
    [
        (180 * DAY, 180, "good", "PASSWORD expires in 180 days, on 31 January 2027."),
        (30 * DAY + SECOND, 31, "good", "in 31 days"),
        (30 * DAY, 30, "soon", "in 30 days"),
        (DAY + SECOND, 2, "soon", "in 2 days"),
        (DAY, 1, "soon", "within a day"),
        (SECOND, 1, "soon", "within a day"),
        (
            0 * DAY,
            0,
            "expired",
            "expired within the last day, on 31 January 2027: nothing can sign in with it",
        ),
        (-DAY, -1, "expired", "expired 1 day ago"),
        (-400 * DAY, -400, "expired", "expired 400 days ago"),
    ],
)
def test_days_and_state_at_the_edges(before: timedelta, days: int, state: str, told: str) -> None:
    (one,) = expiries(profile(), END - before)
    assert (one.days, one.state) == (days, state)
    assert left(END, END - before) == (days, state)
    assert told in one.sentence
    assert one.warns is (state in {"soon", "expired"})
    assert ("azimuth rotate demo" in one.mend) is one.warns
    assert warnings(profile(), END - before) == ((one,) if one.warns else ())


def test_an_end_that_nobody_told_warns_nobody() -> None:
    (one,) = expiries(profile(None))
    assert (one.state, one.days, one.warns, one.mend) == ("unknown", None, False, "")
    assert "nobody told" in one.sentence


def test_without_a_secret_nothing_expires() -> None:
    assert expiries(replace(profile(), secrets=())) == ()
