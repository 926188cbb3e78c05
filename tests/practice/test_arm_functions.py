from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.practice.arm_support import ARM, VISION, WORKSPACE, Arm, content, deploy, template
from tests.practice.test_arm_expressions import GROUP, HOME, SUBSCRIPTION, frame, value
from tests.practice.test_arm_template import resource, work
from wizard.practice.arm.template.compile import settled
from wizard.practice.arm.template.evaluate import Frame
from wizard.practice.arm.template.expressions import ExpressionError
from wizard.practice.arm.template.parameters import TemplateError


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("array('x')", ["x"]),
        ("base64ToString(base64('héllo'))", "héllo"),
        ("base64ToJson(base64('{\"a\": 1}')).a", 1),
        ("cidrHost('10.0.0.0/24', 4)", "10.0.0.5"),
        ("cidrSubnet('10.144.0.0/20', 24, 3)", "10.144.3.0/24"),
        ("parseCidr('10.144.0.0/20').lastUsable", "10.144.15.254"),
        ("parseCidr('10.144.0.0/20').netmask", "255.255.240.0"),
        ("coalesce(null(), json('null'), 3, variables('none'))", 3),
        ("and(false(), variables('none'))", False),
        ("or(true(), variables('none'))", True),
        ("dataUriToString(dataUri('x'))", "x"),
        ("dateTimeAdd('2024-01-31 10:00:00Z', 'P1M')", "2024-02-29T10:00:00Z"),
        ("dateTimeAdd('2020-04-07 14:53:14Z', '-P9D', 'yyyy-MM-dd')", "2020-03-29"),
        ("dateTimeAdd('20200407T145314Z', 'PT1H')", "2020-04-07T15:53:14Z"),
        ("dateTimeToEpoch('2023-05-01T00:00:00Z')", 1682899200),
        ("dateTimeFromEpoch(1683040573)", "2023-05-02T15:16:13Z"),
        ("environment().suffixes.storage", "core.windows.net"),
        ("filter(createArray(1, 2, 3), lambda('x', greater(lambdaVariables('x'), 1)))", [2, 3]),
        ("map(createArray('a', 'b'), lambda('x', 'i', concat(lambdaVariables('x'), lambdaVariables('i'))))", ["a0", "b1"]),
        ("reduce(range(1, 4), 0, lambda('a', 'b', add(lambdaVariables('a'), lambdaVariables('b'))))", 10),
        ("sort(createArray(3, 1, 2), lambda('a', 'b', less(lambdaVariables('a'), lambdaVariables('b'))))", [1, 2, 3]),
        ("toObject(createArray('a'), lambda('k', lambdaVariables('k')), lambda('v', 1)).a", 1),
        ("groupBy(createArray('ab', 'ac', 'bc'), lambda('x', take(lambdaVariables('x'), 1))).a", ["ab", "ac"]),
        ("mapValues(createObject('a', 1), lambda('v', add(lambdaVariables('v'), 1))).a", 2),
        ("map(createArray(1), lambda('x', map(createArray(2), lambda('y', add(lambdaVariables('x'), lambdaVariables('y'))))))", [[3]]),
        ("flatten(createArray(createArray(1), createArray(2)))", [1, 2]),
        ("intersection(createArray(1, 2, 3), createArray(3, 2))", [2, 3]),
        ("intersection(createObject('a', 1, 'b', 2), createObject('a', 1, 'b', 3))", {"a": 1}),
        ("items(createObject('b', 1, 'a', 2))[0]", {"key": "a", "value": 2}),
        ("objectKeys(createObject('b', 1, 'A', 2))", ["A", "b"]),
        ("shallowMerge(createArray(createObject('a', createObject('x', 1)), createObject('a', createObject('y', 2))))", {"a": {"y": 2}}),
        ("tryGet(createObject('a', createArray(1)), 'a', 0)", 1),
        ("tryGet(createObject('a', 1), 'b', 'c')", None),
        ("indexOf(createArray('a', 'b'), 'b')", 1),
        ("lastIndexOf('abcabc', 'bc')", 4),
        ("join(createArray('a', 1), '-')", "a-1"),
        ("min(3, 1, 2)", 1),
        ("max(createArray(3, 1))", 3),
        ("mod(-7, 3)", -1),
        ("div(-7, 2)", -3),
        ("range(5, 3)", [5, 6, 7]),
        ("uri('https://a.b/c/', 'd?e')", "https://a.b/c/d?e"),
        ("uriComponentToString(uriComponent('a b/c'))", "a b/c"),
        ("padLeft('7', 3, '0')", "007"),
        ("format('{0,5}|{1,-3}|', 'a', 'b')", "    a|b  |"),
        ("pickZones('Microsoft.Compute', 'virtualMachines', 'westeurope', 2)", ["1", "2"]),
        ("pickZones('Microsoft.Compute', 'virtualMachines', 'westus')", []),
        ("managementGroupResourceId('mg', 'A.B/c', 'n')", "/providers/Microsoft.Management/managementGroups/mg/providers/A.B/c/n"),
        ("providers('Microsoft.MachineLearningServices', 'workspaces').resourceType", "workspaces"),
        ("resourceId('Microsoft.Resources/resourceGroups/', 'x')", f"{HOME}/providers/Microsoft.Resources/resourceGroups/x"),
    ],
)  # fmt: skip
def test_functions_give_what_arm_gives(expression: str, expected: object) -> None:
    assert value(expression) == expected


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("newGuid()", "not expected at this location"),
        ("utcNow()", "not expected at this location"),
        ("copyIndex()", "can only be used in a resource with copy"),
        ("lambdaVariables('x')", "lambda variable 'x'"),
        ("map(createArray(1), 'x')", "expected to be a lambda"),
        ("cidrSubnet('10.0.0.0/24', 16, 0)", "must be between"),
        ("cidrHost('10.0.0.0/30', 9)", "out of the range"),
        ("parseCidr('10.0.0.300/24')", "not a valid address range"),
        ("dateTimeAdd('soon', 'P1D')", "date time string"),
        ("dateTimeAdd('2024-01-01', 'P')", "duration"),
        ("base64ToString('%')", "not valid base64"),
        ("managementGroup()", "MANAGEMENTGROUP"),
        ("fail('told so')", "told so"),
        ("range(1, 100000)", "between 0"),
    ],
)
def test_a_wrong_argument_is_told(expression: str, words: str) -> None:
    with pytest.raises(ExpressionError) as fault:
        value(expression)
    assert words in str(fault.value)


