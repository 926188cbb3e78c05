"""What ARM itself keeps: groups, roles and role assignments. Modules of their own serve them; here is what others ask of them."""

from __future__ import annotations

import re

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
    ResourceType(
        "Microsoft.Resources/templateSpecs",
        state=False,
        members=frozenset({"location", "tags", "properties"}),
        properties=frozenset({"displayName", "description", "metadata"}),
        rule=re.compile(r"[-\w._()]{1,90}"),
    ),
    ResourceType(
        "Microsoft.Resources/templateSpecs/versions",
        state=False,
        members=frozenset({"location", "tags", "properties"}),
        properties=frozenset({"description", "linkedTemplates", "metadata", "mainTemplate", "uiFormDefinition", "template", "artifacts"}),
    ),
    *(
        ResourceType(name, tracked=False, own=True, members=frozenset({"location", "tags", "properties", "identity"}))
        for name in (
            "Microsoft.Resources/deployments",
            "Microsoft.Resources/deploymentStacks",
            "Microsoft.Authorization/locks",
            "Microsoft.Authorization/policyAssignments",
            "Microsoft.Authorization/policyDefinitions",
        )
    ),
)  # fmt: skip
