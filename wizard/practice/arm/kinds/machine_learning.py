"""Machine Learning: workspaces, computes, datastores, connections, endpoints, registries, and what it says of a region."""

from __future__ import annotations

import re
import uuid
from typing import Any

from wizard.practice.arm.kinds import ml_computes, ml_lists, ml_stores, ml_workspaces
from wizard.practice.arm.types import Adding, ResourceType


def _registry(adding: Adding) -> dict[str, Any]:
    origin = f"{adding.location}.api.azureml.ms"
    group = f"azureml-rg-{adding.id.leaf}_{adding.kept('_own', str(uuid.uuid4()))}"
    home = f"/subscriptions/{adding.id.subscription}/resourceGroups/{group}"
    return {
        "publicNetworkAccess": "Enabled",
        "intellectualPropertyPublisher": None,
        "discoveryUrl": f"https://{origin}/registrymanagement/v1.0/registries/{adding.id.leaf}/discovery",
        "mlFlowRegistryUri": f"azureml://{origin}/mlflow/v1.0{adding.id.text}",
        "managedResourceGroup": adding.kept("managedResourceGroup", {"resourceId": home}),
        "managedResourceGroupSettings": None,
        "privateEndpointConnections": [],
    }


def _furnished(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
    """What the registry makes for itself has ids of its own."""
    home = made["properties"]["managedResourceGroup"]["resourceId"]
    for region in made["properties"].get("regionDetails") or ():
        for one in region.get("storageAccountDetails") or ():
            name = uuid.uuid5(uuid.NAMESPACE_URL, f"{adding.id.text}/storage").hex[:11]
            account = {
                "storageAccountName": name,
                "storageAccountType": "Standard_LRS",
                "storageAccountHnsEnabled": False,
            }
            key = {"resourceId": f"{home}/providers/Microsoft.Storage/storageAccounts/{name}"}
            given = {**account, **(one.get("systemCreatedStorageAccount") or {}), "armResourceId": key}
            one |= {"userCreatedStorageAccount": None, "systemCreatedStorageAccount": given}
        for one in region.get("acrDetails") or ():
            name = uuid.uuid5(uuid.NAMESPACE_URL, f"{adding.id.text}/acr").hex[:11]
            key = {"resourceId": f"{home}/providers/Microsoft.ContainerRegistry/registries/{name}"}
            given = {
                "acrAccountName": name,
                "acrAccountSku": "Premium",
                **(one.get("systemCreatedAcrAccount") or {}),
                "armResourceId": key,
            }
            one |= {"userCreatedAcrAccount": None, "systemCreatedAcrAccount": given}
    return made | {"tags": made.get("tags") or {}, "systemData": None}


TYPES = (
    ml_workspaces.DECLARED,
    ml_computes.DECLARED,
    *ml_stores.TYPES,
    ResourceType(
        "Microsoft.MachineLearningServices/registries",
        way=ml_workspaces.ACCEPTED,
        removal=ml_workspaces.ACCEPTED,
        seconds=60,
        removal_seconds=30,
        required=("properties.regionDetails",),
        added=_registry,
        completed=_furnished,
        polling="registryOperationsStatus",
        rule=re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,32}"),
        says="Registry name must be between 3 and 33 characters long: letters, digits, hyphens and underscores.",
    ),
)  # fmt: skip
OPERATIONS = ml_lists.OPERATIONS
