from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.practice.arm.template.compile import Compiled, compiled
from wizard.practice.arm.template.evaluate import Around, NotYetError
from wizard.practice.arm.template.parameters import TemplateError

SUBSCRIPTION = "142c8364-7806-4577-93e7-83e7eb04b39b"
HOME = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
GROUP = Around(
    HOME,
    {
        "id": f"/subscriptions/{SUBSCRIPTION}",
        "subscriptionId": SUBSCRIPTION,
        "tenantId": "t",
        "displayName": "Research",
    },
    {"tenantId": "t", "displayName": "Contoso"},
    {"name": "d", "properties": {"mode": "Incremental"}},
    {"id": HOME, "name": "rg", "location": "westeurope", "tags": {"a": "b"}, "properties": {}},
)
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"


_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)),
    max_leaves=10,
)


def template(*resources: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": list(resources), **rest}


def resource(name: str, kind: str = "Microsoft.Storage/storageAccounts", **rest: Any) -> dict[str, Any]:
    return {"type": kind, "apiVersion": "2023-05-01", "name": name, **rest}


def work(sent: Any, **parameters: Any) -> Compiled:
    return compiled(sent, {name: {"value": one} for name, one in parameters.items()}, GROUP)


def test_resources_come_in_the_order_of_what_they_need() -> None:
    plan = work(
        template(
            resource("c", dependsOn=["b"]),
            resource("b", properties={"x": "[reference('a').y]"}),
            resource("a"),
            resource("d", dependsOn=["[resourceId('Microsoft.Storage/storageAccounts', 'c')]"]),
        )
    )
    assert [one.name for one in plan.resources] == ["a", "b", "c", "d"]
    assert plan.resources[1].depends == (plan.resources[0].id,)


def test_extensions_stand_on_what_their_scope_names() -> None:
    kind = "Microsoft.Authorization/roleAssignments"
    plan = work(
        template(
            resource("one", kind),
            resource("two", kind, scope="Microsoft.MachineLearningServices/workspaces/w"),
            resource("three", kind, scope=f"{HOME}/providers/A.B/c/n"),
            resource(
                "w/Microsoft.Authorization/four",
                "Microsoft.MachineLearningServices/workspaces/providers/roleAssignments",
            ),
        )
    )
    tail = f"/providers/{kind}"
    workspace = f"{HOME}/providers/Microsoft.MachineLearningServices/workspaces/w"
    assert [one.id for one in plan.resources] == [
        f"{HOME}{tail}/one",
        f"{workspace}{tail}/two",
        f"{HOME}/providers/A.B/c/n{tail}/three",
        f"{workspace}{tail}/four",
    ]


def test_resources_within_resources_and_symbolic_names_are_found() -> None:
    inner = resource("[parameters('child')]", "blobServices", resources=[resource("data", "containers")])
    named = template(
        parameters={"child": {"type": "string", "defaultValue": "default"}}, languageVersion="2.0"
    )
    named["resources"] = {
        "store": resource("s", resources=[inner]),
        "old": resource("o", existing=True),
        "late": resource("l", dependsOn=["store"]),
    }
    plan = work(named)
    assert [one.name for one in plan.resources] == ["s", "s/default", "s/default/data", "l"]
    assert plan.resources[2].type == "Microsoft.Storage/storageAccounts/blobServices/containers"
    assert plan.resources[3].depends == (plan.resources[0].id,)


def test_a_condition_leaves_a_resource_out_but_keeps_its_name_known() -> None:
    plan = work(template(resource("a", condition="[equals(1, 2)]"), resource("b", dependsOn=["a"])))
    assert [(one.name, one.wanted) for one in plan.resources] == [("a", False), ("b", True)]


def test_what_is_not_there_yet_stays_as_it_is_written() -> None:
    plan = work(template(resource("a", properties={"x": "[reference('b').y]", "z": "[toUpper('q')]"})))
    body = dict(plan.resources[0].body)
    assert plan.frame.settled(body) == {"properties": {"x": "[reference('b').y]", "z": "Q"}}
    with pytest.raises(NotYetError):
        plan.frame.value(body)


_PARTS = st.dictionaries(
    st.sampled_from(
        [
            "type",
            "name",
            "apiVersion",
            "dependsOn",
            "scope",
            "condition",
            "resources",
            "properties",
            "defaultValue",
        ]
    ),
    st.one_of(_VALUES, st.sampled_from(["A.B/c", "n", "[reference('n')]", "[parameters('p')]", ["n"]])),
)


@given(
    st.dictionaries(
        st.sampled_from(["parameters", "variables", "outputs", "resources", "metadata"]),
        st.one_of(
            _VALUES, st.lists(_PARTS, max_size=3), st.dictionaries(st.sampled_from("pq"), _PARTS, max_size=2)
        ),
    )
)
def test_no_template_fails_otherwise_than_it_says(parts: dict[str, Any]) -> None:
    with suppress(TemplateError):
        work(template() | parts)


STRING = {"type": "string"}


@pytest.mark.parametrize(
    ("sent", "given", "words"),
    [
        ({"contentVersion": "1.0.0.0", "resources": []}, {}, "parse failed: 'Required property '$schema' not found"),
        ({"$schema": SCHEMA, "resources": []}, {}, "Required property 'contentVersion' not found"),
        (template(nonsense=1), {}, "Could not find member 'nonsense'"),
        (template() | {"contentVersion": "one"}, {}, "System.Version"),
        (template(parameters={"p": STRING}), {}, "The value for the template parameter 'p' at line '1' and column"),
        (template(parameters={"p": STRING}), {"p": "x", "q": 1}, "'q' in the parameters file are not valid"),
        (template(parameters={"p": STRING}), {"p": 1}, "Expected 'String, Uri'. Actual 'Integer'"),
        (template(parameters={"p": STRING | {"allowedValues": ["a"]}}), {"p": "b"}, "allowed value(s): 'a'"),
        (template(parameters={"p": STRING | {"maxLength": 5}}), {"p": "longer"}, "Length of the value should be less than or equal to '5'"),
        (template(parameters={"p": {"type": "int", "maxValue": 10}}), {"p": 11}, "Value should be less than or equal to '10'"),
        (template(parameters={"p": {"type": "nonsense"}}), {"p": 1}, "not known"),
        (template({"name": "x", "apiVersion": "1"}), {}, "no valid 'type'"),
        (template(resource("a"), resource("A")), {}, "defined multiple times"),
        (template(resource("a", dependsOn=["nosuch"])), {}, "'nosuch' is not defined in the template"),
        (template(resource("a", dependsOn=["b"]), resource("b", dependsOn=["a"])), {}, "Circular dependency"),
        (template(resource("a/b")), {}, "incorrect segment lengths"),
        (template(resource("[nosuch()]")), {}, "Unable to process template language expressions for resource"),
        (template(resource("[reference('x').y]")), {}, "not expected at this location"),
        (template(resource("a", copy={"name": "c", "count": -2})), {}, "copy count '-2'"),
    ],
)  # fmt: skip
def test_a_wrong_template_says_what_is_wrong(sent: Any, given: dict[str, Any], words: str) -> None:
    with pytest.raises(TemplateError) as fault:
        work(sent, **given)
    assert words in str(fault.value)
    assert str(fault.value).startswith(("Deployment template", "Practice Azure"))
