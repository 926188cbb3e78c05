"""Verify tells what somebody else changed or removed, by name, and is silent about what Azure itself adds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.apply import bench
from tests.rehearsal import HIML, Heard, himl, practice
from wizard.answers_file import read_answers, starter
from wizard.apply.drift import differences
from wizard.apply.events import Failed
from wizard.apply.run import Run
from wizard.apply.verify import verify
from wizard.azure.sign_in import sign_in_unattended
from wizard.guides import all_guides
from wizard.machine import Machine
from wizard.plan import Ref, Resource
from wizard.setup import Setup


async def _drift(setup: Setup) -> dict[str, str]:
    heard = Heard()
    outcome = await verify(setup, heard)
    told = {event.key for event in heard.of(Failed) if event.key.startswith("drift:")}
    drift = {proof.key: proof.what for proof in outcome.proofs if proof.key.startswith("drift:")}
    assert set(drift) == told
    assert outcome.ok is (not drift and all(proof.ok for proof in outcome.proofs))
    return {key.removeprefix("drift:"): what for key, what in drift.items()}


async def test_what_somebody_changed_in_the_directory_is_named(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with himl(cloud, answers=HIML) as setup:
            await setup.walkthrough.check_all()
            await Run(setup).go()
            assert setup.azure is not None
            graph, known = setup.azure.graph, setup.journal.known()
            assert await _drift(setup) == {}
            await graph.enable_service_principal(known["principal"]["object_id"], enabled=False)
            assert await _drift(setup) == {"principal": "is disabled"}
            await graph.enable_service_principal(known["principal"]["object_id"])
            assert await _drift(setup) == {}
            assert (await setup.azure.arm.delete(known["assignment"]["id"], bench.AUTHORIZATION)) is True
            assert await _drift(setup) == {"assignment": "is gone"}


async def test_what_somebody_changed_of_the_cluster_is_named_with_its_property(tmp_path: Path) -> None:
    guide = all_guides()["hopsworks"]
    with practice(tmp_path) as cloud:
        answers = read_answers(starter("hopsworks-limited.toml"), guide)
        setup = Setup.begin(guide, "demo", cloud, answers=answers, machine=Machine({}, tmp_path, tmp_path))
        await setup.connect(await sign_in_unattended(cloud))
        try:
            await setup.walkthrough.check_all()
            await Run(setup).go()
            assert await _drift(setup) == {}
            assert setup.azure is not None
            arm, known = setup.azure.arm, setup.journal.known()
            plan = setup.walkthrough.plan()
            role = next(r for r in plan.resources if r.type == bench.ROLE and not r.updates)
            body = await arm.read(known[role.key]["id"], role.api_version)
            assert body is not None
            body["properties"]["permissions"][0]["actions"].append("Microsoft.Compute/disks/write")
            await arm.write(known[role.key]["id"], role.api_version, {"properties": body["properties"]})
            (only,) = (await _drift(setup)).items()
            assert only[0] == role.key
            assert only[1].startswith("was changed by somebody else: properties.permissions")
            await Run(setup).go()
            assert await _drift(setup) == {}
        finally:
            await setup.close()


@pytest.mark.parametrize(
    ("found", "paths"),
    [
        ({"location": "West Europe", "properties": {"size": 1, "extra": "Azure's"}}, []),
        ({"location": "westeurope", "properties": {"size": 2}}, ["properties.size"]),
        ({"location": "westeurope", "properties": {}}, ["properties.size"]),
        ({"location": "northeurope", "properties": {"Size": 1}}, ["location"]),
        (None, []),
    ],
)
def test_only_what_the_plan_says_counts(found: dict[str, object] | None, paths: list[str]) -> None:
    wanted = Resource(
        "disk", "Microsoft.Compute/disks", "1", "d", bench.GROUP, "d",
        {"location": "westeurope", "tags": {"by": "us"}, "properties": {"size": 1, "of": Ref("gone", "id")}},
        keeps=("tags",),
    )  # fmt: skip
    assert differences(wanted, found, {}) == paths
