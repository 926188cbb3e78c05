"""Hopsworks' account connected on practice Azure: made, proved, kept, changed by others and told, and taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

import profiles
from tests.rehearsal import practice, state_of
from wizard.answers import Value
from wizard.answers_file import read_answers
from wizard.apply.outcome import Change, ProofResult
from wizard.apply.preflight import preflight
from wizard.apply.run import Run
from wizard.apply.undo import undo
from wizard.apply.verify import verify
from wizard.azure.clouds import Cloud
from wizard.azure.session import Azure
from wizard.azure.sign_in import sign_in_unattended
from wizard.checks.roles import API
from wizard.guides.hopsworks import GUIDE
from wizard.machine import Machine
from wizard.proofs import Proving
from wizard.roles.algebra import FULL
from wizard.roles.role import Role, of_azure
from wizard.setup import Setup

STARTERS = Path(profiles.__file__).parent / "starters"
RESEARCH = "142c8364-7806-4577-93e7-83e7eb04b39b"
GROUP = f"/subscriptions/{RESEARCH}/resourceGroups/hopsworks"
DEFINITIONS = f"{GROUP}/providers/Microsoft.Authorization/roleDefinitions"
OURS = ("principal", "cross_role", "cross_assignment")
TRACES = (
    "operation",
    "deletedObject",
    "deviceCode",
    "authorizationCode",
    "refreshToken",
    "token",
    "registration",
)
WHOLE: Mapping[str, Value] = {"subscription": "Research"}


@asynccontextmanager
async def hopsworks(cloud: Cloud, answers: Mapping[str, Value] = WHOLE) -> AsyncIterator[Setup]:
    """Yield a setup of the guide, signed in as the person of the world, with every answer checked."""
    setup = Setup.begin(GUIDE, "demo", cloud, answers=answers, machine=Machine(home=Path.home()))
    await setup.connect(await sign_in_unattended(cloud))
    try:
        assert setup.azure is not None
        await setup.azure.arm.register_provider(RESEARCH, "Microsoft.Compute")
        yield setup
    finally:
        await setup.close()


async def _role(setup: Setup, name: str = "hopsworks.ai") -> Role:
    assert setup.azure is not None
    found = await setup.azure.arm.read_all(DEFINITIONS, API, **{"$filter": f"roleName eq '{name}'"})
    (one,) = found
    return of_azure(one)


def _ours(proofs: Sequence[ProofResult]) -> list[tuple[str, bool, str]]:
    return [(proof.key, proof.ok, proof.what) for proof in proofs if proof.key in OURS]


@pytest.mark.parametrize("starter", ["hopsworks", "hopsworks-limited"])
async def test_the_starters_are_made_proved_kept_and_undone(tmp_path: Path, starter: str) -> None:
    answers = read_answers(STARTERS / f"{starter}.toml", GUIDE)
    with practice(tmp_path) as cloud:
        async with hopsworks(cloud, answers) as setup:
            before = _things(tmp_path)
            preview = await preflight(setup)
            assert [f.sentence for f in preview.findings if f.blocks] == []
            assert preview.count(Change.CREATE) >= 9
            first = await Run(setup).go()
            assert first.problem == ""
            assert {proof.key: proof.ok for proof in first.proofs if not proof.ok} == {}
            made = _things(tmp_path)
            second = await Run(setup).go()
            assert second.made == ()
            assert _things(tmp_path) == made
            assert (await undo(setup)).ok
            assert _things(tmp_path) == before


def _things(folder: Path) -> dict[tuple[str, str], str]:
    found = state_of(folder, without=TRACES)
    return {key: doc for key, doc in found.items() if "deployment" not in key[0].lower()}


async def test_what_somebody_changes_is_told_by_the_proofs(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with hopsworks(cloud) as setup:
            await setup.walkthrough.check_all()
            assert (await Run(setup).go()).problem == ""
            assert all(ok for _, ok, _ in _ours((await verify(setup)).proofs))
            assert setup.azure is not None
            role = setup.walkthrough.plan().resources[1]
            identity = role.id(setup.journal.known())
            less = replace(await _role(setup), actions=FULL[:-1])
            await setup.azure.arm.write(identity, API, _body(less))
            told = {key: (ok, what) for key, ok, what in _ours((await verify(setup)).proofs)}
            assert told["cross_role"] == (False, f"0 actions too many, 1 missing: {FULL[-1]}")
            assert told["cross_assignment"][0]
            assignment = setup.journal.known()["cross_assignment"]["id"]
            assert await setup.azure.arm.delete_role_assignment(assignment)
            told = {key: (ok, what) for key, ok, what in _ours((await verify(setup)).proofs)}
            assert told["cross_assignment"] == (False, "the role is not assigned to it")


def _body(role: Role) -> dict[str, object]:
    return {
        "properties": {
            "roleName": role.name,
            "description": role.description,
            "type": "CustomRole",
            "permissions": [role.permission],
            "assignableScopes": list(role.scopes),
        }
    }


async def test_a_role_that_was_there_is_updated_and_put_back(tmp_path: Path) -> None:
    answers = {**WHOLE, "permission_profile": "docs-3.x"}
    with practice(tmp_path, world="hopsworks-connected") as cloud:
        async with hopsworks(cloud, answers) as setup:
            await setup.walkthrough.check_all()
            former = await _role(setup)
            assert len(former.actions) == 42
            first = await Run(setup).go()
            assert first.problem == ""
            assert len((await _role(setup)).actions) == 30
            assert (await _role(setup)).scopes == former.scopes
            await setup.walkthrough.check_all()
            assert setup.walkthrough.facts["cross_role_ours"] is True
            assert "cross_role" in {resource.key for resource in setup.walkthrough.plan().resources}
            second = await Run(setup).go()
            assert (second.problem, second.made) == ("", ())
            assert (await undo(setup)).ok
            assert (await _role(setup)).same_rights(former)


async def test_a_pasted_list_is_what_azure_gets(tmp_path: Path) -> None:
    pasted = "\n".join((*FULL, "Microsoft.Authorization/roleAssignments/read"))
    answers = {**WHOLE, "role_json": pasted, "use_pasted_role": True}
    with practice(tmp_path) as cloud:
        async with hopsworks(cloud, answers) as setup:
            await setup.walkthrough.check_all()
            first = await Run(setup).go()
            assert _ours(first.proofs)[1] == ("cross_role", True, "exactly the 43 chosen actions")
            assert len((await _role(setup)).actions) == 43


async def test_an_administrator_does_all_of_it_alone(tmp_path: Path) -> None:
    with practice(tmp_path, world="hopsworks-admin") as cloud:
        async with hopsworks(cloud) as setup:
            await setup.walkthrough.check_all()
            first = await Run(setup).go()
            assert first.problem == ""
            assert all(ok for _, ok, _ in _ours(first.proofs))
            assert setup.azure is not None
            assert (await undo(setup)).ok
            app_id = setup.walkthrough.answers.text("hopsworks_app_id")
            assert await setup.azure.graph.service_principal(app_id) is None
            assert await _proofs_alone(setup) == {
                "principal": "it is not in the directory",
                "cross_role": "the role is not there",
                "cross_assignment": "the service principal is not there yet",
            }


async def _proofs_alone(setup: Setup) -> dict[str, str]:
    """What the proofs say about what is in Azure now, without anything known."""
    azure = setup.azure
    assert azure is not None

    def nobody() -> AbstractAsyncContextManager[Azure]:
        raise LookupError("no principal of ours signs in here")

    return {
        proof.key: (await proof.prove(Proving(azure, nobody, {}, proof.arguments))).what
        for proof in setup.walkthrough.plan().proofs
        if proof.key in OURS
    }
