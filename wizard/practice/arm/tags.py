"""Tags by themselves, at a subscription, a group or a resource: `.../providers/Microsoft.Resources/tags/default`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wizard.practice.arm import errors, ids, shelf
from wizard.practice.arm.call import Call, Operation
from wizard.practice.kernel import Failure, Response

TYPE = "Microsoft.Resources/tags"
_SHAPE = "{scope}/providers/Microsoft.Resources/tags/default"
_OPERATIONS = ("Merge", "Replace", "Delete")
_MOST = 50


def _found(call: Call) -> tuple[str, str, dict[str, Any]]:
    """The kind and key of what is tagged, and the document.

    Raises:
        Failure: 404, there is no such resource; the gateway has looked for subscription and group already.
    """
    scope = ids.parse(call.parts["scope"])
    if scope.links:
        found = shelf.stored(call.practice, scope.text)
        if found is None:
            raise errors.no_resource(scope.type, scope.name, scope.group)
        return "resource", scope.text, found
    kind, key = ("group", scope.text) if scope.group else ("subscription", str(scope.subscription))
    return kind, key, call.state.get(kind, key) or {}


def _shown(call: Call, tags: Mapping[str, str]) -> Response:
    key = f"{ids.parse(call.parts['scope']).text}/providers/{TYPE}/default"
    return Response(200, {"id": key, "name": "default", "type": TYPE, "properties": {"tags": dict(tags)}})


def _get(call: Call) -> Response:
    return _shown(call, _found(call)[2].get("tags") or {})


def _sent(body: Mapping[str, Any]) -> dict[str, str]:
    properties = body.get("properties")
    tags = properties.get("tags") if isinstance(properties, dict) else None
    errors.check_tags(tags)
    if not isinstance(tags, dict):
        raise errors.bad_content("Required property 'tags' not found in JSON. Path 'properties'.")
    return tags


def _kept(call: Call, tags: Mapping[str, str]) -> Response:
    if len(tags) > _MOST:
        raise Failure(
            400, "InvalidTags", f"There can be at most {_MOST} tags on a resource; {len(tags)} were given."
        )
    kind, key, document = _found(call)
    call.state.put(kind, key, document | {"tags": dict(tags)})
    return _shown(call, tags)


def _put(call: Call) -> Response:
    return _kept(call, _sent(call.request.json()))


def _patch(call: Call) -> Response:
    body = call.request.json()
    how = next((one for one in _OPERATIONS if one.lower() == str(body.get("operation")).lower()), None)
    if how is None:
        raise errors.bad_content(
            f"Error converting value \"{body.get('operation')}\" to type 'TagPatchOperation'."
        )
    sent, before = _sent(body), _found(call)[2].get("tags") or {}
    if how == "Replace":
        return _kept(call, sent)
    named = {name.lower() for name in sent}
    rest = {name: value for name, value in before.items() if name.lower() not in named}
    return _kept(call, rest | (sent if how == "Merge" else {}))


def _delete(call: Call) -> Response:
    _kept(call, {})
    return Response(200)


OPERATIONS = (
    Operation("GET", _SHAPE, _get, f"{TYPE}/read", strip=4),
    Operation("PUT", _SHAPE, _put, f"{TYPE}/write", strip=4),
    Operation("PATCH", _SHAPE, _patch, f"{TYPE}/write", strip=4),
    Operation("DELETE", _SHAPE, _delete, f"{TYPE}/delete", strip=4),
)
