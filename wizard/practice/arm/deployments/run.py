"""One deployment on its way: which step can begin, what it writes, and when it is over."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from wizard.practice.arm.call import Submit
from wizard.practice.arm.deployments import complete, current, document, ending, preflight, waiting
from wizard.practice.arm.kinds import find
from wizard.practice.arm.template import nesting
from wizard.practice.arm.template.compile import body, compiled
from wizard.practice.arm.template.evaluate import Around, Frame, NotYetError
from wizard.practice.arm.template.expressions import ExpressionError
from wizard.practice.arm.template.parameters import TemplateError
from wizard.practice.arm.template.planned import Planned
from wizard.practice.kernel import Caller, Failure, Practice, Request

ACTIVE = ("Accepted", "Running")
_FOREVER = 1e15
_LOG = logging.getLogger(__name__)
_TAKE_IN = 10.0  # seconds at time scale 1 that a delete of mode Complete takes


class Run:
    """One deployment; `onward` brings a nested one to where it is by now."""

    def __init__(
        self,
        practice: Practice,
        submit: Submit,
        running: dict[str, Any],
        found: dict[str, Any],
        onward: Callable[[str], None],
    ) -> None:
        self._practice = practice
        self._submit = submit
        self._running = running
        self._found = found
        self._onward = onward
        self._now = practice.clock.now().timestamp()
        self._caller = Caller(**running["caller"])
        self._home = found["id"].rpartition("/providers/")[0]
        self._plan = compiled(running["template"], running["given"], Around(**running["around"]))
        self._planned = {one.id: one for one in self._plan.resources}
        self._by_id = {step["id"]: step for step in found["_steps"]}

    def go(self) -> None:
        """Do whatever has become possible, then write down how far it came."""
        steps = self._found["_steps"]
        while self._moved_any(steps):
            pass
        states = [step["state"] for step in steps]
        ready = any(step["state"] == "Waiting" and self._possible(step) for step in steps)
        if "Running" not in states and not ready and self._now >= self._found["_accepted"]:
            if complete.due(self._found):
                complete.plan(self._practice, self._found, self._home)
                self._by_id = {step["id"]: step for step in steps}
                self.go()
                return
            self._finish()
            return
        self._running["next"] = self._next()
        self._practice.state.put("running", self._found["id"], self._running)
        self._practice.state.put("deployment", self._found["id"], self._found)

    def _moved_any(self, steps: list[dict[str, Any]]) -> bool:
        # A whole round at a time: with one step a round a hundred independent resources take ten thousand looks.
        moved = [self._moved(step) for step in steps if step["state"] in ("Waiting", "Running")]
        return any(moved)

    def _needs(self, step: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [self._by_id[need] for need in step["depends"] if need in self._by_id]

    def _possible(self, step: Mapping[str, Any]) -> bool:
        return not step.get("stuck") and all(
            self._possible(need) if need["state"] == "Waiting" else need["state"] in ("Succeeded", "Running")
            for need in self._needs(step)
        )

    def _starts(self, step: Mapping[str, Any]) -> float:
        """When a waiting step begins, or never for now."""
        needs = self._needs(step)
        if any(need["state"] != "Succeeded" for need in needs):
            return _FOREVER
        begins = [float(self._found["_accepted"]), float(step.get("after", 0.0))]
        return max([*begins, *(float(need["ended"]) for need in needs)])

    def _next(self) -> float:
        steps = self._found["_steps"]
        due = [self._due(step) for step in steps if step["state"] == "Running"]
        due += [self._starts(step) for step in steps if step["state"] == "Waiting"]
        return min([*due, _FOREVER] if due else [float(self._found["_accepted"])])

    def _due(self, step: Mapping[str, Any]) -> float:
        if not step.get("nested"):
            return float(step["due"])
        nested = self._practice.state.get("running", step["id"])
        return float(nested["next"]) if nested else 0.0

    def _moved(self, step: dict[str, Any]) -> bool:
        if step["state"] == "Running" and step.get("nested"):
            return self._nested_moved(step)
        if step["state"] == "Running" and float(step["due"]) <= self._now:
            step |= {"state": "Succeeded", "ended": step["due"]}
            return True
        if step["state"] == "Waiting" and not step.get("stuck") and self._starts(step) <= self._now:
            self._begin(step, self._starts(step))
            return True
        return False

    def _nested_moved(self, step: dict[str, Any]) -> bool:
        """A nested deployment goes its own way; its end is the end of the step."""
        self._onward(step["id"])
        nested = self._practice.state.get("deployment", step["id"])
        properties = (nested or {}).get("properties", {})
        if properties.get("provisioningState") in ACTIVE:
            return False
        step["ended"] = float((nested or {}).get("_ended", self._now))
        if properties.get("provisioningState") == "Succeeded":
            step |= {"state": "Succeeded", "code": "OK"}
        else:
            error = properties.get("error") or {"code": "DeploymentFailed", "message": "It is gone."}
            step |= {"state": "Failed", "code": "Conflict", "error": ending.reached(step["id"], error)}
        return True

    def _begin(self, step: dict[str, Any], at: float) -> None:
        """Write one resource by the very door that a request from outside takes."""
        step.setdefault("begun", at)
        clock = replace(self._practice.clock, source=lambda: document.moment(at))
        then = replace(self._practice, clock=clock)
        try:
            if step["verb"] == "DELETE":
                request = self._request("DELETE", step["id"], complete.version(step["id"]), None)
            else:
                request = self._put(then, self._planned[step["id"]])
            answer = self._submit(then, self._caller, request)
        except Failure as failure:
            if not waiting.again(step, failure, then.clock):
                self._fail(step, failure.status, dict(preflight.problem(failure)))
        except (ExpressionError, NotYetError, TemplateError) as fault:
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
            self._went(step, answer.status, clock.takes(self._seconds(step)).timestamp())

    def _put(self, then: Practice, one: Planned) -> Request:
        reading = current.reference(then, self._home, must=True)
        act = current.acting(then, self._submit, self._caller, self._running["origin"], self._home)
        frame = self._plan.reading(reading, act)
        content = nesting.written(frame, one) if one.nested else body(frame, one, Frame.value)
        return self._request("PUT", one.id, one.version, content)

    def _went(self, step: dict[str, Any], status: int, due: float) -> None:
        kept = self._practice.state.get("resource", step["id"]) or {}
        step |= {"state": "Running", "due": max(float(kept.get("_due", 0.0)), 0.0) or due}
        step["nested"] = step["verb"] == "PUT" and step["resourceType"].lower() == document.TYPE.lower()
        step["code"] = HTTPStatus(status).name.title().replace("_", "").replace("Ok", "OK")

    def _seconds(self, step: Mapping[str, Any]) -> float:
        if step["verb"] == "DELETE":
            return _TAKE_IN
        declared = find(step["resourceType"])
        return declared.seconds if declared else 0.0

    def _fail(self, step: dict[str, Any], status: int, error: dict[str, Any]) -> None:
        if step["verb"] == "DELETE" and complete.again(self._found, step):
            return
        code = HTTPStatus(status).name.title().replace("_", "")
        ended = max(float(step["begun"]), float(step.get("after", 0.0)))
        step |= {"state": "Failed", "ended": ended, "code": code, "error": error}

    def _request(self, method: str, key: str, version: str, content: Mapping[str, Any] | None) -> Request:
        sent = json.dumps(content).encode() if content is not None else b""
        headers = {"x-ms-correlation-request-id": self._running["correlation"]}
        return Request(method, key, {"api-version": version}, headers, sent, self._running["origin"])

    def _finish(self) -> None:
        reading = current.reference(self._practice, self._home, must=True)
        act = current.acting(self._practice, self._submit, self._caller, self._running["origin"], self._home)
        ending.finish(self._practice, self._found, self._plan, self._plan.reading(reading, act))
        self._practice.state.put("deployment", self._found["id"], self._found)
        self._practice.state.delete("running", self._found["id"])
