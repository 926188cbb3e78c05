"""What a client sends to deploy, validate or preview: read leniently as ARM does, checked strictly."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wizard.practice.arm import errors, facts, ids
from wizard.practice.arm.call import Call
from wizard.practice.arm.deployments import links
from wizard.practice.arm.template import lenient
from wizard.practice.arm.template.compile import Compiled, compiled
from wizard.practice.arm.template.evaluate import Around
from wizard.practice.arm.template.parameters import TemplateError
from wizard.practice.kernel import Failure

_MEMBERS = ("location", "properties", "tags", "identity", "name", "id", "type", "scopes")
_PROPERTIES = (
    "mode", "template", "templateLink", "parameters", "parametersLink", "debugSetting", "onErrorDeployment",
    "expressionEvaluationOptions", "validationLevel", "whatIfSettings", "extensionConfigs", "externalInputs",
    "externalInputDefinitions", "error",
)  # fmt: skip
_LONGEST_NAME = 64
_MODES = ("Incremental", "Complete")
_MANAGEMENT = "Microsoft.Management/managementGroups"
_LEVELS = ("Template", "Provider", "ProviderNoRbac")


@dataclass(frozen=True, slots=True)
class Content:
    """A request to deploy."""

    name: str
    home: str
    location: str | None
    mode: str
    template: Any
    parameters: Mapping[str, Any]
    tags: Mapping[str, Any] | None
    level: str
    settings: Mapping[str, Any]
    correlation: str = ""
    link: Mapping[str, Any] | None = None
    debug: Mapping[str, Any] | None = None
    coming: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The id of the deployment."""
        return f"{self.home}/providers/Microsoft.Resources/deployments/{self.name}"

    @property
    def complete(self) -> bool:
        """Whether what the template does not name is to go."""
        return self.mode == "Complete"

    def around(self, call: Call) -> Around:
        """What the template can see."""
        found = ids.parse(self.home)
        subscription = call.state.get("subscription", found.subscription or "") or {}
        tenant = call.state.get("tenant", subscription.get("tenantId") or call.caller.tenant) or {}
        deployment: dict[str, Any] = {"name": self.name}
        deployment |= {"location": self.location} if self.location else {}
        properties = {"mode": self.mode, "template": self.template, "provisioningState": "Accepted"}
        properties |= {"templateLink": dict(self.link)} if self.link else {}
        return Around(
            self.home,
            _chosen(subscription, "id", "subscriptionId", "tenantId", "displayName"),
            _chosen(tenant, "tenantId", "displayName", "countryCode"),
            deployment | {"properties": properties},
            self._group(call) if found.group else None,
            call.request.origin,
            _management(found) if found.type == _MANAGEMENT else None,
        )

    def _group(self, call: Call) -> Mapping[str, Any] | None:
        """The group it goes to; one that the deployment around it is to make counts as made."""
        return call.state.get("group", self.home) or self.coming.get(self.home.lower())

    def compiled(self, call: Call) -> Compiled:
        """The template worked out.

        Raises:
            Failure: 400 InvalidTemplate, with where it is wrong.
        """
        try:
            return compiled(self.template, self.parameters, self.around(call))
        except TemplateError as fault:
            raise invalid_template(fault) from fault


def _chosen(found: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: found[name] for name in names if name in found}


def _management(found: ids.Id) -> dict[str, Any]:
    shown = {"tenantId": "", "displayName": found.leaf}
    return {"id": found.text, "name": found.leaf, "type": _MANAGEMENT, "properties": shown}


def home_of(call: Call) -> str:
    """The id of what a deployment goes to; nothing for the tenant."""
    return ids.parse(call.parts["home"]).text.rstrip("/")


def invalid_template(fault: TemplateError) -> Failure:
    """Azure's answer to a template it cannot make sense of."""
    violation = {"lineNumber": 1, "linePosition": 1, "path": fault.path}
    return Failure(
        400,
        "InvalidTemplate",
        str(fault),
        headers={"x-ms-failure-cause": "gateway"},
        additional=[{"type": "TemplateViolation", "info": violation}],
    )


def read(call: Call) -> Content:
    """Read and check the body of a request.

    Raises:
        Failure: it cannot be read, has what is not known, or lacks what is needed.
    """
    body, properties = _parts(call.request.body)
    errors.check_tags(body.get("tags"))
    name = call.parts["deployment"]
    check_name(name)
    _check_properties(name, properties)
    return Content(
        name,
        home_of(call),
        _location(call, name, body.get("location")),
        str(properties["mode"]).capitalize(),
        links.template(call, name, properties),
        properties.get("parameters") or {},
        body.get("tags"),
        properties.get("validationLevel") or "Provider",
        properties.get("whatIfSettings") or {},
        call.request.headers.get("x-ms-correlation-request-id") or str(uuid.uuid4()),
        properties.get("templateLink"),
        properties.get("debugSetting"),
    )