def test_only_defaults_of_parameters_may_be_new_each_time() -> None:
    fresh = {
        "id": {"type": "string", "defaultValue": "[newGuid()]"},
        "on": {"type": "string", "defaultValue": "[utcNow('yyyy-MM')]"},
    }
    plan = work(template(resource("[concat('x', parameters('on'))]"), parameters=fresh))
    assert len(plan.frame.parameters["id"]) == 36
    assert plan.resources[0].name == f"x{plan.frame.parameters['on']}"
    # What-if shows such a value as it is written, as the recordings have it.
    sent = template(
        resource("y", tags={"t": "[variables('v')]", "u": "[dateTimeAdd(parameters('on'), 'P1D')]"}),
        parameters=fresh,
        variables={"v": "[parameters('id')]"},
    )
    plan = work(sent, on="2024-01-01")
    shown = settled(plan.discreet(None), plan.resources[0])["tags"]
    assert shown == {"t": "[newguid()]", "u": "2024-01-02T00:00:00Z"}


def test_what_is_known_is_filled_in_around_what_is_not() -> None:
    known = replace(frame(name="n"), symbols={})
    text = "[concat(reference(resourceId('A.B/c', parameters('name')), '2024-01-01').x, '-', toUpper('a'))]"
    assert known.settled(text) == f"[concat(reference('{HOME}/providers/A.B/c/n', '2024-01-01').x, '-', 'A')]"
    assert known.settled("[createObject('a', reference('b').c, 'd', 1)]") == {
        "a": "[reference('b').c]",
        "d": 1,
    }


