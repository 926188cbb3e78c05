"""Private links of any resource: what can be linked, and the connections that private endpoints have made to it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from wizard.practice.arm import facts, ids, paths, polling, shelf
from wizard.practice.arm.call import Call, Operation, collection
from wizard.practice.arm.kinds import stamps
from wizard.practice.kernel import Failure, Practice, Response

_KIND = "privateConnection"
_LISTS = ("privateLinkServiceConnections", "manualPrivateLinkServiceConnections")
_NAMED_BY_CONNECTION = "microsoft.keyvault/"
_SEED = uuid.UUID("0d6b4b9e-5a6f-4a62-9c5a-3f6f0a1f6d11")
_SECONDS = 10.0
# What a PUT of a connection answers, and whether it takes time.
_WAYS: Mapping[str, tuple[int, bool]] = {
    "microsoft.keyvault": (200, True),
    "microsoft.containerregistry": (201, True),
}


def connections(practice: Practice, target: str) -> list[dict[str, Any]]:
    """The private endpoint connections of a resource, as the resource shows them."""
    return list(_connections(practice, target))


def every(practice: Practice, found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The same with those that a world has written into the resource."""
    kept = found["properties"].get("privateEndpointConnections") or ()
    live = connections(practice, found["id"])
    known = {one["id"].lower() for one in live}
    gone = {key.lower() for key, one in practice.state.under(_KIND, f"{found['id']}/") if one.get("gone")}
    return [*live, *(dict(one) for one in kept if str(one.get("id")).lower() not in known | gone)]


def _connections(practice: Practice, target: str) -> Iterator[dict[str, Any]]:
    kind = ids.parse(target).type
    for endpoint in dict.fromkeys(user.id for user in shelf.users(practice, target)):
        found = shelf.stored(practice, endpoint)
        if found is None or found["type"].lower() != "microsoft.network/privateendpoints":
            continue
        for which in _LISTS:
            for connection in found["properties"].get(which) or ():
                asked = connection.get("properties") or {}
                if ids.same(str(asked.get("privateLinkServiceId")), target):
                    name = _name(kind, target, endpoint, connection)
                    shown = _shown(practice, target, kind, name, endpoint, manual=which == _LISTS[1])
                    if shown:
                        yield shown


def _name(kind: str, target: str, endpoint: str, connection: Mapping[str, Any]) -> str:
    if kind.lower().startswith(_NAMED_BY_CONNECTION):
        return str(connection.get("name"))
    own = uuid.uuid5(uuid.NAMESPACE_URL, endpoint.lower())
    tail = own.hex if "containerregistry" in kind.lower() else str(own)
    return f"{ids.parse(target).leaf}.{tail}"


def _shown(
    practice: Practice, target: str, kind: str, name: str, endpoint: str, *, manual: bool
) -> dict[str, Any] | None:
    key = f"{target}/privateEndpointConnections/{name}"
    kept = practice.state.get(_KIND, key) or {}
    if kept.get("gone"):
        return None
    fresh = {"status": "Pending"} if manual else {"status": "Approved", "description": "Auto-Approved"}
    vault = kind.lower().startswith(_NAMED_BY_CONNECTION)
    found: dict[str, Any] = {"id": key, "name": name, "type": f"{kind}/privateEndpointConnections"}
    if vault:
        found |= {
            "location": (shelf.stored(practice, target) or {}).get("location"),
            "etag": uuid.uuid5(_SEED, key).hex,
        }
    state = {"actionsRequired" if vault else "actionRequired": "None"} | (kept.get("state") or fresh)
    return found | {
        "properties": {
            "provisioningState": "Succeeded",
            "privateEndpoint": {"id": endpoint},
            "privateLinkServiceConnectionState": state,
        }
    }


def state(practice: Practice, target: str, endpoint: str) -> Mapping[str, Any]:
    """What a resource says to the connection of a private endpoint: its `privateLinkServiceConnectionState`."""
    for one in _connections(practice, target):
        if ids.same(one["properties"]["privateEndpoint"]["id"], endpoint):
            found: Mapping[str, Any] = one["properties"]["privateLinkServiceConnectionState"]
            return found
    return {"status": "Disconnected", "description": "Deleted state", "actionsRequired": "None"}


