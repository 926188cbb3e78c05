"""Carries deployments out, at every request as far as time allows; all it needs is in the State, so a kill costs nothing.

A deployment is a row of steps with the moments they began and ended. What could have happened since the last request is
made up for: each step begins when the last of those it needs ended, on a clock that stands at that moment.
"""

from __future__ import annotations

import json
import logging
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import asdict, replace
from http import HTTPStatus
from typing import Any

from wizard.practice.arm.call import Call, Submit, stamp
from wizard.practice.arm.deployments import current, document, preflight
from wizard.practice.arm.deployments.content import Content
from wizard.practice.arm.kinds import find
from wizard.practice.arm.template.compile import Compiled, compiled
from wizard.practice.arm.template.evaluate import Around, Frame, NotYetError
from wizard.practice.arm.template.expressions import ExpressionError
from wizard.practice.arm.template.parameters import is_secret, type_name
from wizard.practice.kernel import Caller, Failure, Practice, Request

_FOREVER = 1e15
_LOG = logging.getLogger(__name__)


def begin(call: Call, content: Content, plan: Compiled, number: str) -> dict[str, Any]:
    """Write down a new deployment and what is needed to carry it out; give the document."""
    now = call.clock.now()
    found = document.fresh(content, plan, now, str(uuid.uuid4()))
    found |= {
        "_begun": now.timestamp(),
        "_accepted": call.clock.takes(document.ACCEPTED).timestamp(),
        "_number": number,
        "_tracking": str(uuid.uuid4()),
        "_steps": [_step(one.brief, one.depends) for one in plan.resources if one.wanted],
    }
    # The values of secure parameters stand here, in the private file, until the deployment is over.
    running = {
        "caller": asdict(call.caller),
        "origin": call.request.origin,
        "around": asdict(content.around(call)),
        "template": content.template,
        "given": {name: {"value": plan.frame.parameters[name.lower()]} for name in plan.declared},
        "next": 0.0,
    }
    call.state.put("deployment", content.id, found)
    call.state.put("running", content.id, running)
    return found


def _step(brief: Mapping[str, str], depends: tuple[str, ...]) -> dict[str, Any]:
    return {
        **brief,
        "depends": list(depends),
        "state": "Waiting",
        "operation": secrets.token_hex(8).upper(),
        "tracking": str(uuid.uuid4()),
        "service": str(uuid.uuid4()),
        "code": "OK",
    }


def advance(practice: Practice, submit: Submit) -> None:
    """Bring every deployment to where it is by now."""
    now = practice.clock.now().timestamp()
    for key, running in practice.state.all("running"):
        if running["next"] <= now:
            with practice.state.transaction():
                advance_one(practice, submit, key)


def advance_one(practice: Practice, submit: Submit, key: str) -> None:
    """Bring one deployment to where it is by now."""
    running, found = practice.state.get("running", key), practice.state.get("deployment", key)
    if running and found:
        _Run(practice, submit, running, found).go()


def cancel(practice: Practice, key: str) -> None:
    """Stop a deployment: what has not begun never will; what was made stays."""
    found = practice.state.get("deployment", key)
    if found is None:
        return
    now = practice.clock.now().timestamp()
    for step in found["_steps"]:
        if step["state"] == "Running":
            step |= {"state": "Canceled", "ended": now, "code": "Conflict"}
    found["properties"] |= {"provisioningState": "Canceled", "timestamp": stamp(practice.clock.now())}
    found["properties"]["error"] = {"code": "DeploymentCanceled", "message": "The deployment was canceled."}
    practice.state.put("deployment", key, found)
    practice.state.delete("running", key)


