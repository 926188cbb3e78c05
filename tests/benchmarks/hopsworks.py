"""How long applying the Hopsworks guide takes: against the critical path of its own plan, and against the exported script.

``python -m tests.benchmarks.hopsworks`` prints both, at time scale 1, where practice Azure takes as long as Azure is
likely to. `--time-scale` makes it faster, and less true. `--judge` ends with 1 when an aim is missed.

The critical path is the longest chain of the plan: what each resource took by its deployment's own operations, behind
what it refers to, its group, and the registration of its provider. Nothing of ours is in it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.az.cli import Az, executable
from tests.rehearsal import Heard
from wizard.apply.events import Finished, Result
from wizard.apply.outcome import End
from wizard.apply.run import Run
from wizard.azure.choose import practice_cloud
from wizard.azure.clouds import Cloud
from wizard.azure.session import Azure
from wizard.azure.sign_in import sign_in_unattended
from wizard.guides.hopsworks import GUIDE
from wizard.machine import Machine
from wizard.plan import GROUP_TYPE, Plan, Resource
from wizard.practice import az_config, start
from wizard.practice.arm.providers import _TAKES as REGISTERING
from wizard.practice.launcher import Running
from wizard.render.az import script
from wizard.setup import Setup

WITHIN = 1.15
SUBSCRIPTION = "142c8364-7806-4577-93e7-83e7eb04b39b"
_API, _PROVIDERS_API = "2024-03-01", "2022-12-01"
_DURATION = re.compile(r"P(?:(\d+)D)?T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?")
_TOO_LONG = 1800
_Chain = tuple[float, tuple[str, ...]]
"""How long a chain takes, and its links."""


@dataclass(frozen=True, slots=True)
class Applied:
    """One run of the guide: how long it took, and the critical path of its plan."""

    seconds: float
    proving: float
    path: float
    chain: tuple[str, ...]
    tasks: tuple[tuple[str, float], ...]
    registered: tuple[str, ...]


def _answers(group: str) -> dict[str, str | int | bool]:
    """All defaults but the group, and names that hold for one group alone: role names are unique in a tenant."""
    own = {
        "cross_role_name": group,
        "storage_role_name": f"{group} storage",
        "private_key_path": f"~/{group}.pem",
    }
    return {"subscription": "Research", "resource_group": group, **own}


async def applied(cloud: Cloud, group: str, scale: float) -> Applied:
    """Apply the guide with all defaults into a new group."""
    setup = Setup.begin(GUIDE, group, cloud, answers=_answers(group), machine=_machine())
    await setup.connect(await sign_in_unattended(cloud))
    heard = Heard()
    try:
        await setup.walkthrough.check_all()
        began = time.monotonic()
        outcome = await Run(setup, heard).go()
        seconds = time.monotonic() - began
        if outcome.end not in {End.DONE, End.WAITING} or not all(p.ok for p in outcome.proofs):
            raise SystemExit(f"It was not applied: {outcome.problem or outcome.proofs}")
        azure, plan = setup.walkthrough.azure, setup.walkthrough.plan()
        assert azure is not None
        done = [event for event in heard.of(Finished) if event.result is not Result.KEPT]
        registered = {e.label.rsplit(" ", 1)[-1] for e in done if e.key.startswith("provider:")}
        took = await _durations(azure, plan, setup.profile.deployments)
        path, chain = critical_path(plan, took, dict.fromkeys(registered, REGISTERING * scale))
    finally:
        await setup.close()
    proving = sum(event.seconds for event in done if event.key.startswith("proof:"))
    tasks = tuple((e.label, e.seconds) for e in done if not e.key.startswith("proof:"))
    return Applied(seconds, proving, path, chain, tasks, tuple(sorted(registered)))


def _machine() -> Machine:
    return Machine({}, Path.home(), Path.home())


async def _durations(azure: Azure, plan: Plan, names: tuple[str, ...]) -> Mapping[str, float]:
    """Seconds by ARM id in lower case, from the operations of the deployments that made the plan's resources."""
    took: dict[str, float] = {}
    for scope in {resource.deploy_at for resource in plan.resources}:
        for name in names:
            path = f"{scope}/providers/Microsoft.Resources/deployments/{name}/operations"
            if await azure.arm.read(path.removesuffix("/operations"), _API) is None:
                continue
            for operation in await azure.arm.read_all(path, _API):
                properties = operation["properties"]
                identity = (properties.get("targetResource") or {}).get("id", "").lower()
                took[identity] = max(took.get(identity, 0.0), _seconds(properties.get("duration", "")))
    return took


def _seconds(duration: str) -> float:
    found = _DURATION.fullmatch(duration)
    if found is None:
        return 0.0
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def critical_path(plan: Plan, took: Mapping[str, float], registering: Mapping[str, float]) -> _Chain:
    """Return the length of a plan's longest chain and its links; `took` is by ARM id, `registering` by provider."""
    resources = {resource.key: resource for resource in plan.resources}
    group = next((r.key for r in plan.resources if r.type.lower() == GROUP_TYPE.lower()), "")
    ends: dict[str, _Chain] = {}

    def end(resource: Resource) -> _Chain:
        if resource.key not in ends:
            namespace = resource.type.partition("/")[0]
            before: list[_Chain] = []
            if namespace in registering:
                before.append((registering[namespace], (f"register {namespace}",)))
            after = {ref.object for ref in resource.refs()} | set(resource.after)
            inside = resource.key != group and "/resourcegroups/" in resource.deploy_at.lower()
            after |= {group} if group and inside else set()
            before += [end(resources[key]) for key in after if key in resources and key != resource.key]
            start, chain = max(before, default=(0.0, ()))
            ends[resource.key] = (start + _own(resource, took), (*chain, resource.key))
        return ends[resource.key]

    every: list[_Chain] = [(seconds, (f"register {name}",)) for name, seconds in registering.items()]
    return max([*every, *map(end, plan.resources)], default=(0.0, ()))


