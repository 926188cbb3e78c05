"""Monitoring and Cognitive Services over HTTP: workspaces of logs, components, link scopes, diagnostic settings, accounts."""

from __future__ import annotations

import base64
import uuid
from typing import Any

import pytest

from tests.practice.arm_support import ARM, RESEARCH, WORKSPACE, Arm, refusal
from tests.practice.compute_support import REGION, changed, prepare, settled
from tests.practice.test_arm_resources import STORE, VAULT

LOGS = "2023-09-01"
INSIGHTS = "2020-02-02"
SETTINGS = "2021-05-01-preview"
SCOPES = "2021-07-01-preview"
COGNITIVE = "2025-06-01"


@pytest.fixture(scope="module")
def ada(sign_in: Any) -> Arm:
    return Arm(sign_in(scope=ARM), LOGS)


@pytest.fixture(scope="module")
def home(ada: Arm) -> str:
    return prepare(ada)


@pytest.fixture(scope="module")
def logs(ada: Arm, home: str) -> str:
    path = f"{home}/providers/Microsoft.OperationalInsights/workspaces/logs"
    settled(ada, path, {"location": REGION, "properties": {"sku": {"name": "PerGB2018"}}})
    return path


def test_a_workspace_of_logs_is_deleted_softly(ada: Arm, home: str) -> None:
    path = f"{home}/providers/Microsoft.OperationalInsights/workspaces/phoenix"
    body = {"location": REGION, "properties": {"retentionInDays": 60}}
    made = ada.put(path, body)
    assert made.status_code == 201
    assert f"{path}?api-version={LOGS}" in made.headers["Location"]
    first = ada.get(path).json()["properties"]
    assert (first["sku"]["name"], first["retentionInDays"], first["workspaceCapping"]["dailyQuotaGb"]) == (
        "PerGB2018",
        60,
        -1.0,
    )
    keys = ada.ask("POST", f"{path}/sharedKeys").json()
    assert len(base64.b64decode(keys["primarySharedKey"])) == 64
    assert ada.ask("POST", f"{path}/sharedKeys").json() == keys
    assert ada.ask("DELETE", path).status_code == 200
    assert refusal(ada.get(path)) == (404, "ResourceNotFound")
    lost = f"{home}/providers/Microsoft.OperationalInsights/deletedWorkspaces"
    assert [one["name"] for one in ada.get(lost).json()["value"]] == ["phoenix"]
    assert ada.put(path, {"location": REGION}).status_code == 200
    assert ada.get(path).json()["properties"]["customerId"] == first["customerId"]
    assert ada.get(lost).json()["value"] == []
    ada.api.call("DELETE", path, params={"api-version": LOGS, "force": "true"})
    assert ada.get(lost).json()["value"] == []
    assert ada.put(path, {"location": REGION}).status_code == 201
    assert ada.get(path).json()["properties"]["customerId"] != first["customerId"]


@pytest.mark.parametrize(
    ("name", "properties", "words"),
    [
        ("logs-x", {"sku": {"name": "Gold"}}, "'Gold' is not a valid value for SKU name"),
        ("logs-x", {"retentionInDays": 900}, "'900' is not a valid value for retentionInDays"),
        ("abc", {}, "must be 4 to 63 characters long"),
        ("-logs", {}, "must be 4 to 63 characters long"),
    ],
)
def test_a_workspace_of_logs_that_cannot_be_is_refused(
    ada: Arm, home: str, name: str, properties: Any, words: str
) -> None:
    path = f"{home}/providers/Microsoft.OperationalInsights/workspaces/{name}"
    answer = ada.put(path, {"location": REGION, "properties": properties})
    assert refusal(answer) == (400, "InvalidParameter")
    assert words in answer.json()["error"]["message"]


