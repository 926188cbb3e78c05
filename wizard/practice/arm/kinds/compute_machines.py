"""Virtual machines: what Azure adds to one, its disks, and what its instance view tells."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from wizard.practice.arm import ids, paths, shelf
from wizard.practice.arm.call import stamp
from wizard.practice.arm.kinds import compute_disks, compute_images, vm_sizes
from wizard.practice.arm.kinds.compute_rules import invalid, is_windows, power
from wizard.practice.arm.types import Adding
from wizard.practice.kernel import Practice

_SECRETS = ("adminPassword", "customData")
_EXTENSIONS = "Microsoft.Compute/virtualMachines/extensions"
_POWERS = {"running": "VM running", "stopped": "VM stopped", "deallocated": "VM deallocated"}


def added(adding: Adding) -> dict[str, Any]:
    """What Azure adds to the properties of a machine."""
    # What a PUT does not speak of stays as it was.
    before = (adding.before or {}).get("properties", {})
    found: dict[str, Any] = {
        **before,
        "vmId": adding.kept("vmId", str(uuid.uuid4())),
        "timeCreated": adding.kept("timeCreated", stamp(adding.call.clock.now())),
        "hardwareProfile": before.get("hardwareProfile") or {"vmSize": "Standard_A1_v2"},
    }
    if isinstance(adding.properties.get("osProfile"), dict):
        fresh = _profile(windows=is_windows(adding.properties))
        found["osProfile"] = paths.laid_over(fresh, before.get("osProfile") or {})
    if adding.properties.get("priority") == "Spot":
        found["billingProfile"] = {"maxPrice": -1.0}
    return found


def _profile(*, windows: bool) -> dict[str, Any]:
    patches = {"patchMode": "AutomaticByOS" if windows else "ImageDefault", "assessmentMode": "ImageDefault"}
    common = {"provisionVMAgent": True, "patchSettings": patches, "enableVMAgentPlatformUpdates": False}
    own = {"enableAutomaticUpdates": True} if windows else {"disablePasswordAuthentication": False}
    return {
        "windowsConfiguration" if windows else "linuxConfiguration": own | common,
        "secrets": [],
        "allowExtensionOperations": True,
        "requireGuestProvisionSignal": True,
    }


def completed(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
    """The machine without its secrets, with its image resolved and its disks made."""
    properties = made["properties"] = paths.laid_over(made["properties"], {})
    made.pop("resources", None)
    properties.pop("instanceView", None)
    profile = properties.get("osProfile")
    if isinstance(profile, dict):
        properties["osProfile"] = {name: value for name, value in profile.items() if name not in _SECRETS}
    storage = dict(properties.get("storageProfile") or {})
    _resolve(adding, storage)
    properties["storageProfile"] = storage
    _release(adding, storage)
    before = adding.before or {}
    return made | {name: before[name] for name in ("_power", "_generalized") if name in before}


def _resolve(adding: Adding, storage: dict[str, Any]) -> None:
    asked = storage.get("imageReference")
    found = None
    if isinstance(asked, dict) and asked.get("publisher"):
        found = compute_images.image(*(str(asked.get(name)) for name in ("publisher", "offer", "sku")))
        version = str(asked.get("version") or "latest")
        exact = found.version if found and version.lower() == "latest" else version
        storage["imageReference"] = {**asked, "exactVersion": asked.get("exactVersion") or exact}
    elif isinstance(asked, dict) and "/galleries/" in str(asked.get("id")).lower():
        named = str(asked["id"]).rsplit("/versions/", 1)
        storage["imageReference"] = {"exactVersion": named[1] if len(named) > 1 else "1.0.0", **asked}
    storage.setdefault("diskControllerType", "SCSI")
    size = vm_sizes.find(str((adding.properties.get("hardwareProfile") or {}).get("vmSize")))
    kind = "Premium_LRS" if size and size.premium else "Standard_LRS"
    disk = {"createOption": "FromImage"} | (storage.get("osDisk") or {})
    windows = is_windows(adding.properties)
    disk.setdefault("osType", "Windows" if windows else "Linux")
    if str(disk["createOption"]).lower() == "fromimage":
        disk.setdefault("diskSizeGB", found.disk if found else (127 if windows else 30))
    storage["osDisk"] = _disk(adding, disk, kind, 1)
    given = storage.get("dataDisks") or _imaged(adding, asked)
    storage["dataDisks"] = [
        _disk(adding, one, kind, number) for number, one in enumerate(given, 2) if isinstance(one, dict)
    ]


def _imaged(adding: Adding, asked: Any) -> list[dict[str, Any]]:
    """The data disks that a custom image brings along."""
    key = str(asked.get("id") or "") if isinstance(asked, dict) and adding.before is None else ""
    image = shelf.stored(adding.practice, key) if key else None
    profile = (image or {}).get("properties", {}).get("storageProfile") or {}
    kept = ("lun", "diskSizeGB", "caching")
    return [
        {**{name: one[name] for name in kept if one.get(name) is not None}, "createOption": "FromImage"}
        for one in profile.get("dataDisks") or ()
    ]


def image_added(adding: Adding) -> dict[str, Any]:
    """A custom image of a machine has the machine's disks."""
    source = str((adding.properties.get("sourceVirtualMachine") or {}).get("id") or "")
    machine = shelf.stored(adding.practice, source) if source else None
    if machine is None:
        return {"hyperVGeneration": "V1"}
    profile = machine["properties"].get("storageProfile") or {}
    names = ("lun", "diskSizeGB", "caching", "osType", "managedDisk")
    taken = [
        {name: one[name] for name in names if one.get(name) is not None}
        for one in (profile.get("osDisk") or {}, *(profile.get("dataDisks") or ()))
    ]
    system = {"osState": "Generalized", **taken[0]}
    return {
        "hyperVGeneration": "V1",
        "storageProfile": {"osDisk": system, "dataDisks": taken[1:], "zoneResilient": False},
    }


