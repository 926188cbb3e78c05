"""What a virtual machine is refused for, in Compute's own words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from wizard.practice.arm import ids, paths, shelf
from wizard.practice.arm.kinds import compute_images, vm_sizes
from wizard.practice.arm.types import Acting, Adding
from wizard.practice.kernel import Failure, Practice

_NAMES_REFUSED = frozenset(
    [
        "administrator",
        "admin",
        "user",
        "user1",
        "test",
        "user2",
        "test1",
        "user3",
        "admin1",
        "1",
        "123",
        "a",
        "actuser",
        "adm",
        "admin2",
        "aspnet",
        "backup",
        "console",
        "david",
        "guest",
        "john",
        "owner",
        "root",
        "server",
        "sql",
        "support",
        "support_388945a0",
        "sys",
        "test2",
        "test3",
        "user4",
        "user5",
    ]
)
_KEY = re.compile(r"(ssh-rsa|ssh-ed25519)\s+[A-Za-z0-9+/\s]+={0,3}(\s.*)?", re.DOTALL)
_WINDOWS_NAME = re.compile(r"(?!\d+$)[^`~!@#$%^&*()=+_\[\]{}\\|;:.'\",<>/?]{1,15}")
_QUOTA_PAGE = "https://docs.microsoft.com/en-us/azure/azure-supportability/per-vm-quota-requests"
_COMPLEX = (
    "The supplied password must be between {low}-{high} characters long and must satisfy at least 3 of password"
    " complexity requirements from the following:\r\n1) Contains an uppercase character\r\n2) Contains a lowercase"
    " character\r\n3) Contains a numeric digit\r\n4) Contains a special character\r\n5) Control characters are not allowed"
)


def invalid(parameter: str, message: str = "", target: str = "") -> Failure:
    """400 InvalidParameter, which names the parameter."""
    text = message or f"The value of parameter {parameter} is invalid."
    return Failure(400, "InvalidParameter", text, target=target or parameter)


def unchangeable(name: str) -> Failure:
    """409 PropertyChangeNotAllowed."""
    return Failure(
        409, "PropertyChangeNotAllowed", f"Changing property '{name}' is not allowed.", target=name
    )


def not_allowed(message: str) -> Failure:
    """409 OperationNotAllowed."""
    return Failure(409, "OperationNotAllowed", message)


def no_reference(id: ids.Id, path: str, wanted: str) -> Failure:  # noqa: A002 - what it is
    """404 NotFound of something a machine refers to."""
    del id, path
    return Failure(404, "NotFound", f"Resource {wanted} not found.", shape="details")


def _inner(document: Mapping[str, Any], *path: str) -> Any:
    found: Any = document
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def size(adding: Adding) -> None:
    """The size must exist, be offered in the region, and fit into the quotas."""
    name = _inner(adding.properties, "hardwareProfile", "vmSize")
    if name is None:
        return
    found = vm_sizes.find(str(name))
    if found is None:
        offered = [one.name for one in vm_sizes.sizes().values() if one.offered(adding.location)]
        raise invalid(
            "vmSize",
            f"The value {name} provided for the VM size is not valid. The valid sizes in the current region are:"
            f" {','.join(offered)}. Find out more on the valid VM sizes in each region at https://aka.ms/azure-regions.",
        )
    before = _inner(adding.before or {}, "properties", "hardwareProfile", "vmSize")
    if str(before).lower() == str(name).lower():
        return
    if not found.offered(adding.location):
        raise _not_offered(found.name, adding.location)
    _within_quota(adding, found, vm_sizes.find(str(before)))


def _not_offered(name: str, location: str) -> Failure:
    return Failure(
        409,
        "SkuNotAvailable",
        "The requested VM size for resource 'Following SKUs have failed for Capacity Restrictions:"
        f" {name}' is currently not available in location '{location}'. Please try another size or deploy to a different"
        " location or different zone. See https://aka.ms/azureskunotavailable for details.",
    )


def _within_quota(adding: Adding, wanted: vm_sizes.Size, before: vm_sizes.Size | None) -> None:
    given_back = before.cores if before and before.family == wanted.family else 0
    more = wanted.cores - given_back
    short = vm_sizes.shortage(adding.practice, adding.call.subscription, adding.location, wanted, more)
    if short:
        raise not_allowed(quota_words(short, adding.location))


def quota_words(short: vm_sizes.Shortage, location: str) -> str:
    """What Compute says of a quota that does not leave the cores."""
    which = "Total Regional Cores" if short.family == vm_sizes.CORES else f"{short.family} Cores"
    return (
        f"Operation could not be completed as it results in exceeding approved {which} quota. Additional details -"
        f" Deployment Model: Resource Manager, Location: {location}, Current Limit: {short.limit}, Current Usage:"
        f" {short.used}, Additional Required: {short.wanted}, (Minimum) New Limit Required: {short.used + short.wanted}."
        f" Please read more about quota limits at {_QUOTA_PAGE}"
    )


def image(adding: Adding) -> None:
    """The image must be one of the marketplace."""
    asked = _inner(adding.properties, "storageProfile", "imageReference")
    if not isinstance(asked, dict) or not asked.get("publisher"):
        return
    publisher, offer, sku = (str(asked.get(name)) for name in ("publisher", "offer", "sku"))
    if compute_images.publisher(publisher) is None:
        raise invalid("imageReference.publisher", target="imageReference")
    version = str(asked.get("version") or "latest")
    if compute_images.image(publisher, offer, sku) is None or not compute_images.known_version(version):
        raise Failure(
            404,
            "PlatformImageNotFound",
            f"The platform image '{publisher}:{offer}:{sku}:{version}' is not available. Verify that all fields in the"
            " storage profile are correct. For more details about storage profile information, please refer to"
            " https://aka.ms/storageprofile",
            target="imageReference",
        )


def network(adding: Adding) -> None:
    """There must be an interface; each must be in the machine's region and serve no other machine."""
    if adding.before is None and not _inner(adding.properties, "networkProfile"):
        raise invalid("networkProfile", "Required parameter 'networkProfile' is missing (null).")
    for _, wanted in paths.at(adding.properties, "networkProfile.networkInterfaces[].id"):
        found = shelf.stored(adding.practice, str(wanted)) or {}
        if found.get("location", adding.location) != adding.location:
            raise Failure(
                400,
                "InvalidResourceReference",
                f"Resource {wanted} referenced by resource {adding.id.text} was not found. Please make sure that the"
                " referenced resource exists, and that both resources are in the same region.",
                shape="details",
            )
        for user in shelf.users(adding.practice, str(wanted)):
            other = shelf.stored(adding.practice, user.id) or {}
            if other.get("type") == "Microsoft.Compute/virtualMachines" and not ids.same(
                user.id, adding.id.text
            ):
                raise Failure(
                    400,
                    "NicInUse",
                    f"Network Interface {wanted} is used by existing resource {user.id}. In order to delete the network"
                    " interface, it must be dissociated from the resource. To learn more, see aka.ms/deletenic.",
                    shape="details",
                )


