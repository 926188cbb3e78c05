"""How the end of a profile's secrets reads as rows: in a low voice, as a warning near the end, as wrong when it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from profiles.expiry import expiries
from screens.signs import sign
from screens.terminal import Sign
from screens.widgets.rows import Row

if TYPE_CHECKING:
    from profiles.profile import Profile


def expiry_rows(profile: Profile) -> list[Row]:
    """Return when each secret of a profile ends, and the way out where that is soon or over."""
    rows = []
    for one in expiries(profile):
        if one.state == "expired":
            rows.append(Row(one.sentence, sign(Sign.WRONG), "bad", one.mend, text_tone="bad"))
        elif one.state == "soon":
            rows.append(Row(one.sentence, sign(Sign.WARNING), "warn", one.mend, text_tone="warn"))
        elif one.state == "good":
            rows.append(Row(one.sentence, text_tone="quiet"))
    return rows
