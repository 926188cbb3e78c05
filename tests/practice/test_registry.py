"""Container registries: SKUs and what only Premium has, credentials, copies, names, private links."""

from __future__ import annotations

from typing import Any

import pytest

from tests.practice.arm_support import ARM, RESEARCH, VISION, Arm, Hands, refusal
from tests.practice.store_support import REGISTRIES, message, registered


@pytest.fixture(scope="module")
def ada(sign_in: Any) -> Arm:
    return registered(Arm(sign_in(scope=ARM), "2023-07-01"), "Microsoft.ContainerRegistry")


def registry(sku: str = "Premium", **properties: Any) -> dict[str, Any]:
    return {"location": "westeurope", "sku": {"name": sku}, "properties": properties}


def test_a_registry_is_made_step_by_step(other_world: Any) -> None:
    hands = Hands()
    _, sign_in = other_world(clock=hands.clock)
    arm = registered(Arm(sign_in(scope=ARM), "2023-07-01"), "Microsoft.ContainerRegistry")
    hands.on(60)
    made = arm.put(f"{REGISTRIES}/slowregistry", registry())
    assert (made.status_code, made.json()["properties"]["provisioningState"]) == (201, "Creating")
    address = made.headers["Azure-AsyncOperation"]
    assert "/registries/slowregistry/operationStatuses/" in address
    assert set(arm.follow(address).json()) >= {"id", "name", "status"}
    hands.on(60)
    assert arm.follow(address).json()["status"] == "Succeeded"
    assert arm.get(f"{REGISTRIES}/slowregistry").json()["properties"]["provisioningState"] == "Succeeded"


def test_what_azure_adds_to_a_registry(ada: Arm) -> None:
    wanted: dict[str, Any] = {"policies": {"retentionPolicy": {"status": "enabled", "days": 7}}}
    ada.put(f"{REGISTRIES}/AddedValues", registry(**wanted))
    found = ada.get(f"{REGISTRIES}/AddedValues").json()
    properties = found["properties"]
    assert found["sku"] == {"name": "Premium", "tier": "Premium"}
    assert properties["loginServer"] == "addedvalues.azurecr.io"
    assert properties["policies"]["retentionPolicy"]["status"] == "enabled"
    assert properties["policies"]["trustPolicy"] == {"type": "Notary", "status": "disabled"}
    assert properties["networkRuleSet"]["defaultAction"] == "Allow"
    assert (
        "networkRuleSet" not in ada.put(f"{REGISTRIES}/basicvalues", registry("Basic")).json()["properties"]
    )


@pytest.mark.parametrize(
    ("name", "body", "code", "words"),
    [
        ("bad-name", registry(), "InvalidRegistryName", "alpha numeric"),
        ("tiny", registry(), "InvalidRegistryName", "between 5 and 50"),
        ("classic", registry("Classic"), "ClassicSkuDeprecated", "Classic SKU is now deprecated."),
        ("golden", registry("Gold"), "InvalidSku", "Gold"),
        (
            "retention",
            registry("Basic", policies={"retentionPolicy": {"status": "enabled", "days": 7}}),
            "SkuNotSupported",
            "Premium",
        ),
        ("hidden", registry("Standard", publicNetworkAccess="Disabled"), "SkuNotSupported", "Premium"),
        ("forever", registry(policies={"retentionPolicy": {"days": 366}}), "InvalidRetentionDays", "365"),
    ],
)
def test_a_registry_that_cannot_be_is_refused(
    ada: Arm, name: str, body: dict[str, Any], code: str, words: str
) -> None:
    answer = ada.put(f"{REGISTRIES}/{name}", body)
    assert refusal(answer) == (400, code)
    assert words in message(answer)
    assert answer.json()["status"] == "Failed"


def test_a_name_is_taken_in_all_the_world(ada: Arm) -> None:
    ada.put(f"{REGISTRIES}/worldwide", registry("Basic"))
    elsewhere = (
        f"{RESEARCH}/resourceGroups/rg-shared/providers/Microsoft.ContainerRegistry/registries/worldwide"
    )
    assert refusal(ada.put(elsewhere, registry("Basic"))) == (409, "AlreadyInUse")

    def ask(name: str) -> Any:
        body = {"name": name, "type": "Microsoft.ContainerRegistry/registries"}
        return ada.ask(
            "POST", f"{RESEARCH}/providers/Microsoft.ContainerRegistry/checkNameAvailability", body
        ).json()

    assert ask("unheardof") == {"nameAvailable": True}
    assert ask("worldwide")["message"] == "The registry worldwide is already in use."
    assert ask("a-b")["reason"] == "Invalid"


