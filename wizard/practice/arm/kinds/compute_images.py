"""Where images and extensions of virtual machines are looked up: publishers, offers, SKUs, types and versions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wizard.practice.arm import facts
from wizard.practice.arm.call import Call, Operation
from wizard.practice.arm.kinds.compute_lists import region_of
from wizard.practice.kernel import Failure, Response

_GIGABYTE = 1024**3
_WINDOWS_DISK, _LINUX_DISK = 127, 30
_VERSION = re.compile(r"\d+(\.\d+){1,4}")


@dataclass(frozen=True, slots=True)
class Image:
    """An image of the marketplace; `disk` in GB."""

    publisher: str
    offer: str
    sku: str
    system: str
    version: str

    @property
    def generation(self) -> str:
        """Which generation of machine it starts on."""
        sign = re.search(
            r"gen2|gensecond|-g2$|azure-edition|cvm|win11|^server$|^minimal$|24h2", self.sku, re.IGNORECASE
        )
        return "V2" if sign else "V1"

    @property
    def architecture(self) -> str:
        """Which processors it runs on."""
        return "Arm64" if "arm64" in self.sku.lower() else "x64"

    @property
    def disk(self) -> int:
        """The size of its disk."""
        if self.system == "Linux":
            return 64 if self.publisher == "RedHat" else _LINUX_DISK
        return _LINUX_DISK if "smalldisk" in self.sku.lower() else _WINDOWS_DISK


def _match(table: Mapping[str, Any], name: str) -> tuple[str, Any] | None:
    return next(((known, value) for known, value in table.items() if known.lower() == name.lower()), None)


def publisher(name: str) -> tuple[str, Mapping[str, Any]] | None:
    """A publisher with its offers, by its name in any case."""
    return _match(facts.images()["publishers"], name)


def image(publisher_name: str, offer_name: str, sku_name: str) -> Image | None:
    """An image by the names of its publisher, offer and SKU in any case."""
    offers = publisher(publisher_name)
    offer = _match(offers[1], offer_name) if offers else None
    if offers is None or offer is None:
        return None
    system, version, skus = offer[1]
    sku = next((one for one in skus if one.lower() == sku_name.lower()), None)
    return Image(offers[0], offer[0], sku, system, version) if sku else None


def known_version(version: str) -> bool:
    """Whether a version could be one: old ones of an image are not listed here one by one."""
    return version.lower() == "latest" or bool(_VERSION.fullmatch(version))


def _absent() -> Failure:
    return Failure(404, "NotFound", "Artifact: VMImage was not found.")


def _item(call: Call, path: str, name: str) -> dict[str, Any]:
    region = region_of(call)
    base = f"/Subscriptions/{call.subscription}/Providers/Microsoft.Compute/Locations/{region}/Publishers"
    return {"location": region, "name": name, "id": f"{base}/{path}"}


def _listed(call: Call, items: list[dict[str, Any]]) -> Response:
    """A list, in the order and with the end that `$orderby` and `$top` ask for."""
    if str(call.request.query.get("$orderby", "")).lower().endswith("desc"):
        items.reverse()
    top = call.request.query.get("$top", "")
    return Response(200, items[: int(top)] if top.isdigit() else items)


def _publishers(call: Call) -> Response:
    return _listed(
        call, [_item(call, name, name) for name in sorted(facts.images()["publishers"], key=str.lower)]
    )


def _publisher(call: Call) -> tuple[str, Mapping[str, Any]]:
    found = publisher(call.parts["publisher"])
    if found is None:
        raise _absent()
    return found


def _offers(call: Call) -> Response:
    name, offers = _publisher(call)
    return _listed(call, [_item(call, f"{name}/ArtifactTypes/VMImage/Offers/{one}", one) for one in offers])


def _skus(call: Call) -> Response:
    name, offers = _publisher(call)
    offer = _match(offers, call.parts["offer"])
    if offer is None:
        raise _absent()
    path = f"{name}/ArtifactTypes/VMImage/Offers/{offer[0]}/Skus"
    return _listed(call, [_item(call, f"{path}/{one}", one) for one in offer[1][2]])


def _image(call: Call) -> tuple[Image, str]:
    found = image(call.parts["publisher"], call.parts["offer"], call.parts["sku"])
    if found is None:
        raise _absent()
    path = f"{found.publisher}/ArtifactTypes/VMImage/Offers/{found.offer}/Skus/{found.sku}/Versions"
    return found, path


def _versions(call: Call) -> Response:
    found, path = _image(call)
    return _listed(call, [_item(call, f"{path}/{found.version}", found.version)])


def _version(call: Call) -> Response:
    found, path = _image(call)
    version = call.parts["version"]
    if not known_version(version):
        raise _absent()
    size = {"sizeInGb": found.disk + 1} if call.version < "2023" else {}
    disk = {"operatingSystem": found.system, **size, "sizeInBytes": found.disk * _GIGABYTE + 512}
    properties = {
        "hyperVGeneration": found.generation,
        "architecture": found.architecture,
        "replicaType": "Unmanaged",
        "disallowed": {"vmDiskType": "None"},
        "automaticOSUpgradeProperties": {
            "automaticOSUpgradeSupported": found.sku.endswith(("LTS", "Datacenter"))
        },
        "imageDeprecationStatus": {"imageState": "Active"},
        "features": [{"name": name, "value": value} for name, value in _features(found)],
        "osDiskImage": disk,
        "dataDiskImages": [],
    }
    return Response(200, {"properties": properties, **_item(call, f"{path}/{version}", version)})


def _features(found: Image) -> tuple[tuple[str, str], ...]:
    trusted = (("SecurityType", "TrustedLaunchSupported"),) if found.generation == "V2" else ()
    usual = (("IsAcceleratedNetworkSupported", "True"), ("DiskControllerTypes", "SCSI, NVMe"))
    return (*trusted, *usual, ("IsHibernateSupported", "True"))


def extension(publisher_name: str, kind: str) -> tuple[str, list[str]] | None:
    """The system and the versions of an extension, by its publisher and type in any case."""
    types = _match(facts.images()["extensions"], publisher_name)
    found = _match(types[1], kind) if types else None
    return (found[1][0], list(found[1][1])) if found else None


def _types(call: Call) -> Response:
    name, _ = _publisher(call)
    found = _match(facts.images()["extensions"], name)
    path = f"{name}/ArtifactTypes/VMExtension/Types"
    return _listed(call, [_item(call, f"{path}/{one}", one) for one in (found[1] if found else ())])


def _type(call: Call) -> tuple[str, str, list[str]]:
    found = extension(call.parts["publisher"], call.parts["kind"])
    if found is None:
        raise Failure(404, "NotFound", "Artifact: VMExtension was not found.")
    name = publisher(call.parts["publisher"])
    path = f"{name[0] if name else ''}/ArtifactTypes/VMExtension/Types/{call.parts['kind']}/Versions"
    return path, found[0], found[1]


def _type_versions(call: Call) -> Response:
    path, _, versions = _type(call)
    return _listed(call, [_item(call, f"{path}/{one}", one) for one in versions])


def _type_version(call: Call) -> Response:
    path, system, _ = _type(call)
    version = call.parts["version"]
    if not _VERSION.fullmatch(version):
        raise Failure(404, "NotFound", "Artifact: VMExtension was not found.")
    properties = {
        "operatingSystem": system,
        "computeRole": "IaaS",
        "vmScaleSetEnabled": False,
        "supportsMultipleExtensions": False,
        "rollbackSupported": False,
        "isInternalExtension": False,
        "isJsonExtension": False,
    }
    return Response(200, {"properties": properties, **_item(call, f"{path}/{version}", version)})


_RIGHT = "Microsoft.Compute/locations/publishers/"
_ROOT = "/subscriptions/{subscription}/providers/Microsoft.Compute/locations/{location}/publishers"
_IMAGES = f"{_ROOT}/{{publisher}}/artifacttypes/vmimage/offers"
_SKUS = f"{_IMAGES}/{{offer}}/skus"
_EXTENSIONS = f"{_ROOT}/{{publisher}}/artifacttypes/vmextension/types"
OPERATIONS = (
    Operation("GET", _ROOT, _publishers, f"{_RIGHT}read", strip=5),
    Operation("GET", _IMAGES, _offers, f"{_RIGHT}artifacttypes/offers/read", strip=9),
    Operation("GET", _SKUS, _skus, f"{_RIGHT}artifacttypes/skus/read", strip=11),
    Operation("GET", f"{_SKUS}/{{sku}}/versions", _versions, f"{_RIGHT}artifacttypes/offers/skus/versions/read", strip=13),
    Operation("GET", f"{_SKUS}/{{sku}}/versions/{{version}}", _version, f"{_RIGHT}artifacttypes/offers/skus/versions/read", strip=14),
    Operation("GET", _EXTENSIONS, _types, f"{_RIGHT}artifacttypes/types/read", strip=9),
    Operation("GET", f"{_EXTENSIONS}/{{kind}}/versions", _type_versions, f"{_RIGHT}artifacttypes/types/versions/read", strip=11),
    Operation("GET", f"{_EXTENSIONS}/{{kind}}/versions/{{version}}", _type_version, f"{_RIGHT}artifacttypes/types/versions/read", strip=12),
)  # fmt: skip
TYPES = ()
