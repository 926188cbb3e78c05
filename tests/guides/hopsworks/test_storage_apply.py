"""The storage and SSH chapters carried out on practice Azure: made once, proved, kept the second time, undone."""

from __future__ import annotations

import stat
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from tests.guides.hopsworks.storage_support import ANSWERS, GROUP, GUIDE, make_group
from tests.rehearsal import practice, state_of
from wizard.answers import Value
from wizard.apply.key_pair import ensure_key
from wizard.apply.outcome import Change, End
from wizard.apply.preflight import preflight, work_of
from wizard.apply.run import Run
from wizard.apply.undo import undo
from wizard.apply.verify import verify
from wizard.azure.clouds import Cloud
from wizard.azure.sign_in import sign_in_unattended
from wizard.azure.storage import ACCOUNT, REGISTRY, SSH_KEY
from wizard.checks.ssh_keys import public_half, same_key
from wizard.machine import Machine
from wizard.setup import Setup

TRACES = (
    "operation",
    "deletedObject",
    "deviceCode",
    "authorizationCode",
    "refreshToken",
    "token",
    "deployment",
)
NEEDED: Mapping[str, Value] = {**ANSWERS, "subscription": "Research"}


@asynccontextmanager
async def _setup(cloud: Cloud, **more: Value) -> AsyncIterator[Setup]:
    home = Path.home()
    setup = Setup.begin(GUIDE, "demo", cloud, answers={**NEEDED, **more}, machine=Machine({}, home, home))
    await setup.connect(await sign_in_unattended(cloud, environ={}))
    try:
        yield setup
    finally:
        await setup.close()


