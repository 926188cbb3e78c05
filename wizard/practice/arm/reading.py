"""What stands at an id: the resource as a GET shows it, what exists because its parent does, and Azure's 404s."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wizard.practice.arm import additions, errors, facts, ids, paths, shelf
from wizard.practice.arm.call import Call
from wizard.practice.arm.kinds import find
from wizard.practice.arm.types import ResourceType
from wizard.practice.kernel import Practice


def current(practice: Practice, key: str) -> dict[str, Any] | None:
    """The resource as a GET shows it at this moment, or None."""
    found = shelf.current(practice, key)
    if found is None:
        found = _implied(practice, key)
    kind = find(found["type"]) if found else None
    if found is None or kind is None or kind.shown is None:
        return found
    return paths.laid_over(found, kind.shown(practice, found))


def _implied(practice: Practice, key: str) -> dict[str, Any] | None:
    """What exists as soon as its parent does, such as `blobServices/default`."""
    named = ids.parse(key)
    kind = find(named.type)
    if kind is None or named.leaf.lower() not in kind.implicit or not named.parent:
        return None
    if practice.state.get("resource", named.parent.text) is None:
        return None
    made = {"id": named.text, "name": named.leaf, "type": kind.name}
    found: dict[str, Any] = paths.filled({**made, "properties": {}}, kind.defaults)
    return found


def must(practice: Practice, key: ids.Id) -> dict[str, Any]:
    """The same, or Azure's 404."""
    found = current(practice, key.text)
    if found is None:
        check_parent(practice, key, "read")
        kind = find(key.type)
        raise kind.absent(key) if kind and kind.absent else errors.no_resource(key.type, key.name, key.group)
    return found


def check_parent(practice: Practice, key: ids.Id, verb: str) -> None:
    """What is asked of a resource whose parent is not there."""
    parent, kind = key.parent, find(key.type)
    if parent is None or kind is None or current(practice, parent.text) is not None:
        return
    while parent.parent and current(practice, parent.parent.text) is None:
        parent = parent.parent
    if kind.orphan == "resource":
        raise errors.no_resource(parent.type, parent.name, parent.group)
    raise errors.no_parent(key.type, parent.text, verb)


def declared(kind: str, version: str) -> ResourceType:
    """The declaration of a type the engine serves itself.

    Raises:
        Failure: 404 InvalidResourceNamespace or InvalidResourceType.
    """
    found = find(kind)
    if found is None or found.own:
        if facts.provider(kind.partition("/")[0]) is None:
            raise errors.no_namespace(kind.partition("/")[0])
        raise errors.no_type(kind, version, facts.versions(kind))
    return found


def declared_or_there(call: Call, key: ids.Id) -> None:
    """A world may hold resources of types that are only read; others of an unknown type have Azure's 404."""
    if (
        call.state.get("resource", key.text) is None
        and find(key.type) is None
        and not facts.versions(key.type)
    ):
        declared(key.type, call.version)


def in_version(call: Call, found: Mapping[str, Any]) -> dict[str, Any]:
    """The resource with what the asked api-version shows besides what it was written with."""
    return additions.of(found["type"], call.version, found, call.tenant)
