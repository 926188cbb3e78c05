"""Blob containers of a storage account: what they echo, leases, legal holds, what keeps them from being deleted."""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Mapping
from typing import Any

from wizard.practice import blobs
from wizard.practice.arm import ids, shapes, shelf
from wizard.practice.arm.call import Call, stamp
from wizard.practice.arm.ids import Id
from wizard.practice.arm.kinds import stamps
from wizard.practice.arm.types import Acting, Adding, ResourceType, Way
from wizard.practice.kernel import Failure, Practice, Response

_ACCOUNT = "Microsoft.Storage/storageAccounts"
_ALWAYS_200 = Way(200)
_CONTAINER = re.compile(r"(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]|\$root|\$web|\$logs")
NAME_SAYS = "The specified resource name contains invalid characters."


def _etag(call: Call) -> str:
    return f'"0x{int(call.clock.now().timestamp() * 1e7):X}{secrets.token_hex(1).upper()}"'


def _when(call: Call, what: str) -> str:
    """A sentence of the service behind ARM, with the request and the moment it was asked at."""
    return f"{what}\nRequestId:{uuid.uuid4()}\nTime:{stamp(call.clock.now())}"


def _gone(code: str, what: str) -> Failure:
    # The moment is the wall's: the 404 of a type is not told which call it answers.
    return Failure(404, code, f"{what}\nRequestId:{uuid.uuid4()}")


def _no_container(id: Id) -> Failure:  # noqa: A002 - what it is
    del id
    return _gone("ContainerNotFound", "The specified container does not exist.")


_CONTAINER_TOLD = {
    "deleted": False,
    "remainingRetentionDays": 0,
    "hasImmutabilityPolicy": False,
    "hasLegalHold": False,
}


def _container(adding: Adding) -> dict[str, Any]:
    return _CONTAINER_TOLD | {
        "immutableStorageWithVersioning": adding.kept("immutableStorageWithVersioning", {"enabled": False}),
        "defaultEncryptionScope": adding.kept("defaultEncryptionScope", "$account-encryption-key"),
        "denyEncryptionScopeOverride": False,
        "publicAccess": adding.kept("publicAccess", "None"),
        "leaseStatus": "Unlocked",
        "leaseState": "Available",
        "legalHold": adding.kept("legalHold", {"hasLegalHold": False, "tags": []}),
    }


def _container_kept(adding: Adding, document: dict[str, Any]) -> dict[str, Any]:
    properties = document["properties"] | {"lastModifiedTime": stamps.now(adding)}
    properties["publicAccess"] = str(properties.get("publicAccess") or "None").capitalize()
    return document | {"etag": _etag(adding.call), "properties": properties}


def _container_written(adding: Adding, shown: dict[str, Any]) -> dict[str, Any]:
    told = {name: shown[name] for name in ("id", "name", "type")}
    if "properties" not in adding.body and adding.call.version >= "2022":
        return told
    sent = {name: shown["properties"].get(name, value) for name, value in adding.properties.items()}
    return told | {"properties": {**{name: shown["properties"][name] for name in _CONTAINER_TOLD}, **sent}}


def _check_public(adding: Adding) -> None:
    account = shelf.stored(adding.practice, "/".join(adding.id.text.split("/")[:-4]))
    wanted = str(adding.properties.get("publicAccess") or "None").capitalize()
    if wanted not in {"None", "Blob", "Container"}:
        raise Failure(
            400,
            "InvalidValuesForRequestParameters",
            "Values for request parameters are invalid: publicAccess.",
        )
    if (
        wanted not in (None, "None")
        and account
        and account["properties"].get("allowBlobPublicAccess") is False
    ):
        raise Failure(
            409,
            "PublicAccessNotPermitted",
            _when(adding.call, "Public access is not permitted on this storage account."),
        )


def _check_container_gone(acting: Acting) -> None:
    properties = acting.found.get("properties", {})
    account = ids.parse("/".join(acting.id.text.split("/")[:-4])).leaf
    why = "LegalHold" if properties.get("hasLegalHold") else ""
    why = why or ("ImmutabilityPolicy" if properties.get("hasImmutabilityPolicy") else "")
    if why:
        raise Failure(
            409,
            "ContainerProtectedFromDeletion",
            f"The storage account {account} container {acting.id.leaf} is protected from deletion due to {why}.",
        )
    if properties.get("leaseStatus") == "Locked":
        what = "There is currently a lease on the container and no lease ID was specified in the request."
        raise Failure(409, "LeaseIdMissing", _when(acting.call, what))


def _hold(acting: Acting, tags: list[str]) -> Response:
    held = bool(tags)
    acting.found["properties"] |= {
        "hasLegalHold": held,
        "legalHold": {"hasLegalHold": held, "tags": [{"tag": tag} for tag in tags]},
    }
    shelf.put(acting.call.practice, acting.id.text, acting.found)
    more = {name: acting.body[name] for name in ("allowProtectedAppendWritesAll",) if name in acting.body}
    return Response(200, {"hasLegalHold": held, "tags": tags} | more)