def system(adding: Adding) -> None:
    """The name of the administrator, his password and his keys, and the computer's name."""
    profile = adding.properties.get("osProfile")
    if not isinstance(profile, dict) or adding.before is not None:
        return
    if str(profile.get("adminUsername", "")).lower() in _NAMES_REFUSED:
        raise invalid("adminUsername", "The Admin Username specified is not allowed.")
    if is_windows(adding.properties):
        _windows(profile)
    else:
        _linux(profile)


def is_windows(properties: Mapping[str, Any]) -> bool:
    """Whether a machine's disk holds Windows, as far as its body and the image tell."""
    given = _inner(properties, "storageProfile", "osDisk", "osType")
    if given:
        return str(given).lower() == "windows"
    asked = _inner(properties, "storageProfile", "imageReference") or {}
    found = compute_images.image(*(str(asked.get(name)) for name in ("publisher", "offer", "sku")))
    return (
        found.system == "Windows" if found else bool(_inner(properties, "osProfile", "windowsConfiguration"))
    )


def _windows(profile: Mapping[str, Any]) -> None:
    if not _WINDOWS_NAME.fullmatch(str(profile.get("computerName") or "computer")):
        raise invalid(
            "computerName",
            "Windows computer name cannot be more than 15 characters long, be entirely numeric, or contain the following"
            " characters: ` ~ ! @ # $ % ^ & * ( ) = + _ [ ] { } \\ | ; : . ' \" , < > / ?.",
        )
    if "adminPassword" not in profile:
        raise invalid("adminPassword", "Required parameter 'adminPassword' is missing (null).")
    _complex(str(profile["adminPassword"]), 8, 123)


def _linux(profile: Mapping[str, Any]) -> None:
    configuration = profile.get("linuxConfiguration") or {}
    keys = [key for _, key in paths.at(configuration, "ssh.publicKeys[].keyData")]
    for key in keys:
        if not _KEY.fullmatch(str(key).strip()):
            raise invalid("linuxConfiguration.ssh.publicKeys.keyData")
    locked = configuration.get("disablePasswordAuthentication")
    if not keys and (locked or not profile.get("adminPassword")):
        raise invalid(
            "linuxConfiguration",
            "Authentication using either SSH or by user name and password must be enabled in Linux profile.",
        )
    if profile.get("adminPassword"):
        _complex(str(profile["adminPassword"]), 6, 72)


