"""The exported role files of the Hopsworks guide, taken by `az role definition`: limited, and back again."""

from __future__ import annotations

from tests.az.cli import Az
from wizard.answers import Answers
from wizard.guides.hopsworks import GUIDE
from wizard.practice.launcher import Running
from wizard.roles.algebra import FULL
from wizard.roles.role import Role
from wizard.roles.writing import cli_json


def test_az_limits_the_role_and_puts_it_back(az: Az, azure: Running, group: str) -> None:
    scope = f"/subscriptions/{azure.subscription}/resourceGroups/{group}"
    name = "hopsworks.ai of az"
    before = cli_json(Role(name, "Allows hopsworks.ai to start and manage clusters", FULL, scopes=(scope,)))
    given = Answers(
        {
            "subscription": azure.subscription,
            "resource_group": group,
            "permission_profile": "limited",
            "public_ip": False,
            "cross_role_name": name,
            "cross_role_before": before,
        },
        GUIDE.questions,
    )
    export = next(one for one in GUIDE.exports if one.form == "limited-role")
    for one in export.write(given, GUIDE.plan(given), {}):
        (az.folder / one.name).write_text(one.text, encoding="utf-8")

    def count() -> int:
        (found,) = az("role definition list --custom-role-only true --name", name, "--scope", scope).json
        return len(found["permissions"][0]["actions"])

    assert az("role definition create --role-definition hopsworks-role.before.json").code == 0
    assert count() == 42
    assert az("role definition update --role-definition hopsworks-role-limited.json").code == 0
    assert count() == 32
    assert az("role definition update --role-definition hopsworks-role.before.json").code == 0
    assert count() == 42
