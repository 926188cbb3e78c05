"""Management locks at any scope: what is locked may not be deleted, or not be changed either; locks are inherited."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wizard.practice.arm import errors, ids, odata
from wizard.practice.arm.call import Call, Operation, collection
from wizard.practice.kernel import Failure, Practice, Response

TYPE = "Microsoft.Authorization/locks"
KIND = "lock"
_SHAPE = "{scope}/providers/Microsoft.Authorization/locks"
_ONE = _SHAPE + "/{name}"
_LEVELS = ("CanNotDelete", "ReadOnly", "NotSpecified")
_MEMBERS = frozenset({"level", "notes", "owners"})


def scope_of(lock: str) -> str:
    """The id of what a lock is on."""
    return ids.parse(lock).scope.text


def blocking(practice: Practice, key: str, verb: str) -> list[str]:
    """The scopes whose locks forbid to `delete` or `write` an id: its own and those above, for a delete also those within."""
    found = []
    for lock, document in practice.state.all(KIND):
        at, level = scope_of(lock), document["properties"]["level"]
        above = ids.covers(at, key)
        if (above and (verb == "delete" or level == "ReadOnly")) or (
            verb == "delete" and ids.covers(key, at)
        ):
            found.append(at)
    return found


def refusal(key: str, verb: str, scopes: list[str]) -> Failure:
    """Azure's answer to a write of what is locked."""
    named = ", ".join(f"'{scope}'" for scope in scopes)
    return Failure(
        409,
        "ScopeLocked",
        f"The scope '{key}' cannot perform {verb} operation because following scope(s) are locked: {named}. Please remove"
        " the lock and try again.",
        headers={"x-ms-failure-cause": "gateway"},
    )


def guard(call: Call) -> None:
    """Refuse a request that a lock forbids.

    Raises:
        Failure: 409 ScopeLocked.
    """
    path = call.path.rstrip("/")
    if f"/providers/{TYPE}/".lower() in path.lower():
        return
    verb = "delete" if call.request.method == "DELETE" else "write"
    if call.request.method == "POST":
        # Of what a POST does, only an action of a resource of a provider is a change.
        if not call.parts.get("resource") or "verb" not in call.parts:
            return
        path = call.parts["resource"]
    if scopes := blocking(call.practice, path, verb):
        raise refusal(path, verb, scopes)


def _scope(call: Call) -> str:
    return ids.parse(call.parts["scope"]).text.rstrip("/") if call.parts["scope"] else ""


def _key(call: Call) -> str:
    return f"{_scope(call)}/providers/{TYPE}/{call.parts['name']}"


def _get(call: Call) -> Response:
    found = call.state.get(KIND, _key(call))
    if found is None:
        raise Failure(404, "LockNotFound", f"The lock '{call.parts['name']}' could not be found.")
    return Response(200, found)


def _put(call: Call) -> Response:
    body = call.request.json()
    properties = body.get("properties")
    if not isinstance(properties, dict) or properties.keys() - _MEMBERS:
        raise errors.bad_content("Required property 'properties' not found in JSON. Path ''")
    if properties.get("level") not in _LEVELS:
        raise errors.bad_content(
            f"Error converting value \"{properties.get('level')}\" to type 'LockLevel'. Path 'properties.level'"
        )
    key = _key(call)
    before = call.state.get(KIND, key)
    name = before["name"] if before else call.parts["name"]
    kept = {one: properties[one] for one in ("level", "notes", "owners") if properties.get(one) is not None}
    call.state.put(
        KIND, key, {"properties": kept, "id": before["id"] if before else key, "type": TYPE, "name": name}
    )
    return Response(200 if before else 201, call.state.get(KIND, key))


def _delete(call: Call) -> Response:
    return Response(200 if call.state.delete(KIND, _key(call)) else 204)


def _listed(call: Call, terms: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    scope = _scope(call)
    for key, document in call.state.all(KIND):
        at = scope_of(key)
        if ids.covers(at, scope) or ("atscope()" not in terms and ids.covers(scope, at)):
            yield document


def _list(call: Call) -> Response:
    text = call.request.query.get("$filter", "")
    try:
        terms = odata.read(text)
    except ValueError as fault:
        raise errors.bad_filter(text, "'atScope()'") from fault
    return collection(list(_listed(call, terms)))


OPERATIONS = (
    Operation("GET", _SHAPE, _list, f"{TYPE}/read", strip=3),
    Operation("GET", _ONE, _get, f"{TYPE}/read"),
    Operation("PUT", _ONE, _put, f"{TYPE}/write"),
    Operation("DELETE", _ONE, _delete, f"{TYPE}/delete"),
)
