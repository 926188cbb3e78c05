"""Storage accounts: what Azure adds, what it refuses and in which words, keys, actions, and the world's names."""

from __future__ import annotations

from typing import Any

import pytest

from tests.practice.arm_support import ARM, RESEARCH, VISION, Arm, Hands, refusal
from tests.practice.store_support import ACCOUNTS, IDENTITIES, account, message, new_account


@pytest.fixture(scope="module")
def ada(sign_in: Any) -> Arm:
    return Arm(sign_in(scope=ARM), "2023-05-01")


def test_a_new_account_is_polled_at_a_location_that_ends_with_it(other_world: Any) -> None:
    hands = Hands()
    _, sign_in = other_world(clock=hands.clock)
    arm = Arm(sign_in(scope=ARM), "2023-05-01")
    taken = arm.put(f"{ACCOUNTS}/slowaccount", account())
    assert (taken.status_code, taken.text) == (202, "")
    running = arm.follow(taken.headers["Location"])
    assert (running.status_code, running.text) == (202, "")
    hands.on(60)
    assert arm.follow(taken.headers["Location"]).json()["properties"]["provisioningState"] == "Succeeded"


def test_what_azure_adds_to_an_account(ada: Arm) -> None:
    key = new_account(ada, "addedvalues", sku={"name": "Standard_RAGRS"})
    found = ada.get(key).json()
    properties = found["properties"]
    assert found["sku"] == {"name": "Standard_RAGRS", "tier": "Standard"}
    assert (
        properties["primaryEndpoints"]["blob"] == f"{ada.api.running.url}/blob.core.windows.net/addedvalues/"
    )
    assert set(properties["primaryEndpoints"]) == {"dfs", "web", "blob", "queue", "table", "file"}
    assert set(properties["secondaryEndpoints"]) == {"dfs", "web", "blob", "queue", "table"}
    assert (properties["primaryLocation"], properties["secondaryLocation"]) == ("westeurope", "northeurope")
    assert properties["networkAcls"]["defaultAction"] == "Allow"
    assert properties["encryption"]["services"]["blob"]["keyType"] == "Account"
    assert properties["accessTier"] == "Hot"
    assert ada.put(key, account() | {"sku": {"name": "Standard_RAGRS"}}).status_code == 200


@pytest.mark.parametrize(
    ("name", "change", "code", "words"),
    [
        ("Bad-Name", {}, "AccountNameInvalid", "Bad-Name is not a valid storage account name."),
        ("nosku", {"sku": {}}, "InvalidValuesForRequestParameters", "sku"),
        ("oddsku", {"sku": {"name": "Gold"}}, "InvalidAccountType", "The AccountType Gold is invalid."),
        ("oddkind", {"kind": "Tape"}, "InvalidValuesForRequestParameters", "kind"),
        ("unfit", {"kind": "FileStorage"}, "InvalidValuesForRequestParameters", "sku, kind"),
        (
            "keypolicy",
            {"properties": {"keyPolicy": {"keyExpirationPeriodInDays": -1}}},
            "InvalidValuesForRequestParameters",
            "keyPolicy.keyExpirationPeriodInDays",
        ),
        (
            "worm",
            {"properties": {"immutableStorageWithVersioning": {"immutabilityPolicy": {"state": "Unlocked"}}}},
            "InvalidStorageAccountImmutabilityPolicy",
            "account level WORM is disabled",
        ),
        (
            "wormhalf",
            {"properties": {"immutableStorageWithVersioning": {"enabled": True, "immutabilityPolicy": {}}}},
            "InvalidStorageAccountImmutabilityPolicy",
            "is missing",
        ),
    ],
)
def test_an_account_that_cannot_be_is_refused(
    ada: Arm, name: str, change: dict[str, Any], code: str, words: str
) -> None:
    answer = ada.put(f"{ACCOUNTS}/{name}", account() | change)
    assert refusal(answer) == (400, code)
    assert words in message(answer)
    assert ada.get(f"{ACCOUNTS}/{name}").status_code == 404


def test_a_name_is_taken_in_all_the_world(ada: Arm) -> None:
    new_account(ada, "worldwide")
    elsewhere = f"{RESEARCH}/resourceGroups/rg-shared/providers/Microsoft.Storage/storageAccounts/worldwide"
    answer = ada.put(elsewhere, account())
    assert refusal(answer) == (409, "StorageAccountAlreadyTaken")
    assert message(answer) == "The storage account named worldwide is already taken."
    assert ada.ask("DELETE", f"{ACCOUNTS}/worldwide").status_code == 200
    assert ada.put(elsewhere, account()).status_code == 202


