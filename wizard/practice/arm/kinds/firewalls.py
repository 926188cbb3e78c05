"""Firewall rules of a resource that let subnets in: each subnet needs the service endpoint of the resource's service."""

from __future__ import annotations

from wizard.practice.arm import ids, paths, shelf
from wizard.practice.arm.types import Adding
from wizard.practice.kernel import Failure


def _check_id(where: str, wanted: str) -> None:
    try:
        found = ids.parse(wanted)
    except ValueError:
        found = ids.Id()
    if not found.links:
        raise Failure(
            400,
            "LinkedInvalidPropertyId",
            f"Property id '{wanted}' at path '{where}' is invalid. Expect fully qualified resource Id that start with"
            " '/subscriptions/{subscriptionId}' or '/providers/{resourceProviderNamespace}/'.",
        )


def check_subnets(adding: Adding, path: str, service: str, code: str) -> None:
    """Refuse subnets without the service endpoint.

    Args:
        adding: what is written.
        path: where the ids of the subnets stand.
        service: `Microsoft.Storage`, `Microsoft.KeyVault`.
        code: the refusal's.

    Raises:
        Failure: 400 in the words of Azure's network.
    """
    for where, wanted in paths.at(adding.body, path):
        _check_id(where, str(wanted))
        subnet = shelf.stored(adding.practice, str(wanted))
        offered = (subnet or {}).get("properties", {}).get("serviceEndpoints") or ()
        if not any(str(one.get("service")).startswith(service) for one in offered):
            key = ids.parse(str(wanted))
            network = key.parent.text if key.parent else str(wanted)
            raise Failure(
                400,
                code,
                "Validation of network acls failure: SubnetsHaveNoServiceEndpointsConfigured:Subnets"
                f" {key.leaf} of virtual network {network} do not have ServiceEndpoints for {service} resources"
                f" configured. Add {service} to subnet's ServiceEndpoints collection before trying to ACL {service}"
                " resources to these subnets..",
            )