def _disk(adding: Adding, given: Mapping[str, Any], kind: str, number: int) -> dict[str, Any]:
    """A disk as the machine shows it; one that is not there yet is made."""
    fresh: dict[str, Any] = {"caching": "ReadWrite" if number == 1 else "None", "deleteOption": "Detach"}
    if number > 1:
        fresh["toBeDetached"] = False
    disk = fresh | {name: value for name, value in given.items() if value is not None}
    if disk.get("vhd") and not disk.get("managedDisk"):
        return {"diskSizeGB": 30, **disk}
    managed = dict(disk.get("managedDisk") or {})
    if managed.get("id"):
        named = ids.parse(str(managed["id"])).leaf
        there = shelf.stored(adding.practice, str(managed["id"]))
        if there is None and adding.before is None:
            raise invalid("managedDisk.id", f"Disk {named} is not found.", "managedDisk")
        _take(adding, str(managed["id"]), there)
        size = (there or {}).get("properties", {}).get("diskSizeGB")
        sku = ((there or {}).get("sku") or {}).get("name")
        managed = ({"storageAccountType": sku} if sku else {}) | managed
        return {
            **disk,
            "name": disk.get("name") or named,
            "diskSizeGB": disk.get("diskSizeGB") or size or 30,
            "managedDisk": managed,
        }
    managed.setdefault("storageAccountType", kind)
    tail = uuid.uuid4().hex
    disk.setdefault("name", f"{adding.id.leaf}_{'OsDisk_1' if number == 1 else f'disk{number}'}_{tail}")
    disk.setdefault("diskSizeGB", 30)
    creation = {"createOption": disk.get("createOption", "Empty")}
    managed["id"] = compute_disks.make(adding, disk["name"], {**disk, "managedDisk": managed}, creation)
    return {**disk, "managedDisk": managed}


def _take(adding: Adding, key: str, there: Mapping[str, Any] | None) -> None:
    owner = str((there or {}).get("managedBy") or "")
    if owner and not ids.same(owner, adding.id.text) and shelf.stored(adding.practice, owner):
        raise invalid(
            "managedDisk.id",
            f"Disk {ids.parse(key).leaf} is already attached to VM {owner} and cannot be attached to VM {adding.id.text}.",
            "managedDisk",
        )
    compute_disks.attach(adding.practice, key, adding.id.text)


def _release(adding: Adding, storage: Mapping[str, Any]) -> None:
    """Disks that the machine no longer names are free."""
    kept = {str(key).lower() for key in disks_of({"properties": {"storageProfile": storage}})}
    for key in disks_of(adding.before or {}):
        if key.lower() not in kept:
            compute_disks.attach(adding.practice, key, None)


def disks_of(machine: Mapping[str, Any]) -> list[str]:
    """The ids of the managed disks of a machine."""
    profile = (machine.get("properties") or {}).get("storageProfile") or {}
    found = [*paths.at(profile, "osDisk.managedDisk.id"), *paths.at(profile, "dataDisks[].managedDisk.id")]
    return [str(key) for _, key in found if key]


