"""Whether a profile is carried out where it was before: the same tenant, the same subscription."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING

from profiles.errors import ProfilesError
from wizard.shapes import is_guid

if TYPE_CHECKING:
    from profiles.profile import SavedContext
    from wizard.apply.journal import Journal
    from wizard.context import Context

_SUBSCRIPTION = re.compile(r"/subscriptions/([0-9A-Fa-f-]{36})(?:/|$)", re.IGNORECASE)


class Elsewhere(ProfilesError):  # noqa: N818 - told to the person as it is
    """The profile was carried out in another tenant or subscription than the one it would be carried out in now."""

    advice = (
        "Sign in where it was made, or put its subscription back; or take back what was made with azimuth undo "
        "first; or start another profile with azimuth profiles copy."
    )


def moved(
    name: str, saved: SavedContext, here: Context | None, subscription: str, made_in: Collection[str]
) -> str:
    """Say why this is another place than the one that a profile made its objects in; "" when it is the same.

    `saved` is where they were made, `here` where somebody is signed in, if anywhere; `subscription` is what the answers
    name now, and `made_in` the subscriptions of what was made. Carried out elsewhere, everything would be made a second
    time, and undo would take the first for gone.
    """
    if here is not None and is_guid(saved.tenant_id) and saved.tenant_id.lower() != here.tenant.lower():
        there = f"tenant {saved.tenant_name or saved.tenant_id} ({saved.tenant_id})"
        now = f"{here.tenant_name or here.tenant} ({here.tenant})"
        return f"Profile {name} made its objects in {there}, and you are signed in to {now}."
    if made_in and is_guid(subscription) and subscription.lower() not in made_in:
        there = ", ".join(sorted(made_in))
        return f"Profile {name} made its objects in subscription {there}, and its answers name {subscription} now."
    return ""


def subscriptions(journal: Journal) -> frozenset[str]:
    """The subscriptions of what a profile made, or may have made."""
    ids = (str(one.fields.get("id", "")) for one in (*journal.made(), *journal.perhaps_made()))
    found = (_SUBSCRIPTION.match(identity) for identity in ids)
    return frozenset(match[1].lower() for match in found if match)
