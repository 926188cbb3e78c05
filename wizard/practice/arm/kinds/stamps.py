"""Who made a resource and when, as `systemData` tells it, and what providers add to every answer of theirs."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from wizard.practice.arm import rights
from wizard.practice.arm.call import Call, stamp
from wizard.practice.arm.types import Adding

_NONE: Mapping[str, Any] = MappingProxyType({})


def now(adding: Adding) -> str:
    """This moment as Azure writes it."""
    return stamp(adding.call.clock.now())


def once(adding: Adding, name: str) -> str:
    """The moment a property was first given."""
    return str(adding.kept(name, now(adding)))


def system(adding: Adding) -> dict[str, Any]:
    """The `systemData` of a resource that is written now."""
    return system_of(adding.call, (adding.before or {}).get("systemData") or {})


def system_of(call: Call, before: Mapping[str, Any] = _NONE) -> dict[str, Any]:
    """The same for what is written by a handler; `before` is what it was."""
    caller = call.caller
    kind = "User" if caller.kind == "user" else "Application"
    me = {"By": rights.name_of(call.practice, caller), "ByType": kind, "At": stamp(call.clock.now())}
    return {
        **{f"created{name}": before.get(f"created{name}", value) for name, value in me.items()},
        **{f"lastModified{name}": value for name, value in me.items()},
    }


def stamped(adding: Adding, document: dict[str, Any], since: str) -> dict[str, Any]:
    """The document with its tags, and with `systemData` in API versions that have it."""
    made = document | {"tags": document.get("tags") or {}}
    return made | {"systemData": system(adding)} if adding.call.version >= since else made