def removed(practice: Practice, machine: Mapping[str, Any]) -> None:
    """A machine is gone: its disks and interfaces too where they say so, the others are free."""
    profile = (machine.get("properties") or {}).get("storageProfile") or {}
    for disk in (profile.get("osDisk") or {}, *(profile.get("dataDisks") or ())):
        key = str((disk.get("managedDisk") or {}).get("id") or "")
        if key and disk.get("deleteOption") == "Delete":
            shelf.drop(practice, key)
        elif key:
            compute_disks.attach(practice, key, None)
    for _, interface in paths.at(machine, "properties.networkProfile.networkInterfaces[]"):
        if ((interface or {}).get("properties") or {}).get("deleteOption") == "Delete":
            shelf.drop(practice, str(interface.get("id")))


def shown(practice: Practice, machine: Mapping[str, Any]) -> Mapping[str, Any]:
    """The extensions of a machine stand in it too."""
    found = shelf.children(practice, str(machine["id"]), _EXTENSIONS)
    return {"resources": found} if found else {}


def expanded(practice: Practice, machine: Mapping[str, Any]) -> Mapping[str, Any]:
    """The instance view in the machine."""
    return {"properties": {"instanceView": view(practice, machine)}}


def view(practice: Practice, machine: Mapping[str, Any]) -> dict[str, Any]:
    """What a machine and what is in it does at this moment."""
    key, properties = str(machine["id"]), machine["properties"]
    moment = stamp(practice.clock.now())
    state = power(practice, key)
    storage, profile = properties.get("storageProfile") or {}, properties.get("osProfile") or {}
    disks = [storage.get("osDisk") or {}, *(storage.get("dataDisks") or ())]
    windows = str(disks[0].get("osType")) == "Windows"
    provisioned = str(properties.get("provisioningState") or "Succeeded")
    return {
        **(_inside(practice, key, profile, moment, windows=windows) if state != "deallocated" else {}),
        **_placed(properties),
        "disks": [
            {"name": one.get("name"), "statuses": [_provisioned("succeeded", moment)]} for one in disks
        ],
        "bootDiagnostics": {},
        "extensions": [_extension(one) for one in shelf.children(practice, key, _EXTENSIONS)],
        "hyperVGeneration": "V1",
        "statuses": [
            _provisioned(provisioned.lower(), moment),
            {"code": f"PowerState/{state}", "level": "Info", "displayStatus": _POWERS.get(state, state)},
        ],
    }


def _placed(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Where a machine of an availability set or of a host of one's own stands."""
    host = (properties.get("host") or {}).get("id") or (properties.get("hostGroup") or {}).get("id")
    if not host and not properties.get("availabilitySet"):
        return {}
    return {"platformFaultDomain": 0, "platformUpdateDomain": 0, **({"assignedHost": host} if host else {})}


def expanded_extension(practice: Practice, found: Mapping[str, Any]) -> Mapping[str, Any]:
    """The instance view in an extension."""
    del practice
    return {"properties": {"instanceView": _extension(found)}}


def _provisioned(state: str, moment: str) -> dict[str, Any]:
    words = "Provisioning succeeded" if state == "succeeded" else state.capitalize()
    return {"code": f"ProvisioningState/{state}", "level": "Info", "displayStatus": words, "time": moment}


def _inside(
    practice: Practice, key: str, profile: Mapping[str, Any], moment: str, *, windows: bool
) -> dict[str, Any]:
    ready = {
        "code": "ProvisioningState/succeeded",
        "level": "Info",
        "displayStatus": "Ready",
        "message": "Guest Agent is running",
        "time": moment,
    }
    return {
        "computerName": profile.get("computerName", ids.parse(key).leaf),
        "osName": "Windows Server" if windows else "ubuntu",
        "osVersion": "Microsoft Windows NT 10.0.20348.0" if windows else "22.04",
        "vmAgent": {
            "vmAgentVersion": "2.7.41491.1172" if windows else "2.14.0.1",
            "statuses": [ready],
            "extensionHandlers": [
                {
                    "type": f"{one['properties'].get('publisher')}.{one['properties'].get('type')}",
                    "typeHandlerVersion": str(one["properties"].get("typeHandlerVersion")),
                    "status": {
                        "code": "ProvisioningState/succeeded",
                        "level": "Info",
                        "displayStatus": "Ready",
                        "message": "Plugin enabled",
                    },
                }
                for one in shelf.children(practice, key, _EXTENSIONS)
            ],
        },
    }


def _extension(found: Mapping[str, Any]) -> dict[str, Any]:
    inner = found["properties"]
    status = {
        "code": "ProvisioningState/succeeded",
        "level": "Info",
        "displayStatus": "Provisioning succeeded",
        "message": "Enable succeeded",
    }
    return {
        "name": found["name"],
        "type": f"{inner.get('publisher')}.{inner.get('type')}",
        "typeHandlerVersion": str(inner.get("typeHandlerVersion")),
        "statuses": [status],
    }
