from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.practice.arm_support import facts
from wizard.practice.arm import facts as own
from wizard.practice.arm import ids
from wizard.practice.arm.rights import grants, matches

_NAMES = st.text("abcXYZ09.", min_size=1, max_size=6)
_ACTIONS = st.lists(_NAMES, min_size=1, max_size=5).map("/".join)


@given(_ACTIONS)
def test_an_action_covers_itself_in_any_case(action: str) -> None:
    assert matches(action.upper(), action.lower())


@given(_ACTIONS, st.data())
def test_a_star_stands_for_any_part_of_an_action(action: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(action)))
    end = data.draw(st.integers(start, len(action)))
    assert matches(action[:start] + "*" + action[end:], action)


@given(_ACTIONS, _ACTIONS)
def test_without_a_star_nothing_else_is_covered(pattern: str, action: str) -> None:
    assert matches(pattern, action) == (pattern.lower() == action.lower())


@given(_ACTIONS, _ACTIONS)
def test_what_follows_the_star_must_be_at_the_end(tail: str, action: str) -> None:
    assert matches("*/" + tail, action) == action.lower().endswith("/" + tail.lower())


@pytest.mark.parametrize("sign", ["[a-z]", "a.c", "(x)", "a+", "^a$"])
def test_other_signs_of_patterns_mean_themselves(sign: str) -> None:
    assert matches(sign, sign)
    assert not matches(sign, "abc")


def test_a_star_between_slashes_stands_for_nothing_too() -> None:
    """The Data Scientist's notActions (`workspaces/write`) would mean nothing if it were otherwise."""
    assert matches("Microsoft.X/workspaces/*/write", "microsoft.x/workspaces/write")
    assert matches("Microsoft.X/workspaces/*/write", "Microsoft.X/workspaces/a/b/write")
    assert not matches("Microsoft.X/workspaces/*/write", "Microsoft.X/workspaces/writes")
    assert not matches("Microsoft.X/workspaces/*/write", "Microsoft.X/workspaceswrite")


def _role(name: str) -> tuple[dict[str, list[str]], ...]:
    role = own.role_named(name)
    assert role is not None
    return tuple(dict(one) for one in role.permissions)


def _operations(namespace: str) -> list[str]:
    found = facts("provider_operations.json")["operations"][namespace]
    return [one["name"] for one in found if not one["isDataAction"]]


def test_the_contributor_may_do_all_but_write_and_delete_rights() -> None:
    denied = {one for one in _operations("Microsoft.Authorization") if not grants(_role("Contributor"), one)}
    assert "Microsoft.Authorization/roleAssignments/write" in denied
    assert all(re.search("/(write|delete)$|elevateAccess/action$", one, re.IGNORECASE) for one in denied)
    assert all(grants(_role("Contributor"), one) for one in _operations("Microsoft.MachineLearningServices"))


def test_the_reader_may_read_and_nothing_else() -> None:
    for namespace in ("Microsoft.Resources", "Microsoft.MachineLearningServices", "Microsoft.Storage"):
        for action in _operations(namespace):
            assert grants(_role("Reader"), action) == action.lower().endswith("/read"), action


def test_the_data_scientist_may_not_make_compute_nor_change_the_workspace() -> None:
    allowed = {
        one
        for one in _operations("Microsoft.MachineLearningServices")
        if grants(_role("AzureML Data Scientist"), one)
    }
    base = "Microsoft.MachineLearningServices/workspaces"
    assert {f"{base}/read", f"{base}/jobs/write", f"{base}/computes/read"} <= allowed
    assert (
        not {f"{base}/write", f"{base}/delete", f"{base}/computes/write", f"{base}/listKeys/action"} & allowed
    )


def test_the_owner_may_do_everything() -> None:
    assert all(grants(_role("Owner"), one) for one in _operations("Microsoft.Authorization"))


@given(st.lists(_NAMES, min_size=1, max_size=3), st.lists(_NAMES, max_size=2))
def test_what_holds_at_a_scope_holds_within_it_only(above: list[str], below: list[str]) -> None:
    scope = "/" + "/".join(above)
    inside = "/".join([scope, *below])
    assert ids.covers(scope, inside.upper())
    assert ids.covers("/", inside)
    assert not ids.covers(scope, scope + "x")
    assert ids.covers(inside, scope) == (not below)


@pytest.mark.parametrize(
    ("text", "kind", "name", "scope"),
    [
        (
            "/subscriptions/s/RESOURCEGROUPS/g",
            "Microsoft.Resources/resourceGroups",
            "g",
            "/subscriptions/s/resourceGroups/g",
        ),
        (
            "/subscriptions/s/resourceGroups/g/providers/A.B/c/n",
            "A.B/c",
            "n",
            "/subscriptions/s/resourceGroups/g",
        ),
        (
            "/subscriptions/s/resourceGroups/g/providers/A.B/c/n/d/m",
            "A.B/c/d",
            "n/m",
            "/subscriptions/s/resourceGroups/g",
        ),
        (
            "/subscriptions/s/resourceGroups/g/providers/A.B/c/n/providers/E.F/h/x",
            "E.F/h",
            "x",
            "/subscriptions/s/resourceGroups/g/providers/A.B/c/n",
        ),
        ("/providers/A.B/c/n", "A.B/c", "n", "/"),
    ],
)
def test_ids_of_every_form_are_read(text: str, kind: str, name: str, scope: str) -> None:
    found = ids.parse(text)
    assert (found.type, found.name, found.scope.text) == (kind, name, scope)
    assert ids.same(found.text, text)


@pytest.mark.parametrize(
    "text", ["/subscriptions", "/subscriptions/s/foo", "/providers/A", "/providers/A.B/c", "x/y"]
)
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"id|subscription"):
        ids.parse(text)
