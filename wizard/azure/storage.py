"""What a group already holds for a cluster: storage accounts, registries, identities, SSH keys; and regions and names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from wizard.azure.errors import AzureProblem, Forbidden, NotFound
from wizard.text import clean_line

if TYPE_CHECKING:
    from wizard.azure.arm import Arm
    from wizard.azure.session import Azure

# COMMON section 3.
STORAGE_API, REGISTRY_API = "2023-05-01", "2023-07-01"
IDENTITY_API, COMPUTE_API = "2023-01-31", "2024-11-01"
_SUBSCRIPTIONS = "2022-12-01"
ACCOUNT = "Microsoft.Storage/storageAccounts"
REGISTRY = "Microsoft.ContainerRegistry/registries"
IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities"
SSH_KEY = "Microsoft.Compute/sshPublicKeys"
POLICY_REFUSAL = "RequestDisallowedByPolicy"


@dataclass(frozen=True, slots=True)
class Region:
    """A region of a subscription: ``westeurope``, known to people as West Europe."""

    name: str
    label: str
    geography: str = ""


@dataclass(frozen=True, slots=True)
class NameState:
    """Whether a worldwide name may be taken. `reason` and `message` are Azure's own when it may not."""

    free: bool
    reason: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class StorageAccount:
    """A storage account as ARM shows it. `open_to_all` means that no firewall stands before its data."""

    id: str
    location: str
    kind: str
    sku: str
    shared_key: bool
    minimum_tls: str
    hns: bool
    open_to_all: bool
    state: str
    plain: bool = False
    """Whether nothing was set on it that deploying it again would take away."""

    @property
    def name(self) -> str:
        """Its name, unique in the world."""
        return _last(self.id)

    @property
    def group(self) -> str:
        """The resource group that holds it."""
        return group_of(self.id)


class Inside(StrEnum):
    """What a container is found to be."""

    ABSENT = "absent"
    EMPTY = "empty"
    HOLDS_DATA = "holds data"
    HIDDEN = "hidden"
    """The caller may not look inside: a right on the data is missing."""
    SHUT = "shut"
    """The account's firewall lets nobody in from here."""


@dataclass(frozen=True, slots=True)
class Registry:
    """A container registry. `retention` is its days for untagged manifests, 0 when it keeps them for ever."""

    id: str
    location: str
    sku: str
    retention: int
    admin_user: bool
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its name, unique in the world."""
        return _last(self.id)

    @property
    def premium(self) -> bool:
        """Whether it may have a retention policy."""
        return self.sku.lower() == "premium"


@dataclass(frozen=True, slots=True)
class ManagedIdentity:
    """A user-assigned managed identity: roles go to `principal_id`."""

    id: str
    location: str
    principal_id: str
    client_id: str
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its name in the group."""
        return _last(self.id)


@dataclass(frozen=True, slots=True)
class SshKey:
    """An SSH key resource. `public_key` is empty until one is generated or uploaded."""

    id: str
    location: str
    public_key: str
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its name in the group."""
        return _last(self.id)


def region_name(text: str) -> str:
    """Return a region's name as ARM writes it: ``West Europe`` is ``westeurope``."""
    return "".join(text.split()).lower()


def group_of(resource_id: str) -> str:
    """Return the resource group of an ARM id; empty when it names none."""
    parts = resource_id.split("/")
    lowered = [part.lower() for part in parts]
    return parts[lowered.index("resourcegroups") + 1] if "resourcegroups" in lowered[:-1] else ""


async def regions(arm: Arm, subscription: str) -> list[Region]:
    """List the physical regions of a subscription (C-loc).

    Raises:
        AzureProblem: Azure could not be asked.
    """
    found = await arm.read_all(f"/subscriptions/{subscription}/locations", _SUBSCRIPTIONS)
    return [
        Region(
            name=str(one.get("name") or ""),
            label=str(one.get("displayName") or one.get("name") or ""),
            geography=str((one.get("metadata") or {}).get("geographyGroup") or ""),
        )
        for one in found
        if (one.get("metadata") or {}).get("regionType", "Physical") == "Physical"
    ]


