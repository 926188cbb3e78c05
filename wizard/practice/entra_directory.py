"""What the sign-in endpoints look up: tenants, clients, the person at the browser, and the words of refusal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from wizard.practice.kernel import Failure, Practice, Request
from wizard.practice.tokens import Subject, known_audience

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Microsoft's own public clients, which exist in every tenant; those of the Azure CLI's family share refresh tokens.
PUBLIC_CLIENTS: Mapping[str, str] = {
    "04b07795-8ddb-461a-bbee-02f9e1bf7b46": "Microsoft Azure CLI",
    "1950a258-227b-4e31-a9cf-717495945fc2": "Microsoft Azure PowerShell",
    "aebc6443-996d-45c2-90f0-388ff96faa56": "Visual Studio Code",
}
_ANY_TENANT = frozenset({"common", "organizations"})
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_OIDC = frozenset({"openid", "profile", "email", "offline_access"})


def host_of(address: str) -> tuple[str, str]:
    """Scheme and host of an address; of one that cannot be read, nothing."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "", ""
    return parts.scheme, parts.hostname or ""


def form(request: Request) -> dict[str, str]:
    """The fields of a posted form; the first of a repeated name counts."""
    fields: dict[str, str] = {}
    for name, value in parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True):
        fields.setdefault(name, value)
    return fields


def tenant_of(practice: Practice, name: str) -> dict[str, Any] | None:
    """The tenant of that GUID or domain; None stands for `common` and `organizations`.

    Raises:
        Failure: AADSTS90002 for a tenant that is not there, AADSTS900023 for what cannot be one.
    """
    if name.lower() in _ANY_TENANT:
        return None
    if found := practice.state.get("tenant", name):
        return found
    for _, tenant in practice.state.all("tenant"):
        if name.lower() in (domain.lower() for domain in tenant["domains"]):
            return tenant
    if not _GUID.fullmatch(name) and "." not in name:
        raise Failure(
            400,
            "invalid_request",
            f"AADSTS900023: Specified tenant identifier '{name}' is neither a valid DNS name, nor a valid external domain.",
        )
    raise Failure(
        400,
        "invalid_tenant",
        f"AADSTS90002: Tenant '{name}' not found. Check to make sure you have the correct tenant ID and are signing"
        " into the correct cloud. Check with your subscription administrator, this may happen if there are no active"
        " subscriptions for the tenant.",
    )


def required(fields: Mapping[str, str], name: str) -> str:
    """A field that must be there.

    Raises:
        Failure: AADSTS900144.
    """
    if value := fields.get(name):
        return value
    raise Failure(
        400,
        "invalid_request",
        f"AADSTS900144: The request body must contain the following parameter: '{name}'.",
    )


def applications(practice: Practice, client: str) -> Iterator[dict[str, Any]]:
    """The application of that client id: one or none."""
    for _, application in practice.state.all("application"):
        if application["appId"].lower() == client.lower():
            yield application


def principal(practice: Practice, client: str, tenant: str) -> dict[str, Any] | None:
    """The service principal of that client id in that tenant."""
    for _, found in practice.state.all("servicePrincipal"):
        if found["appId"].lower() == client.lower() and found["tenant"] == tenant:
            return found
    return None


def no_such_client(practice: Practice, client: str, tenant: str) -> Failure:
    """AADSTS700016, in Entra's words."""
    name = (practice.state.get("tenant", tenant) or {}).get("displayName", tenant)
    return Failure(
        400,
        "unauthorized_client",
        f"AADSTS700016: Application with identifier '{client}' was not found in the directory '{name}'. This can"
        " happen if the application has not been installed by the administrator of the tenant or consented to by any"
        " user in the tenant. You may have sent your authentication request to the wrong tenant.",
    )