def _own(resource: Resource, took: Mapping[str, float]) -> float:
    """What a resource took, found by the end of its id: its name may be known to Azure alone."""
    tail = f"/{resource.type.rsplit('/', 1)[-1]}/".lower()
    same = [
        s
        for identity, s in took.items()
        if tail in identity and identity.startswith(resource.stands_on.lower())
    ]
    named = [s for identity, s in took.items() if identity.endswith(f"{tail}{str(resource.name).lower()}")]
    return max(named or same, default=0.0)


def unregister(cloud: Cloud, namespaces: tuple[str, ...]) -> None:
    """Bring the providers back to where they were, so that the script has as much to do."""

    async def go() -> None:
        async with Azure.open(await sign_in_unattended(cloud)) as azure:
            for namespace in namespaces:
                path = f"/subscriptions/{SUBSCRIPTION}/providers/{namespace}"
                await azure.arm.act(f"{path}/unregister", _PROVIDERS_API)
                for _ in range(_TOO_LONG):
                    if await azure.arm.provider_state(SUBSCRIPTION, namespace) == "NotRegistered":
                        break
                    await asyncio.sleep(1.0)

    asyncio.run(go())


async def planned(cloud: Cloud, group: str) -> Plan:
    """The plan of the same answers for another group."""
    setup = Setup.begin(GUIDE, group, cloud, answers=_answers(group), machine=_machine())
    await setup.connect(await sign_in_unattended(cloud))
    try:
        await setup.walkthrough.check_all()
        return setup.walkthrough.plan()
    finally:
        await setup.close()


def scripted(running: Running, cloud: Cloud, folder: Path, group: str) -> float:
    """Seconds that the exported az script takes for the same plan in another group."""
    plan = asyncio.run(planned(cloud, group))
    file = folder / "export.sh"
    file.write_text(script(plan, {}, "The Hopsworks guide"), "utf-8")
    with Az(running, folder / "az") as cli:
        client = (running.client_id, "-p", running.client_secret, "--tenant", running.tenant)
        signed_in = cli("login --service-principal -u", *client)
        if signed_in.code:
            raise SystemExit(signed_in.err)
        path = f"{executable().parent}:{os.environ['PATH']}"
        began = time.monotonic()
        ended = subprocess.run(
            ["bash", str(file)],
            env=cli.environment | {"PATH": path, "HOME": str(folder)},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_TOO_LONG,
            check=False,
        )
        seconds = time.monotonic() - began
    if ended.returncode:
        raise SystemExit(
            f"The script ended with {ended.returncode}:\n{ended.stdout[-2000:]}\n{ended.stderr[-2000:]}"
        )
    return seconds


def _az_is_here() -> bool:
    try:
        executable()
    except pytest.skip.Exception as absent:
        print(f"not compared with the exported script: {absent}")
        return False
    return True


def main() -> None:
    """Print both figures; see the head of this file."""
    reading = argparse.ArgumentParser(description="How long applying the Hopsworks guide takes.")
    reading.add_argument("--time-scale", type=float, default=1.0)
    reading.add_argument("--world", default="default")
    reading.add_argument("--no-script", action="store_true", help="leave the exported az script out")
    reading.add_argument("--judge", action="store_true")
    given = reading.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        os.environ |= {"AZIMUTH_HOME": str(folder / "azimuth"), "HOME": scratch}
        with start(folder / "practice", world=given.world, time_scale=given.time_scale) as running:
            cloud = practice_cloud(running, folder / "practice", az_config(running, folder / "config"))
            good = _report(running, cloud, folder, given)
    raise SystemExit(0 if good or not given.judge else 1)


def _report(running: Running, cloud: Cloud, folder: Path, given: argparse.Namespace) -> bool:
    ours = asyncio.run(applied(cloud, "hopsworks-a", given.time_scale))
    for label, seconds in ours.tasks:
        print(f"  {seconds:7.2f} s  {label}")
    print(f"  {ours.proving:7.2f} s  proofs")
    print(f"critical path {ours.path:.1f} s: {' -> '.join(ours.chain)}")
    ratio = ours.seconds / ours.path
    print(f"headless apply {ours.seconds:.1f} s over its critical path: {ratio:.2f} (aim: {WITHIN})")
    good = ratio <= WITHIN
    if not given.no_script and _az_is_here():
        unregister(cloud, ours.registered)
        theirs = scripted(running, cloud, folder, "hopsworks-b")
        print(
            f"the exported az script {theirs:.1f} s: {theirs / ours.seconds:.2f} times headless apply (aim: over 1)"
        )
        good = good and theirs > ours.seconds
    return good


if __name__ == "__main__":
    main()