async def name_state(arm: Arm, subscription: str, kind: str, name: str) -> NameState:
    """Ask whether a worldwide name of a storage account or registry is free (C-stname, C-acrname).

    Raises:
        AzureProblem: Azure could not be asked.
    """
    version = STORAGE_API if kind == ACCOUNT else REGISTRY_API
    path = f"/subscriptions/{subscription}/providers/{kind.partition('/')[0]}/checkNameAvailability"
    found = await arm.act(path, version, {"name": name, "type": kind})
    reason, message = str(found.get("reason") or ""), str(found.get("message") or "")
    return NameState(bool(found.get("nameAvailable")), reason, message)


async def storage_account(arm: Arm, account_id: str) -> StorageAccount | None:
    """Read a storage account; None when it is not there.

    Raises:
        AzureProblem: Azure could not be asked.
    """
    found = await arm.read(account_id, STORAGE_API)
    return None if found is None else _account(found)


async def accounts(arm: Arm, subscription: str) -> list[StorageAccount]:
    """List the storage accounts of a subscription that the caller sees.

    Raises:
        AzureProblem: Azure could not be asked.
    """
    found = await arm.read_all(f"/subscriptions/{subscription}/providers/{ACCOUNT}", STORAGE_API)
    return [_account(one) for one in found]


async def container_there(arm: Arm, account_id: str, name: str) -> bool | None:
    """Ask ARM whether a container exists, which takes no right on data; None when even that may not be asked.

    Raises:
        AzureProblem: Azure could not be asked.
    """
    try:
        found = await arm.read(f"{account_id}/blobServices/default/containers/{name}", STORAGE_API)
    except Forbidden:
        return None
    return found is not None


async def look_inside(azure: Azure, account_id: str, name: str) -> Inside:
    """Find out what a container is: ARM knows whether it is there, the account itself what it holds.

    Raises:
        AzureProblem: Azure could not be asked.
    """
    if await container_there(azure.arm, account_id, name) is False:
        return Inside.ABSENT
    return await azure.blobs.inside(_last(account_id), name)


async def registry(arm: Arm, registry_id: str) -> Registry | None:
    """Read a container registry; None when it is not there.

    Raises:
        AzureProblem: Azure could not be asked.
    """
    found = await arm.read(registry_id, REGISTRY_API)
    return None if found is None else _registry(found)


async def managed_identity(arm: Arm, identity_id: str) -> ManagedIdentity | None:
    """Read a user-assigned managed identity; None when it is not there.

    Raises:
        AzureProblem: Azure could not be asked.
    """
    found = await arm.read(identity_id, IDENTITY_API)
    return None if found is None else _identity(found)


async def ssh_key(arm: Arm, key_id: str) -> SshKey | None:
    """Read an SSH key resource; None when it is not there.

    Raises:
        AzureProblem: Azure could not be asked.
    """
    found = await arm.read(key_id, COMPUTE_API)
    return None if found is None else _key(found)


async def ssh_keys(arm: Arm, group_id: str) -> list[SshKey]:
    """List the SSH keys of a resource group; none when the group is not there.

    Raises:
        AzureProblem: Azure could not be asked.
    """
    return [_key(one) for one in await _of_group(arm, group_id, SSH_KEY, COMPUTE_API)]


async def accounts_of(arm: Arm, group_id: str) -> list[StorageAccount]:
    """List the storage accounts of a resource group; none when the group is not there.

    Raises:
        AzureProblem: Azure could not be asked.
    """
    return [_account(one) for one in await _of_group(arm, group_id, ACCOUNT, STORAGE_API)]


async def registries_of(arm: Arm, group_id: str) -> list[Registry]:
    """List the container registries of a resource group; none when the group is not there.

    Raises:
        AzureProblem: Azure could not be asked.
    """
    return [_registry(one) for one in await _of_group(arm, group_id, REGISTRY, REGISTRY_API)]


async def identities_of(arm: Arm, group_id: str) -> list[ManagedIdentity]:
    """List the managed identities of a resource group; none when the group is not there.

    Raises:
        AzureProblem: Azure could not be asked.
    """
    return [_identity(one) for one in await _of_group(arm, group_id, IDENTITY, IDENTITY_API)]


