"""Vaults in ARM: their making, protection, soft deletion, policies, and keys written through ARM."""

from __future__ import annotations

from typing import Any

import pytest

from tests.practice.arm_support import ADA, ARM, CONTOSO, RESEARCH, Arm, Hands, refusal
from tests.practice.store_support import VAULTS, message

_DELETED = f"{RESEARCH}/providers/Microsoft.KeyVault"


@pytest.fixture(scope="module")
def ada(sign_in: Any) -> Arm:
    return Arm(sign_in(scope=ARM), "2023-07-01")


def vault(**properties: Any) -> dict[str, Any]:
    base = {"tenantId": CONTOSO, "sku": {"family": "A", "name": "standard"}, "accessPolicies": []}
    return {"location": "westeurope", "properties": base | properties}


def policy(**permissions: list[str]) -> dict[str, Any]:
    return {"tenantId": CONTOSO, "objectId": ADA, "permissions": permissions}


def test_a_vault_registers_its_name_first(other_world: Any) -> None:
    hands = Hands()
    _, sign_in = other_world(clock=hands.clock)
    arm = Arm(sign_in(scope=ARM), "2023-07-01")
    made = arm.put(f"{VAULTS}/slow-vault", vault())
    assert (made.status_code, made.json()["properties"]["provisioningState"]) == (200, "RegisteringDns")
    assert "Azure-AsyncOperation" not in made.headers
    hands.on(60)
    assert arm.get(f"{VAULTS}/slow-vault").json()["properties"]["provisioningState"] == "Succeeded"


def test_what_azure_adds_to_a_vault(ada: Arm) -> None:
    found = ada.put(f"{VAULTS}/added-vault", vault()).json()
    properties = found["properties"]
    assert properties["vaultUri"] == f"{ada.api.running.url}/vault.azure.net/added-vault/"
    assert (properties["enableSoftDelete"], properties["softDeleteRetentionInDays"]) == (True, 90)
    assert properties["enableRbacAuthorization"] is False
    assert found["systemData"]["createdByType"] == "User"
    newer = ada.put(f"{VAULTS}/newer-vault", vault(), "2026-02-01").json()
    assert newer["properties"]["enableRbacAuthorization"] is True


@pytest.mark.parametrize(
    ("name", "properties", "code", "words"),
    [
        ("1-first", {}, "VaultNameNotValid", "The vault name '1-first' is invalid."),
        ("two--hyphens", {}, "VaultNameNotValid", "not contain consecutive hyphens"),
        ("odd-sku", {"sku": {"family": "A", "name": "gold"}}, "BadRequest", "standard or premium"),
        ("no-tenant", {"tenantId": None}, "BadRequest", "tenantId"),
        ("no-policies", {"accessPolicies": None}, "BadRequest", ""),
        ("unprotected", {"enablePurgeProtection": False}, "BadRequest", "is an irreversible action"),
        ("short-life", {"softDeleteRetentionInDays": 6}, "BadRequest", "between 7 and 90"),
        (
            "odd-right",
            {"accessPolicies": [{"tenantId": CONTOSO, "objectId": ADA, "permissions": {"keys": ["fly"]}}]},
            "BadRequest",
            "'fly'",
        ),
    ],
)
def test_a_vault_that_cannot_be_is_refused(
    ada: Arm, name: str, properties: dict[str, Any], code: str, words: str
) -> None:
    body = vault(**properties)
    body["properties"] = {key: value for key, value in body["properties"].items() if value is not None}
    answer = ada.put(f"{VAULTS}/{name}", body)
    assert refusal(answer) == (400, code)
    assert words in message(answer)


def test_the_days_of_recovery_are_set_once(ada: Arm) -> None:
    ada.put(f"{VAULTS}/days-vault", vault(softDeleteRetentionInDays=7))
    answer = ada.ask("PATCH", f"{VAULTS}/days-vault", {"properties": {"softDeleteRetentionInDays": 8}})
    assert refusal(answer)[0] == 400
    assert "has been set already and it can't be modified" in message(answer)


def test_a_deleted_vault_keeps_its_name_until_it_is_recovered_or_purged(ada: Arm) -> None:
    key = f"{VAULTS}/lost-vault"
    made = ada.put(key, vault(accessPolicies=[policy(keys=["get"])]))
    assert made.status_code == 200
    ada.put(f"{key}/keys/kept", {"properties": {"kty": "EC", "curveName": "P-256"}})
    assert ada.ask("DELETE", key).status_code == 200
    shown = ada.get(f"{_DELETED}/locations/westeurope/deletedVaults/lost-vault").json()
    assert shown["properties"]["vaultId"].lower() == key.lower()
    assert shown["type"] == "Microsoft.KeyVault/deletedVaults"
    again = ada.put(key, vault())
    assert refusal(again) == (409, "ConflictError")
    elsewhere = f"{RESEARCH}/resourceGroups/rg-shared/providers/Microsoft.KeyVault/vaults/lost-vault"
    taken = ada.put(elsewhere, vault())
    assert refusal(taken) == (409, "VaultAlreadyExists")
    assert message(taken).startswith("The vault name 'lost-vault' is already in use.")
    back = ada.put(key, vault(createMode="recover"))
    assert back.status_code == 200
    assert back.json()["properties"]["accessPolicies"][0]["permissions"] == {"keys": ["get"]}
    assert ada.get(f"{key}/keys/kept").status_code == 200
    assert refusal(ada.get(f"{_DELETED}/locations/westeurope/deletedVaults/lost-vault")) == (
        404,
        "DeletedVaultNotFound",
    )
    ada.ask("DELETE", key)
    purge = ada.ask("POST", f"{_DELETED}/locations/westeurope/deletedVaults/lost-vault/purge")
    assert purge.status_code == 202
    assert ada.follow(purge.headers["Location"]).json()["status"] == "Succeeded"
    assert ada.put(elsewhere, vault()).status_code == 200
    assert refusal(ada.put(f"{VAULTS}/never-was", vault(createMode="recover"))) == (
        404,
        "DeletedVaultNotFound",
    )


