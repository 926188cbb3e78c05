"""A role as JSON: in the form of the Azure CLI's files, and in that of the portal's JSON tab; always valid."""

from __future__ import annotations

import json

from wizard.roles.role import Role


def cli_json(role: Role) -> str:
    """Write the role as ``az role definition create --role-definition @FILE`` reads it."""
    return _text(
        {
            "Name": role.name,
            "IsCustom": True,
            "Description": role.description,
            "Actions": list(role.actions),
            "NotActions": list(role.not_actions),
            "DataActions": list(role.data_actions),
            "NotDataActions": list(role.not_data_actions),
            "AssignableScopes": list(role.scopes),
        }
    )


def portal_json(role: Role) -> str:
    """Write the role as the JSON tab of the portal's custom role page reads it."""
    return _text(
        {
            "properties": {
                "roleName": role.name,
                "description": role.description,
                "assignableScopes": list(role.scopes),
                "permissions": [role.permission],
            }
        }
    )


def _text(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
