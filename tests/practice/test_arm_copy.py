from __future__ import annotations

from typing import Any

import pytest

from tests.practice.arm_support import ARM, DEPLOYMENTS, VISION, Arm, Hands, content, deploy, template
from tests.practice.test_arm_template import resource, work
from wizard.practice.arm.template.compile import Compiled, body, output
from wizard.practice.arm.template.evaluate import Frame
from wizard.practice.arm.template.parameters import TemplateError


def bodies(plan: Compiled) -> list[dict[str, Any]]:
    return [body(plan.frame, one, Frame.value) for one in plan.resources]


def outputs(plan: Compiled) -> dict[str, Any]:
    return {name: output(plan.frame, name, one)[name].get("value") for name, one in plan.outputs.items()}


def test_a_resource_is_made_as_often_as_it_says_with_names_of_its_own() -> None:
    copy = {"name": "many", "count": "[length(parameters('names'))]"}
    sent = template(
        resource(
            "[concat(parameters('names')[copyIndex()], copyIndex(1), copyIndex('many', 10))]",
            copy=copy,
            tags={"n": "[string(copyIndex())]"},
        ),
        resource("after", dependsOn=["many"]),
        parameters={"names": {"type": "array"}},
    )
    plan = work(sent, names=["a", "b"])
    assert [one.name for one in plan.resources] == ["a110", "b211", "after"]
    assert [one["tags"]["n"] for one in bodies(plan)[:2]] == ["0", "1"]
    assert plan.resources[2].depends == tuple(one.id for one in plan.resources[:2])
    assert work(sent, names=[]).resources[0].depends == ()


@pytest.mark.parametrize(
    ("copy", "before"),
    [
        ({}, [[], [], [], []]),
        ({"mode": "serial"}, [[], [0], [1], [2]]),
        ({"mode": "Serial", "batchSize": 2}, [[], [], [0, 1], [0, 1]]),
    ],
)
def test_loops_go_side_by_side_or_in_batches(copy: dict[str, Any], before: list[list[int]]) -> None:
    plan = work(template(resource("[concat('x', copyIndex())]", copy={"name": "c", "count": 4} | copy)))
    named = {one.id: int(one.name[1:]) for one in plan.resources}
    waits = {one.name: [named[key] for key in one.depends] for one in plan.resources}
    assert [waits[f"x{n}"] for n in range(4)] == before


def test_properties_variables_and_outputs_have_loops_too() -> None:
    sent = template(
        resource(
            "one",
            properties={
                "copy": [
                    {"name": "rules", "count": 2, "input": {"name": "[concat('r', copyIndex('rules', 1))]"}},
                    {
                        "name": "flat",
                        "count": "[length(variables('list'))]",
                        "input": "[variables('list')[copyIndex('flat')]]",
                    },
                ],
                "inner": {"copy": [{"name": "deep", "count": 1, "input": "[copyIndex('deep')]"}]},
            },
        ),
        variables={
            "copy": [{"name": "list", "count": 3, "input": "[mul(copyIndex('list'), 2)]"}],
            "held": {"copy": [{"name": "in", "count": 2, "input": "[copyIndex('in')]"}], "plain": True},
        },
        outputs={
            "all": {"type": "array", "copy": {"count": 2, "input": "[concat('o', copyIndex())]"}},
            "held": {"type": "object", "value": "[variables('held')]"},
            "left": {"type": "string", "condition": False, "value": "[nosuch()]"},
        },
    )
    plan = work(sent)
    (made,) = bodies(plan)
    assert made["properties"] == {
        "rules": [{"name": "r1"}, {"name": "r2"}],
        "flat": [0, 2, 4],
        "inner": {"deep": [0]},
    }
    del plan.outputs["left"]  # type: ignore[attr-defined] # the test's own template
    assert outputs(plan) == {"all": ["o0", "o1"], "held": {"in": [0, 1], "plain": True}}


def test_symbolic_names_stand_for_resources_and_for_whole_loops() -> None:
    sent = template(languageVersion="2.0")
    sent["resources"] = {
        "sites": resource("[concat('s', copyIndex())]", copy={"name": "sites", "count": 2}),
        "second": resource("second", dependsOn=["sites[1]"]),
        "all": resource("all", properties={"n": "[length(references('sites'))]"}),
        "old": resource("old", existing=True),
        "uses": resource("uses", properties={"x": "[reference('old', 'full').location]"}, dependsOn=["old"]),
    }
    plan = work(sent)
    found = {one.symbol: one for one in plan.resources}
    assert found["second"].depends == (found["sites[1]"].id,)
    assert found["all"].depends == (found["sites[0]"].id, found["sites[1]"].id)
    assert (found["uses"].depends, "old" in found) == ((), False)
    frame = plan.reading(lambda what, _, full: {"id": what, "location": full})
    assert body(frame, found["uses"], Frame.value)["properties"]["x"] is True
    assert body(frame, found["all"], Frame.value)["properties"]["n"] == 2


def test_a_name_of_a_resource_of_the_template_is_enough_to_refer_to_it() -> None:
    sent = template(resource("net"), resource("uses", properties={"x": "[reference('net').y]"}))
    plan = work(sent)
    seen: list[str] = []

    def read(what: str, version: str | None, full: bool) -> Any:
        seen.append(what)
        return {"y": 1}

    assert body(plan.reading(read), plan.resources[1], Frame.value)["properties"]["x"] == 1
    assert seen == [plan.resources[0].id]


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (template(resource("[concat('x', copyIndex())]")), "copyIndex' is not expected at this location"),
        (template(resource("x", copy={"count": 2})), "has no name"),
        (template(resource("x", copy={"name": "c", "count": 801})), "copy count '801'"),
        (template(resource("x", copy={"name": "c", "count": 2})), "defined multiple times"),
        (template(resource("x", copy=[1])), "x.copy"),
    ],
)
def test_a_wrong_loop_says_what_is_wrong(sent: Any, words: str) -> None:
    with pytest.raises(TemplateError) as fault:
        work(sent)
    assert words in str(fault.value)


def test_a_hundred_resources_of_a_loop_are_deployed(sign_in: Any) -> None:
    arm = Arm(sign_in(scope=ARM), "2025-04-01")
    spec = {
        "type": "Microsoft.Resources/templateSpecs",
        "apiVersion": "2022-02-01",
        "name": "[format('many{0:D3}', copyIndex())]",
        "location": "westeurope",
        "properties": {},
        "copy": {"name": "many", "count": 100},
    }
    found = deploy(arm, VISION, "many", content(template(spec)))["properties"]
    assert (found["provisioningState"], len(found["outputResources"])) == ("Succeeded", 100)


def test_a_serial_loop_takes_longer_than_a_parallel_one(other_world: Any) -> None:
    hands = Hands()
    _, sign_in = other_world(clock=hands.clock)
    arm = Arm(sign_in(scope=ARM), "2025-04-01")
    took = []
    for mode in ("parallel", "serial"):
        spec = {
            "type": "Microsoft.Resources/templateSpecs",
            "apiVersion": "2022-02-01",
            "name": f"[concat('{mode}', copyIndex())]",
            "location": "westeurope",
            "properties": {},
            "copy": {"name": "c", "count": 4, "mode": mode},
        }
        assert arm.put(f"{VISION}{DEPLOYMENTS}/{mode}", content(template(spec))).status_code == 201
        hands.on(600)
        properties = arm.get(f"{VISION}{DEPLOYMENTS}/{mode}").json()["properties"]
        assert properties["provisioningState"] == "Succeeded"
        took.append(float(properties["duration"].strip("PTS")))
    assert took[1] > took[0] * 2
