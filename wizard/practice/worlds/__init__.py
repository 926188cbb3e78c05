"""What exists when practice Azure is started for the first time: a world, as data, by name or by file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT = "default"
_HERE = Path(__file__).parent
_KEYS = frozenset(
    {
        "about", "extends", "person", "owner", "subscription", "policies", "replication", "tenants", "users",
        "applications", "subscriptions", "providers", "groups", "resources", "roleAssignments",
    }
)  # fmt: skip


class WorldError(ValueError):
    """A world that is not there, or cannot be read."""


@dataclass(frozen=True, slots=True)
class World:
    """A world with nothing left to look up: `facts` are the keys described at the head of `default.json`."""

    name: str
    facts: Mapping[str, Any]

    @property
    def home(self) -> str:
        """The GUID of the person's own tenant."""
        return str(self.facts["tenants"][0]["tenantId"])

    @property
    def person(self) -> str:
        """The user principal name of who sits at the browser."""
        return str(self.facts["person"])

    @property
    def owner(self) -> str:
        """The application (client) id of the service principal whose secret is given out."""
        return str(self.facts["owner"])

    @property
    def subscription(self) -> str:
        """The GUID of the subscription a rehearsal works in."""
        return str(self.facts["subscription"])

    def replication(self, what: str) -> float:
        """Seconds at time scale 1 until `principal` or `secret` is known everywhere."""
        return float(self.facts.get("replication", {}).get(f"{what}_seconds", 0.0))


def names() -> tuple[str, ...]:
    """The worlds that come with practice Azure."""
    return tuple(sorted(path.stem for path in _HERE.glob("*.json")))


def canonical(name: str) -> str:
    """The name a world is recorded by: its own, or the absolute path of its file."""
    return name if name in names() else str(Path(name).resolve())


def load(name: str) -> World:
    """Read a world by its name, or by the path of a JSON file; `extends` names the one it changes.

    Raises:
        WorldError: there is none of that name, or the file is not a world.
    """
    facts = _read(name)
    missing = sorted(_KEYS - facts.keys() - {"about", "extends", "replication"})
    if missing:
        raise WorldError(
            f'The world {name} lacks {", ".join(missing)}. It may begin with "extends": "default".'
        )
    return World(canonical(name), facts)


def _read(name: str, seen: tuple[str, ...] = ()) -> dict[str, Any]:
    path = _HERE / f"{name}.json" if name in names() else Path(name)
    if name in seen:
        raise WorldError(f"The world {name} extends itself.")
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        known = ", ".join(names())
        raise WorldError(f"There is no world {name}. Known: {known}; or the path of a JSON file.") from fault
    except ValueError as fault:
        raise WorldError(f"{path} is not JSON: {fault}") from fault
    if not isinstance(facts, dict) or facts.keys() - _KEYS:
        raise WorldError(
            f"{path} is not a world: a JSON object with only the keys {', '.join(sorted(_KEYS))}."
        )
    base = facts.get("extends")
    return _read(str(base), (*seen, name)) | facts if base else facts
