"""The guide's plans, on all its roads, in every rendering: read by bash, by Terraform's formatter and by another parser."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Mapping
from itertools import product

import hcl2
import pytest

from tests.render.test_hcl import TERRAFORM, formatted
from wizard.answers import Answers, Value
from wizard.guides.hopsworks import GUIDE
from wizard.plan import Plan
from wizard.render.az import commands, script
from wizard.render.order import things
from wizard.render.runbook import runbook
from wizard.render.terraform import terraform
from wizard.render.whole import whole

RESEARCH = "142c8364-7806-4577-93e7-83e7eb04b39b"
TENANT = "47eaa099-2cb6-416d-86dc-283cf0480ff9"
ROADS = [
    dict(zip(("road", "scope_kind", "permission_profile", "ssh_source", "group_location"), each, strict=True))
    for each in product(
        ("classic", "managed"),
        ("resourceGroup", "subscription"),
        ("full", "limited"),
        ("here", "azure"),
        ("", "westeurope"),
    )
]


def planned(road: Mapping[str, Value]) -> Plan:
    """The plan of a road, everything else by default."""
    known = {"subscription": RESEARCH, "tenant": TENANT, **road}
    return GUIDE.plan(Answers(known, GUIDE.questions))


@pytest.mark.parametrize("road", ROADS, ids=lambda road: "-".join(filter(None, road.values())))
def test_every_road_can_be_exported(road: Mapping[str, Value]) -> None:
    plan = planned(road)
    text = script(plan, {}, "A title")
    done = subprocess.run(["bash", "-n"], input=text.encode(), capture_output=True, check=False, timeout=30)
    assert (done.returncode, done.stderr) == (0, b"")
    assert text.count("\n# --- Step") == len(things(plan, {}))
    for one in things(plan, {}):
        assert commands(plan, {one.key}, {})
        assert "fill in" not in commands(plan, {one.key}, {})
    body, _ = whole(plan, {})
    assert set(body["parameters"]) <= {"hopsworks_principal_object_id", "ssh_pair_public_key"}
    assert "supposed" not in json.dumps(body)
    written = terraform(plan, {}, "A title")
    assert len(hcl2.load(io.StringIO(written))["resource"]) == len(plan.resources) + len(plan.directory)
    told = runbook(plan, {}, "A title")
    assert all(manual.step in told for manual in plan.manual)
    if TERRAFORM is not None and road["ssh_source"] == "here":
        assert formatted(written) == written
