from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.practice.arm_support import (
    ADA,
    ARM,
    BOB,
    CONTOSO,
    CONTRIBUTOR,
    FABRIKAM,
    LEGACY,
    PRODUCTION,
    READER,
    RESEARCH,
    SCIENTIST,
    VISION,
    WORKSPACE,
    Arm,
    Hands,
    application,
    recordings,
    refusal,
    role_id,
)
from wizard.practice.launcher import Running

ASSIGNMENTS = "/providers/Microsoft.Authorization/roleAssignments"
DEFINITIONS = "/providers/Microsoft.Authorization/roleDefinitions"
SPEECH = f"{RESEARCH}/resourceGroups/rg-speech"


@pytest.fixture(scope="module")
def ada(sign_in: Any) -> Arm:
    return Arm(sign_in(scope=ARM))


@pytest.fixture(scope="module")
def bob(sign_in: Any) -> Arm:
    return Arm(sign_in("bob@contoso.example", scope=ARM))


@pytest.fixture
def name() -> str:
    return str(uuid.uuid4())


def error(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = answer.json()["error"]
    return found


def test_an_assignment_is_made_read_repeated_and_deleted(ada: Arm, name: str) -> None:
    made = ada.assign(VISION, name, READER, LEGACY)
    assert made.status_code == 201
    assert made.json()["properties"]["createdBy"] is None
    path = f"{VISION}{ASSIGNMENTS}/{name}"
    found = ada.get(path.lower()).json()
    assert (found["id"], found["name"], found["properties"]["createdBy"]) == (path, name, ADA)
    again = ada.assign(VISION, name, READER, LEGACY)
    assert again.status_code == 201
    assert again.json()["properties"]["createdOn"] == found["properties"]["createdOn"]
    assert ada.ask("DELETE", path).json()["id"] == path
    assert ada.ask("DELETE", path).status_code == 204
    assert refusal(ada.get(path)) == (404, "RoleAssignmentNotFound")


def test_the_same_right_under_another_name_is_refused(ada: Arm, name: str) -> None:
    assert ada.assign(VISION, name, READER, LEGACY).status_code == 201
    twin = ada.assign(VISION, str(uuid.uuid4()), READER, LEGACY)
    assert refusal(twin) == (409, "RoleAssignmentExists")
    assert ada.ask("DELETE", f"{VISION}{ASSIGNMENTS}/{name}").status_code == 200


def test_a_name_belongs_to_one_assignment(ada: Arm, name: str) -> None:
    assert ada.assign(VISION, name, READER, LEGACY).status_code == 201
    for scope, role, principal in (
        (VISION, READER, BOB),
        (VISION, CONTRIBUTOR, LEGACY),
        (SPEECH, READER, LEGACY),
    ):
        answer = ada.assign(scope, name, role, principal, "User" if principal == BOB else "ServicePrincipal")
        assert error(answer)["code"] == "RoleAssignmentUpdateNotPermitted"
        assert "not allowed to be updated" in error(answer)["message"]
    assert ada.ask("DELETE", f"{VISION}{ASSIGNMENTS}/{name}").status_code == 200


def test_an_unknown_principal_is_refused_unless_its_type_is_sent(ada: Arm, name: str) -> None:
    stranger = "b131343d-9efa-4563-b5e8-0e6006f0692b"
    answer = ada.assign(VISION, name, READER, stranger, None)
    assert refusal(answer) == (400, "PrincipalNotFound")
    assert error(answer)["message"].startswith(
        f"Principal b131343d9efa4563b5e80e6006f0692b does not exist in the directory {CONTOSO}. Check that"
    )
    assert ada.assign(VISION, name, READER, stranger).status_code == 201
    assert ada.ask("DELETE", f"{VISION}{ASSIGNMENTS}/{name}").status_code == 200


def test_a_wrong_principal_type_is_refused(ada: Arm, name: str) -> None:
    assert refusal(ada.assign(VISION, name, READER, LEGACY, "User")) == (400, "UnmatchedPrincipalType")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"roleDefinitionId": role_id("11111111-1111-1111-1111-111111111111")}, "RoleDefinitionDoesNotExist"),
        ({"roleDefinitionId": "Contributor"}, "InvalidRoleDefinitionId"),
        ({"roleDefinitionId": None}, "BadRequestFormat"),
        ({"principalId": "bob"}, "InvalidPrincipalId"),
        ({"principalType": "Robot"}, "BadRequestFormat"),
        ({"nonsense": 1}, "BadRequestFormat"),
    ],
)
def test_a_body_that_is_not_right_is_refused(
    ada: Arm, name: str, change: dict[str, Any], expected: str
) -> None:
    properties = {"roleDefinitionId": role_id(READER), "principalId": LEGACY} | change
    answer = ada.put(f"{VISION}{ASSIGNMENTS}/{name}", {"properties": properties})
    assert refusal(answer) == (400, expected)


