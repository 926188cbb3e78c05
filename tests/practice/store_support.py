"""What the tests of storage, vaults, registries and identities share."""

from __future__ import annotations

import uuid
from typing import Any

from tests.practice.arm_support import RESEARCH, VISION, Arm

ACCOUNTS = f"{VISION}/providers/Microsoft.Storage/storageAccounts"
VAULTS = f"{VISION}/providers/Microsoft.KeyVault/vaults"
REGISTRIES = f"{VISION}/providers/Microsoft.ContainerRegistry/registries"
IDENTITIES = f"{VISION}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
BLOB_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
CRYPTO_OFFICER = "14b46e9e-c2b7-41b4-b07b-48a6ebf60603"
STORAGE = "https://storage.azure.com/.default"
VAULT = "https://vault.azure.net/.default"


def account(**properties: Any) -> dict[str, Any]:
    body = {"location": "westeurope", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"}
    return body | {"properties": properties}


def new_account(arm: Arm, name: str, **change: Any) -> str:
    """Make an account and give its id."""
    answer = arm.put(f"{ACCOUNTS}/{name}", account() | change)
    assert answer.status_code == 202, answer.text
    assert arm.follow(answer.headers["Location"]).json()["name"] == name
    return f"{ACCOUNTS}/{name}"


def grant_role(arm: Arm, scope: str, role: str, principal: str, kind: str = "User") -> None:
    answer = arm.assign(scope, str(uuid.uuid4()), role, principal, kind)
    assert answer.status_code == 201, answer.text


def registered(arm: Arm, namespace: str) -> Arm:
    """The same, in a subscription that may use a provider."""
    assert arm.ask("POST", f"{RESEARCH}/providers/{namespace}/register").status_code == 200
    return arm


def message(answer: Any) -> str:
    found: str = answer.json()["error"]["message"]
    return found
