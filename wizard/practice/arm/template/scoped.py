"""The template functions whose value depends on where the template is deployed, and on its copy loops."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wizard.practice.arm.template.expressions import ExpressionError
from wizard.practice.arm.template.functions import provider_path
from wizard.practice.arm.template.values import MANY, Function, as_int, as_string

if TYPE_CHECKING:
    from wizard.practice.arm.template.evaluate import Frame

_SUFFIXES = {
    "acrLoginServer": ".azurecr.io",
    "azureDatalakeAnalyticsCatalogAndJob": "azuredatalakeanalytics.net",
    "azureDatalakeStoreFileSystem": "azuredatalakestore.net",
    "azureFrontDoorEndpointSuffix": "azurefd.net",
    "keyvaultDns": ".vault.azure.net",
    "sqlServerHostname": ".database.windows.net",
    "storage": "core.windows.net",
}


def resource_id(frame: Frame, *arguments: Any) -> str:
    """`resourceId([subscription], [group], type, name...)`; on a subscription without a group."""
    at = next((n for n, one in enumerate(arguments) if isinstance(one, str) and "/" in one), None)
    if at is None or at > 2:  # noqa: PLR2004 - a subscription and a group may stand before the type
        raise ExpressionError("The function 'resourceId' expects a fully qualified resource type.")
    before, tail = list(arguments[:at]), provider_path(arguments[at], arguments[at + 1 :])
    around = frame.around
    if not around.subscription and not before:
        return tail
    own_group = around.group["name"] if around.group else None
    if at == 1 and around.group is None and "-" in str(before[0]) and len(str(before[0])) == 36:  # noqa: PLR2004
        # On a subscription one argument before the type is a subscription: it has no group to replace.
        own_group, group = None, None
    else:
        group = before.pop() if before else own_group
    subscription = before.pop() if before else around.subscription["subscriptionId"]
    return f"/subscriptions/{subscription}" + (f"/resourceGroups/{group}" if group else "") + tail


def subscription_id(frame: Frame, *arguments: Any) -> str:
    """`subscriptionResourceId([subscription], type, name...)`."""
    own = "/" in as_string(arguments[0])
    if own and not frame.around.subscription:
        raise _misplaced("SUBSCRIPTIONRESOURCEID")
    subscription = frame.around.subscription["subscriptionId"] if own else arguments[0]
    rest = arguments if own else arguments[1:]
    return f"/subscriptions/{subscription}{provider_path(rest[0], rest[1:])}"


def subscription(frame: Frame) -> dict[str, Any]:
    """`subscription()`, which a deployment above subscriptions has not."""
    if not frame.around.subscription:
        raise _misplaced("SUBSCRIPTION")
    return dict(frame.around.subscription)


def group(frame: Frame) -> dict[str, Any]:
    """`resourceGroup()`, which only a deployment to a group has."""
    if frame.around.group is None:
        raise _misplaced("RESOURCEGROUP")
    return dict(frame.around.group)


def management_group(frame: Frame) -> dict[str, Any]:
    """`managementGroup()`, which only a deployment to one has."""
    if frame.around.management is None:
        raise _misplaced("MANAGEMENTGROUP")
    return dict(frame.around.management)


def environment(frame: Frame) -> dict[str, Any]:
    """`environment()`: the addresses of practice Azure, and the suffixes of Azure's public cloud."""
    origin = frame.around.origin
    return {
        "name": "AzureCloud",
        "gallery": "https://gallery.azure.com/",
        "graph": "https://graph.windows.net/",
        "portal": "https://portal.azure.com",
        "graphAudience": "https://graph.windows.net/",
        "activeDirectoryDataLake": "https://datalake.azure.net/",
        "batch": "https://batch.core.windows.net/",
        "media": "https://rest.media.azure.net",
        "sqlManagement": "https://management.core.windows.net:8443/",
        "vmImageAliasDoc": "https://raw.githubusercontent.com/Azure/azure-rest-api-specs/master/arm-compute/"
        "quickstart-templates/aliases.json",
        "resourceManager": f"{origin}/",
        "authentication": {
            "loginEndpoint": f"{origin}/",
            "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "suffixes": dict(_SUFFIXES),
    }


def copy_index(frame: Frame, *arguments: Any) -> int:
    """`copyIndex([loop], [offset])`."""
    named = arguments and isinstance(arguments[0], str)
    rest = arguments[1:] if named else arguments
    loop = str(arguments[0]) if named else ""
    if len(rest) > 1 or loop.lower() not in frame.loops:
        raise ExpressionError(
            "The template function 'copyIndex' is not expected at this location. The function can only be used in a"
            f" resource with copy specified{f' by the name {loop!r}' if loop else ''}. Please see"
            " https://aka.ms/arm-functions for usage details."
        )
    return frame.loops[loop.lower()] + (as_int(rest[0]) if rest else 0)


def _misplaced(name: str) -> ExpressionError:
    return ExpressionError(f"The template function '{name}' is not expected at this location.")


SCOPED: Mapping[str, Function] = {
    "resourceid": Function(2, MANY, resource_id),
    "subscriptionresourceid": Function(2, MANY, subscription_id),
    "subscription": Function(0, 0, subscription),
    "resourcegroup": Function(0, 0, group),
    "managementgroup": Function(0, 0, management_group),
    "tenant": Function(0, 0, lambda frame: dict(frame.around.tenant)),
    "deployment": Function(0, 0, lambda frame: dict(frame.around.deployment)),
    "environment": Function(0, 0, environment),
    "copyindex": Function(0, 2, copy_index),
}
