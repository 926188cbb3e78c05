"""Role: what a custom role is, whatever form it was written in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from wizard.text import clean_line

PARTS = ("actions", "notActions", "dataActions", "notDataActions")
"""The four lists of a role, by Azure's names."""


@dataclass(frozen=True, slots=True)
class Role:
    """A custom role. The order of actions is kept; it means nothing, nor does their case."""

    name: str = ""
    description: str = ""
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()

    @property
    def lists(self) -> Mapping[str, tuple[str, ...]]:
        """The four lists by Azure's names."""
        four = (self.actions, self.not_actions, self.data_actions, self.not_data_actions)
        return dict(zip(PARTS, four, strict=True))

    @property
    def permission(self) -> dict[str, list[str]]:
        """The one entry of ARM's ``permissions``."""
        return {part: list(actions) for part, actions in self.lists.items()}

    def same_rights(self, other: Role) -> bool:
        """Whether two roles allow the same; names, order and case do not matter."""
        return all(folded(mine) == folded(other.lists[part]) for part, mine in self.lists.items())


def folded(actions: Iterable[str]) -> frozenset[str]:
    """Return actions as they are compared: case does not matter."""
    return frozenset(action.casefold() for action in actions)


def of_azure(found: Mapping[str, Any]) -> Role:
    """Read a role definition as ARM answers it (API 2022-04-01)."""
    properties = found.get("properties") or {}
    permissions = [one for one in properties.get("permissions") or () if isinstance(one, Mapping)]
    lists = {
        part: tuple(clean_line(action) for one in permissions for action in one.get(part) or ())
        for part in PARTS
    }
    return Role(
        name=clean_line(properties.get("roleName") or ""),
        description=clean_line(properties.get("description") or "", 2048),
        actions=lists["actions"],
        not_actions=lists["notActions"],
        data_actions=lists["dataActions"],
        not_data_actions=lists["notDataActions"],
        scopes=tuple(str(scope) for scope in properties.get("assignableScopes") or ()),
    )
