"""Rights are the union over roles of actions without notActions; wildcards as Azure reads them."""

from __future__ import annotations

import pytest

from wizard.azure.model import Permission, Permissions, action_matches

ML = "Microsoft.MachineLearningServices/workspaces"


@pytest.mark.parametrize(
    ("action", "wildcard", "covered"),
    [
        (f"{ML}/read", "*", True),
        (f"{ML}/read", "*/read", True),
        (f"{ML}/read", f"{ML}/*/read", True),
        (f"{ML}/computes/read", f"{ML}/*/read", True),
        (f"{ML}/computes/read".upper(), f"{ML}/*/read", True),
        (f"{ML}/write", f"{ML}/*/read", False),
        (f"{ML}2/read", f"{ML}/*/read", False),
        ("a.b/c", "a?b/c", False),
        ("a.b/c", "a.b/[c]", False),
        ("axb/c", "a.b/c", False),
    ],
)
def test_wildcards(action: str, wildcard: str, *, covered: bool) -> None:
    assert action_matches(action, wildcard) is covered


def test_a_not_action_of_one_role_takes_nothing_from_another() -> None:
    contributor = Permission(("*",), ("Microsoft.Authorization/*/Write",))
    administrator = Permission(("Microsoft.Authorization/roleAssignments/write",))
    action = "Microsoft.Authorization/roleAssignments/write"
    assert not Permissions("/", (contributor,)).allows(action)
    assert Permissions("/", (contributor, administrator)).allows(action)
    assert Permissions("/", (contributor,)).missing([f"{ML}/read", action]) == (action,)
