"""The first start: tenants, people, applications and their secrets of a world become documents of the State."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from wizard.practice.client_secrets import new_secret, put_secret
from wizard.practice.graph.principals import principal_of
from wizard.practice.graph.schema import APPLICATION
from wizard.practice.worlds import generated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wizard.practice.kernel import Practice

_LONG_AGO = 0.0  # `_created` of what the world begins with: it has been replicated everywhere


def seed_directory(practice: Practice) -> str:
    """Write the directory half of the world, and give back the new client secret of its owner.

    Returns:
        The secret's value; the State keeps only its hash.
    """
    facts = practice.world.facts
    for tenant in facts["tenants"]:
        practice.state.put("tenant", tenant["tenantId"], tenant)
    for user in facts["users"]:
        practice.state.put("user", user["id"], user | {"_created": _LONG_AGO})
    for section, one in generated(facts):
        if section == "tenants":
            practice.state.put("tenant", one["tenantId"], one)
        elif section == "users":
            practice.state.put("user", one["id"], one | {"_created": _LONG_AGO})
    for application in facts["applications"]:
        _seed_application(practice, application)
    owner = next(a for a in facts["applications"] if a["appId"] == practice.world.owner)
    value = new_secret()
    ends = practice.clock.now() + timedelta(days=730)
    put_secret(
        practice, str(uuid.uuid4()), owner["id"], value, display_name="practice", ends=ends, created=_LONG_AGO
    )
    return value


def _seed_application(practice: Practice, given: Mapping[str, Any]) -> None:
    domains = {t["tenantId"]: t["defaultDomain"] for t in practice.world.facts["tenants"]}
    document = APPLICATION.fresh() | {
        "id": given["id"],
        "appId": given["appId"],
        "displayName": given["displayName"],
        "createdDateTime": given["createdDateTime"],
        "publisherDomain": given.get("publisherDomain") or domains[given["tenant"]],
        "signInAudience": given.get("signInAudience", "AzureADMyOrg"),
        "tenant": given["tenant"],
        "_owners": list(given.get("owners", [])),
        "_created": _LONG_AGO,
    }
    practice.state.put("application", given["id"], document)
    _seed_secrets(practice, given)
    places = [{"id": key, "tenant": given["tenant"]}] if (key := given.get("servicePrincipal")) else []
    # An application that is open to others is a principal of each tenant that took it in.
    for place in (*places, *given.get("elsewhere", ())):
        created = datetime.fromisoformat(place.get("createdDateTime") or given["createdDateTime"])
        principal = principal_of(document, place["id"], place["tenant"], created)
        extra = {"_owners": list(given.get("owners", [])), "_appRoles": list(given.get("appRoles", []))}
        extra |= {"accountEnabled": place.get("accountEnabled", True)}
        practice.state.put("servicePrincipal", place["id"], principal | extra | {"_created": _LONG_AGO})


def _seed_secrets(practice: Practice, given: Mapping[str, Any]) -> None:
    for secret in given.get("secrets", ()):
        ends = practice.clock.now() + timedelta(days=secret["endsInDays"])
        # Its value is thrown away: nobody can sign in with it, as nobody remembers the real one either.
        put_secret(
            practice,
            secret["keyId"],
            given["id"],
            new_secret(),
            display_name=secret["displayName"],
            starts=datetime.fromisoformat(given["createdDateTime"]),
            ends=ends,
            created=_LONG_AGO,
            hint=secret["hint"],
        )
