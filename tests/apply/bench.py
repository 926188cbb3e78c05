"""A work bench: a setup whose guide is nothing but a given plan, and the engine's parts run over it one by one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import requests

from wizard.apply.deploy import deploy, staged
from wizard.apply.directory import ensure
from wizard.apply.events import Result
from wizard.apply.key_pair import ensure_key
from wizard.apply.providers import ensure_provider
from wizard.apply.removal import remove
from wizard.apply.work import Work
from wizard.azure.clouds import Cloud
from wizard.azure.sign_in import sign_in_unattended
from wizard.context import CHAPTER
from wizard.guide import Guide
from wizard.plan import GROUP_TYPE, Derived, DirectoryKind, DirectoryObject, Plan, Ref, Resource, Share
from wizard.setup import Setup

TENANT = "47eaa099-2cb6-416d-86dc-283cf0480ff9"
SUBSCRIPTION = "142c8364-7806-4577-93e7-83e7eb04b39b"
RESEARCH = f"/subscriptions/{SUBSCRIPTION}"
GROUP = f"{RESEARCH}/resourceGroups/hopsworks"
SHARED = f"{RESEARCH}/resourceGroups/rg-shared"
HOPSWORKS = "d4abcc44-2c40-40bd-9bba-986df591c28f"
ROLE, ASSIGNMENT = "Microsoft.Authorization/roleDefinitions", "Microsoft.Authorization/roleAssignments"
AUTHORIZATION, STORAGE, NETWORK = "2022-04-01", "2023-05-01", "2024-05-01"


def plan_of(*shares: Share) -> Plan:
    return Plan.of("bench", TENANT, SUBSCRIPTION, *shares)


def group(name: str = "hopsworks") -> Resource:
    return Resource(
        "group", GROUP_TYPE, "2024-11-01", name, RESEARCH, name, {"location": "westeurope"}, step="0.4"
    )


def role(key: str, name: str, actions: Sequence[str], scope: str = GROUP, **more: Any) -> Resource:
    properties = {
        "roleName": name,
        "description": "made by a test",
        "type": "CustomRole",
        "permissions": [
            {"actions": list(actions), "notActions": [], "dataActions": [], "notDataActions": []}
        ],
        "assignableScopes": [scope],
    }
    guid = Derived((scope, name))
    return Resource(key, ROLE, AUTHORIZATION, guid, scope, name, {"properties": properties}, **more)


def assignment(
    key: str, role_id: str | Ref, principal: str | Ref, *, at: str = GROUP, scope: str = "", named: str = ""
) -> Resource:
    properties = {"roleDefinitionId": role_id, "principalId": principal, "principalType": "ServicePrincipal"}
    name = Derived((scope or at, str(role_id), named or principal))
    return Resource(key, ASSIGNMENT, AUTHORIZATION, name, at, key, {"properties": properties}, scope=scope)


def identity(name: str = "hopsworks-instance") -> Resource:
    return Resource(
        "identity",
        "Microsoft.ManagedIdentity/userAssignedIdentities",
        "2023-01-31",
        name,
        GROUP,
        name,
        {"location": "westeurope"},
        reads={"principal_id": "properties.principalId", "client_id": "properties.clientId"},
    )


def storage(name: str = "hopsworksbench", group_id: str = GROUP) -> Resource:
    body = {
        "location": "westeurope",
        "sku": {"name": "Standard_LRS"},
        "kind": "StorageV2",
        "properties": {"minimumTlsVersion": "TLS1_2", "allowBlobPublicAccess": False},
    }
    return Resource(
        "storage", "Microsoft.Storage/storageAccounts", STORAGE, name, group_id, name, body, step="2.3"
    )


def container(account: str = "hopsworksbench") -> Resource:
    kind = "Microsoft.Storage/storageAccounts/blobServices/containers"
    return Resource("container", kind, STORAGE, f"{account}/default/hopsworks", GROUP, "hopsworks")


def principal(**fields: str) -> DirectoryObject:
    return DirectoryObject(
        "hopsworks_principal",
        DirectoryKind.SERVICE_PRINCIPAL,
        "hopsworks.ai",
        {"app_id": HOPSWORKS, **fields},
        step="1.1",
    )


@asynccontextmanager
async def bench(
    cloud: Cloud, plan: Plan, name: str = "bench", *, kind: type[Setup] = Setup
) -> AsyncIterator[Setup]:
    """Yield a setup whose plan is this one, signed in as the person of the world."""
    guide = Guide("bench", "Bench", "", "", (CHAPTER,), lambda _answers: plan)
    setup = kind.begin(guide, name, cloud, answers={"subscription": SUBSCRIPTION})
    await setup.connect(await sign_in_unattended(cloud))
    try:
        yield setup
    finally:
        await setup.close()


def work_on(setup: Setup, *, kind: type[Work] = Work, on_event: Callable[[Any], None] | None = None) -> Work:
    """What the engine's parts work with."""
    assert setup.azure is not None
    return kind(
        azure=setup.azure,
        journal=setup.journal,
        store=setup.secret_store(),
        profile=setup.profile.id,
        tenant=TENANT,
        on_event=on_event or (lambda _event: None),
    )


async def carry_out(work: Work, plan: Plan) -> dict[str, tuple[Result, str]]:
    """Make a plan part by part, in the order of a run; how each went, by task."""
    done = {}
    for namespace in plan.providers:
        await ensure_provider(work, plan.subscription, namespace)
    for wanted in plan.directory:
        done[wanted.key] = await ensure(work, wanted)
    for pair in plan.keys:
        if pair.made_by == "here":
            done[pair.key] = await ensure_key(work, pair)
    for scope, resources in plan.stages().items():
        stage = staged(plan.guide, work.profile, scope, resources, work)
        done[stage.task] = await deploy(work, stage)
    for pair in plan.keys:
        if pair.made_by == "azure":
            done[pair.key] = await ensure_key(work, pair)
    for removal in plan.removals:
        done[removal.key] = await remove(work, removal)
    return done


def faults(folder: Path, cloud: Cloud, *given: Mapping[str, object]) -> None:
    """Let practice Azure go wrong from now on; without any, no more."""
    token = (folder / "admin_token").read_text(encoding="utf-8")
    answer = requests.put(
        f"{cloud.arm}/practice/faults",
        data=json.dumps({"faults": list(given)}),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        verify=str(cloud.ca),
        timeout=30,
    )
    answer.raise_for_status()
