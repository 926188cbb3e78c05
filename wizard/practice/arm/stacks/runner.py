"""Carries stacks on: the deployment first, then what it no longer manages is deleted or let go."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from wizard.practice.arm import facts, ids
from wizard.practice.arm.call import Call, Submit
from wizard.practice.arm.deployments import current, document, preflight
from wizard.practice.arm.deployments.content import Content
from wizard.practice.arm.deployments.run import ACTIVE
from wizard.practice.kernel import Caller, Failure, Practice, Request

_BEGINS = 3.0  # seconds at time scale 1 before a stack deploys
_GOES = 5.0  # and before it is gone, at least
_VERSION = "2022-09-01"


def begin(call: Call, stack: dict[str, Any], sent: Content) -> str:
    """Write down a stack that is to be deployed; give the id of the operation."""
    operation = str(uuid.uuid4())
    work = {
        "stack": stack["id"],
        "caller": asdict(call.caller),
        "origin": call.request.origin,
        "begun": call.clock.now().timestamp(),
        "due": call.clock.takes(_BEGINS).timestamp(),
        "home": sent.home,
        "body": _body(sent),
        "deployment": "",
        "doomed": None,
    }
    _keep(call.practice, stack, work, operation)
    return operation


def _body(sent: Content) -> dict[str, Any]:
    properties = {"mode": "Incremental", "template": sent.template, "parameters": dict(sent.parameters)}
    group = ids.parse(sent.home).group if sent.home else None
    return {"properties": properties} | ({} if group else {"location": sent.location})


def dismantle(call: Call, stack: dict[str, Any], doomed: list[str]) -> str:
    """Write down a stack that goes with some of what it manages; give the id of the operation."""
    operation = str(uuid.uuid4())
    stack["properties"]["provisioningState"] = "deletingResources"
    work = {
        "stack": stack["id"],
        "caller": asdict(call.caller),
        "origin": call.request.origin,
        "begun": call.clock.now().timestamp(),
        "due": call.clock.takes(_GOES).timestamp(),
        "home": "",
        "doomed": doomed,
        "ends": True,
    }
    _keep(call.practice, stack, work, operation)
    return operation


def _keep(practice: Practice, stack: dict[str, Any], work: dict[str, Any], operation: str) -> None:
    practice.state.put("stack", stack["id"], stack | {"_operation": operation})
    practice.state.put("stackWork", operation, work)


def advance(practice: Practice, submit: Submit, settle: Callable[[], None]) -> None:
    """Bring every stack to where it is by now; `settle` ends what is over, so that what was deleted is gone."""
    for operation, work in practice.state.all("stackWork"):
        with practice.state.transaction():
            _Work(practice, submit, operation, work, settle).go()


def doomed(resources: list[str], action: Mapping[str, str]) -> list[str]:
    """Of resources no longer managed those that are to be deleted: what is within others first, groups last."""
    found = [
        one
        for one in resources
        if action["resourceGroups" if _is_group(one) else "resources"].lower() == "delete"
    ]
    return sorted(found, key=lambda one: (_is_group(one), -one.count("/")))


def _is_group(key: str) -> bool:
    return not ids.parse(key).links


class _Work:
    """One stack on its way."""

    def __init__(
        self,
        practice: Practice,
        submit: Submit,
        operation: str,
        work: dict[str, Any],
        settle: Callable[[], None],
    ) -> None:
        self._settle = settle
        self._practice = practice
        self._submit = submit
        self._operation = operation
        self._work = work
        self._stack = practice.state.get("stack", work["stack"]) or {"id": work["stack"], "properties": {}}
        self._now = practice.clock.now().timestamp()

    def go(self) -> None:
        """Do whatever has become possible."""
        if self._now < self._work["due"]:
            return
        if self._work["doomed"] is None and not self._work["deployment"] and not self._deploy():
            return
        if self._work["doomed"] is None and not self._deployed():
            return
        if self._clear():
            self._finish()

    def _deploy(self) -> bool:
        """Begin the deployment; False when it was refused."""
        name = f"{self._stack['name'][:40]}-{secrets.token_hex(4)}"
        key = f"{self._work['home']}/providers/{document.TYPE}/{name}"
        correlation = {"x-ms-correlation-request-id": self._stack["properties"]["correlationId"]}
        try:
            self._ask("PUT", key, _VERSION, self._work["body"], correlation)
        except Failure as failure:
            self._failed([dict(preflight.problem(failure))])
            return False
        self._work["deployment"] = key
        self._stack["properties"] |= {"deploymentId": key, "provisioningState": "deploying"}
        self._save()
        return True

    def _deployed(self) -> bool:
        found = self._practice.state.get("deployment", self._work["deployment"])
        properties = (found or {}).get("properties", {})
        if found is None or properties.get("provisioningState") in ACTIVE:
            return False
        if properties["provisioningState"] != "Succeeded":
            self._failed([properties["error"]])
            return False
        shown = self._stack["properties"]
        made = document.output_ids(self._practice, found)
        low = {one.lower() for one in made}
        gone = [one["id"] for one in shown["resources"] if one["id"].lower() not in low]
        self._work["doomed"] = doomed(gone, shown["actionOnUnmanage"])
        deny = str(shown["denySettings"]["mode"])
        shown["resources"] = [{"status": "managed", "denyStatus": deny, "id": one} for one in made]
        shown["detachedResources"] = [{"id": one} for one in gone if one not in self._work["doomed"]]
        shown["deletedResources"] = [{"id": one} for one in self._work["doomed"]]
        if "outputs" in properties:
            shown["outputs"] = properties["outputs"]
        if self._work["doomed"]:
            shown["provisioningState"] = "deletingResources"
        self._save()
        return True

    def _clear(self) -> bool:
        """Delete what is to go; True when all of it is gone."""
        doomed = self._work["doomed"]
        refusals = {key: self._delete(key) for key in doomed}
        self._settle()
        left = [key for key in doomed if current.of(self._practice, key) is not None]
        self._work["doomed"] = left
        refused = {key: failure for key in left if (failure := refusals[key])}
        if len(refused) < len(left):
            self._save()
            return False
        if refused and len(left) < len(doomed):
            # What stood in the way of these may be gone now.
            return self._clear()
        if refused:
            self._refused(refused)
        return not refused

    def _delete(self, key: str) -> Failure | None:
        found = current.of(self._practice, key)
        if found is None or (found.get("properties") or {}).get("provisioningState") == "Deleting":
            return None
        kind = "Microsoft.Resources/resourceGroups" if _is_group(key) else ids.parse(key).type
        try:
            self._ask("DELETE", key, next(iter(facts.versions(kind)), "2024-01-01"), None, {})
        except Failure as failure:
            return failure
        return None

    def _refused(self, refused: Mapping[str, Failure]) -> None:
        errors = [(key, dict(preflight.problem(one))) for key, one in refused.items()]
        shown = self._stack["properties"]
        shown["failedResources"] = [{"id": key, "error": one} for key, one in errors]
        shown["deletedResources"] = [one for one in shown["deletedResources"] if one["id"] not in refused]
        self._failed([one for _, one in errors], "DeploymentStackDeleteResourcesFailed")

    def _finish(self) -> None:
        self._practice.state.delete("stackWork", self._operation)
        if self._work.get("ends"):
            self._practice.state.delete("stack", self._stack["id"])
            self._end("succeeded")
            return
        shown = self._stack["properties"]
        shown |= {
            "provisioningState": "succeeded",
            "duration": document.duration(max(self._now - self._work["begun"], 0.0)),
        }
        self._practice.state.put("stack", self._stack["id"], self._stack)
        self._end("succeeded")

    def _failed(self, details: list[dict[str, Any]], code: str = "DeploymentStackDeploymentFailed") -> None:
        why = "One or more resources could not be " + (
            "deployed." if "Deployment" in code[15:] else "deleted."
        )
        self._stack["properties"] |= {
            "provisioningState": "failed",
            "error": {
                "code": "DeploymentStackUpdateFailed",
                "message": "One or more stages of deploymentStack update failed.",
                "details": [{"code": code, "message": why, "details": details}],
            },
        }
        self._practice.state.put("stack", self._stack["id"], self._stack)
        self._practice.state.delete("stackWork", self._operation)
        self._end("failed")

    def _end(self, status: str) -> None:
        error = self._stack["properties"].get("error") if status == "failed" else None
        self._practice.state.put("stackEnd", self._operation, {"status": status, "error": error})

    def _save(self) -> None:
        self._practice.state.put("stack", self._stack["id"], self._stack)
        self._practice.state.put("stackWork", self._operation, self._work)

    def _ask(self, method: str, key: str, version: str, body: Any, headers: dict[str, str]) -> None:
        sent = json.dumps(body).encode() if body is not None else b""
        request = Request(method, key, {"api-version": version}, headers, sent, self._work["origin"])
        self._submit(self._practice, Caller(**self._work["caller"]), request)