def test_the_name_must_be_a_guid_and_the_scope_must_be_there(ada: Arm, name: str) -> None:
    assert refusal(ada.assign(VISION, "mine", READER, LEGACY)) == (400, "InvalidRoleAssignmentId")
    missing = ada.assign(f"{VISION}/providers/Microsoft.Storage/storageAccounts/none", name, READER, LEGACY)
    assert refusal(missing) == (404, "ResourceNotFound")
    assert refusal(ada.assign(f"{RESEARCH}/resourceGroups/none", name, READER, LEGACY)) == (
        404,
        "ResourceGroupNotFound",
    )


def test_a_contributor_may_not_assign(ada: Arm, bob: Arm, name: str) -> None:
    path = f"{PRODUCTION}/resourceGroups/rg-prod{ASSIGNMENTS}/{name}"
    body = {"properties": {"roleDefinitionId": role_id(READER), "principalId": LEGACY}}
    answer = ada.put(path, body)
    assert refusal(answer) == (403, "AuthorizationFailed")
    assert "'Microsoft.Authorization/roleAssignments/write'" in error(answer)["message"]
    assert f"over scope '{path}'" in error(answer)["message"]
    assert bob.put(path, body).status_code == 201
    assert refusal(ada.ask("DELETE", path)) == (403, "AuthorizationFailed")
    assert bob.ask("DELETE", path).status_code == 200


def listed(arm: Arm, scope: str, text: str = "") -> set[str]:
    answer = arm.get(f"{scope}{ASSIGNMENTS}", **({"filter": text} if text else {}))
    assert answer.status_code == 200, answer.text
    return {
        one["properties"]["scope"].removeprefix(RESEARCH) or "subscription" for one in answer.json()["value"]
    }


def test_lists_are_of_what_is_above_and_below_or_only_above(ada: Arm, name: str) -> None:
    assert ada.assign(WORKSPACE, name, SCIENTIST, LEGACY).status_code == 201
    workspace, group = WORKSPACE.removeprefix(RESEARCH), "/resourceGroups/rg-shared"
    assert listed(ada, RESEARCH) == {"subscription", group, workspace}
    assert listed(ada, VISION) == {"subscription", workspace}
    assert listed(ada, VISION, "atScope()") == {"subscription"}
    assert listed(ada, WORKSPACE, "atScope()") == {"subscription", workspace}
    assert listed(ada, RESEARCH, f"principalId eq '{LEGACY}'") == {group, workspace}
    assert listed(ada, WORKSPACE, f"atScope() and assignedTo('{LEGACY}')") == {workspace}
    assert (
        ada.get(f"{RESEARCH}{ASSIGNMENTS}", filter="name eq 'x'").json()["error"]["code"]
        == "UnsupportedQuery"
    )
    assert ada.ask("DELETE", f"{WORKSPACE}{ASSIGNMENTS}/{name}").status_code == 200


def test_built_in_roles_are_found_by_name_and_by_id(ada: Arm) -> None:
    (found,) = ada.get(f"{VISION}{DEFINITIONS}", filter="roleName eq 'AzureML Data Scientist'").json()[
        "value"
    ]
    assert found["id"] == role_id(SCIENTIST)
    assert found["properties"]["type"] == "BuiltInRole"
    assert ada.get(f"{RESEARCH}{DEFINITIONS}/{SCIENTIST}").json() == found
    assert ada.get(f"{DEFINITIONS}/{SCIENTIST}").json()["id"] == f"{DEFINITIONS}/{SCIENTIST}"
    assert len(ada.get(f"{RESEARCH}{DEFINITIONS}", filter="type eq 'BuiltInRole'").json()["value"]) > 100
    assert refusal(ada.get(f"{RESEARCH}{DEFINITIONS}/{uuid.uuid4()}")) == (404, "RoleDefinitionDoesNotExist")
    unknown = ada.get(f"{RESEARCH}{DEFINITIONS}", filter="startswith(roleName, 'A')")
    assert refusal(unknown) == (400, "UnsupportedQuery")