def _tags(acting: Acting) -> list[str]:
    return [one["tag"] for one in acting.found["properties"].get("legalHold", {}).get("tags", ())]


def _asked_tags(acting: Acting) -> list[str]:
    if shapes.fault(acting.body, {"tags": [""]}):
        raise Failure(
            400, "InvalidValuesForRequestParameters", "Values for request parameters are invalid: tags."
        )
    return [str(tag).lower() for tag in acting.body.get("tags") or ()]


def _set_hold(acting: Acting) -> Response:
    asked = _asked_tags(acting)
    return _hold(acting, list(dict.fromkeys([*_tags(acting), *asked])))


def _clear_hold(acting: Acting) -> Response:
    gone = set(_asked_tags(acting))
    return _hold(acting, [tag for tag in _tags(acting) if tag not in gone])


_LEASES = {
    "Acquire": ("Locked", "Leased"),
    "Renew": ("Locked", "Leased"),
    "Change": ("Locked", "Leased"),
    "Release": ("Unlocked", "Available"),
    "Break": ("Unlocked", "Broken"),
}


def _lease(acting: Acting) -> Response:
    action = str(acting.body.get("action"))
    if action not in _LEASES:
        raise Failure(
            400, "InvalidValuesForRequestParameters", "Values for request parameters are invalid: action."
        )
    held = acting.found.get("_lease")
    asked = acting.body.get("leaseId")
    if action in ("Renew", "Change", "Release") and asked != held:
        what = "The lease ID specified did not match the lease ID for the container."
        raise Failure(409, "LeaseIdMismatchWithContainerOperation", _when(acting.call, what))
    lease = str(acting.body.get("proposedLeaseId") or held or uuid.uuid4())
    status, state = _LEASES[action]
    acting.found["properties"] |= {"leaseStatus": status, "leaseState": state}
    acting.found["_lease"] = lease if status == "Locked" else None
    shelf.put(acting.call.practice, acting.id.text, acting.found)
    return Response(200, {"leaseTimeSeconds": "0"} if action == "Break" else {"leaseId": lease})


def _immutability(adding: Adding, document: dict[str, Any]) -> dict[str, Any]:
    properties = {"immutabilityPeriodSinceCreationInDays": 0, "state": "Unlocked"} | document["properties"]
    if parent := adding.id.parent:
        container = shelf.stored(adding.practice, parent.text)
        if container:
            container["properties"]["hasImmutabilityPolicy"] = True
            shelf.put(adding.practice, parent.text, container)
    return document | {"properties": properties, "etag": _etag(adding.call)}


def _immutability_gone(practice: Practice, found: Mapping[str, Any]) -> None:
    parent = ids.parse(str(found["id"])).parent
    container = shelf.stored(practice, parent.text) if parent else None
    if parent and container:
        container["properties"]["hasImmutabilityPolicy"] = False
        shelf.put(practice, parent.text, container)


def _check_unlocked(acting: Acting) -> None:
    if acting.found.get("properties", {}).get("state") == "Locked":
        raise Failure(
            409,
            "ContainerImmutabilityPolicyFailure",
            "Operation not allowed on immutability policy with current state.",
        )


def _lock(acting: Acting) -> Response:
    acting.found["properties"]["state"] = "Locked"
    return _immutable_again(acting)


def _extend(acting: Acting) -> Response:
    acting.found["properties"] |= acting.body.get("properties") or {}
    return _immutable_again(acting)


def _immutable_again(acting: Acting) -> Response:
    acting.found["etag"] = _etag(acting.call)
    shelf.put(acting.call.practice, acting.id.text, acting.found)
    return Response(200, shelf.current(acting.call.practice, acting.id.text))


_EXAMPLE = {
    "properties": {
        "publicAccess": "",
        "metadata": {},
        "policy": {"rules": [{}]},
        "immutabilityPeriodSinceCreationInDays": 0,
    }
}


def inside(name: str, rule: re.Pattern[str], **rest: Any) -> ResourceType:
    """What stands in a service of an account: it has properties, and no place or state of its own."""
    return ResourceType(
        f"{_ACCOUNT}/{name}",
        example=_EXAMPLE,
        members=frozenset({"properties"}),
        tracked=False,
        state=False,
        rule=rule,
        says=NAME_SAYS,
        says_code="InvalidResourceName",
        **rest,
    )


TYPES = (
    inside(
        "blobServices/containers",
        _CONTAINER,
        added=_container,
        completed=_container_kept,
        written=_container_written,
        absent=_no_container,
        rules=(_check_public,),
        change_rules=(_check_public,),
        before_removal=(_check_container_gone,),
        removed=lambda practice, found: blobs.forget(practice, found["id"]),
        actions={"setlegalhold": _set_hold, "clearlegalhold": _clear_hold, "lease": _lease},
    ),
    inside(
        "blobServices/containers/immutabilityPolicies",
        re.compile("default"),
        way=_ALWAYS_200,
        completed=_immutability,
        rules=(),
        before_removal=(_check_unlocked,),
        removed=_immutability_gone,
        actions={"lock": _lock, "extend": _extend},
    ),
)
