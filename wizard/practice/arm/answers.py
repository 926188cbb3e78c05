"""How a write that takes time is answered: status, body, and the addresses where its end can be asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wizard.practice.arm import ids, polling, shelf
from wizard.practice.arm.call import Call
from wizard.practice.arm.types import ResourceType, Way
from wizard.practice.kernel import Failure, Response


def of(
    call: Call, kind: ResourceType, way: Way, made: Mapping[str, Any], shown: object, *, new: bool
) -> Response:
    """The answer to a write of a type, in its `way`; `shown` is the resource as a GET shows it."""
    status = way.status or (201 if new else 200)
    if not way.headers:
        return Response(status, shown)
    return Response(status, shown, addresses(call, kind, way, made, kind.seconds))


def _home_location(call: Call, key: str) -> str:
    """A nested resource is where its parent is."""
    parent = ids.parse(key).parent
    found = shelf.stored(call.practice, parent.text) if parent else None
    return str((found or {}).get("location") or "global")


def addresses(
    call: Call, kind: ResourceType, way: Way, found: Mapping[str, Any], seconds: float
) -> dict[str, str]:
    """The polling addresses of an operation on a resource that begins now, and when to ask."""
    location = found.get("location") or _home_location(call, found["id"])
    key = str(found["id"])
    namespace = kind.name.split("/")[0]
    path = f"/subscriptions/{call.subscription}/providers/{namespace}/locations/{location}"
    statuses = f"{key if kind.polled == 'resource' else path}/{kind.polling}"
    headers: dict[str, str] = {}
    if "async" in way.headers:
        done = polling.Ending(body={"status": "Succeeded"}, polls=way.polls, running=way.running)
        headers["Azure-AsyncOperation"] = polling.begin(call, statuses, seconds, done, kind="async")
    if "location" in way.headers:
        ending = polling.Ending(status=way.ends, yields=key if way.yields else None)
        headers["Location"] = polling.begin(call, f"{path}/operationResults", seconds, ending)
    if "self" in way.headers:
        headers["Location"] = f"{call.request.origin}{key}?api-version={call.version}"
    return headers | polling.wait_header(call, call.clock.takes(seconds).timestamp())


def failing(call: Call, kind: ResourceType, way: Way, key: str, failure: Failure) -> Response:
    """A write that is taken, and whose poll tells that it came to nothing."""
    home = str((shelf.stored(call.practice, key) or {}).get("location") or _home_location(call, key))
    path = f"/subscriptions/{call.subscription}/providers/{kind.name.split('/')[0]}/locations/{home}"
    body = {"status": "Failed", "error": {"code": failure.code, "message": failure.message}}
    ending = polling.Ending(body=body, polls=way.polls, running=way.running)
    headers = {
        "Azure-AsyncOperation": polling.begin(
            call, f"{path}/{kind.polling}", kind.seconds, ending, kind="async"
        )
    }
    if "location" in way.headers:
        headers["Location"] = polling.begin(call, f"{path}/operationResults", kind.seconds, polling.Ending())
    return Response(way.status or 202, {} if way.body else None, headers)
