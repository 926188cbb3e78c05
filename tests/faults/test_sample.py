"""A few cells of the harness, so that it is tried with the rest; ``python -m tests.faults`` tries many, with ``--all`` every one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.__main__ import SAMPLE
from tests.faults.catalogue import KINDS, LEFT_OUT
from tests.faults.choosing import cells, part_of, sample
from tests.faults.conditions import CONDITIONS
from tests.faults.flows import FLOWS
from tests.faults.operations import Operation, operation_of
from tests.faults.stage import Prepared, Stage
from tests.rehearsal import restore
from wizard.practice.faults import parse
from wizard.practice.kernel import Request

_FLOWS = {flow.name: flow for flow in FLOWS}
_CELLS = (
    ("apply hi-ml", "2 reset after the work", "addPassword"),
    ("apply hi-ml", "12 504 after the work", "PATCH"),
    ("apply hi-ml", "14 cut JSON", "addPassword"),
    ("rotate", "2 reset after the work", "addPassword"),
    ("rotate", "78 404, once", "removePassword"),
    ("undo hi-ml", "78 404, once", "DELETE /v1.0/applications/*"),
)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with Stage.opened(tmp_path_factory.mktemp("faults")) as opened:
        yield opened


@pytest.fixture(scope="module")
def prepared(stage: Stage) -> dict[str, Prepared]:
    return {name: stage.prepare(_FLOWS[name]) for name in ("apply hi-ml", "rotate", "undo hi-ml")}


@pytest.mark.parametrize(("flow", "label", "operation"), _CELLS)
def test_a_fault_is_told_and_survived(
    stage: Stage, prepared: dict[str, Prepared], flow: str, label: str, operation: str
) -> None:
    at = prepared[flow]
    (cell, *_) = [
        one
        for one in cells(flow, at.operations)
        if one.kind.label == label and operation in str(one.operation)
    ]
    assert stage.disturb(at, cell.kind.make(cell.operation), hurried=cell.kind.hurried) == ()


def test_a_run_that_is_wrong_is_seen(stage: Stage, prepared: dict[str, Prepared]) -> None:
    """The judge has eyes: what stands at the end of another flow is not the right end of this one."""
    at = prepared["undo hi-ml"]
    restore(stage.running.ca.parent, at.azure)
    (cell, *_) = [
        one for one in cells("apply hi-ml", prepared["apply hi-ml"].operations) if one.kind.number == 1
    ]
    assert "the fault was never met" in stage.disturb(
        at, [Operation("PUT", "/nowhere").fault(close="before")]
    )
    assert cell.operation in prepared["apply hi-ml"].operations


def test_every_fault_of_the_list_is_injected_or_left_out_for_a_reason() -> None:
    injected = {kind.number for kind in KINDS} | {condition.number for condition in CONDITIONS}
    assert injected | set(LEFT_OUT) == {*range(1, 81)}
    assert injected & set(LEFT_OUT) == set()
    assert all(len(why) > 20 for why in LEFT_OUT.values())


def test_every_kind_is_a_fault_that_practice_azure_knows() -> None:
    operation = Operation(
        "PUT", "/subscriptions/*/resourceGroups/*/providers/Microsoft.Resources/deployments/*"
    )
    for kind in KINDS:
        for fault in kind.make(operation):
            assert fault.effects, kind.label
            assert parse({"faults": []}) == ()
            assert not fault.status or 200 <= fault.status <= 599


def test_a_sample_leaves_out_no_fault_and_no_operation(prepared: dict[str, Prepared]) -> None:
    every = cells("rotate", prepared["rotate"].operations)
    chosen = sample(every, SAMPLE["rotate"], seed=5)
    assert len(chosen) == SAMPLE["rotate"]
    assert {one.kind.label for one in chosen} == {one.kind.label for one in every}
    assert {one.operation for one in chosen} == {one.operation for one in every}
    parts = [part_of(chosen, part, 2) for part in range(2)]
    assert sorted(map(str, (*parts[0], *parts[1]))) == sorted(map(str, chosen))


@pytest.mark.parametrize(
    ("method", "path", "body", "shown"),
    [
        ("GET", "/subscriptions/s/resourceGroups/g", b"", "GET /subscriptions/*/resourceGroups/*"),
        ("PUT", "/subscriptions/s/providers/A.B/c/n/d/m", b"", "PUT /subscriptions/*/providers/A.B/c/*/d/*"),
        ("GET", "/v1.0/applications(uniqueName='a/b')", b"", "GET /v1.0/applications(uniqueName='*')"),
        ("POST", "/t/oauth2/v2.0/token", b"grant_type=client_credentials", "POST /*/oauth2/v2.0/token (client_credentials)"),
    ],
)  # fmt: skip
def test_the_operation_of_a_request(method: str, path: str, body: bytes, shown: str) -> None:
    request = Request(method, path, {}, {}, body, "https://127.0.0.1:1")
    operation = operation_of(request)
    assert str(operation) == shown
    assert operation.fault(status=500).fits(request)
