"""Compute: virtual machines with their extensions and commands, disks, images, availability sets and SSH keys."""

from __future__ import annotations

import re
from typing import Any

from wizard.practice.arm import ids, shelf
from wizard.practice.arm.call import Call, Operation
from wizard.practice.arm.kinds import (
    compute_actions,
    compute_disks,
    compute_images,
    compute_lists,
    compute_machines,
    compute_rules,
)
from wizard.practice.arm.types import Acting, Adding, ResourceType, Way
from wizard.practice.kernel import Response

_CREATED = Way(waits=True, headers=("async",), polls="timed")
_DISK = Way(202, waits=True, headers=("async", "location"), polls="timed", yields=True)
_GONE = Way(202, body=False, waits=True, headers=("async", "location"), polls="timed")
_NAME = re.compile(r"(?=.{1,80}$)[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9_])?")
_INVALID = "The entity name '{name}' is invalid according to its validation rule."
_PUBLIC = re.compile(r"(ssh-rsa|ssh-ed25519|ecdsa-\S+)\s+\S+", re.DOTALL)


def _key(adding: Adding) -> None:
    given = adding.properties.get("publicKey")
    if given and not (_PUBLIC.match(str(given).strip()) or "BEGIN SSH2 PUBLIC KEY" in str(given)):
        raise compute_rules.invalid("publicKey", "The provided SSH public key is not valid.")


