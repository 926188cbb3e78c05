"""What a Kubernetes cluster and its pools are refused for, in the flat errors of their provider."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wizard.practice.arm import ids, paths, shelf
from wizard.practice.arm.kinds import aks_versions, vm_sizes
from wizard.practice.arm.kinds.compute_rules import quota_words
from wizard.practice.arm.types import Acting, Adding
from wizard.practice.kernel import Failure, Practice

POOLS = "Microsoft.ContainerService/managedClusters/agentPools"
_POOL_NAME = re.compile(r"[a-z][a-z0-9]{0,11}")
_SINCE_DETAILS = "2022"
_SINCE_MODES = "2020"
_SINCE_ZONE_CODE = "2022-11"
_SMALLEST_SYSTEM = 2
_RESERVED = 5
_DETAILED: Mapping[str, Any] = {"details": None, "subcode": ""}


def refused(adding: Adding, code: str, message: str, status: int = 400, subcode: str = "") -> Failure:
    """A refusal; newer API versions tell `details` and a `subcode` too."""
    beside = dict(_DETAILED) | {"subcode": subcode} if adding.call.version >= _SINCE_DETAILS else {}
    return Failure(status, code, message, shape="flat", beside=beside)


def invalid(adding: Adding, message: str) -> Failure:
    """400 InvalidParameter."""
    return refused(adding, "InvalidParameter", message)


def pools_of(properties: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The pools in the body of a cluster."""
    return [one for one in properties.get("agentPoolProfiles") or () if isinstance(one, dict)]


def idle(adding: Adding) -> None:
    """One operation at a time on a cluster."""
    key = adding.id.parent or adding.id
    found = shelf.stored(adding.practice, key.text) or {}
    if adding.call.clock.now().timestamp() < found.get("_due", 0.0):
        raise busy(str(found.get("_while")))


def busy(state: str) -> Failure:
    """409 OperationNotAllowed while another operation goes on."""
    return Failure(
        409,
        "OperationNotAllowed",
        f"Operation is not allowed: Another operation ({state}) is in progress, please wait for it to finish before"
        " starting a new operation. See https://aka.ms/aks-pending-operation for more details",
        shape="flat",
        beside=_DETAILED,
    )


def name(adding: Adding) -> None:
    """A new cluster has a prefix for its host name, and who it acts as."""
    if adding.before is not None:
        return
    if not adding.properties.get("dnsPrefix") and not adding.properties.get("fqdnSubdomain"):
        raise invalid(adding, "Required parameter dnsPrefix is missing (null).")
    if not pools_of(adding.properties):
        raise invalid(adding, "Required parameter agentPoolProfiles is missing (null).")


def principal(adding: Adding) -> None:
    """The service principal of a cluster must be known in the tenant."""
    client = (adding.properties.get("servicePrincipalProfile") or {}).get("clientId")
    if not client:
        if adding.before is None and not isinstance(adding.body.get("identity"), dict):
            raise invalid(adding, "Required parameter servicePrincipalProfile is missing (null).")
        return
    if str(client).lower() == "msi" or _known(adding, str(client)):
        return
    raise refused(
        adding,
        "ServicePrincipalNotFound",
        f"Service principal clientID: {client} not found in Active Directory tenant {adding.tenant}, Please see"
        " https://aka.ms/aks-sp-help for more details.",
        status=404 if adding.call.version >= _SINCE_DETAILS else 400,
        subcode="ServicePrincipalNotFound",
    )


def _known(adding: Adding, client: str) -> bool:
    delay = adding.practice.world.replication("principal")
    for _, one in adding.state.all("servicePrincipal"):
        names = {
            str(one.get("appId")).lower(),
            *(str(name).lower() for name in one.get("servicePrincipalNames") or ()),
        }
        if client.lower() in names and one.get("tenant") == adding.tenant:
            return not adding.call.clock.younger(one.get("_created", 0.0), delay)
    return False


def version(adding: Adding) -> None:
    """A version of Kubernetes that was ever offered."""
    asked = str(adding.properties.get("kubernetesVersion") or "")
    if asked and aks_versions.resolved(asked) is None:
        raise refused(
            adding,
            "K8sVersionNotSupported",
            f"Managed cluster {adding.id.leaf} is on version {asked}, which is not supported in this region. Please use"
            " [az aks get-versions] command to get the supported version list in this region. For more information,"
            " please check https://aka.ms/supported-version-list",
            subcode="K8sVersionNotSupported",
        )


