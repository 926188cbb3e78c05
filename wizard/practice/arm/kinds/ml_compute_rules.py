"""What compute of Machine Learning is refused for: kinds, names, sizes, quotas, subnets."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from wizard.practice.arm import ids, shelf
from wizard.practice.arm.kinds import private_links, vm_sizes
from wizard.practice.arm.kinds.ml_words import user_error
from wizard.practice.arm.types import Acting, Adding
from wizard.practice.kernel import Failure, Practice

TYPE = "Microsoft.MachineLearningServices/workspaces/computes"
OWN = frozenset({"AmlCompute", "ComputeInstance"})
_ATTACHED = frozenset(
    {
        "AKS",
        "Kubernetes",
        "VirtualMachine",
        "HDInsight",
        "DataFactory",
        "Databricks",
        "DataLakeAnalytics",
        "SynapseSpark",
    }
)
_NEEDS_RESOURCE = frozenset(
    {"Kubernetes", "VirtualMachine", "HDInsight", "Databricks", "DataLakeAnalytics", "SynapseSpark"}
)
_NAMES = {
    "ComputeInstance": re.compile(r"[A-Za-z](?![A-Za-z0-9-]*-\d+$)[A-Za-z0-9-]{2,23}"),
    "AmlCompute": re.compile(r"[A-Za-z][A-Za-z0-9-]{1,31}"),
}
_OTHER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,15}")
_EXTENSION = "microsoft.azureml.kubernetes"
_GPU_LIMIT, _LIMIT = 24, 300


def inner_of(found: Mapping[str, Any]) -> dict[str, Any]:
    """The `properties` in what is given, a copy; of a compute they are those of its kind."""
    inner = found.get("properties")
    return dict(inner) if isinstance(inner, dict) else {}


def workspace_of(adding: Adding) -> Mapping[str, Any]:
    """The workspace of the compute that is written."""
    return shelf.stored(adding.practice, adding.id.parent.text if adding.id.parent else "") or {}


def region_of(adding: Adding) -> str:
    """A compute is where its workspace is, unless it says otherwise."""
    return adding.location or str(workspace_of(adding).get("location") or "")


def kind_of(adding: Adding) -> str:
    """Its computeType: what is sent, or what it was."""
    return str(adding.properties.get("computeType") or adding.kept("computeType", ""))


def regional(region: str, name: str) -> str:
    """What the name of an instance is kept under: no two in a region."""
    return f"{region}/{name}"


def kinds(adding: Adding) -> None:
    """A kind of compute there is, with a name and a resource as that kind needs it."""
    kind = kind_of(adding)
    if kind not in OWN | _ATTACHED:
        raise user_error(f"The compute type '{kind}' is not valid.")
    if not _NAMES.get(kind, _OTHER_NAME).fullmatch(adding.id.leaf):
        spans = {"ComputeInstance": "3 and 24", "AmlCompute": "2 and 32"}
        raise user_error(
            f"Compute name '{adding.id.leaf}' is invalid. It must be between {spans.get(kind, '2 and 16')} characters long, begin"
            " with a letter, and hold only letters, digits and hyphens; a hyphen must be followed by a letter somewhere"
            " later in the name of a compute instance."
        )
    if adding.before and kind != adding.before["properties"].get("computeType"):
        raise user_error(f"The compute type of '{adding.id.leaf}' cannot be changed.", 409)
    if kind in _NEEDS_RESOURCE:
        _resource(adding, kind)


def _resource(adding: Adding, kind: str) -> None:
    wanted = str(adding.properties.get("resourceId") or adding.kept("resourceId", "") or "")
    found = shelf.stored(adding.practice, wanted)
    if found is None and kind in ("Kubernetes", "VirtualMachine"):
        raise user_error(f"The resource '{wanted}' of the compute was not found.", 404)
    if kind == "Kubernetes" and not _has_extension(adding.practice, wanted):
        raise user_error(
            f"Azure Machine Learning extension is not installed on the cluster '{wanted}'. Install the extension"
            " Microsoft.AzureML.Kubernetes first: https://aka.ms/amlarc/doc"
        )


def _has_extension(practice: Practice, cluster: str) -> bool:
    home = f"{cluster}/providers/Microsoft.KubernetesConfiguration/extensions/"
    return any(
        str(one["properties"].get("extensionType")).lower() == _EXTENSION
        for _, one in practice.state.under("resource", home)
    )


def name(adding: Adding) -> None:
    """The name of an instance is part of a host name: no two in a region."""
    if adding.before is not None or kind_of(adding) != "ComputeInstance":
        return
    if (
        shelf.owner_of(adding.practice, "computeInstance", regional(region_of(adding), adding.id.leaf))
        is not None
    ):
        raise user_error(
            f"The specified compute instance name '{adding.id.leaf}' is already taken in region {region_of(adding)}. Please choose"
            " a different name.",
            409,
        )


def size(adding: Adding) -> None:
    """The size exists in the region and fits into the quota."""
    if kind_of(adding) not in OWN:
        return
    inner = inner_of(adding.properties)
    before = inner_of((adding.before or {}).get("properties", {}))
    wanted = str(inner.get("vmSize") or before.get("vmSize") or "Standard_DS3_v2")
    if before.get("vmSize") and wanted.lower() != str(before["vmSize"]).lower():
        raise user_error("The VM size of a compute cannot be changed after it was created.", 409)
    found = vm_sizes.find(wanted)
    if found is None or not found.offered(region_of(adding)):
        raise user_error(f"The specified VM size '{wanted}' is not supported in region {region_of(adding)}.")
    _scale(inner)
    if adding.before is None:
        _cores(adding, found, inner)


def _scale(inner: Mapping[str, Any]) -> None:
    settings = inner.get("scaleSettings")
    if not isinstance(settings, dict):
        return
    low, high = settings.get("minNodeCount") or 0, settings.get("maxNodeCount")
    if not isinstance(high, int) or not isinstance(low, int) or low < 0 or high < max(low, 0):
        raise user_error("The maximum node count must be a number that is not below the minimum node count.")


def _cores(adding: Adding, wanted: vm_sizes.Size, inner: Mapping[str, Any]) -> None:
    nodes = max(1, int((inner.get("scaleSettings") or {}).get("minNodeCount") or 0))
    limit, elsewhere = quota(adding.practice, region_of(adding), wanted.family)
    taken = used(adding.practice, adding.call.subscription, region_of(adding))[wanted.family] + elsewhere
    if taken + nodes * wanted.cores > limit:
        words = re.sub(r"^standard|Family$", "", wanted.family)
        raise Failure(
            400,
            "ClusterMinNodesExceedCoreQuota",
            f"The specified subscription has a Standard {words} Family vCPU quota of {limit} and cannot accomplish for at"
            f" least {nodes} requested managed compute node which maps to {nodes * wanted.cores} vCPUs. Current usage: {taken}.",
        )


def quota(practice: Practice, region: str, family: str) -> tuple[int, int]:
    """The limit of a family for machine learning in a region, and what is used by nothing we can see."""
    gpu = any(one.gpus for one in vm_sizes.sizes().values() if one.family.lower() == family.lower())
    return practice.world.quota(region, family) or (_GPU_LIMIT if gpu else _LIMIT, 0)


def used(practice: Practice, subscription: str, region: str) -> Counter[str]:
    """The cores that nodes and instances take in a region, by family."""
    found: Counter[str] = Counter()
    for _, one in practice.state.under("resource", f"/subscriptions/{subscription}/"):
        if one["type"] != TYPE or one.get("location") != region:
            continue
        inner = inner_of(one["properties"])
        known = vm_sizes.find(str(inner.get("vmSize")))
        nodes = (
            inner.get("currentNodeCount", 1) if one["properties"].get("computeType") == "AmlCompute" else 1
        )
        if known and one["properties"].get("computeType") in OWN:
            found[known.family] += known.cores * int(nodes or 0)
    return found


def network(adding: Adding) -> None:
    """The subnet exists, is in the workspace's region, and does not stand against a managed network."""
    if kind_of(adding) not in OWN:
        return
    inner, workspace = inner_of(adding.properties), workspace_of(adding)
    mode = (workspace.get("properties", {}).get("managedNetwork") or {}).get("isolationMode", "Disabled")
    subnet = str((inner.get("subnet") or {}).get("id") or "") if isinstance(inner.get("subnet"), dict) else ""
    if subnet:
        _subnet(adding, subnet, str(workspace.get("location")), mode)
    hidden = inner.get("enableNodePublicIp") is False
    if hidden and mode == "Disabled" and adding.before is None:
        if not private_links.connections(adding.practice, str(workspace.get("id"))):
            raise user_error(
                "Compute without public IP needs a workspace with a private endpoint, or with a managed network."
            )
        if not subnet:
            raise user_error("Compute without public IP needs a subnet.")


def _subnet(adding: Adding, subnet: str, region: str, mode: str) -> None:
    if mode != "Disabled":
        raise user_error(
            "A workspace with a managed network does not allow compute in a virtual network of your own."
        )
    key = ids.parse(subnet) if subnet.startswith("/") else ids.Id()
    parent = shelf.stored(adding.practice, key.parent.text) if key.parent else None
    if parent is None or shelf.stored(adding.practice, subnet) is None:
        raise user_error(f"The specified subnet '{subnet}' was not found.", 404)
    if parent.get("location") != region:
        raise user_error(
            f"The virtual network of subnet '{subnet}' is in {parent.get('location')}, but the workspace is in {region}. They must"
            " be in the same region."
        )


def removable(acting: Acting) -> None:
    """One says what becomes of the machine: it is deleted with the compute, or only detached."""
    asked = str(acting.call.request.query.get("underlyingResourceAction", ""))
    if asked not in ("Delete", "Detach"):
        raise user_error("The query parameter underlyingResourceAction is required: Delete or Detach.")
    kind = acting.found["properties"].get("computeType")
    if asked == "Detach" and kind in OWN:
        raise user_error(
            f"Compute of the type {kind} cannot be detached. Use underlyingResourceAction=Delete."
        )
