"""What all of Microsoft.Network shares: how a type is declared, how it refuses, and who refers to whom."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from wizard.practice.arm import errors, facts, ids, paths, rights, shelf
from wizard.practice.arm.kinds.network_waiting import busy, unfinished
from wizard.practice.arm.kinds.network_words import NETWORK, absent, refused, root, unreadable
from wizard.practice.arm.types import CREATED, Adding, ResourceType, Rule, Way
from wizard.practice.kernel import Failure, Practice

SETTLED = Way(headers=("async",))
DROPPED = Way(202, body=False, waits=True, headers=("async", "location"), ends=204)
NAME = re.compile(r"(?=.{1,80}$)[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9_])?")
_MEMBERS = frozenset(
    {"location", "tags", "properties", "sku", "zones", "extendedLocation", "identity", "kind", "managedBy"}
)
_CHILD = frozenset({"properties", "location", "tags"})  # the last two are taken and forgotten
_LIST = re.compile(r"properties\.(\w+)\[\]\.properties\..+")
# Azure names some parts in ids otherwise than the property that holds them.
_SEGMENTS = {
    ("azurefirewalls", "ipConfigurations"): "azureFirewallIpConfigurations",
    ("bastionhosts", "ipConfigurations"): "bastionHostIpConfigurations",
    ("privateendpoints", "manualPrivateLinkServiceConnections"): "manualPrivateLinkServiceConnections",
}
# What the caller must be allowed to do with what a body names.
_JOINS = {
    "applicationSecurityGroups": "joinIpConfiguration",
    "firewallPolicies": "join",
    "natGateways": "join",
    "networkSecurityGroups": "join",
    "publicIPAddresses": "join",
    "publicIPPrefixes": "join",
    "routeTables": "join",
    "virtualNetworks": "peer",
    "virtualNetworks/subnets": "join",
}
_ANYWHERE = (
    "virtualnetworks",
    "firewallpolicies",
    "localnetworkgateways",
    "privatednszones",
    "virtualhubs",
    "virtualnetworkgateways",
)

Shown = Callable[[Practice, Mapping[str, Any]], Mapping[str, Any]]
Finish = Callable[[Adding, dict[str, Any]], dict[str, Any]]


class Part(NamedTuple):
    """A part of a resource, such as an ipConfiguration: its id, whose it is, and what it says."""

    id: str
    owner: str
    body: Mapping[str, Any]


class Refers(NamedTuple):
    """A place in a body that names another resource, and the type that may stand there.

    `gone` is the refusal when it is not there: most types say InvalidResourceReference, some a plain NotFound.
    """

    path: str
    type: str
    gone: str = "InvalidResourceReference"


def declare(
    name: str,
    *,
    refers: Sequence[Refers] = (),
    parts: Sequence[str] = (),
    computed: Sequence[str] = (),
    guid: bool | None = None,
    finish: Finish | None = None,
    backs: Shown | None = None,
    rules: Sequence[Rule] = (),
    **rest: Any,
) -> ResourceType:
    """A type of Microsoft.Network.

    Args:
        name: without the provider: `virtualNetworks/subnets`.
        refers: what its body may name.
        parts: the lists of `properties` whose elements have names and ids of their own.
        computed: the properties Azure works out; what a client sends back of them does not count.
        guid: whether it has a resourceGuid; nested ones have none unless said.
        finish: the last word on the document.
        backs: what a reading adds: who refers to it.
        rules: what else is refused.
        rest: as in `ResourceType`.
    """
    child = "/" in name
    facts_of: dict[str, Any] = {
        "way": CREATED,
        "removal": DROPPED,
        "creating": "Updating",
        "updating": "Updating",
        "etag": True,
        "style": "details",
        "orphan": "resource",
        "tracked": not child,
        "absent": absent if child else None,
        "members": _CHILD if child else _MEMBERS,
        "polling": "operations",
        "change_rules": (_only_tags,),
    }
    return ResourceType(
        NETWORK + name,
        rules=(_named, referring(refers), *rules),
        completed=_finishing(
            tuple(computed), guid=not child if guid is None else guid, finish=finish, child=child
        ),
        shown=_showing(tuple(parts), backs),
        **(facts_of | rest),
    )


def _named(adding: Adding) -> None:
    name = adding.id.leaf
    if not NAME.fullmatch(name):
        raise refused(
            "InvalidResourceName",
            f"Resource name {name} is invalid. The name can be up to 80 characters long. It must begin with a word"
            " character, and it must end with a word character or with '_'. The name may contain word characters or"
            " '.', '-', '_'.",
        )


def _only_tags(adding: Adding) -> None:
    if not {"tags", "properties"} & adding.body.keys():
        raise refused("AllPropertiesAreReadOnly", "All properties in PATCH request content are read-only.")


def _finishing(computed: tuple[str, ...], *, guid: bool, finish: Finish | None, child: bool) -> Finish:
    def last(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
        properties = {name: value for name, value in made["properties"].items() if name not in computed}
        made |= {"_begun": adding.call.clock.now().timestamp(), "_grown": adding.before is not None}
        if guid:
            properties = {"resourceGuid": adding.kept("resourceGuid", str(uuid.uuid4()))} | properties
        made["properties"] = {name: value for name, value in properties.items() if value is not None}
        if child:
            made = {name: value for name, value in made.items() if name not in ("location", "tags")}
        return finish(adding, made) if finish else made

    return last


def _showing(parts: tuple[str, ...], backs: Shown | None) -> Shown | None:
    if not parts and backs is None:
        return None

    def shown(practice: Practice, found: Mapping[str, Any]) -> Mapping[str, Any]:
        properties = {name: dressed(found, name) for name in parts if name in found["properties"]}
        more = dict(backs(practice, found)) if backs else {}
        return more | {"properties": properties | more.get("properties", {})}

    return shown


def segment(kind: str, name: str) -> str:
    """How a list of parts is called in ids."""
    return _SEGMENTS.get((kind.removeprefix(NETWORK).lower(), name), name)


def dressed(found: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The parts of a resource as Azure shows them: with ids, types, states and the etag of the whole."""
    middle = segment(found["type"], name)
    state = found["properties"].get("provisioningState", "Succeeded")
    return [
        {
            "name": one.get("name"),
            "id": f"{found['id']}/{middle}/{one.get('name')}",
            "etag": found.get("etag"),
            "type": f"{found['type']}/{middle}",
            **{key: value for key, value in one.items() if key == "zones"},
            "properties": {"provisioningState": state}
            | {
                key: value
                for key, value in (one.get("properties") or {}).items()
                if key != "provisioningState"
            },
        }
        for one in found["properties"].get(name) or []
    ]


