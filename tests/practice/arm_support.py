"""What the tests of ARM share: the world's ids, a client for the REST surface, a clock that is set by hand."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from wizard.practice.clock import Clock
from wizard.practice.launcher import Running

ARM = "https://management.core.windows.net//.default"
RESEARCH = "/subscriptions/142c8364-7806-4577-93e7-83e7eb04b39b"
PRODUCTION = "/subscriptions/3b041641-1788-44f2-a60d-f25453fe2e85"
RETIRED = "/subscriptions/00a154d8-5ed8-4bcc-b5c7-19c2add9ca88"
DELEGATED = "/subscriptions/c0290103-855d-4f55-99ec-8712e8e3574f"
LAB = "/subscriptions/6e704245-a4ff-41e3-a794-9b80dcb0b82e"
CONTOSO = "47eaa099-2cb6-416d-86dc-283cf0480ff9"
FABRIKAM = "1509bb0a-9bf1-4331-8a11-8783593942a4"
ADA = "f5ec52ed-0108-4475-92e1-bc7656670b14"
BOB = "59ba1b0d-5c90-4158-a909-406c2e416788"
LEGACY = "3f28bbfa-4dee-44f9-a179-6ac41055ab62"
VISION = f"{RESEARCH}/resourceGroups/rg-vision"
WORKSPACE = f"{VISION}/providers/Microsoft.MachineLearningServices/workspaces/vision"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
SCIENTIST = "f6c7c914-8db3-469d-8ca1-694a8f32e121"
DEPLOYMENTS = "/providers/Microsoft.Resources/deployments"
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
SHARED = Path(__file__).parents[2] / "../shared"


def role_id(guid: str) -> str:
    return f"{RESEARCH}/providers/Microsoft.Authorization/roleDefinitions/{guid}"


@dataclass(frozen=True)
class Arm:
    """Calls ARM as somebody; `api` is the fixture's client."""

    api: Any
    version: str = "2022-04-01"

    def ask(self, method: str, path: str, body: object = None, version: str = "", **query: str) -> Any:
        named = {f"${name}": value for name, value in query.items()}
        wanted = {"api-version": version or self.version, **named}
        return self.api.call(method, path, params=wanted, json=body)

    def get(self, path: str, version: str = "", **query: str) -> Any:
        return self.ask("GET", path, version=version, **query)

    def put(self, path: str, body: object, version: str = "") -> Any:
        return self.ask("PUT", path, body, version)

    def follow(self, address: str) -> Any:
        """Poll an address as it was given."""
        return self.api.call("GET", "/" + address.split("/", 3)[3])

    def assign(
        self, scope: str, name: str, role: str, principal: str, kind: str | None = "ServicePrincipal"
    ) -> Any:
        properties = {"roleDefinitionId": role_id(role), "principalId": principal}
        properties |= {"principalType": kind} if kind else {}
        return self.put(
            f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}", {"properties": properties}
        )


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


class Hands:
    """A clock whose hands are moved by the test; durations are those of Azure."""

    def __init__(self, scale: float = 1.0) -> None:
        self.moment = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
        self.clock = Clock(scale, lambda: self.moment)

    def on(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


def application(running: Running, client: str, secret: str) -> str:
    """A token for ARM, by client credentials."""
    import requests

    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(
            f"{running.url}/{running.tenant}/oauth2/v2.0/token",
            data={
                "grant_type": "client_credentials",
                "client_id": client,
                "client_secret": secret,
                "scope": ARM,
            },
            verify=str(running.ca),
            timeout=20,
        )
    token: str = answer.json()["access_token"]
    return token


def recordings(wanted: Callable[[str], bool]) -> Iterator[dict[str, Any]]:
    """The recorded rows whose raw line is wanted; the test is skipped where the recordings are not."""
    path = SHARED / "azure/recordings/dev.jsonl.gz"
    if not path.exists():
        pytest.skip("the recordings of Azure are not beside this checkout")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if wanted(line))


def facts(name: str) -> Any:
    """A file of facts beside this checkout; the test is skipped where it is not."""
    path = SHARED / "azure" / name
    if not path.exists():
        pytest.skip(f"{name} is not beside this checkout")
    return json.loads(path.read_text(encoding="utf-8"))


def template(*resources: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": list(resources), **rest}


def grant(role: str, principal: str = LEGACY, **rest: Any) -> dict[str, Any]:
    """A role assignment as the wizard writes it: named by what it grants, the principal's type sent."""
    known = f"subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '{role}')"
    return {
        "type": "Microsoft.Authorization/roleAssignments",
        "apiVersion": "2022-04-01",
        "name": f"[guid(resourceGroup().id, '{principal}', {known})]",
        "properties": {
            "roleDefinitionId": f"[{known}]",
            "principalId": principal,
            "principalType": "ServicePrincipal",
        },
    } | rest


def group(name: str, **rest: Any) -> dict[str, Any]:
    kind = "Microsoft.Resources/resourceGroups"
    return {"type": kind, "apiVersion": "2024-11-01", "name": name, "location": "westeurope", **rest}


def content(sent: Any, location: str | None = None, **parameters: Any) -> dict[str, Any]:
    properties = {
        "mode": "Incremental",
        "template": sent,
        "parameters": {name: {"value": value} for name, value in parameters.items()},
    }
    return {"properties": properties} | ({"location": location} if location else {})


def deploy(arm: Arm, home: str, name: str, body: dict[str, Any]) -> dict[str, Any]:
    """Deploy and follow to the end, whatever it is."""
    answer = arm.put(f"{home}{DEPLOYMENTS}/{name}", body)
    assert answer.status_code in (200, 201), answer.text
    status = arm.follow(answer.headers["Azure-AsyncOperation"])
    assert status.json()["status"] in ("Succeeded", "Failed")
    found: dict[str, Any] = arm.get(f"{home}{DEPLOYMENTS}/{name}").json()
    return found
