from __future__ import annotations

from typing import Any

import pytest

from tests.practice.arm_support import ARM, RESEARCH, VISION, WORKSPACE, Arm, Hands, recordings, refusal
from wizard.practice.launcher import Running

SHARED_GROUP = f"{RESEARCH}/resourceGroups/rg-shared"
ML = "Microsoft.MachineLearningServices/workspaces"
STORE = f"{VISION}/providers/Microsoft.Storage/storageAccounts/vision6900115126"
VAULT = f"{VISION}/providers/Microsoft.KeyVault/vaults/vision6900115126"


@pytest.fixture(scope="module")
def ada(sign_in: Any) -> Arm:
    return Arm(sign_in(scope=ARM), "2024-10-01")


@pytest.fixture
def slow(other_world: Any) -> tuple[Arm, Hands]:
    """A world in which everything takes as long as in Azure, by a clock that the test moves."""
    hands = Hands()
    _, sign_in = other_world(clock=hands.clock)
    return Arm(sign_in(scope=ARM), "2024-10-01"), hands


def workspace(**change: Any) -> dict[str, Any]:
    body = {
        "location": "West Europe",
        "identity": {"type": "SystemAssigned"},
        "properties": {"storageAccount": STORE, "keyVault": VAULT, "friendlyName": "Mine"},
    }
    return body | change


def test_a_group_is_made_found_changed_and_deleted(ada: Arm) -> None:
    path = f"{RESEARCH}/resourcegroups/rg-new"
    assert ada.ask("HEAD", path).status_code == 404
    made = ada.put(path, {"location": "West Europe", "tags": {"a": "b"}})
    assert made.status_code == 201
    assert made.json() == {
        "id": f"{RESEARCH}/resourceGroups/rg-new",
        "name": "rg-new",
        "type": "Microsoft.Resources/resourceGroups",
        "location": "westeurope",
        "tags": {"a": "b"},
        "properties": {"provisioningState": "Succeeded"},
    }
    assert ada.ask("HEAD", path.upper().replace("SUBSCRIPTIONS", "subscriptions")).status_code == 204
    assert ada.put(path, {"location": "westeurope", "tags": {}}).status_code == 200
    assert ada.ask("PATCH", path, {"tags": {"c": "d"}}).json()["tags"] == {"c": "d"}
    gone = ada.ask("DELETE", path)
    assert gone.status_code == 202
    assert ada.follow(gone.headers["Location"]).status_code == 200
    assert refusal(ada.get(path)) == (404, "ResourceGroupNotFound")


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        ("rg-x", {}, (400, "LocationRequired")),
        ("rg-x", {"location": "atlantis"}, (400, "LocationNotAvailableForResourceGroup")),
        ("rg-x", {"location": "westeurope", "nonsense": 1}, (400, "InvalidRequestContent")),
        ("rg-x.", {"location": "westeurope"}, (400, "InvalidResourceGroup")),
        ("rg$x", {"location": "westeurope"}, (400, "InvalidResourceGroup")),
        ("rg-vision", {"location": "uksouth"}, (409, "InvalidResourceGroupLocation")),
    ],
)
def test_a_group_that_cannot_be_is_refused(ada: Arm, name: str, body: Any, expected: tuple[int, str]) -> None:
    assert refusal(ada.put(f"{RESEARCH}/resourcegroups/{name}", body)) == expected


def test_a_body_must_be_json(ada: Arm) -> None:
    answer = ada.api.call(
        "PUT", f"{RESEARCH}/resourcegroups/x", params={"api-version": "2024-11-01"}, data=b"{nope"
    )
    assert refusal(answer) == (400, "InvalidRequestContent")


def test_a_group_being_deleted_takes_nothing_new(slow: tuple[Arm, Hands]) -> None:
    ada, hands = slow
    gone = ada.ask("DELETE", VISION)
    assert 20 <= int(gone.headers["retry-after-ms"]) <= 2000
    assert ada.get(VISION).json()["properties"]["provisioningState"] == "Deleting"
    assert refusal(ada.put(VISION, {"location": "westeurope"})) == (409, "ResourceGroupBeingDeleted")
    assert refusal(ada.put(f"{VISION}/providers/{ML}/new", workspace())) == (409, "ResourceGroupBeingDeleted")
    waiting = ada.follow(gone.headers["Location"])
    assert (waiting.status_code, waiting.text) == (202, "")
    assert waiting.headers["Location"] == gone.headers["Location"]
    hands.on(16)
    over = ada.follow(gone.headers["Location"])
    assert (over.status_code, over.text) == (200, "")
    assert refusal(ada.get(WORKSPACE)) == (404, "ResourceGroupNotFound")
    assert not ada.get(f"{RESEARCH}/resources", filter="resourceGroup eq 'rg-vision'").json()["value"]


