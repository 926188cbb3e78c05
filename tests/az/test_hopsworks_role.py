"""Hopsworks' role as Azimuth writes it, taken by the real `az`; and what `az` prints, read back by Azimuth."""

from __future__ import annotations

import json

from tests.az.cli import Az
from wizard.practice.launcher import Running
from wizard.roles.algebra import FULL, identity_actions
from wizard.roles.parsing import read_role
from wizard.roles.role import Role
from wizard.roles.writing import cli_json, portal_json

ACTIONS, DATA_ACTIONS = identity_actions(backups=True, acr=True, aks=True)


def _role(azure: Running, group: str, name: str) -> Role:
    scope = f"/subscriptions/{azure.subscription}/resourceGroups/{group}"
    return Role(name, "It's “written” by a test", FULL + ACTIONS, data_actions=DATA_ACTIONS, scopes=(scope,))


def test_the_file_for_the_cli_makes_the_role_and_what_it_prints_reads_back(
    az: Az, azure: Running, group: str
) -> None:
    role = _role(azure, group, "hopsworks by file")
    file = az.file("hopsworks-role.json", json.loads(cli_json(role)))
    assert az("role definition create --role-definition", f"@{file}").code == 0
    listed = az("role definition list --name", role.name, "--scope", role.scopes[0])
    reading = read_role(listed.out)
    assert reading.faults == ()
    assert reading.role.name == role.name
    assert reading.role.same_rights(role)
    less = az.file("less.json", json.loads(cli_json(Role(role.name, "", FULL[:3], scopes=role.scopes))))
    assert az("role definition update --role-definition", f"@{less}").code == 0
    again = az("role definition list --name", role.name, "--scope", role.scopes[0])
    assert read_role(again.out).role.actions == FULL[:3]


def test_the_file_for_the_portal_is_what_azures_own_api_takes(az: Az, azure: Running, group: str) -> None:
    role = _role(azure, group, "hopsworks by portal")
    path = f"{role.scopes[0]}/providers/Microsoft.Authorization/roleDefinitions"
    made = az(
        f"rest --method put --url {path}/5f0b3a52-6f7e-4c55-9c59-2d8a3bb1d0e7?api-version=2022-04-01 --body",
        portal_json(role),
    )
    assert read_role(json.dumps(made.json)).role == role
