"""How deployments and their operations look when they are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from wizard.practice.arm import ids
from wizard.practice.arm.call import stamp
from wizard.practice.arm.deployments.content import Content
from wizard.practice.arm.template.compile import Compiled
from wizard.practice.arm.template.hashing import template_hash
from wizard.practice.arm.template.order import Read, reads
from wizard.practice.arm.template.parameters import is_secret, type_name
from wizard.practice.arm.template.planned import Planned
from wizard.practice.kernel import Practice

TYPE = "Microsoft.Resources/deployments"
ACCEPTED = 1.0  # seconds at time scale 1 before a deployment runs


def fresh(content: Content, plan: Compiled, now: datetime) -> dict[str, Any]:
    """A new deployment in state Accepted."""
    found: dict[str, Any] = {"id": content.id, "name": content.name, "type": TYPE}
    found |= {"location": content.location} if content.location else {}
    found |= {"tags": dict(content.tags)} if content.tags else {}
    found["properties"] = {
        "templateHash": template_hash(content.template),
        **({"parameters": parameters(plan)} if "parameters" in content.template else {}),
        "mode": content.mode,
        **({"templateLink": dict(content.link)} if content.link else {}),
        **({"debugSetting": dict(content.debug)} if content.debug else {}),
        "provisioningState": "Accepted",
        "timestamp": stamp(now),
        "duration": "PT0S",
        "correlationId": content.correlation,
        "providers": _providers(plan),
        "dependencies": _dependencies(plan),
    }
    return found


def parameters(plan: Compiled) -> dict[str, Any]:
    """The parameters with their values; secure ones without."""
    return {
        lowered(name): {"type": type_name(declared)}
        | _parameter(declared, plan.frame.parameters[name.lower()])
        for name, declared in plan.declared.items()
    }


def lowered(name: str) -> str:
    """A name as deployments give it back: the capitals it begins with are small, but for the last before another sign."""
    letters = list(name)
    for at, letter in enumerate(letters):
        following = letters[at + 1 : at + 2]
        if not letter.isupper() or (at > 0 and following and not following[0].isupper()):
            break
        letters[at] = letter.lower()
    return "".join(letters)


def _parameter(declared: Mapping[str, Any], value: Any) -> dict[str, Any]:
    return {} if is_secret(declared) else {"value": value}


def _providers(plan: Compiled) -> list[dict[str, Any]]:
    found: dict[str, dict[str, list[str | None]]] = {}
    for one in plan.resources:
        namespace, _, kind = one.type.partition("/")
        places = found.setdefault(namespace, {}).setdefault(kind, [])
        place = _place(plan, one)
        if place not in places:
            places.append(place)
    return [
        {
            "namespace": namespace,
            "resourceTypes": [{"resourceType": kind, "locations": at} for kind, at in kinds.items()],
        }
        for namespace, kinds in found.items()
    ]


def _place(plan: Compiled, one: Planned) -> str | None:
    location = one.seen(plan.frame).settled(one.body.get("location"))
    return location.replace(" ", "").lower() if isinstance(location, str) else None


def _dependencies(plan: Compiled) -> list[dict[str, Any]]:
    briefs = {one.id: one.brief for one in plan.resources}
    found = []
    for one in plan.resources:
        needs = [briefs[need] for need in one.depends] + [
            _read(read) for read in reads(plan.frame, one) if read.version
        ]
        if needs:
            found.append({"dependsOn": needs, **one.brief})
    return found


def _read(read: Read) -> dict[str, Any]:
    """What is read by `reference` or `list...`, in this template or not."""
    named = ids.parse(read.what)
    brief = {"id": read.what, "resourceType": named.type, "resourceName": named.name}
    return brief | {"apiVersion": read.version} | ({"actionName": read.action} if read.action else {})


def shown(found: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """A deployment as a GET shows it at a moment."""
    visible = {name: value for name, value in found.items() if not name.startswith("_")}
    properties = dict(visible["properties"])
    if "parameters" in properties:
        # A parameter that may be null is null in the answer to a PUT, and later has no value at all.
        properties["parameters"] = {
            name: {key: value for key, value in one.items() if value is not None}
            for name, one in properties["parameters"].items()
        }
    if properties["provisioningState"] == "Accepted" and now.timestamp() >= found["_accepted"]:
        properties["provisioningState"] = "Running"
    return visible | {"properties": properties}


def output_ids(practice: Practice, found: Mapping[str, Any]) -> list[str]:
    """The ids of all that a deployment wrote; in place of a nested deployment, what that wrote."""
    listed: list[str] = []
    for step in found["_steps"]:
        nested = practice.state.get("deployment", step["id"]) if step.get("nested") else None
        if nested is not None:
            listed += output_ids(practice, nested)
        elif step["verb"] == "PUT":
            listed.append(step["id"])
    return listed


def operations(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The operations of a deployment that have begun, the last begun first, as the recordings have them."""
    begun = [step for step in found["_steps"] if "begun" in step]
    ordered = sorted(begun, key=lambda step: float(step["begun"]), reverse=True)
    return [_operation(found, step) for step in ordered] + _last(found)


def _operation(found: Mapping[str, Any], step: Mapping[str, Any]) -> dict[str, Any]:
    ended = "ended" in step
    properties: dict[str, Any] = {
        "provisioningOperation": "Delete" if step["verb"] == "DELETE" else "Create",
        # One that waits for a busy provider is under way.
        "provisioningState": "Running" if step["state"] == "Waiting" else step["state"],
        "timestamp": stamp(moment(step["ended"] if ended else step["begun"])),
        "duration": duration((step["ended"] if ended else step["begun"]) - step["begun"]),
        "trackingId": step["tracking"],
        "serviceRequestId": step["service"],
        "statusCode": step["code"],
    }
    if step.get("error"):
        properties["statusMessage"] = {"status": "Failed", "error": step["error"]}
    properties["targetResource"] = {key: step[key] for key in ("id", "resourceType", "resourceName")}
    return _framed(found, step["operation"], properties)


def _last(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    if found["properties"]["provisioningState"] != "Succeeded":
        return []
    properties = {
        "provisioningOperation": "EvaluateDeploymentOutput",
        "provisioningState": "Succeeded",
        "timestamp": found["properties"]["timestamp"],
        "duration": found["properties"]["duration"],
        "trackingId": found["_tracking"],
        "statusCode": "OK",
    }
    return [_framed(found, found["_number"], properties)]


def _framed(found: Mapping[str, Any], key: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": f"{found['id']}/operations/{key}", "operationId": key, "properties": dict(properties)}


def moment(epoch: float) -> datetime:
    """A moment out of epoch seconds."""
    return datetime.fromtimestamp(epoch, UTC)


def duration(seconds: float) -> str:
    """A length of time as Azure writes it: `PT28.5241598S`, `PT1H2M3S`."""
    whole = timedelta(seconds=max(seconds, 0.0))
    minutes, rest = divmod(whole.total_seconds(), 60)
    hours, minutes = divmod(int(minutes), 60)
    last = f"{rest:.7f}".rstrip("0").rstrip(".")
    return "PT" + (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "") + f"{last}S"


def failed(details: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The error of a deployment some of whose resources failed."""
    return {
        "code": "DeploymentFailed",
        "message": "At least one resource deployment operation failed. Please list deployment operations for details."
        " Please see https://aka.ms/arm-deployment-operations for usage details.",
        "details": [dict(one) for one in details],
    }
