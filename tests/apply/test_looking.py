"""Whether what stands says what is wanted, and whose rights count where a scope does not exist yet."""

from __future__ import annotations

from typing import Any

import pytest

from wizard.apply.looking import at, says
from wizard.apply.rights import _above
from wizard.plan import Derived, Ref

GROUP = "/subscriptions/S/resourceGroups/g"


@pytest.mark.parametrize(
    ("found", "wanted", "same"),
    [
        ({"a": "X", "id": "more"}, {"a": "x"}, True),
        ({"a": ["two", "ONE"]}, {"a": ["one", "Two"]}, True),
        ({"a": ["one", "two", "three"]}, {"a": ["one", "two"]}, False),
        ({"a": [{"b": 1, "c": 2}]}, {"a": [{"b": 1}]}, True),
        ({"a": [{"b": 2}]}, {"a": [{"b": 1}]}, False),
        ({}, {"a": "x"}, False),
        ("text", {"a": 1}, False),
        ({"a": False}, {"a": True}, False),
        ({"a": "known"}, {"a": Ref("one", "id")}, True),
        ({"a": "other"}, {"a": Ref("one", "id")}, False),
        ({"a": "anything"}, {"a": Ref("nobody", "id")}, True),
        ({"a": "anything"}, {"a": Derived((Ref("nobody", "id"),))}, True),
    ],
)
def test_what_stands_says_what_is_wanted(found: Any, wanted: Any, *, same: bool) -> None:
    assert says(found, wanted, {"one": {"id": "KNOWN"}}) is same


def test_a_path_leads_through_lists() -> None:
    assert at({"properties": {"rules": [{"name": "x"}]}}, "properties.rules[0].name") == "x"
    assert at({"properties": {"rules": []}}, "properties.rules[0].name") is None


@pytest.mark.parametrize(
    ("scope", "above"),
    [
        (
            f"{GROUP}/providers/Microsoft.Network/virtualNetworks/v/subnets/s",
            f"{GROUP}/providers/Microsoft.Network/virtualNetworks/v",
        ),
        (f"{GROUP}/providers/Microsoft.Storage/storageAccounts/a", GROUP),
        (GROUP, "/subscriptions/S"),
        ("/subscriptions/S", ""),
    ],
)
def test_a_scope_that_is_not_there_inherits_the_rights_of_the_one_above(scope: str, above: str) -> None:
    assert _above(scope) == above
