from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

NOWHERE = "0f0f0f0f-0000-4000-8000-000000000001"
GITHUB = "https://token.actions.githubusercontent.com"


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


@pytest.fixture
def application(person: Any) -> str:
    made = person.post("/v1.0/applications", {"displayName": "with credentials"}).json()
    return f"/v1.0/applications/{made['id']}"


def federated(
    name: str = "main", subject: str = "repo:o/r:ref:refs/heads/main", **more: Any
) -> dict[str, Any]:
    return {
        "name": name,
        "issuer": GITHUB,
        "subject": subject,
        "audiences": ["api://AzureADTokenExchange"],
        "description": "",
    } | more


def test_a_secret_is_shown_once(person: Any, application: str) -> None:
    ends = (datetime.now(UTC) + timedelta(days=180)).isoformat(timespec="seconds").replace("+00:00", "Z")
    answer = person.post(
        f"{application}/addPassword", {"passwordCredential": {"displayName": "himl", "endDateTime": ends}}
    )
    assert answer.status_code == 200
    made = answer.json()
    assert (len(made["secretText"]), made["hint"]) == (40, made["secretText"][:3])
    assert (made["displayName"], made["endDateTime"]) == ("himl", ends)
    (kept,) = person.get(application, select="passwordCredentials").json()["passwordCredentials"]
    assert kept == {name: made[name] for name in kept if name != "secretText"} | {"secretText": None}
    assert made["secretText"] not in person.get("/v1.0/applications").text


def test_without_a_wish_a_secret_lives_two_years(person: Any, application: str) -> None:
    made = person.call("POST", f"{application}/addPassword", data=b"{}").json()
    lives = datetime.fromisoformat(made["endDateTime"]) - datetime.fromisoformat(made["startDateTime"])
    assert (lives, made["displayName"]) == (timedelta(days=730), None)


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"endDateTime": "2020-01-01T00:00:00Z"}, "Request_BadRequest"),
        (
            {"startDateTime": "2090-01-02T00:00:00Z", "endDateTime": "2090-01-01T00:00:00Z"},
            "Request_BadRequest",
        ),
        ({"endDateTime": "in a year"}, "BadRequest"),
        ({"endDateTime": 5}, "BadRequest"),
        ({"displayName": "x" * 91}, "Request_BadRequest"),
        ({"colour": "red"}, "Request_BadRequest"),
    ],
)
def test_a_secret_that_cannot_be_is_refused(
    person: Any, application: str, wish: dict[str, Any], code: str
) -> None:
    assert refusal(person.post(f"{application}/addPassword", {"passwordCredential": wish})) == (400, code)
    assert person.get(application).json()["passwordCredentials"] == []


def test_a_secret_is_removed_by_its_key_and_only_of_its_application(person: Any, application: str) -> None:
    key = person.post(f"{application}/addPassword", {}).json()["keyId"]
    other = person.post("/v1.0/applications", {"displayName": "other"}).json()["id"]
    assert refusal(person.post(f"/v1.0/applications/{other}/removePassword", {"keyId": key}))[0] == 400
    unknown = person.post(f"{application}/removePassword", {"keyId": NOWHERE})
    assert refusal(unknown) == (400, "Request_BadRequest")
    assert NOWHERE in unknown.json()["error"]["message"]
    assert person.post(f"{application}/removePassword", {"keyId": key}).status_code == 204
    assert person.get(application).json()["passwordCredentials"] == []


def test_the_old_application_of_the_world_has_a_secret_about_to_expire(person: Any) -> None:
    found = person.get("/v1.0/applications", filter="displayName eq 'legacy-training'").json()["value"][0]
    (secret,) = found["passwordCredentials"]
    left = datetime.fromisoformat(secret["endDateTime"]) - datetime.now(UTC)
    assert timedelta(days=11) < left < timedelta(days=13)
    assert (secret["hint"], secret["secretText"]) == ("q7X", None)


def test_credentials_by_the_other_keys_of_an_application(person: Any) -> None:
    made = person.patch(
        "/v1.0/applications(uniqueName='keyed')", {"displayName": "keyed"}, Prefer="create-if-missing"
    ).json()
    for key in ("(uniqueName='keyed')", f"(appId='{made['appId']}')"):
        added = person.post(f"/v1.0/applications{key}/addPassword", {})
        removed = person.post(f"/v1.0/applications{key}/removePassword", {"keyId": added.json()["keyId"]})
        assert (added.status_code, removed.status_code) == (200, 204)


def test_a_federated_credential_is_made_read_changed_and_deleted(person: Any, application: str) -> None:
    path = f"{application}/federatedIdentityCredentials"
    answer = person.post(path, federated())
    assert answer.status_code == 201
    made = answer.json()
    assert (made["name"], made["audiences"]) == ("main", ["api://AzureADTokenExchange"])
    assert [item["id"] for item in person.get(path).json()["value"]] == [made["id"]]
    assert [item["id"] for item in person.get(path, filter="name eq 'main'").json()["value"]] == [made["id"]]
    assert person.get(f"{path}/main").json()["id"] == made["id"]
    assert person.patch(f"{path}/{made['id']}", {"subject": "repo:o/r:pull_request"}).status_code == 204
    assert person.get(f"{path}/main").json()["subject"] == "repo:o/r:pull_request"
    assert refusal(person.patch(f"{path}/main", {"name": "other"}))[0] == 400
    assert person.delete(f"{path}/{made['id']}").status_code == 204
    assert refusal(person.get(f"{path}/main")) == (404, "Request_ResourceNotFound")


def test_federated_names_and_subjects_are_unique(person: Any, application: str) -> None:
    path = f"{application}/federatedIdentityCredentials"
    person.post(path, federated())
    by_name = person.post(path, federated(subject="repo:o/r:pull_request"))
    assert refusal(by_name) == (409, "Request_MultipleObjectsWithSameKeyValue")
    assert by_name.json()["error"]["message"] == "FederatedIdentityCredential with name main already exists."
    by_subject = person.post(path, federated("other"))
    assert refusal(by_subject) == (400, "InvalidFederatedIdentityCredentialValue")
    assert person.post(path, federated("case", "repo:O/r:ref:refs/heads/main")).status_code == 201


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"name": ""}, "InvalidFederatedIdentityCredentialValue"),
        ({"name": "with space"}, "InvalidFederatedIdentityCredentialValue"),
        ({"name": "x" * 121}, "Request_BadRequest"),
        ({"issuer": "http://insecure.example"}, "InvalidFederatedIdentityCredentialValue"),
        ({"issuer": "github"}, "InvalidFederatedIdentityCredentialValue"),
        ({"subject": None}, "InvalidFederatedIdentityCredentialValue"),
        ({"subject": "x" * 601}, "Request_BadRequest"),
        ({"audiences": []}, "InvalidFederatedIdentityCredentialValue"),
        ({"audiences": ["a", "b"]}, "InvalidFederatedIdentityCredentialValue"),
        ({"audience": "a"}, "Request_BadRequest"),
    ],
)
def test_a_federated_credential_that_cannot_be_is_refused(
    person: Any, application: str, changed: dict[str, Any], code: str
) -> None:
    assert refusal(person.post(f"{application}/federatedIdentityCredentials", federated() | changed)) == (
        400,
        code,
    )


def test_an_application_has_at_most_twenty_federated_credentials(person: Any, application: str) -> None:
    path = f"{application}/federatedIdentityCredentials"
    for n in range(20):
        assert person.post(path, federated(f"name-{n}", f"subject-{n}")).status_code == 201
    assert refusal(person.post(path, federated("one-more", "one-more"))) == (403, "Directory_QuotaExceeded")
