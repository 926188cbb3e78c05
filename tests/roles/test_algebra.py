"""The algebra of the two roles against the facts file: every list, the count table, all combinations of switches."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from wizard.answers import Answers
from wizard.roles import algebra
from wizard.roles.algebra import Switches, cross_actions, cross_of, identity_actions, same, without

FACTS = Path(__file__).parents[2] / "../shared/guides/data/hopsworks.json"


@pytest.fixture(scope="module")
def facts() -> Any:
    if not FACTS.exists():
        pytest.skip("the facts file ../shared/guides/data/hopsworks.json is not here")
    return json.loads(FACTS.read_text(encoding="utf-8"))


def test_the_lists_are_hopsworks_own(facts: Any) -> None:
    cross, subsets = facts["crossAccount"], facts["crossAccount"]["subsets"]
    assert list(algebra.FULL) == cross["full"]
    assert list(algebra.DOCS_3X_ACTIONS) == cross["docs3xBase"]
    assert list(algebra.DOCS_3X_OPTIONAL) == cross["docs3xOptional"]
    ours = {
        "ownNetwork": algebra.OWN_NETWORK,
        "backup": algebra.BACKUP,
        "publicIp": algebra.PUBLIC_IP,
        "ports": algebra.PORTS,
        "storageDropdown": algebra.STORAGE_DROPDOWN,
        "diskReadTail": algebra.DISK_READ,
    }
    assert {name: set(actions) for name, actions in ours.items()} == {n: set(a) for n, a in subsets.items()}


def test_the_identity_lists_are_hopsworks_own(facts: Any) -> None:
    identity = facts["managedIdentity"]
    groups = {name: (set(g["actions"]), set(g["dataActions"])) for name, g in identity["groups"].items()}
    assert groups == {
        "storage": (set(algebra.STORAGE), set(algebra.STORAGE_DATA)),
        "backup": (set(algebra.IDENTITY_BACKUP), set()),
        "acr": (set(algebra.REGISTRY), set()),
        "aks": (set(algebra.KUBERNETES), set()),
    }
    assert list(algebra.UPGRADE) == identity["upgradeRole"]["actions"]


# backups, upgrades, public IP, ports, drop-down: actions with a network of one's own, and without (section 0.2).
COUNTS = (
    ("1*111", 36, 42),
    ("1*110", 35, 41),
    ("1*101", 34, 40),
    ("1*100", 33, 39),
    ("1*011", 32, 38),
    ("1*010", 31, 37),
    ("1*001", 30, 36),
    ("1*000", 29, 35),
    ("01111", 32, 38),
    ("01000", 25, 31),
    ("00111", 31, 37),
    ("00110", 30, 36),
    ("00101", 29, 35),
    ("00011", 27, 33),
    ("00000", 24, 30),
)


@pytest.mark.parametrize(("row", "own", "not_own"), COUNTS)
def test_the_count_table(row: str, own: int, not_own: int) -> None:
    for upgrades in "01" if row[1] == "*" else row[1]:
        backups, _, public_ip, ports, dropdown = (sign == "1" for sign in row)
        for own_network, count in ((True, own), (False, not_own)):
            switches = Switches(
                own_network, backups, public_ip, ports, dropdown, upgrades == "1", managed_users=True
            )
            assert len(cross_actions("limited", switches)) == count


def test_the_list_that_the_document_prints(facts: Any) -> None:
    """Contradiction 1: the printed list has 31 actions, not 32, since disks/read is dropped silently."""
    printed = facts["crossAccount"]["seedPrintedNoBackup"]
    assert list(cross_actions("limited", Switches(backups=False, upgrades=False))) == printed
    assert set(cross_actions("limited", Switches())) == set(facts["crossAccount"]["base"])


def test_every_combination_of_switches(facts: Any) -> None:
    """The formula of the facts file, worked out anew from its own lists."""
    cross, part = facts["crossAccount"], facts["crossAccount"]["subsets"]
    for on in itertools.product((True, False), repeat=7):
        switches = Switches(*on)
        left = set(cross["full"])
        left -= set(part["ownNetwork"] if switches.own_network else [])
        left -= set([] if switches.backups else part["backup"])
        left -= set([] if switches.public_ip else part["publicIp"])
        left -= set([] if switches.ports_from_ui else part["ports"])
        left -= set([] if switches.storage_dropdown else part["storageDropdown"])
        left -= set([] if switches.backups or switches.upgrades else part["diskReadTail"])
        computed = cross_actions("limited", switches)
        assert set(computed) == left
        assert len(computed) == len(left)
        assert {"Microsoft.Compute/virtualMachines/write", "Microsoft.Compute/disks/write"} <= left


def test_other_profiles_do_not_mind_the_switches() -> None:
    nothing = Switches(
        backups=False, public_ip=False, ports_from_ui=False, storage_dropdown=False, upgrades=False
    )
    assert cross_actions("full", nothing) == algebra.FULL
    assert cross_actions("docs-3.x", nothing) == algebra.DOCS_3X_ACTIONS


@pytest.mark.parametrize("backups", [True, False])
@pytest.mark.parametrize("acr", [True, False])
@pytest.mark.parametrize("aks", [True, False])
def test_the_identity_role(backups: bool, acr: bool, aks: bool, facts: Any) -> None:
    actions, data_actions = identity_actions(backups=backups, acr=acr, aks=aks)
    groups = facts["managedIdentity"]["groups"]
    wanted = [("storage", True), ("backup", backups), ("acr", acr), ("aks", aks)]
    assert set(actions) == {a for name, on in wanted if on for a in groups[name]["actions"]}
    assert set(data_actions) == set(groups["storage"]["dataActions"])
    # Contradiction 5: reading the blob service stays, whatever is switched off.
    assert "Microsoft.Storage/storageAccounts/blobServices/read" in actions


def test_the_upgrade_list_is_no_part_of_the_cross_account_role() -> None:
    """Contradictions 2 and 3: upgrades off must not stop Hopsworks from starting machines."""
    assert "Microsoft.Storage/storageAccounts/listKeys/action" not in algebra.FULL
    off = cross_actions("limited", Switches(upgrades=False))
    assert {"Microsoft.Compute/virtualMachines/write", "Microsoft.Compute/disks/write"} <= set(off)


def test_answers_give_the_switches() -> None:
    answers = Answers({"permission_profile": "limited", "public_ip": False, "backups": False}, ())
    assert Switches.of(answers) == Switches(public_ip=False, backups=False)
    assert len(cross_of(answers)) == 28
    assert cross_of(Answers({"permission_profile": "full", "public_ip": False}, ())) == algebra.FULL


def test_actions_are_compared_without_case_or_order() -> None:
    assert same(["A/b/read", "C/d/write"], ["c/D/write", "a/b/READ"])
    assert not same(["A/b/read"], ["A/b/read", "C/d/write"])
    assert without(["A/b/read", "C/d/write"], ["c/d/WRITE"]) == ("A/b/read",)
