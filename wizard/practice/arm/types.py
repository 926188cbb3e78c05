"""The resource types practice Azure serves, each as a short declaration; the engine knows none of them by name."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from wizard.practice.arm.ids import Id

_TRACKED = frozenset({"location", "tags", "identity", "sku", "kind", "properties"})
_ALWAYS = frozenset({"id", "name", "type", "systemData"})


class Way(Enum):
    """How a type answers a write that takes time, as the recordings show it."""

    SYNC = "200 or 201 with the finished resource"
    CREATED = "201 or 200 with the unfinished resource, and Azure-AsyncOperation"
    ACCEPTED = "202 without a body, with Azure-AsyncOperation and Location"


@dataclass(frozen=True, slots=True)
class Adding:
    """What a type may look at when it adds its own properties to a new resource."""

    id: Id
    body: Mapping[str, Any]
    tenant: str
    before: Mapping[str, Any] | None

    def kept(self, name: str, fresh: object) -> object:
        """A property that is given once and then stays."""
        return (self.before or {}).get("properties", {}).get(name, fresh)


def _nothing(adding: Adding) -> dict[str, Any]:
    del adding
    return {}


@dataclass(frozen=True, slots=True)
class ResourceType:
    """The facts of one type.

    Attributes:
        name: `Microsoft.MachineLearningServices/workspaces`.
        way: how creating and changing answers; `removal` the same for deleting.
        seconds: how long creating takes at time scale 1; `removal_seconds` the same for deleting.
        members: the top-level properties a body may have.
        properties: those of `properties`; None leaves them alone.
        required: paths that must be there, such as `properties.keyVault`.
        references: properties that hold the id of a resource that must exist.
        added: what Azure adds to `properties`.
        right: what its actions begin with, where that is not its name.
        polling: the segment of its polling addresses.
        rule: what its name looks like, and `says` the sentence for one that does not.
    """

    name: str
    way: Way = Way.SYNC
    removal: Way = Way.SYNC
    seconds: float = 3.0
    removal_seconds: float = 3.0
    members: frozenset[str] = _TRACKED
    properties: frozenset[str] | None = None
    required: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    added: Callable[[Adding], dict[str, Any]] = field(default=_nothing)
    tracked: bool = True
    own: bool = False
    right: str = ""
    polling: str = "operationStatuses"
    rule: re.Pattern[str] = re.compile(r".{1,260}")
    says: str = "The name is not valid."

    def action(self, verb: str) -> str:
        """The action a caller needs a right for: `Microsoft.Network/virtualNetworks/write`."""
        return f"{self.right or self.name}/{verb}"

    @property
    def allowed(self) -> frozenset[str]:
        """The top-level properties a body may have, with those a client sends back from an earlier answer."""
        return self.members | _ALWAYS


def _workspace(adding: Adding) -> dict[str, Any]:
    location = str(adding.body.get("location", "")).replace(" ", "").lower()
    origin = f"{location}.api.azureml.ms"
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


_DECLARED = (
    ResourceType(
        "Microsoft.MachineLearningServices/workspaces",
        way=Way.ACCEPTED,
        removal=Way.ACCEPTED,
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
        references=("storageAccount", "keyVault", "applicationInsights", "containerRegistry"),
        added=_workspace,
        polling="workspaceOperationsStatus",
        rule=re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,32}"),
        says="Workspace name must be between 3 and 33 characters long. Its first character has to be alphanumeric, and"
        " the rest may contain hyphens and underscores. No whitespace is allowed.",
    ),
    ResourceType(
        "Microsoft.Authorization/roleAssignments",
        tracked=False,
        own=True,
        members=frozenset({"properties"}),
        properties=frozenset(
            {
                "roleDefinitionId", "principalId", "principalType", "description", "condition", "conditionVersion",
                "delegatedManagedIdentityResourceId",
            }
        ),
    ),
    ResourceType(
        "Microsoft.Authorization/roleDefinitions",
        tracked=False,
        own=True,
        members=frozenset({"properties"}),
        properties=frozenset({"roleName", "type", "description", "assignableScopes", "permissions"}),
    ),
    ResourceType(
        "Microsoft.Resources/resourceGroups",
        seconds=2,
        own=True,
        members=frozenset({"location", "tags", "managedBy", "properties"}),
        properties=frozenset(),
        right="Microsoft.Resources/subscriptions/resourceGroups",
    ),
)  # fmt: skip

_TYPES: Mapping[str, ResourceType] = {declared.name.lower(): declared for declared in _DECLARED}


def find(name: str) -> ResourceType | None:
    """The declaration of a type, by its full name in any case."""
    return _TYPES.get(name.lower())
