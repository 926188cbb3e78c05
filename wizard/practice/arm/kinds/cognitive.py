"""Cognitive Services: accounts with their keys, deployments of models, accounts that were deleted, and what a region offers."""

from __future__ import annotations

import hashlib
import re
import secrets
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from wizard.practice.arm import facts, ids, shelf
from wizard.practice.arm.call import Call, Operation, collection, stamp
from wizard.practice.arm.kinds import private_links, stamps
from wizard.practice.arm.kinds.compute_lists import region_of
from wizard.practice.arm.types import Acting, Adding, ResourceType, Way
from wizard.practice.kernel import Failure, Practice, Response

_TYPE = "Microsoft.CognitiveServices/accounts"
_SINCE_ASYNC = "2021"
_QUOTA = 450
_SKUS = ("Standard", "GlobalStandard", "DataZoneStandard")
_KINDS = frozenset(
    {
        "AIServices", "OpenAI", "CognitiveServices", "ComputerVision", "Face", "SpeechServices", "TextAnalytics", "TextTranslation",
        "ContentSafety", "FormRecognizer", "CustomVision.Training", "CustomVision.Prediction", "LUIS", "LUIS.Authoring",
        "QnAMaker", "Personalizer", "ImmersiveReader", "ContentModerator", "AnomalyDetector", "MetricsAdvisor", "HealthInsights",
    }
)  # fmt: skip
_WITH_ACCOUNT_HOST = frozenset({"OpenAI", "AIServices"})
_AREA = {"renewalPeriod": 60, "matchPatterns": [{"path": "*", "method": "*"}]}


def _names() -> list[str]:
    """The models of OpenAI that are offered, each once."""
    offered = (one["model"] for one in facts.cognitive_models())
    return list(dict.fromkeys(str(one["name"]) for one in offered if one.get("format") == "OpenAI"))


def _versions(name: object) -> set[str]:
    return {
        str(one["model"].get("version"))
        for one in facts.cognitive_models()
        if one["model"].get("name") == name
    }


def _added(adding: Adding) -> dict[str, Any]:
    given = adding.properties
    domain = given.get("customSubDomainName") or adding.kept("customSubDomainName", None)
    host = (
        f"{domain}.cognitiveservices.azure.com"
        if domain
        else f"{adding.location}.api.cognitive.microsoft.com"
    )
    if adding.body.get("kind") == "OpenAI" and domain:
        host = f"{domain}.openai.azure.com"
    rules = [{"key": "default", "count": 30, "dynamicThrottlingEnabled": False, **_AREA}]
    names = ("VirtualNetworks", "CustomerManagedKey", "TrustedServices")
    return {
        "endpoint": f"https://{host}/",
        "internalId": adding.kept("internalId", uuid.uuid4().hex),
        "dateCreated": adding.kept("dateCreated", stamp(adding.call.clock.now())),
        "apiProperties": {"qnaAzureSearchEndpointKey": None},
        "callRateLimit": {"rules": rules},
        "isMigrated": False,
        "privateEndpointConnections": [],
        "publicNetworkAccess": adding.kept("publicNetworkAccess", "Enabled"),
        "capabilities": [{"name": one, "value": "true"} for one in names],
        "endpoints": dict.fromkeys(facts.cognitive_endpoints(), f"https://{host}/"),
    }


