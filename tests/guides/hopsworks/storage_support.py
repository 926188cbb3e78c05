"""The storage and SSH chapters as a small guide of their own, over practice Azure with real HTTPS."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from wizard.answers import Answers, Value
from wizard.azure.clouds import Cloud
from wizard.azure.session import Azure
from wizard.azure.sign_in import SignedIn, sign_in_unattended
from wizard.azure.storage import ACCOUNT, IDENTITY, REGISTRY, SSH_KEY
from wizard.guide import Chapter, Finding, Findings, Guide, Severity
from wizard.guides.hopsworks import road, ssh, storage
from wizard.machine import Machine
from wizard.plan import Plan
from wizard.walkthrough import Walkthrough

RESEARCH = "142c8364-7806-4577-93e7-83e7eb04b39b"
SUBSCRIPTION = f"/subscriptions/{RESEARCH}"
GROUP = f"{SUBSCRIPTION}/resourceGroups/hopsworks"
APIS = {
    ACCOUNT: "2023-05-01",
    REGISTRY: "2023-07-01",
    IDENTITY: "2023-01-31",
    SSH_KEY: "2024-11-01",
}


def plan(answers: Answers) -> Plan:
    """The plan of these chapters alone."""
    shares = (road.share(answers), storage.share(answers), ssh.share(answers))
    return Plan.of("hopsworks", answers.text("tenant"), answers.text("subscription"), *shares)


GUIDE = Guide(
    key="hopsworks",
    title="Hopsworks, its storage alone",
    about="",
    source="",
    chapters=(
        Chapter("0", "Where", road.STEPS),
        Chapter("2", "Storage", storage.STEPS),
        Chapter("3", "SSH key", ssh.STEPS),
    ),
    plan=plan,
)
ANSWERS: Mapping[str, Value] = {
    "subscription": RESEARCH,
    "resource_group": "hopsworks",
    "location": "westeurope",
}


@asynccontextmanager
async def asked(
    cloud: Cloud, home: Path, facts: Mapping[str, Value] | None = None, **answers: Value
) -> AsyncIterator[Walkthrough]:
    """Yield a walkthrough over practice Azure, signed in as the person of the world."""
    async with Azure.open(await sign_in_unattended(cloud, environ={})) as azure:
        yield walk(azure, home, facts, **answers)


def walk(azure: Azure, home: Path, facts: Mapping[str, Value] | None = None, **answers: Value) -> Walkthrough:
    """A walkthrough with these answers beside the usual ones."""
    machine = Machine({}, home, home)
    return Walkthrough(GUIDE, given={**ANSWERS, **answers}, facts=facts, machine=machine, azure=azure)


async def make_group(azure: Azure, group: str = GROUP, location: str = "westeurope") -> None:
    """Make a resource group, and register what its resources need."""
    for kind in APIS:
        await azure.arm.register_provider(RESEARCH, kind.partition("/")[0])
    await azure.arm.write(group, "2024-11-01", {"location": location})


async def make(azure: Azure, kind: str, name: str, /, *, group: str = GROUP, **body: Any) -> str:
    """Make a resource that stands before the wizard comes, and return its id."""
    identity = f"{group}/providers/{kind}/{name}"
    await azure.arm.write(identity, APIS[kind], {"location": "westeurope", **body})
    return identity


async def look(walkthrough: Walkthrough, key: str, severity: Severity) -> Finding:
    """Check one question, and return its one finding of that severity; that the list holds it is no news."""
    told = [one for one in await walkthrough.check(key) if not one.what.endswith("is in the group.")]
    found = [one for one in told if one.severity is severity]
    assert len(found) == 1, [f"{one.severity}: {one.sentence}" for one in walkthrough.findings(key)]
    return found[0]


def wrongs(walkthrough: Walkthrough, key: str, value: Value) -> str:
    """What the form says at once about a value."""
    findings: Findings = walkthrough.record(key, value)
    return " ".join(one.sentence for one in findings if one.blocks)


PLAIN: dict[str, Any] = {
    "kind": "StorageV2",
    "sku": {"name": "Standard_LRS"},
    "properties": {
        "minimumTlsVersion": "TLS1_2",
        "supportsHttpsTrafficOnly": True,
        "allowBlobPublicAccess": False,
        "allowSharedKeyAccess": True,
        "isHnsEnabled": False,
        "publicNetworkAccess": "Enabled",
    },
}
CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
_ROLES = "Microsoft.Authorization/roleDefinitions"


async def may_touch_blobs(azure: Azure, account: str) -> None:
    """Give the person Storage Blob Data Contributor on an account."""
    role = f"{SUBSCRIPTION}/providers/{_ROLES}/{CONTRIBUTOR}"
    properties = {
        "roleDefinitionId": role,
        "principalId": azure.identity.object_id,
        "principalType": "User",
    }
    name = account.rsplit("/", 1)[-1].encode().hex().ljust(32, "0")[:32]
    guid = f"{name[:8]}-{name[8:12]}-{name[12:16]}-{name[16:20]}-{name[20:]}"
    path = f"{account}/providers/Microsoft.Authorization/roleAssignments/{guid}"
    await azure.arm.write(path, "2022-04-01", {"properties": properties})


async def put_blob(azure: Azure, signed_in: SignedIn, account: str, path: str, content: bytes = b"") -> None:
    """Make a container, or a blob in one, by the data plane itself."""
    token = await signed_in.credential.get_token_info("https://storage.azure.com/.default")
    headers = {"Authorization": f"Bearer {token.token}", "x-ms-version": "2023-11-03"}
    headers |= {"x-ms-blob-type": "BlockBlob"} if "/" in path else {}
    query = {} if "/" in path else {"restype": "container"}
    url = f"{azure.cloud.blob_service(account)}/{path}"
    async with azure.blobs.session.put(url, data=content, params=query, headers=headers) as answer:
        answer.raise_for_status()


async def write_role(
    azure: Azure, guid: str, name: str, actions: list[str], data: list[str], *, scope: str = GROUP
) -> None:
    permissions = {"actions": actions, "notActions": [], "dataActions": data, "notDataActions": []}
    properties = {
        "roleName": name,
        "description": "",
        "type": "CustomRole",
        "permissions": [permissions],
        "assignableScopes": [scope],
    }
    path = f"{scope}/providers/{_ROLES}/{guid}"
    await azure.arm.write(path, "2022-04-01", {"properties": properties})
