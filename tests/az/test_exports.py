"""What is exported makes what `azimuth apply` makes: judged by the real az on an empty Azure, and by what then stands there."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import profiles
from tests.az.cli import Az, Said
from tests.rehearsal import practice, state_of
from tests.render.plans import HOPSWORKS, everything, nasty
from wizard.answers import Value
from wizard.answers_file import read_answers
from wizard.apply.outcome import End
from wizard.apply.run import Run
from wizard.azure.sign_in import sign_in_unattended
from wizard.context import CHAPTER
from wizard.guide import Guide
from wizard.guides.hopsworks import GUIDE as HOPSWORKS_GUIDE
from wizard.plan import Plan
from wizard.practice import start
from wizard.practice.launcher import Running
from wizard.render.az import commands, script
from wizard.render.whole import whole
from wizard.setup import Setup

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
PUBLIC_KEY = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7 x@y"
TITLE = "What the sample guide makes"


class Judged:
    """An empty Azure with az signed in to it as its owner, and what stands there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: Running = start(folder / "azure")
        self.az = Az(self.running, folder / "az")
        given = (
            "-u",
            self.running.client_id,
            "-p",
            self.running.client_secret,
            "--tenant",
            self.running.tenant,
        )
        assert self.az("login --service-principal", *given).code == 0

    def runs(self, text: str) -> Said:
        """Run a script by bash, as a person does."""
        (self.folder / "export.sh").write_text(text, "utf-8")
        tools = f"{self.az._az.parent}:{os.environ['PATH']}"
        ended = subprocess.run(
            ["bash", str(self.folder / "export.sh")],
            env=self.az.environment | {"PATH": tools},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        return Said("bash export.sh", ended.returncode, ended.stdout, ended.stderr)

    def stands(self) -> list[str]:
        """What stands in it now."""
        return standing(self.folder / "azure")

    def close(self) -> None:
        self.az.close()
        self.running.stop()


@pytest.fixture
def judged(tmp_path: Path) -> Iterator[Judged]:
    """An empty Azure for one test."""
    made = Judged(tmp_path / "judged")
    yield made
    made.close()


@dataclass(frozen=True)
class Applied:
    """What `azimuth apply` meant to make in another empty Azure, and what stood there in the end."""

    plan: Plan
    stands: list[str]


_MORE: Mapping[str, Value] = {"road": "managed", "scope_kind": "subscription", "ssh_source": "azure"}


def _sample(plan: Callable[[str, str], Plan]) -> Guide:
    return Guide(
        key="exports",
        title="Exports",
        about="",
        source="",
        chapters=(CHAPTER,),
        plan=lambda given: plan(given.text("subscription"), str(given.get("subscription_tenant", ""))),
    )


_SAMPLES = {"sample": _sample(everything), "nasty": _sample(nasty)}


async def applied(name: str, folder: Path) -> Applied:
    """Apply the sample, or a starter file, in an empty Azure of its own."""
    guide = _SAMPLES.get(name, HOPSWORKS_GUIDE)
    more = _MORE if name == "hopsworks-managed" else {}
    file = Path(profiles.__file__).parent / "starters" / f"{name.removesuffix('-managed')}.toml"
    answers = {"subscription": "Research"} if name in _SAMPLES else {**read_answers(file, guide), **more}
    with practice(folder) as cloud:
        setup = Setup.begin(guide, "exports", cloud, answers=answers)
        await setup.connect(await sign_in_unattended(cloud))
        try:
            await setup.walkthrough.check_all()
            plan = setup.walkthrough.plan()
            outcome = await Run(setup).go()
        finally:
            await setup.close()
        assert outcome.end is End.DONE, (outcome.problem, outcome)
    return Applied(plan, standing(folder))


_KINDS = frozenset(
    {"group", "resource", "roleDefinition", "roleAssignment", "servicePrincipal", "application", "provider"}
)
_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
# Given out by chance, or times.
_CHANCE = frozenset(
    {"etag", "resourceGuid", "ipAddress", "systemData", "createdOn", "updatedOn", "createdBy", "updatedBy"}
    | {
        "creationDate",
        "creationTime",
        "createdDateTime",
        "lastUpdatedTime",
        "keyCreationTime",
        "uniqueId",
        "lastModifiedTime",
    }
    | {"lastEnabledTime", "keyCredentials"}
)

# What Azure adds by itself for the API version that az or the plan asks with.
_ADDED = {
    "isHnsEnabled": False,
    "allowCrossTenantDelegationSas": False,
    "metadataSearch": "Disabled",
    "enableVmProtection": False,
}
_ADDED_TO_A_GATEWAY = {"scope": "Public", "type": "Public"}


def documents(folder: Path) -> dict[tuple[str, str], Any]:
    """What stands in a practice Azure, as it is kept there."""
    found = state_of(folder)
    return {at: json.loads(text) for at, text in found.items() if at[0] in _KINDS}


def standing(folder: Path) -> list[str]:
    """What stands in a practice Azure, with names in place of the ids that chance gave, one line for each thing."""
    found = documents(folder)
    names: dict[str, str] = {}
    for (kind, key), one in found.items():
        if kind == "roleDefinition":
            names[one["name"]] = f"role:{one['properties']['roleName']}"
        elif kind == "servicePrincipal":
            names[one["id"]] = f"principal:{one['appId']}"
        elif kind == "resource" and "principalId" in one.get("properties", {}):
            names[one["properties"]["principalId"]] = f"principal:{key}"
    lines = []
    for (kind, _), one in found.items():
        shown = _plain(one)
        if kind == "resource" and shown["type"] == "Microsoft.Network/natGateways":
            shown["properties"] = _without(shown["properties"], _ADDED_TO_A_GATEWAY)
        text = json.dumps(shown, sort_keys=True)
        for guid, name in names.items():
            text = text.replace(guid, name)
        if kind == "roleAssignment":
            # Its name is what whoever made it chose.
            text = text.replace(one["name"], "assignment")
        # A role is the same whether its id is told from the subscription or from its group.
        text = re.sub(
            r"/resourceGroups/[^/\"]+(/providers/Microsoft.Authorization/roleDefinitions/role:)", r"\1", text
        )
        lines.append(f"{kind} {text}")
    return sorted(lines)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        held = {
            key: _plain(inner)
            for key, inner in value.items()
            if not key.startswith("_") and key not in _CHANCE
        }
        if str(held.get("publicKey", "")).startswith("ssh-"):
            held["publicKey"] = held["publicKey"].split()[0]  # each machine made its own
        held = _without(held, _ADDED)
        # No value, and an empty set of them, are the same to Azure.
        return {key: inner for key, inner in held.items() if inner not in (None, {}, [])}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _without(held: dict[str, Any], added: dict[str, Any]) -> dict[str, Any]:
    return {key: inner for key, inner in held.items() if key not in added or added[key] != inner}


def different(ours: list[str], theirs: list[str]) -> str:
    """What only one of two has; chance's GUIDs that have no name are left out of it."""
    mine, other = ({_GUID.sub("…", line) for line in lines} for lines in (ours, theirs))
    return "\n".join(
        [*(f"only az: {one}" for one in mine - other), *(f"only apply: {one}" for one in other - mine)]
    )


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Private keys of `azimuth apply` go below the home folder."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("name", ["sample", "nasty", "hopsworks", "hopsworks-limited", "hopsworks-managed"])
async def test_the_script_makes_what_apply_makes_and_nothing_more_the_second_time(
    name: str, judged: Judged, tmp_path: Path
) -> None:
    ours = await applied(name, tmp_path / "apply")
    text = script(ours.plan, {}, TITLE)
    said = judged.runs(text)
    assert said.code == 0, said.err
    assert not list(judged.folder.glob("pwned*")), "text of the plan was run as code"
    only = different(judged.stands(), ours.stands)
    assert not only, f"\n{only}"
    private = [path for path in Path(judged.az.environment["HOME"]).rglob("*") if path.suffix in {".pem", ""}]
    keys = [path for path in private if path.is_file() and "PRIVATE KEY" in path.read_text("utf-8")]
    assert [path.stat().st_mode & 0o777 for path in keys] == [0o600] * len(ours.plan.keys)
    once = documents(judged.folder / "azure")
    again = judged.runs(text)
    assert again.code == 0, again.err
    twice = documents(judged.folder / "azure")
    # A role definition is written anew, with what it has.
    assert [at for at in twice if once.get(at) != twice[at] and at[0] != "roleDefinition"] == []
    assert once.keys() == twice.keys()
    assert different(judged.stands(), ours.stands) == ""


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("name", ["sample", "hopsworks", "hopsworks-limited", "hopsworks-managed"])
async def test_the_template_makes_what_apply_makes(name: str, judged: Judged, tmp_path: Path) -> None:
    ours = await applied(name, tmp_path / "apply")
    body, parameters = whole(ours.plan, {})
    assert parameters == {}
    principal = judged.az(f"ad sp show --id {HOPSWORKS}").json["id"]
    values = {"hopsworks_principal_object_id": principal, "ssh_pair_public_key": PUBLIC_KEY}
    assert set(body["parameters"]) <= set(values)
    for namespace in ours.plan.providers:
        assert judged.az(f"provider register --wait -n {namespace}").code == 0
    file = judged.az.file("whole.template.json", body)
    given = [f"{one}={values[one]}" for one in body["parameters"]]
    said = judged.az(f"deployment sub create -l westeurope -n whole -f {file} -p", *given)
    assert said.json["properties"]["provisioningState"] == "Succeeded"
    made_by_azure = [pair.key for pair in ours.plan.keys if pair.made_by == "azure"]
    if made_by_azure:
        # A template can't ask for a key pair; the commands for just that can.
        assert judged.runs(commands(ours.plan, made_by_azure, {})).code == 0
    only = different(judged.stands(), ours.stands)
    assert not only, f"\n{only}"
