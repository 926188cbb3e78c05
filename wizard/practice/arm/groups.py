"""Resource groups: made and listed at once, deleted with all that is in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from wizard.practice.arm import errors, facts, ids, odata, polling, rights, writing
from wizard.practice.arm.call import Call, Operation, collection
from wizard.practice.arm.kinds import find
from wizard.practice.kernel import Failure, Practice, Response

TYPE = "Microsoft.Resources/resourceGroups"
_SHAPE = "/subscriptions/{subscription}/resourcegroups/{group}"
_RIGHT = "Microsoft.Resources/subscriptions/resourceGroups/"
_NAME = re.compile(r"[-\w._()]{1,90}")
_DELETION = 15.0


def get(practice: Practice, group_id: str) -> dict[str, Any]:
    """The group.

    Raises:
        Failure: 404 ResourceGroupNotFound.
    """
    found = practice.state.get("group", group_id)
    if found is None:
        raise errors.no_group(group_id.rsplit("/", 1)[-1])
    return found


def _id(call: Call) -> str:
    return ids.Id(call.subscription.lower(), call.parts["group"]).text


def _get(call: Call) -> Response:
    return Response(200, get(call.practice, _id(call)))


def _head(call: Call) -> Response:
    get(call.practice, _id(call))
    return Response(204)


def _list(call: Call) -> Response:
    prefix = f"/subscriptions/{call.subscription}/resourceGroups/"
    right = _RIGHT + "read"
    wanted = _filter(call)
    found = [one for _, one in call.state.under("group", prefix) if _tagged(one, wanted)]
    return collection([one for one in found if rights.allowed(call.practice, call.caller, right, one["id"])])


def _filter(call: Call) -> Mapping[str, str]:
    """The terms of `$filter=tagName eq 'team' and tagValue eq 'vision'`."""
    text = call.request.query.get("$filter", "")
    supported = "'tagName eq '{name}'', 'tagName eq '{name}' and tagValue eq '{value}''"
    try:
        terms = odata.read(text)
    except ValueError as fault:
        raise errors.bad_filter(text, supported) from fault
    if terms.keys() - {"tagname", "tagvalue"}:
        raise errors.bad_filter(text, supported)
    return terms


def _tagged(group: Mapping[str, Any], terms: Mapping[str, str]) -> bool:
    tags = {name.lower(): value for name, value in (group.get("tags") or {}).items()}
    if "tagname" not in terms:
        return True
    value = tags.get(terms["tagname"].lower())
    return value is not None and terms.get("tagvalue", value).lower() == value.lower()


def checked(call: Call, body: Mapping[str, Any]) -> str:
    """Check a body for a group, and give its location by name.

    Raises:
        Failure: unknown property, missing or unknown location, a name or place that cannot be.
    """
    name = call.parts["group"]
    declared = find(TYPE)
    for member in body:
        if declared and member not in declared.allowed:
            raise errors.stranger(member, "ResourceGroupDefinition", member)
    if not _NAME.fullmatch(name) or name.endswith("."):
        raise Failure(
            400,
            "InvalidResourceGroup",
            f"The provided resource group name '{name}' has these invalid characters: '{_strangers(name)}'. The name can"
            " only be a letter, digit, '-', '.', '(', ')' or '_'.",
        )
    errors.check_tags(body.get("tags"))
    if not isinstance(body.get("location"), str):
        raise errors.location_required()
    location = facts.region(body["location"])
    if location is None:
        raise errors.no_location_for_group(body["location"], facts.regions())
    return location


def _strangers(name: str) -> str:
    return "".join(sorted(set(re.sub(r"[-\w._()]", "", name)))) or name[-1:]


def _put(call: Call) -> Response:
    body = call.request.json()
    location = checked(call, body)
    key = _id(call)
    before = call.state.get("group", key)
    if before and before["properties"]["provisioningState"] == "Deleting":
        raise errors.group_going(before["name"])
    if before and before["location"] != location:
        raise errors.moved_group(before["location"], location)
    group = {
        "id": before["id"] if before else key,
        "name": before["name"] if before else call.parts["group"],
        "type": TYPE,
        "location": location,
    }
    group |= {name: body[name] for name in ("tags", "managedBy") if body.get(name) is not None}
    call.state.put("group", key, group | {"properties": {"provisioningState": "Succeeded"}})
    return Response(200 if before else 201, call.state.get("group", key))


def _patch(call: Call) -> Response:
    group, body = get(call.practice, _id(call)), call.request.json()
    for member in body:
        if member not in {"name", "tags", "managedBy", "properties"}:
            raise errors.stranger(member, "ResourceGroupPatchable", member)
    errors.check_tags(body.get("tags"))
    group |= {name: body[name] for name in ("tags", "managedBy") if name in body}
    call.state.put("group", group["id"], group)
    return Response(200, group)


def _delete(call: Call) -> Response:
    group = get(call.practice, _id(call))
    group["properties"] = {"provisioningState": "Deleting"}
    call.state.put("group", group["id"], group)
    path = f"/subscriptions/{call.subscription}/operationresults"
    ending = polling.Ending(effect="group-gone", about={"id": group["id"]})
    address = polling.begin(call, path, _DELETION, ending)
    due = call.clock.takes(_DELETION).timestamp()
    return Response(202, None, {"Location": address} | polling.wait_header(call, due))


def gone(practice: Practice, about: Mapping[str, Any]) -> None:
    """Remove a group and everything in and on it."""
    inside = about["id"] + "/"
    for key, _ in list(practice.state.under("resource", inside)):
        writing.gone(practice, {"id": key})
    for kind in ("deployment", "running", "group", "lock", "policyAssignment", "stack"):
        for key, _ in list(practice.state.under(kind, inside)):
            practice.state.delete(kind, key)
    for _, assignment in list(practice.state.under("roleAssignment", inside)):
        rights.drop_assignment(practice.state, assignment)
    practice.state.delete("group", about["id"])


OPERATIONS = (
    Operation(
        "GET", "/subscriptions/{subscription}/resourcegroups", _list, _RIGHT + "read", strip=1, listed=True
    ),
    Operation("GET", _SHAPE, _get, _RIGHT + "read"),
    Operation("HEAD", _SHAPE, _head, _RIGHT + "read"),
    Operation("PUT", _SHAPE, _put, _RIGHT + "write"),
    Operation("PATCH", _SHAPE, _patch, _RIGHT + "write"),
    Operation("DELETE", _SHAPE, _delete, _RIGHT + "delete"),
)
EFFECTS: Mapping[str, polling.Effect] = {"group-gone": gone}