def test_tables_are_there_and_can_be_made(ada: Arm, logs: str) -> None:
    assert (
        ada.get(f"{logs}/tables/Syslog", "2022-10-01").json()["properties"]["schema"]["tableType"]
        == "Microsoft"
    )
    columns = [{"name": "TimeGenerated", "type": "datetime"}, {"name": "text", "type": "string"}]
    body = {
        "properties": {
            "plan": "Analytics",
            "retentionInDays": 45,
            "totalRetentionInDays": 70,
            "schema": {"name": "Mine_CL", "columns": columns},
        }
    }
    assert ada.put(f"{logs}/tables/Mine_CL", body, "2022-10-01").status_code == 202
    made = ada.get(f"{logs}/tables/Mine_CL", "2022-10-01").json()["properties"]
    assert (made["archiveRetentionInDays"], made["schema"]["tableType"]) == (25, "CustomLog")
    wrong = ada.put(f"{logs}/tables/Mine", body, "2022-10-01")
    assert "ends with _CL, _SRCH or _RST" in wrong.json()["error"]["message"]


def test_a_component_stands_on_a_workspace_of_logs(ada: Arm, home: str, logs: str) -> None:
    path = f"{home}/providers/Microsoft.Insights/components/app"
    body = {
        "location": REGION,
        "kind": "web",
        "properties": {"Application_Type": "web", "WorkspaceResourceId": logs},
    }
    made = settled(ada, path, body, INSIGHTS)["properties"]
    assert (made["IngestionMode"], made["WorkspaceResourceId"]) == ("LogAnalytics", logs)
    assert f"InstrumentationKey={made['InstrumentationKey']};" in made["ConnectionString"]
    lost = ada.put(path + "2", changed(body, "properties.WorkspaceResourceId", logs + "x"), INSIGHTS)
    assert refusal(lost) == (400, "BadRequest")
    bare = settled(ada, path + "3", changed(body, "properties.WorkspaceResourceId", None), INSIGHTS)[
        "properties"
    ]
    managed = bare["WorkspaceResourceId"]
    assert ada.get(managed).json()["properties"]["customerId"]
    assert ada.ask("DELETE", path + "3", version=INSIGHTS).status_code == 200
    assert ada.get(managed).status_code == 404


def test_a_private_link_scope_holds_what_can_be_linked(ada: Arm, home: str, logs: str) -> None:
    path = f"{home}/providers/Microsoft.Insights/privateLinkScopes/ampls"
    modes = {"queryAccessMode": "PrivateOnly", "ingestionAccessMode": "Open"}
    body = {"location": "global", "properties": {"accessModeSettings": modes}}
    wrong = ada.put(path, changed(body, "properties.accessModeSettings.queryAccessMode", "Closed"), SCOPES)
    assert "Valid values: Open, PrivateOnly" in wrong.json()["error"]["message"]
    settled(ada, path, body, SCOPES)
    settled(ada, f"{path}/scopedResources/logs", {"properties": {"linkedResourceId": logs}}, SCOPES)
    bad = ada.put(f"{path}/scopedResources/store", {"properties": {"linkedResourceId": STORE}}, SCOPES)
    assert "its type is not supported" in bad.json()["error"]["message"]
    none = ada.put(f"{path}/scopedResources/none", {"properties": {"linkedResourceId": logs + "x"}}, SCOPES)
    assert refusal(none) == (404, "LinkedResourceNotFound")
    assert refusal(ada.ask("DELETE", path, version=SCOPES)) == (409, "Conflict")
    assert ada.ask("DELETE", f"{path}/scopedResources/logs", version=SCOPES).status_code == 202
    assert ada.ask("DELETE", path, version=SCOPES).status_code == 200


