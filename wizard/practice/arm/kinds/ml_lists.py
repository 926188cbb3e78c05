"""What Machine Learning says of a region: quotas, how much of them is used, and the sizes it takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wizard.practice.arm import ids, shelf
from wizard.practice.arm.call import Call, Operation, collection
from wizard.practice.arm.kinds import ml_compute_rules, vm_sizes
from wizard.practice.arm.kinds.compute_lists import family_words, region_of
from wizard.practice.kernel import Response

_HOME = "/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices/locations/{location}"
_WORKSPACE = "/subscriptions/{subscription}/resourcegroups/{group}/providers/Microsoft.MachineLearningServices/workspaces/{name}"
_RIGHT = "Microsoft.MachineLearningServices/locations/"
_MEGABYTES = 1024


def _families(region: str) -> list[str]:
    return sorted(
        {one.family for one in vm_sizes.sizes().values() if one.regions is not None and one.offered(region)},
        key=str.lower,
    )


def _row(call: Call, region: str, family: str, kind: str) -> dict[str, Any]:
    home = (
        f"/subscriptions/{call.subscription}/providers/Microsoft.MachineLearningServices/locations/{region}"
    )
    return {
        "id": f"{home}/{kind}/{family}",
        "type": f"Microsoft.MachineLearningServices/{kind}",
        "unit": "Count",
        "name": {
            "value": family,
            "localizedValue": family_words(family).replace(" vCPUs", " Cluster Dedicated vCPUs"),
        },
    }


def _usages(call: Call) -> Response:
    region = region_of(call)
    taken = ml_compute_rules.used(call.practice, call.subscription, region)
    return collection(list(_used(call, region, taken)))


def _used(call: Call, region: str, taken: dict[str, int]) -> Iterator[dict[str, Any]]:
    total, most = 0, 0
    for family in _families(region):
        limit, elsewhere = ml_compute_rules.quota(call.practice, region, family)
        current = taken.get(family, 0) + elsewhere
        total, most = total + current, most + limit
        yield {**_row(call, region, family, "usages"), "currentValue": current, "limit": limit}
    words = {"value": "TotalDedicatedCores", "localizedValue": "Total Cluster Dedicated Regional vCPUs"}
    yield {
        **_row(call, region, "TotalDedicatedCores", "usages"),
        "name": words,
        "currentValue": total,
        "limit": most,
    }


def _quotas(call: Call) -> Response:
    region = region_of(call)
    rows = [
        {
            **_row(call, region, family, "quotas"),
            "limit": ml_compute_rules.quota(call.practice, region, family)[0],
        }
        for family in _families(region)
    ]
    return collection(rows)


def _sizes(call: Call) -> Response:
    region = region_of(call)
    found = [one for one in vm_sizes.sizes().values() if one.regions is not None and one.offered(region)]
    return collection(
        [
            {
                "name": one.name,
                "family": one.family,
                "vCPUs": one.cores,
                "gpus": int(one.gpus),
                "osVhdSizeMB": 1_047_552,
                "maxResourceVolumeMB": one.temporary_disk * _MEGABYTES,
                "memoryGB": one.memory,
                "lowPriorityCapable": True,
                "premiumIO": one.premium,
                "estimatedVMPrices": None,
                "supportedComputeTypes": ["AmlCompute", "ComputeInstance"],
            }
            for one in found
            if one.architecture != "arm"
        ]
    )


def _dependencies(call: Call) -> Response:
    """The hosts a workspace must be able to reach."""
    found = shelf.must(call.practice, ids.parse(call.path.rpartition("/")[0]))
    region = found["location"]
    hosts = {
        "Azure Active Directory": ("login.microsoftonline.com",),
        "Azure portal": ("management.azure.com",),
        "Azure Machine Learning": (
            "ml.azure.com",
            f"{region}.api.azureml.ms",
            f"{region}.experiments.azureml.net",
        ),
        "Azure Storage": ("*.blob.core.windows.net", "*.file.core.windows.net"),
        "Microsoft Container Registry": ("mcr.microsoft.com", "*.data.mcr.microsoft.com"),
    }
    ports = [{"port": 443, "protocol": "TCP"}]
    return collection(
        [
            {
                "properties": {
                    "category": category,
                    "endpoints": [{"domainName": one, "endpointDetails": ports} for one in names],
                }
            }
            for category, names in hosts.items()
        ]
    )


OPERATIONS = (
    Operation("GET", f"{_HOME}/usages", _usages, f"{_RIGHT}usages/read", strip=5),
    Operation("GET", f"{_HOME}/quotas", _quotas, f"{_RIGHT}quotas/read", strip=5),
    Operation("GET", f"{_HOME}/vmSizes", _sizes, f"{_RIGHT}vmSizes/read", strip=5),
    Operation(
        "GET",
        f"{_WORKSPACE}/outboundNetworkDependenciesEndpoints",
        _dependencies,
        "Microsoft.MachineLearningServices/workspaces/outboundNetworkDependenciesEndpoints/read",
        strip=1,
    ),
)