async def test_it_is_made_proved_and_kept_the_second_time(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with _setup(cloud, road="managed") as setup:
            preview = await preflight(setup)
            assert [f.sentence for f in preview.findings if f.blocks] == []
            first = await Run(setup).go()
        assert (first.end, first.problem) == (End.DONE, "")
        assert [(p.title, p.what) for p in first.proofs if not p.ok] == []
        assert len(first.proofs) == 6
        made = state_of(tmp_path, without=TRACES)
        async with _setup(cloud, road="managed") as setup:
            again = await preflight(setup)
            assert [f.sentence for f in again.findings if f.blocks] == []
            assert [line for line in again.changes if line.change is not Change.KEEP] == []
            second = await Run(setup).go()
            verified = await verify(setup)
        assert (second.end, second.problem, second.made) == (End.NOTHING_TO_DO, "", ())
        assert verified.ok
        assert state_of(tmp_path, without=TRACES) == made


async def test_the_private_half_is_a_file_for_one_person_and_fits_azure(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with _setup(cloud) as setup:
            await setup.walkthrough.check_all()
            outcome = await Run(setup).go()
            assert outcome.problem == ""
            found = await setup.azure.arm.read(f"{GROUP}/providers/{SSH_KEY}/hopsworksKey", "2024-11-01")  # type: ignore[union-attr]  # connected
        path = Path.home() / ".ssh" / "hopsworksKey.pem"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert found is not None
        machine = Machine({}, Path.home(), Path.home())
        assert same_key(public_half(machine, str(path)), found["properties"]["publicKey"])
        secret = path.read_text(encoding="utf-8").splitlines()[2]
        kept = [one for one in Path.home().rglob("*") if one.is_file() and one != path]
        assert kept
        assert not [one for one in kept if secret in one.read_text("utf-8", errors="replace")]


async def test_a_key_that_azure_made_survives_a_later_change(tmp_path: Path) -> None:
    """Practice Azure forgets the public half when the key is deployed without it; so it is deployed with it."""
    with practice(tmp_path) as cloud:
        async with _setup(cloud, ssh_source="azure") as setup:
            await setup.walkthrough.check_all()
            assert (await Run(setup).go()).problem == ""
        async with _setup(cloud, ssh_source="azure", storage_sku="Standard_GRS") as setup:
            preview = await preflight(setup)
            assert [f.sentence for f in preview.findings if f.blocks] == []
            outcome = await Run(setup).go()
            assert outcome.problem == ""
            assert [(p.title, p.what) for p in outcome.proofs if not p.ok] == []
            name = setup.walkthrough.answers.text("storage_name")
            found = await setup.azure.arm.read(f"{GROUP}/providers/{ACCOUNT}/{name}", "2023-05-01")  # type: ignore[union-attr]  # connected
        assert found is not None
        assert found["sku"]["name"] == "Standard_GRS"


async def test_undo_leaves_nothing_but_the_private_key(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with _setup(cloud) as setup:
            await setup.walkthrough.check_all()
            before = {key for key in state_of(tmp_path, without=TRACES) if key[0] != "provider"}
            assert (await Run(setup).go()).problem == ""
            outcome = await undo(setup)
        assert outcome.ok, outcome.problem
        after = {key for key in state_of(tmp_path, without=TRACES) if key[0] != "provider"}
        assert {key for key in after - before if "hopsworks" in key[1].lower()} == set()
        assert (Path.home() / ".ssh" / "hopsworksKey.pem").exists()


async def test_what_exists_is_adopted_and_survives_undo(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with _setup(cloud, storage_name="adopted2", use_acr=True, acr_name="adopted2acr") as setup:
            assert setup.azure is not None
            write = setup.azure.arm.write
            await make_group(setup.azure)
            body = {"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_GRS"}}
            account, registry = (
                f"{GROUP}/providers/{ACCOUNT}/adopted2",
                f"{GROUP}/providers/{REGISTRY}/adopted2acr",
            )
            await write(account, "2023-05-01", {**body, "tags": {"owner": "somebody"}, "properties": {}})
            await write(registry, "2023-07-01", {"location": "westeurope", "sku": {"name": "Premium"}})
            before = await setup.azure.arm.read(account, "2023-05-01")
            preview = await preflight(setup)
            assert [f.sentence for f in preview.findings if f.blocks] == []
            outcome = await Run(setup).go()
            assert outcome.problem == ""
            assert [(p.title, p.what) for p in outcome.proofs if not p.ok] == []
            assert [one.key for one in outcome.manual] == ["registry_retention"]
            assert await setup.azure.arm.read(account, "2023-05-01") == before
            undone = await undo(setup)
            assert undone.ok
            assert await setup.azure.arm.read(account, "2023-05-01") == before
            assert await setup.azure.arm.read(registry, "2023-07-01") is not None


async def test_a_pasted_private_key_is_never_on_disk(tmp_path: Path) -> None:
    pasted = "-----BEGIN OPENSSH PRIVATE KEY-----\nthis-must-not-be-kept\n-----END OPENSSH PRIVATE KEY-----"
    with practice(tmp_path) as cloud:
        async with _setup(cloud, ssh_source="upload") as setup:
            found = setup.walkthrough.record("ssh_public_key", pasted)
            assert any(one.blocks for one in found)
            assert setup.walkthrough.given["ssh_public_key"] == pasted
            await setup.flush()
        files = [one for one in Path.home().rglob("*") if one.is_file()]
        assert files
        assert not [
            one for one in files if "this-must-not-be-kept" in one.read_text("utf-8", errors="replace")
        ]


async def test_an_unregistered_provider_does_not_keep_anybody_from_applying(tmp_path: Path) -> None:
    """Azure can't preview what its provider is not registered for; registering is part of the plan."""
    with practice(tmp_path) as cloud:
        async with _setup(cloud) as setup:
            assert setup.azure is not None
            await setup.azure.arm.write(GROUP, "2024-11-01", {"location": "westeurope"})
            preview = await preflight(setup)
            assert [f.sentence for f in preview.findings if f.blocks] == []
            outcome = await Run(setup).go()
        assert (outcome.end, outcome.problem) == (End.DONE, "")


async def test_a_run_cut_off_after_the_private_key_goes_on_with_the_same_pair(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with _setup(cloud) as setup:
            await setup.walkthrough.check_all()
            pair = setup.walkthrough.plan().keys[0]
            await ensure_key(work_of(setup, setup.walkthrough.plan()), pair)
        path = Path.home() / ".ssh" / "hopsworksKey.pem"
        before = path.read_bytes()
        async with _setup(cloud) as setup:
            preview = await preflight(setup)
            assert [f.sentence for f in preview.findings if f.blocks] == []
            outcome = await Run(setup).go()
        assert (outcome.end, outcome.problem) == (End.DONE, "")
        assert path.read_bytes() == before


async def test_with_aks_registry_and_limits_of_the_group_all_is_assigned(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with _setup(cloud, use_acr=True, use_aks=True) as setup:
            preview = await preflight(setup)
            assert [f.sentence for f in preview.findings if f.blocks] == []
            outcome = await Run(setup).go()
            assert outcome.problem == ""
            assert setup.azure is not None
            principal = str(setup.profile.variables["HOPSWORKS_IDENTITY_PRINCIPAL_ID"])
            held = await setup.azure.arm.role_assignments(f"{GROUP}", principal)
            assert [one.scope for one in held] == [GROUP]
