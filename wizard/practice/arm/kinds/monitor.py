"""Monitoring: Application Insights, private link scopes and action groups, with what the modules beside it declare."""

from __future__ import annotations

import hashlib
import re
import secrets
import uuid
from typing import Any

from wizard.practice.arm import ids, shelf
from wizard.practice.arm.call import stamp
from wizard.practice.arm.kinds import diagnostics, log_analytics, private_links
from wizard.practice.arm.types import Acting, Adding, ResourceType, Way
from wizard.practice.kernel import Failure, Practice, Response

_LOGS = "Microsoft.OperationalInsights/workspaces"
_LINKABLE = frozenset(
    {
        "microsoft.operationalinsights/workspaces",
        "microsoft.insights/components",
        "microsoft.insights/datacollectionendpoints",
    }
)
_SINCE_WORKSPACES = "2020-02-02"
_NAME = re.compile(r"[^%&\\?/\x00-\x1f]{0,259}[^%&\\?/\x00-\x1f .]")


def _component(adding: Adding) -> dict[str, Any]:
    key = str(adding.kept("InstrumentationKey", str(uuid.uuid4())))
    own = str(adding.kept("AppId", str(uuid.uuid4())))
    region = adding.location
    connection = (
        f"InstrumentationKey={key};IngestionEndpoint=https://{region}-0.in.applicationinsights.azure.com/;"
        f"LiveEndpoint=https://{region}.livediagnostics.monitor.azure.com/;ApplicationId={own}"
    )
    return {
        "ApplicationId": adding.id.leaf,
        "AppId": own,
        "Application_Type": "web",
        "Flow_Type": None,
        "Request_Source": None,
        "InstrumentationKey": key,
        "ConnectionString": connection,
        "Name": adding.id.leaf,
        "CreationDate": adding.kept("CreationDate", stamp(adding.call.clock.now())),
        "TenantId": adding.id.subscription,
        "SamplingPercentage": None,
        "RetentionInDays": 90,
        "Retention": "P90D",
        "IngestionMode": "ApplicationInsights",
        "publicNetworkAccessForIngestion": "Enabled",
        "publicNetworkAccessForQuery": "Enabled",
        "Ver": "v2",
    }


