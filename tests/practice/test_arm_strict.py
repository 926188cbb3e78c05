from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.practice.arm_support import (
    ARM,
    DEPLOYMENTS,
    LEGACY,
    READER,
    RESEARCH,
    VISION,
    Arm,
    content,
    grant,
    group,
    role_id,
    template,
)

ROLES = f"{VISION}/providers/Microsoft.Authorization"
BODIES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "group": ("PUT", f"{RESEARCH}/resourcegroups/fuzz", {"location": "uksouth", "tags": {"a": "b"}, "managedBy": "x"}),
    "tags": ("PATCH", VISION, {"tags": {"a": "b"}}),
    "workspace": (
        "PUT",
        f"{VISION}/providers/Microsoft.MachineLearningServices/workspaces/fuzz",
        {
            "location": "westeurope",
            "identity": {"type": "SystemAssigned"},
            "properties": {"storageAccount": f"{VISION}/x", "keyVault": f"{VISION}/y"},
        },
    ),
    "assignment": (
        "PUT",
        f"{ROLES}/roleAssignments/00000000-0000-4000-8000-00000000f022",
        {"properties": {"roleDefinitionId": role_id(READER), "principalId": LEGACY, "principalType": "ServicePrincipal"}},
    ),
    "role": (
        "PUT",
        f"{ROLES}/roleDefinitions/00000000-0000-4000-8000-00000000f022",
        {
            "properties": {
                "roleName": "Fuzz",
                "assignableScopes": [VISION],
                "permissions": [{"actions": ["Microsoft.Resources/*"], "notActions": []}],
            }
        },
    ),
    "deployment": ("PUT", f"{VISION}{DEPLOYMENTS}/fuzz", content(template(grant(READER), outputs={"o": {"type": "string", "value": "x"}}))),
    "preview": (
        "POST",
        f"{RESEARCH}{DEPLOYMENTS}/fuzz/whatIf",
        content(template(group("g", tags={"a": "[parameters('p')]"}), parameters={"p": {"type": "string"}}), "uksouth", p="x"),
    ),
}  # fmt: skip
_STRANGE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.text(max_size=8),
    st.sampled_from(
        ["[f()]", "[concat(1)]", "[reference('x')]", "/subscriptions", [], {}, [{}], {"value": 1}, ["x"]]
    ),
)


@pytest.fixture(scope="module")
def ada(sign_in: Any) -> Arm:
    return Arm(sign_in(scope=ARM), "2025-04-01")


def places(body: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    return [path] * bool(path) + [place for key, one in inner for place in places(one, (*path, key))]


@pytest.mark.parametrize("name", BODIES)
@given(drawn=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_body_makes_practice_azure_itself_fail(ada: Arm, name: str, drawn: st.DataObject) -> None:
    """Whatever stands somewhere in a body that is otherwise right, the answer is Azure's, never a 500."""
    method, path, body = BODIES[name]
    strange = copy.deepcopy(body)
    for _ in range(drawn.draw(st.integers(1, 2))):
        *way, last = drawn.draw(st.sampled_from(places(strange)))
        within: Any = strange
        for key in way:
            within = within[key]
        within[last] = copy.deepcopy(drawn.draw(_STRANGE))
    answer = ada.ask(method, path, strange)
    assert answer.status_code < 500, answer.text
    assert answer.status_code < 300 or set(answer.json()["error"]) >= {"code", "message"}
    later = ada.get(f"{VISION}{DEPLOYMENTS}/fuzz/operations")
    assert later.status_code in (200, 404)
    assert "InternalServerError" not in later.text