def ready(practice: Practice, found: Mapping[str, Any]) -> bool:
    """Whether a resource has been finished at least once: what it got then it shows while it is changed, too."""
    stored = shelf.stored(practice, found["id"]) or {}
    return found["properties"].get("provisioningState") == "Succeeded" or bool(stored.get("_grown"))


def parts_on(practice: Practice, key: str) -> Iterator[Part]:
    """The parts of other resources that refer to a resource: the ipConfigurations in a subnet."""
    seen: set[tuple[str, str]] = set()
    for user in shelf.users(practice, key):
        match = _LIST.fullmatch(user.path)
        if match is None or (user.id.lower(), match[1]) in seen:
            continue
        seen.add((user.id.lower(), match[1]))
        source = shelf.stored(practice, user.id) or {}
        middle = segment(str(source.get("type")), match[1])
        for one in source.get("properties", {}).get(match[1]) or []:
            if any(ids.same(target, key) for target, _ in paths.ids(one)):
                yield Part(f"{source['id']}/{middle}/{one.get('name')}", source["id"], one)


def users_at(practice: Practice, key: str, path: str) -> list[dict[str, str]]:
    """The resources that refer to one at a given path, as Azure lists them."""
    return [{"id": user.id} for user in shelf.users(practice, key) if user.path == path]


def referring(places: Sequence[Refers]) -> Rule:
    """The rule that what a body names is there, of the right type, in the same region, and finished."""

    def check(adding: Adding) -> None:
        for place in places:
            for where, named in paths.at(adding.body, place.path):
                if named:
                    _check_one(adding, place, where, named)

    return check


def _check_one(adding: Adding, place: Refers, where: str, named: Any) -> None:
    wanted = named.get("id") if isinstance(named, dict) else named
    if not wanted:
        raise unreadable("MissingJsonReferenceId", f"Value for reference id is missing. Path {where}.")
    text = str(wanted)
    try:
        target = ids.parse(text)
    except ValueError:
        target = ids.Id()
    expected = f"The Id is expected to reference resources of type {place.type}. Path {where}."
    if not target.links or not text.startswith("/"):
        raise unreadable(
            "InvalidJsonReferenceFormat", f"Reference Id {text} is not formatted correctly. {expected}"
        )
    if target.type.lower() != (NETWORK + place.type).lower():
        raise unreadable(
            "InvalidJsonReferenceWrongType",
            f"Reference Id {text} is referencing resource of a wrong type. {expected}",
        )
    if not text.lower().startswith(adding.id.text.lower() + "/"):
        _check_there(adding, place, target)


def _check_there(adding: Adding, place: Refers, target: ids.Id) -> None:
    found = shelf.current(adding.practice, target.text)
    home = shelf.stored(adding.practice, root(target).text)
    if found is None and not _is_part(home, target):
        raise _gone(adding, place, target)
    here = (shelf.stored(adding.practice, root(adding.id).text) or adding.body).get("location")
    apart = here and home and facts.region(str(here)) != facts.region(str(home.get("location", "")))
    if apart and not place.type.lower().startswith(_ANYWHERE[1:]) and place.type.lower() != _ANYWHERE[0]:
        raise _gone(adding, place, target)
    if found and busy(adding.practice, target.text):
        raise unfinished(found, adding.id, adding.practice)
    if action := _JOINS.get(place.type):
        linked(adding, f"{NETWORK}{place.type}/{action}/action", target)


def _is_part(home: Mapping[str, Any] | None, target: ids.Id) -> bool:
    """Parts such as backend pools are no resources of their own."""
    parent = target.parent
    if home is None or parent is None:
        return False
    named = home["properties"].get(target.links[-1].types[-1]) or ()
    return any(str(one.get("name")).lower() == target.leaf.lower() for one in named if isinstance(one, dict))


def _gone(adding: Adding, place: Refers, target: ids.Id) -> Failure:
    missing = f"Resource {target.text} not found."
    if place.gone == "NotFound":
        return refused("NotFound", missing, 404)
    return refused(
        "InvalidResourceReference",
        f"Resource {target.text} referenced by resource {adding.id.text} was not found. Please make sure that the"
        " referenced resource exists, and that both resources are in the same region.",
        details=[{"code": "NotFound", "message": missing}],
    )


def linked(adding: Adding, action: str, target: ids.Id) -> None:
    """The rule that the caller may also use what a resource refers to.

    Raises:
        Failure: 403 LinkedAuthorizationFailed.
    """
    call = adding.call
    if not rights.allowed(call.practice, call.caller, action, target.text):
        name = rights.name_of(call.practice, call.caller)
        writing = f"{adding.id.type}/write"
        raise errors.not_linked(name, call.caller, writing, adding.id.text, needed=action, linked=target.text)
