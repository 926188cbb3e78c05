"""Tenants, subscriptions and their regions, each shown to those who have something there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wizard.practice.arm import errors, facts, rights
from wizard.practice.arm.call import Call, Operation, collection
from wizard.practice.kernel import Caller, Practice, Response

_METADATA = "2019-11-01"  # since then a region tells of itself in `metadata`


def belongs(subscription: Mapping[str, Any], tenant: str) -> bool:
    """Whether tokens of a tenant are good for a subscription: its own tenant, or one that manages it."""
    managers = [managing["tenantId"] for managing in subscription["managedByTenants"]]
    return tenant in (subscription["tenantId"], *managers)


def visible(practice: Practice, caller: Caller) -> Iterator[dict[str, Any]]:
    """The subscriptions in which the caller holds any role, in the order of the world."""
    scopes = {scope.lower() for scope, _ in rights.held(practice, caller.object_id)}
    subscriptions = {scope.split("/")[2] for scope in scopes if scope.startswith("/subscriptions/")}
    # Few of ten thousand: each by itself costs less than reading them all.
    rows = (
        practice.state.all("subscription")
        if "/" in scopes
        else practice.state.some("subscription", subscriptions)
    )
    for _, subscription in rows:
        if belongs(subscription, caller.tenant):
            yield subscription


def _list(call: Call) -> Response:
    found = list(visible(call.practice, call.caller))
    return Response(200, {"value": found, "count": {"type": "Total", "value": len(found)}})


def _get(call: Call) -> Response:
    guid = call.parts["subscription"]
    found = next(
        (one for one in visible(call.practice, call.caller) if one["subscriptionId"] == guid.lower()), None
    )
    if found is None:
        # Unlike elsewhere the message names the subscription itself as the scope.
        rights.demand(
            call.practice, call.caller, "Microsoft.Resources/subscriptions/read", f"/subscriptions/{guid}"
        )
        raise errors.no_subscription(guid)
    return Response(200, found)


def _locations(call: Call) -> Response:
    base = f"/subscriptions/{call.parts['subscription']}/locations"
    shape = _location if call.version >= _METADATA else _plain_location
    return collection([shape(base, name, region) for name, region in facts.regions().items()])


def _plain_location(base: str, name: str, region: Mapping[str, Any]) -> dict[str, Any]:
    """A region as the older api-versions show it."""
    return {
        "id": f"{base}/{name}",
        "name": name,
        "displayName": region["displayName"],
        "longitude": region["longitude"],
        "latitude": region["latitude"],
    }


def _location(base: str, name: str, region: Mapping[str, Any]) -> dict[str, Any]:
    pair = region["pairedRegion"]
    found: dict[str, Any] = {
        "id": f"{base}/{name}",
        "name": name,
        "type": "Region",
        "displayName": region["displayName"],
        "regionalDisplayName": region["regionalDisplayName"],
        "metadata": {
            "regionType": "Physical",
            "regionCategory": region["regionCategory"],
            "geography": region["geography"],
            "geographyGroup": region["geographyGroup"],
            "longitude": region["longitude"],
            "latitude": region["latitude"],
            "physicalLocation": region["physicalLocation"],
            "pairedRegion": [{"name": pair, "id": f"{base}/{pair}"}] if pair else [],
        },
    }
    if zones := region["zones"]:
        found["availabilityZoneMappings"] = [
            {"logicalZone": str(zone), "physicalZone": f"{name}-az{zone}"} for zone in range(1, zones + 1)
        ]
    return found


def _tenants(call: Call) -> Response:
    return collection([_tenant(call.state.get("tenant", guid) or {}, guid) for guid in _memberships(call)])


def _tenant(found: Mapping[str, Any], guid: str) -> dict[str, Any]:
    logo = found.get("tenantBrandingLogoUrl")
    branding = {"tenantBrandingLogoUrl": logo} if logo else {}
    return branding | {
        "id": f"/tenants/{guid}",
        "tenantId": guid,
        "countryCode": found.get("countryCode", ""),
        "displayName": found.get("displayName", ""),
        "domains": list(found.get("domains", [])),
        "tenantCategory": "Home",
        "defaultDomain": found.get("defaultDomain", ""),
        "tenantType": "AAD",
    }


def _memberships(call: Call) -> list[str]:
    if call.caller.kind != "user":
        return [call.caller.tenant]
    me = call.state.get("user", call.caller.object_id) or {}
    home = me.get("homeUser") or call.caller.object_id
    mine = [user for key, user in call.state.all("user") if home in (key, user.get("homeUser"))]
    return [str(user["tenant"]) for user in mine] or [call.caller.tenant]


OPERATIONS = (
    Operation("GET", "/tenants", _tenants),
    Operation("GET", "/subscriptions", _list),
    Operation("GET", "/subscriptions/{subscription}", _get),
    Operation(
        "GET",
        "/subscriptions/{subscription}/locations",
        _locations,
        "Microsoft.Resources/subscriptions/locations/read",
        strip=1,
        listed=True,
    ),
)
