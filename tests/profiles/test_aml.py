"""The config.json is what the Azure ML SDKs read."""

from __future__ import annotations

import json

from profiles.aml import aml_config


def test_config_json_holds_the_three_keys_whatever_the_names_hold() -> None:
    told = json.loads(aml_config("0f8fad5b", 'rg "quoted"', "wörk\\space"))
    assert told == {
        "subscription_id": "0f8fad5b",
        "resource_group": 'rg "quoted"',
        "workspace_name": "wörk\\space",
    }