def _completed(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
    own = hashlib.sha256(f"{adding.id.text}{stamp(adding.call.clock.now())}".encode()).hexdigest()
    made["etag"] = f'"{own[:8]}-0000-0700-0000-{own[8:16]}0000"'
    made["systemData"] = stamps.system(adding)
    made["properties"].pop("restore", None)
    domain = made["properties"].get("customSubDomainName")
    if domain and adding.before is None:
        shelf.take_name(adding.practice, "cognitiveDomain", str(domain), adding.id.text)
    if adding.before is None:
        adding.state.delete("deleted", adding.id.text)
    return made


def _shown(practice: Practice, found: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "properties": {"privateEndpointConnections": private_links.connections(practice, str(found["id"]))}
    }


def _ways(adding: Adding, method: Literal["PUT", "PATCH"]) -> Way | None:
    """Newer versions take their time; old ones are done at once."""
    if adding.call.version < _SINCE_ASYNC:
        return Way()
    del method
    return Way(200, waits=True, headers=("async",), polls="full")


def _rules(adding: Adding) -> None:
    kind = str(adding.body.get("kind") or (adding.before or {}).get("kind") or "")
    if kind not in _KINDS:
        raise Failure(
            400,
            "InvalidResourceProperties",
            f"The account type '{kind}' is either invalid or unavailable in given region.",
        )
    sku = str(
        (adding.body.get("sku") or {}).get("name")
        or ((adding.before or {}).get("sku") or {}).get("name")
        or ""
    )
    if not re.fullmatch(r"[A-Z]{1,2}\d{0,2}", sku):
        raise Failure(
            400, "InvalidResourceProperties", f"The sku of the account is not set or not valid: '{sku}'."
        )
    lost = adding.state.get("deleted", adding.id.text)
    if adding.before is None and lost and not adding.properties.get("restore"):
        raise Failure(
            409,
            "FlagMustBeSetForRestore",
            f"An existing resource with ID '{adding.id.text}' has been soft-deleted. To restore the resource, you must specify"
            " 'restore' to be 'true' in the property. If you don't want to restore existing resource, please purge it first.",
        )
    _domain(adding)


def _domain(adding: Adding) -> None:
    domain = adding.properties.get("customSubDomainName")
    before = adding.kept("customSubDomainName", None)
    if before and domain and str(domain).lower() != str(before).lower():
        raise Failure(
            400,
            "CustomSubDomainNameCannotBeChanged",
            "The custom subdomain name of an account cannot be changed.",
        )
    owner = shelf.owner_of(adding.practice, "cognitiveDomain", str(domain)) if domain else None
    if owner is not None and not ids.same(owner or "/", adding.id.text):
        raise Failure(
            409,
            "CustomDomainInUse",
            f"Please pick a different name. The subdomain name '{domain}' is not available as it's already used by a resource.",
        )


def _removed(practice: Practice, found: Mapping[str, Any]) -> None:
    """The subdomain stays taken until the account is purged."""
    private_links.forget(practice, str(found["id"]))


def _keys(acting: Acting) -> Response:
    if acting.found["properties"].get("disableLocalAuth"):
        raise Failure(400, "BadRequest", "Failed to list key. disableLocalAuth is set to be true")
    keys = acting.found.get("_keys") or [secrets.token_hex(16), secrets.token_hex(16)]
    shelf.put(acting.call.practice, acting.id.text, acting.found | {"_keys": keys})
    return Response(200, {"key1": keys[0], "key2": keys[1]})


def _regenerated(acting: Acting) -> Response:
    names = ("key1", "key2")
    wanted = str(acting.body.get("keyName") or "").lower()
    if wanted not in names:
        raise Failure(
            400,
            "InvalidKeyName",
            f"The key name '{acting.body.get('keyName')}' is not valid: it is Key1 or Key2.",
        )
    keys = acting.found.get("_keys") or [secrets.token_hex(16), secrets.token_hex(16)]
    keys[names.index(wanted)] = secrets.token_hex(16)
    acting.found["_keys"] = keys
    return _keys(acting)


def _no_deployment(id: ids.Id) -> Failure:  # noqa: A002 - what it is
    return Failure(404, "NotFound", f"Specified resource '{id.text}' cannot be found.")


def _deployable(adding: Adding) -> None:
    model = adding.properties.get("model") or adding.kept("model", None) or {}
    known, version = _versions(model.get("name")), model.get("version")
    if model.get("format", "OpenAI") == "OpenAI" and (not known or (version and version not in known)):
        raise Failure(
            400,
            "DeploymentModelNotSupported",
            f"The model 'Format: {model.get('format')}, Name: {model.get('name')}, Version: {version}' of account deployment is not"
            " supported.",
        )
    capacity = (adding.body.get("sku") or {}).get("capacity", 1)
    limit = _QUOTA
    if isinstance(capacity, int) and capacity > limit:
        raise Failure(
            400,
            "InsufficientQuota",
            f"This operation require {capacity} new capacity in quota Tokens Per Minute (thousands) - {model.get('name')}, which"
            f" is bigger than the current available capacity {limit}. The current quota usage is 0 and the quota limit is"
            f" {limit} for quota Tokens Per Minute (thousands) - {model.get('name')}.",
        )


def _deployment(adding: Adding) -> dict[str, Any]:
    capacity = int((adding.body.get("sku") or {}).get("capacity") or 1)
    return {
        "versionUpgradeOption": "OnceNewDefaultVersionAvailable",
        "currentCapacity": capacity,
        "capabilities": {
            "area": "US", "chatCompletion": "true", "jsonObjectResponse": "true", "maxContextToken": "128000", "maxOutputToken": "16384",
            "assistants": "true", "jsonSchemaResponse": "true", "responses": "true", "agentsV2": "true",
        },
        "raiPolicyName": "Microsoft.DefaultV2",
        "rateLimits": [
            {"key": "request", "renewalPeriod": 10, "count": capacity},
            {"key": "token", "renewalPeriod": 60, "count": capacity * 1000},
        ],
    }  # fmt: skip


def _deployed(adding: Adding, made: dict[str, Any]) -> dict[str, Any]:
    return made | {"etag": f'"{uuid.uuid4()}"', "systemData": stamps.system(adding)}


def _gone(call: Call) -> Iterator[dict[str, Any]]:
    for _, found in call.state.all("deleted"):
        if found["type"] == _TYPE and ids.parse(found["id"]).subscription == call.subscription:
            yield found


def _shown_deleted(call: Call, found: Mapping[str, Any]) -> dict[str, Any]:
    key = ids.parse(found["id"])
    home = f"/subscriptions/{call.subscription}/providers/Microsoft.CognitiveServices/locations/{found['location']}"
    shown = {name: value for name, value in found.items() if not name.startswith("_")}
    return shown | {
        "id": f"{home}/resourceGroups/{key.group}/deletedAccounts/{found['name']}",
        "type": "Microsoft.CognitiveServices/locations/resourceGroups/deletedAccounts",
    }


def _deleted(call: Call) -> Response:
    return collection([_shown_deleted(call, one) for one in _gone(call)])


def _one_deleted(call: Call) -> dict[str, Any]:
    for one in _gone(call):
        if (
            one["name"].lower() == call.parts["name"].lower()
            and (ids.parse(one["id"]).group or "").lower() == call.parts["group"].lower()
        ):
            return one
    raise Failure(404, "ResourceNotFound", f"The deleted account '{call.parts['name']}' was not found.")


def _get_deleted(call: Call) -> Response:
    return Response(200, _shown_deleted(call, _one_deleted(call)))


def _purge(call: Call) -> Response:
    found = _one_deleted(call)
    call.state.delete("deleted", found["id"])
    if domain := found["properties"].get("customSubDomainName"):
        shelf.free_name(call.practice, "cognitiveDomain", str(domain))
    return Response(200)


def _models(call: Call) -> Response:
    region = region_of(call)
    home = (
        f"/subscriptions/{call.subscription}/providers/Microsoft.CognitiveServices/locations/{region}/models"
    )
    return collection(
        [{"id": f"{home}/{one['name']}", "location": region, **one} for one in facts.cognitive_models()]
    )


def _usages(call: Call) -> Response:
    region = region_of(call)
    home = f"/subscriptions/{call.subscription}"
    there = [one for one in shelf.below(call.practice, home, _TYPE) if one.get("location") == region]
    rows = [("OpenAI.S0.AccountCount", "Maximum resources for OpenAI S0 sku.", len(there), 30)]
    for name in _names():
        taken = sum(
            int((one.get("sku") or {}).get("capacity") or 0)
            for account in there
            for one in shelf.children(call.practice, account["id"], f"{_TYPE}/deployments")
            if (one["properties"].get("model") or {}).get("name") == name
        )
        rows += [
            (f"OpenAI.{sku}.{name}", f"Tokens Per Minute (thousands) - {name} - {sku}", taken, _QUOTA)
            for sku in _SKUS
        ]
    return collection(
        [
            {
                "name": {"value": value, "localizedValue": words},
                "currentValue": current,
                "limit": limit,
                "unit": "Count",
            }
            for value, words, current, limit in rows
        ]
    )


TYPES = (
    ResourceType("Microsoft.CognitiveServices/locations/models", tracked=False, own=True),
    ResourceType("Microsoft.CognitiveServices/locations/usages", tracked=False, own=True),
    ResourceType(
        _TYPE,
        ways=_ways,
        removal=Way(200, body=False),
        seconds=15,
        creating="Accepted",
        updating="Accepted",
        members=frozenset({"location", "tags", "identity", "sku", "kind", "properties"}),
        added=_added,
        completed=_completed,
        shown=_shown,
        rules=(_rules,),
        removed=_removed,
        keeps_deleted=True,
        actions={"listkeys": _keys, "regeneratekey": _regenerated},
        polling="operationResults",
        rule=re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{1,63}"),
        says="The account name is not valid: 2 to 64 letters, digits, periods, hyphens and underscores, a letter or digit first.",
        says_code="AccountNameInvalid",
    ),
    ResourceType(
        f"{_TYPE}/deployments",
        tracked=False,
        seconds=10,
        members=frozenset({"sku", "properties", "tags"}),
        required=("properties.model",),
        added=_deployment,
        completed=_deployed,
        rules=(_deployable,),
        absent=_no_deployment,
        rule=re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,62}[A-Za-z0-9])?"),
        says="The deployment name is not valid.",
        says_code="InvalidDeploymentName",
    ),
    ResourceType(
        f"{_TYPE}/projects",
        way=Way(waits=True, headers=("async",), polls="full"),
        seconds=10,
        members=frozenset({"location", "tags", "identity", "properties"}),
        polling="operationResults",
    ),
)
_HOME = "/subscriptions/{subscription}/providers/Microsoft.CognitiveServices"
_LOST = f"{_HOME}/locations/{{location}}/resourceGroups/{{group}}/deletedAccounts/{{name}}"
_RIGHT = "Microsoft.CognitiveServices/locations/"
OPERATIONS = (
    Operation("GET", f"{_HOME}/locations/{{location}}/models", _models, f"{_RIGHT}models/read", strip=5),
    Operation("GET", f"{_HOME}/locations/{{location}}/usages", _usages, f"{_RIGHT}usages/read", strip=5),
    Operation(
        "GET",
        f"{_HOME}/deletedAccounts",
        _deleted,
        "Microsoft.CognitiveServices/deletedAccounts/read",
        strip=3,
    ),
    Operation("GET", _LOST, _get_deleted, f"{_RIGHT}resourceGroups/deletedAccounts/read", strip=8),
    Operation("DELETE", _LOST, _purge, f"{_RIGHT}resourceGroups/deletedAccounts/delete", strip=8),
)