def pools(adding: Adding) -> None:
    """The pools of a cluster: names, sizes, one for the system, cores, subnets."""
    given = pools_of(adding.properties)
    if not given:
        return
    for one in given:
        _pool(adding, one, str(one.get("name") or ""))
    names = [str(one.get("name")) for one in given]
    if len(set(names)) < len(names):
        raise invalid(adding, "The agent pool names must be unique within the managed cluster.")
    modes = {str(one.get("mode") or "System") for one in given} | {
        str(one["properties"].get("mode")) for one in shelf.children(adding.practice, adding.id.text, POOLS)
    }
    if "System" not in modes:
        raise invalid(adding, "There has to be at least one system agent pool.")
    _cores(adding, adding.location, [(str(one.get("vmSize")), _more(adding, one)) for one in given])


def _more(adding: Adding, pool: Mapping[str, Any]) -> int:
    before = shelf.stored(adding.practice, f"{adding.id.text}/agentPools/{pool.get('name')}") or {}
    return int(pool.get("count") or 0) - int(before.get("properties", {}).get("count") or 0)


def pool(adding: Adding) -> None:
    """A pool by itself."""
    region = _region(adding.practice, adding.id)
    before = (adding.before or {}).get("properties", {})
    _pool(adding, {**before, **adding.properties}, adding.id.leaf)
    more = int(adding.properties.get("count", before.get("count") or 0) or 0) - int(before.get("count") or 0)
    _cores(adding, region, [(str(adding.properties.get("vmSize") or before.get("vmSize")), more)])
    if before and adding.properties.get("vmSize", before.get("vmSize")) != before.get("vmSize"):
        raise refused(
            adding, "PropertyChangeNotAllowed", "Changing property 'properties.vmSize' is not allowed."
        )
    if str(adding.properties.get("mode")) == "User" and str(before.get("mode")) == "System":
        _not_the_last(adding.practice, adding.id)


def _region(practice: Practice, key: ids.Id) -> str:
    parent = shelf.stored(practice, key.parent.text) if key.parent else None
    return str((parent or {}).get("location") or "")


def _pool(adding: Adding, given: Mapping[str, Any], called: str) -> None:
    region = _region(adding.practice, adding.id) if adding.id.parent else adding.location
    windows = str(given.get("osType")).lower() == "windows"
    if not _POOL_NAME.fullmatch(called) or (windows and len(called) > 6):  # noqa: PLR2004 - as Azure says
        raise invalid(
            adding,
            "The value of parameter agentPool.name is invalid. Error details: Agent pool name must start with a lowercase"
            " letter, have max length of 12 (6 for Windows), and only have characters a-z0-9. Please see"
            " https://aka.ms/aks-naming-rules for more details.",
        )
    size = vm_sizes.find(str(given.get("vmSize") or "Standard_DS2_v2"))
    if size is None or not size.offered(region):
        raise refused(
            adding,
            "BadRequest",
            f"The VM size of {given.get('vmSize')} is not allowed in your subscription in location '{region}'. For more"
            " details on VM sizes, visit https://aka.ms/aks/quotas-skus-regions.",
        )
    system = str(given.get("mode") or "System") == "System"
    if adding.id.parent:
        system = str(given.get("mode") or "User") == "System"
    count = given.get("count")
    if isinstance(count, int) and not (int(system) if adding.before is None else 0) <= count <= 1000:  # noqa: PLR2004
        raise invalid(
            adding,
            f"The value of parameter agentPool.count is invalid: {count}. It must be in the range of 1 to 1000.",
        )
    if system and size.cores < _SMALLEST_SYSTEM and adding.call.version >= _SINCE_MODES:
        raise refused(
            adding,
            "SystemPoolSkuTooLow",
            f"The system node pool must use VM sku with more than {_SMALLEST_SYSTEM} cores and 4GB memory.",
        )
    _scaling(adding, given)
    _subnet(adding, given, called, region)


