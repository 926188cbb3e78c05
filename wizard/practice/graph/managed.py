"""Managed identities as the directory knows them: service principals without an application."""

from __future__ import annotations

import hashlib
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from wizard.practice.client_secrets import moment
from wizard.practice.graph.schema import SERVICE_PRINCIPAL

if TYPE_CHECKING:
    from datetime import datetime

    from wizard.practice.kernel import Practice

_LIFE = timedelta(days=90)


def appear(
    practice: Practice, principal: str, client: str, *, tenant: str, resource: str, explicit: bool
) -> None:
    """Make the service principal of a managed identity.

    Args:
        practice: whose directory.
        principal: its object id.
        client: its client id.
        tenant: where it lives.
        resource: the id of the identity, or of the resource it is the identity of.
        explicit: whether it is an identity of its own (user-assigned).
    """
    if practice.state.get("servicePrincipal", principal) is not None:
        return
    now = practice.clock.now()
    document = SERVICE_PRINCIPAL.fresh() | {
        "id": principal,
        "appId": client,
        "displayName": resource.rsplit("/", 1)[-1],
        "alternativeNames": [f"isExplicit={explicit}", resource],
        "servicePrincipalNames": [client, f"https://identity.azure.net/{principal}"],
        "servicePrincipalType": "ManagedIdentity",
        "keyCredentials": [_certificate(principal, now)],
        "signInAudience": None,
        "createdDateTime": moment(now),
        "tenant": tenant,
        "_created": now.timestamp(),
        "_owners": [],
    }
    practice.state.put("servicePrincipal", principal, document)
    practice.state.put("managedIdentity", principal, {"id": resource, "tenant": tenant})


def _certificate(principal: str, now: datetime) -> dict[str, Any]:
    """What Azure itself signs in with for the identity: it is renewed in time, and nobody ever sees the key."""
    return {
        "customKeyIdentifier": hashlib.sha256(principal.encode()).hexdigest()[:40].upper(),
        "displayName": f"CN={principal}",
        "endDateTime": moment(now + _LIFE),
        "key": None,
        "keyId": str(uuid.uuid5(uuid.NAMESPACE_OID, principal)),
        "startDateTime": moment(now),
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
    }


def vanish(practice: Practice, principal: str) -> None:
    """Remove the service principal of a managed identity; it does not go to the deleted items."""
    practice.state.delete("servicePrincipal", principal)
    practice.state.delete("managedIdentity", principal)