def test_polling_addresses_are_opaque(slow: tuple[Arm, Hands]) -> None:
    """As recorded, they carry a certificate and a signature, and are some kilobytes long."""
    ada, _ = slow
    address = ada.ask("DELETE", SHARED_GROUP).headers["Location"]
    assert 1500 < len(address) < 3300
    for name in ("t", "c", "s", "h"):
        assert f"&{name}=" in address
        start = address.index(f"&{name}=")
        end = address.find("&", start + 1)
        maimed = address[:start] + (address[end:] if end > 0 else "")
        assert refusal(ada.follow(maimed)) == (404, "NotFound")
    assert refusal(ada.follow(address.replace("&t=6", "&t=7"))) == (404, "NotFound")
    assert ada.follow(address).status_code == 202


def test_a_workspace_is_made_in_its_own_time(slow: tuple[Arm, Hands]) -> None:
    ada, hands = slow
    path = f"{VISION}/providers/{ML}/mine"
    made = ada.put(path, workspace())
    assert (made.status_code, made.text) == (202, "")
    asynchronous = made.headers["Azure-AsyncOperation"]
    assert (
        "/providers/Microsoft.MachineLearningServices/locations/westeurope/workspaceOperationsStatus/"
        in asynchronous
    )
    assert ada.follow(asynchronous).json() == {"status": "InProgress"}
    assert ada.get(path).json()["properties"]["provisioningState"] == "Creating"
    hands.on(46)
    assert ada.follow(asynchronous).json() == {"status": "Succeeded", "percentComplete": 100}
    found = ada.get(path).json()
    assert found["properties"]["provisioningState"] == "Succeeded"
    assert found["properties"]["discoveryUrl"] == "https://westeurope.api.azureml.ms/discovery"
    assert found["identity"]["principalId"]
    again = ada.put(path, workspace(properties=found["properties"] | {"friendlyName": "Ours"}))
    assert again.status_code == 202
    assert ada.get(path).json()["properties"]["provisioningState"] == "Updating"
    hands.on(46)
    changed = ada.get(path).json()
    assert changed["properties"]["workspaceId"] == found["properties"]["workspaceId"]
    assert changed["properties"]["friendlyName"] == "Ours"
    gone = ada.ask("DELETE", path)
    assert ada.get(path).json()["properties"]["provisioningState"] == "Deleting"
    hands.on(21)
    assert ada.follow(gone.headers["Azure-AsyncOperation"]).json()["status"] == "Succeeded"
    assert refusal(ada.get(path)) == (404, "ResourceNotFound")
    assert ada.ask("DELETE", path).status_code == 204


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (workspace(location=None), (400, "LocationRequired")),
        (workspace(location="atlantis"), (400, "LocationNotAvailableForResourceType")),
        (workspace(nonsense=1), (400, "HttpRequestPayloadAPISpecValidationFailed")),
        (workspace(properties={"storageAccount": STORE}), (400, "HttpRequestPayloadAPISpecValidationFailed")),
        (workspace(properties="x"), (400, "HttpRequestPayloadAPISpecValidationFailed")),
        (workspace(properties={"storageAccount": STORE + "x", "keyVault": VAULT}), (400, "ValidationError")),
    ],
)
def test_a_workspace_that_cannot_be_is_refused(ada: Arm, body: Any, expected: tuple[int, str]) -> None:
    assert refusal(ada.put(f"{VISION}/providers/{ML}/fresh", body)) == expected
    assert refusal(ada.get(f"{VISION}/providers/{ML}/fresh")) == (404, "ResourceNotFound")


def test_a_workspace_stays_where_it_is_and_is_named_by_the_rule(ada: Arm) -> None:
    assert refusal(ada.put(WORKSPACE, workspace(location="uksouth"))) == (409, "InvalidResourceLocation")
    assert refusal(ada.put(f"{VISION}/providers/{ML}/x!", workspace())) == (400, "ValidationError")


def test_a_provider_that_is_not_registered_refuses(other_world: Any) -> None:
    _, sign_in = other_world()
    ada = Arm(sign_in(scope=ARM), "2024-10-01")
    assert (
        ada.ask("POST", f"{RESEARCH}/providers/Microsoft.MachineLearningServices/unregister").status_code
        == 200
    )
    answer = ada.put(f"{VISION}/providers/{ML}/mine", workspace())
    assert refusal(answer) == (409, "MissingSubscriptionRegistration")
    assert answer.json()["error"]["details"][0]["target"] == "Microsoft.MachineLearningServices"


def listed(arm: Arm, path: str, text: str = "") -> list[str]:
    answer = arm.get(path, **({"filter": text} if text else {}))
    assert answer.status_code == 200, answer.text
    return sorted(one["name"] for one in answer.json()["value"])