def _parts(text: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """The members of a body, and those of its properties."""
    try:
        sent = lenient.read(text)
    except (ValueError, RecursionError) as fault:
        raise errors.bad_content(str(fault)) from fault
    if not isinstance(sent, dict):
        raise errors.bad_content("A JSON object is expected. Path ''")
    body = _named(sent, _MEMBERS, "DeploymentContent", "")
    properties = body.get("properties")
    if not isinstance(properties, dict):
        raise errors.bad_content("Required property 'properties' not found in JSON. Path ''")
    return body, _named(properties, _PROPERTIES, "DeploymentPropertiesDefinition", "properties.")


def _named(sent: Mapping[str, Any], known: tuple[str, ...], kind: str, path: str) -> dict[str, Any]:
    """The members by the names ARM gives them: it compares without case (an operator sends `Properties`)."""
    names = {name.lower(): name for name in known}
    for name in sent:
        if name.lower() not in names:
            raise errors.stranger(name, kind, path + name)
    return {names[name.lower()]: value for name, value in sent.items()}


def check_name(name: str) -> None:
    """Refuse a name that is too long.

    Raises:
        Failure: 400 InvalidDeployment.
    """
    if len(name) > _LONGEST_NAME:
        raise invalid(
            f"The provided deployment name '{name}' has a length of '{len(name)}' which exceeds the maximum length of"
            f" '{_LONGEST_NAME}'. Please see https://aka.ms/arm-deploy for usage details."
        )


def _check_properties(name: str, properties: Mapping[str, Any]) -> None:
    if str(properties.get("mode")).capitalize() not in _MODES:
        raise errors.bad_content("Required property 'mode' not found in JSON. Path 'properties'")
    if properties.get("template") is not None and properties.get("templateLink"):
        raise invalid(
            f"The deployment '{name}' may have either the TemplateLink or the Template property set, not both. Please see"
            " https://aka.ms/resource-group-linked-templates for usage details."
        )
    if properties.get("validationLevel") not in (None, *_LEVELS):
        raise errors.bad_content(
            "Error converting value to type 'DeploymentValidationLevel'. Path 'validationLevel'"
        )
    if not isinstance(properties.get("whatIfSettings") or {}, dict):
        raise errors.bad_content("Error converting value to type 'WhatIfSettings'. Path 'whatIfSettings'")
    parameters = properties.get("parameters") or {}
    if not isinstance(parameters, dict) or not all(isinstance(one, dict) for one in parameters.values()):
        raise errors.bad_content(
            "Error converting value to type 'DeploymentParameterDefinition'. Path 'parameters'"
        )


def _location(call: Call, name: str, location: object) -> str | None:
    """A deployment to a subscription has a location, which stays; one to a group has its group's."""
    if ids.parse(call.parts["home"]).group:
        if location:
            raise invalid(
                f"The 'location' property is not allowed for '{name}' at resource group scope. Please see"
                " https://aka.ms/deploy-to-subscription for usage details."
            )
        return None
    region = _region(name, location)
    key = f"{home_of(call)}/providers/Microsoft.Resources/deployments/{name}"
    before = call.state.get("deployment", key)
    if before and before.get("location") != region:
        raise Failure(
            409,
            "InvalidDeploymentLocation",
            f"Invalid deployment location '{region}'. The deployment '{name}' already exists in location"
            f" '{before.get('location')}'.",
        )
    return region


def _region(name: str, location: object) -> str:
    if not isinstance(location, str) or not location:
        raise invalid(
            f"The 'location' property must be specified for '{name}'. Please see https://aka.ms/deploy-to-subscription for"
            " usage details."
        )
    region = facts.region(location)
    if region is None:
        raise Failure(
            400,
            "LocationNotAvailableForDeployment",
            f"The provided location '{location}' is not available for deployment. List of available regions is"
            f" '{','.join(facts.regions())}'.",
        )
    return region


def invalid(message: str) -> Failure:
    """A deployment that cannot be, whatever its template says."""
    return Failure(400, "InvalidDeployment", message, headers={"x-ms-failure-cause": "gateway"})
