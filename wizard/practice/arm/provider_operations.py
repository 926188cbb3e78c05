"""What can be done with each resource provider: the operations that roles are made of, as Azure lists them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from wizard.practice.arm import errors, facts, rights
from wizard.practice.arm.call import Call, Operation, collection
from wizard.practice.kernel import Response

TYPE = "Microsoft.Authorization/providerOperations"
_SHAPE = f"/providers/{TYPE}"
_DATA_SINCE = "2018-01-01-preview"  # the first version whose answers say what is a data action
_VERBS = {"read": "Read", "write": "Create or update", "delete": "Delete"}


@lru_cache(maxsize=1)
def _names() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """All actions and all data actions in lower case, and the providers whose operations are known."""
    actions: set[str] = set()
    data: set[str] = set()
    for namespace, about in facts.operations().items():
        for kind, entry in about["types"].items():
            for name, is_data in _verbs(namespace, kind, _entry(entry)[0]):
                (data if is_data else actions).add(name.lower())
    return frozenset(actions), frozenset(data), frozenset(name.lower() for name in facts.operations())


def supports(action: str, *, data: bool) -> bool:
    """Whether a provider has what an action of a role names; wildcards count as what they cover.

    Of a provider whose operations are not known here, everything passes.
    """
    actions, data_actions, known = _names()
    namespace = action.partition("/")[0].lower()
    if namespace not in known:
        return True
    names = data_actions if data else actions
    if "*" not in action:
        return action.lower() in names
    # A built-in role's wildcard may stand for what no list tells of: its type is enough.
    return any(rights.matches(action, name) for name in names) or action.lower() in _granted()


@lru_cache(maxsize=1)
def _granted() -> frozenset[str]:
    kinds = ("actions", "notActions", "dataActions", "notDataActions")
    return frozenset(
        one.lower()
        for role in facts.roles().values()
        for permission in role.permissions
        for kind in kinds
        for one in permission.get(kind) or ()
    )


def _entry(entry: str | list[str]) -> tuple[str, str]:
    """The verbs of a type and its display name, where one is known."""
    return (entry, "") if isinstance(entry, str) else (entry[0], entry[1])


def _verbs(namespace: str, kind: str, verbs: str) -> Iterator[tuple[str, bool]]:
    for verb in verbs.split():
        path = f"{kind}/{verb.removeprefix('!')}".removeprefix("/")
        yield f"{namespace}/{path}", verb.startswith("!")


def _shown(namespace: str, about: Mapping[str, Any], call: Call) -> dict[str, Any]:
    texts: Mapping[str, list[str]] = about["texts"]

    def operations(kind: str, verbs: str) -> list[dict[str, Any]]:
        return [
            _operation(name, is_data, texts.get(name[len(namespace) + 1 :]), call.version)
            for name, is_data in _verbs(namespace, kind, verbs)
        ]

    types = {kind: _entry(entry) for kind, entry in about["types"].items()}
    shown: dict[str, Any] = {
        "displayName": about["displayName"],
        "operations": operations("", types[""][0]) if "" in types else [],
    }
    if call.request.query.get("$expand", "").lower() == "resourcetypes":
        shown["resourceTypes"] = [
            {"name": kind, "displayName": display or kind, "operations": operations(kind, verbs)}
            for kind, (verbs, display) in types.items()
            if kind
        ]
    return shown | {"id": f"{_SHAPE}/{namespace}", "type": TYPE, "name": namespace}


def _operation(name: str, is_data: bool, text: list[str] | None, version: str) -> dict[str, Any]:
    display, description = text or _described(name)
    shown = {
        "name": name,
        "displayName": display,
        "description": description,
        "origin": None,
        "properties": None,
    }
    return shown | {"isDataAction": is_data} if version >= _DATA_SINCE else shown


def _described(name: str) -> tuple[str, str]:
    """Words for an operation whose own are not known: its verb and its type."""
    parts = name.split("/")
    if parts[-1].lower() == "action":
        kind, verb = parts[1:-2], parts[-2]
    else:
        kind, verb = parts[1:-1], _VERBS.get(parts[-1].lower(), parts[-1])
    display = " ".join([verb, *kind])
    return display, f"{display} of {parts[0]}" if not kind else display


def _list(call: Call) -> Response:
    return collection([_shown(name, about, call) for name, about in facts.operations().items()])


def _get(call: Call) -> Response:
    wanted = call.parts["namespace"].lower()
    for name, about in facts.operations().items():
        if name.lower() == wanted:
            return Response(200, _shown(name, about, call))
    raise errors.no_namespace(call.parts["namespace"])


OPERATIONS = (
    # What there is to allow is no secret: whoever is signed in may ask.
    Operation("GET", _SHAPE, _list),
    Operation("GET", _SHAPE + "/{namespace}", _get),
)
