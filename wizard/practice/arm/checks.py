"""All that can be wrong with a body before anything is written, whatever its type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wizard.practice.arm import errors, facts, identities, ids, paths, providers, reading, shapes, shelf
from wizard.practice.arm.call import Call
from wizard.practice.arm.kinds import find
from wizard.practice.arm.types import Adding, ResourceType
from wizard.practice.kernel import Failure

_COMMON: Mapping[str, Any] = {"identity": {"type": "", "userAssignedIdentities": {}}}


def check(call: Call, key: ids.Id, kind: ResourceType, body: Mapping[str, Any]) -> None:
    """All that can be found wrong with a body before anything is written.

    Raises:
        Failure: what Azure would answer.
    """
    check_form(call, key, kind, body)
    check_links(call, key, kind, body)
    check_name(call, key, kind)
    before = shelf.stored(call.practice, key.text)
    for rule in kind.rules:
        rule(Adding(call, key, body, before))


def check_form(call: Call, key: ids.Id, kind: ResourceType, body: Mapping[str, Any]) -> None:
    """What can be found wrong with a body by itself: provider, tags, location, members, name.

    Raises:
        Failure: what Azure would answer.
    """
    if providers.registration(call.practice, call.subscription, key.namespace) not in (
        "Registered",
        "Registering",
    ):
        raise errors.not_registered(key.namespace)
    errors.check_tags(body.get("tags"))
    if kind.tracked:
        _check_location(call, key, body)
    details = list(faults(kind, body))
    if details:
        raise errors.bad_payload(details)
    check_shape(kind, body)
    if not kind.rule.fullmatch(key.leaf):
        raise Failure(400, kind.says_code, kind.says)


def check_links(call: Call, key: ids.Id, kind: ResourceType, body: Mapping[str, Any]) -> None:
    """Refuse what refers to something that is not there: the parent, a resource, an identity.

    Raises:
        Failure: the type's own refusal.
    """
    reading.check_parent(call.practice, key, "write")
    _check_references(call, key, kind, body)
    identities.check(call, key, body)


def check_name(call: Call, key: ids.Id, kind: ResourceType) -> None:
    """Refuse a name that somebody else in the world has.

    Raises:
        Failure: the type's own refusal.
    """
    before = shelf.stored(call.practice, key.text)
    if kind.unique and not before and shelf.owner_of(call.practice, kind.name, key.leaf) is not None:
        raise kind.taken(key)


def check_shape(kind: ResourceType, body: Mapping[str, Any]) -> None:
    """Refuse values of another JSON type than those of the type's example.

    Raises:
        Failure: 400 InvalidRequestContent.
    """
    for example in (_COMMON, kind.example):
        if path := shapes.fault(body, example):
            raise errors.bad_content(f"Error converting value to the type of the property. Path '{path}'")


def _check_references(call: Call, key: ids.Id, kind: ResourceType, body: Mapping[str, Any]) -> None:
    for path in kind.references:
        for where, wanted in paths.at(body, path):
            if wanted not in (None, "") and not _will_be_there(call, key, str(wanted)):
                raise kind.missing(key, where, str(wanted))


def _will_be_there(call: Call, key: ids.Id, wanted: str) -> bool:
    inside = wanted.lower().startswith(key.text.lower() + "/")
    try:
        return inside or reading.current(call.practice, wanted) is not None
    except ValueError:
        return False


def _check_location(call: Call, key: ids.Id, body: Mapping[str, Any]) -> None:
    asked = body.get("location")
    if not isinstance(asked, str):
        raise errors.location_required()
    kind = find(key.type)
    everywhere = kind is not None and kind.everywhere
    region = asked.lower() if everywhere and asked.lower() == "global" else facts.region(asked)
    if region is None or everywhere != (region == "global"):
        raise errors.no_location_for_type(key.type, asked, ("global",) if everywhere else facts.regions())
    before = call.state.get("resource", key.text)
    if before and not everywhere and facts.region(before["location"]) != region:
        raise errors.moved_resource(key.name, before["location"], region, key.group or "")


def faults(kind: ResourceType, body: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """What a body has too much, and what it lacks, as the details of an error."""
    for member in body:
        if member not in kind.allowed:
            yield {
                "code": "OBJECT_ADDITIONAL_PROPERTIES",
                "message": f"Additional properties not allowed: {member}",
            }
    properties = body.get("properties") or {}
    if not isinstance(properties, dict):
        yield {"code": "INVALID_TYPE", "message": "Expected type object for properties"}
        return
    for member in properties:
        if kind.properties is not None and member not in kind.properties:
            yield {
                "code": "OBJECT_ADDITIONAL_PROPERTIES",
                "message": f"Additional properties not allowed: {member}",
                "target": f"properties.{member}",
            }
    for path in kind.required:
        if not any(value not in (None, "", {}) for _, value in paths.at(body, path)):
            yield {
                "code": "OBJECT_MISSING_REQUIRED_PROPERTY",
                "message": f"Missing required property: {path}",
            }
