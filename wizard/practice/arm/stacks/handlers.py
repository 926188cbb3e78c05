"""The operations on deployment stacks, at a group, a subscription or a management group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wizard.practice.arm import ids, polling
from wizard.practice.arm.call import Call, Operation, collection
from wizard.practice.arm.deployments import content, preflight
from wizard.practice.arm.stacks import document, runner
from wizard.practice.kernel import Failure, Response

_SHAPE = f"{{home}}/providers/{document.TYPE}"
_ONE = _SHAPE + "/{stack}"
_CHECKS = 3.0
_DONE = ("succeeded", "failed", "canceled")


def _found(call: Call) -> dict[str, Any]:
    found = call.state.get("stack", document.key(call))
    if found is None:
        raise document.missing(call)
    return found


def _place(call: Call, stack: Mapping[str, Any], segment: str) -> str:
    """The polling address without its last segment."""
    group = call.state.get("group", ids.parse(call.parts["home"]).group_id) or {}
    location = str(stack.get("location") or group.get("location") or "westeurope").replace(" ", "").lower()
    head = f"/subscriptions/{call.subscription}" if call.subscription else ""
    return f"{head}/providers/Microsoft.Resources/locations/{location}/{segment}"


def _put(call: Call) -> Response:
    body, sent = document.read(call)
    before = call.state.get("stack", document.key(call))
    if before and before["properties"]["provisioningState"] not in _DONE:
        raise Failure(
            409,
            "DeploymentStackInNonTerminalState",
            f"The deployment stack '{before['id']}' is in a non-terminal state, '{before['properties']['provisioningState']}',"
            " and cannot be changed until it is done.",
        )
    stack = document.fresh(call, body, sent.compiled(call), sent, before)
    stack["_template"] = sent.template
    operation = runner.begin(call, stack, sent)
    address = polling.enroll(
        call,
        _place(call, stack, "deploymentStackOperationStatus"),
        operation,
        call.clock.now(),
        polling.Ending(),
        kind="async",
    )
    return Response(
        200 if before else 201, document.shown(stack), {"Azure-AsyncOperation": address} | _wait(call)
    )


def _wait(call: Call) -> dict[str, str]:
    return polling.wait_header(call, call.clock.takes(_CHECKS).timestamp())


def _status(call: Call) -> Response:
    key = call.parts["operation"]
    row = polling.found(call, key)
    ended = call.state.get("stackEnd", key)
    work = call.state.get("stackWork", key)
    stack = call.state.get("stack", work["stack"]) if work else None
    state = (
        ended["status"] if ended else (stack or {}).get("properties", {}).get("provisioningState", "deleting")
    )
    body = {"id": f"{row['path']}/{key}", "name": key, "status": state}
    body |= {"error": ended["error"]} if ended and ended["error"] else {}
    return Response(200, body, {} if ended else _wait(call))


def _get(call: Call) -> Response:
    return Response(200, document.shown(_found(call)))


def _head(call: Call) -> Response:
    return Response(204 if call.state.get("stack", document.key(call)) else 404)


def _list(call: Call) -> Response:
    prefix = f"{content.home_of(call)}/providers/{document.TYPE}/"
    return collection([document.shown(one) for _, one in call.state.under("stack", prefix)])


def _delete(call: Call) -> Response:
    stack = call.state.get("stack", document.key(call))
    if stack is None:
        return Response(204)
    asked = {name.lower(): value for name, value in call.request.query.items()}
    action = {
        name: asked.get(f"unmanageaction.{name.lower()}", "detach")
        for name in ("resources", "resourceGroups")
    }
    managed = [one["id"] for one in stack["properties"].get("resources") or ()]
    if not any(value.lower() == "delete" for value in action.values()):
        call.state.delete("stack", stack["id"])
        return Response(200)
    operation = runner.dismantle(call, stack, runner.doomed(managed, action))
    address = polling.enroll(
        call,
        _place(call, stack, "deploymentStackOperationStatus"),
        operation,
        call.clock.now(),
        polling.Ending(),
        kind="async",
    )
    return Response(202, None, {"Azure-AsyncOperation": address} | _wait(call))


def _validate(call: Call) -> Response:
    body, sent = document.read(call)
    try:
        plan = sent.compiled(call)
        written = preflight.check(call, sent, plan)
        stack = document.fresh(call, body, plan, sent, None)
        found = document.validated(stack, plan, [one.one.id for one in written])
        ending = polling.Ending(body=found)
    except Failure as failure:
        # As recorded: the last answer is a 400 with the error beside empty properties.
        ending = polling.Ending(400, {"error": dict(preflight.problem(failure)), "properties": {}})
    address = polling.begin(call, _place(call, body, "deploymentStackOperationResults"), _CHECKS, ending)
    return Response(202, None, {"Location": address} | _wait(call))


def _export(call: Call) -> Response:
    return Response(200, {"template": _found(call)["_template"]})


_LOCATED = "/providers/Microsoft.Resources/locations/{location}/"
OPERATIONS = (
    Operation("GET", _SHAPE, _list, f"{document.TYPE}/read", strip=3),
    Operation("GET", _ONE, _get, f"{document.TYPE}/read"),
    Operation("HEAD", _ONE, _head, f"{document.TYPE}/read"),
    Operation("PUT", _ONE, _put, f"{document.TYPE}/write"),
    Operation("DELETE", _ONE, _delete, f"{document.TYPE}/delete"),
    Operation("POST", _ONE + "/validate", _validate, f"{document.TYPE}/validate/action", strip=1),
    Operation("POST", _ONE + "/exportTemplate", _export, f"{document.TYPE}/exportTemplate/action", strip=1),
    Operation(
        "GET",
        "/subscriptions/{subscription}" + _LOCATED + "deploymentStackOperationStatus/{operation}",
        _status,
    ),
    Operation("GET", _LOCATED + "deploymentStackOperationStatus/{operation}", _status),
    Operation("GET", _LOCATED + "deploymentStackOperationResults/{operation}", polling.poll),
)
