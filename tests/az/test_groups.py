"""`az group`, `az tag`."""

from __future__ import annotations

import pytest

from tests.az.cli import Az

pytestmark = pytest.mark.usefixtures("az")


def test_a_group_from_its_making_to_its_end(az: Az, azure: object) -> None:
    made = az("group create -n az-life -l northeurope --tags env=practice").json
    assert made["location"] == "northeurope"
    assert made["tags"] == {"env": "practice"}
    assert made["properties"]["provisioningState"] == "Succeeded"
    assert az("group exists -n az-life").json is True
    assert az("group show -n AZ-LIFE").json["name"] == "az-life"
    assert "az-life" in az("group list --query [].name").json
    assert [one["name"] for one in az("group list --tag env=practice").json] == ["az-life"]
    assert az("group update -n az-life --set tags.team=speech").json["tags"] == {
        "env": "practice",
        "team": "speech",
    }
    assert az("tag list --resource-id", made["id"]).json["properties"]["tags"]["team"] == "speech"
    merged = az("tag update --operation Merge --tags cost=1 --resource-id", made["id"]).json
    assert merged["properties"]["tags"] == {"env": "practice", "team": "speech", "cost": "1"}
    fewer = az("tag update --operation Delete --tags cost=1 --resource-id", made["id"]).json
    assert fewer["properties"]["tags"] == {"env": "practice", "team": "speech"}
    assert az("tag create --tags only=this --resource-id", made["id"]).json["properties"]["tags"] == {
        "only": "this"
    }
    assert az("tag delete -y --resource-id", made["id"]).code == 0
    assert az("group show -n az-life").json["tags"] == {}
    assert az("group delete -n az-life -y").code == 0
    assert az("group exists -n az-life").json is False


def test_a_group_may_go_without_being_waited_for(az: Az) -> None:
    az("group create -n az-hasty -l westeurope")
    assert az("group delete -n az-hasty -y --no-wait").code == 0
    assert az("group wait -n az-hasty --deleted --interval 1 --timeout 20").code == 0


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (
            "group show -n az-nowhere",
            "ResourceGroupNotFound",
            "Resource group 'az-nowhere' could not be found.",
        ),
        ("group create -n az-mars -l mars", "LocationNotAvailableForResourceGroup", "'mars'"),
        ("group create -n az-bad! -l westeurope", "InvalidResourceGroup", "invalid characters"),
        (
            "group create -n rg-vision -l eastus",
            "InvalidResourceGroupLocation",
            "already exists in location 'westeurope'",
        ),
        ("group delete -n az-nowhere -y", "ResourceGroupNotFound", "'az-nowhere'"),
        (
            "group list --subscription 11111111-2222-4333-8444-555555555555",
            "not found",
            "11111111-2222-4333-8444-555555555555",
        ),
    ],
)
def test_what_azure_refuses(az: Az, command: str, code: str, words: str) -> None:
    said = az(command).refusal
    assert code in said
    assert words in said


def test_a_retired_subscription_is_read_only(az: Az) -> None:
    refused = az(
        "group create -n az-late -l westeurope --subscription 00a154d8-5ed8-4bcc-b5c7-19c2add9ca88"
    ).refusal
    assert "ReadOnlyDisabledSubscription" in refused
