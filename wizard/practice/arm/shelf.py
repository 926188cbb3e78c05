"""Where resources are kept: what a reading shows of them, who refers to whom, and which names are taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from wizard.practice.arm import errors, ids, paths, rights
from wizard.practice.kernel import Practice

_SCANNED = ("properties", "identity", "managedBy")


class User(NamedTuple):
    """A resource that refers to another, and the path it does so at."""

    id: str
    path: str


def current(practice: Practice, key: str) -> dict[str, Any] | None:
    """The resource as it is at this moment with its children in it, or None. What begins with `_` stays inside."""
    found = practice.state.get("resource", key)
    if found is None:
        return None
    due, state = found.get("_due", 0.0), found.get("_while", "Succeeded")
    if practice.clock.now().timestamp() < due:
        found["properties"]["provisioningState"] = state
    for name, kind in found.get("_children", {}).items():
        found["properties"][name] = children(practice, found["id"], kind)
    return {name: value for name, value in found.items() if not name.startswith("_")}


def must(practice: Practice, key: ids.Id) -> dict[str, Any]:
    """The same, or Azure's 404."""
    found = current(practice, key.text)
    if found is None:
        raise errors.no_resource(key.type, key.name, key.group)
    return found


def stored(practice: Practice, key: str) -> dict[str, Any] | None:
    """The resource as it is kept, with what begins with `_`."""
    return practice.state.get("resource", key)


def children(practice: Practice, key: str, kind: str) -> list[dict[str, Any]]:
    """The resources of a type right below another one."""
    found = (current(practice, inner) for inner, _ in practice.state.under("resource", key + "/"))
    return [one for one in found if one and one["type"].lower() == kind.lower()]


def below(practice: Practice, home: str, kind: str) -> Iterator[dict[str, Any]]:
    """Every resource of a type in a group or subscription."""
    for inner, one in practice.state.under("resource", home.rstrip("/") + "/"):
        if one["type"].lower() == kind.lower() and (found := current(practice, inner)):
            yield found


def put(practice: Practice, key: str, document: dict[str, Any]) -> None:
    """Keep a resource, and remember what it refers to."""
    _forget(practice, key)
    practice.state.put("resource", key, document)
    for target, path in _targets(document):
        practice.state.put(
            "reference", f"{target}|{document['id']}|{path}", {"id": document["id"], "path": path}
        )


def users(practice: Practice, key: str) -> list[User]:
    """Who refers to a resource."""
    return [
        User(one["id"], one["path"]) for _, one in practice.state.under("reference", f"{key.rstrip('/')}|")
    ]


def drop(practice: Practice, key: str) -> None:
    """Forget a resource, what is part of it and what is on it."""
    for inner, _ in [*practice.state.under("resource", key + "/")]:
        _forget(practice, inner)
        practice.state.delete("resource", inner)
    _forget(practice, key)
    practice.state.delete("resource", key)
    for _, assignment in list(practice.state.under("roleAssignment", key + "/")):
        rights.drop_assignment(practice.state, assignment)


def owner_of(practice: Practice, kind: str, name: str) -> str | None:
    """The id of the resource that has a name in all the world; "" when a stranger has it."""
    if taken := practice.state.get("name", f"{kind}:{name}"):
        return str(taken["id"])
    return "" if name.lower() in practice.world.facts.get("takenNames", ()) else None


def take_name(practice: Practice, kind: str, name: str, key: str) -> None:
    """Remember who has a name."""
    practice.state.put("name", f"{kind}:{name}", {"id": key})


def free_name(practice: Practice, kind: str, name: str) -> None:
    """Give a name back."""
    practice.state.delete("name", f"{kind}:{name}")


def _targets(document: Mapping[str, Any]) -> set[tuple[str, str]]:
    own = str(document["id"]).lower()
    found = (pair for part in _SCANNED for pair in paths.ids(document.get(part), part))
    return {(target.rstrip("/"), path) for target, path in found if not target.lower().startswith(own)}


def _forget(practice: Practice, key: str) -> None:
    before = practice.state.get("resource", key)
    if before is not None:
        for target, path in _targets(before):
            practice.state.delete("reference", f"{target}|{before['id']}|{path}")