def custom(**change: Any) -> dict[str, Any]:
    properties = {
        "roleName": "Workspace watcher",
        "type": "CustomRole",
        "assignableScopes": [VISION],
        "permissions": [
            {"actions": ["Microsoft.MachineLearningServices/workspaces/*/read"], "notActions": []}
        ],
    }
    return {"properties": properties | change}


def test_a_custom_role_grants_what_it_lists_where_it_is_assignable(ada: Arm, sign_in: Any, name: str) -> None:
    made = ada.put(f"{VISION}{DEFINITIONS}/{name}", custom())
    assert made.status_code == 201
    assert made.json()["id"] == role_id(name)
    assert made.json()["properties"]["permissions"][0]["dataActions"] == []
    cleo_id, mine = "5d32fe61-985f-44e7-aa09-5ee82bb29976", str(uuid.uuid4())
    cleo = Arm(sign_in("cleo@contoso.example", scope=ARM))
    assert refusal(cleo.get(WORKSPACE)) == (403, "AuthorizationFailed")
    assert refusal(ada.assign(SPEECH, mine, name, cleo_id, "User")) == (400, "RoleDefinitionNotAssignable")
    assert ada.assign(WORKSPACE, mine, name, cleo_id, "User").status_code == 201
    assert cleo.get(WORKSPACE).json()["name"] == "vision"
    assert refusal(ada.ask("DELETE", f"{VISION}{DEFINITIONS}/{name}")) == (
        400,
        "RoleDefinitionHasAssignments",
    )
    assert ada.put(f"{VISION}{DEFINITIONS}/{name}", custom(description="changed")).status_code == 201
    assert ada.ask("DELETE", f"{WORKSPACE}{ASSIGNMENTS}/{mine}").status_code == 200
    assert ada.ask("DELETE", f"{VISION}{DEFINITIONS}/{name}").status_code == 200
    assert ada.ask("DELETE", f"{VISION}{DEFINITIONS}/{name}").status_code == 204


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"roleName": "contributor"}, (409, "RoleDefinitionWithSameNameExists")),
        ({"roleName": ""}, (400, "RoleDefinitionNameInvalid")),
        ({"assignableScopes": []}, (400, "MissingAssignableScopes")),
        ({"assignableScopes": ["/"]}, (400, "InvalidAssignableScopes")),
        ({"assignableScopes": [f"{WORKSPACE}"]}, (400, "InvalidAssignableScopes")),
        ({"assignableScopes": [PRODUCTION]}, (403, "AuthorizationFailed")),
        ({"permissions": [{"actions": ["Microsoft.Nonsense/x/read"]}]}, (400, "InvalidActionOrNotAction")),
        ({"permissions": [{"actions": ["read"]}]}, (400, "InvalidActionOrNotAction")),
        ({"permissions": []}, (400, "BadRequestFormat")),
        ({"nonsense": 1}, (400, "BadRequestFormat")),
    ],
)
def test_a_custom_role_that_is_not_right_is_refused(
    ada: Arm, name: str, change: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert refusal(ada.put(f"{VISION}{DEFINITIONS}/{name}", custom(**change))) == expected


def test_built_in_roles_stay_as_they_are(ada: Arm) -> None:
    assert ada.put(f"{RESEARCH}{DEFINITIONS}/{READER}", custom()).status_code == 403
    assert ada.ask("DELETE", f"{RESEARCH}{DEFINITIONS}/{READER}").status_code == 403


def test_the_other_tenant_has_its_own_principals(sign_in: Any, name: str) -> None:
    frida = Arm(sign_in("frida@fabrikam.example", scope=ARM, tenant=FABRIKAM))
    lab = "/subscriptions/6e704245-a4ff-41e3-a794-9b80dcb0b82e"
    body = {"properties": {"roleDefinitionId": role_id(READER), "principalId": LEGACY}}
    answer = frida.put(f"{lab}{ASSIGNMENTS}/{name}", body)
    assert refusal(answer) == (400, "PrincipalNotFound")
    assert FABRIKAM in error(answer)["message"]


def test_a_young_principal_and_a_young_right_take_their_time(other_world: Any, tmp_path: Path) -> None:
    """The principal becomes known to ARM, and its role effective, after as long as the world says."""
    world = tmp_path / "slow.json"
    world.write_text(
        json.dumps({"extends": "default", "replication": {"principal_seconds": 20, "role_seconds": 60}})
    )
    hands = Hands()
    running, sign_in = other_world(clock=hands.clock, world=str(world))
    ada, graph = Arm(sign_in(scope=ARM)), sign_in()
    made = graph.post("/v1.0/applications", {"displayName": "young"}).json()
    hands.on(60)
    principal = graph.post("/v1.0/servicePrincipals", {"appId": made["appId"]}).json()["id"]
    secret = graph.post(f"/v1.0/applications/{made['id']}/addPassword", {"passwordCredential": {}}).json()[
        "secretText"
    ]
    one, other = str(uuid.uuid4()), str(uuid.uuid4())
    assert refusal(ada.assign(VISION, one, READER, principal, None)) == (400, "PrincipalNotFound")
    assert ada.assign(VISION, one, READER, principal).status_code == 201
    hands.on(21)
    assert ada.assign(WORKSPACE, other, READER, principal, None).status_code == 201
    young = Arm(type(graph)(running, application(running, made["appId"], secret)))
    refused = young.get(WORKSPACE)
    assert refusal(refused) == (403, "AuthorizationFailed")
    assert f"The client '{made['appId']}' with object id '{principal}'" in error(refused)["message"]
    hands.on(61)
    assert young.get(WORKSPACE).status_code == 200


def _shape(body: Any) -> Any:
    return (
        {key: _shape(value) for key, value in sorted(body.items())}
        if isinstance(body, dict)
        else type(body).__name__
    )


def test_refusals_have_the_recorded_shape(ada: Arm, bob: Arm, name: str) -> None:
    """The same members in the same places, and the same words once names are taken out."""
    assert ada.assign(VISION, name, READER, LEGACY).status_code == 201
    mine = {
        "RoleAssignmentExists": ada.assign(VISION, str(uuid.uuid4()), READER, LEGACY),
        "PrincipalNotFound": ada.assign(VISION, str(uuid.uuid4()), READER, str(uuid.uuid4()), None),
        "RoleAssignmentUpdateNotPermitted": ada.assign(VISION, name, CONTRIBUTOR, LEGACY),
        "AuthorizationFailed": bob.assign(VISION, str(uuid.uuid4()), READER, LEGACY),
        "RoleAssignmentNotFound": ada.get(f"{VISION}{ASSIGNMENTS}/{uuid.uuid4()}"),
    }
    assert ada.ask("DELETE", f"{VISION}{ASSIGNMENTS}/{name}").status_code == 200
    seen = set()
    for row in recordings(
        lambda line: '"label":"Authorization/roleAssignments"' in line and '"err":{' in line
    ):
        code = row["err"]["code"]
        if code in mine and code not in seen:
            seen.add(code)
            assert _shape(mine[code].json()) == _shape(row["resp_body"])
            assert mine[code].status_code == row["status"]
            assert _worded(error(mine[code])["message"]) == _worded(row["resp_body"]["error"]["message"])
    assert seen == set(mine)


def _worded(message: str) -> list[str]:
    return [word for word in message.split() if not any(sign in word for sign in "/'0123456789@")]


def test_answers_have_the_recorded_members(ada: Arm, name: str) -> None:
    made = ada.assign(VISION, name, READER, LEGACY).json()
    read = ada.get(f"{VISION}{ASSIGNMENTS}/{name}").json()
    assert ada.ask("DELETE", f"{VISION}{ASSIGNMENTS}/{name}").status_code == 200
    role = ada.get(f"{RESEARCH}{DEFINITIONS}/{READER}").json()
    compared = set()
    for row in recordings(
        lambda line: '"label":"Authorization/roleAssignments"' in line and "2022-04-01" in line
    ):
        body = row["resp_body"]
        if (
            row["status"] in (200, 201)
            and isinstance(body, dict)
            and "createdOn" in body.get("properties", {})
        ):
            mine = made if row["method"] == "PUT" else read
            # Older recordings have further members that have gone since.
            assert set(mine) == set(body)
            assert set(mine["properties"]) == set(body["properties"]) - {
                "principalName",
                "roleDefinitionName",
            }
            compared.add(row["method"])
    assert {"GET", "PUT"} <= compared
    assert set(role["properties"]) == set(custom()["properties"]) | {
        "description", "createdOn", "updatedOn", "createdBy", "updatedBy",
    }  # fmt: skip


def test_the_person_of_a_running_world_is_the_owner(practice: Running, ada: Arm) -> None:
    found = ada.get(
        f"/subscriptions/{practice.subscription}{ASSIGNMENTS}", filter=f"principalId eq '{ADA}'"
    ).json()
    assert [one["properties"]["roleDefinitionId"].rsplit("/", 1)[1] for one in found["value"]] == [
        "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
    ]
