"""Managed identities: who they are in the directory, what trusts them, what may be handed out."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.practice.arm_support import ARM, BOB, CONTOSO, CONTRIBUTOR, READER, VISION, Arm, Hands, refusal
from tests.practice.conftest import GRAPH
from tests.practice.store_support import ACCOUNTS, IDENTITIES, account, grant_role, message, new_account


@pytest.fixture(scope="module")
def ada(sign_in: Any) -> Arm:
    return Arm(sign_in(scope=ARM), "2023-01-31")


def trust(**change: Any) -> dict[str, Any]:
    base = {"issuer": "https://issuer.example", "subject": "s", "audiences": ["api://AzureADTokenExchange"]}
    return {"properties": base | change}


def identity(ada: Arm, name: str) -> dict[str, Any]:
    answer = ada.put(f"{IDENTITIES}/{name}", {"location": "westeurope"})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_an_identity_is_known_to_the_directory(ada: Arm, sign_in: Any) -> None:
    made = ada.put(f"{IDENTITIES}/known", {"location": "westeurope"})
    assert made.headers["Location"].split("?")[0].endswith("/userAssignedIdentities/known")
    properties = made.json()["properties"]
    assert properties["tenantId"] == CONTOSO
    assert len({properties["principalId"], properties["clientId"]}) == 2
    again = ada.put(f"{IDENTITIES}/known", {"location": "westeurope", "tags": {"a": "b"}})
    assert (again.status_code, again.json()["properties"]) == (200, properties)
    graph = sign_in(scope=GRAPH)
    found = graph.get(f"/v1.0/servicePrincipals/{properties['principalId']}").json()
    assert found["servicePrincipalType"] == "ManagedIdentity"
    assert (found["appId"], found["displayName"]) == (properties["clientId"], "known")
    assert ada.ask("DELETE", f"{IDENTITIES}/known").status_code == 200
    assert graph.get(f"/v1.0/servicePrincipals/{properties['principalId']}").status_code == 404


@pytest.mark.parametrize("name", ["ab", "-first", "a.b.c"])
def test_an_identity_name_that_cannot_be(ada: Arm, name: str) -> None:
    assert refusal(ada.put(f"{IDENTITIES}/{name}", {"location": "westeurope"})) == (
        400,
        "InvalidResourceName",
    )


def test_a_young_identity_is_not_known_everywhere(other_world: Any) -> None:
    hands = Hands()
    _, sign_in = other_world(clock=hands.clock)
    arm = Arm(sign_in(scope=ARM), "2023-01-31")
    principal = identity(arm, "young")["properties"]["principalId"]
    early = arm.assign(VISION, str(uuid.uuid4()), READER, principal, None)
    assert refusal(early) == (400, "PrincipalNotFound")
    hands.on(600)
    made = arm.assign(VISION, str(uuid.uuid4()), READER, principal, None)
    assert (made.status_code, made.json()["properties"]["principalType"]) == (201, "ServicePrincipal")


def test_the_identity_of_a_resource_goes_with_it(ada: Arm, sign_in: Any) -> None:
    key = new_account(ada, "owniddentity", identity={"type": "SystemAssigned"})
    principal = ada.get(key).json()["identity"]["principalId"]
    graph = sign_in(scope=GRAPH)
    shown = graph.get(f"/v1.0/servicePrincipals/{principal}").json()
    assert (shown["servicePrincipalType"], shown["displayName"]) == ("ManagedIdentity", "owniddentity")
    assert ada.assign(key, str(uuid.uuid4()), READER, principal).status_code == 201
    ada.ask("DELETE", key)
    assert graph.get(f"/v1.0/servicePrincipals/{principal}").status_code == 404


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"issuer": ""}, "issuer"),
        ({"issuer": "http://plain.example"}, "HTTPS"),
        ({"subject": ""}, "subject"),
        ({"subject": "s" * 601}, "600"),
        ({"audiences": ["a", "b"]}, "one audience"),
    ],
)
def test_a_trust_that_cannot_be_is_refused(ada: Arm, change: dict[str, Any], words: str) -> None:
    ada.put(f"{IDENTITIES}/trusting", {"location": "westeurope"})
    answer = ada.put(f"{IDENTITIES}/trusting/federatedIdentityCredentials/job", trust(**change))
    assert refusal(answer) == (400, "BadRequest")
    assert words in message(answer)


def test_trusts_are_told_apart_and_limited(ada: Arm) -> None:
    identity(ada, "popular")
    trusts = f"{IDENTITIES}/popular/federatedIdentityCredentials"
    for number in range(20):
        assert ada.put(f"{trusts}/job{number}", trust(subject=f"s{number}")).status_code == 201
    twin = ada.put(f"{trusts}/job0", trust(subject="s1"))
    assert refusal(twin) == (409, "Conflict")
    assert message(twin) == "Issuer and subject combination already exists for this Managed Identity."
    assert refusal(ada.put(f"{trusts}/more", trust(subject="more"))) == (400, "BadRequest")
    assert ada.put(f"{trusts}/job0", trust(subject="other")).status_code == 200
    assert len(ada.get(trusts).json()["value"]) == 20
    assert ada.ask("DELETE", f"{trusts}/job0").status_code == 200
    assert refusal(ada.get(f"{trusts}/job0")) == (404, "NotFound")
    orphan = ada.ask("DELETE", f"{IDENTITIES}/nobody/federatedIdentityCredentials/job")
    assert refusal(orphan) == (404, "ParentResourceNotFound")


def test_what_an_identity_is_assigned_to(ada: Arm) -> None:
    key = identity(ada, "assigned")["id"]
    given = {"type": "UserAssigned", "userAssignedIdentities": {key: {}}}
    new_account(ada, "assignedaccount", identity=given)
    found = ada.ask("POST", f"{key}/listAssociatedResources", {}, "2022-01-31-preview").json()
    assert found["totalCount"] == 1
    assert found["value"][0]["name"] == "assignedaccount"
    shown = ada.get(f"{ACCOUNTS}/assignedaccount").json()["identity"]["userAssignedIdentities"]
    assert set(next(iter(shown.values()))) == {"principalId", "clientId"}


def test_an_identity_is_handed_out_only_by_who_may(ada: Arm, sign_in: Any) -> None:
    key = f"{VISION.replace('rg-vision', 'rg-shared')}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/guarded"
    assert ada.put(key, {"location": "westeurope"}).status_code == 201
    bob = Arm(sign_in("bob@contoso.example", scope=ARM), "2023-05-01")
    grant_role(ada, VISION, CONTRIBUTOR, BOB)
    body = account() | {"identity": {"type": "UserAssigned", "userAssignedIdentities": {key: {}}}}
    answer = bob.put(f"{ACCOUNTS}/bobsaccount", body)
    assert refusal(answer) == (403, "LinkedAuthorizationFailed")
    assert "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action" in message(answer)