@pytest.mark.parametrize(
    ("name", "reason"),
    [("freename", None), ("checkedname", "AlreadyExists"), ("No_Name", "AccountNameInvalid")],
)
def test_a_name_can_be_asked_for(ada: Arm, name: str, reason: str | None) -> None:
    if reason == "AlreadyExists":
        new_account(ada, name)
    body = {"name": name, "type": "Microsoft.Storage/storageAccounts"}
    found = ada.ask("POST", f"{RESEARCH}/providers/Microsoft.Storage/checkNameAvailability", body).json()
    assert (found["nameAvailable"], found.get("reason")) == (reason is None, reason)


def test_keys_are_listed_and_one_is_made_anew(ada: Arm) -> None:
    key = new_account(ada, "keyaccount")
    first, second = ada.ask("POST", f"{key}/listKeys").json()["keys"]
    assert (first["keyName"], second["keyName"], first["permissions"]) == ("key1", "key2", "FULL")
    renewed = ada.ask("POST", f"{key}/regenerateKey", {"keyName": "key2"}).json()["keys"]
    assert renewed[0] == first
    assert renewed[1]["value"] != second["value"]
    assert refusal(ada.ask("POST", f"{key}/regenerateKey", {"keyName": "key3"}))[0] == 400
    assert first["value"] not in ada.get(key).text


def test_an_account_changes_only_as_azure_lets_it(ada: Arm) -> None:
    key = new_account(ada, "changing")
    raised = ada.ask("PATCH", key, {"sku": {"name": "Standard_GRS"}, "tags": {"a": "b"}}).json()
    assert raised["properties"]["secondaryLocation"] == "northeurope"
    assert raised["tags"] == {"a": "b"}
    refused = ada.ask("PATCH", key, {"sku": {"name": "Standard_ZRS"}})
    assert refusal(refused) == (400, "StorageAccountTypeConversionNotAllowed")
    assert message(refused) == "Storage account type Standard_GRS cannot be changed to Standard_ZRS."
    assert refusal(ada.ask("PATCH", key, {"properties": {"isHnsEnabled": True}})) == (
        400,
        "PropertyIsImmutable",
    )


def test_a_subnet_is_let_in_only_with_the_service_endpoint(ada: Arm) -> None:
    network = f"{VISION}/providers/Microsoft.Network/virtualNetworks/store-net"
    subnets = [
        {"name": "plain", "properties": {"addressPrefix": "10.9.1.0/24"}},
        {
            "name": "open",
            "properties": {
                "addressPrefix": "10.9.2.0/24",
                "serviceEndpoints": [{"service": "Microsoft.Storage"}],
            },
        },
    ]
    space = {"addressSpace": {"addressPrefixes": ["10.9.0.0/16"]}, "subnets": subnets}
    assert ada.put(network, {"location": "westeurope", "properties": space}, "2024-05-01").status_code == 201

    def rules(subnet: str) -> dict[str, Any]:
        return account(
            networkAcls={
                "defaultAction": "Deny",
                "virtualNetworkRules": [{"id": f"{network}/subnets/{subnet}"}],
            }
        )

    refused = ada.put(f"{ACCOUNTS}/netaccount", rules("plain"))
    assert refusal(refused) == (400, "NetworkAclsValidationFailure")
    assert "Add Microsoft.Storage to subnet's ServiceEndpoints" in message(refused)
    assert ada.put(f"{ACCOUNTS}/netaccount", rules("open")).status_code == 202


def test_an_identity_must_be_there_and_survives_a_change(ada: Arm) -> None:
    missing = {"type": "UserAssigned", "userAssignedIdentities": {f"{IDENTITIES}/nobody": {}}}
    assert refusal(ada.put(f"{ACCOUNTS}/withidentity", account() | {"identity": missing})) == (
        400,
        "FailedIdentityOperation",
    )
    key = new_account(ada, "withidentity", identity={"type": "SystemAssigned"})
    principal = ada.get(key).json()["identity"]["principalId"]
    again = ada.ask("PATCH", key, {"identity": {"type": "SystemAssigned"}}).json()
    assert again["identity"]["principalId"] == principal


def test_failover_needs_a_copy_elsewhere(ada: Arm) -> None:
    key = new_account(ada, "nofailover")
    answer = ada.ask("POST", f"{key}/failover")
    assert refusal(answer) == (400, "InvalidAccountType")
    assert "aka.ms/accountfailoverprerequisites" in message(answer)
    assert refusal(ada.ask("POST", f"{key}/aborthnsonmigration")) == (400, "HnsMigrationNotFound")


def test_usage_counts_the_accounts_of_a_region(ada: Arm) -> None:
    place = f"{RESEARCH}/providers/Microsoft.Storage/locations/westeurope/usages"
    before = ada.get(place).json()["value"][0]["currentValue"]
    new_account(ada, "countedaccount")
    assert ada.get(place).json()["value"][0]["currentValue"] == before + 1
