"""The versions of Kubernetes that clusters may have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from wizard.practice.arm.call import Call, Operation
from wizard.practice.arm.kinds.compute_lists import region_of
from wizard.practice.kernel import Response

# What was offered in autumn 2026: minor version -> its patches, oldest first; the first two have long-term support only.
_OFFERED = {
    "1.30": ("1.30.13", "1.30.14"),
    "1.31": ("1.31.10", "1.31.13"),
    "1.32": ("1.32.7", "1.32.9"),
    "1.33": ("1.33.3", "1.33.5"),
    "1.34": ("1.34.0", "1.34.1"),
}
_LONG_TERM = frozenset({"1.30", "1.31"})
DEFAULT = "1.33.5"
_VERSION = re.compile(r"(1)\.(\d{1,2})(?:\.(\d{1,2}))?")
_NEWEST = 34


def resolved(asked: str) -> str | None:
    """The full version that `1.33` or nothing means; None for one that never was.

    Azure refuses versions that are no longer supported; they are taken here, so that old recordings play.
    """
    if not asked:
        return DEFAULT
    found = _VERSION.fullmatch(asked)
    if found is None or int(found[2]) > _NEWEST:
        return None
    if found[3] is None:
        return _OFFERED.get(asked, (f"{asked}.9",))[-1]
    return asked


def upgrades(version: str) -> list[str]:
    """What a version can be raised to: later patches, and the next minor version."""
    minor = int(version.split(".")[1])
    patches = [one for one in _OFFERED.get(f"1.{minor}", ()) if _key(one) > _key(version)]
    return [*patches, *_OFFERED.get(f"1.{minor + 1}", ())]


def _key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _versions() -> Iterator[dict[str, Any]]:
    for minor, patches in _OFFERED.items():
        plans = (
            ["AKSLongTermSupport"] if minor in _LONG_TERM else ["KubernetesOfficial", "AKSLongTermSupport"]
        )
        default = {"isDefault": True} if DEFAULT in patches else {}
        yield {
            "version": minor,
            "capabilities": {"supportPlan": plans},
            **default,
            "patchVersions": {one: {"upgrades": upgrades(one)} for one in patches},
        }


def _list(call: Call) -> Response:
    region_of(call)
    return Response(200, {"values": list(_versions())})


def _orchestrators(call: Call) -> Response:
    region = region_of(call)
    home = f"/subscriptions/{call.subscription}/providers/Microsoft.ContainerService/locations/{region}"
    found = [
        {
            "orchestratorType": "Kubernetes",
            "orchestratorVersion": one,
            **({"default": True} if one == DEFAULT else {}),
            "upgrades": [
                {"orchestratorType": "Kubernetes", "orchestratorVersion": other} for other in upgrades(one)
            ],
        }
        for patches in _OFFERED.values()
        for one in patches
    ]
    return Response(
        200,
        {
            "id": f"{home}/orchestrators",
            "name": "default",
            "type": "Microsoft.ContainerService/locations/orchestrators",
            "properties": {"orchestrators": found},
        },
    )


_HOME = "/subscriptions/{subscription}/providers/Microsoft.ContainerService/locations/{location}"
_RIGHT = "Microsoft.ContainerService/locations/"
OPERATIONS = (
    Operation("GET", f"{_HOME}/kubernetesVersions", _list, f"{_RIGHT}kubernetesVersions/read", strip=5),
    Operation("GET", f"{_HOME}/orchestrators", _orchestrators, f"{_RIGHT}orchestrators/read", strip=5),
)
TYPES = ()
