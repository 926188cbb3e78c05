"""Managed identities that stand by themselves, and the outside identities they trust."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

from wizard.practice.arm import ids, shelf
from wizard.practice.arm.ids import Id
from wizard.practice.arm.kinds import stamps
from wizard.practice.arm.types import Acting, Adding, ResourceType, Way
from wizard.practice.graph import managed
from wizard.practice.kernel import Failure, Practice, Response

IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities"
_PLACED = Way(headers=("self",))
_MOST = 20
_LONGEST = 600


def _ways(adding: Adding, method: Literal["PUT", "PATCH"]) -> Way | None:
    return _PLACED if method == "PUT" and not adding.before else None


def _made(adding: Adding) -> dict[str, Any]:
    return {
        "tenantId": adding.tenant,
        "principalId": adding.kept("principalId", str(uuid.uuid4())),
        "clientId": adding.kept("clientId", str(uuid.uuid4())),
    }


def _completed(adding: Adding, document: dict[str, Any]) -> dict[str, Any]:
    # What the caller sends of these does not count; Azure gives them.
    given = {name: adding.kept(name, document["properties"][name]) for name in ("principalId", "clientId")}
    properties = document["properties"] | given | {"tenantId": adding.tenant}
    managed.appear(
        adding.practice,
        properties["principalId"],
        properties["clientId"],
        tenant=adding.tenant,
        resource=str(document["id"]),
        explicit=True,
    )
    return stamps.stamped(adding, document | {"properties": properties}, "9999")


def _removed(practice: Practice, found: Mapping[str, Any]) -> None:
    managed.vanish(practice, found["properties"]["principalId"])


def _associated(acting: Acting) -> Response:
    """The resources an identity is assigned to."""
    state = acting.call.state
    using = {
        user.id
        for user in shelf.users(acting.call.practice, acting.id.text)
        if user.path.startswith("identity")
    }
    found = []
    for one in sorted(using):
        key = ids.parse(one)
        subscription = state.get("subscription", key.subscription or "") or {}
        found.append(
            {
                "id": one,
                "name": key.leaf,
                "type": key.type.lower(),
                "resourceGroup": (key.group or "").lower(),
                "subscriptionId": key.subscription,
                "subscriptionDisplayName": subscription.get("displayName"),
            }
        )
    return Response(200, {"totalCount": len(found), "value": found})


def _no_credential(id: Id) -> Failure:  # noqa: A002 - what it is
    return Failure(404, "NotFound", f"Resource '{id.text}' was not found.")


def _check_credential(adding: Adding) -> None:
    properties = adding.properties
    for name in ("issuer", "subject", "audiences"):
        if not properties.get(name):
            raise _bad(f"The property '{name}' of the federated identity credential must not be empty.")
    issuer, subject, audiences = (properties[name] for name in ("issuer", "subject", "audiences"))
    if not isinstance(issuer, str) or urlsplit(issuer).scheme != "https" or not urlsplit(issuer).hostname:
        raise _bad(f"The issuer '{issuer}' is not a valid HTTPS address.")
    if max(len(issuer), len(str(subject))) > _LONGEST:
        raise _bad(f"The issuer and the subject must not be longer than {_LONGEST} characters.")
    if not isinstance(audiences, list) or len(audiences) != 1:
        raise _bad("The federated identity credential must have exactly one audience.")


def _check_others(adding: Adding) -> None:
    """One trust per issuer and subject, and not too many of them (the number is Azure's, the words are ours)."""
    parent = adding.id.parent
    every = (
        shelf.children(adding.practice, parent.text, f"{IDENTITY}/federatedIdentityCredentials")
        if parent
        else []
    )
    others = [one["properties"] for one in every if one["name"].lower() != adding.id.leaf.lower()]
    mine = (adding.properties.get("issuer"), adding.properties.get("subject"))
    if any((one.get("issuer"), one.get("subject")) == mine for one in others):
        raise Failure(
            409, "Conflict", "Issuer and subject combination already exists for this Managed Identity."
        )
    if adding.before is None and len(others) >= _MOST:
        raise _bad(
            f"Too many federated identity credentials for this Managed Identity: the limit is {_MOST}."
        )


def _bad(message: str) -> Failure:
    return Failure(400, "BadRequest", message)


TYPES = (
    ResourceType(
        IDENTITY,
        ways=_ways,
        members=frozenset({"location", "tags", "properties"}),
        added=_made,
        completed=_completed,
        removed=_removed,
        actions={"listassociatedresources": _associated},
        state=False,
        rule=re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,127}"),
        says="The resource name is not valid: 3 to 128 letters, digits, hyphens and underscores, a letter or digit first.",
        says_code="InvalidResourceName",
    ),
    ResourceType(
        f"{IDENTITY}/federatedIdentityCredentials",
        ways=_ways,
        members=frozenset({"properties"}),
        properties=frozenset({"issuer", "subject", "audiences", "claimsMatchingExpression"}),
        example={"properties": {"issuer": "", "subject": "", "audiences": [""]}},
        rules=(_check_credential, _check_others),
        absent=_no_credential,
        tracked=False,
        state=False,
        rule=re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,119}"),
        says="The resource name is not valid: 3 to 120 letters, digits, hyphens and underscores, a letter or digit first.",
        says_code="InvalidResourceName",
    ),
)