def public_client(practice: Practice, client: str, tenant: str) -> str:
    """The name of a client that may sign people in without a secret.

    Raises:
        Failure: AADSTS700016 when it is not known in the tenant, AADSTS7000218 when it needs a secret.
    """
    if client.lower() in PUBLIC_CLIENTS:
        return PUBLIC_CLIENTS[client.lower()]
    for application in applications(practice, client):
        if principal(practice, client, tenant) is None:
            break
        if application.get("isFallbackPublicClient") or application["publicClient"]["redirectUris"]:
            return str(application["displayName"])
        raise Failure(
            401,
            "invalid_client",
            "AADSTS7000218: The request body must contain the following parameter: 'client_assertion' or"
            " 'client_secret'.",
        )
    raise no_such_client(practice, client, tenant)


def person(practice: Practice, tenant: str | None, upn: str | None = None) -> Subject:
    """The user who signs in, as the tenant knows them (a guest has another object id there).

    Args:
        practice: whose State holds the users.
        tenant: a GUID, or None for the person's home.
        upn: who; None is the world's person.

    Raises:
        Failure: AADSTS53003 where no person may sign in, AADSTS50034 for nobody's name, AADSTS50020 for one who is not a guest of that tenant.
    """
    if not practice.world.facts["policies"].get("peopleMaySignIn", True):
        raise Failure(
            400,
            "interaction_required",
            "AADSTS53003: Access has been blocked by Conditional Access policies. The access policy does not allow token"
            " issuance.",
        )
    name = upn or practice.world.person
    users = [user for _, user in practice.state.all("user")]
    at_home = next((u for u in users if u["upn"].lower() == name.lower() and not u.get("homeUser")), None)
    if at_home is None:
        raise Failure(
            400,
            "invalid_grant",
            f"AADSTS50034: The user account {name} does not exist in the directory. To sign into this application, the"
            " account must be added to the directory.",
        )
    there = tenant or at_home["tenant"]
    for user in users:
        if user["tenant"] == there and at_home["id"] in (user["id"], user.get("homeUser")):
            return Subject("user", user)
    directory = (practice.state.get("tenant", there) or {}).get("displayName", there)
    raise Failure(
        400,
        "invalid_grant",
        f"AADSTS50020: User account '{name}' from identity provider 'https://sts.windows.net/{at_home['tenant']}/' does"
        f" not exist in tenant '{directory}' and cannot access the application in that tenant. The account needs to be"
        " added as an external user in the tenant first.",
    )


def audience_of(practice: Practice, scope: str, tenant: str, origin: str, *, app_only: bool = False) -> str:
    """The audience that a v2 scope stands for: `https://x//.default` is for `https://x/`.

    Raises:
        Failure: AADSTS1002012, AADSTS70011 or AADSTS500011 for a scope that stands for none.
    """
    wanted = [part for part in scope.split() if part.lower() not in _OIDC]
    if not wanted and not app_only:
        return "https://graph.microsoft.com"
    resources = {_resource(part) for part in wanted}
    if app_only and not all(part.endswith("/.default") for part in wanted):
        raise Failure(
            400,
            "invalid_scope",
            f"AADSTS1002012: The provided value for scope {scope} is not valid. Client credential flows must have a"
            " scope value with /.default suffixed to the resource identifier (application ID URI).",
        )
    if len(resources) != 1:
        raise Failure(
            400,
            "invalid_scope",
            f"AADSTS70011: The provided request must include a 'scope' input parameter that names one resource; '{scope}'"
            " does not.",
        )
    resource = resources.pop()
    if known_audience(resource, origin):
        return resource
    directory = (practice.state.get("tenant", tenant) or {}).get("displayName", tenant)
    raise Failure(
        400,
        "invalid_resource",
        f"AADSTS500011: The resource principal named {resource} was not found in the tenant named {directory}. This can"
        " happen if the application has not been installed by the administrator of the tenant or consented to by any"
        " user in the tenant. You might have sent your authentication request to the wrong tenant.",
    )


def _resource(scope: str) -> str:
    if "/" not in scope:
        return "https://graph.microsoft.com"  # as Entra does with a bare permission, such as User.Read
    return scope.rsplit("/", 1)[0]