def test_functions_of_the_template_see_only_their_parameters() -> None:
    functions = [
        {
            "namespace": "my",
            "members": {
                "name": {
                    "parameters": [{"name": "p", "type": "string"}],
                    "output": {"type": "string", "value": "[toUpper(parameters('p'))]"},
                },
                "twice": {
                    "parameters": [{"name": "p", "type": "string"}],
                    "output": {
                        "type": "string",
                        "value": "[concat(my.name(parameters('p')), parameters('p'))]",
                    },
                },
                "peeps": {"parameters": [], "output": {"type": "string", "value": "[variables('v')]"}},
            },
        }
    ]
    variables = {"v": "x"}
    plan = work(template(resource("[my.twice('ab')]"), functions=functions, variables=variables))
    assert plan.resources[0].name == "ABab"
    with pytest.raises(TemplateError, match="variable 'v' is not found"):
        work(template(resource("[my.peeps()]"), functions=functions, variables=variables))


def test_types_of_the_template_s_own_are_known() -> None:
    sent = template(
        resource("[concat('x', coalesce(parameters('tail'), 'none'))]", tags="[parameters('tags')]"),
        definitions={"short": {"type": "string", "maxLength": 3}, "tags": {"type": "object"}},
        parameters={
            "tail": {"$ref": "#/definitions/short", "nullable": True},
            "tags": {"$ref": "#/definitions/tags", "defaultValue": {}},
        },
        languageVersion="2.0",
    )
    assert work(sent).resources[0].name == "xnone"
    assert work(sent, tail="abc").resources[0].name == "xabc"
    with pytest.raises(TemplateError, match="less than or equal to '3'"):
        work(sent, tail="abcd")


def test_above_subscriptions_there_is_none() -> None:
    tenant = Frame(replace(GROUP, home="", subscription={}, group=None), {}, {})
    assert tenant.value("[resourceId('A.B/c', 'n')]") == "/providers/A.B/c/n"
    with pytest.raises(ExpressionError, match="SUBSCRIPTION"):
        tenant.value("[subscription().id]")
    on = Frame(replace(GROUP, home=f"/subscriptions/{SUBSCRIPTION}", group=None), {}, {})
    assert (
        on.value("[resourceId('rg', 'A.B/c', 'n')]")
        == f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/A.B/c/n"
    )


def test_reference_reads_all_of_a_resource_when_it_is_asked_to(sign_in: Any) -> None:
    arm = Arm(sign_in(scope=ARM), "2025-04-01")
    kind = "Microsoft.MachineLearningServices/workspaces"
    read = f"reference(resourceId('{kind}', 'vision'), '2024-10-01'"
    sent = template(
        outputs={
            "own": {"type": "string", "value": f"[{read}).friendlyName]"},
            "all": {"type": "string", "value": f"[{read}, 'Full').location]"},
            "WITH_CAPITALS": {"type": "string", "value": "[environment().resourceManager]"},
        }
    )
    found = deploy(arm, VISION, "reads-all", content(sent))["properties"]["outputs"]
    assert found["own"]["value"] == "Vision"
    assert found["all"]["value"] == arm.get(WORKSPACE, "2024-10-01").json()["location"]
    assert found["witH_CAPITALS"]["value"].startswith("https://127.0.0.1:")


def test_secrets_of_a_resource_are_asked_for_as_the_caller(sign_in: Any) -> None:
    """`list...` is a POST by the caller's own right."""
    arm = Arm(sign_in(scope=ARM), "2025-04-01")
    sent = template(outputs={"k": {"type": "object", "value": f"[listNothing('{WORKSPACE}', '2024-10-01')]"}})
    error = deploy(arm, VISION, "lists", content(sent))["properties"]["error"]
    assert error["details"][0]["code"] == "DeploymentOutputEvaluationFailed"
