"""Graph's groups, who is in them and owns them, and users who are made and changed."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any

from wizard.practice.client_secrets import moment
from wizard.practice.graph import rights
from wizard.practice.graph.applications import (
    body_of,
    bury,
    directory_object,
    guid,
    not_found,
    of_tenant,
    require,
    user_properties,
)
from wizard.practice.graph.query import listing, single
from wizard.practice.graph.schema import GROUP, USER, bad_request
from wizard.practice.kernel import Caller, Failure, Practice, Request, Response, Route

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_KIND = "directoryGroup"
_REFERENCE = re.compile(r".*/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/?", re.IGNORECASE)
_NEW_USER = ("accountEnabled", "displayName", "mailNickname", "passwordProfile", "userPrincipalName")
_NEW_GROUP = ("displayName", "mailEnabled", "mailNickname", "securityEnabled")
_RELATIONS = {"members": "_members", "owners": "_owners"}


def groups_of(practice: Practice, member: str) -> Iterator[str]:
    """The ids of all groups an object is in, directly or by other groups."""
    seen: set[str] = set()
    waiting = [member]
    while waiting:
        for key, one in practice.state.all(_KIND):
            if key not in seen and waiting[0] in one.get("_members", ()):
                seen.add(key)
                waiting.append(key)
                yield key
        waiting.pop(0)


def list_groups(
    practice: Practice, request: Request, _values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`GET /groups`."""
    caller = require(asking)
    rights.may_read(practice, caller)
    return listing(request, GROUP, of_tenant(practice, _KIND, caller.tenant))


def read(practice: Practice, request: Request, values: Mapping[str, str], asking: Caller | None) -> Response:
    """`GET /groups/{id}`."""
    caller = require(asking)
    rights.may_read(practice, caller)
    return single(request, GROUP, _find(practice, caller, values["id"]))