def forget(practice: Practice, target: str) -> None:
    """Forget what a resource said to its connections."""
    for key, _ in practice.state.under(_KIND, f"{target}/"):
        practice.state.delete(_KIND, key)


def _must(call: Call) -> dict[str, Any]:
    shelf.must(call.practice, ids.parse(call.parts["resource"]))
    wanted = call.parts["connection"].lower()
    for one in _connections(call.practice, call.parts["resource"]):
        if one["name"].lower() == wanted:
            return one
    raise Failure(
        404, "PrivateEndpointConnectionNotFound", f"Private endpoint connection '{wanted}' is not found."
    )


def _list(call: Call) -> Response:
    shelf.must(call.practice, ids.parse(call.parts["resource"]))
    return collection(connections(call.practice, call.parts["resource"]))


def _get(call: Call) -> Response:
    return Response(200, _must(call))


def _put(call: Call) -> Response:
    found = _must(call)
    wanted = (call.request.json().get("properties") or {}).get("privateLinkServiceConnectionState") or {}
    if wanted.get("status") not in ("Approved", "Rejected", "Pending", "Disconnected"):
        raise Failure(
            400, "InvalidPrivateEndpointConnectionState", f"The status '{wanted.get('status')}' is not valid."
        )
    kept = {name: value or "" for name, value in wanted.items()}
    call.state.put(_KIND, found["id"], {"state": kept})
    answer = paths.laid_over(found, {"properties": {"privateLinkServiceConnectionState": kept}})
    status, slow = _WAYS.get(_provider(found), (200, False))
    if not slow:
        return Response(status, answer)
    answer["properties"]["provisioningState"] = "Updating"
    answer |= {"systemData": stamps.system_of(call)}
    done = polling.Ending(body={"status": "Succeeded"}, polls="named", running=status)
    address = polling.begin(call, f"{found['id']}/operationStatuses", _SECONDS, done, kind="async")
    return Response(status, answer, {"Azure-AsyncOperation": address})


def _delete(call: Call) -> Response:
    found = _must(call)
    call.state.put(_KIND, found["id"], {"gone": True})
    if not _WAYS.get(_provider(found), (200, False))[1]:
        return Response(200)
    address = polling.begin(call, f"{found['id']}/operationResults", _SECONDS, polling.Ending())
    return Response(202, None, {"Location": address})


def _provider(found: Mapping[str, Any]) -> str:
    return str(found["type"]).partition("/")[0].lower()


def _resources(call: Call) -> Response:
    """What of a resource a private endpoint can link to."""
    key = ids.parse(call.parts["resource"])
    shelf.must(call.practice, key)
    kind = key.type
    return collection(
        [
            {
                "id": f"{key.text}/privateLinkResources/{group}",
                "name": group,
                "type": f"{kind}/privateLinkResources",
                "properties": {
                    "groupId": group,
                    "requiredMembers": list(link["members"]),
                    "requiredZoneNames": list(link["zones"]),
                },
            }
            for group, link in facts.private_links(kind).items()
        ]
    )


_ONE = "{resource}/privateEndpointConnections/{connection}"
_RIGHT = "{type}/privateEndpointConnections"
OPERATIONS = (
    Operation("GET", "{resource}/privateEndpointConnections", _list, f"{_RIGHT}/read", strip=1),
    Operation("GET", _ONE, _get, f"{_RIGHT}/read", strip=2),
    Operation("PUT", _ONE, _put, f"{_RIGHT}/write", strip=2),
    Operation("DELETE", _ONE, _delete, f"{_RIGHT}/delete", strip=2),
    Operation("GET", "{resource}/operationResults/{operation}", polling.poll, "{type}/operationResults/read", strip=2),
    Operation("GET", "{resource}/privateLinkResources", _resources, "{type}/privateLinkResources/read", strip=1),
)  # fmt: skip
TYPES = ()
