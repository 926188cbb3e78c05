"""Carries deployments out, at every request as far as time allows; all it needs is in the State, so a kill costs nothing.

A deployment is a row of steps with the moments they began and ended. What could have happened since the last request is
made up for: each step begins when the last of those it needs ended, on a clock that stands at that moment.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from wizard.practice.arm.call import Call, Submit, stamp
from wizard.practice.arm.deployments import document
from wizard.practice.arm.deployments.content import Content
from wizard.practice.arm.deployments.run import ACTIVE, Run
from wizard.practice.arm.template.compile import Compiled
from wizard.practice.kernel import Practice


def begin(call: Call, content: Content, plan: Compiled, number: str) -> dict[str, Any]:
    """Write down a new deployment and what is needed to carry it out; give the document."""
    now = call.clock.now()
    found = document.fresh(content, plan, now)
    found |= {
        "_begun": now.timestamp(),
        "_accepted": call.clock.takes(document.ACCEPTED).timestamp(),
        "_number": number,
        "_tracking": str(uuid.uuid4()),
        "_template": content.template,
        "_steps": [step(one.brief, one.depends) for one in plan.resources if one.wanted],
    }
    # The values of secure parameters stand here, in the private file, until the deployment is over.
    running = {
        "caller": asdict(call.caller),
        "origin": call.request.origin,
        "correlation": content.correlation,
        "around": asdict(content.around(call)),
        "template": content.template,
        "given": {name: {"value": plan.frame.parameters[name.lower()]} for name in plan.declared},
        "next": 0.0,
    }
    call.state.put("deployment", content.id, found)
    call.state.put("running", content.id, running)
    return found


def step(brief: Mapping[str, str], depends: tuple[str, ...], verb: str = "PUT") -> dict[str, Any]:
    """One thing to do: a resource to write, or in mode Complete one to delete."""
    return {
        **brief,
        "verb": verb,
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
    """Bring one deployment to where it is by now, with those nested in it."""
    running, found = practice.state.get("running", key), practice.state.get("deployment", key)
    if not running or not found:
        return
    for one in found["_steps"]:
        if one["state"] == "Running" and one.get("nested"):
            advance_one(practice, submit, one["id"])
    Run(practice, submit, running, found, lambda nested: advance_one(practice, submit, nested)).go()


def cancel(practice: Practice, key: str) -> None:
    """Stop a deployment and those nested in it: what has not begun never will; what was made stays."""
    found = practice.state.get("deployment", key)
    if found is None or found["properties"]["provisioningState"] not in ACTIVE:
        return
    now = practice.clock.now().timestamp()
    for one in found["_steps"]:
        if "begun" in one and "ended" not in one:
            if one.get("nested"):
                cancel(practice, one["id"])
            one |= {"state": "Canceled", "ended": now, "code": "Conflict"}
    found["properties"] |= {"provisioningState": "Canceled", "timestamp": stamp(practice.clock.now())}
    found["properties"]["error"] = {"code": "DeploymentCanceled", "message": "The deployment was canceled."}
    practice.state.put("deployment", key, found)
    practice.state.delete("running", key)


__all__ = ["advance", "advance_one", "begin", "cancel"]
