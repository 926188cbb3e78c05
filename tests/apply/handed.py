"""A small guide with something for everybody: what a guest, a contributor and an owner may make differs."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

from profiles.secrets import Secret
from wizard.answers import Answers
from wizard.azure.clouds import Cloud
from wizard.azure.sign_in import sign_in_unattended, sign_in_with_secret
from wizard.guide import Chapter, Guide, Question, Step
from wizard.plan import (
    Derived,
    DirectoryKind,
    DirectoryObject,
    Output,
    Plan,
    Proof,
    Ref,
    Resource,
)
from wizard.proofs import Proven, Proving
from wizard.setup import Setup

CONTOSO = "47eaa099-2cb6-416d-86dc-283cf0480ff9"
OWNER = "4350cc17-21e5-4f21-acd5-52a09ddbef12"
RESEARCH = "142c8364-7806-4577-93e7-83e7eb04b39b"
SUBSCRIPTION = f"/subscriptions/{RESEARCH}"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-vision"
FOREIGN = "d4abcc44-2c40-40bd-9bba-986df591c28f"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/handed"
READER = (
    f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
)


def plan(answers: Answers) -> Plan:
    """Return somebody else's principal, a role for it, an identity, and what hangs on each."""
    principal = Ref("principal", "object_id")
    return Plan(
        "handed",
        CONTOSO,
        RESEARCH,
        directory=(
            DirectoryObject(
                "principal",
                DirectoryKind.SERVICE_PRINCIPAL,
                "hopsworks.ai",
                {"app_id": FOREIGN, "enabled": 1},
                step="1.1",
            ),
        ),
        resources=(
            _role(),
            _assignment("given", Derived((GROUP, "Handed", principal)), principal, Ref("role", "id"), "1.3"),
            Resource(
                "identity",
                "Microsoft.ManagedIdentity/userAssignedIdentities",
                "2023-01-31",
                "handed",
                GROUP,
                "handed",
                {"location": answers.text("region")},
                step="2.2",
                reads={"principal_id": "properties.principalId"},
            ),
            _assignment(
                "read", Derived((GROUP, READER, IDENTITY)), Ref("identity", "principal_id"), READER, "2.4"
            ),
            Resource(
                "later",
                "Microsoft.ManagedIdentity/userAssignedIdentities",
                "2023-01-31",
                "later",
                GROUP,
                "later",
                {"location": answers.text("region")},
                step="3",
                after=("given",),
            ),
        ),
        outputs=(Output("PRINCIPAL", principal), Output("GROUP", "rg-vision")),
        proofs=(Proof("later", "the last one is there", _proves_later), Proof("well", "all is well", _well)),
        providers=("Microsoft.ManagedIdentity",),
    )


def _role() -> Resource:
    properties: dict[str, Any] = {"roleName": "Handed", "type": "CustomRole", "assignableScopes": [GROUP]}
    properties["permissions"] = [{"actions": ["Microsoft.Compute/disks/read"], "notActions": []}]
    kind = "Microsoft.Authorization/roleDefinitions"
    name = Derived((GROUP, "Handed"))
    return Resource("role", kind, "2022-04-01", name, GROUP, "Handed", {"properties": properties}, step="1.2")


def _assignment(key: str, name: Derived, principal: Ref, role: str | Ref, step: str) -> Resource:
    body = {
        "properties": {
            "roleDefinitionId": role,
            "principalId": principal,
            "principalType": "ServicePrincipal",
        }
    }
    kind = "Microsoft.Authorization/roleAssignments"
    return Resource(key, kind, "2022-04-01", name, GROUP, f"{key} on rg-vision", body, step=step)


async def _proves_later(proving: Proving) -> Proven:
    found = await proving.azure.arm.read(proving.known["later"]["id"], "2023-01-31")
    return Proven(ok=found is not None, what="read")


async def _well(_proving: Proving) -> Proven:
    return Proven(ok=True, what="nothing to see")


GUIDE = Guide(
    "handed",
    "Handed",
    "Something for everybody.",
    "https://example.org/handed",
    (
        Chapter(
            "1",
            "Connect",
            (
                Step("1.1", "Principal", "", (Question("region", "Region", default="westeurope"),)),
                Step("1.2", "Role", ""),
                Step("1.3", "Assignment", ""),
            ),
        ),
        Chapter("2", "Own", (Step("2.2", "Identity", ""), Step("2.4", "Its role", ""))),
        Chapter("3", "Later", (Step("3", "Later", ""),)),
    ),
    plan,
)

_NOBODY_TOOK_IT_IN = {"where": {"appId": FOREIGN}, "to": {"elsewhere": []}}


def world(
    folder: Path, extends: str, *, owner: Mapping[str, Any] | None = None, disabled: bool = False
) -> str:
    """Write a world in which nobody has taken the foreign application in, or has disabled it; return its path."""
    place = {"id": "61d9f3a4-0c27-4e85-b1f6-93a7c5e82d40", "tenant": CONTOSO, "accountEnabled": False}
    there = {"where": {"appId": FOREIGN}, "to": {"elsewhere": [place]}}
    changes: list[Mapping[str, Any]] = [there if disabled else _NOBODY_TOOK_IT_IN]
    if owner is not None:
        changes.append({"where": {"appId": OWNER}, "to": dict(owner)})
    path = folder / "world.json"
    path.write_text(
        json.dumps({"about": ["for a test"], "extends": extends, "change": {"applications": changes}}),
        encoding="utf-8",
    )
    return str(path)


@asynccontextmanager
async def setup(cloud: Cloud, name: str = "demo", *, guide: Guide = GUIDE) -> AsyncIterator[Setup]:
    """Yield a setup of the guide, signed in as the person of the world."""
    begun = Setup.begin(guide, name, cloud)
    await begun.connect(await sign_in_unattended(cloud, CONTOSO))
    try:
        yield begun
    finally:
        await begun.close()


@asynccontextmanager
async def administrator(
    folder: Path, cloud: Cloud, *, guide: Guide = GUIDE, answers: Mapping[str, Any] | None = None
) -> AsyncIterator[Setup]:
    """Yield a setup of the same guide, signed in as the owner of the subscription: a service principal."""
    begun = Setup.begin(guide, "admin", cloud, answers=answers)
    secret = Secret((folder / "client_secret").read_text(encoding="utf-8"))
    await begun.connect(await sign_in_with_secret(cloud, CONTOSO, OWNER, secret))
    try:
        yield begun
    finally:
        await begun.close()


def take_directory_roles_away(folder: Path) -> None:
    """Take every directory role from everybody, behind the back of whoever looked before."""
    with closing(sqlite3.connect(folder / "practice.db")) as connection, connection:
        for key, body in connection.execute("SELECT key, body FROM document WHERE kind = 'user'").fetchall():
            changed = json.dumps({**json.loads(body), "directoryRoles": []})
            connection.execute("UPDATE document SET body = ? WHERE kind = 'user' AND key = ?", (changed, key))
