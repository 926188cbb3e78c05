"""What has to wait in Microsoft.Network: one change at a time to a resource, its parent and what it refers to."""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping
from typing import Any

from wizard.practice.arm import ids, shelf
from wizard.practice.arm.kinds.network_words import NETWORK, refused
from wizard.practice.arm.types import Acting, Adding
from wizard.practice.kernel import Failure, Practice

_SOONEST = 10  # milliseconds


def operation_of(found: Mapping[str, Any]) -> str:
    """What Azure calls the operation that is going on: `PutSubnetOperation`."""
    last = str(found["type"]).rsplit("/", 1)[-1]
    last = last[:-2] if last.endswith("sses") else last.removesuffix("s")
    verb = "Delete" if found.get("properties", {}).get("provisioningState") == "Deleting" else "Put"
    return f"{verb}{last[:1].upper()}{last[1:]}Operation"


def retry(code: str, message: str, wait: float) -> Failure:
    """A refusal that goes away by itself; clients send the request again after `wait` seconds."""
    details = [{"code": code, "message": message}]
    return refused("RetryableError", "A retryable error occurred.", 429, details, _again(wait))


def _again(wait: float) -> dict[str, str]:
    """When to come back; in milliseconds, for a whole second would be long where time is scaled down."""
    return {"retry-after-ms": str(max(_SOONEST, math.ceil(wait * 1000)))}


def unfinished(found: Mapping[str, Any], by: ids.Id, practice: Practice) -> Failure:
    """What is referred to is still being made."""
    state = found["properties"]["provisioningState"]
    wait = _due(practice, str(found["id"])) - practice.clock.now().timestamp()
    return retry(
        "ReferencedResourceNotProvisioned",
        f"Cannot proceed with operation because resource {found['id']} used by resource {by.text} is not in Succeeded"
        f" state. Resource is in {state} state and the last operation that updated/is updating the resource is"
        f" {operation_of(found)}.",
        wait,
    )


def is_inline(adding: Adding) -> bool:
    """Whether a nested resource comes in the body of its parent."""
    return not ids.same(adding.call.path, adding.id.text)


def siblings(adding: Adding, name: str) -> list[Mapping[str, Any]]:
    """The other nested resources of the same parent, as they will be."""
    parent = adding.id.parent
    if parent is None:
        return []
    if is_inline(adding):
        given = (adding.call.request.json().get("properties") or {}).get(name) or []
    else:
        given = shelf.children(
            adding.practice, parent.text, f"{NETWORK}{adding.id.type.removeprefix(NETWORK)}"
        )
    return [one for one in given if str(one.get("name")).lower() != adding.id.leaf.lower()]


def calm(adding: Adding) -> None:
    """The rule that nothing else is going on at the parent of a nested resource."""
    parent = adding.id.parent
    if parent is None or is_inline(adding):
        return
    _check_calm(adding.practice, parent, adding.id)


def calm_removal(acting: Acting) -> None:
    """The same for a DELETE."""
    if acting.id.parent and ids.same(acting.call.path, acting.id.text):
        _check_calm(acting.call.practice, acting.id.parent, acting.id)


def _check_calm(practice: Practice, parent: ids.Id, own: ids.Id) -> None:
    near = [parent.text, *(one["id"] for one in shelf.children(practice, parent.text, own.type))]
    for key in near:
        one = shelf.current(practice, key) if busy(practice, key) else None
        if one is not None:
            wait = _calm_at(practice, key) - practice.clock.now().timestamp()
            raise retry(
                "RetryableErrorDueToAnotherOperation",
                f"Operation {operation_of(one)} ({uuid.uuid4()}) is updating resource {parent.text}. The call can be"
                f" retried in {max(1, math.ceil(wait))} seconds.",
                wait,
            )


def _due(practice: Practice, key: str) -> float:
    return float((shelf.stored(practice, key) or {}).get("_due", 0.0))


def busy(practice: Practice, key: str) -> bool:
    """Whether something is being done to a resource that others have to wait for.

    What Azure does to a resource is over well before its operation says so: here at half of its time.
    """
    return practice.clock.now().timestamp() < _calm_at(practice, key)


def _calm_at(practice: Practice, key: str) -> float:
    found = shelf.stored(practice, key) or {}
    due = float(found.get("_due", 0.0))
    # Without a beginning it is over: such a one was there before.
    return due if found.get("_while") == "Deleting" else (float(found.get("_begun", -due)) + due) / 2


def idle(adding: Adding) -> None:
    """The rule that a slow resource is changed only when its last change is over."""
    wait = float((adding.before or {}).get("_due", 0.0)) - adding.call.clock.now().timestamp()
    if wait > 0:
        where = (
            f"/subscriptions/{adding.id.subscription}/providers/Microsoft.Network/locations/{adding.location}"
        )
        raise refused(
            "AnotherOperationInProgress",
            "Another operation on this or dependent resource is in progress. To retrieve status of the operation use"
            f" uri: {adding.call.request.origin}{where}/operations/{uuid.uuid4()}?api-version={adding.call.version}.",
            409,
            headers=_again(wait),
        )