def _scaling(adding: Adding, given: Mapping[str, Any]) -> None:
    if not given.get("enableAutoScaling"):
        return
    low, high = given.get("minCount"), given.get("maxCount")
    if not isinstance(low, int) or not isinstance(high, int) or low > high:
        raise invalid(
            adding, "The value of parameter agentPool.minCount is invalid: it must not be above maxCount."
        )


def _subnet(adding: Adding, given: Mapping[str, Any], called: str, region: str) -> None:
    wanted = given.get("vnetSubnetID")
    if not wanted:
        return
    key = ids.parse(str(wanted))
    network = shelf.stored(adding.practice, key.parent.text) if key.parent else None
    found = shelf.stored(adding.practice, key.text)
    if network is None or found is None:
        network_name = key.parent.leaf if key.parent else ""
        raise refused(
            adding,
            "GetVnetError",
            f"Get virtual network failed. Subscription: {key.subscription}; resource group: {key.group}; virtual network"
            f" name: {network_name}; subnet name: {key.leaf}",
        )
    if network.get("location") != region:
        raise invalid(
            adding,
            f"The Agentpool {called}'s vnet {network['name']} and the cluster are not in the same region. Vnet region is"
            f" {network.get('location')} while cluster region is {region}.",
        )


def _cores(adding: Adding, region: str, wanted: Sequence[tuple[str, int]]) -> None:
    for family in dict.fromkeys(size.family for name, _ in wanted if (size := vm_sizes.find(name))):
        sizes = [(vm_sizes.find(name), count) for name, count in wanted]
        ours = [(size, count) for size, count in sizes if size and size.family == family]
        cores = sum(size.cores * count for size, count in ours)
        short = vm_sizes.shortage(adding.practice, adding.call.subscription, region, ours[0][0], cores)
        if cores > 0 and short:
            raise refused(
                adding,
                "QuotaExceeded",
                f"Provisioning of resource(s) for container service {adding.id.name.split('/')[0]} in resource group"
                f" {adding.id.group} failed. Message: {quota_words(short, region)}.",
                subcode="QuotaExceeded",
            )


def network(adding: Adding) -> None:
    """The ranges of pods and services overlap nothing, and the name server is one of the services."""
    profile = adding.properties.get("networkProfile")
    if not isinstance(profile, dict):
        profile = {}
    service = _range(adding, profile.get("serviceCidr") or "10.0.0.0/16", "serviceCidr")
    pods = _range(adding, profile["podCidr"], "podCidr") if profile.get("podCidr") else None
    if pods and pods.overlaps(service):
        raise invalid(adding, f"Pod CIDR {pods} and service CIDR {service} overlap.")
    server = str(profile.get("dnsServiceIP") or "")
    if server and (_address(adding, server) not in service or ipaddress.ip_address(server) == service[1]):
        raise invalid(
            adding,
            f"The value of parameter networkProfile.dnsServiceIP is invalid. Error details: DNS service IP {server} must be"
            f" within the service CIDR {service} and not its first address.",
        )
    for one in pools_of(adding.properties):
        for subnet, space in _spaces(adding.practice, str(one.get("vnetSubnetID") or "")):
            if space.overlaps(service):
                raise refused(
                    adding,
                    "ServiceCidrOverlapExistingSubnetsCidr",
                    f"The specified service CIDR {service} is conflicted with an existing subnet CIDR {space}",
                    subcode="ServiceCidrOverlapExistingSubnetsCidr",
                )
            if pods and space.overlaps(pods):
                raise invalid(
                    adding,
                    f"The specified pod CIDR {pods} is conflicted with an existing subnet CIDR {space}",
                )
            del subnet
    if str(profile.get("networkPlugin")) == "azure" and not profile.get("networkPluginMode") and not pods:
        _room(adding)


