"""Private DNS: zones, their links to virtual networks, and their records."""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Mapping
from typing import Any, Literal

from wizard.practice.arm import facts, ids, shelf
from wizard.practice.arm.kinds.network_parts import linked
from wizard.practice.arm.types import (
    Acting,
    Adding,
    ResourceType,
    Way,
)
from wizard.practice.kernel import Failure, Practice

ZONES = "Microsoft.Network/privateDnsZones"
_LINKS = f"{ZONES}/virtualNetworkLinks"
_SLOW = Way(202, waits=True, headers=("async", "location"), running=202)
_GONE = Way(202, body=False, waits=True, headers=("async", "location"), running=202)
_ZONE = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63}){1,33}")
_LINK = re.compile(r"(?=.{1,80}$)[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?")
_MOST = {"maxNumberOfRecordSets": 25000, "maxNumberOfVirtualNetworkLinks": 1000}
_MOST_REGISTERING = 100


def bad(message: str) -> Failure:
    """What private DNS says of a body that is wrong."""
    return Failure(400, "BadRequest", message)


def below(zone: str, name: str) -> str | None:
    """What stands before a zone in a public name that the zone answers for, or None.

    The zone `privatelink.blob.core.windows.net` answers for names below `blob.core.windows.net`.
    """
    public = str(facts.network()["publicNames"].get(zone.lower(), zone.lower().removeprefix("privatelink.")))
    folded = name.lower()
    return folded.removesuffix(f".{public}") if folded.endswith(f".{public}") else None


def records(practice: Practice, zone: str) -> list[dict[str, Any]]:
    """The record sets of a zone that were written; that of its SOA may be there without."""
    found = [one for _, one in practice.state.under("resource", zone + "/") if one["type"] != _LINKS]
    kept = [{name: value for name, value in one.items() if not name.startswith("_")} for one in found]
    return [one for one in kept if str(one["type"]).startswith(f"{ZONES}/")]


def _zone_shown(practice: Practice, found: Mapping[str, Any]) -> Mapping[str, Any]:
    links = shelf.children(practice, found["id"], _LINKS)
    written = records(practice, found["id"])
    registering = [one for one in links if one["properties"].get("registrationEnabled")]
    soa = any(one["type"].endswith("/SOA") for one in written)
    return {
        "properties": {
            "numberOfRecordSets": len(written) + (0 if soa else 1),
            "numberOfVirtualNetworkLinks": len(links),
            "numberOfVirtualNetworkLinksWithRegistration": len(registering),
        }
    }


def _zone(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
    own = base64.b64encode(f"ImmutableZoneIdentity;{uuid.uuid4()};0".encode()).decode()
    made["etag"] = str(uuid.uuid4())
    made["properties"] |= {
        "internalId": adding.kept("internalId", own),
        **_MOST,
        "maxNumberOfVirtualNetworkLinksWithRegistration": _MOST_REGISTERING,
    }
    return made


def _check_no_links(acting: Acting) -> None:
    links = shelf.children(acting.call.practice, acting.id.text, _LINKS)
    if links:
        named = ", ".join(f"'{ZONES}/{acting.id.leaf}/virtualNetworkLinks/{one['name']}'" for one in links)
        raise Failure(
            409,
            "CannotDeleteResource",
            f"Cannot delete resource while nested resources exist. Some existing nested resource IDs include: {named}."
            " Please delete all nested resources before deleting this resource.",
        )


def _check_link(adding: Adding) -> None:
    network = str((adding.properties.get("virtualNetwork") or {}).get("id") or "")
    if not network:
        raise bad("The virtual network link must name a virtual network in 'properties.virtualNetwork.id'.")
    if shelf.stored(adding.practice, network) is None:
        raise bad(f"The virtual network '{network}' of the virtual network link was not found.")
    linked(adding, "Microsoft.Network/virtualNetworks/join/action", ids.parse(network))
    own = adding.id.parent.text if adding.id.parent else ""
    for user in shelf.users(adding.practice, network):
        other = shelf.stored(adding.practice, user.id) or {}
        if other.get("type") != _LINKS or ids.same(user.id, adding.id.text):
            continue
        _check_other_link(adding, own, other, network)


def _check_other_link(adding: Adding, own: str, other: Mapping[str, Any], network: str) -> None:
    """One zone is linked to a network once, and a network registers its machines in one zone (words are ours)."""
    home = ids.parse(other["id"]).parent
    if home and ids.same(home.text, own):
        raise Failure(
            409,
            "Conflict",
            f"The virtual network '{network}' is already linked to the zone by the link '{other['name']}'.",
        )
    if adding.properties.get("registrationEnabled") and other["properties"].get("registrationEnabled"):
        raise Failure(
            409,
            "Conflict",
            f"The virtual network '{network}' already registers its virtual machines in the zone of '{other['id']}'.",
        )


def _link(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
    made["etag"] = f'"{uuid.uuid4()}"'
    made["properties"] = (
        {"registrationEnabled": False} | made["properties"] | {"virtualNetworkLinkState": "Completed"}
    )
    del adding
    return made


def _link_shown(practice: Practice, found: Mapping[str, Any]) -> Mapping[str, Any]:
    del practice
    unfinished = found["properties"].get("provisioningState") != "Succeeded"
    return {"properties": {"virtualNetworkLinkState": "InProgress"}} if unfinished else {}


def _told(adding: Adding, shown: dict[str, Any]) -> dict[str, Any]:
    """The answer to a write tells nothing; its polls do."""
    del adding, shown
    return {}


def _zone_unmet(id: ids.Id, how: Literal["exists", "changed"]) -> Failure:  # noqa: A002 - what it is
    zone = id.parent
    named = (
        f"The Virtual Network link '{id.leaf}' for the Private DNS zone '{zone.leaf}'"
        if zone
        else f"The Zone {id.leaf}"
    )
    why = (
        "exists already and hence cannot be created again"
        if how == "exists"
        else "has been modified (etag mismatch)"
    )
    return Failure(412, "PreconditionFailed", f"{named} {why}.")


TYPES = (
    ResourceType(
        ZONES,
        way=_SLOW,
        change=_SLOW,
        removal=_GONE,
        written=_told,
        late=True,
        unmet=_zone_unmet,
        seconds=30,
        removal_seconds=30,
        members=frozenset({"location", "tags", "properties"}),
        etag=True,
        everywhere=True,
        completed=_zone,
        before_removal=(_check_no_links,),
        shown=_zone_shown,
        polling="privateDnsOperationStatuses",
        rule=_ZONE,
        says="The zone name is not valid. It needs 2 to 34 labels of letters, digits, underscores and hyphens.",
        says_code="BadRequest",
    ),
    ResourceType(
        _LINKS,
        way=_SLOW,
        change=_SLOW,
        removal=_GONE,
        written=_told,
        late=True,
        unmet=_zone_unmet,
        seconds=30,
        removal_seconds=30,
        members=frozenset({"location", "tags", "properties"}),
        etag=True,
        everywhere=True,
        completed=_link,
        shown=_link_shown,
        rules=(_check_link,),
        polling="privateDnsOperationStatuses",
        rule=_LINK,
        says="The name of the virtual network link is not valid.",
        says_code="BadRequest",
    ),
)
