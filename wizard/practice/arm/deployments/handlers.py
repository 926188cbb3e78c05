"""The operations on deployments, at a subscription or a group."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from wizard.practice.arm import errors, odata, polling
from wizard.practice.arm.call import Call, Operation
from wizard.practice.arm.call import collection as listed
from wizard.practice.arm.deployments import content, document, preflight, runner, whatif
from wizard.practice.kernel import Failure, Practice, Response

_SHAPE = "{home}/providers/Microsoft.Resources/deployments"
# An older spelling that SDKs still use for some operations of a group.
_OLD = "{home}/deployments"
_ONE = _SHAPE + "/{deployment}"
_ACTIVE = ("Accepted", "Running")
_PREVIEW = 3.0
_DELETION = 5.0


def _key(call: Call) -> str:
    return f"{content.home_of(call)}/providers/{document.TYPE}/{call.parts['deployment']}"


def _found(call: Call) -> dict[str, Any]:
    found = call.state.get("deployment", _key(call))
    if found is None:
        raise Failure(
            404,
            "DeploymentNotFound",
            f"Deployment '{call.parts['deployment']}' could not be found.",
            headers={"x-ms-failure-cause": "gateway"},
        )
    return found


def _put(call: Call) -> Response:
    sent = content.read(call)
    before = call.state.get("deployment", sent.id)
    if before and document.shown(before, call.clock.now())["properties"]["provisioningState"] in _ACTIVE:
        raise _still_active(sent.name, before)
    if before and before.get("_going"):
        raise Failure(
            409,
            "DeploymentBeingDeleted",
            f"The deployment '{sent.name}' cannot be edited because it is being deleted. Please wait for deletion to finish.",
        )
    plan = sent.compiled(call)
    preflight.check(call, sent, plan)
    number = str(8_584_000_000_000_000_000 + secrets.randbelow(10**15)).zfill(20)
    found = runner.begin(call, sent, plan, number)
    shown = {name: one for name, one in found.items() if not name.startswith("_")}
    # Carried on at once: with time scale 0 it is over before anything is written down.
    runner.advance_one(call.practice, call.submit, sent.id)
    headers = {"Azure-AsyncOperation": _address(call, number)}
    return Response(200 if before else 201, shown, headers | _wait(call))


def _still_active(name: str, before: Mapping[str, Any]) -> Failure:
    begun, until = document.moment(before["_begun"]), _until(before)
    return Failure(
        409,
        "DeploymentActive",
        f"Unable to edit or replace deployment '{name}': previous deployment from '{begun:%m/%d/%Y %I:%M:%S %p}' is still"
        f" active (expiration time is '{until:%m/%d/%Y %I:%M:%S %p}'). Please see https://aka.ms/arm-deploy for usage details.",
        headers={"x-ms-failure-cause": "gateway"},
    )


def _until(found: Mapping[str, Any]) -> datetime:
    return document.moment(found["_begun"]) + timedelta(days=7)


def _address(call: Call, number: str) -> str:
    due = call.clock.takes(document.ACCEPTED)
    return polling.enroll(call, f"{call.path}/operationStatuses", number, due, polling.Ending(), kind="async")


def _wait(call: Call) -> dict[str, str]:
    """How soon to ask again: what is next may take seconds, so never long."""
    return polling.wait_header(call, call.clock.takes(document.ACCEPTED * 5).timestamp())


def _status(call: Call) -> Response:
    polling.found(call, call.parts["operation"])
    found = _found(call)
    properties = document.shown(found, call.clock.now())["properties"]
    body = {"status": properties["provisioningState"]}
    body |= {"error": properties["error"]} if "error" in properties else {}
    return Response(200, body, _wait(call) if body["status"] in _ACTIVE else {})


def _get(call: Call) -> Response:
    return Response(200, document.shown(_found(call), call.clock.now()))


def _head(call: Call) -> Response:
    return Response(204) if call.state.get("deployment", _key(call)) else Response(404)


def _list(call: Call) -> Response:
    text = call.request.query.get("$filter", "")
    try:
        terms = odata.read(text)
    except ValueError as fault:
        raise errors.bad_filter(text, "'provisioningState eq '{value}''") from fault
    prefix = f"{content.home_of(call)}/providers/{document.TYPE}/"
    found = [document.shown(one, call.clock.now()) for _, one in call.state.under("deployment", prefix)]
    wanted = terms.get("provisioningstate", "").lower()
    newest = sorted(found, key=lambda one: str(one["properties"]["timestamp"]), reverse=True)
    top = call.request.query.get("$top", "")
    chosen = [one for one in newest if not wanted or one["properties"]["provisioningState"].lower() == wanted]
    return listed(chosen[: int(top)] if top.isdigit() else chosen)


def _operations(call: Call) -> Response:
    return listed(document.operations(_found(call)))


def _operation(call: Call) -> Response:
    wanted = call.parts["operation"].lower()
    found = next(
        (one for one in document.operations(_found(call)) if one["operationId"].lower() == wanted), None
    )
    if found is None:
        raise Failure(
            404,
            "DeploymentOperationNotFound",
            f"Deployment operation '{call.parts['operation']}' could not be found.",
        )
    return Response(200, found)


def _validate(call: Call) -> Response:
    sent = content.read(call)
    plan = sent.compiled(call)
    written = preflight.check(call, sent, plan)
    found = document.fresh(sent, plan, call.clock.now())
    found["properties"]["provisioningState"] = "Succeeded"
    found["properties"]["validatedResources"] = [{"id": one.one.id} for one in written]
    return Response(200, found)


def _what_if(call: Call) -> Response:
    sent = content.read(call)
    try:
        plan = sent.compiled(call)
        preflight.check(call, sent, plan)
        found = {"correlationId": sent.correlation, "changes": whatif.changes(call, sent, plan)}
        body: dict[str, Any] = {"status": "Succeeded", "properties": found}
    except Failure as failure:
        # As recorded: what is wrong with the template is told at the end of the operation, with status 200.
        body = {"status": "Failed", "error": preflight.problem(failure)}
    address = polling.begin(call, _results(call), _PREVIEW, polling.Ending(body=body))
    return Response(
        202, None, {"Location": address} | polling.wait_header(call, call.clock.takes(_PREVIEW).timestamp())
    )


def _results(call: Call) -> str:
    """Where the end of an operation without an address of its own is found."""
    if call.subscription:
        return f"/subscriptions/{call.subscription}/operationresults"
    return "/providers/Microsoft.Resources/operationResults"


def _cancel(call: Call) -> Response:
    found = _found(call)
    state = document.shown(found, call.clock.now())["properties"]["provisioningState"]
    if state not in _ACTIVE:
        raise Failure(
            409,
            "DeploymentCannotBeCancelled",
            f"The deployment '{found['name']}' cannot be cancelled because it has provisioning state '{state}' or it has"
            f" already expired (expiration time is '{_until(found):%m/%d/%Y %I:%M:%S %p}').",
            headers={"x-ms-failure-cause": "gateway"},
        )
    runner.cancel(call.practice, found["id"])
    return Response(204)


def _delete(call: Call) -> Response:
    found = call.state.get("deployment", _key(call))
    if found is None:
        return Response(204)
    if document.shown(found, call.clock.now())["properties"]["provisioningState"] in _ACTIVE:
        raise _still_active(found["name"], found)
    call.state.put("deployment", found["id"], found | {"_going": True})
    ending = polling.Ending(status=204, effect="deployment-gone", about={"id": found["id"]})
    address = polling.begin(call, _results(call), _DELETION, ending)
    return Response(
        202, None, {"Location": address} | polling.wait_header(call, call.clock.takes(_DELETION).timestamp())
    )


def gone(practice: Practice, about: Mapping[str, Any]) -> None:
    """Forget a deployment; what it made stays."""
    practice.state.delete("deployment", about["id"])


def _export(call: Call) -> Response:
    return Response(200, {"template": _found(call)["_template"]})


def _spelled(shape: str) -> tuple[Operation, ...]:
    one = shape + "/{deployment}"
    return (
        Operation("GET", shape, _list, f"{document.TYPE}/read", strip=1),
        Operation("GET", one + "/operations", _operations, f"{document.TYPE}/operations/read", strip=1),
        Operation(
            "GET", one + "/operations/{operation}", _operation, f"{document.TYPE}/operations/read", strip=2
        ),
    )


OPERATIONS = (
    *_spelled(_SHAPE),
    *_spelled(_OLD),
    Operation("GET", _ONE, _get, f"{document.TYPE}/read"),
    Operation("HEAD", _ONE, _head, f"{document.TYPE}/read"),
    Operation("PUT", _ONE, _put, f"{document.TYPE}/write"),
    Operation("DELETE", _ONE, _delete, f"{document.TYPE}/delete"),
    Operation("POST", _ONE + "/validate", _validate, f"{document.TYPE}/validate/action", strip=1),
    Operation("POST", _ONE + "/whatIf", _what_if, f"{document.TYPE}/whatIf/action", strip=1),
    Operation("POST", _ONE + "/exportTemplate", _export, f"{document.TYPE}/exportTemplate/action", strip=1),
    Operation("GET", "/providers/Microsoft.Resources/operationResults/{operation}", polling.poll),
    Operation("POST", _ONE + "/cancel", _cancel, f"{document.TYPE}/cancel/action", strip=1),
    Operation(
        "GET",
        _ONE + "/operationStatuses/{operation}",
        _status,
        f"{document.TYPE}/operationstatuses/read",
        strip=2,
    ),
)
EFFECTS: Mapping[str, polling.Effect] = {"deployment-gone": gone}
