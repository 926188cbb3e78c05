"""Lists of resources: of a type, right below another one, or of all there is in a group or subscription."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wizard.practice.arm import errors, facts, groups, ids, odata, reading, rights
from wizard.practice.arm.call import Call, Operation, collection
from wizard.practice.arm.kinds import find
from wizard.practice.kernel import Response

_LISTED = (
    "id", "name", "type", "kind", "managedBy", "sku", "plan", "location", "identity", "zones", "tags", "systemData",
)  # fmt: skip
_TERMS = frozenset({"resourcetype", "name", "resourcegroup", "location", "tagname", "tagvalue"})
_GROUP = "/subscriptions/{subscription}/resourcegroups/{group}"
_FILTERS = (
    "'resourceType eq '{value}'', 'name eq '{value}'', 'resourceGroup eq '{value}'', 'location eq '{value}''"
)
_EXPANDED = {
    "createdtime": "createdTime",
    "changedtime": "changedTime",
    "provisioningstate": "provisioningState",
}


def _seen(call: Call, prefix: str) -> Iterator[dict[str, Any]]:
    for key, _ in call.state.under("resource", prefix):
        found = reading.current(call.practice, key)
        if found and rights.allowed(call.practice, call.caller, f"{found['type']}/read", found["id"]):
            yield found


def _typed(call: Call) -> Response:
    base = call.path.lower().rpartition("/providers/")[0]
    kind = f"{call.parts['namespace']}/{call.parts['kind']}"
    if not facts.versions(kind) and find(kind) is None:
        reading.declared(kind, call.version)
    if "group" in call.parts:
        groups.get(call.practice, ids.Id(call.subscription, call.parts["group"]).text)
    found = _seen(call, base + ("/resourcegroups/" if "group" not in call.parts else "/"))
    return collection([reading.in_version(call, one) for one in found if one["type"].lower() == kind.lower()])


def _nested(call: Call) -> Response:
    """The resources of a type right below another: `.../virtualNetworks/hub/subnets`."""
    parent = ids.parse(call.parts["resource"])
    kind = find(f"{parent.type}/{call.parts['kind']}")
    if kind is None:
        raise errors.no_type(f"{parent.type}/{call.parts['kind']}", call.version, facts.versions(parent.type))
    reading.must(call.practice, parent)
    found = [one for one in _seen(call, parent.text + "/") if one["type"].lower() == kind.name.lower()]
    named = {one["name"].lower() for one in found}
    implied = (reading.current(call.practice, f"{call.path}/{name}") for name in kind.implicit - named)
    return collection([reading.in_version(call, one) for one in (*implied, *found) if one])


def _all(call: Call) -> Response:
    base = call.path.rpartition("/")[0]
    if not any(
        ids.covers(at, base) or ids.covers(base, at)
        for at, _ in rights.held(call.practice, call.caller.object_id)
    ):
        rights.demand(call.practice, call.caller, _RESOURCES, base)
    text = call.request.query.get("$filter", "")
    try:
        terms = odata.read(text)
    except ValueError as fault:
        raise errors.bad_filter(text, _FILTERS) from fault
    if terms.keys() - _TERMS:
        raise errors.bad_filter(text, _FILTERS)
    asked = {part.strip().lower() for part in call.request.query.get("$expand", "").split(",")}
    found = (one for one in _seen(call, base + "/") if _is_listed(one) and _fits(one, terms))
    return collection([_line(call, one, asked) for one in found])


def _is_listed(one: Mapping[str, Any]) -> bool:
    kind = find(one["type"])
    return kind is None or kind.tracked


def _line(call: Call, one: Mapping[str, Any], asked: set[str]) -> dict[str, Any]:
    line = {name: one[name] for name in _LISTED if name in one}
    since = (call.state.get("resource", one["id"]) or {}).get("_since")
    more = {
        "createdTime": since,
        "changedTime": since,
        "provisioningState": one.get("properties", {}).get("provisioningState"),
    }
    return line | {
        name: more[name] for low, name in _EXPANDED.items() if low in asked and more[name] is not None
    }


def _fits(one: Mapping[str, Any], terms: Mapping[str, str]) -> bool:
    has = {
        "resourcetype": one["type"],
        "name": one["name"],
        "resourcegroup": ids.parse(one["id"]).group or "",
        "location": one.get("location") or "",
    }
    tags = {name.lower(): str(value).lower() for name, value in (one.get("tags") or {}).items()}
    if (tag := terms.get("tagname")) is not None:
        wanted = terms.get("tagvalue", tags.get(tag.lower(), "")).lower()
        if tags.get(tag.lower()) != wanted:
            return False
    return all(has[term].lower() == value.lower() for term, value in terms.items() if term in has)


_RESOURCES = "Microsoft.Resources/subscriptions/resources/read"
OPERATIONS = (
    Operation("GET", "/subscriptions/{subscription}/resources", _all),
    Operation("GET", _GROUP + "/resources", _all),
    Operation("GET", "/subscriptions/{subscription}/providers/{namespace}/{kind}", _typed, "{namespace}/{kind}/read", strip=1, listed=True),
    Operation("GET", _GROUP + "/providers/{namespace}/{kind}", _typed, "{namespace}/{kind}/read", strip=1, listed=True),
    Operation("GET", "{resource}/{kind}", _nested, "{type}/{kind}/read", strip=1),
)  # fmt: skip
