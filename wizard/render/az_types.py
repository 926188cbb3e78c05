"""The az commands for the resource types that have their own: which option says which property.

A command is used only when its options say all of a resource's body; else the body goes to Azure as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from wizard.plan import GROUP_TYPE, Ref, Resource
from wizard.render.az_words import Taken, Words, is_argument, is_listed, scope_words
from wizard.render.shell import Var, Word, command, word

QUIET = ("--output", "none")


@dataclass(frozen=True, slots=True)
class Form:
    """How one type is written: the noun of its commands, the options of its names and of its properties.

    `fixed` are words that always stand there; `more` are commands that set what creating can't; `inside` are
    children that the body holds: path of their list to their type. `required` is a property without which the
    command would do more than making the resource. `shown` are properties as ``show`` names them.
    """

    noun: str
    names: tuple[str, ...] = ("--name",)
    options: Mapping[str, str] = field(default_factory=dict)
    fixed: tuple[str, ...] = ()
    more: tuple[More, ...] = ()
    inside: Mapping[str, str] = field(default_factory=dict)
    shown: Mapping[str, str] = field(default_factory=dict)
    required: str = ""
    in_group: bool = True


@dataclass(frozen=True, slots=True)
class More:
    """A command after creating: its head, the option that names the resource, and those of its properties."""

    head: str
    name: str
    options: Mapping[str, str]
    fixed: tuple[str, ...] = ()


_PLACE = {"location": "--location", "tags": "--tags"}
_RULE = {
    "priority": "--priority",
    "direction": "--direction",
    "access": "--access",
    "protocol": "--protocol",
    "sourceAddressPrefix": "--source-address-prefixes",
    "sourceAddressPrefixes": "--source-address-prefixes",
    "sourcePortRange": "--source-port-ranges",
    "sourcePortRanges": "--source-port-ranges",
    "destinationAddressPrefix": "--destination-address-prefixes",
    "destinationAddressPrefixes": "--destination-address-prefixes",
    "destinationPortRange": "--destination-port-ranges",
    "destinationPortRanges": "--destination-port-ranges",
    "description": "--description",
}


def _below(options: Mapping[str, str]) -> dict[str, str]:
    return {f"properties.{name}": option for name, option in options.items()}


FORMS: Mapping[str, Form] = MappingProxyType(
    {
        GROUP_TYPE.lower(): Form("group", options=_PLACE, in_group=False),
        "microsoft.managedidentity/userassignedidentities": Form(
            "identity",
            options=_PLACE,
            shown={"properties.principalId": "principalId", "properties.clientId": "clientId"},
        ),
        "microsoft.storage/storageaccounts": Form(
            "storage account",
            options=_PLACE
            | {"kind": "--kind", "sku.name": "--sku"}
            | _below(
                {
                    "accessTier": "--access-tier",
                    "minimumTlsVersion": "--min-tls-version",
                    "supportsHttpsTrafficOnly": "--https-only",
                    "allowBlobPublicAccess": "--allow-blob-public-access",
                    "allowSharedKeyAccess": "--allow-shared-key-access",
                    "isHnsEnabled": "--hns",
                    "publicNetworkAccess": "--public-network-access",
                    "defaultToOAuthAuthentication": "--default-to-oauth-authentication",
                }
            ),
        ),
        "microsoft.storage/storageaccounts/blobservices/containers": Form(
            "storage container-rm", ("--storage-account", "", "--name")
        ),
        "microsoft.containerregistry/registries": Form(
            "acr",
            options=_PLACE | {"sku.name": "--sku", "properties.adminUserEnabled": "--admin-enabled"},
            more=(
                More(
                    "az acr config retention update",
                    "--registry",
                    _below(
                        {
                            "policies.retentionPolicy.status": "--status",
                            "policies.retentionPolicy.days": "--days",
                        }
                    ),
                    ("--type", "UntaggedManifests"),
                ),
            ),
        ),
        "microsoft.compute/sshpublickeys": Form(
            "sshkey",
            options=_PLACE | {"properties.publicKey": "--public-key"},
            required="properties.publicKey",  # without one it makes a pair in a place of its own
        ),
        "microsoft.network/networksecuritygroups": Form(
            "network nsg",
            options=_PLACE,
            inside={"properties.securityRules": "Microsoft.Network/networkSecurityGroups/securityRules"},
        ),
        "microsoft.network/networksecuritygroups/securityrules": Form(
            "network nsg rule", ("--nsg-name", "--name"), _below(_RULE)
        ),
        "microsoft.network/publicipaddresses": Form(
            "network public-ip",
            options=_PLACE
            | {"sku.name": "--sku", "zones": "--zone"}
            | _below(
                {"publicIPAllocationMethod": "--allocation-method", "publicIPAddressVersion": "--version"}
            ),
        ),
        "microsoft.network/natgateways": Form(
            "network nat gateway",
            options=_PLACE
            | {"zones": "--zone"}
            | _below(
                {"publicIpAddresses": "--public-ip-addresses", "idleTimeoutInMinutes": "--idle-timeout"}
            ),
        ),
        "microsoft.network/virtualnetworks": Form(
            "network vnet",
            options=_PLACE
            | _below(
                {
                    "addressSpace.addressPrefixes": "--address-prefixes",
                    "dhcpOptions.dnsServers": "--dns-servers",
                }
            ),
            inside={"properties.subnets": "Microsoft.Network/virtualNetworks/subnets"},
        ),
        "microsoft.network/virtualnetworks/subnets": Form(
            "network vnet subnet",
            ("--vnet-name", "--name"),
            _below(
                {
                    "addressPrefix": "--address-prefixes",
                    "addressPrefixes": "--address-prefixes",
                    "networkSecurityGroup.id": "--network-security-group",
                    "natGateway.id": "--nat-gateway",
                    "routeTable.id": "--route-table",
                    "defaultOutboundAccess": "--default-outbound",
                    "serviceEndpoints": "--service-endpoints",
                }
            ),
        ),
    }
)
# A list of objects of which the CLI wants one property.
_OBJECTS = {"--public-ip-addresses": "id", "--service-endpoints": "service"}
_FREE = frozenset({"--public-key", "--description"})
# Names of SKUs that the CLI makes of itself where nothing else fits.
_NAT_SKU = {"name": "Standard"}


def form_of(resource: Resource) -> Form | None:
    """Return how the type of a resource is written, if it has commands of its own."""
    return FORMS.get(resource.type.lower())


def placed(resource: Resource, form: Form, words: Words) -> tuple[Word, ...] | None:
    """Return the options that say which resource is meant; None where the CLI would misread a name."""
    parts = str(words.word(resource.name)).split("/")
    if resource.scope or len(parts) != len(form.names) or not all(map(is_argument, parts)):
        return None
    _, group = scope_words(resource.deploy_at)
    where: list[Word] = []
    if form.in_group:
        if not is_argument(group):
            return None
        where += ["--resource-group", group]
    for option, part in zip(form.names, parts, strict=True):
        where += [option, part] if option else []
    return tuple(where)


def made(resource: Resource, words: Words) -> list[str] | None:
    """Return the lines that make a resource unless it is there; None where no command says all of it."""
    form = form_of(resource)
    where = placed(resource, form, words) if form else None
    if form is None or where is None or resource.updates:
        return None
    taken = Taken(_simplified(resource))
    if form.required and not taken.has(form.required):
        return None
    options = _options(taken, form.options, words)
    more = [(one, _options(taken, one.options, words)) for one in form.more]
    children = _children(resource, form, taken, words)
    if options is None or children is None or not taken.is_empty:
        return None
    lines = command(f"az {form.noun} show", *where, *QUIET, tail=" 2>/dev/null ||")
    lines += command(f"az {form.noun} create", *where, *options, *form.fixed, *QUIET, indent="  ")
    for one, own in more:
        if own is None:
            return None
        if own:
            lines += _unless_so(form, one, where, resource)
            lines += command(one.head, one.name, where[-1], *one.fixed, *own, *QUIET, indent="  ")
    return lines + children


def _unless_so(form: Form, one: More, where: Sequence[Word], resource: Resource) -> list[str]:
    """Ask what a command would set; only what differs is set."""
    wanted: list[tuple[str, str]] = []
    for path in one.options:
        value: Any = resource.body
        for part in path.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is not None:
            wanted.append((path.removeprefix("properties."), str(value)))
    query = f"join(' ', [{', '.join(f'to_string({path})' for path, _ in wanted)}])"
    so = f')" == {word(" ".join(value for _, value in wanted))} ]] ||'
    return command(f'[[ "$(az {form.noun} show', *where, "--query", query, "--output", "tsv", tail=so)


def _simplified(resource: Resource) -> Mapping[str, Any]:
    """The body without what the commands mean by themselves."""
    body = dict(resource.body)
    if resource.type.lower() == "microsoft.network/natgateways" and body.get("sku") == _NAT_SKU:
        del body["sku"]
    return body


def _children(resource: Resource, form: Form, taken: Taken, words: Words) -> list[str] | None:
    lines: list[str] = []
    for path, kind in form.inside.items():
        for child in taken.take(path) or ():
            rest = {key: value for key, value in child.items() if key != "name"}
            name = f"{words.word(resource.name)}/{child['name']}"
            # No order of its own: it stands behind its parent.
            own = made(
                replace(resource, key=f"{resource.key}_{child['name']}", type=kind, name=name, body=rest),
                words,
            )
            if own is None:
                return None
            lines += own
    return lines


def _options(taken: Taken, options: Mapping[str, str], words: Words) -> list[Word] | None:
    given: list[Word] = []
    for path, option in options.items():
        value = taken.take(path)
        if value is None:
            continue
        own = _values(option, value, words)
        if own is None:
            return None
        given += [option, *own] if own else []
    return given


def _values(option: str, value: Any, words: Words) -> list[Word] | None:
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, int):
        return [str(value)]
    if isinstance(value, Mapping):
        pairs = [f"{key}={text}" for key, text in value.items()]
        fit = all(is_listed(key) and is_argument(str(text)) for key, text in value.items())
        return [*pairs] if fit else None
    if isinstance(value, (list, tuple)):
        several = [_one(one, _OBJECTS.get(option, ""), words) for one in value]
        return [one for one in several if one is not None] if None not in several else None
    said = words.word(value) if isinstance(value, (str, Ref)) else None
    if isinstance(said, str) and not (is_argument(said) if option in _FREE else is_listed(said)):
        return None
    return None if said is None else [said]


def _one(value: Any, wanted: str, words: Words) -> Word | None:
    if isinstance(value, Mapping):
        if set(value) != {wanted}:
            return None
        value = value[wanted]
    said = words.word(value) if isinstance(value, (str, Ref)) else None
    return said if isinstance(said, Var) or (isinstance(said, str) and is_listed(said)) else None


def read(resource: Resource, path: str, words: Words) -> list[Word]:
    """Return the command that reads one property of a resource that is there."""
    form = form_of(resource)
    where = placed(resource, form, words) if form else None
    if form is not None and where is not None and path in form.shown:
        return [f"az {form.noun} show", *where, "--query", form.shown[path], "--output", "tsv"]
    version = ("--api-version", resource.api_version)
    return ["az resource show", "--ids", words.id(resource), *version, "--query", path, "--output", "tsv"]
