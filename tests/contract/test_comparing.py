"""The comparison of a recorded answer with ours: what it finds, and what it lets pass."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.comparing import code_of, differences, shape_of
from tests.contract.recordings import Row

GROUP = {
    "id": "/subscriptions/s/resourceGroups/g",
    "name": "g",
    "properties": {"provisioningState": "Succeeded"},
}


def row(
    body: Any, status: int = 200, *, headers: dict[str, str] | None = None, follows: int | None = None
) -> Row:
    return Row(
        {
            "source": "azure-cli", "host_kind": "arm", "method": "GET", "status": status, "resp_body": body,
            "resp_headers": headers or {}, "lro_of": follows, "err": None, "truncated": None,
        }
    )  # fmt: skip


def found(recorded: Any, ours: Any, status: int = 200, **more: Any) -> list[str]:
    return differences(row(recorded, **more), status, {}, ours)


def test_the_same_answer_matches() -> None:
    assert found(GROUP, GROUP) == []


def test_values_do_not_count_and_more_is_no_fault() -> None:
    assert found({"name": "g", "count": 1}, {"name": "other", "count": 2.5, "more": True}) == []


def test_a_missing_property_is_found_wherever_it_is() -> None:
    ours = {"id": "x", "name": "g", "properties": {}}
    assert found(GROUP, ours) == ["missing properties.provisioningState"]


@pytest.mark.parametrize(
    ("recorded", "ours", "told"),
    [
        ({"a": "x"}, {"a": 1}, "type of a: string vs number"),
        ({"a": True}, {"a": 1}, "type of a: boolean vs number"),
        ({"a": []}, {"a": {}}, "type of a: array vs object"),
        ({"a": {}}, {"a": "x"}, "type of a: object vs string"),
    ],
)
def test_another_json_type_is_found(recorded: Any, ours: Any, told: str) -> None:
    assert found(recorded, ours) == [told]


def test_null_fits_every_type_but_the_name_must_be_there() -> None:
    assert found({"a": None, "b": "x"}, {"a": {"c": 1}, "b": None}) == []
    assert found({"a": None}, {}) == ["missing a"]


def test_elements_of_a_list_are_compared_as_one() -> None:
    recorded = {"value": [{"a": 1}, {"b": "x"}]}
    assert found(recorded, {"value": [{"a": 1, "b": "x"}]}) == []
    assert found(recorded, {"value": [{"a": 1}, {"a": 2}]}) == ["missing value[].b"]
    assert found(recorded, {"value": []}) == ["empty value"]
    assert found({"value": []}, {"value": [{"a": 1}]}) == []


def test_names_that_callers_choose_are_free() -> None:
    assert found({"tags": {"team": "a"}}, {"tags": {}}) == []
    one = {"/subscriptions/s/a": {"principalId": "p"}}
    assert found({"identities": one}, {"identities": {"/subscriptions/s/A": {"principalId": "q"}}}) == []
    assert found({"identities": one}, {"identities": {"/subscriptions/s/A": {}}}) == [
        "missing identities.{id}.principalId"
    ]


def test_another_status_is_found_with_the_reason_it_has() -> None:
    refusal = {"error": {"code": "LinkedAuthorizationFailed", "message": "The client 'x' lacks it."}}
    (told,) = found(GROUP, refusal, 403)
    assert told == "status 200 vs 403 LinkedAuthorizationFailed: The client '…' lacks it."
    assert found(GROUP, GROUP, 201) == ["status 200 vs 201"]


def test_the_code_and_shape_of_errors_count_and_their_words_do_not() -> None:
    recorded = {"error": {"code": "A", "message": "one", "details": []}}
    refused = row(recorded, 404)
    assert differences(refused, 404, {}, {"error": {"code": "A", "message": "two", "details": []}}) == []
    assert differences(refused, 404, {}, {"error": {"code": "B", "message": "two"}}) == [
        "error code A vs B",
        "error shape error{code,details,message} vs error{code,message}",
    ]


@pytest.mark.parametrize(
    ("body", "shape", "code"),
    [
        ({"error": {"code": "A", "message": "m"}}, "error{code,message}", "A"),
        ({"status": "Failed", "error": {"code": "A", "message": "m"}}, "status+error{code,message}", "A"),
        ({"code": "A", "message": "m"}, "flat{code,message}", "A"),
        ({"Code": "A", "Message": "m"}, "flat{Code,Message}", "A"),
        ({"odata.error": {"code": "A"}}, "odata.error{code}", "A"),
        (None, "empty", ""),
        ("<html>", "non-json", ""),
    ],
)
def test_every_shape_of_an_error_has_its_name(body: Any, shape: str, code: str) -> None:
    assert (shape_of(body), code_of(body)) == (shape, code)


def test_polling_headers_must_be_the_recorded_ones() -> None:
    begun = row(GROUP, 201, headers={"azure-asyncoperation": "https://x"})
    assert differences(begun, 201, {"Location": "https://y"}, GROUP) == [
        "header azure-asyncoperation missing",
        "header location not recorded",
    ]
    assert differences(begun, 201, {"Azure-AsyncOperation": "https://y"}, GROUP) == []


def test_how_an_operation_stands_counts_but_not_the_word_for_it() -> None:
    assert found({"status": "InProgress"}, {"status": "Running"}, follows=1) == []
    assert found({"status": "InProgress"}, {"status": "Succeeded"}, follows=1) == [
        "operation running vs succeeded"
    ]
    assert found({"status": "Failed"}, {"status": "Succeeded"}, follows=1) == [
        "operation failed vs succeeded"
    ]


def test_a_body_that_its_recorder_broke_is_not_compared() -> None:
    assert found('{"properties":{"roleDefinition', {"properties": {}}) == []
