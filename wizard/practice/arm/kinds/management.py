"""What ARM itself keeps: groups, roles and role assignments. Modules of their own serve them; here is what others ask of them."""

from __future__ import annotations

from wizard.practice.arm.types import ResourceType

TYPES = (
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