def _range(adding: Adding, text: Any, which: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(str(text).split(",", 1)[0])
    except ValueError as fault:
        raise invalid(
            adding, f"The value of parameter networkProfile.{which} is invalid. Error details: {fault}."
        ) from fault


def _address(adding: Adding, text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        return ipaddress.ip_address(text)
    except ValueError as fault:
        raise invalid(
            adding, f"The value of parameter networkProfile.dnsServiceIP is invalid. Error details: {fault}."
        ) from fault


def _spaces(practice: Practice, subnet: str) -> Iterator[tuple[str, ipaddress.IPv4Network]]:
    """The IPv4 ranges of all subnets of the network a subnet is in."""
    key = ids.parse(subnet) if subnet else ids.Id()
    if key.parent is None:
        return
    for one in shelf.children(practice, key.parent.text, "Microsoft.Network/virtualNetworks/subnets"):
        for prefix in _prefixes(one["properties"]):
            yield one["id"], prefix


def _prefixes(properties: Mapping[str, Any]) -> Iterator[ipaddress.IPv4Network]:
    for prefix in properties.get("addressPrefixes") or [properties.get("addressPrefix")]:
        if prefix and ":" not in str(prefix):
            yield ipaddress.IPv4Network(str(prefix))


def _room(adding: Adding) -> None:
    """With Azure CNI each node takes addresses of the subnet for all the pods it may hold."""
    wanted: dict[str, int] = {}
    for one in pools_of(adding.properties):
        if key := str(one.get("vnetSubnetID") or "").lower():
            nodes = int((one.get("maxCount") if one.get("enableAutoScaling") else one.get("count")) or 1)
            wanted[key] = wanted.get(key, 0) + nodes * (int(one.get("maxPods") or 30) + 1)
    for key, count in wanted.items():
        found = shelf.stored(adding.practice, key) or {"properties": {}}
        for prefix in _prefixes(found["properties"]):
            if count > prefix.num_addresses - _RESERVED:
                raise refused(
                    adding,
                    "InsufficientSubnetSize",
                    f"Pre-allocated IPs {count} exceeds IPs available {prefix.num_addresses - _RESERVED} in Subnet Cidr"
                    f" {prefix}, Subnet Name {found.get('name')}. If Autoscaler is enabled, the max-count from each nodepool"
                    " is counted towards this total (which means that pre-allocated IPs count represents a theoretical max"
                    " value, not the actual number of IPs requested). http://aka.ms/aks/insufficientsubnetsize",
                    subcode="InsufficientSubnetSize",
                )


def zones(adding: Adding) -> None:
    """A private DNS zone that a cluster names must be there."""
    for _, wanted in paths.at(adding.properties, "apiServerAccessProfile.privateDNSZone"):
        if str(wanted).startswith("/") and shelf.stored(adding.practice, str(wanted)) is None:
            raise invalid(adding, f"The private DNS zone '{wanted}' was not found.")
    routing = (adding.properties.get("ingressProfile") or {}).get("webAppRouting") or {}
    for wanted in (routing.get("dnsZoneResourceId"), *(routing.get("dnsZoneResourceIds") or ())):
        if wanted and shelf.stored(adding.practice, str(wanted)) is None:
            code = "WebAppRoutingDNSZoneNotFound"
            old = adding.call.version < _SINCE_ZONE_CODE
            failure = refused(
                adding,
                "BadRequest" if old else code,
                f"The Azure DNS Zone '{wanted}' does not exist",
                subcode=code,
            )
            if old:
                failure.beside.pop("details", None)
            raise failure


def _not_the_last(practice: Practice, key: ids.Id) -> None:
    cluster = key.parent
    others = [
        one
        for one in shelf.children(practice, cluster.text if cluster else "", POOLS)
        if one["name"] != key.leaf and one["properties"].get("mode") == "System"
    ]
    own = (shelf.stored(practice, key.text) or {}).get("properties", {})
    if not others and own.get("mode") == "System":
        raise Failure(
            400,
            "OperationNotAllowed",
            "There has to be at least one system agent pool.",
            shape="flat",
            beside=_DETAILED,
        )


def removable(acting: Acting) -> None:
    """The last pool of the system stays as long as its cluster."""
    _not_the_last(acting.call.practice, acting.id)


def no_pool(id: ids.Id) -> Failure:  # noqa: A002 - what it is
    """404 of a pool."""
    cluster = id.parent.leaf if id.parent else ""
    return Failure(
        404,
        "NotFound",
        f"Could not find the agentpool: {id.leaf} in subscription: {id.subscription}, resourceGroup: {id.group},"
        f" resourceName: {cluster}.",
        details=[
            {"code": "Unspecified", "message": "rpc error: code = NotFound desc = Agent Pool not found"}
        ],
        shape="flat",
        beside={"subcode": "GetAgentPool_NotFound"},
    )
