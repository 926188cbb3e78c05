"""How a deployment stack looks when it is read, and what a client must send for one."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from wizard.practice.arm import errors, ids
from wizard.practice.arm.call import Call, stamp
from wizard.practice.arm.deployments import content, links
from wizard.practice.arm.deployments.content import Content
from wizard.practice.arm.template.compile import Compiled
from wizard.practice.arm.template.parameters import is_secret, type_name
from wizard.practice.kernel import Failure

TYPE = "Microsoft.Resources/deploymentStacks"
_ACTIONS = ("resources", "resourceGroups", "managementGroups")
_DENIES = ("none", "denydelete", "denywriteanddelete")
_KEPT = ("description", "deploymentScope", "templateLink", "debugSetting", "updateBehavior")


def key(call: Call) -> str:
    """The id of the stack a request names."""
    return f"{content.home_of(call)}/providers/{TYPE}/{call.parts['stack']}"


def missing(call: Call) -> Failure:
    """A stack that is not there: a group's provider answers itself, above groups the gateway does."""
    name = call.parts["stack"]
    if ids.parse(call.parts["home"]).group:
        return Failure(
            404, "DeploymentStackResourceNotFound", f"The deployment stack '{key(call)}' could not be found."
        )
    return Failure(
        404,
        "ResourceNotFound",
        f"The resource '{name}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
        headers={"x-ms-failure-cause": "gateway"},
    )


def read(call: Call) -> tuple[dict[str, Any], Content]:
    """The body of a request, and the deployment it means.

    Raises:
        Failure: it lacks what is needed, or has what cannot be.
    """
    body = call.request.json()
    properties = body.get("properties")
    if not isinstance(properties, dict):
        raise errors.bad_content("Required property 'properties' not found in JSON. Path ''")
    errors.check_tags(body.get("tags"))
    _check(properties)
    return body, deployment(call, call.parts["stack"], body)


def _check(properties: Mapping[str, Any]) -> None:
    action, deny = properties.get("actionOnUnmanage"), properties.get("denySettings")
    if not isinstance(properties.get("updateBehavior"), str):
        for name, value in (("actionOnUnmanage", action), ("denySettings", deny)):
            if not isinstance(value, dict):
                raise _invalid(f"The '{name}' property must be specified.")
    for name, value in (action or {}).items():
        if name not in _ACTIONS or str(value).lower() not in ("delete", "detach"):
            raise _invalid(f"The value '{value}' of 'actionOnUnmanage.{name}' is not valid.")
    if str((deny or {}).get("mode") or "none").lower() not in _DENIES:
        raise _invalid(f"The value '{(deny or {})['mode']}' of 'denySettings.mode' is not valid.")


def _invalid(message: str) -> Failure:
    return Failure(400, "DeploymentStackInvalidRequest", message)


def deployment(call: Call, name: str, body: Mapping[str, Any]) -> Content:
    """The deployment a stack makes: at its own scope or at the one it names."""
    properties = body["properties"]
    return Content(
        name,
        str(properties.get("deploymentScope") or content.home_of(call)).rstrip("/"),
        body.get("location"),
        "Incremental",
        links.template(call, name, properties),
        properties.get("parameters") or {},
        None,
        "Provider",
        {},
        call.request.headers.get("x-ms-correlation-request-id") or str(uuid.uuid4()),
    )


def fresh(
    call: Call, body: Mapping[str, Any], plan: Compiled, sent: Content, before: Mapping[str, Any] | None
) -> dict[str, Any]:
    """A stack that begins: it shows what it managed before until it is done."""
    now, given = stamp(call.clock.now()), body["properties"]
    old = before["properties"] if before else {}
    properties: dict[str, Any] = {
        "actionOnUnmanage": dict.fromkeys(_ACTIONS, "detach") | (given.get("actionOnUnmanage") or {}),
        "denySettings": {"mode": "none", "applyToChildScopes": False} | (given.get("denySettings") or {}),
        "parameters": _parameters(given.get("parameters") or {}, plan),
        "resources": old.get("resources", []),
        "provisioningState": "initializing",
        "detachedResources": [],
        "deletedResources": [],
        "failedResources": [],
        "correlationId": sent.correlation,
    }
    properties |= {name: given[name] for name in _KEPT if given.get(name) is not None}
    who = _who(call)
    made = (before or {}).get("systemData") or {
        "createdBy": who[0], "createdByType": who[1], "createdAt": now,
    }  # fmt: skip
    return {
        **{name: body[name] for name in ("location", "tags") if name in body},
        "properties": properties,
        "systemData": {**made, "lastModifiedBy": who[0], "lastModifiedByType": who[1], "lastModifiedAt": now},
        "id": before["id"] if before else key(call),
        "type": TYPE,
        "name": before["name"] if before else call.parts["stack"],
    }


def _who(call: Call) -> tuple[str, str]:
    if call.caller.kind == "user":
        user = call.state.get("user", call.caller.object_id) or {}
        return str(user.get("upn") or call.caller.object_id), "User"
    return call.caller.app_id or call.caller.object_id, "Application"


def _parameters(given: Mapping[str, Any], plan: Compiled) -> dict[str, Any]:
    """The parameters that were given, by the types the template declares; of secure ones not the value."""
    declared = {name.lower(): one for name, one in plan.declared.items()}
    found = {}
    for name, one in given.items():
        known = declared.get(name.lower(), {})
        value = {} if is_secret(known) else {"value": one.get("value")}
        found[name] = {**value, "type": str(known.get("type"))}
    return found


def validated(stack: Mapping[str, Any], plan: Compiled, written: list[str]) -> dict[str, Any]:
    """What a validation finds when nothing is wrong."""
    given = stack["properties"]
    deny = dict(given["denySettings"])
    properties = {
        "validatedResources": [{"id": one} for one in written],
        "actionOnUnmanage": {name: value.capitalize() for name, value in given["actionOnUnmanage"].items()},
        **{name: given[name] for name in ("description", "deploymentScope", "templateLink") if name in given},
        "denySettings": deny | {"mode": deny["mode"][:1].upper() + deny["mode"][1:]},
        "parameters": {
            name: {"type": type_name(one)}
            | ({} if is_secret(one) else {"value": plan.frame.parameters[name.lower()]})
            for name, one in plan.declared.items()
        },
        "correlationId": given["correlationId"],
    }
    return {"properties": properties, **{name: stack[name] for name in ("id", "type", "name")}}


def shown(found: Mapping[str, Any]) -> dict[str, Any]:
    """A stack as a GET shows it."""
    return {name: value for name, value in found.items() if not name.startswith("_")}