def _component_completed(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
    """A component with its workspace: the one it names, or one that Azure makes for it."""
    properties = made["properties"]
    for name in [one for one in properties if one.lower() == "workspaceresourceid"]:
        properties["WorkspaceResourceId"] = properties.pop(name)
    if adding.call.version >= _SINCE_WORKSPACES:
        if not properties.get("WorkspaceResourceId"):
            properties["WorkspaceResourceId"] = adding.kept("WorkspaceResourceId", None) or _managed(
                adding, properties["AppId"]
            )
        properties["IngestionMode"] = "LogAnalytics"
        properties["LaMigrationDate"] = adding.kept("LaMigrationDate", stamp(adding.call.clock.now()))
    own = hashlib.sha256(f"{adding.id.text}{stamp(adding.call.clock.now())}".encode()).hexdigest()
    made["etag"] = f'"{own[:8]}-0000-0200-0000-{own[8:16]}0000"'
    made["tags"] = made.get("tags") or {}
    made["kind"] = made.get("kind") or "web"
    made["type"] = "microsoft.insights/components"
    made["id"] = made["id"].replace("/Microsoft.Insights/", "/microsoft.insights/")
    return made


def _managed(adding: Adding, own: str) -> str:
    home = f"/subscriptions/{adding.id.subscription}/resourceGroups/ai_{adding.id.leaf}_{own}_managed"
    key = f"{home}/providers/{_LOGS}/managed-{adding.id.leaf}-ws"
    group = {
        "id": home,
        "name": home.rsplit("/", 1)[-1],
        "type": "Microsoft.Resources/resourceGroups",
        "location": adding.location,
        "managedBy": adding.id.text,
        "properties": {"provisioningState": "Succeeded"},
    }
    adding.state.put("group", home, group)
    properties = {
        **log_analytics.added(adding),
        "provisioningState": "Succeeded",
        "sku": {"name": "PerGB2018"},
    }
    document = {
        "id": key,
        "name": ids.parse(key).leaf,
        "type": _LOGS,
        "location": adding.location,
        "properties": properties,
    }
    shelf.put(adding.practice, key, document)
    return key


def _component_removed(practice: Practice, found: Any) -> None:
    """With a component goes the group that was made for it."""
    workspace = str(found["properties"].get("WorkspaceResourceId") or "")
    home = ids.parse(workspace).group_id if workspace else ""
    group = practice.state.get("group", home) if home else None
    if group and ids.same(str(group.get("managedBy") or "/"), str(found["id"])):
        for key, _ in [*practice.state.under("resource", f"{home}/")]:
            shelf.drop(practice, key)
        practice.state.delete("group", home)


def _no_workspace(id: ids.Id, path: str, wanted: str) -> Failure:  # noqa: A002 - what it is
    del id, path
    return Failure(400, "BadRequest", f"The linked workspace '{wanted}' was not found.")


def _api_key(acting: Acting) -> Response:
    name = acting.body.get("name")
    if not name:
        raise Failure(400, "InvalidInput", "The name of the API key is missing.")
    own = str(uuid.uuid4())
    kept = {
        "id": f"{acting.id.text}/apikeys/{own}",
        "name": name,
        "linkedReadProperties": acting.body.get("linkedReadProperties") or [],
        "linkedWriteProperties": acting.body.get("linkedWriteProperties") or [],
        "createdDate": acting.call.clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT"),
        "integrationType": None,
        "integrationProperty": None,
    }
    acting.found.setdefault("_apiKeys", {})[own] = kept
    shelf.put(acting.call.practice, acting.id.text, acting.found)
    return Response(200, {**kept, "apiKey": secrets.token_hex(20)})


def _export(acting: Acting) -> Response:
    names = (
        "RecordTypes", "DestinationStorageSubscriptionId", "DestinationStorageLocationId", "DestinationAccountId", "DestinationType",
    )  # fmt: skip
    now = acting.call.clock.now()
    return Response(
        200,
        [
            {
                "ExportId": secrets.token_urlsafe(21),
                "InstrumentationKey": acting.found["properties"].get("InstrumentationKey"),
                "ApplicationName": acting.found["name"],
                "SubscriptionId": acting.id.subscription,
                "ResourceGroup": acting.id.group,
                **{one: acting.body.get(one) for one in names},
                "IsUserEnabled": "True",
                "LastUserUpdate": stamp(now),
                "NotificationQueueEnabled": "False",
                "DestinationKustoCluster": None,
                "DestinationKustoDatabase": None,
                "TransformationType": "Default",
                "ExportStatus": "Preparing",
                "LastSuccessTime": None,
                "LastGapTime": None,
                "PermanentErrorReason": None,
                "StorageName": str(acting.body.get("DestinationAccountId") or "").rsplit("/", 1)[-1],
                "ContainerName": "exports",
            }
        ],
    )


def _scope(adding: Adding) -> dict[str, Any]:
    del adding
    open_mode = {"queryAccessMode": "Open", "ingestionAccessMode": "Open", "exclusions": []}
    return {"accessModeSettings": open_mode, "privateEndpointConnections": []}


def _scope_shown(practice: Practice, found: Any) -> dict[str, Any]:
    return {
        "properties": {"privateEndpointConnections": private_links.connections(practice, str(found["id"]))}
    }


def _modes(adding: Adding) -> None:
    given = adding.properties.get("accessModeSettings")
    if not isinstance(given, dict):
        return
    for name in ("queryAccessMode", "ingestionAccessMode"):
        if given.get(name) not in ("Open", "PrivateOnly"):
            raise Failure(
                400,
                "BadRequest",
                f"The value '{given.get(name)}' of {name} is not valid. Valid values: Open, PrivateOnly.",
            )


def _linked(adding: Adding) -> None:
    wanted = str(adding.properties.get("linkedResourceId") or "")
    kind = ids.parse(wanted).type.lower() if wanted.startswith("/") else ""
    if kind not in _LINKABLE:
        raise Failure(
            400,
            "BadRequest",
            f"The resource '{wanted}' cannot be linked to a private link scope: its type is not supported.",
        )


def _no_linked(id: ids.Id, path: str, wanted: str) -> Failure:  # noqa: A002 - what it is
    del id, path
    return Failure(404, "LinkedResourceNotFound", f"The linked resource '{wanted}' was not found.")


def _in_use(acting: Acting) -> None:
    inside = shelf.children(
        acting.call.practice, acting.id.text, "Microsoft.Insights/privateLinkScopes/scopedResources"
    )
    if inside:
        raise Failure(
            409,
            "Conflict",
            f"The private link scope '{acting.id.leaf}' has {len(inside)} scoped resources. Remove them before you delete it.",
        )


def _group(adding: Adding) -> None:
    short = str(adding.properties.get("groupShortName") or "")
    if not 1 <= len(short) <= 12:  # noqa: PLR2004 - as Azure says
        raise Failure(400, "BadRequest", "The action group's short name must be 1 to 12 characters long.")


def _receivers(adding: Adding) -> dict[str, Any]:
    del adding
    kinds = (
        "email",
        "sms",
        "webhook",
        "eventHub",
        "itsm",
        "azureAppPush",
        "automationRunbook",
        "voice",
        "logicApp",
        "azureFunction",
        "armRole",
    )
    return {"enabled": True, **{f"{one}Receivers": [] for one in kinds}}


TYPES = (
    ResourceType(
        "Microsoft.Insights/components",
        way=Way(200),
        seconds=3,
        members=frozenset({"location", "tags", "kind", "properties"}),
        references=("properties.WorkspaceResourceId",),
        missing=_no_workspace,
        added=_component,
        completed=_component_completed,
        removed=_component_removed,
        actions={"apikeys": _api_key, "exportconfiguration": _export},
        rule=_NAME,
        says="The component name is not valid.",
        says_code="BadRequest",
    ),
    ResourceType(
        "Microsoft.Insights/privateLinkScopes",
        everywhere=True,
        seconds=3,
        members=frozenset({"location", "tags", "properties"}),
        added=_scope,
        shown=_scope_shown,
        rules=(_modes,),
        before_removal=(_in_use,),
        rule=re.compile(r"[A-Za-z0-9_.()-]{1,255}"),
        says="The private link scope name is not valid.",
        says_code="BadRequest",
    ),
    ResourceType(
        "Microsoft.Insights/privateLinkScopes/scopedResources",
        way=Way(waits=True, headers=("async",), polls="full"),
        removal=Way(202, body=False, waits=True, headers=("async", "location"), polls="full"),
        seconds=10,
        removal_seconds=10,
        tracked=False,
        members=frozenset({"properties"}),
        required=("properties.linkedResourceId",),
        references=("properties.linkedResourceId",),
        missing=_no_linked,
        rules=(_linked,),
        polling="operationStatuses",
    ),
    ResourceType(
        "Microsoft.Insights/actionGroups",
        everywhere=True,
        state=False,
        members=frozenset({"location", "tags", "properties", "identity"}),
        added=_receivers,
        rules=(_group,),
    ),
    *diagnostics.TYPES,
    *log_analytics.TYPES,
)
OPERATIONS = (*diagnostics.OPERATIONS, *log_analytics.OPERATIONS)
