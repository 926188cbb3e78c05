"""Where the template of a deployment comes from: the request itself, or a template spec that is kept in Azure."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from wizard.practice.arm.call import Call
from wizard.practice.kernel import Failure

_GATEWAY = {"x-ms-failure-cause": "gateway"}


def template(call: Call, name: str, properties: Mapping[str, Any]) -> Any:
    """The template to deploy.

    Raises:
        Failure: there is none, or its address cannot be read from here.
    """
    link = properties.get("templateLink") or {}
    if properties.get("template") is not None:
        return properties["template"]
    if link.get("id"):
        return _kept(call, str(link["id"]))
    if link.get("uri"):
        raise _unreachable(str(link["uri"]))
    if properties.get("parametersLink"):
        raise _unreachable(str(properties["parametersLink"].get("uri")))
    raise Failure(
        400,
        "InvalidDeployment",
        f"The deployment '{name}' must have either the TemplateLink or Template property set. Please see"
        " https://aka.ms/resource-group-linked-templates for usage details.",
        headers=_GATEWAY,
    )


def _kept(call: Call, key: str) -> Any:
    found = (call.state.get("resource", key) or {}).get("properties", {})
    if "mainTemplate" not in found:
        raise Failure(
            400,
            "InvalidTemplateLink",
            f"The template spec '{key}' could not be found. Please see https://aka.ms/arm-template-specs for usage details.",
            headers=_GATEWAY,
        )
    return found["mainTemplate"]


def _unreachable(address: str) -> Failure:
    """Practice Azure is bound to the loopback interface: it downloads nothing, and says so as Azure does."""
    return Failure(
        400,
        "InvalidContentLink",
        f"Unable to download deployment content from '{address}'. The tracking Id is '{uuid.uuid4()}'. Please see"
        " https://aka.ms/arm-deploy for usage details.",
        headers=_GATEWAY,
    )
