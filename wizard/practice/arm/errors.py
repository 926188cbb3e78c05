"""Azure Resource Manager's refusals in its own words; where the words were not seen in Azure, it is said so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wizard.practice.kernel import Caller, Failure

_GATEWAY = {"x-ms-failure-cause": "gateway"}


def missing_version() -> Failure:
    """No `api-version`."""
    return _gateway(
        400,
        "MissingApiVersionParameter",
        "The api-version query parameter (?api-version=) is required for all requests.",
    )


def invalid_version(version: str, known: Iterable[str]) -> Failure:
    """An `api-version` that cannot be one."""
    supported = ",".join(known)
    return _gateway(
        400,
        "InvalidApiVersionParameter",
        f"The api-version '{version}' is invalid. The supported versions are '{supported}'.",
    )


def invalid_subscription(text: str) -> Failure:
    """A subscription id that is no GUID."""
    return _gateway(
        400,
        "InvalidSubscriptionId",
        f"The provided subscription identifier '{text}' is malformed or invalid.",
    )


def no_subscription(guid: str) -> Failure:
    """A subscription nobody has."""
    return _gateway(404, "SubscriptionNotFound", f"The subscription '{guid}' could not be found.")


def read_only(guid: str) -> Failure:
    """A write to a disabled subscription."""
    return _gateway(
        409,
        "ReadOnlyDisabledSubscription",
        f"The subscription '{guid}' is disabled and therefore marked as read only. You cannot perform any write"
        " actions on this subscription until it is re-enabled.",
    )


def wrong_tenant(asked: str, wanted: str) -> Failure:
    """A token of another tenant than the subscription's."""
    issuer = f"https://sts.windows.net/{wanted}/"
    authority = f"https://login.windows.net/{wanted}"
    challenge = (
        f'Bearer authorization_uri="{authority}", error="invalid_token", error_description="The access token'
    )
    return Failure(
        401,
        "InvalidAuthenticationTokenTenant",
        f"The access token is from the wrong issuer 'https://sts.windows.net/{asked}/'. It must match the tenant"
        f" '{issuer}' associated with this subscription. Please use the authority (URL) '{authority}' to get the token."
        " Note, if the subscription is transferred to another tenant there is no impact to the services, but"
        " information about new tenant could take time to propagate (up to an hour). If you just transferred your"
        " subscription and see this error message, please try back later.",
        headers=_GATEWAY | {"WWW-Authenticate": f'{challenge} is from the wrong issuer."'},
    )


def forbidden(name: str, caller: Caller, action: str, scope: str) -> Failure:
    """The caller has no right; the message names the action and the scope."""
    return _gateway(
        403,
        "AuthorizationFailed",
        f"The client '{name}' with object id '{caller.object_id}' does not have authorization to perform action"
        f" '{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh"
        " your credentials.",
    )


def no_group(name: str) -> Failure:
    """A resource group that is not there."""
    return _gateway(404, "ResourceGroupNotFound", f"Resource group '{name}' could not be found.")


def group_going(name: str) -> Failure:
    """A write to a resource group that is being deleted."""
    return _gateway(
        409,
        "ResourceGroupBeingDeleted",
        f"The resource group '{name}' is in deprovisioning state and cannot perform this operation.",
    )