def test_resources_are_listed_by_the_filters_that_clients_use(ada: Arm) -> None:
    everywhere = f"{RESEARCH}/resources"
    assert listed(ada, everywhere, f"resourceType eq '{ML}'") == ["speech", "vision"]
    assert listed(ada, everywhere, f"resourceType eq '{ML.lower()}' and name eq 'Vision'") == ["vision"]
    assert len(listed(ada, everywhere, "resourceGroup eq 'rg-vision'")) == 4
    assert listed(ada, f"{VISION}/resources") == listed(ada, everywhere, "resourceGroup eq 'RG-VISION'")
    assert listed(ada, f"{RESEARCH}/providers/{ML}") == ["speech", "vision"]
    assert listed(ada, f"{VISION}/providers/{ML}") == ["vision"]
    assert "properties" not in ada.get(everywhere).json()["value"][0]
    assert listed(ada, everywhere, "tagName eq 'a'") == []
    assert refusal(ada.get(everywhere, filter="colour eq 'a'")) == (400, "UnsupportedQuery")
    assert refusal(ada.get(everywhere, filter="name gt 'a'")) == (400, "UnsupportedQuery")


def test_tags_are_changed_alone(ada: Arm) -> None:
    before = ada.get(WORKSPACE).json()
    after = ada.ask("PATCH", WORKSPACE, {"tags": {"team": "vision"}}).json()
    assert after == before | {"tags": {"team": "vision"}}
    assert (
        refusal(ada.ask("PATCH", WORKSPACE, {"nonsense": 1}))[1]
        == "HttpRequestPayloadAPISpecValidationFailed"
    )


def test_a_method_that_makes_no_sense_is_refused(ada: Arm) -> None:
    assert refusal(ada.ask("DELETE", "/subscriptions")) == (405, "HttpMethodNotSupported")


def test_the_sdk_reads_and_writes_groups_and_resources(practice: Running) -> None:
    from azure.identity import ClientSecretCredential
    from azure.mgmt.resource.resources import ResourceManagementClient

    ca = str(practice.ca)
    credential = ClientSecretCredential(
        practice.tenant, practice.client_id, practice.client_secret,
        authority=practice.url, disable_instance_discovery=True, connection_verify=ca,
    )  # fmt: skip
    client = ResourceManagementClient(
        credential,
        practice.subscription,
        base_url=practice.url,
        credential_scopes=[f"{practice.url}/.default"],
        connection_verify=ca,
    )
    with credential, client:
        client.resource_groups.create_or_update("rg-sdk", {"location": "uksouth"})
        assert client.resource_groups.check_existence("rg-sdk")
        path = f"{RESEARCH}/resourceGroups/rg-sdk/providers/{ML}/sdk"
        body = workspace(location="uksouth")
        made = client.resources.begin_create_or_update_by_id(path, body, api_version="2024-10-01").result()
        assert (made.properties or {})["provisioningState"] == "Succeeded"
        assert client.resources.check_existence_by_id(path, api_version="2024-10-01")
        assert client.providers.get("Microsoft.MachineLearningServices").registration_state == "Registered"
        client.resources.begin_delete_by_id(path, api_version="2024-10-01").result()
        assert not client.resources.check_existence_by_id(path, api_version="2024-10-01")
        client.resource_groups.begin_delete("rg-sdk").result()
        assert "rg-sdk" not in [one.name for one in client.resource_groups.list()]


def test_refusals_have_the_recorded_shape_and_words(ada: Arm) -> None:
    mine = {
        "ResourceGroupNotFound": ada.get(f"{RESEARCH}/resourceGroups/none"),
        "ResourceNotFound": ada.get(f"{VISION}/providers/{ML}/none"),
        "LocationNotAvailableForResourceGroup": ada.put(
            f"{RESEARCH}/resourcegroups/x", {"location": "BadLocation"}
        ),
        "LocationNotAvailableForResourceType": ada.put(
            f"{VISION}/providers/{ML}/x", workspace(location="japanwestern")
        ),
        "LocationRequired": ada.put(f"{RESEARCH}/resourcegroups/x", {}),
        "SubscriptionNotFound": ada.get("/subscriptions/11111111-1111-1111-1111-111111111111"),
    }
    seen = set()
    for row in recordings(lambda line: '"err":{' in line and any(f'"{code}"' in line for code in mine)):
        code = row["err"]["code"]
        if code in mine and code not in seen and row["err"]["kind"] == "http" and row["status"] != 409:
            seen.add(code)
            answer, recorded = mine[code], row["resp_body"]["error"]
            assert (answer.status_code, set(answer.json()["error"])) == (row["status"], set(recorded))
            assert worded(answer.json()["error"]["message"])[:6] == worded(recorded["message"])[:6]
    assert seen == set(mine)


def worded(message: str) -> list[str]:
    return [word for word in message.split() if not any(sign in word for sign in "/'0123456789@")]
