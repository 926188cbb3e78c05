from __future__ import annotations

from typing import Any

import pytest

from tests.practice.arm_support import (
    ADA,
    ARM,
    CONTOSO,
    DELEGATED,
    FABRIKAM,
    LAB,
    PRODUCTION,
    READER,
    RESEARCH,
    RETIRED,
    VISION,
    WORKSPACE,
    Arm,
    Hands,
    refusal,
)
from wizard.practice.launcher import Running


@pytest.fixture(scope="module")
def ada(sign_in: Any) -> Arm:
    return Arm(sign_in(scope=ARM))


@pytest.fixture(scope="module")
def bob(sign_in: Any) -> Arm:
    return Arm(sign_in("bob@contoso.example", scope=ARM))


@pytest.fixture(scope="module")
def guest(sign_in: Any) -> Arm:
    """The world's person, as a guest in the other tenant."""
    return Arm(sign_in(scope=ARM, tenant=FABRIKAM))


@pytest.fixture(scope="module")
def cleo(sign_in: Any) -> Arm:
    """Somebody without any role."""
    return Arm(sign_in("cleo@contoso.example", scope=ARM))


def names(answer: Any) -> list[str]:
    return [one["displayName"] for one in answer.json()["value"]]


def test_only_subscriptions_with_a_role_in_them_are_listed(ada: Arm, bob: Arm, cleo: Arm, guest: Arm) -> None:
    assert names(ada.get("/subscriptions")) == ["Research", "Production", "Retired", "Delegated"]
    assert names(bob.get("/subscriptions")) == ["Research", "Production"]
    assert names(guest.get("/subscriptions")) == ["Fabrikam Lab"]
    assert cleo.get("/subscriptions").json() == {"value": [], "count": {"type": "Total", "value": 0}}


def test_a_delegated_subscription_tells_its_own_tenant_and_who_manages_it(ada: Arm) -> None:
    found = ada.get(DELEGATED).json()
    assert (found["tenantId"], found["managedByTenants"]) == (FABRIKAM, [{"tenantId": CONTOSO}])
    assert found["authorizationSource"] == "RoleBased"


def test_a_subscription_of_others_refuses_by_the_right_that_lacks(cleo: Arm) -> None:
    answer = cleo.get(RESEARCH)
    assert refusal(answer) == (403, "AuthorizationFailed")
    assert answer.json()["error"]["message"] == (
        "The client 'cleo@contoso.example' with object id '5d32fe61-985f-44e7-aa09-5ee82bb29976' does not have authorization"
        f" to perform action 'Microsoft.Resources/subscriptions/read' over scope '{RESEARCH}' or the scope is invalid. If"
        " access was recently granted, please refresh your credentials."
    )


def test_a_token_of_another_tenant_is_told_the_right_one(ada: Arm) -> None:
    answer = ada.get(LAB)
    assert refusal(answer) == (401, "InvalidAuthenticationTokenTenant")
    assert f"https://login.windows.net/{FABRIKAM}" in answer.json()["error"]["message"]
    assert FABRIKAM in answer.headers["WWW-Authenticate"]


def test_a_person_sees_the_home_tenant_and_those_that_invited_them(ada: Arm, guest: Arm, bob: Arm) -> None:
    assert names(ada.get("/tenants")) == ["Contoso", "Fabrikam"]
    assert names(guest.get("/tenants")) == ["Contoso", "Fabrikam"]
    assert names(bob.get("/tenants")) == ["Contoso"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/subscriptions/not-a-guid", (400, "InvalidSubscriptionId")),
        ("/subscriptions/11111111-1111-1111-1111-111111111111", (404, "SubscriptionNotFound")),
        (f"{RESEARCH}/nonsense", (404, "InvalidResourceType")),
        (f"{RESEARCH}/providers/No.Such/things", (404, "InvalidResourceNamespace")),
        (f"{VISION}/providers/Microsoft.Storage/nonsense/x", (404, "InvalidResourceType")),
        (f"{VISION}/providers/Microsoft.Storage/storageAccounts/none", (404, "ResourceNotFound")),
        (f"{RESEARCH}/resourceGroups/none", (404, "ResourceGroupNotFound")),
        (
            f"{RESEARCH}/resourceGroups/none/providers/Microsoft.Storage/storageAccounts/x",
            (404, "ResourceGroupNotFound"),
        ),
    ],
)
def test_what_is_not_there_has_the_404_of_its_kind(ada: Arm, path: str, expected: tuple[int, str]) -> None:
    answer = ada.get(path)
    assert refusal(answer) == expected
    assert answer.headers["x-ms-failure-cause"] == "gateway"


def test_every_request_needs_a_version_that_could_be_one(ada: Arm) -> None:
    assert refusal(ada.api.call("GET", "/subscriptions")) == (400, "MissingApiVersionParameter")
    assert refusal(ada.get("/subscriptions", version="latest")) == (400, "InvalidApiVersionParameter")
    assert ada.get("/subscriptions", version="2099-12-31-preview").status_code == 200


def test_without_a_token_nothing_is_told(anonymous: Any) -> None:
    assert refusal(Arm(anonymous).get("/subscriptions")) == (401, "AuthenticationFailed")


