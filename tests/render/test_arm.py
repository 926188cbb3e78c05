"""A stage as an ARM template: references are expressions with an order, and no foreign text ever becomes one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.plan import GROUP_TYPE, Derived, Ref, Resource, Unknown, derived_guid
from wizard.practice.arm.template.evaluate import Around, Frame
from wizard.render.arm import foretold, in_order, template

SUBSCRIPTION = "/subscriptions/142c8364-7806-4577-93e7-83e7eb04b39b"
GROUP = f"{SUBSCRIPTION}/resourceGroups/g"
ACCOUNT, IDENTITY = "Microsoft.Storage/storageAccounts", "Microsoft.ManagedIdentity/userAssignedIdentities"
ASSIGNMENT, ROLE = "Microsoft.Authorization/roleAssignments", "Microsoft.Authorization/roleDefinitions"


def one(key: str, kind: str, name: str | Derived, at: str = GROUP, **more: Any) -> Resource:
    return Resource(key, kind, "2023-01-31", name, at, key, **more)


def rendered(
    *resources: Resource, known: dict[str, dict[str, str]] | None = None
) -> dict[str, dict[str, Any]]:
    body, _ = template(resources, known or {})
    return {resource.key: found for resource, found in zip(resources, body["resources"], strict=True)}


def frame(parameters: dict[str, Any] | None = None) -> Frame:
    """The template language at work, as practice Azure has it."""
    subscription = {"subscriptionId": SUBSCRIPTION.rsplit("/", 1)[-1]}
    around = Around(GROUP, subscription, {}, {}, {"name": "g"})
    return Frame(around, {name.lower(): value["value"] for name, value in (parameters or {}).items()}, {})


def test_a_reference_within_the_stage_is_an_expression_and_an_order() -> None:
    assignment = one(
        "assignment",
        ASSIGNMENT,
        Derived((GROUP, "role")),
        body={
            "properties": {
                "principalId": Ref("identity", "principal_id"),
                "roleDefinitionId": Ref("role", "id"),
            }
        },
    )
    identity = one("identity", IDENTITY, "i", reads={"principal_id": "properties.principalId"})
    role = one("role", ROLE, "8d0c2b7e-5a41-4f93-9b68-e3f1d7a60c52")
    found = rendered(assignment, identity, role)
    identity_id = f"resourceId('{IDENTITY}', 'i')"
    assert found["assignment"]["properties"] == {
        "principalId": f"[reference({identity_id}, '2023-01-31').principalId]",
        "roleDefinitionId": f"[resourceId('{ROLE}', '{role.name}')]",
    }
    assert found["assignment"]["dependsOn"] == [f"[{identity_id}]", f"[resourceId('{ROLE}', '{role.name}')]"]
    assert "dependsOn" not in found["identity"]
    assert [r.key for r in in_order((assignment, identity, role), {})] == ["identity", "role", "assignment"]


@pytest.mark.parametrize(
    ("path", "tail"),
    [
        ("properties.clientId", ", '2023-01-31').clientId]"),
        ("properties.ipConfigurations[0].id", ", '2023-01-31').ipConfigurations[0].id]"),
        ("identity.principalId", ", '2023-01-31', 'Full').identity.principalId]"),
        ("location", ", '2023-01-31', 'Full').location]"),
        ("properties.odd-name", ", '2023-01-31')['odd-name']]"),
    ],
)
def test_a_read_is_a_reference_to_that_path(path: str, tail: str) -> None:
    source = one("source", IDENTITY, "i", reads={"it": path})
    user = one("user", ACCOUNT, "a", body={"properties": {"x": Ref("source", "it")}})
    assert rendered(user, source)["user"]["properties"]["x"].endswith(tail)


def test_a_reference_to_anything_else_is_a_parameter() -> None:
    user = one(
        "user", ACCOUNT, "a", body={"tags": {"who": Ref("principal", "object_id"), "what": Ref("gone", "id")}}
    )
    body, parameters = template((user,), {"principal": {"object_id": "[evil()]"}})
    assert body["resources"][0]["tags"] == {
        "who": "[parameters('principal_object_id')]",
        "what": "[parameters('gone_id')]",
    }
    assert body["parameters"].keys() == {"principal_object_id", "gone_id"}
    assert parameters == {"principal_object_id": {"value": "[evil()]"}}
    assert frame(parameters).value(body["resources"][0]["tags"]["who"]) == "[evil()]"


def test_what_is_left_out_of_the_stage_is_a_parameter_again() -> None:
    user = one("user", ACCOUNT, "a", body={"properties": {"x": Ref("source", "id")}}, after=("source",))
    body, parameters = template((user,), {"source": {"id": "/theirs"}})
    assert parameters == {"source_id": {"value": "/theirs"}}
    assert "dependsOn" not in body["resources"][0]


def test_children_extensions_and_followers_wait() -> None:
    account = one("account", ACCOUNT, "a")
    child = one("child", f"{ACCOUNT}/blobServices/containers", "a/default/c")
    on_it = one("on_it", ASSIGNMENT, "x", scope=f"{GROUP}/providers/{ACCOUNT}/a")
    later = one("later", IDENTITY, "i", after=("on_it",))
    other = one("other", ACCOUNT, "ab")
    found = rendered(later, on_it, child, account, other)
    assert found["child"]["dependsOn"] == found["on_it"]["dependsOn"] == [f"[resourceId('{ACCOUNT}', 'a')]"]
    assert found["on_it"]["scope"] == f"{ACCOUNT}/a"
    on_id = f"extensionResourceId('{GROUP}/providers/{ACCOUNT}/a', '{ASSIGNMENT}', 'x')"
    assert found["later"]["dependsOn"] == [f"[{on_id}]"]
    assert found["child"]["name"] == "a/default/c"
    assert "dependsOn" not in found["other"]


def test_the_expressions_are_the_ids_that_the_plan_foretells() -> None:
    resources = (
        one("account", ACCOUNT, "a"),
        one("child", f"{ACCOUNT}/blobServices/containers", "a/default/c"),
        one(
            "on_it",
            ASSIGNMENT,
            Derived((GROUP, Ref("account", "id"))),
            scope=f"{GROUP}/providers/{ACCOUNT}/a",
        ),
        one("role", ROLE, Derived((GROUP, "r"))),
    )
    user = one("user", IDENTITY, "u", body={"tags": {r.key: Ref(r.key, "id") for r in resources}})
    known = foretold(resources, {})
    found = frame().value(rendered(*resources, user)["user"]["tags"])
    assert found == {key: fields["id"] for key, fields in known.items()}


def test_a_stage_at_a_subscription_has_its_own_schema_and_function() -> None:
    group = one("group", GROUP_TYPE, "g", SUBSCRIPTION, body={"location": "westeurope"})
    role = one("role", ROLE, "r", SUBSCRIPTION, after=("group",))
    body, _ = template((role, group), {})
    assert "subscriptionDeploymentTemplate" in body["$schema"]
    assert body["resources"][0]["dependsOn"] == [f"[subscriptionResourceId('{GROUP_TYPE}', 'g')]"]
    assert "scope" not in body["resources"][1]


def test_a_derived_name_is_known_before_what_it_is_derived_from() -> None:
    role = one("role", ROLE, Derived((GROUP, "r")))
    assignment = one("assignment", ASSIGNMENT, Derived((GROUP, Ref("role", "id"), "identity")))
    found = rendered(assignment, role)
    role_id = f"{GROUP}/providers/{ROLE}/{derived_guid(GROUP, 'r')}"
    assert found["assignment"]["name"] == derived_guid(GROUP, role_id, "identity")
    young = one("young", ASSIGNMENT, Derived((GROUP, Ref("principal", "object_id"))))
    with pytest.raises(Unknown):
        template((young,), {})


@given(st.text(max_size=20) | st.sampled_from(["[evil()]", "[[x]", "['x']", "[", "it's", "copy", "']['"]))
def test_foreign_text_stays_text(text: str) -> None:
    """Practice Azure's own language works the template out, and finds the text as it was."""
    body = {"tags": {"a": text, text or "b": "c"}, "properties": {"list": [text, {"deep": text}]}}
    found = rendered(one("it", ACCOUNT, "a", body=body))["it"]
    assert frame().value(found["tags"]) == body["tags"]
    assert frame().value(found["properties"]) == body["properties"]


@given(st.text(min_size=1, max_size=12).filter(lambda name: "/" not in name))
def test_a_foreign_name_in_an_expression_is_quoted(name: str) -> None:
    named = one("named", ACCOUNT, name)
    user = one("user", IDENTITY, "u", body={"tags": {"id": Ref("named", "id")}})
    found = rendered(user, named)
    assert frame().value(found["user"]["tags"]["id"]) == f"{GROUP}/providers/{ACCOUNT}/{name}"
    assert frame().value(found["named"]["name"]) == name


def test_a_list_called_copy_is_no_loop() -> None:
    loops = [{"name": "n", "count": 2, "input": "x"}]
    found = rendered(one("it", ACCOUNT, "a", body={"properties": {"copy": loops}}))["it"]
    assert frame().value(found["properties"]) == {"copy": loops}