def test_diagnostic_settings_send_what_there_is_to_somewhere(ada: Arm, logs: str) -> None:
    base = f"{WORKSPACE}/providers/Microsoft.Insights/diagnosticSettings"
    categories = ada.get(
        f"{WORKSPACE}/providers/Microsoft.Insights/diagnosticSettingsCategories", SETTINGS
    ).json()["value"]
    assert "AmlComputeClusterEvent" in [one["name"] for one in categories]
    body = {
        "properties": {"workspaceId": logs, "logs": [{"category": "AmlComputeClusterEvent", "enabled": True}]}
    }
    for change, value, status, words in (
        ("properties.workspaceId", None, 400, "At least one data sink"),
        ("properties.workspaceId", logs + "x", 404, "was not found"),
        (
            "properties.logs",
            [{"category": "Nonsense", "enabled": True}],
            400,
            "Category 'Nonsense' is not supported",
        ),
        ("properties.logs", [{"enabled": True}], 400, "Either category or categoryGroup"),
        (
            "properties.logs",
            [{"categoryGroup": "some", "enabled": True}],
            400,
            "Category group 'some' is not supported",
        ),
    ):
        answer = ada.put(f"{base}/bad", changed(body, change, value), SETTINGS)
        assert answer.status_code == status
        assert words in answer.json()["error"]["message"]
    assert ada.put(f"{base}/one", body, SETTINGS).status_code == 200
    twice = ada.put(f"{base}/two", body, SETTINGS)
    assert refusal(twice) == (409, "Conflict")
    assert (
        "already used in diagnostic setting 'one' for category 'AmlComputeClusterEvent'"
        in twice.json()["error"]["message"]
    )
    assert [one["name"] for one in ada.get(base, SETTINGS).json()["value"]] == ["one"]
    assert (
        ada.put(f"{VAULT}x/providers/Microsoft.Insights/diagnosticSettings/x", body, SETTINGS).status_code
        == 404
    )
    assert ada.ask("DELETE", f"{base}/one", version=SETTINGS).status_code == 200


def test_an_account_of_cognitive_services(ada: Arm, home: str) -> None:
    name = f"ai{uuid.uuid4().hex[:10]}"
    path = f"{home}/providers/Microsoft.CognitiveServices/accounts/{name}"
    body = {
        "location": REGION,
        "kind": "AIServices",
        "sku": {"name": "S0"},
        "properties": {"customSubDomainName": name},
    }
    wrong = ada.put(path, body | {"kind": "Magic"}, COGNITIVE)
    assert "account type 'Magic' is either invalid" in wrong.json()["error"]["message"]
    made = settled(ada, path, body, COGNITIVE)
    assert made["properties"]["endpoint"] == f"https://{name}.cognitiveservices.azure.com/"
    taken = ada.put(path + "2", body, COGNITIVE)
    assert refusal(taken) == (409, "CustomDomainInUse")
    keys = ada.ask("POST", f"{path}/listKeys", version=COGNITIVE).json()
    again = ada.ask("POST", f"{path}/regenerateKey", {"keyName": "Key2"}, version=COGNITIVE).json()
    assert (again["key1"], again["key2"] != keys["key2"]) == (keys["key1"], True)
    model = {
        "sku": {"name": "Standard", "capacity": 10},
        "properties": {"model": {"format": "OpenAI", "name": "gpt-4o", "version": "2024-11-20"}},
    }
    assert ada.put(f"{path}/deployments/chat", model, COGNITIVE).status_code == 201
    unknown = ada.put(f"{path}/deployments/x", changed(model, "properties.model.name", "gpt-99"), COGNITIVE)
    assert "Name: gpt-99" in unknown.json()["error"]["message"]
    much = ada.put(f"{path}/deployments/x", changed(model, "sku.capacity", 9999), COGNITIVE)
    assert refusal(much) == (400, "InsufficientQuota")
    assert refusal(ada.get(f"{path}/deployments/none", COGNITIVE)) == (404, "NotFound")
    base = f"{RESEARCH}/providers/Microsoft.CognitiveServices/locations/{REGION}"
    usage = {
        one["name"]["value"]: one["currentValue"]
        for one in ada.get(f"{base}/usages", COGNITIVE).json()["value"]
    }
    assert usage["OpenAI.Standard.gpt-4o"] == 10
    assert ada.ask("DELETE", path, version=COGNITIVE).status_code == 200
    held = ada.put(path, body, COGNITIVE)
    assert refusal(held) == (409, "FlagMustBeSetForRestore")
    group = home.rsplit("/", 1)[-1]
    lost = f"{base}/resourceGroups/{group}/deletedAccounts/{name}"
    assert ada.get(lost, COGNITIVE).json()["name"] == name
    assert ada.ask("DELETE", lost, version=COGNITIVE).status_code == 200
    settled(ada, path, body, COGNITIVE)