def test_purge_protection_bites(ada: Arm) -> None:
    ada.put(f"{VAULTS}/safe-vault", vault(enablePurgeProtection=True))
    ada.ask("DELETE", f"{VAULTS}/safe-vault")
    answer = ada.ask("POST", f"{_DELETED}/locations/westeurope/deletedVaults/safe-vault/purge")
    assert refusal(answer) == (405, "MethodNotAllowed")
    listed = ada.get(f"{_DELETED}/deletedVaults").json()["value"]
    (mine,) = [one for one in listed if one["name"] == "safe-vault"]
    assert mine["properties"]["purgeProtectionEnabled"] is True


def test_time_purges_what_nobody_recovers(other_world: Any) -> None:
    hands = Hands(0.0)
    _, sign_in = other_world(clock=hands.clock)
    arm = Arm(sign_in(scope=ARM), "2023-07-01")
    arm.put(f"{VAULTS}/short-vault", vault(softDeleteRetentionInDays=7))
    arm.ask("DELETE", f"{VAULTS}/short-vault")
    hands.on(7 * 86400 + 1)
    later = Arm(sign_in(scope=ARM), "2023-07-01")
    assert later.get(f"{_DELETED}/deletedVaults").json()["value"] == []
    assert later.put(f"{VAULTS}/short-vault", vault()).status_code == 200


def test_a_vault_name_can_be_asked_for(ada: Arm) -> None:
    ada.put(f"{VAULTS}/asked-vault", vault())

    def ask(name: str) -> Any:
        body = {"name": name, "type": "Microsoft.KeyVault/vaults"}
        return ada.ask("POST", f"{_DELETED}/checkNameAvailability", body).json()

    assert ask("free-vault") == {"nameAvailable": True}
    assert ask("asked-vault")["reason"] == "AlreadyExists"
    assert ask("1")["reason"] == "AccountNameInvalid"
    ada.ask("DELETE", f"{VAULTS}/asked-vault")
    assert "recoverable state" in ask("asked-vault")["message"]


def test_policies_are_added_taken_and_replaced(ada: Arm) -> None:
    key = f"{VAULTS}/policy-vault"
    ada.put(key, vault())

    def change(verb: str, **permissions: list[str]) -> Any:
        body = {"properties": {"accessPolicies": [policy(**permissions)]}}
        return ada.put(f"{key}/accessPolicies/{verb}", body)

    assert change("add", keys=["get"]).status_code == 200
    assert change("add", keys=["list"]).json()["properties"]["accessPolicies"][0]["permissions"]["keys"] == [
        "get",
        "list",
    ]
    assert change("remove", keys=["get"]).json()["properties"]["accessPolicies"][0]["permissions"][
        "keys"
    ] == ["list"]
    assert change("replace", secrets=["get"]).json()["properties"]["accessPolicies"][0]["permissions"] == {
        "secrets": ["get"]
    }
    assert change("remove", secrets=["get"]).json()["properties"]["accessPolicies"] == []
    assert refusal(change("mix", keys=["get"])) == (400, "BadRequest")


def test_a_key_is_made_once_through_arm(ada: Arm) -> None:
    key = f"{VAULTS}/arm-keys"
    ada.put(key, vault())
    body = {"properties": {"kty": "RSA", "keySize": 3072}}
    made = ada.put(f"{key}/keys/cmk", body)
    assert made.status_code == 200
    properties = made.json()["properties"]
    assert properties["keySize"] == 3072
    assert properties["keyUriWithVersion"].startswith(
        f"{ada.api.running.url}/vault.azure.net/arm-keys/keys/cmk/"
    )
    assert (
        ada.put(f"{key}/keys/cmk", body).json()["properties"]["keyUriWithVersion"]
        == properties["keyUriWithVersion"]
    )
    (only,) = ada.get(f"{key}/keys/cmk/versions").json()["value"]
    assert only["properties"]["keyUriWithVersion"] == properties["keyUriWithVersion"]
    assert refusal(ada.put(f"{key}/keys/odd", {"properties": {"kty": "DSA"}})) == (400, "BadRequest")
    assert refusal(ada.put(f"{VAULTS}/no-such-vault/keys/cmk", body)) == (404, "ParentResourceNotFound")


def test_a_secret_is_written_but_never_shown_by_arm(ada: Arm) -> None:
    key = f"{VAULTS}/arm-secrets"
    ada.put(key, vault())
    made = ada.put(f"{key}/secrets/word", {"properties": {"value": "hush-hush"}})
    assert made.status_code == 200
    assert "hush-hush" not in made.text + ada.get(f"{key}/secrets/word").text + ada.get(f"{key}/secrets").text
