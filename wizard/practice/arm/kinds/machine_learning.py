"""Machine Learning: workspaces."""

from __future__ import annotations

import re
import uuid
from typing import Any

from wizard.practice.arm.types import ACCEPTED, Adding, ResourceType


def _workspace(adding: Adding) -> dict[str, Any]:
    origin = f"{adding.location}.api.azureml.ms"
    return {
        "workspaceId": adding.kept("workspaceId", str(uuid.uuid4())),
        "tenantId": adding.tenant,
        "discoveryUrl": f"https://{origin}/discovery",
        "mlFlowTrackingUri": f"azureml://{origin}/mlflow/v1.0{adding.id.text}",
        "hbiWorkspace": adding.kept("hbiWorkspace", fresh=False),
        "publicNetworkAccess": adding.kept("publicNetworkAccess", "Enabled"),
        "v1LegacyMode": adding.kept("v1LegacyMode", fresh=False),
        "containerRegistry": adding.kept("containerRegistry", None),
        "storageHnsEnabled": False,
        "privateLinkCount": 0,
    }


TYPES = (
    ResourceType(
        "Microsoft.MachineLearningServices/workspaces",
        way=ACCEPTED,
        removal=ACCEPTED,
        seconds=45,
        removal_seconds=20,
        properties=frozenset(
            {
                "friendlyName", "description", "keyVault", "storageAccount", "applicationInsights", "containerRegistry",
                "hbiWorkspace", "publicNetworkAccess", "v1LegacyMode", "imageBuildCompute", "allowPublicAccessWhenBehindVnet",
                "encryption", "primaryUserAssignedIdentity", "managedNetwork", "systemDatastoresAuthMode", "discoveryUrl",
                "sharedPrivateLinkResources", "serviceManagedResourcesSettings", "featureStoreSettings", "ipAllowlist",
                "enableDataIsolation", "associatedWorkspaces", "hubResourceId", "workspaceHubConfig", "serverlessComputeSettings",
            }
        ),
        required=("identity", "properties.storageAccount", "properties.keyVault"),
        references=(
            "properties.storageAccount",
            "properties.keyVault",
            "properties.applicationInsights",
            "properties.containerRegistry",
        ),
        added=_workspace,
        polling="workspaceOperationsStatus",
        rule=re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,32}"),
        says="Workspace name must be between 3 and 33 characters long. Its first character has to be alphanumeric, and"
        " the rest may contain hyphens and underscores. No whitespace is allowed.",
    ),
)  # fmt: skip
