"""What hangs on a Machine Learning workspace: datastores, connections, outbound rules of its managed network, jobs, endpoints."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Any

from wizard.practice.arm import ids, shelf
from wizard.practice.arm.call import stamp
from wizard.practice.arm.kinds import stamps
from wizard.practice.arm.kinds.ml_words import refused, user_error
from wizard.practice.arm.types import ACCEPTED, Acting, Adding, ResourceType, Way
from wizard.practice.kernel import Response

_ROOT = "Microsoft.MachineLearningServices/workspaces"
_DEFAULTS = (
    "workspaceblobstore",
    "workspacefilestore",
    "workspaceworkingdirectory",
    "workspaceartifactstore",
)
_SECRETS = frozenset({"credentials", "value"})
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,32}")
_BODY = frozenset({"properties"})


def defaults(adding: Adding, workspace: Mapping[str, Any]) -> None:
    """The datastores that exist as soon as their workspace does."""
    if adding.before is not None:
        return
    properties = workspace["properties"]
    account = ids.parse(str(properties["storageAccount"]))
    by_key = str(properties.get("systemDatastoresAuthMode")).lower() == "accesskey"
    for name in _DEFAULTS:
        blob = name in ("workspaceblobstore", "workspaceartifactstore")
        own = properties["workspaceId"]
        container = {
            "workspaceblobstore": f"azureml-blobstore-{own}",
            "workspaceartifactstore": "azureml",
        }.get(name)
        share = (
            f"azureml-filestore-{own}"
            if name == "workspacefilestore"
            else "code-391ff5ac-6576-460f-ba4d-7e03433c68b6"
        )
        inner = {
            "datastoreType": "AzureBlob" if blob else "AzureFile",
            "accountName": account.leaf,
            **({"containerName": container} if blob else {"fileShareName": share}),
            "endpoint": "core.windows.net",
            "protocol": "https",
            "subscriptionId": account.subscription,
            "resourceGroup": account.group,
            "credentials": {"credentialsType": "AccountKey" if by_key else "None"},
            "serviceDataAccessAuthIdentity": "None" if by_key else "WorkspaceSystemAssignedIdentity",
            "isDefault": name == "workspaceblobstore",
            "description": None,
            "properties": None,
            "tags": None,
        }
        key = f"{adding.id.text}/datastores/{name}"
        document = {
            "id": key,
            "name": name,
            "type": f"{_ROOT}/datastores",
            "properties": inner,
            "systemData": stamps.system(adding),
        }
        shelf.put(adding.practice, key, document)


def account_key(acting: Acting, account: str) -> str:
    """The first key of a storage account."""
    found = shelf.stored(acting.call.practice, account) or {}
    keys = found.get("_keys") or []
    return str(keys[0]["value"]) if keys else ""


def _store(adding: Adding) -> dict[str, Any]:
    moment = {
        "isDefault": adding.kept("isDefault", fresh=False),
        "description": None,
        "properties": None,
        "tags": None,
    }
    kind = str(adding.properties.get("datastoreType"))
    where = {"endpoint": "core.windows.net", "protocol": "https"} if kind.startswith("Azure") else {}
    return {**moment, **where, "serviceDataAccessAuthIdentity": "None"}


def _check_store(adding: Adding) -> None:
    known = {"AzureBlob", "AzureDataLakeGen1", "AzureDataLakeGen2", "AzureFile", "OneLake", "Hdfs"}
    kind = adding.properties.get("datastoreType")
    if kind not in known:
        raise user_error(
            f"The datastore type '{kind}' is not valid. Valid types: {', '.join(sorted(known))}."
        )
    needs = {
        "AzureBlob": ("accountName", "containerName"),
        "AzureFile": ("accountName", "fileShareName"),
        "AzureDataLakeGen2": ("accountName", "filesystem"),
    }
    for name in needs.get(str(kind), ()):
        if not adding.properties.get(name):
            raise user_error(f"The {name} field is required.")


def _kept_apart(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
    """Secrets are kept, but a reading shows only of what kind they are."""
    properties = dict(made["properties"])
    given = properties.get("credentials")
    hidden = (adding.before or {}).get("_secrets") or {}
    if isinstance(given, dict):
        hidden = given.get("secrets") or hidden
        properties["credentials"] = {name: value for name, value in given.items() if name != "secrets"}
    return made | {"properties": properties, "_secrets": hidden, "systemData": stamps.system(adding)}


def _store_secrets(acting: Acting) -> Response:
    kind = (acting.found["properties"].get("credentials") or {}).get("credentialsType", "None")
    if kind == "None":
        raise user_error(f"The datastore '{acting.found['name']}' has no credentials.")
    kept = acting.found.get("_secrets") or {}
    if not kept and kind == "AccountKey":
        workspace = (
            shelf.stored(acting.call.practice, acting.id.parent.text if acting.id.parent else "") or {}
        )
        kept = {"key": account_key(acting, str(workspace.get("properties", {}).get("storageAccount")))}
    return Response(200, {"secretsType": kind, **kept})


def _keep_default(acting: Acting) -> None:
    if acting.id.leaf.lower() in _DEFAULTS:
        raise user_error(f"The datastore '{acting.id.leaf}' belongs to the workspace and cannot be deleted.")


def _connection(adding: Adding) -> dict[str, Any]:
    parent = adding.id.parent
    return {
        "group": "Azure",
        "expiryTime": None,
        "createdByWorkspaceArmId": parent.text if parent else None,
        "useWorkspaceManagedIdentity": False,
        "isSharedToAll": False,
        "sharedUserList": [],
        "peRequirement": "NotRequired",
        "peStatus": "NotApplicable",
        "error": None,
        "metadata": {},
    }


def _connected(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
    properties = made["properties"]
    hidden = {name: properties[name] for name in _SECRETS if properties.get(name) is not None}
    shown = {name: value for name, value in properties.items() if name not in _SECRETS}
    if adding.call.version < "2022":
        shown |= {"value": None, "valueFormat": None}
    kept = hidden or (adding.before or {}).get("_secrets") or {}
    return {
        **made,
        "tags": None,
        "location": None,
        "properties": shown,
        "_secrets": kept,
        "systemData": stamps.system(adding),
    }


def _connection_secrets(acting: Acting) -> Response:
    shown = shelf.must(acting.call.practice, acting.id)
    shown["properties"] |= acting.found.get("_secrets") or {}
    return Response(200, shown)


def _check_connection(adding: Adding) -> None:
    for name in ("authType", "category"):
        if not adding.properties.get(name):
            raise user_error(f"The {name} field is required.")


def _check_rule(adding: Adding) -> None:
    parent = shelf.stored(adding.practice, adding.id.parent.text if adding.id.parent else "") or {}
    mode = (parent.get("properties", {}).get("managedNetwork") or {}).get("isolationMode", "Disabled")
    if mode == "Disabled":
        raise refused(
            "Outbound rules can only be set on a workspace with a managed network. Its isolation mode is Disabled."
        )
    kind = adding.properties.get("type")
    if kind not in ("FQDN", "PrivateEndpoint", "ServiceTag"):
        raise refused(
            f"The type '{kind}' of the outbound rule is not valid: it is FQDN, PrivateEndpoint or ServiceTag."
        )
    if kind == "FQDN" and mode != "AllowOnlyApprovedOutbound":
        raise refused("FQDN rules are only allowed with the isolation mode AllowOnlyApprovedOutbound.")
    target = adding.properties.get("destination")
    if kind == "PrivateEndpoint":
        wanted = str((target or {}).get("serviceResourceId") or "")
        if shelf.stored(adding.practice, wanted) is None:
            raise refused(f"The resource '{wanted}' of the private endpoint rule was not found.")
    elif not target:
        raise refused("The outbound rule has no destination.")


def _rule(adding: Adding) -> dict[str, Any]:
    del adding
    return {"category": "UserDefined", "status": "Inactive"}


def _job(adding: Adding) -> dict[str, Any]:
    if not adding.properties.get("jobType"):
        raise user_error("The jobType field is required.")
    return {
        "status": adding.kept("status", "NotStarted"),
        "displayName": adding.properties.get("displayName") or adding.id.leaf,
        "experimentName": "Default",
        "isArchived": False,
        "services": {},
        "tags": {},
        "properties": {},
    }


def _check_compute(adding: Adding) -> None:
    wanted = str(adding.properties.get("computeId") or "")
    if wanted and shelf.stored(adding.practice, wanted) is None:
        raise user_error(f"The compute '{wanted}' was not found.")


def _cancel(acting: Acting) -> Response:
    acting.found["properties"]["status"] = "Canceled"
    shelf.put(acting.call.practice, acting.id.text, acting.found)
    return Response(200)


def _endpoint(adding: Adding) -> dict[str, Any]:
    host = f"{adding.id.leaf}.{adding.location}.inference.ml.azure.com"
    return {
        "scoringUri": f"https://{host}/score",
        "swaggerUri": f"https://{host}/swagger.json",
        "authMode": "Key",
        "publicNetworkAccess": "Enabled",
        "traffic": {},
        "mirrorTraffic": {},
        "properties": {},
    }


def _endpoint_keys(acting: Acting) -> Response:
    keys = acting.found.setdefault("_endpointKeys", [secrets.token_urlsafe(24), secrets.token_urlsafe(24)])
    shelf.put(acting.call.practice, acting.id.text, acting.found)
    return Response(200, {"primaryKey": keys[0], "secondaryKey": keys[1]})


def _dated(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
    made["properties"].setdefault("createdDateTime", stamp(adding.call.clock.now()))
    return made | {"systemData": stamps.system(adding)}


_LATER = Way(waits=True, headers=("async",))
TYPES = (
    ResourceType(
        f"{_ROOT}/datastores",
        tracked=False,
        state=False,
        members=_BODY,
        added=_store,
        completed=_kept_apart,
        rules=(_check_store,),
        before_removal=(_keep_default,),
        actions={"listsecrets": _store_secrets},
        rule=re.compile(r"[a-z0-9_]{1,255}"),
        says="Datastore name can only contain lowercase letters, digits and underscores, and at most 255 of them.",
        says_code="UserError",
    ),
    ResourceType(
        f"{_ROOT}/connections",
        orphan="resource",
        way=Way(200),
        tracked=False,
        state=False,
        members=_BODY | {"location"},
        added=_connection,
        completed=_connected,
        rules=(_check_connection,),
        actions={"listsecrets": _connection_secrets},
        rule=_NAME,
        says="The connection name must be 3 to 33 characters long: letters, digits, hyphens and underscores.",
        says_code="UserError",
    ),
    ResourceType(
        f"{_ROOT}/outboundRules",
        way=ACCEPTED,
        removal=ACCEPTED,
        seconds=20,
        tracked=False,
        state=False,
        members=_BODY,
        added=_rule,
        rules=(_check_rule,),
        polling="workspaceOperationsStatus",
        rule=_NAME,
        says="The outbound rule name must be 3 to 33 characters long: letters, digits, hyphens and underscores.",
    ),
    ResourceType(
        f"{_ROOT}/jobs",
        tracked=False,
        state=False,
        members=_BODY,
        added=_job,
        completed=_dated,
        rules=(_check_compute,),
        actions={"cancel": _cancel},
        rule=re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}"),
        says="The job name is not valid.",
        says_code="UserError",
    ),
    *(
        ResourceType(
            f"{_ROOT}/{kind}Endpoints",
            way=_LATER,
            removal=ACCEPTED,
            seconds=40,
            added=_endpoint,
            completed=_dated,
            actions={"listkeys": _endpoint_keys},
            polling="mfeOperationsStatus",
            rule=re.compile(r"[A-Za-z][A-Za-z0-9-]{1,30}[A-Za-z0-9]"),
            says="The endpoint name must be 3 to 32 characters long, begin with a letter, and hold letters, digits and hyphens.",
            says_code="UserError",
        )
        for kind in ("online", "batch")
    ),
    *(
        ResourceType(
            f"{_ROOT}/{kind}Endpoints/deployments",
            way=_LATER,
            removal=ACCEPTED,
            seconds=240,
            completed=_dated,
            polling="mfeOperationsStatus",
        )
        for kind in ("online", "batch")
    ),
)  # fmt: skip