class _Run:
    """One deployment on its way."""

    def __init__(
        self, practice: Practice, submit: Submit, running: dict[str, Any], found: dict[str, Any]
    ) -> None:
        self._practice = practice
        self._submit = submit
        self._running = running
        self._found = found
        self._now = practice.clock.now().timestamp()
        around = running["around"]
        self._plan = compiled(running["template"], running["given"], Around(**around))
        self._by_id = {step["id"]: step for step in found["_steps"]}

    def go(self) -> None:
        """Do whatever has become possible, then write down how far it came."""
        while any(self._moved(step) for step in self._found["_steps"]):
            pass
        states = [step["state"] for step in self._found["_steps"]]
        ready = any(step["state"] == "Waiting" and self._possible(step) for step in self._found["_steps"])
        if "Running" not in states and not ready and self._now >= self._found["_accepted"]:
            self._finish()
            return
        self._running["next"] = self._next()
        self._practice.state.put("running", self._found["id"], self._running)
        self._practice.state.put("deployment", self._found["id"], self._found)

    def _needs(self, step: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [self._by_id[need] for need in step["depends"] if need in self._by_id]

    def _possible(self, step: Mapping[str, Any]) -> bool:
        return all(
            self._possible(need) if need["state"] == "Waiting" else need["state"] in ("Succeeded", "Running")
            for need in self._needs(step)
        )

    def _starts(self, step: Mapping[str, Any]) -> float:
        """When a waiting step begins, or never for now."""
        needs = self._needs(step)
        if any(need["state"] != "Succeeded" for need in needs):
            return _FOREVER
        return max([float(self._found["_accepted"]), *(float(need["ended"]) for need in needs)])

    def _next(self) -> float:
        steps = self._found["_steps"]
        due = [float(step["due"]) for step in steps if step["state"] == "Running"]
        due += [self._starts(step) for step in steps if step["state"] == "Waiting"]
        return min([*due, _FOREVER] if due else [float(self._found["_accepted"])])

    def _moved(self, step: dict[str, Any]) -> bool:
        if step["state"] == "Running" and float(step["due"]) <= self._now:
            step |= {"state": "Succeeded", "ended": step["due"]}
            return True
        if step["state"] == "Waiting" and self._starts(step) <= self._now:
            self._write(step, self._starts(step))
            return True
        return False

    def _write(self, step: dict[str, Any], at: float) -> None:
        """Write one resource by the very door that a request from outside takes."""
        step["begun"] = at
        clock = replace(self._practice.clock, source=lambda: document.moment(at))
        then = replace(self._practice, clock=clock)
        planned = next(one for one in self._plan.resources if one.id == step["id"])
        try:
            body = self._plan.bodies(
                planned, current.reference(then, self._found["id"].split("/providers/")[0], must=True)
            )
            answer = self._submit(
                then, Caller(**self._running["caller"]), self._request(planned.id, planned.version, body)
            )
        except Failure as failure:
            self._fail(step, failure.status, dict(preflight.problem(failure)))
        except (ExpressionError, NotYetError) as fault:
            message = (
                f"Unable to process template language expressions for resource '{step['id']}'. '{fault}'"
            )
            self._fail(step, 400, {"code": "InvalidTemplate", "message": message})
        except Exception:  # noqa: BLE001 - logged, and told to the client as Azure would
            # The edge of a worker: a fault of ours must not come back with every later request.
            _LOG.exception("practice Azure failed at %s", step["id"])
            message = "Practice Azure itself failed; its log says how."
            self._fail(step, 500, {"code": "InternalServerError", "message": message})
        else:
            declared = find(planned.type)
            step["state"] = "Running"
            step["code"] = HTTPStatus(answer.status).name.title().replace("_", "").replace("Ok", "OK")
            step["due"] = clock.takes(declared.seconds if declared else 0.0).timestamp()

    def _fail(self, step: dict[str, Any], status: int, error: dict[str, Any]) -> None:
        code = HTTPStatus(status).name.title().replace("_", "")
        step |= {"state": "Failed", "ended": step["begun"], "code": code, "error": error}

    def _request(self, key: str, version: str, body: Mapping[str, Any]) -> Request:
        content = json.dumps(body).encode()
        return Request("PUT", key, {"api-version": version}, {}, content, self._running["origin"])

    def _finish(self) -> None:
        steps = self._found["_steps"]
        ended = max(
            [float(self._found["_accepted"]), *(float(step["ended"]) for step in steps if "ended" in step)]
        )
        errors = [step["error"] for step in steps if step.get("error")]
        properties = self._found["properties"]
        properties["timestamp"] = stamp(document.moment(ended))
        properties["duration"] = document.duration(ended - self._found["_begun"])
        if errors:
            properties |= {"provisioningState": "Failed", "error": document.failed(errors)}
        else:
            properties["provisioningState"] = "Succeeded"
            self._conclude(properties)
        self._practice.state.put("deployment", self._found["id"], self._found)
        self._practice.state.delete("running", self._found["id"])

    def _conclude(self, properties: dict[str, Any]) -> None:
        home = self._found["id"].split("/providers/")[0]
        frame = self._plan.reading(current.reference(self._practice, home, must=True))
        outputs: dict[str, Any] = {}
        faults: list[dict[str, Any]] = []
        for name, declared in self._plan.outputs.items():
            try:
                outputs |= _output(frame, name, declared)
            except (ExpressionError, Failure) as fault:
                why = fault.message if isinstance(fault, Failure) else str(fault)
                message = f"The template output '{name}' is not valid: {why}"
                faults.append(
                    {"code": "DeploymentOutputEvaluationFailed", "target": name, "message": message}
                )
        if faults:
            names = ",".join(one["target"] for one in faults)
            properties["provisioningState"] = "Failed"
            properties["error"] = {
                "code": "DeploymentOutputEvaluationFailed",
                "message": f"Unable to evaluate template outputs: '{names}'. Please see error details and deployment operations."
                " Please see https://aka.ms/arm-common-errors for usage details.",
                "details": faults,
            }
            return
        properties["outputs"] = outputs
        properties["outputResources"] = [{"id": step["id"]} for step in self._found["_steps"]]


def _output(frame: Frame, name: str, declared: Mapping[str, Any]) -> dict[str, Any]:
    if not frame.value(declared.get("condition", True)):
        return {}
    value = {} if is_secret(declared) else {"value": frame.value(declared.get("value"))}
    return {name: {"type": type_name(declared), **value}}


__all__ = ["advance", "advance_one", "begin", "cancel"]