def test_paths_may_be_written_in_any_case_with_slashes_too_many(ada: Arm) -> None:
    answer = ada.get(
        WORKSPACE.replace("resourceGroups", "RESOURCEGROUPS").replace("providers", "Providers//") + "/"
    )
    assert answer.json()["id"] == WORKSPACE


def test_a_disabled_subscription_can_be_read_and_not_written(ada: Arm) -> None:
    assert ada.get(RETIRED).json()["state"] == "Disabled"
    assert ada.get(f"{RETIRED}/resourcegroups").status_code == 200
    answer = ada.put(f"{RETIRED}/resourcegroups/new", {"location": "westeurope"})
    assert refusal(answer) == (409, "ReadOnlyDisabledSubscription")


def test_regions_have_what_a_picker_needs(ada: Arm) -> None:
    found = {one["name"]: one for one in ada.get(f"{RESEARCH}/locations").json()["value"]}
    assert found["uksouth"]["regionalDisplayName"] == "(Europe) UK South"
    assert found["uksouth"]["metadata"]["pairedRegion"][0]["name"] == "ukwest"
    assert len(found["westeurope"]["availabilityZoneMappings"]) == 3


def test_who_may_see_only_some_groups_is_listed_only_those(practice: Running, sign_in: Any, ada: Arm) -> None:
    scope = f"{RESEARCH}/resourceGroups/rg-speech"
    cleo_id = "5d32fe61-985f-44e7-aa09-5ee82bb29976"
    name = "0b4c1a6e-58ee-44ad-b0c0-f70b3f1d9d02"
    cleo = Arm(sign_in("cleo@contoso.example", scope=ARM))
    assert refusal(cleo.get(f"{RESEARCH}/resourcegroups")) == (403, "AuthorizationFailed")
    assert ada.assign(scope, name, READER, cleo_id, "User").status_code == 201
    listed = cleo.get(f"{RESEARCH}/resourcegroups").json()["value"]
    assert [one["name"] for one in listed] == ["rg-speech"]
    workspaces = cleo.get(f"{RESEARCH}/providers/Microsoft.MachineLearningServices/workspaces").json()[
        "value"
    ]
    assert [one["name"] for one in workspaces] == ["speech"]
    assert refusal(cleo.get(VISION)) == (403, "AuthorizationFailed")
    assert (
        ada.ask("DELETE", f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}").status_code
        == 200
    )


def test_a_provider_is_registered_after_a_while(other_world: Any) -> None:
    hands = Hands()
    _, sign_in = other_world(clock=hands.clock)
    ada = Arm(sign_in(scope=ARM))
    path = f"{RESEARCH}/providers/Microsoft.ContainerService"
    assert ada.get(path).json()["registrationState"] == "NotRegistered"
    assert ada.ask("POST", f"{path}/register").json()["registrationState"] == "Registering"
    assert ada.get(path).json()["registrationState"] == "Registering"
    hands.on(31)
    assert ada.get(path).json()["registrationState"] == "Registered"
    assert ada.ask("POST", f"{path}/unregister").json()["registrationState"] == "Unregistering"
    hands.on(31)
    assert ada.get(path).json()["registrationState"] == "NotRegistered"


def test_registering_needs_the_right_to(bob: Arm, ada: Arm) -> None:
    path = f"{RESEARCH}/providers/Microsoft.ContainerService"
    assert refusal(bob.ask("POST", f"{path}/register")) == (403, "AuthorizationFailed")
    assert bob.get(path).json()["resourceTypes"][0]["apiVersions"]
    assert refusal(ada.get(f"{RESEARCH}/providers/No.Such")) == (404, "InvalidResourceNamespace")


def test_the_sdk_lists_tenants_subscriptions_and_regions(practice: Running) -> None:
    from azure.identity import ClientSecretCredential
    from azure.mgmt.resource.subscriptions import SubscriptionClient

    ca = str(practice.ca)
    credential = ClientSecretCredential(
        practice.tenant, practice.client_id, practice.client_secret,
        authority=practice.url, disable_instance_discovery=True, connection_verify=ca,
    )  # fmt: skip
    client = SubscriptionClient(
        credential,
        base_url=practice.url,
        credential_scopes=[f"{practice.url}/.default"],
        connection_verify=ca,
    )
    with credential, client:
        assert [one.display_name for one in client.tenants.list()] == ["Contoso"]
        assert [one.display_name for one in client.subscriptions.list()] == [
            "Research",
            "Production",
            "Retired",
        ]
        regions = {one.name for one in client.subscriptions.list_locations(practice.subscription)}
        assert {"westeurope", "uksouth", "swedencentral"} <= regions


def test_permissions_are_those_of_every_role_that_holds_there(ada: Arm, bob: Arm) -> None:
    path = "/providers/Microsoft.Authorization/permissions"
    (owner,) = ada.get(f"{WORKSPACE}{path}").json()["value"]
    assert owner == {"actions": ["*"], "notActions": [], "dataActions": [], "notDataActions": []}
    (reader,) = bob.get(f"{VISION}{path}").json()["value"]
    assert reader["actions"] == ["*/read"]
    (contributor,) = ada.get(f"{PRODUCTION}{path}").json()["value"]
    assert "Microsoft.Authorization/*/Write" in contributor["notActions"]
    assert ADA not in str(contributor)