def _generate(acting: Acting) -> Response:
    """A pair of real keys; the private one is shown this once and kept nowhere."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

    wanted = str(acting.body.get("encryptionType") or "RSA")
    if wanted.lower() not in ("rsa", "ed25519"):
        raise compute_rules.invalid("encryptionType")
    private: ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
    form = serialization.PrivateFormat.OpenSSH
    if wanted.lower() == "ed25519":
        private = ed25519.Ed25519PrivateKey.generate()
    else:
        private = rsa.generate_private_key(public_exponent=65537, key_size=3072)
        form = serialization.PrivateFormat.TraditionalOpenSSL
    text = private.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()
    encoded = private.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    public = f"{encoded.decode()} generated-by-azure"
    acting.found["properties"] = {**(acting.found.get("properties") or {}), "publicKey": public}
    shelf.put(acting.call.practice, acting.id.text, acting.found)
    return Response(200, {"privateKey": text, "publicKey": public, "id": acting.found["id"]})


def _hidden(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
    """Protected settings are never shown again."""
    del adding
    hidden = ("protectedSettings", "protectedParameters", "runAsPassword")
    made["properties"] = {name: value for name, value in made["properties"].items() if name not in hidden}
    return made


def _extended(adding: Adding) -> dict[str, Any]:
    del adding
    return {"autoUpgradeMinorVersion": False, "settings": {}}


def _command(adding: Adding) -> dict[str, Any]:
    del adding
    return {"timeoutInSeconds": 0, "asyncExecution": False, "treatFailureAsDeploymentFailure": False}


def _set(adding: Adding) -> dict[str, Any]:
    del adding
    return {"platformUpdateDomainCount": 5, "platformFaultDomainCount": 3, "virtualMachines": []}


def _instance_view(call: Call) -> Response:
    key = ids.parse(call.path.rpartition("/")[0])
    found = shelf.must(call.practice, key)
    return Response(200, compute_machines.view(call.practice, found))


_ROOT = "Microsoft.Compute"
_MACHINE = (
    "/subscriptions/{subscription}/resourcegroups/{group}/providers/Microsoft.Compute/virtualMachines/{name}"
)
_TRACKED = frozenset(
    {"location", "tags", "identity", "sku", "kind", "properties", "zones", "plan", "extendedLocation"}
)

TYPES = (
    ResourceType(
        f"{_ROOT}/virtualMachines",
        way=_CREATED,
        change=_CREATED,
        removal=_GONE,
        seconds=75,
        removal_seconds=45,
        members=_TRACKED | {"resources"},
        references=("properties.networkProfile.networkInterfaces[].id", "properties.availabilitySet.id"),
        missing=compute_rules.no_reference,
        added=compute_machines.added,
        completed=compute_machines.completed,
        rules=(
            compute_rules.size,
            compute_rules.image,
            compute_rules.network,
            compute_rules.system,
            compute_rules.disks,
            compute_rules.unchanged,
        ),
        change_rules=(compute_rules.size, compute_rules.unchanged),
        removed=compute_machines.removed,
        shown=compute_machines.shown,
        expanded=compute_machines.expanded,
        actions=compute_actions.ACTIONS,
        polling="operations",
        rule=re.compile(r"[^\s~!@#$%^&*()=+\[\]{}\\|;:'\",<>/?]{0,63}[^\s~!@#$%^&*()=+\[\]{}\\|;:'\",<>/?.-]"),
        says="Linux host name cannot exceed 64 characters in length or contain the following characters: ` ~ ! @ # $ % ^ & *"
        " ( ) = + _ [ ] { } \\ | ; : ' \" , < > / ?.",
        says_code="InvalidParameter",
    ),
    ResourceType(
        f"{_ROOT}/virtualMachines/extensions",
        way=_CREATED,
        change=_CREATED,
        removal=_GONE,
        seconds=40,
        removal_seconds=20,
        added=_extended,
        completed=_hidden,
        rules=(compute_rules.extension,),
        expanded=compute_machines.expanded_extension,
        polling="operations",
        orphan="parent",
        rule=_NAME,
        says=_INVALID,
        says_code="InvalidParameter",
    ),
    ResourceType(
        f"{_ROOT}/virtualMachines/runCommands",
        way=_CREATED,
        change=_CREATED,
        removal=_GONE,
        seconds=30,
        removal_seconds=10,
        added=_command,
        completed=_hidden,
        polling="operations",
        rule=_NAME,
        says=_INVALID,
        says_code="InvalidParameter",
    ),
    ResourceType(
        f"{_ROOT}/disks",
        way=_DISK,
        change=_DISK,
        removal=_GONE,
        seconds=4,
        removal_seconds=4,
        members=_TRACKED,
        added=compute_disks.added,
        completed=compute_disks.tiered,
        rules=(compute_rules.source,),
        before_removal=(compute_rules.attached,),
        polling="DiskOperations",
        rule=re.compile(r"[A-Za-z0-9_.-]{1,80}"),
        says=_INVALID,
        says_code="InvalidParameter",
    ),
    ResourceType(
        f"{_ROOT}/snapshots",
        way=_DISK,
        change=_DISK,
        removal=_GONE,
        seconds=4,
        removal_seconds=4,
        references=("properties.creationData.sourceResourceId",),
        missing=compute_rules.no_reference,
        added=compute_disks.added,
        completed=compute_disks.tiered,
        rules=(compute_rules.source,),
        polling="DiskOperations",
        rule=re.compile(r"[A-Za-z0-9_.-]{1,80}"),
        says=_INVALID,
        says_code="InvalidParameter",
    ),
    ResourceType(
        f"{_ROOT}/images",
        way=_CREATED,
        change=_CREATED,
        removal=_GONE,
        seconds=30,
        removal_seconds=10,
        references=("properties.sourceVirtualMachine.id",),
        missing=compute_rules.no_reference,
        added=compute_machines.image_added,
        polling="capsoperations",
        rule=_NAME,
        says=_INVALID,
        says_code="InvalidParameter",
    ),
    ResourceType(
        f"{_ROOT}/availabilitySets",
        state=False,
        members=_TRACKED,
        defaults={"sku": {"name": "Classic"}},
        added=_set,
        rule=_NAME,
        says=_INVALID,
        says_code="InvalidParameter",
    ),
    ResourceType(
        f"{_ROOT}/sshPublicKeys",
        state=False,
        seconds=1,
        members=frozenset({"location", "tags", "properties"}),
        properties=frozenset({"publicKey"}),
        rules=(_key,),
        change_rules=(_key,),
        actions={"generatekeypair": _generate},
        rule=_NAME,
        says=_INVALID,
        says_code="InvalidParameter",
    ),
)  # fmt: skip
OPERATIONS = (
    Operation("GET", f"{_MACHINE}/instanceView", _instance_view, "Microsoft.Compute/virtualMachines/instanceView/read", strip=1),
    *compute_lists.OPERATIONS,
    *compute_images.OPERATIONS,
)  # fmt: skip