async def _of_group(arm: Arm, group_id: str, kind: str, version: str) -> list[dict[str, Any]]:
    try:
        return await arm.read_all(f"{group_id}/providers/{kind}", version)
    except NotFound:
        return []


async def policy_refusal(arm: Arm, group_id: str, resource: Mapping[str, Any]) -> AzureProblem | None:
    """Ask ARM whether a policy forbids a resource of a template, before anybody applies it (C-valid).

    Raises:
        AzureProblem: Azure could not be asked, or objects to something else.
    """
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "resources": [dict(resource)],
    }
    try:
        await arm.deployments.validate(group_id, "azimuth-policies", template, {})
    except AzureProblem as problem:
        if problem.code == POLICY_REFUSAL:
            return problem
        raise
    return None


def policies_named(refusal: AzureProblem) -> tuple[str, ...]:
    """Return the names of the policy assignments that a refusal is about, as Azure writes them into its sentence."""
    found = re.findall(r'"policyAssignment":\s*\{"name":"([^"]*)"', refusal.message)
    return tuple(dict.fromkeys(clean_line(name) for name in found if name))


def _account(found: Mapping[str, Any]) -> StorageAccount:
    properties = found.get("properties") or {}
    rules = properties.get("networkAcls") or {}
    shut = str(properties.get("publicNetworkAccess") or "Enabled").lower() != "enabled"
    denied = str(rules.get("defaultAction") or "Allow").lower() == "deny"
    return StorageAccount(
        id=str(found.get("id") or ""),
        location=region_name(str(found.get("location") or "")),
        kind=str(found.get("kind") or ""),
        sku=str((found.get("sku") or {}).get("name") or ""),
        # What ARM leaves out is allowed: shared keys were always on before the property came.
        shared_key=properties.get("allowSharedKeyAccess") is not False,
        minimum_tls=str(properties.get("minimumTlsVersion") or "TLS1_0"),
        hns=bool(properties.get("isHnsEnabled")),
        open_to_all=not shut and not denied,
        state=str(properties.get("provisioningState") or ""),
        plain=_is_plain(found, properties, rules),
    )


def _is_plain(found: Mapping[str, Any], properties: Mapping[str, Any], rules: Mapping[str, Any]) -> bool:
    touched = (
        found.get("tags"),
        str((found.get("identity") or {}).get("type") or "None") != "None",
        rules.get("ipRules"),
        rules.get("virtualNetworkRules"),
        properties.get("allowBlobPublicAccess") is not False,
        not properties.get("supportsHttpsTrafficOnly"),
        str((properties.get("encryption") or {}).get("keySource") or "").lower() == "microsoft.keyvault",
    )
    return not any(touched)


def _registry(found: Mapping[str, Any]) -> Registry:
    properties = found.get("properties") or {}
    policy = (properties.get("policies") or {}).get("retentionPolicy") or {}
    kept = str(policy.get("status") or "").lower() == "enabled"
    return Registry(
        id=str(found.get("id") or ""),
        location=region_name(str(found.get("location") or "")),
        sku=str((found.get("sku") or {}).get("name") or ""),
        retention=int(policy.get("days") or 0) if kept else 0,
        admin_user=bool(properties.get("adminUserEnabled")),
        tags=_tags(found),
    )


def _identity(found: Mapping[str, Any]) -> ManagedIdentity:
    properties = found.get("properties") or {}
    return ManagedIdentity(
        id=str(found.get("id") or ""),
        location=region_name(str(found.get("location") or "")),
        principal_id=str(properties.get("principalId") or ""),
        client_id=str(properties.get("clientId") or ""),
        tags=_tags(found),
    )


def _key(found: Mapping[str, Any]) -> SshKey:
    properties = found.get("properties") or {}
    return SshKey(
        id=str(found.get("id") or ""),
        location=region_name(str(found.get("location") or "")),
        public_key=str(properties.get("publicKey") or "").strip(),
        tags=_tags(found),
    )


def _tags(found: Mapping[str, Any]) -> Mapping[str, str]:
    return {str(name): str(value) for name, value in (found.get("tags") or {}).items()}


def _last(identity: str) -> str:
    return identity.rstrip("/").rsplit("/", 1)[-1]
