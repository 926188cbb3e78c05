"""What changing one role into another adds and removes."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.roles.role import Role, folded

_WORDS = {
    "actions": "",
    "notActions": "not ",
    "dataActions": "data: ",
    "notDataActions": "not data: ",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """Actions that a change adds and removes; those of the other three lists bear their list before them."""

    added: tuple[str, ...]
    removed: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many actions differ."""
        return len(self.added) + len(self.removed)

    @property
    def sentence(self) -> str:
        """The change in numbers."""
        return f"This change removes {len(self.removed)}, adds {len(self.added)}."


def difference(before: Role, after: Role) -> Difference:
    """Compare two roles list by list; order and case do not matter."""
    added: list[str] = []
    removed: list[str] = []
    for part, now in after.lists.items():
        then = before.lists[part]
        added += [_WORDS[part] + action for action in now if action.casefold() not in folded(then)]
        removed += [_WORDS[part] + action for action in then if action.casefold() not in folded(now)]
    return Difference(tuple(added), tuple(removed))
