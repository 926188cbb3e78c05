"""The template functions whose value depends on nothing but their arguments, all in one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wizard.practice.arm import facts, ids
from wizard.practice.arm.template import addresses, arrays, moments, texts
from wizard.practice.arm.template.expressions import ExpressionError
from wizard.practice.arm.template.values import MANY, Function, as_int, as_string


def provider_path(type_name: object, names: Sequence[object]) -> str:
    """The `/providers/...` part of an id out of a full type and as many names as it has segments after the first."""
    full = as_string(type_name).rstrip("/")
    wanted = full.count("/")
    if (
        not wanted
        or len(names) != wanted
        or not all(isinstance(name, str) and name and "/" not in name for name in names)
    ):
        raise ExpressionError(
            f"Unable to evaluate template language function 'resourceId': the type '{type_name}' requires '{wanted}'"
            " resource name argument(s). Please see https://aka.ms/arm-resource-functions/#resourceid for usage details."
        )
    return ids.assembled(full, "/".join(as_string(name) for name in names))


def _extension(scope: str, type_name: str, *names: str) -> str:
    return as_string(scope).rstrip("/") + provider_path(type_name, names)


def _providers(namespace: Any, kind: Any = None) -> Any:
    found = facts.providers().get(facts.provider(as_string(namespace)) or "", {})
    places = [str(region["displayName"]) for region in facts.regions().values()]
    listed = [
        {"resourceType": name, "locations": places, "apiVersions": list(versions)}
        for name, versions in found.items()
    ]
    if kind is None:
        return {"namespace": namespace, "resourceTypes": listed}
    wanted = as_string(kind).lower()
    one = next((one for one in listed if str(one["resourceType"]).lower() == wanted), None)
    if one is None:
        raise ExpressionError(f"The resource type '{namespace}/{kind}' is not known.")
    return one


def _zones(namespace: Any, kind: Any, location: Any, count: Any = 1, offset: Any = 0) -> list[str]:
    as_string(namespace), as_string(kind)
    region = facts.regions().get(facts.region(as_string(location)) or "", {})
    zones = [str(zone) for zone in range(1, int(region.get("zones") or 0) + 1)]
    first, wanted = as_int(offset), as_int(count)
    if zones and not 0 < wanted <= len(zones) - max(first, 0):
        raise ExpressionError(f"The region '{location}' has not {count} zones from {offset} on.")
    return zones[max(first, 0) : max(first, 0) + wanted]


_PLACES: Mapping[str, Function] = {
    "extensionresourceid": Function(3, MANY, _extension),
    "tenantresourceid": Function(2, MANY, lambda name, *names: provider_path(name, names)),
    "managementgroupresourceid": Function(
        3,
        MANY,
        lambda group, name, *names: (
            provider_path("Microsoft.Management/managementGroups", (group,)) + provider_path(name, names)
        ),
    ),
    "providers": Function(1, 2, _providers),
    "pickzones": Function(3, 5, _zones),
}
FUNCTIONS: Mapping[str, Function] = {
    **texts.FUNCTIONS,
    **arrays.FUNCTIONS,
    **addresses.FUNCTIONS,
    **moments.FUNCTIONS,
    **_PLACES,
}
"""By their names in lower case."""
