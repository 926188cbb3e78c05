"""The schema switch: Microsoft's definitions accept Microsoft's examples and refuse what is broken, and practice Azure asks them."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.practice.arm_support import ARM, RESEARCH, SHARED, VISION, Arm, refusal
from tests.practice.conftest import signer
from wizard.practice import start
from wizard.practice.arm.schemas import Schemas
from wizard.practice.launcher import PracticeError

FOLDER = SHARED / "azure/schemas/arm"
EXAMPLES = SHARED / "azure/schemas/examples"


@pytest.fixture(scope="module")
def schemas() -> Schemas:
    if not FOLDER.exists():
        pytest.skip("Microsoft's schemas are not beside this checkout")
    return Schemas(FOLDER)


def _examples() -> Iterator[tuple[str, Path, dict[str, Any]]]:
    index = json.loads((FOLDER / "INDEX.json").read_text("utf-8"))
    for kind in index:
        for path in sorted((EXAMPLES / kind.replace("/", "_")).glob("*.json")):
            yield kind, path, json.loads(path.read_text("utf-8"))


def test_every_example_of_microsofts_passes(schemas: Schemas) -> None:
    refused = {
        path.name: faults
        for kind, path, example in _examples()
        if (faults := list(schemas.faults(kind, example["name"], example["body"])))
    }
    assert refused == {}


def _mutants(body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """A property nobody knows at the top and inside, and properties that are no object."""
    yield "unknown member", body | {"azimuthKnowsNothing": 1}
    if isinstance(body.get("properties"), dict):
        inner = copy.deepcopy(body)
        inner["properties"]["azimuthKnowsNothing"] = 1
        yield "unknown property", inner
        yield "properties of another type", body | {"properties": ["a list"]}
    if "location" in body:
        yield "location of another type", body | {"location": {"name": "westeurope"}}


def test_every_mutant_of_them_is_refused(schemas: Schemas) -> None:
    passed = [
        (path.name, what)
        for kind, path, example in _examples()
        for what, mutant in _mutants(example["body"])
        if not list(schemas.faults(kind, example["name"], mutant))
    ]
    assert passed == []


@pytest.fixture(scope="module")
def strict(schemas: Schemas, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arm]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AZIMUTH_PRACTICE_SCHEMAS", str(FOLDER))
        running = start(tmp_path_factory.mktemp("strict"))
    with running:
        yield Arm(signer(running)(scope=ARM))


IDENTITY = f"{VISION}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/strict"


def test_a_put_that_the_schema_refuses_is_refused_in_azures_shape(strict: Arm) -> None:
    answer = strict.put(
        IDENTITY, {"location": "westeurope", "properties": {"nonsense": 1}}, version="2024-11-30"
    )
    assert refusal(answer) == (400, "InvalidRequestContent")
    assert "Could not find member 'nonsense'" in answer.json()["error"]["message"]
    assert "Path 'properties.nonsense'" in answer.json()["error"]["message"]


def test_a_missing_property_and_a_wrong_type_are_told(strict: Arm) -> None:
    missing = strict.put(IDENTITY, {"tags": {}}, version="2024-11-30")
    assert refusal(missing) == (400, "InvalidRequestContent")
    assert '"location"' in missing.json()["error"]["message"]
    wrong = strict.put(IDENTITY, {"location": 5}, version="2024-11-30")
    assert "Error converting value 5" in wrong.json()["error"]["message"]


def test_groups_and_deployments_are_judged_too(strict: Arm) -> None:
    group = strict.put(
        f"{RESEARCH}/resourceGroups/strict", {"location": "westeurope", "odd": 1}, version="2021-04-01"
    )
    assert refusal(group) == (400, "InvalidRequestContent")
    deployment = strict.put(
        f"{VISION}/providers/Microsoft.Resources/deployments/odd",
        {"properties": {"mode": "Sideways", "template": {}}},
        version="2025-04-01",
    )
    assert refusal(deployment) == (400, "InvalidRequestContent")
    assert "Sideways" in deployment.json()["error"]["message"]


def test_what_the_schema_accepts_is_made(strict: Arm) -> None:
    made = strict.put(f"{RESEARCH}/resourceGroups/strict", {"location": "westeurope"}, version="2021-04-01")
    assert made.status_code == 201


def test_a_folder_without_schemas_is_told_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZIMUTH_PRACTICE_SCHEMAS", str(tmp_path))
    with pytest.raises(PracticeError, match=r"INDEX\.json"):
        start(tmp_path / "practice")
