"""Machine Learning workspaces: what Azure adds to one, what it is refused for, soft deletion, keys and diagnosis."""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from wizard.practice.arm import ids, polling, shelf
from wizard.practice.arm.call import stamp
from wizard.practice.arm.kinds import ml_stores, private_links, stamps
from wizard.practice.arm.kinds.ml_words import refused
from wizard.practice.arm.types import Acting, Adding, ResourceType, Way
from wizard.practice.kernel import Practice, Response

TYPE = "Microsoft.MachineLearningServices/workspaces"
_KEY = re.compile(
    r"https://[A-Za-z0-9-]{3,24}\.(vault|managedhsm)\.[a-z.]+/keys/[A-Za-z0-9-]{1,127}/[0-9a-f]{32}",
    re.IGNORECASE,
)
_LOCAL_KEY = re.compile(r"https?://\S+/keys/[A-Za-z0-9-]{1,127}/[0-9a-f]{32}", re.IGNORECASE)
_ISOLATED = frozenset({"AllowInternetOutbound", "AllowOnlyApprovedOutbound"})
_FIXED = {"storageAccount": "storage account", "keyVault": "key vault", "hbiWorkspace": "confidentiality"}


def added(adding: Adding) -> dict[str, Any]:
    """What Azure adds to the properties of a workspace."""
    origin = f"{adding.location}.api.azureml.ms"
    own = str(adding.kept("workspaceId", str(uuid.uuid4())))
    host = (
        f"ml-{adding.id.leaf}"[:21].rstrip("-")
        + f"-{adding.location}-{own}.{adding.location}.notebooks.azure.net"
    )
    return {
        "friendlyName": adding.kept("friendlyName", ""),
        "description": adding.kept("description", ""),
        "workspaceId": own,
        "tenantId": adding.tenant,
        "creationTime": adding.kept("creationTime", stamp(adding.call.clock.now())),
        "discoveryUrl": f"https://{origin}/discovery",
        "mlFlowTrackingUri": f"azureml://{origin}/mlflow/v1.0{adding.id.text}",
        "notebookInfo": adding.kept("notebookInfo", {
            "resourceId": uuid.uuid4().hex,
            "fqdn": host,
            "isPrivateLinkEnabled": False,
            "notebookPreparationError": None,
        }),
        "sdkTelemetryAppInsightsKey": adding.kept("sdkTelemetryAppInsightsKey", str(uuid.uuid4())),
        "sasGetterUri": "",
        "hbiWorkspace": adding.kept("hbiWorkspace", fresh=False),
        "publicNetworkAccess": adding.kept("publicNetworkAccess", "Enabled"),
        "allowPublicAccessWhenBehindVnet": adding.kept("allowPublicAccessWhenBehindVnet", fresh=False),
        "v1LegacyMode": adding.kept("v1LegacyMode", fresh=False),
        "applicationInsights": adding.kept("applicationInsights", None),
        "containerRegistry": adding.kept("containerRegistry", None),
        "imageBuildCompute": adding.kept("imageBuildCompute", None),
        "linkedModelInventoryArmId": None,
        "systemDatastoresAuthMode": adding.kept("systemDatastoresAuthMode", "accessKey"),
        "enableDataIsolation": adding.kept("enableDataIsolation", fresh=False),
        "enableServiceSideCMKEncryption": False,
        "allowRoleAssignmentOnRG": True,
        "softDeleteEnabled": True,
        "ipAllowlist": adding.kept("ipAllowlist", []),
        "serverlessComputeSettings": adding.kept("serverlessComputeSettings", None),
        "EnableSoftwareBillOfMaterials": False,
        "storageHnsEnabled": False,
        "privateLinkCount": 0,
        "provisionNetworkNow": False,
        "managedNetwork": adding.kept("managedNetwork", {"isolationMode": "Disabled"}),
    }  # fmt: skip