def test_credentials_need_the_admin_user(ada: Arm) -> None:
    key = f"{REGISTRIES}/credentials"
    ada.put(key, registry("Basic"))
    assert refusal(ada.ask("POST", f"{key}/listCredentials")) == (400, "UnAuthorizedForCredentialOperations")
    assert ada.ask("PATCH", key, {"properties": {"adminUserEnabled": True}}).status_code == 200
    found = ada.ask("POST", f"{key}/listCredentials").json()
    assert (found["username"], len(found["passwords"])) == ("credentials", 2)
    renewed = ada.ask("POST", f"{key}/regenerateCredential", {"name": "password2"}).json()["passwords"]
    assert renewed[0] == found["passwords"][0]
    assert renewed[1] != found["passwords"][1]
    assert refusal(ada.ask("POST", f"{key}/regenerateCredential", {"name": "password3"}))[0] == 400


def test_a_registry_with_copies_goes_slowly(ada: Arm) -> None:
    key = f"{REGISTRIES}/copied"
    ada.put(key, registry())
    assert ada.get(f"{key}/replications").json()["value"] == []
    copy = ada.put(f"{key}/replications/northeurope", {"location": "northeurope"})
    assert copy.status_code == 201
    names = {one["name"] for one in ada.get(f"{key}/replications").json()["value"]}
    assert names == {"northeurope", "westeurope"}
    gone = ada.ask("DELETE", key)
    assert (gone.status_code, gone.json()["name"]) == (202, "copied")
    assert ada.follow(gone.headers["Location"]).status_code == 200
    assert ada.get(key).status_code == 404
    ada.put(f"{REGISTRIES}/plainone", registry("Basic"))
    refused = ada.put(f"{REGISTRIES}/plainone/replications/northeurope", {"location": "northeurope"})
    assert refusal(refused) == (400, "SkuNotSupported")
    assert ada.ask("DELETE", f"{REGISTRIES}/plainone").status_code == 200


def test_usages_tell_the_limits_of_the_sku(ada: Arm) -> None:
    ada.put(f"{REGISTRIES}/measured", registry("Standard"))
    rows = {one["name"]: one for one in ada.get(f"{REGISTRIES}/measured/listUsages").json()["value"]}
    assert (rows["Size"]["limit"], rows["Webhooks"]["limit"]) == (100 * 1024**3, 10)


def test_a_private_endpoint_is_seen_and_rejected_by_its_target(ada: Arm) -> None:
    key = f"{REGISTRIES}/linkedregistry"
    ada.put(key, registry())
    network = f"{VISION}/providers/Microsoft.Network/virtualNetworks/registry-net"
    space = {
        "addressSpace": {"addressPrefixes": ["10.8.0.0/16"]},
        "subnets": [{"name": "ends", "properties": {"addressPrefix": "10.8.1.0/24"}}],
    }
    ada.put(network, {"location": "westeurope", "properties": space}, "2024-05-01")
    end = f"{VISION}/providers/Microsoft.Network/privateEndpoints/registry-pe"
    link = {"name": "link", "properties": {"privateLinkServiceId": key, "groupIds": ["registry"]}}
    made = ada.put(
        end,
        {
            "location": "westeurope",
            "properties": {
                "subnet": {"id": f"{network}/subnets/ends"},
                "privateLinkServiceConnections": [link],
            },
        },
        "2024-05-01",
    )
    assert made.status_code == 201, made.text
    (seen,) = ada.get(key).json()["properties"]["privateEndpointConnections"]
    assert seen["properties"]["privateLinkServiceConnectionState"]["status"] == "Approved"
    assert seen["properties"]["privateEndpoint"]["id"].lower() == end.lower()
    said = {"properties": {"privateLinkServiceConnectionState": {"status": "Rejected", "description": "no"}}}
    path = f"{key}/privateEndpointConnections/{seen['name']}"
    answer = ada.put(path, said)
    assert (answer.status_code, "Azure-AsyncOperation" in answer.headers) == (201, True)
    assert ada.get(path).json()["properties"]["privateLinkServiceConnectionState"]["status"] == "Rejected"
    odd = {"properties": {"privateLinkServiceConnectionState": {"status": "Maybe"}}}
    assert refusal(ada.put(path, odd))[0] == 400
    assert ada.ask("DELETE", path).status_code == 202
    assert ada.get(f"{key}/privateEndpointConnections").json()["value"] == []
    groups = [one["name"] for one in ada.get(f"{key}/privateLinkResources").json()["value"]]
    assert groups == ["registry"]
