"""The config.json by which the Azure ML SDKs, and so hi-ml, find a workspace."""

from __future__ import annotations

import json


def aml_config(subscription_id: str, resource_group: str, workspace_name: str) -> str:
    """Text of a config.json for one workspace, as the Azure ML studio offers it for download."""
    return (
        json.dumps(
            {
                "subscription_id": subscription_id,
                "resource_group": resource_group,
                "workspace_name": workspace_name,
            },
            indent=4,
            ensure_ascii=False,
        )
        + "\n"
    )