def no_resource(kind: str, name: str, group: str | None) -> Failure:
    """A resource that is not there."""
    namespace, *types = kind.split("/")
    pairs = "/".join(f"{one}/{other}" for one, other in zip(types, name.split("/"), strict=True))
    return _gateway(
        404,
        "ResourceNotFound",
        f"The Resource '{namespace}/{pairs}' under resource group '{group or '<null>'}' was not found. For more"
        " details please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def no_parent(kind: str, parent: str, verb: str = "write") -> Failure:
    """A nested resource whose parent is not there."""
    types = kind.split("/", 1)[1]
    return _gateway(
        404,
        "ParentResourceNotFound",
        f"Failed to perform '{verb}' on resource(s) of type '{types}', because the parent resource '{parent}' could"
        " not be found.",
    )


def no_identity(resource: str, identity: str) -> Failure:
    """A resource that is to have an identity which is not there."""
    inner = f'{{"error":{{"code":"BadRequest","message":"Resource \'{identity}\' was not found."}}}}'
    return _gateway(
        400,
        "FailedIdentityOperation",
        f"Identity operation for resource '{resource}' failed with error 'Failed to perform resource identity operation."
        f" Status: 'BadRequest'. Response: '{inner}'.'.",
    )


def not_linked(name: str, caller: Caller, action: str, scope: str, *, needed: str, linked: str) -> Failure:
    """The caller may write a resource, but not what it refers to."""
    return _gateway(
        403,
        "LinkedAuthorizationFailed",
        f"The client '{name}' with object id '{caller.object_id}' has permission to perform action '{action}' on scope"
        f" '{scope}'; however, it does not have permission to perform action(s) '{needed}' on the linked scope(s)"
        f" '{linked}' (respectively) or the linked scope(s) are invalid.",
    )


def no_namespace(namespace: str) -> Failure:
    """A resource provider that does not exist."""
    return _gateway(404, "InvalidResourceNamespace", f"The resource namespace '{namespace}' is invalid.")


def no_type(kind: str, version: str, known: Iterable[str] = ()) -> Failure:
    """A resource type that does not exist, or not in that API version."""
    namespace, _, rest = kind.partition("/")
    tail = f" The supported api-versions are '{','.join(known)}'." if known else ""
    return _gateway(
        404,
        "InvalidResourceType",
        f"The resource type '{rest}' could not be found in the namespace '{namespace}' for api version"
        f" '{version}'.{tail}",
    )


def no_provider_for(
    kind: str, version: str, location: str, known: Iterable[str], regions: Iterable[str]
) -> Failure:
    """A type that exists, but not with that API version."""
    rest = kind.split("/", 1)[1]
    return _gateway(
        400,
        "NoRegisteredProviderFound",
        f"No registered resource provider found for location '{location}' and API version '{version}' for type"
        f" '{rest}'. The supported api-versions are '{', '.join(known)}'. The supported locations are"
        f" '{', '.join(regions)}'.",
    )


def not_registered(namespace: str) -> Failure:
    """The subscription has not registered the provider."""
    message = (
        f"The subscription is not registered to use namespace '{namespace}'. See https://aka.ms/rps-not-found for how"
        " to register subscriptions."
    )
    code = "MissingSubscriptionRegistration"
    return _gateway(409, code, message, details=[{"code": code, "target": namespace, "message": message}])


def location_required() -> Failure:
    """A resource without its location."""
    return _gateway(400, "LocationRequired", "The location property is required for this definition.")


def no_location_for_group(location: str, regions: Iterable[str]) -> Failure:
    """A region that does not exist, for a group."""
    return _gateway(
        400,
        "LocationNotAvailableForResourceGroup",
        f"The provided location '{location}' is not available for resource group. List of available regions is"
        f" '{','.join(regions)}'.",
    )


def no_location_for_type(kind: str, location: str, regions: Iterable[str]) -> Failure:
    """A region that does not exist, for a resource."""
    return _gateway(
        400,
        "LocationNotAvailableForResourceType",
        f"The provided location '{location}' is not available for resource type '{kind}'. List of available regions"
        f" for the resource type is '{','.join(regions)}'.",
    )


def moved_group(location: str, asked: str) -> Failure:
    """A group that exists in another location (words from memory of Azure's)."""
    return _gateway(
        409,
        "InvalidResourceGroupLocation",
        f"Invalid resource group location '{asked}'. The Resource group already exists in location '{location}'.",
    )


def moved_resource(name: str, location: str, asked: str, group: str) -> Failure:
    """A resource that exists in another location (words from memory of Azure's)."""
    return _gateway(
        409,
        "InvalidResourceLocation",
        f"The resource '{name}' already exists in location '{location}' in resource group '{group}'. A resource with"
        f" the same name cannot be created in location '{asked}'. Please select a new resource name.",
    )


def bad_content(why: str) -> Failure:
    """A body that cannot be read as what it should be."""
    return _gateway(
        400,
        "InvalidRequestContent",
        f"The request content was invalid and could not be deserialized: '{why}'.",
    )


def check_tags(tags: object) -> None:
    """Tags are an object of strings.

    Raises:
        Failure: 400 InvalidRequestContent.
    """
    if tags is not None and not (
        isinstance(tags, dict) and all(isinstance(one, str) for one in tags.values())
    ):
        raise bad_content("Error converting value to type 'System.String'. Path 'tags'")


def stranger(member: str, kind: str, path: str) -> Failure:
    """A body with a property that ARM's own definition does not have."""
    return bad_content(f"Could not find member '{member}' on object of type '{kind}'. Path '{path}'.")


def bad_payload(details: Iterable[Mapping[str, Any]]) -> Failure:
    """A body that a provider's definition refuses (codes of the details as its validator names them)."""
    return Failure(
        400,
        "HttpRequestPayloadAPISpecValidationFailed",
        "HTTP request payload failed validation against API specification with one or more errors. Please see details"
        " for more information.",
        details=list(details),
    )


def bad_filter(text: str, supported: str) -> Failure:
    """A `$filter` that the operation does not know (code and words are ours)."""
    return Failure(
        400,
        "UnsupportedQuery",
        f"The filter '{text}' is not supported. Supported filters are either {supported}.",
    )


def _gateway(status: int, code: str, message: str, *, details: Iterable[Mapping[str, Any]] = ()) -> Failure:
    return Failure(status, code, message, details=list(details), headers=_GATEWAY)