def create(
    practice: Practice, request: Request, _values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`POST /groups`: members may make security groups."""
    caller = require(asking)
    body = body_of(request)
    rights.may_create_groups(practice, caller)
    GROUP.check(body)
    _demand(body, _NEW_GROUP, "Group")
    now, key = practice.clock.now(), str(uuid.uuid4())
    numbers = [
        str(int(part, 16)) for part in (key[:8], key[9:13] + key[14:18], key[19:23] + key[24:28], key[28:])
    ]
    made = GROUP.fresh() | _told(body)
    made |= {
        "id": key,
        "createdDateTime": moment(now),
        "renewedDateTime": moment(now),
        "securityIdentifier": f"S-1-12-1-{'-'.join(numbers)}",
        "tenant": caller.tenant,
        "_owners": [caller.object_id] if caller.kind == "user" else [],
        "_members": [],
        "_created": now.timestamp(),
    }
    if "Unified" in made["groupTypes"]:
        made |= {"mailEnabled": True, "visibility": made.get("visibility") or "Public"}
    practice.state.put(_KIND, key, made)
    return single(request, GROUP, made, status=201)


def update(
    practice: Practice, request: Request, values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`PATCH /groups/{id}`."""
    caller = require(asking)
    found = _owned(practice, caller, values["id"])
    body = body_of(request)
    GROUP.check(body)
    practice.state.put(_KIND, found["id"], found | _told(body))
    return Response(204)


def delete(
    practice: Practice, _request: Request, values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`DELETE /groups/{id}`."""
    caller = require(asking)
    found = _owned(practice, caller, values["id"])
    practice.state.delete(_KIND, found["id"])
    return Response(204)


def related(
    practice: Practice, request: Request, values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`GET /groups/{id}/members`, or its owners."""
    caller = require(asking)
    rights.may_read(practice, caller)
    found = _find(practice, caller, values["id"])
    keys = found.get(_relation(values["relation"]), ())
    shown = [one for key in keys if (one := directory_object(practice, key, caller.tenant))]
    return Response(
        body={"@odata.context": f"{request.origin}/v1.0/$metadata#directoryObjects", "value": shown}
    )


def add(practice: Practice, request: Request, values: Mapping[str, str], asking: Caller | None) -> Response:
    """`POST /groups/{id}/members/$ref`, or to its owners."""
    caller = require(asking)
    found = _owned(practice, caller, values["id"])
    reference = _REFERENCE.fullmatch(str(body_of(request).get("@odata.id", "")))
    if reference is None:
        raise bad_request(
            "A reference must have the form https://graph.microsoft.com/v1.0/directoryObjects/{id}."
        )
    key, relation = reference[1].lower(), _relation(values["relation"])
    if directory_object(practice, key, caller.tenant) is None:
        raise not_found(key)
    if key in found.get(relation, ()):
        raise bad_request(
            "One or more added object references already exist for the following modified properties:"
            f" '{values['relation']}'."
        )
    found[relation] = [*found.get(relation, ()), key]
    practice.state.put(_KIND, found["id"], found)
    return Response(204)


def remove(
    practice: Practice, _request: Request, values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`DELETE /groups/{id}/members/{member}/$ref`, or from its owners."""
    caller = require(asking)
    found = _owned(practice, caller, values["id"])
    key, relation = values["member"].lower(), _relation(values["relation"])
    if key not in found.get(relation, ()):
        raise not_found(key)
    found[relation] = [one for one in found[relation] if one != key]
    practice.state.put(_KIND, found["id"], found)
    return Response(204)


def member_groups(
    practice: Practice, request: Request, values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`POST …/getMemberGroups` and `…/checkMemberGroups`: the ids of the groups it is in, all or out of those named."""
    caller = require(asking)
    rights.may_read(practice, caller)
    body = body_of(request)
    key = _any_id(practice, caller, values["id"])
    if directory_object(practice, key, caller.tenant) is None:
        raise not_found(values["id"])
    found = list(groups_of(practice, key))
    if isinstance(body.get("groupIds"), list):
        found = [one for one in body["groupIds"] if str(one).lower() in found]
    context = f"{request.origin}/v1.0/$metadata#Collection(Edm.String)"
    return Response(body={"@odata.context": context, "value": found})


def create_user(
    practice: Practice, request: Request, _values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`POST /users`: administrators of the directory may."""
    caller = require(asking)
    body = body_of(request)
    rights.may_manage_people(practice, caller)
    _demand(body, _NEW_USER, "User")
    upn = str(body["userPrincipalName"])
    if any(one["upn"].lower() == upn.lower() for _, one in practice.state.all("user")):
        raise bad_request("Another object with the same value for property userPrincipalName already exists.")
    now, key = practice.clock.now(), str(uuid.uuid4())
    made = USER.fresh() | _profile(body)
    made |= {
        "id": key,
        "upn": upn,
        "tenant": caller.tenant,
        "createdDateTime": moment(now),
        "userType": "Member",
        "directoryRoles": [],
        "_created": now.timestamp(),
    }
    practice.state.put("user", key, made)
    return single(request, USER, user_properties(made), status=201)


def update_user(
    practice: Practice, request: Request, values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`PATCH /users/{id or userPrincipalName}`."""
    caller = require(asking)
    found = _user(practice, caller, values["id"])
    if found["id"] != caller.object_id:
        rights.may_manage_people(practice, caller)
    body = body_of(request)
    new = found | _profile(body)
    new["upn"] = str(body.get("userPrincipalName") or found["upn"])
    practice.state.put("user", found["id"], new)
    return Response(204)


def delete_user(
    practice: Practice, _request: Request, values: Mapping[str, str], asking: Caller | None
) -> Response:
    """`DELETE /users/{id or userPrincipalName}`."""
    caller = require(asking)
    found = _user(practice, caller, values["id"])
    rights.may_manage_people(practice, caller)
    bury(practice, "user", found["id"])
    return Response(204)


def _profile(body: Mapping[str, Any]) -> dict[str, Any]:
    """What a body says of a user; the password is not kept, as nobody signs in with one here."""
    known = {
        name: value for name, value in body.items() if name not in ("passwordProfile", "userPrincipalName")
    }
    return {name: value for name, value in known.items() if name in USER.properties}


def _told(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if not name.startswith("@") and "@odata" not in name}


def _demand(body: Mapping[str, Any], names: tuple[str, ...], kind: str) -> None:
    for name in names:
        if body.get(name) is None:
            raise bad_request(f"A value is required for property '{name}' of resource '{kind}'.")


def _relation(name: str) -> str:
    try:
        return _RELATIONS[name.lower()]
    except KeyError as fault:
        raise Failure(400, "BadRequest", f"Resource not found for the segment '{name}'.") from fault


def _find(practice: Practice, caller: Caller, key: str) -> dict[str, Any]:
    found = practice.state.get(_KIND, guid(key))
    if found is None or found["tenant"] != caller.tenant:
        raise not_found(key)
    return found


def _owned(practice: Practice, caller: Caller, key: str) -> dict[str, Any]:
    found = _find(practice, caller, key)
    if caller.object_id not in found.get("_owners", ()):
        rights.may_manage_people(practice, caller)
    return found


def _user(practice: Practice, caller: Caller, name: str) -> dict[str, Any]:
    plain = name.replace("''", "'").lower()
    for key, one in practice.state.all("user"):
        if one["tenant"] == caller.tenant and plain in (key.lower(), str(one["upn"]).lower()):
            return one
    raise not_found(name)


def _any_id(practice: Practice, caller: Caller, name: str) -> str:
    return str(_user(practice, caller, name)["id"]) if "@" in name else guid(name)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1.0/groups", list_groups, "graph"),
    Route("POST", "/v1.0/groups", create, "graph"),
    Route("GET", "/v1.0/groups/{id}", read, "graph"),
    Route("PATCH", "/v1.0/groups/{id}", update, "graph"),
    Route("DELETE", "/v1.0/groups/{id}", delete, "graph"),
    Route("GET", "/v1.0/groups/{id}/{relation}", related, "graph"),
    Route("POST", "/v1.0/groups/{id}/{relation}/$ref", add, "graph"),
    Route("DELETE", "/v1.0/groups/{id}/{relation}/{member}/$ref", remove, "graph"),
    *(
        Route("POST", f"/v1.0/{base}/{verb}MemberGroups", member_groups, "graph")
        for base in (
            "directoryObjects/{id}",
            "groups/{id}",
            "users('{id}')",
            "users/{id}",
            "servicePrincipals/{id}",
        )
        for verb in ("check", "get")
    ),
    Route("POST", "/v1.0/users", create_user, "graph"),
    *(
        route
        for key in ("('{id}')", "/{id}")
        for route in (
            Route("PATCH", f"/v1.0/users{key}", update_user, "graph"),
            Route("DELETE", f"/v1.0/users{key}", delete_user, "graph"),
        )
    ),
)