def completed(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
    """The workspace with its default datastores, and with all of a deleted one that is recovered."""
    if adding.call.request.method == "PATCH":
        return _patched(adding, made)
    lost = _lost(adding)
    made.setdefault("kind", "Default")
    made["sku"] = {"name": "Basic", "tier": "Basic"}
    made["etag"] = None
    made["tags"] = made.get("tags") or {}
    made["systemData"] = stamps.system(adding)
    properties = made["properties"]
    if lost:
        adding.state.delete("deleted", adding.id.text)
        properties |= {
            name: lost["properties"][name]
            for name in ("workspaceId", "creationTime")
            if name in lost["properties"]
        }
    properties.pop("allowRecoverSoftDeletedWorkspace", None)
    properties["managedNetwork"] = _network(properties)
    ml_stores.defaults(adding, made)
    return made


def _patched(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
    if "systemData" in made:
        made["systemData"] = stamps.system(adding)
    if made["properties"].get("managedNetwork"):
        made["properties"]["managedNetwork"] = _network(made["properties"])
    return made


def _network(properties: Mapping[str, Any]) -> dict[str, Any]:
    network = {"isolationMode": "Disabled", **(properties.get("managedNetwork") or {})}
    if network["isolationMode"] in _ISOLATED:
        network.setdefault("networkId", str(uuid.uuid4()))
        network.setdefault("status", {"status": "Inactive", "sparkReady": False})
        network.setdefault("firewallSku", "Standard")
    network.pop("outboundRules", None)
    return network | {"changeableIsolationModes": sorted(_ISOLATED)}


def _lost(adding: Adding) -> dict[str, Any] | None:
    return adding.state.get("deleted", adding.id.text) if adding.before is None else None


def shown(practice: Practice, found: Mapping[str, Any]) -> Mapping[str, Any]:
    """The private endpoints of a workspace, and the rules of its managed network."""
    linked = private_links.connections(practice, str(found["id"]))
    more: dict[str, Any] = {
        "privateEndpointConnections": linked,
        "privateLinkCount": len(linked),
        "notebookInfo": {"isPrivateLinkEnabled": bool(linked)},
    }
    rules = shelf.children(practice, str(found["id"]), f"{TYPE}/outboundRules")
    if rules:
        more["managedNetwork"] = {"outboundRules": {one["name"]: one["properties"] for one in rules}}
    return {"properties": more}


def unlost(adding: Adding) -> None:
    """A name whose workspace was deleted a short time ago is held until that one is purged or recovered."""
    if _lost(adding) and not adding.properties.get("allowRecoverSoftDeletedWorkspace"):
        raise refused("Soft-deleted workspace exists. Please purge or recover it. https://aka.ms/wsoftdelete")


def unchanged(adding: Adding) -> None:
    """What a workspace keeps for ever."""
    before = (adding.before or {}).get("properties", {})
    for name, words in _FIXED.items():
        given = adding.properties.get(name)
        if name in before and given is not None and str(given).lower() != str(before[name]).lower():
            raise refused(
                f"The {words} of a workspace cannot be changed after it was created (properties.{name})."
            )
    mode = (before.get("managedNetwork") or {}).get("isolationMode", "Disabled")
    wanted = (adding.properties.get("managedNetwork") or {}).get("isolationMode", mode)
    if mode in _ISOLATED and wanted not in _ISOLATED:
        raise refused(
            f"Managed network isolation mode cannot be changed from {mode} to {wanted}. A managed network cannot be disabled"
            " once it is enabled."
        )


def attached(adding: Adding) -> None:
    """The default storage account is a plain one."""
    found = shelf.stored(adding.practice, str(adding.properties.get("storageAccount") or "")) or {}
    inner = found.get("properties") or {}
    if inner.get("isHnsEnabled"):
        raise refused(
            f"The storage account {found['name']} has a hierarchical namespace. Storage accounts with hierarchical namespace"
            " are not supported as default storage account of a workspace."
        )
    if str((found.get("sku") or {}).get("name", "")).startswith("Premium"):
        raise refused(
            f"The storage account {found['name']} is a premium one. Premium storage accounts are not supported."
        )


def encrypted(adding: Adding) -> None:
    """A key of the caller's own needs a vault in the subscription that nobody can purge, and a version."""
    asked = adding.properties.get("encryption")
    if not isinstance(asked, dict) or asked.get("status") != "Enabled":
        return
    key = asked.get("keyVaultProperties") or {}
    vault = shelf.stored(adding.practice, str(key.get("keyVaultArmId") or ""))
    if vault is None:
        raise refused(f"The key vault '{key.get('keyVaultArmId')}' of the encryption was not found.")
    identifier = str(key.get("keyIdentifier") or "")
    if not _KEY.fullmatch(identifier) and not _LOCAL_KEY.fullmatch(identifier):
        raise refused(
            f"The key identifier '{identifier}' is not valid: it must name the vault, the key and the version of the key."
        )
    inner = vault.get("properties") or {}
    if not inner.get("enablePurgeProtection"):
        raise refused(
            f"The key vault '{vault['name']}' must have soft delete and purge protection enabled to be used with customer-managed keys."
        )
    if ids.parse(vault["id"]).subscription != adding.id.subscription:
        raise refused("The key vault of the encryption must be in the same subscription as the workspace.")


def purging(acting: Acting) -> None:
    """`forceToPurge=true` deletes for good; workspaces with a key of their own always go for good."""
    asked = str(acting.call.request.query.get("forceToPurge", "")).lower() == "true"
    own = (acting.found.get("properties", {}).get("encryption") or {}).get("status") == "Enabled"
    if asked or own:
        acting.found["_purge"] = True
        shelf.put(acting.call.practice, acting.id.text, acting.found)


def removed(practice: Practice, found: Mapping[str, Any]) -> None:
    """What was purged is not kept."""
    if found.get("_purge"):
        practice.state.delete("deleted", str(found["id"]))
    private_links.forget(practice, str(found["id"]))


def _keys(acting: Acting) -> Response:
    properties = acting.found["properties"]
    notebook = acting.found.setdefault("_notebookKeys", [secrets.token_hex(32), secrets.token_hex(32)])
    shelf.put(acting.call.practice, acting.id.text, acting.found)
    insights = shelf.stored(acting.call.practice, str(properties.get("applicationInsights") or "")) or {}
    return Response(
        200,
        {
            "userStorageKey": ml_stores.account_key(acting, str(properties.get("storageAccount"))),
            "userStorageArmId": properties.get("storageAccount"),
            "userStorageResourceId": properties.get("storageAccount"),
            "appInsightsInstrumentationKey": insights.get("properties", {}).get("InstrumentationKey"),
            "containerRegistryCredentials": None,
            "notebookAccessKeys": {"primaryAccessKey": notebook[0], "secondaryAccessKey": notebook[1]},
        },
    )


def _lasting(acting: Acting, seconds: float, body: object = None, status: int = 200) -> Response:
    call = acting.call
    location = acting.found.get("location")
    path = (
        f"/subscriptions/{call.subscription}/providers/Microsoft.MachineLearningServices/locations/{location}"
    )
    ending = polling.Ending(status=status, body=body)
    done = polling.Ending(body={"status": "Succeeded"})
    headers = {
        "Location": polling.begin(call, f"{path}/workspaceOperationResults", seconds, ending),
        "Azure-AsyncOperation": polling.begin(
            call, f"{path}/workspaceOperationsStatus", seconds, done, kind="async"
        ),
    }
    return Response(202, None, headers | polling.wait_header(call, call.clock.takes(seconds).timestamp()))


def _diagnose(acting: Acting) -> Response:
    groups = (
        "userDefinedRoute",
        "networkSecurityRule",
        "resourceLock",
        "dnsResolution",
        "storageAccount",
        "keyVault",
    )
    found: dict[str, list[dict[str, str]]] = {
        f"{one}Results": [] for one in (*groups, "containerRegistry", "applicationInsights", "other")
    }
    for where, words in _faults(acting):
        found[f"{where}Results"].append({"code": "ResourceNotFound", "level": "Error", "message": words})
    return _lasting(acting, 15, {"value": found})


def _faults(acting: Acting) -> Iterator[tuple[str, str]]:
    properties = acting.found["properties"]
    for name in ("storageAccount", "keyVault", "containerRegistry", "applicationInsights"):
        wanted = properties.get(name)
        if wanted and shelf.stored(acting.call.practice, str(wanted)) is None:
            yield name, f"The resource {wanted} of the workspace was not found."


def _provision(acting: Acting) -> Response:
    network = acting.found["properties"].get("managedNetwork") or {}
    if network.get("isolationMode") not in _ISOLATED:
        raise refused(
            "The workspace has no managed network that could be provisioned: its isolation mode is Disabled."
        )
    network["status"] = {"status": "Active", "sparkReady": bool(acting.body.get("includeSpark"))}
    acting.found["properties"]["managedNetwork"] = network
    shelf.put(acting.call.practice, acting.id.text, acting.found)
    return _lasting(acting, 240, network["status"])


def _token(acting: Acting) -> Response:
    host = (acting.found["properties"].get("notebookInfo") or {}).get("fqdn")
    return Response(
        200,
        {
            "accessToken": secrets.token_urlsafe(48),
            "expiresIn": 28800,
            "hostName": host,
            "notebookResourceId": (acting.found["properties"].get("notebookInfo") or {}).get("resourceId"),
            "publicDns": host,
            "refreshToken": None,
            "scope": "aznb_identity",
            "tokenType": "Bearer",
        },
    )


def _notebook_keys(acting: Acting) -> Response:
    keys = acting.found.get("_notebookKeys") or [secrets.token_hex(32), secrets.token_hex(32)]
    return Response(200, {"primaryAccessKey": keys[0], "secondaryAccessKey": keys[1]})


def _storage_keys(acting: Acting) -> Response:
    return Response(
        200,
        {
            "userStorageKey": ml_stores.account_key(
                acting, str(acting.found["properties"].get("storageAccount"))
            )
        },
    )


def _prepare(acting: Acting) -> Response:
    info = dict(acting.found["properties"].get("notebookInfo") or {})
    return _lasting(acting, 10, info)


ACCEPTED = Way(202, body=False, waits=True, headers=("async", "location"), polls="percent")
DECLARED = ResourceType(
    TYPE,
    way=ACCEPTED,
    removal=ACCEPTED,
    seconds=45,
    removal_seconds=20,
    properties=frozenset(
        {
            "friendlyName", "description", "keyVault", "storageAccount", "applicationInsights", "containerRegistry",
            "hbiWorkspace", "publicNetworkAccess", "v1LegacyMode", "imageBuildCompute", "allowPublicAccessWhenBehindVnet",
            "encryption", "primaryUserAssignedIdentity", "managedNetwork", "systemDatastoresAuthMode", "discoveryUrl",
            "sharedPrivateLinkResources", "serviceManagedResourcesSettings", "featureStoreSettings", "ipAllowlist",
            "enableDataIsolation", "associatedWorkspaces", "hubResourceId", "workspaceHubConfig", "serverlessComputeSettings",
            "allowRecoverSoftDeletedWorkspace", "allowRoleAssignmentOnRG", "enableServiceSideCMKEncryption", "networkAcls",
            "provisionNetworkNow", "enableSoftwareBillOfMaterials", "storageAccounts", "keyVaults", "containerRegistries",
            "existingWorkspaces", "agentsEndpointUri", "softDeleteRetentionInDays", "soft_delete_enabled",
        }
    ),
    required=("identity", "properties.storageAccount", "properties.keyVault"),
    references=(
        "properties.storageAccount",
        "properties.keyVault",
        "properties.applicationInsights",
        "properties.containerRegistry",
    ),
    added=added,
    completed=completed,
    shown=shown,
    rules=(unlost, unchanged, attached, encrypted),
    change_rules=(unchanged, encrypted),
    before_removal=(purging,),
    removed=removed,
    keeps_deleted=True,
    actions={
        "listkeys": _keys,
        "diagnose": _diagnose,
        "provisionmanagednetwork": _provision,
        "resynckeys": lambda acting: _lasting(acting, 5),
        "listnotebookaccesstoken": _token,
        "listnotebookkeys": _notebook_keys,
        "liststorageaccountkeys": _storage_keys,
        "preparenotebook": _prepare,
    },
    polling="workspaceOperationsStatus",
    rule=re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,32}"),
    says="Workspace name must be between 3 and 33 characters long. Its first character has to be alphanumeric, and"
    " the rest may contain hyphens and underscores. No whitespace is allowed.",
)  # fmt: skip
