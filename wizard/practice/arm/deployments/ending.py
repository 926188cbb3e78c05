"""How a deployment ends: its outputs, what it made, or the errors of what failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wizard.practice.arm.call import stamp
from wizard.practice.arm.deployments import document
from wizard.practice.arm.template.compile import Compiled, output
from wizard.practice.arm.template.evaluate import Frame, NotYetError
from wizard.practice.arm.template.expressions import ExpressionError
from wizard.practice.kernel import Failure, Practice


def reached(key: str, error: Mapping[str, Any]) -> dict[str, Any]:
    """The error of a step whose nested deployment failed."""
    return {
        "code": "ResourceDeploymentFailure",
        "target": key,
        "message": "The resource write operation failed to complete successfully, because it reached terminal provisioning"
        " state 'Failed'.",
        "details": [{"code": error["code"], "target": key, **error}],
    }


def finish(practice: Practice, found: dict[str, Any], plan: Compiled, frame: Frame) -> None:
    """Give a deployment its last state; `frame` reads what there is now."""
    steps = found["_steps"]
    ended = max([float(found["_accepted"]), *(float(step["ended"]) for step in steps if "ended" in step)])
    failures = [step["error"] for step in steps if step.get("error")]
    properties = found["properties"]
    found["_ended"] = ended
    properties["timestamp"] = stamp(document.moment(ended))
    properties["duration"] = document.duration(ended - found["_begun"])
    if failures:
        properties |= {"provisioningState": "Failed", "error": document.failed(failures)}
        return
    properties["provisioningState"] = "Succeeded"
    outputs, faults = _outputs(plan, frame)
    if faults:
        properties |= {"provisioningState": "Failed", "error": _unevaluated(faults)}
        return
    if "outputs" in found["_template"]:
        properties["outputs"] = outputs
    properties["outputResources"] = [{"id": key} for key in document.output_ids(practice, found)]


def _outputs(plan: Compiled, frame: Frame) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    outputs: dict[str, Any] = {}
    faults: list[dict[str, Any]] = []
    for name, declared in plan.outputs.items():
        try:
            outputs |= {document.lowered(name): one for one in output(frame, name, declared).values()}
        except (ExpressionError, NotYetError, Failure) as fault:
            why = fault.message if isinstance(fault, Failure) else str(fault)
            message = f"The template output '{name}' is not valid: {why}"
            faults.append({"code": "DeploymentOutputEvaluationFailed", "target": name, "message": message})
    return outputs, faults


def _unevaluated(faults: list[dict[str, Any]]) -> dict[str, Any]:
    names = ",".join(one["target"] for one in faults)
    return {
        "code": "DeploymentOutputEvaluationFailed",
        "message": f"Unable to evaluate template outputs: '{names}'. Please see error details and deployment operations."
        " Please see https://aka.ms/arm-common-errors for usage details.",
        "details": faults,
    }