def _complex(password: str, low: int, high: int) -> None:
    kinds = sum(bool(re.search(kind, password)) for kind in ("[A-Z]", "[a-z]", r"\d", r"[^A-Za-z0-9]"))
    if not low <= len(password) <= high or kinds < 3 or re.search(r"[\x00-\x1f]", password):  # noqa: PLR2004 - of 4
        raise invalid("adminPassword", _COMPLEX.format(low=low, high=high))


def disks(adding: Adding) -> None:
    """As many data disks as the size takes, each at a number of its own."""
    given = _inner(adding.properties, "storageProfile", "dataDisks") or []
    numbers = [one.get("lun") for one in given if isinstance(one, dict)]
    for number in numbers:
        if numbers.count(number) > 1:
            raise invalid(
                "dataDisk.lun",
                f"Cannot attach data disk to VM '{adding.id.leaf}' because LUN {number} is used more than once.",
            )
    found = vm_sizes.find(str(_inner(adding.properties, "hardwareProfile", "vmSize")))
    if found and len(given) > found.data_disks:
        raise not_allowed(
            f"The maximum number of data disks allowed to be attached to a VM of this size is {found.data_disks}."
        )


def unchanged(adding: Adding) -> None:
    """What a machine that exists keeps for ever."""
    if adding.before is None:
        return
    for path in _fixed(adding.before["properties"], adding.properties):
        raise unchangeable(path)
    before, now = (
        _inner(one, "storageProfile", "osDisk") or {}
        for one in (adding.before["properties"], adding.properties)
    )
    bigger = now.get("diskSizeGB") and before.get("diskSizeGB") and now["diskSizeGB"] != before["diskSizeGB"]
    if bigger and _inner(before, "managedDisk", "id"):
        raise Failure(
            400,
            "ResizeDiskError",
            f"Managed disk resize via Virtual Machine '{adding.id.leaf}' is not allowed. Please resize disk resource at"
            f" {before['managedDisk']['id']}.",
            target="disk.diskSizeGB",
        )


def _fixed(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for *path, name in (("osProfile", "adminUsername"), ("osProfile", "computerName")):
        old, new = _inner(before, *path, name), _inner(now, *path, name)
        if old and new and old != new:
            yield f"{'.'.join(path)}.{name}"
    for name in ("publisher", "offer", "sku", "id"):
        old, new = (_inner(one, "storageProfile", "imageReference", name) for one in (before, now))
        if old and new and str(old).lower() != str(new).lower():
            yield "imageReference"
    old, new = before.get("priority") or "Regular", now.get("priority") or before.get("priority") or "Regular"
    if old != new:
        yield "priority"


def power(practice: Practice, key: str) -> str:
    """Whether a machine is `running`, `stopped` or `deallocated`."""
    return str((shelf.stored(practice, key) or {}).get("_power", "running"))


def extension(adding: Adding) -> None:
    """An extension has a publisher, a type and a version, and the machine runs."""
    for name in ("publisher", "type", "typeHandlerVersion"):
        if adding.before is None and not adding.properties.get(name):
            raise invalid(name)
    parent = adding.id.parent
    if parent and power(adding.practice, parent.text) != "running":
        raise not_allowed("Cannot modify extensions in the VM when the VM is not running.")


def attached(acting: Acting) -> None:
    """A disk that a machine uses stays."""
    owner = acting.found.get("managedBy")
    if owner and shelf.stored(acting.call.practice, str(owner)):
        raise not_allowed(f"Disk {acting.id.leaf} is attached to VM {owner}.")


def source(adding: Adding) -> None:
    """A disk says what it is made of, and has a size when that is nothing."""
    creation = adding.properties.get("creationData")
    option = creation.get("createOption") if isinstance(creation, dict) else None
    if adding.before is None and not option:
        raise invalid("disk.creationData", "Required parameter 'disk.creationData' is missing (null).")
    if option == "Empty" and not adding.properties.get("diskSizeGB"):
        raise invalid("disk.diskSizeGB", "Required parameter 'disk.diskSizeGB' is missing (null).")
    wanted, before = adding.properties.get("diskSizeGB"), adding.kept("diskSizeGB", None)
    if wanted and before and wanted < before:
        raise invalid("disk.diskSizeGB", "Disks or snapshot cannot be resized down.")
