"""What a change of a role adds and removes, and how a role is drawn."""

from __future__ import annotations

from wizard.drawing import WIDTH
from wizard.roles.algebra import FULL, OWN_NETWORK
from wizard.roles.diff import difference
from wizard.roles.picture import drawn
from wizard.roles.role import Role

WHOLE = Role("hopsworks.ai", actions=FULL)
LESS = Role("hopsworks.ai", actions=tuple(a for a in FULL if a not in OWN_NETWORK))


def test_neither_order_nor_case_is_a_difference() -> None:
    turned = Role(actions=tuple(action.upper() for action in reversed(FULL)))
    assert difference(WHOLE, turned).count == 0
    assert WHOLE.same_rights(turned)


def test_a_change_is_told_in_numbers() -> None:
    change = difference(WHOLE, LESS)
    assert change.removed == tuple(a for a in FULL if a in OWN_NETWORK)
    assert change.sentence == "This change removes 6, adds 0."
    assert difference(LESS, WHOLE).sentence == "This change removes 0, adds 6."


def test_actions_of_the_other_lists_bear_their_list() -> None:
    change = difference(Role(), Role(not_actions=("a/b",), data_actions=("c/d",)))
    assert change.added == ("not a/b", "data: c/d")


def test_the_picture_counts_by_provider_and_type_and_tells_the_change() -> None:
    text = drawn(LESS, WHOLE, full=42).text
    assert text.startswith("hopsworks.ai · 36 actions (of 42)\n")
    assert "virtualMachines 7 · disks 4" in text
    assert "In Azure now: 42 actions. This change removes 6, adds 0." in text
    assert "- Microsoft.Network/virtualNetworks/write" in text
    assert max(len(row) for row in text.splitlines()) <= WIDTH


def test_the_picture_says_when_nothing_is_there_or_nothing_changes() -> None:
    assert drawn(WHOLE, None).text.endswith("In Azure now: no role of this name.")
    assert drawn(WHOLE, WHOLE).text.endswith("In Azure now: 42 actions. Nothing changes.")


def test_a_long_list_of_changes_is_cut_and_says_so() -> None:
    text = drawn(Role("r", actions=FULL), Role("r")).text
    assert text.endswith("  and 34 more")
